// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
//! Configuration space of the function: every byte with its reset value, the bits that software may write and the bits
//! that a 1 clears. Offsets and bits are those of the PCI Express base specification.

use crate::cli::{Id, Options};

/// Bytes of configuration space.
pub const CONFIG_LEN: usize = 4096;
/// Bytes of BAR 0, the MHI registers, and of BAR 2, the test markers.
pub const BAR_LEN: u64 = 4096;

const COMMAND: usize = 0x04;
const PM: usize = 0x40;
const PMCSR: usize = PM + 4;
const MSI: usize = 0x50;
const EXPRESS: usize = 0x70;
const DEVICE_CONTROL: usize = EXPRESS + 8;

const BUS_MASTER: u8 = 1 << 2;
const PME_ENABLE: u8 = 1 << 0;
const PME_STATUS: u8 = 1 << 7;
const FUNCTION_RESET: u8 = 1 << 7;

/// What a write to configuration space sets off.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Effect {
    /// Nothing.
    None,
    /// Bus mastering or the power state may have changed: look again.
    Power,
    /// Function level reset.
    Reset,
}

/// Configuration space.
pub struct Config {
    bytes: Box<[u8; CONFIG_LEN]>,
    initial: Box<[u8; CONFIG_LEN]>,
    writable: Box<[u8; CONFIG_LEN]>,
    clear_by_one: Box<[u8; CONFIG_LEN]>,
}

impl Config {
    /// Configuration space after power-on.
    pub fn new(options: &Options) -> Self {
        let mut config = Self {
            bytes: Box::new([0; CONFIG_LEN]),
            initial: Box::new([0; CONFIG_LEN]),
            writable: Box::new([0; CONFIG_LEN]),
            clear_by_one: Box::new([0; CONFIG_LEN]),
        };
        let Id { vendor, device } = options.id();
        config.put(0x00, &[vendor, device], &[]);
        // Memory, bus master, parity, SERR and INTx disable; capability list.
        config.put(COMMAND, &[0, 0x0010], &[0x0546, 0]);
        // Revision 0, class "unassigned": what the module reports.
        config.put(0x08, &[0x0000, 0xff00], &[]);
        config.put(0x0c, &[0, 0], &[0x00ff, 0]);
        for bar in [0x10, 0x18] {
            // 64-bit memory, not prefetchable.
            config.put(bar, &[0x0004, 0, 0, 0], &[0xf000, 0xffff, 0xffff, 0xffff]);
        }
        let Id { vendor, device } = options.subsystem();
        config.put(0x2c, &[vendor, device], &[]);
        config.put(0x34, &[PM as u16], &[]);
        config.put(0x3c, &[0], &[0x00ff]);
        // Power management 1.2: PME from D0 and D3hot; state is kept over D3hot.
        config.put(PM, &[0x0001 | ((MSI as u16) << 8), 0x4803], &[]);
        config.put(PMCSR, &[0x0008], &[0x0103]);
        config.clear_by_one[PMCSR + 1] = PME_STATUS;
        // MSI: 64-bit address, as many vectors as asked for.
        let log2 = options.msi.ilog2() as u16;
        config.put(
            MSI,
            &[0x0005 | ((EXPRESS as u16) << 8), 0x0080 | (log2 << 1)],
            &[0, 0x0071],
        );
        config.put(
            MSI + 4,
            &[0, 0, 0, 0, 0],
            &[0xfffc, 0xffff, 0xffff, 0xffff, 0xffff],
        );
        // Express endpoint, version 2; 128 bytes of payload, role-based errors, function level reset; one lane at 8 GT/s.
        config.put(EXPRESS, &[0x0010, 0x0002, 0x8000, 0x1000], &[]);
        config.put(DEVICE_CONTROL, &[0x2810], &[0x7fff]);
        config.clear_by_one[DEVICE_CONTROL + 2] = 0x0f;
        config.put(EXPRESS + 0x0c, &[0x0013, 0x0000], &[]);
        config.put(EXPRESS + 0x10, &[0, 0x0013], &[0x0fff]);
        config.put(EXPRESS + 0x28, &[0], &[0xffff]);
        config.put(EXPRESS + 0x30, &[0x0003], &[0xffff]);
        config.initial.copy_from_slice(&*config.bytes);
        config
    }

    /// Reads bytes; what lies past the end reads as 0.
    pub fn read(&self, offset: u64, data: &mut [u8]) {
        for (address, byte) in (offset..).zip(data) {
            *byte = usize::try_from(address)
                .ok()
                .and_then(|address| self.bytes.get(address))
                .copied()
                .unwrap_or(0);
        }
    }

    /// Writes bytes; what lies past the end is dropped.
    pub fn write(&mut self, offset: u64, data: &[u8]) -> Effect {
        let mut effect = Effect::None;
        for (address, &value) in (offset..).zip(data) {
            let Some(address) = usize::try_from(address)
                .ok()
                .filter(|address| *address < CONFIG_LEN)
            else {
                break;
            };
            let writable = self.writable[address];
            let cleared = self.clear_by_one[address] & value;
            let byte = &mut self.bytes[address];
            *byte = (*byte & !writable | value & writable) & !cleared;
            match address {
                address if address == DEVICE_CONTROL + 1 && value & FUNCTION_RESET != 0 => {
                    return Effect::Reset
                }
                COMMAND | PMCSR => effect = Effect::Power,
                _ => {}
            }
        }
        effect
    }

