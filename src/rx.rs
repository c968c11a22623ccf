// SPDX-License-Identifier: GPL-2.0-only
//! Reception: buffers that the modem has filled, replaced in the ring and joined to transfers for `frames`.
//!
//! The ring never runs empty for lack of memory: a buffer goes up the stack only once a new one has taken its place.

use crate::buffers::{Buffers, MOST};
use crate::frames;
use crate::merge::Merges;
use crate::netdev::{Base, Port};
use crate::queue::Queue;
use crate::stats::Counter;
use kernel::mhi::{self, Direction, Status, Transfer};
use kernel::net::{Device, IncomingList, Poll};
use kernel::new_spinlock;
use kernel::page::Pages;
use kernel::prelude::*;
use kernel::sync::rcu;
use kernel::sync::SpinLock;
use kernel::types::ARef;

/// The longest transfer that is joined from several buffers.
const LONGEST: usize = 64 << 10;
/// The most buffers that one may come in.
const PIECES: usize = 4;

/// Buffers that the modem has filled, and those on the way to becoming packets.
pub(crate) struct Rx {
    /// Filled by the MHI core's callbacks, emptied by the poll. Innermost lock.
    done: SpinLock<Queue<Transfer>>,
    /// Held while buffers are queued.
    state: SpinLock<State>,
}

struct State {
    channel: Option<ARef<mhi::Device>>,
    buffers: Buffers,
    /// Pieces of a transfer whose end has not come.
    pieces: KVec<(Pages, usize)>,
    /// Bytes in them.
    len: usize,
    /// Whether a piece was lost, and with it the rest of the transfer.
    broken: bool,
}

impl Rx {
    pub(crate) fn new() -> Result<Rx> {
        let state = State {
            channel: None,
            buffers: Buffers::new()?,
            pieces: KVec::with_capacity(PIECES)?,
            len: 0,
            broken: false,
        };
        Ok(Rx {
            // Twice the ring: the reset of a channel gives buffers back beside those not polled yet.
            done: new_spinlock!(Queue::new(2 * MOST as usize)?, c"rmnet_mhi_rx_done")?,
            state: new_spinlock!(state, c"rmnet_mhi_rx")?,
        })
    }

    /// Gives the modem its buffers. May sleep.
    pub(crate) fn attach(&self, channel: &mhi::Device) -> Result {
        {
            let mut state = self.state.lock();
            // What the old channel gave back counts for it, and is lost with it.
            while self.done.lock().pop().is_some() {}
            state.channel = Some(ARef::from(channel));
            state.broken = false;
            state.buffers.restart();
        }
        let filled = self.fill();
        if filled.is_err() {
            self.detach();
        }
        filled
    }

    /// Gives the modem the buffers that it lacks: all at first, later those that could not be queued. May sleep.
    pub(crate) fn fill(&self) -> Result {
        loop {
            let size = {
                let state = self.state.lock();
                if !state.buffers.is_short() {
                    return Ok(());
                }
                state.buffers.size()
            };
            let buffer = Pages::new(size, true)?;
            let mut state = self.state.lock();
            if state.buffers.is_short() {
                state.queue(buffer)?;
            }
        }
    }

    /// How many buffers the modem has, at most, and of how many bytes.
    pub(crate) fn ring(&self) -> (u32, u32, usize) {
        let state = self.state.lock();
        (state.buffers.count(), MOST, state.buffers.size())
    }

    /// Sets how many buffers the modem has; `EINVAL` outside the limits, `ENOMEM` with fewer than wanted for now. May sleep.
    pub(crate) fn set_ring(&self, count: u32) -> Result {
        self.state.lock().buffers.resize(count)?;
        match self.fill() {
            Err(ENOMEM) => Err(ENOMEM),
            _ => Ok(()), // what a modem that is away did not take, it gets when it is back
        }
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
                port.rx.state.lock().buffers.keep(lent);
                count = count.max(delivered);
            }
            packets = packets.saturating_add(count);
        }
        IncomingList::deliver(poll, guard, |list| merges.close_all(port, list));
        packets
    }

    /// Replaces a filled buffer in the ring; returns a whole transfer, if the buffer was its last piece.
    fn collect(&self, port: &Port, transfer: Transfer) -> Option<(Pages, usize)> {
        let mut state = self.state.lock();
        let Transfer {
            buffer,
            len,
            status,
        } = transfer;
        if status == Status::Overflow {
            state.buffers.enlarge();
        }
        state.buffers.took();
        let buffer = match state.replace(port) {
            Ok(()) => buffer,
            Err(_) => {
                port.counters.count(Counter::RxNoBuffer);
                let _ = state.queue(buffer); // if that fails, too, `fill` makes up for it
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
    /// Gives the modem a buffer for the one that it gave back, if it is to have one, and another where one could not be queued
    /// before. An error without memory for the first.
    fn replace(&mut self, port: &Port) -> Result {
        if self.buffers.is_short() {
            // Queueing fails where the modem crashed, or for lack of DMA mappings: this makes up for it later, or `fill`.
            let buffer = self.buffers.fresh(port)?;
            let _ = self.queue(buffer);
            if self.buffers.is_short() {
                if let Ok(buffer) = self.buffers.fresh(port) {
                    let _ = self.queue(buffer);
                }
            }
        }
        Ok(())
    }

    fn queue(&mut self, buffer: Pages) -> Result {
        let channel = self.channel.as_ref().ok_or(ENOTCONN)?;
        let len = buffer.size();
        let queued = channel.queue(Direction::Downlink, buffer, len);
        queued.map_err(|(error, _)| error)?;
        self.buffers.gave();
        Ok(())
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
