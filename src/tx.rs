// SPDX-License-Identifier: GPL-2.0-only
//! Transmission: takes packets of the base and of links, and what the modem gives back, and says who goes on when.
//!
//! A transfer is sent as soon as it is full, or no more packets follow and the modem is idle enough; while it is busy,
//! packets gather until it gives a buffer back. So nothing waits on an idle link, and nobody needs a timer.

use crate::account::BASE;
use crate::aggregate::{self, Header};
use crate::link::Link;
use crate::netdev::{Base, Port};
use crate::sender::Sender;
use crate::stats::Counter;
use crate::transfers::{Sent, Transfers, BUFFER, BUFFERS};
use core::ops::RangeInclusive;
use kernel::mhi::{self, Status, Transfer};
use kernel::net::device::xmit_more;
use kernel::net::ethtool::TxAggregation;
use kernel::net::{Device, SkBuff, Transmit};
use kernel::new_spinlock;
use kernel::page::Pages;
use kernel::prelude::*;
use kernel::sync::SpinLock;
use kernel::time::sleep_ms;
use qmap::CommandKind;

/// The frames of an aggregate at most that can be asked for, as in Linux' rmnet.
pub(crate) const FRAMES: RangeInclusive<u32> = 1..=64;
/// The bytes of an aggregate at most that can be asked for.
pub(crate) const BYTES: RangeInclusive<u32> = 2048..=BUFFER as u32;
/// Packets that one packet with much data is cut into at most: even as transfers of their own there is a buffer for each.
/// 64 KiB of TCP in Ethernet's segments are 46.
pub(crate) const SEGMENTS: u16 = 48;
const _: () = assert!((SEGMENTS as usize) < BUFFERS);

/// How long the modem may take to give back what it has, before its channels are restarted.
const DRAIN_MS: u32 = 200;
/// Between two looks at that.
const LOOK_MS: u32 = 5;

/// Buffers for packets to send.
pub(crate) struct Tx {
    /// Filled by the MHI core's callbacks, emptied by the poll. Innermost lock.
    done: SpinLock<Done>,
    /// Held while packets are copied and buffers queued.
    state: SpinLock<Transfers>,
}

/// What came back, in the order in which it was queued: first what the modem has taken, then what it has not.
pub(crate) struct Done {
    pub(crate) buffers: KVec<Pages>,
    /// Transfers that the modem has taken.
    pub(crate) taken: usize,
    /// Transfers that came back since the channel was reset.
    pub(crate) lost: usize,
}

impl Tx {
    pub(crate) fn new() -> Result<Tx> {
        let done = Done {
            buffers: KVec::with_capacity(BUFFERS)?,
            taken: 0,
            lost: 0,
        };
        Ok(Tx {
            done: new_spinlock!(done, c"rmnet_mhi_tx_done")?,
            state: new_spinlock!(Transfers::new()?, c"rmnet_mhi_tx")?,
        })
    }

    /// Sends through these channels from now on.
    pub(crate) fn attach(&self, base: &Device<Base>, channel: &mhi::Device) {
        let mut state = self.state.lock();
        state.collect(base.private(), &self.done);
        state.attach(base, channel);
        state.wake(); // what came back just now, nobody else will tell of
    }

    /// Queues nothing more. Buffers that the modem has come back through `done`.
    pub(crate) fn detach(&self, port: &Port) {
        self.state.lock().detach(port);
    }

    /// Lets all packets wait from now on, and the modem give back what it has; whether it does so in time. May sleep.
    pub(crate) fn drain(&self, port: &Port) -> bool {
        self.state.lock().pause(port);
        (0..DRAIN_MS / LOOK_MS).any(|_| {
            let drained = self.progress().1 == 0;
            if !drained {
                sleep_ms(LOOK_MS);
            }
            drained
        })
    }

    /// Takes packets again, after `drain`.
    pub(crate) fn resume(&self) {
        self.state.lock().resume();
    }

    /// An interface is set up: `mux_id` is its link's, or `None` for the base.
    pub(crate) fn open(&self, sender: Sender<'_>, mux_id: Option<u8>) {
        let key = mux_id.unwrap_or(BASE);
        self.state.lock().account.open(key, sender);
    }

    /// An interface is set down, and sends no more.
    pub(crate) fn close(&self, mux_id: Option<u8>) {
        self.state.lock().account.close(mux_id.unwrap_or(BASE));
    }

    /// A link has another mux id from now on.
    pub(crate) fn change(&self, from: u8, to: u8) {
        self.state.lock().account.change(from, to);
    }

