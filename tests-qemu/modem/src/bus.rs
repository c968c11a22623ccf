// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
//! What the MHI engine needs from the function around it: memory, interrupts, counters and the faults that are on.

use crate::fault::Faults;
use crate::interrupts::Interrupts;
use crate::memory::{Fault, Memory, Window};
use crate::stats::Stats;

/// The way to the host.
pub struct Bus {
    /// The host's memory.
    pub memory: Memory,
    /// MSI vectors.
    pub interrupts: Interrupts,
    /// Counters.
    pub stats: Stats,
    /// Faults that are on.
    pub faults: Faults,
    /// Where data buffers may lie.
    pub data_window: Window,
}

impl Bus {
    /// Raises an interrupt, unless it is to get lost.
    pub fn raise(&mut self, vector: u32) {
        if self.interrupts.swallows() {
            self.stats.count("lose-interrupts");
        } else {
            self.interrupts.raise(vector);
        }
    }

    /// Copies out of a data buffer.
    ///
    /// # Errors
    ///
    /// A fault, which is counted.
    pub fn read_data(&mut self, address: u64, bytes: &mut [u8]) -> Result<(), Fault> {
        let len = bytes.len();
        let result = match self.data_window.contains(address, len as u64) {
            true => self.memory.read(address, bytes),
            false => Err(Fault { address, len }),
        };
        self.check(result, "bad_buffer_read")
    }

    /// Copies into a data buffer.
    ///
    /// # Errors
    ///
    /// A fault, which is counted.
    pub fn write_data(&mut self, address: u64, bytes: &[u8]) -> Result<(), Fault> {
        let len = bytes.len();
        let result = match self.data_window.contains(address, len as u64) {
            true => self.memory.write(address, bytes),
            false => Err(Fault { address, len }),
        };
        self.check(result, "bad_buffer_write")
    }

    /// Counts the fault of an access to a ring or context.
    pub fn check<T>(&mut self, result: Result<T, Fault>, name: &'static str) -> Result<T, Fault> {
        if let Err(fault) = &result {
            self.stats.fault(
                name,
                format_args!("{} bytes at {:#x}", fault.len, fault.address),
            );
        }
        result
    }
}