    /// Back to the values of power-on.
    pub fn reset(&mut self) {
        self.bytes.copy_from_slice(&*self.initial);
    }

    /// Whether the function may reach memory and raise interrupts: bus master on and in D0.
    pub fn may_master(&self) -> bool {
        self.bytes[COMMAND] & BUS_MASTER != 0 && self.power_state() == 0
    }

    /// 0 for D0, 3 for D3hot.
    pub fn power_state(&self) -> u8 {
        self.bytes[PMCSR] & 3
    }

    /// Asks the host to wake the function, if it has allowed that; whether it has.
    pub fn wake(&mut self) -> bool {
        let enabled = self.bytes[PMCSR + 1] & PME_ENABLE != 0;
        if enabled {
            self.bytes[PMCSR + 1] |= PME_STATUS;
        }
        enabled
    }

    fn put(&mut self, offset: usize, values: &[u16], writable: &[u16]) {
        for (position, value) in values.iter().enumerate() {
            self.bytes[offset + 2 * position..][..2].copy_from_slice(&value.to_le_bytes());
        }
        for (position, mask) in writable.iter().enumerate() {
            self.writable[offset + 2 * position..][..2].copy_from_slice(&mask.to_le_bytes());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::Parser;

    fn config(arguments: &[&str]) -> Config {
        Config::new(&Options::parse_from([&["modem"], arguments].concat()))
    }

    fn word(config: &Config, offset: u64) -> u16 {
        let mut bytes = [0; 2];
        config.read(offset, &mut bytes);
        u16::from_le_bytes(bytes)
    }

    #[test]
    fn ids_are_those_of_the_rm520n_unless_given() {
        let default = config(&[]);
        assert_eq!(
            [0, 2, 0x2c, 0x2e].map(|offset| word(&default, offset)),
            [0x17cb, 0x308, 0x17cb, 0x5201]
        );
        let given = config(&["--id", "1eac:1004", "--subsystem", "1eac:b001"]);
        assert_eq!(
            [0, 2, 0x2c, 0x2e].map(|offset| word(&given, offset)),
            [0x1eac, 0x1004, 0x1eac, 0xb001]
        );
    }

    #[test]
    fn capabilities_are_chained_to_the_end() {
        let config = config(&[]);
        let mut found = Vec::new();
        let mut at = word(&config, 0x34) & 0xff;
        while at != 0 {
            let header = word(&config, at.into());
            found.push(header & 0xff);
            at = header >> 8;
        }
        assert_eq!(found, [1, 5, 0x10]);
    }

    #[test]
    fn size_of_a_bar_reads_back_as_a_mask() {
        let mut config = config(&[]);
        for bar in [0x10, 0x18] {
            config.write(bar, &[0xff; 8]);
            let mut mask = [0; 8];
            config.read(bar, &mut mask);
            assert_eq!(u64::from_le_bytes(mask), !(BAR_LEN - 1) | 4);
        }
    }

    #[test]
    fn msi_offers_the_vectors_asked_for() {
        for (count, field) in [("1", 0), ("8", 3), ("32", 5)] {
            assert_eq!(
                (word(&config(&["--msi", count]), MSI as u64 + 2) >> 1) & 7,
                field
            );
        }
    }

    #[test]
    fn read_only_bits_stay_and_ids_cannot_be_written() {
        let mut config = config(&[]);
        config.write(0, &[0; 4]);
        assert_eq!(word(&config, 0), 0x17cb);
        config.write(COMMAND as u64, &[0xff, 0xff]);
        assert_eq!(word(&config, COMMAND as u64), 0x0546);
    }

    #[test]
    fn wake_needs_pme_enable_and_is_cleared_by_one() {
        let mut config = config(&[]);
        assert!(!config.wake());
        config.write(PMCSR as u64, &0x0103u16.to_le_bytes());
        assert_eq!(config.power_state(), 3);
        assert!(config.wake());
        assert_eq!(word(&config, PMCSR as u64), 0x810b);
        config.write(PMCSR as u64, &0x8100u16.to_le_bytes());
        assert_eq!(word(&config, PMCSR as u64), 0x0108);
    }

    #[test]
    fn function_level_reset_is_seen_and_reads_as_zero() {
        let mut config = config(&[]);
        assert_eq!(
            config.write(DEVICE_CONTROL as u64, &0xa810u16.to_le_bytes()),
            Effect::Reset
        );
        assert_eq!(word(&config, DEVICE_CONTROL as u64) & 0x8000, 0);
    }

    #[test]
    fn access_past_the_end_is_harmless() {
        let mut config = config(&[]);
        config.write(u64::MAX - 1, &[0xff; 4]);
        config.write(CONFIG_LEN as u64 - 1, &[0xff; 4]);
        let mut bytes = [1; 4];
        config.read(CONFIG_LEN as u64, &mut bytes);
        assert_eq!(bytes, [0; 4]);
    }
}
