// SPDX-License-Identifier: GPL-2.0-only
//! Reception: buffers that the modem has filled, replaced in the ring and joined to transfers for `frames`.
//!
//! The ring never runs empty for lack of memory: a buffer goes up the stack only once a new one has taken its place.

use crate::frames;
use crate::merge::Merges;
use crate::netdev::{Base, Port};
use crate::queue::Queue;
use crate::stats::Counter;
use kernel::mhi::{self, Direction, Status, Transfer};
use kernel::net::{Device, IncomingList, Poll};
use kernel::new_spinlock;
use kernel::page::{Lent, Pages};
use kernel::prelude::*;
use kernel::sync::rcu;
use kernel::sync::SpinLock;
use kernel::types::ARef;

/// Bytes of a receive buffer.
pub(crate) const BUFFER: usize = 16 << 10;
/// Buffers that the modem has at a time: 4 MiB.
const BUFFERS: usize = 256;
/// Buffers kept while packets of theirs are with the stack, to be used again: 2 MiB.
const LENT: usize = 128;
/// Of those, how many are looked at for one that has come back.
const TRIES: usize = 4;
/// The longest transfer that is joined from several buffers.
const LONGEST: usize = 64 << 10;

/// Buffers that the modem has filled, and those on the way to becoming packets.
pub(crate) struct Rx {
    /// Filled by the MHI core's callbacks, emptied by the poll. Innermost lock.
    done: SpinLock<Queue<Transfer>>,
    /// Held while buffers are queued.
    state: SpinLock<State>,
}

struct State {
    channel: Option<ARef<mhi::Device>>,
    /// Pieces of a transfer whose end has not come.
    pieces: KVec<(Pages, usize)>,
    /// Bytes in them.
    len: usize,
    /// Buffers whose packets the stack may still have, oldest first.
    lent: Queue<Lent>,
    /// Whether a piece was lost, and with it the rest of the transfer.
    broken: bool,
}

impl Rx {
    pub(crate) fn new() -> Result<Rx> {
        let state = State {
            channel: None,
            pieces: KVec::with_capacity(LONGEST / BUFFER)?,
            len: 0,
            lent: Queue::new(LENT)?,
            broken: false,
        };
        Ok(Rx {
            // Twice the ring: the reset of a channel gives buffers back beside those not polled yet.
            done: new_spinlock!(Queue::new(2 * BUFFERS)?, c"rmnet_mhi_rx_done")?,
            state: new_spinlock!(state, c"rmnet_mhi_rx")?,
        })
    }

    /// Gives the modem its buffers. May sleep.
    pub(crate) fn attach(&self, channel: &mhi::Device) -> Result {
        for _ in 0..BUFFERS {
            channel
                .queue(Direction::Downlink, Pages::new(BUFFER, true)?, BUFFER)
                .map_err(|(error, _)| error)?;
        }
        let mut state = self.state.lock();
        state.channel = Some(ARef::from(channel));
        state.broken = false; // what was lost, was lost with the old channel
        Ok(())
    }

    /// Queues no more buffers. Those that the modem has come back through `done`.
    pub(crate) fn detach(&self) {
        let mut state = self.state.lock();
        state.channel = None;
        state.drop_pieces();
    }

    /// The channels that buffers are queued on, while there are any.
    pub(crate) fn channel(&self) -> Option<ARef<mhi::Device>> {
        self.state.lock().channel.clone()
    }

    /// Takes a buffer from the MHI core.
    pub(crate) fn done(&self, transfer: Transfer) {
        if transfer.status != Status::Reset {
            // Full only if the modem completed more buffers than it was given: then the buffer is freed.
            let _ = self.done.lock().push(transfer);
        }
    }

