// SPDX-License-Identifier: GPL-2.0-only
//! Receive buffers: how many and how long, and those that the stack has for a while and that are used again. Owned by `rx`.

use crate::modem::DATA_ELEMENTS;
use crate::netdev::Port;
use crate::queue::Queue;
use crate::stats::Counter;
use kernel::page::{Lent, Pages};
use kernel::prelude::*;

/// Bytes of a buffer at first.
const SIZE: usize = 16 << 10;
/// Bytes of a buffer once a transfer did not fit one: what a modem is asked for at most.
const LARGE: usize = 32 << 10;
/// Buffers that the modem has at a time, at first: 4 MiB.
const COUNT: u32 = 256;
/// The most that it can be given; one descriptor of its ring stays empty.
pub(crate) const MOST: u32 = DATA_ELEMENTS - 1;
/// The fewest.
const FEWEST: u32 = 16;
/// Buffers kept while packets of theirs are with the stack: 2 MiB.
const LENT: usize = 128;
/// Of those, how many are looked at for one that has come back.
const TRIES: usize = 4;

/// How buffers are made.
pub(crate) struct Buffers {
    size: usize,
    /// Buffers that the modem shall have.
    count: u32,
    /// How many it has, as far as it was given them and gave them back.
    given: u32,
    /// Buffers whose packets the stack may still have, oldest first.
    lent: Queue<Lent>,
}

impl Buffers {
    pub(crate) fn new() -> Result<Buffers> {
        Ok(Buffers {
            size: SIZE,
            count: COUNT,
            given: 0,
            lent: Queue::new(LENT)?,
        })
    }

    /// Bytes of a new buffer.
    pub(crate) fn size(&self) -> usize {
        self.size
    }

    /// Buffers that the modem shall have.
    pub(crate) fn count(&self) -> u32 {
        self.count
    }

    /// Sets how many buffers the modem shall have; `EINVAL` outside the limits.
    pub(crate) fn resize(&mut self, count: u32) -> Result {
        if !(FEWEST..=MOST).contains(&count) {
            return Err(EINVAL);
        }
        self.count = count;
        Ok(())
    }

    /// Whether it shall have more than it has.
    pub(crate) fn is_short(&self) -> bool {
        self.given < self.count
    }

    /// The modem was given a buffer.
    pub(crate) fn gave(&mut self) {
        self.given = self.given.saturating_add(1);
    }

    /// It gave one back.
    pub(crate) fn took(&mut self) {
        self.given = self.given.saturating_sub(1);
    }

    /// It has none: its channel is another.
    pub(crate) fn restart(&mut self) {
        self.given = 0;
    }

    /// Transfers do not fit: new buffers are longer.
    pub(crate) fn enlarge(&mut self) {
        self.size = LARGE;
    }

    /// An empty buffer: one that has come back from the stack, or else a new one.
    pub(crate) fn fresh(&mut self, port: &Port) -> Result<Pages> {
        for _ in 0..TRIES {
            let Some(lent) = self.lent.pop() else {
                break;
            };
            match lent.reclaim() {
                Ok(pages) if pages.size() == self.size => {
                    port.counters.count(Counter::RxReused);
                    return Ok(pages);
                }
                Ok(_) => {} // of another size
                Err(lent) => {
                    let _ = self.lent.push(lent); // into the place that it left
                }
            }
        }
        Pages::new(self.size, false)
    }

    /// Keeps a buffer until the stack has no packet of it any more.
    pub(crate) fn keep(&mut self, lent: Lent) {
        if let Err(lent) = self.lent.push(lent) {
            drop(self.lent.pop());
            let _ = self.lent.push(lent); // there is room now
        }
    }
}
