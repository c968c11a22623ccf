// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
//! Message signalled interrupts: one event descriptor per vector, handed over by QEMU when the guest enables MSI.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::Write;
use std::time::{Duration, Instant};

use crate::fault::number;
use crate::wake::Wake;

/// Between two interrupts of a storm.
const STORM: Duration = Duration::from_micros(100);

/// The vectors that are set up.
#[derive(Default)]
pub struct Interrupts {
    vectors: Vec<Option<File>>,
    /// Interrupts raised.
    pub raised: u64,
    /// Interrupts wanted on a vector that is not set up.
    pub lost: u64,
    /// Interrupts still to be swallowed.
    swallow: u64,
    /// Vectors raised without cause, until when.
    storms: BTreeMap<u32, Instant>,
}

impl Interrupts {
    /// A function with that many vectors, none set up.
    pub fn new(count: u32) -> Self {
        Self {
            vectors: (0..count).map(|_| None).collect(),
            ..Self::default()
        }
    }

    /// Takes the descriptors for vectors from `start`; a missing one switches its vector off.
    pub fn set(&mut self, start: u32, count: u32, files: Vec<File>) {
        let mut files = files.into_iter();
        for vector in self
            .vectors
            .iter_mut()
            .skip(start as usize)
            .take(count as usize)
        {
            *vector = files.next();
        }
    }

    /// Switches all vectors off.
    pub fn clear(&mut self) {
        self.vectors.fill_with(|| None);
    }

    /// How many vectors are set up.
    pub fn enabled(&self) -> usize {
        self.vectors.iter().flatten().count()
    }

    /// Whether the next interrupt gets lost, as was ordered.
    pub fn swallows(&mut self) -> bool {
        let left = self.swallow.checked_sub(1);
        self.swallow = left.unwrap_or(0);
        left.is_some()
    }

    /// Interrupts that are still to get lost.
    pub fn left(&self) -> u64 {
        self.swallow
    }

    /// Loses none from now on, and lets no vector storm.
    pub fn calm(&mut self) {
        self.swallow = 0;
        self.storms.clear();
    }

    /// Raises a vector. With fewer vectors than the host named, a PCI function can only change the low bits of the message:
    /// with one vector all interrupts arrive there.
    pub fn raise(&mut self, vector: u32) {
        if !self.fire(vector) {
            self.lost += 1;
            log::debug!("interrupt {vector} is not set up");
        }
    }

    /// Whether there was a vector to raise.
    fn fire(&mut self, vector: u32) -> bool {
        let vector = match self.enabled() {
            1 => 0,
            _ => vector as usize,
        };
        let Some(Some(file)) = self.vectors.get_mut(vector) else {
            return false;
        };
        // An event descriptor only fails when its counter is full, which is an interrupt that is pending anyway.
        let _ = file.write_all(&1u64.to_ne_bytes());
        self.raised += 1;
        true
    }

    /// Raises what storms, where it is set up: how many were; when to do so again.
    pub fn storm(&mut self, now: Instant) -> (u64, Wake) {
        self.storms.retain(|_, until| *until > now);
        let vectors: Vec<_> = self.storms.keys().copied().collect();
        let fired = vectors.iter().filter(|vector| self.fire(**vector)).count();
        let again = (!vectors.is_empty()).then_some(now + STORM);
        (fired as u64, again.into())
    }

    /// Takes a control request: `lose-interrupts COUNT`, or `storm VECTOR MILLISECONDS`; `None` for others.
    pub fn command(&mut self, words: &[&str], now: Instant) -> Option<Result<String, String>> {
        let order = match words {
            ["lose-interrupts", count] => number(count).map(|count| self.swallow = count),
            ["storm", vector, milliseconds] => number(vector).and_then(|vector| {
                let milliseconds: u32 = number(milliseconds)?;
                let until = now + Duration::from_millis(milliseconds.into());
                self.storms.insert(vector, until);
                Ok(())
            }),
            _ => return None,
        };
        Some(order.map(|()| String::new()))
    }
}
