// SPDX-License-Identifier: GPL-2.0-only
//! A mux link, the interface of one data session: rtnl kind `rmnet`, with the attributes of Linux' own.

use crate::netdev::{Base, Port, MUX_IDS};
use crate::sender::Sender;
use crate::stats::Counter;
use crate::tx;
use core::ffi::CStr;
use core::sync::atomic::{fence, AtomicBool, AtomicU8, Ordering};
use kernel::net::ethtool::Table as EthtoolTable;
use kernel::net::rtnl::{self, Attributes, ExtAck, Message, NewLink, Rtnl, Unregister};
use kernel::net::{Device, Operations, Shape, SkBuff, Transmit};
use kernel::prelude::*;
use kernel::types::ARef;

/// What a link keeps.
pub(crate) struct Link {
    base: ARef<Device<Base>>,
    /// Changed under rtnl.
    mux_id: AtomicU8,
    /// Whether the modem has stopped the link.
    paused: AtomicBool,
}

/// Attribute numbers, `IFLA_RMNET_...` of Linux `include/uapi/linux/if_link.h`.
const MUX_ID: usize = 1;
const FLAGS: usize = 2;

impl Link {
    fn port(&self) -> &Port {
        self.base.private()
    }

    /// Stops sending: the modem asks for it.
    pub(crate) fn pause(&self, dev: &Device<Link>) {
        self.paused.store(true, Ordering::Release);
        dev.stop_queue();
        // Pairs with those in `resume` and in `netdev::give_up`: of two at a time the last one counts, and one of a modem that is gone
        // not at all.
        fence(Ordering::SeqCst);
        if !self.port().is_attached() {
            self.paused.store(false, Ordering::Release);
        }
        self.wake(dev);
    }

    /// Sends again.
    pub(crate) fn resume(&self, dev: &Device<Link>) {
        self.paused.store(false, Ordering::Release);
        // Pairs with those in `start_xmit` and `pause`: either it sees this, or the queue is seen stopped.
        fence(Ordering::SeqCst);
        self.wake(dev);
    }

    /// Offers packets again, unless the modem has stopped the link or the interface is down.
    pub(crate) fn wake(&self, dev: &Device<Link>) {
        if dev.is_running() && !self.paused.load(Ordering::Acquire) {
            dev.wake_queue();
        }
    }

    fn mux_id(&self) -> u8 {
        self.mux_id.load(Ordering::Relaxed)
    }
}

impl Operations for Link {
    type Private = Link;
    /// The largest packet of a frame, with its headers, is what fits one transfer of 65535 bytes.
    const SHAPE: Shape = Shape {
        mtu: 1500,
        min_mtu: 68,
        max_mtu: 65520,
        tx_queue_len: 1000,
        checksum_offload: true,
        max_segments: tx::SEGMENTS,
    };
    const ETHTOOL: &'static EthtoolTable = &EthtoolTable::new::<Link>(false);

    const STACKED: bool = true;

    fn base_index(dev: &Device<Self>) -> i32 {
        dev.private().base.index()
    }

    fn open(dev: &Device<Self>) -> Result {
        let link = dev.private();
        link.port().tx.open(Sender::Link(dev), Some(link.mux_id()));
        if !link.paused.load(Ordering::Acquire) {
            dev.wake_queue();
        }
        Ok(())
    }

    fn stop(dev: &Device<Self>) {
        let link = dev.private();
        dev.stop_queue();
        link.port().tx.close(Some(link.mux_id()));
    }

    fn start_xmit(dev: &Device<Self>, skb: SkBuff) -> Transmit {
        let link = dev.private();
        let port = link.port();
        if link.paused.load(Ordering::Acquire) {
            // The queue was woken while the modem stopped it.
            dev.stop_queue();
            // `resume` may have woken the queue before it was stopped.
            fence(Ordering::SeqCst);
            if !link.paused.load(Ordering::Relaxed) {
                dev.wake_queue();
            }
            port.tx.flush(port, false);
            return Transmit::Busy(skb);
        }
        if !link.base.is_running() {
            return port.tx.refuse(port, Sender::Link(dev), Counter::TxDown);
        }
        port.tx.send_framed(port, dev, link.mux_id(), skb)
    }
}