    /// Turns filled buffers into packets; returns how many, at most `budget` plus those of one buffer.
    pub(crate) fn poll(
        dev: &Device<Base>,
        poll: &mut Poll<'_>,
        guard: &rcu::Guard,
        budget: u32,
    ) -> u32 {
        let port = dev.private();
        let mut merges = Merges::new();
        let mut packets = 0;
        while packets < budget {
            let Some(transfer) = port.rx.done.lock().pop() else {
                break;
            };
            port.counters.count(Counter::RxTransfers);
            port.counters.add(Counter::RxBytes, transfer.len as u64);
            // Counts at least one, so that a modem that sends nothing useful cannot keep the poll busy.
            let mut count = 1;
            if let Some((pages, len)) = port.rx.collect(port, transfer) {
                let (delivered, lent) = IncomingList::deliver(poll, guard, |list| {
                    pages.split(len, list, |splitter| {
                        frames::deliver(dev, guard, splitter, &mut merges)
                    })
                });
                port.rx.keep(lent);
                count = count.max(delivered);
            }
            packets = packets.saturating_add(count);
        }
        IncomingList::deliver(poll, guard, |list| merges.close_all(port, list));
        packets
    }

    /// Keeps a buffer until the stack has no packet of it any more.
    fn keep(&self, lent: Lent) {
        let mut state = self.state.lock();
        if let Err(lent) = state.lent.push(lent) {
            drop(state.lent.pop());
            let _ = state.lent.push(lent); // there is room now
        }
    }

    /// Replaces a filled buffer in the ring; returns a whole transfer, if the buffer was its last piece.
    fn collect(&self, port: &Port, transfer: Transfer) -> Option<(Pages, usize)> {
        let mut state = self.state.lock();
        let Transfer {
            buffer,
            len,
            status,
        } = transfer;
        let buffer = match state.fresh(port) {
            Ok(fresh) => {
                state.queue(fresh);
                buffer
            }
            Err(_) => {
                port.counters.count(Counter::RxNoBuffer);
                state.queue(buffer);
                state.broken = true;
                state.drop_pieces();
                return state.end(status).and(None);
            }
        };
        if status == Status::Complete && state.pieces.is_empty() && !state.broken {
            return Some((buffer, len));
        }
        port.counters.count(Counter::RxSplit);
        if !state.broken && !state.push(buffer, len) {
            port.counters.count(Counter::RxSplitDropped);
            state.broken = true;
            state.drop_pieces();
        }
        state.end(status)?;
        let joined = state.join();
        if joined.is_none() {
            port.counters.count(Counter::RxSplitDropped);
        }
        joined
    }
}

impl State {
    /// An empty buffer: one that has come back from the stack, or else a new one.
    fn fresh(&mut self, port: &Port) -> Result<Pages> {
        for _ in 0..TRIES {
            let Some(lent) = self.lent.pop() else {
                break;
            };
            match lent.reclaim() {
                Ok(pages) if pages.size() == BUFFER => {
                    port.counters.count(Counter::RxReused);
                    return Ok(pages);
                }
                Ok(_) => {} // joined from pieces
                Err(lent) => {
                    let _ = self.lent.push(lent); // into the place that it left
                }
            }
        }
        Pages::new(BUFFER, false)
    }

    fn queue(&self, buffer: Pages) {
        if let Some(channel) = &self.channel {
            // Fails only when the modem has crashed: then all buffers come back, and `attach` queues new ones.
            let len = buffer.size().min(BUFFER);
            let _ = channel.queue(Direction::Downlink, buffer, len);
        }
    }

    fn push(&mut self, buffer: Pages, len: usize) -> bool {
        let total = self.len.saturating_add(len);
        if total > LONGEST || self.pieces.push((buffer, len)).is_err() {
            return false;
        }
        self.len = total;
        true
    }

    /// Whether a transfer ends here whose pieces are all there.
    fn end(&mut self, status: Status) -> Option<()> {
        let ended = status == Status::Complete;
        let whole = ended && !self.broken;
        if ended {
            self.broken = false;
        }
        whole.then_some(())
    }

    /// Copies the pieces into one buffer.
    fn join(&mut self) -> Option<(Pages, usize)> {
        let len = self.len;
        let joined = Pages::new(len, false).ok().and_then(|mut joined| {
            let mut rest = joined.as_mut_slice();
            for (piece, len) in self.pieces.iter() {
                let bytes = piece.as_slice().get(..*len)?;
                let (to, behind) = rest.split_at_mut_checked(*len)?;
                to.copy_from_slice(bytes);
                rest = behind;
            }
            Some(joined)
        });
        self.drop_pieces();
        Some((joined?, len))
    }

    fn drop_pieces(&mut self) {
        while self.pieces.pop().is_some() {}
        self.len = 0;
    }
}
