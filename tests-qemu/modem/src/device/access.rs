// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
//! Accesses of the host: configuration space, registers in BAR 0, test markers in BAR 2.

use std::time::Instant;

use super::Device;
use crate::mhi::engine::Cure;
use crate::pci;

impl Device {
    /// Reads from configuration space.
    pub fn read_config(&self, offset: u64, data: &mut [u8]) {
        match self.dropped {
            Some(_) => data.fill(0xff),
            None => self.config.read(offset, data),
        }
    }

    /// Writes to configuration space.
    pub fn write_config(&mut self, offset: u64, data: &[u8], now: Instant) {
        if self.dropped.is_some() {
            return;
        }
        let before = self.config.power_state();
        let mastered = self.config.may_master();
        match self.config.write(offset, data) {
            pci::Effect::Reset => {
                log::info!("function level reset");
                self.reset(Cure::Function, now);
            }
            pci::Effect::Power if self.config.power_state() != before => {
                log::info!("D{before} -> D{}", self.config.power_state());
                match before {
                    0 => self.bus.stats.count("sleeps"),
                    _ if self.forgetful => self.reset(Cure::Power, now),
                    _ => {}
                }
            }
            _ => {}
        }
        let masters = self.config.may_master();
        if mastered && !masters && self.engine.is_running() {
            self.bus.stats.count("cut_off");
        }
        self.bus.memory.set_master(masters);
    }

    /// Reads a register of BAR 0, in pieces of a word.
    pub fn read_registers(&mut self, offset: u64, data: &mut [u8]) {
        let reachable = self.dropped.is_none() && self.config.power_state() == 0;
        for (piece, bytes) in data.chunks_mut(4).enumerate() {
            let at = u32::try_from(offset)
                .unwrap_or(u32::MAX)
                .saturating_add(4 * piece as u32);
            let value = if reachable {
                let value = self.engine.read(at);
                let told = self.bus.faults.glitches.read(at, value);
                self.bus.stats.add("read-as", u64::from(told != value));
                told
            } else {
                u32::MAX
            };
            log::trace!("read {at:#05x}: {value:#x}");
            let value = value.to_le_bytes();
            let skip = (offset % 4) as usize;
            for (byte, value) in bytes.iter_mut().zip(value.iter().skip(skip)) {
                *byte = *value;
            }
        }
    }

    /// Writes registers of BAR 0. A 64-bit write arrives with the high word first, as doorbells want it.
    pub fn write_registers(&mut self, offset: u64, data: &[u8], now: Instant) {
        if self.dropped.is_some() {
            // The host cannot know yet.
            self.bus.stats.count("write_while_dropped");
            return;
        }
        if self.config.power_state() != 0 {
            self.bus
                .stats
                .fault("write_while_away", format_args!("{offset:#x}"));
            return;
        }
        if offset % 4 != 0 || data.len() % 4 != 0 {
            self.bus.stats.fault(
                "odd_register_write",
                format_args!("{} bytes at {offset:#x}", data.len()),
            );
            return;
        }
        let offset = u32::try_from(offset).unwrap_or(u32::MAX);
        for (piece, bytes) in data.chunks_exact(4).enumerate().rev() {
            let at = offset.saturating_add(4 * piece as u32);
            let value = u32::from_le_bytes([bytes[0], bytes[1], bytes[2], bytes[3]]);
            log::trace!("write {at:#05x}: {value:#x}");
            self.engine.write(at, value, &mut self.bus, now);
        }
        self.heed_notices();
    }

    /// Reads a test marker of BAR 2. Reading word 0 counts: a guest marks a moment by it.
    pub fn read_markers(&mut self, offset: u64, data: &mut [u8]) {
        data.fill(0);
        if offset == 0 {
            self.markers[0] = self.markers[0].wrapping_add(1);
            log::info!("marker {}", self.markers[0]);
        }
        if let Some(marker) = self
            .markers
            .get(offset as usize / 4)
            .filter(|_| offset % 4 == 0)
        {
            for (byte, value) in data.iter_mut().zip(marker.to_le_bytes()) {
                *byte = value;
            }
        }
    }

    /// Writes a test marker of BAR 2.
    pub fn write_markers(&mut self, offset: u64, data: &[u8]) {
        if let (Some(marker), Ok(value)) =
            (self.markers.get_mut(offset as usize / 4), data.try_into())
        {
            *marker = u32::from_le_bytes(value);
            log::info!("marker at {offset:#x}: {:#x}", *marker);
        }
    }
}
