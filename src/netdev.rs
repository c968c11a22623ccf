// SPDX-License-Identifier: GPL-2.0-only
//! The base interface `rmnet_mhiN`: carries bare IP while it has no link, MAP frames once it has one.
//!
//! It belongs to the PCI function and stays when the modem crashes: data channels are attached to it and detached. Of a modem that
//! speaks MBIM nobody sees it, and it has none.

use crate::data::Data;
use crate::format::Format;
use crate::health::Health;
use crate::link::Link;
use crate::protocol::Choice;
use crate::rx::Rx;
use crate::sender::Sender;
use crate::stats::{Counter, Counters};
use crate::stopped::Stopped;
use crate::tx::Tx;
use core::sync::atomic::{fence, AtomicBool, Ordering};
use kernel::device;
use kernel::mhi;
use kernel::net::ethtool::Table as EthtoolTable;
use kernel::net::{rtnl, Device, Operations, Poll, Shape, SkBuff, Transmit};
use kernel::net::{ETH_P_IP, ETH_P_IPV6, ETH_P_MAP};
use kernel::prelude::*;
use kernel::sync::rcu::{self, Table};
use kernel::types::ARef;

/// The base interface.
pub(crate) struct Base;

/// What a base interface keeps.
pub(crate) struct Port {
    pub(crate) dev: ARef<device::Device>,
    pub(crate) format: Format,
    /// Links by mux id, changed under rtnl.
    pub(crate) links: Table<Device<Link>>,
    pub(crate) rx: Rx,
    pub(crate) tx: Tx,
    pub(crate) counters: Counters,
    pub(crate) health: Health,
    pub(crate) choice: Choice,
    /// Data channels that did not start yet, for `watchdog` to try again.
    pub(crate) stopped: Stopped,
    /// The same of the serial signals' channels.
    pub(crate) stopped_serial: Stopped,
    /// Whether the data channels are there.
    attached: AtomicBool,
    /// Whether there is a link; written under rtnl.
    muxed: AtomicBool,
    /// Whether the base is about to go, and gets no link any more; written under rtnl.
    closed: AtomicBool,
    /// Whether the data channels go for a moment only, so that the carrier stays.
    restarting: AtomicBool,
}

/// What the data channels carry.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mode {
    /// Bare IP packets.
    Raw,
    /// MAP frames for our links.
    Map,
    /// MAP frames for the kernel's own rmnet module on top of the base.
    Foreign,
}

/// Mux ids that a link can have.
pub(crate) const MUX_IDS: core::ops::RangeInclusive<u16> = 1..=254;

impl Port {
    pub(crate) fn new(dev: &device::Device, choice: Choice) -> Result<Port> {
        Ok(Port {
            choice,
            dev: ARef::from(dev),
            format: Format::new(),
            links: Table::new(usize::from(*MUX_IDS.end()) + 1)?,
            rx: Rx::new()?,
            tx: Tx::new()?,
            counters: Counters::new(),
            health: Health::new(),
            stopped: Stopped::new()?,
            stopped_serial: Stopped::new()?,
            attached: AtomicBool::new(false),
            muxed: AtomicBool::new(false),
            closed: AtomicBool::new(false),
            restarting: AtomicBool::new(false),
        })
    }

    /// Whether packets can be sent and received.
    pub(crate) fn is_attached(&self) -> bool {
        self.attached.load(Ordering::Acquire)
    }

    /// Whether the base is about to go. Under rtnl.
    pub(crate) fn is_closed(&self, _rtnl: &rtnl::Rtnl) -> bool {
        self.closed.load(Ordering::Relaxed)
    }

    /// Takes note of whether there are links, after one came or went. Under rtnl.
    pub(crate) fn update_mode(&self, _rtnl: &rtnl::Rtnl) {
        let muxed = (0..self.links.size()).any(|mux_id| self.links.is_filled(mux_id));
        self.muxed.store(muxed, Ordering::Release);
    }
}

/// What the data channels carry now.
pub(crate) fn mode(base: &Device<Base>) -> Mode {
    if base.private().muxed.load(Ordering::Acquire) {
        Mode::Map
    } else if base.has_rx_handler() {
        Mode::Foreign
    } else {
        Mode::Raw
    }
}

