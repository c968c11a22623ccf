// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
//! BHIe: the memory image that a crashed modem hands over, if the host has given it memory for it.

use std::time::{Duration, Instant};

use ::mhi::{bhi, ExecutionEnvironment};

use super::{Dump, Engine};
use crate::bus::Bus;
use crate::memory::Fault;
use crate::mhi::registers::BHIE;

/// From the crash until the dump is written.
const DELAY: Duration = Duration::from_millis(200);
/// The most pieces that are looked at.
const PIECES: usize = 4096;
/// Bytes of a line of the dump: the line's number in 15 digits, then a line feed.
const LINE: u64 = 16;

impl Engine {
    /// The modem has crashed, or the host has given memory: both are needed.
    pub(super) fn offer_dump(&mut self, now: Instant) {
        let armed = self.registers.get(BHIE + bhi::BHIE_RXVECDB) & !bhi::STATUS_MASK != 0;
        if armed && self.environment == ExecutionEnvironment::RDDM && self.dump != Dump::Kept {
            self.dump_at = Some(now + DELAY);
        }
    }

    pub(super) fn write_dump(&mut self, bus: &mut Bus) {
        let written = match self.dump {
            Dump::Given => self.fill_pieces(bus),
            Dump::Refused | Dump::Kept => Ok(0),
        };
        let status = match written {
            Ok(bytes) if bytes > 0 => {
                log::info!("dump of {bytes} bytes");
                bus.stats.count("dumps");
                bhi::STATUS_SUCCESS
            }
            Ok(_) => bhi::STATUS_ERROR,
            Err(fault) => {
                bus.stats
                    .fault("bad_dump_memory", format_args!("{fault:x?}"));
                bhi::STATUS_ERROR
            }
        };
        let number = self.registers.get(BHIE + bhi::BHIE_RXVECDB) & !bhi::STATUS_MASK;
        self.registers
            .set(BHIE + bhi::BHIE_RXVECSTATUS, status | number);
        self.alarm = true; // the host may wait for it
    }

    fn fill_pieces(&self, bus: &Bus) -> Result<u64, Fault> {
        let vector = self.registers.pair(BHIE + bhi::BHIE_RXVECADDR_LOW);
        let len = self.registers.get(BHIE + bhi::BHIE_RXVECSIZE) as usize;
        let mut at = 0;
        for piece in 0..(len / bhi::VECTOR_ENTRY).min(PIECES) {
            let mut entry = [0; bhi::VECTOR_ENTRY];
            bus.memory.read(
                vector.wrapping_add((piece * bhi::VECTOR_ENTRY) as u64),
                &mut entry,
            )?;
            let [address, size] = [&entry[..8], &entry[8..]]
                .map(|half| half.iter().rfold(0, |n, byte| (n << 8) | u64::from(*byte)));
            let mut done = 0;
            while done < size {
                let line = format!("{:015}\n", (at + done) / LINE);
                let count = LINE.min(size - done) as usize;
                bus.memory
                    .write(address.wrapping_add(done), &line.as_bytes()[..count])?;
                done += LINE;
            }
            at += size;
        }
        Ok(at)
    }
}
