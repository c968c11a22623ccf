// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
//! Message signalled interrupts: one event descriptor per vector, handed over by QEMU when the guest enables MSI.

use std::fs::File;
use std::io::Write;

/// The vectors that are set up.
#[derive(Default)]
pub struct Interrupts {
    vectors: Vec<Option<File>>,
    /// Interrupts raised.
    pub raised: u64,
    /// Interrupts wanted on a vector that is not set up.
    pub lost: u64,
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

    /// Raises a vector. With fewer vectors than the host named, a PCI function can only change the low bits of the message:
    /// with one vector all interrupts arrive there.
    pub fn raise(&mut self, vector: u32) {
        let vector = match self.enabled() {
            1 => 0,
            _ => vector as usize,
        };
        let Some(Some(file)) = self.vectors.get_mut(vector) else {
            self.lost += 1;
            log::debug!("interrupt {vector} is not set up");
            return;
        };
        // An event descriptor only fails when its counter is full, which is an interrupt that is pending anyway.
        let _ = file.write_all(&1u64.to_ne_bytes());
        self.raised += 1;
    }
}