impl rtnl::Link for Link {
    type Base = Base;
    const KIND: &'static CStr = c"rmnet";
    const MAX_ATTRIBUTE: u32 = FLAGS as u32;
    /// Two attributes with headers of 4 bytes, padded to 4: a u16 and a pair of u32.
    const INFO_SIZE: usize = 8 + 12;

    fn create(
        rtnl: &Rtnl,
        base: &Device<Base>,
        link: NewLink<Self>,
        attributes: &Attributes,
        extack: &ExtAck,
    ) -> Result {
        let port = base.private();
        if port.is_closed(rtnl) {
            extack.explain(c"the modem is going");
            return Err(ENODEV);
        }
        let mux_id = free_mux_id(port, attributes, extack)?.ok_or_else(|| {
            extack.explain(c"no mux id: say mux_id ID");
            EINVAL
        })?;
        let data = Link {
            base: ARef::from(base),
            mux_id: AtomicU8::new(mux_id),
            paused: AtomicBool::new(false),
        };
        let dev = link.register(data)?;
        if let Err(error) = rtnl::stack(base, dev, extack) {
            rtnl::unregister(rtnl, dev);
            return Err(error);
        }
        if !(0..port.links.size()).any(|mux_id| port.links.is_filled(mux_id)) {
            port.format.reset();
        }
        update_format(port, attributes);
        port.links
            .replace(usize::from(mux_id), Some(ARef::from(dev)), rtnl)?;
        port.update_mode(rtnl);
        if port.is_attached() {
            dev.carrier_on();
            if !port.is_attached() {
                dev.carrier_off(); // detached meanwhile, perhaps before the link was in the table
            }
        }
        Ok(())
    }

    fn change(rtnl: &Rtnl, dev: &Device<Self>, attributes: &Attributes, extack: &ExtAck) -> Result {
        let link = dev.private();
        let port = link.port();
        let now = link.mux_id();
        if attributes
            .u16(MUX_ID)
            .is_some_and(|mux_id| mux_id != u16::from(now))
        {
            if let Some(mux_id) = free_mux_id(port, attributes, extack)? {
                port.links
                    .replace(usize::from(mux_id), Some(ARef::from(dev)), rtnl)?;
                port.tx.change(now, mux_id);
                link.mux_id.store(mux_id, Ordering::Relaxed);
                port.links.replace(usize::from(now), None, rtnl)?;
            }
        }
        update_format(port, attributes);
        Ok(())
    }

    fn delete(rtnl: &Rtnl, dev: &Device<Self>, unregister: &mut Unregister) {
        let link = dev.private();
        let port = link.port();
        // Fails only for a mux id outside the table, which no link has.
        let _ = port.links.replace(usize::from(link.mux_id()), None, rtnl);
        port.update_mode(rtnl);
        rtnl::unstack(&link.base, dev);
        unregister.queue(dev);
    }

    fn describe(dev: &Device<Self>, message: &mut Message) -> Result {
        let link = dev.private();
        message.put(MUX_ID as u32, &u16::from(link.mux_id()).to_ne_bytes())?;
        let [a, b, c, d] = link.port().format.flags().to_ne_bytes();
        message.put(FLAGS as u32, &[a, b, c, d, 0xff, 0xff, 0xff, 0xff])
    }
}

/// The mux id asked for, if one is and it can be had.
fn free_mux_id(port: &Port, attributes: &Attributes, extack: &ExtAck) -> Result<Option<u8>> {
    let Some(mux_id) = attributes.u16(MUX_ID) else {
        return Ok(None);
    };
    if !MUX_IDS.contains(&mux_id) {
        extack.explain(c"the mux id is not from 1 to 254");
        return Err(ERANGE);
    }
    if port.links.is_filled(usize::from(mux_id)) {
        extack.explain(c"the mux id has a link already");
        return Err(EBUSY);
    }
    u8::try_from(mux_id).map(Some).map_err(|_| ERANGE)
}

/// Sets the data format of all links by one link's flags: two 32-bit words, flags and mask.
fn update_format(port: &Port, attributes: &Attributes) {
    let Some((flags, rest)) = attributes
        .bytes(FLAGS)
        .and_then(|bytes| bytes.split_first_chunk::<4>())
    else {
        return;
    };
    if let Some(mask) = rest.first_chunk::<4>() {
        port.format
            .update(u32::from_ne_bytes(*flags), u32::from_ne_bytes(*mask));
    }
}
