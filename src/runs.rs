// SPDX-License-Identifier: GPL-2.0-only
//! What is in the transfers on their way: runs, a run being packets of one sender in one transfer. Kept by `account`.

use crate::queue::Queue;
use kernel::prelude::*;

/// Nobody's key: commands, and packets of an interface that went down.
pub(crate) const NOBODY: u8 = u8::MAX;

/// Packets of one sender in one transfer.
#[derive(Clone, Copy)]
pub(crate) struct Run {
    pub(crate) bytes: u32,
    pub(crate) packets: u16,
    /// The sender's.
    pub(crate) key: u8,
    /// Whether it is its transfer's last.
    ends: bool,
}

const EMPTY: Run = Run {
    bytes: 0,
    packets: 0,
    key: NOBODY,
    ends: false,
};

/// All runs, in the order in which their transfers left.
pub(crate) struct Runs {
    /// Oldest first. Those behind the last one that ends a transfer belong to the open transfer.
    queue: Queue<Run>,
    /// The newest run of the open transfer; not in `queue` yet.
    last: Run,
}

impl Runs {
    /// For at most `size` runs.
    pub(crate) fn new(size: usize) -> Result<Runs> {
        Ok(Runs {
            queue: Queue::new(size)?,
            last: EMPTY,
        })
    }

    /// Runs for which there is room.
    pub(crate) fn room(&self) -> usize {
        self.queue.room()
    }

    /// Bytes of all.
    pub(crate) fn bytes(&mut self) -> u64 {
        let last = u64::from(self.last.bytes);
        self.queue
            .iter_mut()
            .fold(last, |sum, run| sum.saturating_add(run.bytes.into()))
    }

    /// A packet was put into the open transfer. Gives the run before it back if there was no room for it.
    pub(crate) fn add(&mut self, key: u8, bytes: usize) -> Option<Run> {
        let mut excess = None;
        if self.last.key != key {
            if self.last.packets > 0 {
                excess = self.queue.push(self.last).err();
            }
            self.last = Run { key, ..EMPTY };
        }
        self.last.packets = self.last.packets.saturating_add(1);
        self.last.bytes = self.last.bytes.saturating_add(bytes as u32); // CAST: at most a transfer's
        excess
    }

    /// The open transfer has left; without packets, it was a command. Gives its last run back if there was no room for it.
    pub(crate) fn seal(&mut self) -> Option<Run> {
        let last = core::mem::replace(&mut self.last, EMPTY);
        self.queue.push(Run { ends: true, ..last }).err()
    }

    /// Takes a run of the open transfer, the newest first.
    pub(crate) fn pop_open(&mut self) -> Option<Run> {
        let last = core::mem::replace(&mut self.last, EMPTY);
        if last.packets > 0 {
            return Some(last);
        }
        if self.queue.back().is_some_and(|run| !run.ends) {
            self.queue.pop_back()
        } else {
            None
        }
    }

    /// Takes the oldest run, and says whether it ended its transfer.
    pub(crate) fn pop(&mut self) -> Option<(Run, bool)> {
        self.queue.pop().map(|run| (run, run.ends))
    }

    /// Gives a sender's runs another key.
    pub(crate) fn rename(&mut self, from: u8, to: u8) {
        for run in self.queue.iter_mut().chain(Some(&mut self.last)) {
            if run.key == from {
                run.key = to;
            }
        }
    }
}
