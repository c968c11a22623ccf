// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
//! Downlink transfers that a test makes up: bytes as they are, or random ones from a seed.

use std::collections::VecDeque;

/// Bytes that wait at the same time.
const QUEUE: usize = 4 << 20;
/// Bytes of one transfer: what 16 bits of an event count.
pub(super) const TRANSFER: usize = 65_535;

/// Transfers that go out before all others.
#[derive(Default)]
pub(super) struct Inject {
    queue: VecDeque<Vec<u8>>,
    queued: usize,
    random: VecDeque<Random>,
}

struct Random {
    seed: u64,
    length: usize,
    left: u64,
}

impl Inject {
    /// Queues one transfer.
    pub(super) fn transfer(&mut self, transfer: Vec<u8>) -> Result<(), String> {
        if transfer.is_empty() || transfer.len() > TRANSFER {
            return Err(format!("{} bytes: 1 to {TRANSFER}", transfer.len()));
        }
        if self.queued + transfer.len() > QUEUE {
            return Err(format!("{} bytes wait already", self.queued));
        }
        self.queued += transfer.len();
        self.queue.push_back(transfer);
        Ok(())
    }

    /// Queues `count` transfers of `length` bytes of the patterns of `seed`, `seed + 1`, ...
    pub(super) fn random(&mut self, seed: u64, length: usize, count: u64) -> Result<(), String> {
        if length == 0 || length > TRANSFER {
            return Err(format!("{length} bytes: 1 to {TRANSFER}"));
        }
        if self.random.len() >= 16 {
            return Err("16 series wait already".to_owned());
        }
        self.random.push_back(Random {
            seed,
            length,
            left: count,
        });
        Ok(())
    }

    /// Transfers that wait.
    pub(super) fn pending(&self) -> u64 {
        self.queue.len() as u64 + self.random.iter().map(|random| random.left).sum::<u64>()
    }

    pub(super) fn next(&mut self) -> Option<Vec<u8>> {
        if let Some(transfer) = self.queue.pop_front() {
            self.queued -= transfer.len();
            return Some(transfer);
        }
        while let Some(random) = self.random.front_mut() {
            if random.left == 0 {
                self.random.pop_front();
                continue;
            }
            let mut transfer = vec![0; random.length];
            traffic::pattern::fill(random.seed, 0, &mut transfer);
            random.seed = random.seed.wrapping_add(1);
            random.left -= 1;
            return Some(transfer);
        }
        None
    }

    pub(super) fn reset(&mut self) {
        *self = Self::default();
    }
}