    /// Takes a buffer back from the MHI core.
    pub(crate) fn done(&self, transfer: Transfer) {
        let mut done = self.done.lock();
        if transfer.status == Status::Reset {
            done.lost = done.lost.wrapping_add(1);
        } else {
            done.taken = done.taken.wrapping_add(1);
        }
        if transfer.buffer.size() == BUFFER {
            // Never more than the pool has; a buffer too many is freed.
            let _ = done.buffers.push(transfer.buffer);
        }
    }

    /// Puts buffers that came back to use, and lets go on who waited for them. From the poll.
    pub(crate) fn complete(&self, port: &Port) {
        let mut state = self.state.lock_in_softirq();
        if state.collect(port, &self.done) {
            state.flush_when_idle(port);
            state.wake();
        }
    }

    /// Sends a packet as a frame of a link.
    pub(crate) fn send_framed(
        &self,
        port: &Port,
        dev: &Device<Link>,
        mux_id: u8,
        mut skb: SkBuff,
    ) -> Transmit {
        let version = port.format.uplink();
        let sender = Sender::Link(dev);
        if skb.is_gso() {
            return self.send(port, sender, mux_id, skb, |state, skb, key, sent| {
                state.append_segments(port, skb, version, mux_id, key, sent)
            });
        }
        match aggregate::offload(version, &mut skb) {
            Ok(offload) => {
                let header = Header {
                    version,
                    mux_id,
                    offload,
                };
                self.send(port, sender, mux_id, skb, |state, skb, key, sent| {
                    state.append_packet(port, skb, Some(&header), key, sent)
                })
            }
            Err(_) => self.refuse(port, sender, Counter::TxChecksum),
        }
    }

    /// Sends a packet as a transfer of its own.
    pub(crate) fn send_raw(&self, port: &Port, dev: &Device<Base>, skb: SkBuff) -> Transmit {
        self.send(
            port,
            Sender::Base(dev),
            BASE,
            skb,
            |state, skb, key, sent| {
                state.append_packet(port, skb, None, key, sent)?;
                state.flush(port);
                Ok(())
            },
        )
    }

    /// Drops a packet that cannot be sent.
    pub(crate) fn refuse(&self, port: &Port, sender: Sender<'_>, why: Counter) -> Transmit {
        port.counters.count(why);
        sender.count_tx_dropped(1);
        self.flush(port, xmit_more());
        Transmit::Done
    }

    fn send(
        &self,
        port: &Port,
        sender: Sender<'_>,
        key: u8,
        skb: SkBuff,
        append: impl FnOnce(&mut Transfers, &SkBuff, u8, &mut Sent) -> Result<(), Counter>,
    ) -> Transmit {
        let more = xmit_more();
        let mut state = self.state.lock_in_softirq();
        let key = state.account.key(key, sender);
        let mut sent = Sent::default();
        let result = append(&mut state, &skb, key, &mut sent);
        if result == Err(Counter::TxStopped) && sent.packets == 0 {
            state.flush(port);
            state.starve(port, key);
            return Transmit::Busy(skb);
        }
        if sent.packets > 0 {
            state
                .account
                .sent(key, sender, sent.packets, sent.bytes, more);
        }
        if state.settle(port, key) || !more {
            state.flush_when_idle(port);
        }
        drop(state);
        match result {
            Ok(()) => skb.consume(),
            Err(why) => {
                port.counters.count(why);
                sender.count_tx_dropped(1);
            }
        }
        Transmit::Done
    }

    /// Sends what waits, unless more packets follow at once.
    pub(crate) fn flush(&self, port: &Port, more: bool) {
        if !more {
            self.state.lock().flush_when_idle(port);
        }
    }

    /// Answers a MAP command: the whole frame `request` back, marked with `kind`.
    pub(crate) fn answer(&self, port: &Port, request: &[u8], kind: CommandKind) {
        let sent = self.state.lock().answer(port, request, kind);
        port.counters.count(if sent {
            Counter::TxAnswers
        } else {
            Counter::TxAnswersDropped
        });
    }

    /// Transfers that the modem has given back ever, and those that it has not.
    pub(crate) fn progress(&self) -> (u64, usize) {
        self.state.lock().progress()
    }

    /// Free buffers, and bytes in the others.
    pub(crate) fn level(&self) -> (usize, u64) {
        self.state.lock().level()
    }

    /// The limits of an aggregate.
    pub(crate) fn aggregation(&self) -> TxAggregation {
        self.state.lock().limits
    }

    /// Sets the limits of an aggregate, which are the modem's.
    pub(crate) fn set_aggregation(&self, to: TxAggregation) {
        self.state.lock().limits = to;
    }
}