/// The modem is up: packets flow through these channels. May sleep.
pub(crate) fn attach(base: &Device<Base>, channel: &mhi::Device) -> Result {
    let port = base.private();
    port.rx.attach(channel)?;
    resume_links(port); // whom a command has stopped that was read late
    port.tx.attach(base, channel);
    port.attached.store(true, Ordering::Release);
    base.carrier_on();
    let guard = rcu::read_lock();
    port.links.iter(&guard).for_each(Device::carrier_on);
    Ok(())
}

/// Restarts the data channels. If the modem gives back first what it has, packets wait meanwhile, and none is lost upward; else
/// the carrier is off until it is back. May sleep.
pub(crate) fn restart(base: &Device<Base>, channel: &mhi::Device) {
    let port = base.private();
    let drained = port.tx.drain(port);
    port.restarting.store(drained, Ordering::Release);
    channel.reprobe::<Data>();
    port.restarting.store(false, Ordering::Release);
    if !port.is_attached() {
        silence(base);
    }
    port.tx.resume();
}

/// The modem has crashed: nothing more goes through the channels, which `detach` gives up later. Any context.
pub(crate) fn silence(base: &Device<Base>) {
    let port = base.private();
    port.attached.store(false, Ordering::Release);
    base.carrier_off();
    let guard = rcu::read_lock();
    port.links.iter(&guard).for_each(Device::carrier_off);
}

/// The modem is gone, or going: nothing is queued once this returns. Addresses, routes and links stay.
pub(crate) fn detach(base: &Device<Base>) {
    let port = base.private();
    if port.restarting.load(Ordering::Acquire) {
        port.attached.store(false, Ordering::Release);
    } else {
        silence(base);
    }
    give_up(port);
}

/// The modem is about to be reset, which no doorbell must follow: as `detach`, before its channels go.
pub(crate) fn quiesce(base: &Device<Base>) {
    silence(base);
    give_up(base.private());
}

/// Queues nothing any more, for which nobody waits.
fn give_up(port: &Port) {
    fence(Ordering::SeqCst); // pairs with that in `Link::pause`
    resume_links(port);
    port.tx.detach(port);
    port.rx.detach();
}

/// A modem that starts has forgotten whom it stopped.
fn resume_links(port: &Port) {
    let guard = rcu::read_lock();
    for link in port.links.iter(&guard) {
        link.private().resume(link);
    }
}

/// Deletes all links of a base that is about to go; it gets no other, though that takes a while in which others may have rtnl.
pub(crate) fn delete_links(base: &Device<Base>) {
    use rtnl::Link as _;
    rtnl::with_lock(|rtnl| {
        base.private().closed.store(true, Ordering::Relaxed);
        rtnl::Unregister::with(rtnl, |unregister| {
            let links = &base.private().links;
            for link in (0..links.size()).filter_map(|mux_id| links.get_ref(mux_id)) {
                Link::delete(rtnl, &link, unregister);
            }
        });
    });
}

impl Operations for Base {
    type Private = Port;
    /// ModemManager sets an MTU of 16384 on the base when it multiplexes.
    const SHAPE: Shape = Shape {
        mtu: 1500,
        min_mtu: 68,
        max_mtu: 65535,
        tx_queue_len: 1000,
        checksum_offload: false,
        max_segments: 0,
    };
    const ETHTOOL: &'static EthtoolTable = &EthtoolTable::new::<Base>(true);

    fn open(dev: &Device<Self>) -> Result {
        dev.private().tx.open(Sender::Base(dev), None);
        dev.wake_queue();
        Ok(())
    }

    fn stop(dev: &Device<Self>) {
        dev.stop_queue();
        dev.private().tx.close(None);
    }

    fn start_xmit(dev: &Device<Self>, skb: SkBuff) -> Transmit {
        let port = dev.private();
        let refused = match (mode(dev), skb.protocol()) {
            (Mode::Raw, ETH_P_IP | ETH_P_IPV6) | (Mode::Foreign, ETH_P_MAP) => {
                return port.tx.send_raw(port, dev, skb);
            }
            // The kernel sends router solicitations here: the modem could not tell whose they are.
            (Mode::Map, _) => Counter::TxNoMux,
            _ => Counter::TxNotIp,
        };
        port.tx.refuse(port, Sender::Base(dev), refused)
    }

    fn poll(dev: &Device<Self>, poll: &mut Poll<'_>, budget: u32) -> u32 {
        let port = dev.private();
        let guard = rcu::read_lock();
        port.tx.complete(port);
        Rx::poll(dev, poll, &guard, budget)
    }
}
