// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
//! Offsets into the register BAR and the fields of its registers, all 32 bit little endian.
//! Source: Linux `drivers/bus/mhi/common.h`; [`SOC_RESET`] and [`SOC_HW_VERSION`] from `host/internal.h`.

use crate::state::State;

/// Length of the register space in bytes.
pub const MHIREGLEN: u32 = 0x00;
/// Version of the interface.
pub const MHIVER: u32 = 0x08;
/// Numbers of channels and event rings: see [`Config`].
pub const MHICFG: u32 = 0x10;
/// Offset of the channel doorbells, 8 bytes each.
pub const CHDBOFF: u32 = 0x18;
/// Offset of the event ring doorbells, 8 bytes each.
pub const ERDBOFF: u32 = 0x20;
/// Offset of the boot registers ([`crate::bhi`]).
pub const BHIOFF: u32 = 0x28;
/// Offset of the extended boot registers.
pub const BHIEOFF: u32 = 0x2c;
/// Offset of the debug registers.
pub const DEBUGOFF: u32 = 0x30;
/// What the host asks for: [`CTRL_RESET`] and a state in bits 15:8.
pub const MHICTRL: u32 = 0x38;
/// What the device is: [`STATUS_READY`], [`STATUS_SYSERR`] and a state in bits 15:8.
pub const MHISTATUS: u32 = 0x48;
/// Address of the array of channel contexts, low word.
pub const CCABAP_LOWER: u32 = 0x58;
/// Address of the array of channel contexts, high word.
pub const CCABAP_HIGHER: u32 = 0x5c;
/// Address of the array of event ring contexts, low word.
pub const ECABAP_LOWER: u32 = 0x60;
/// Address of the array of event ring contexts, high word.
pub const ECABAP_HIGHER: u32 = 0x64;
/// Address of the command ring context, low word.
pub const CRCBAP_LOWER: u32 = 0x68;
/// Address of the command ring context, high word.
pub const CRCBAP_HIGHER: u32 = 0x6c;
/// Command ring doorbell, low word: the write that counts.
pub const CRDB_LOWER: u32 = 0x70;
/// Command ring doorbell, high word.
pub const CRDB_HIGHER: u32 = 0x74;
/// First address that the device may use for control structures, low word; seven more words follow up to
/// [`MHIDATALIMIT_HIGHER`].
pub const MHICTRLBASE_LOWER: u32 = 0x80;
/// First address for control structures, high word.
pub const MHICTRLBASE_HIGHER: u32 = 0x84;
/// Last address for control structures, low word.
pub const MHICTRLLIMIT_LOWER: u32 = 0x88;
/// Last address for control structures, high word.
pub const MHICTRLLIMIT_HIGHER: u32 = 0x8c;
/// First address for data, low word.
pub const MHIDATABASE_LOWER: u32 = 0x98;
/// First address for data, high word.
pub const MHIDATABASE_HIGHER: u32 = 0x9c;
/// Last address for data, low word.
pub const MHIDATALIMIT_LOWER: u32 = 0xa0;
/// Last address for data, high word.
pub const MHIDATALIMIT_HIGHER: u32 = 0xa4;
/// Host request: bit 0 restarts the whole modem.
pub const SOC_RESET: u32 = 0xb0;
/// Family, device, major and minor number of the chip.
pub const SOC_HW_VERSION: u32 = 0x224;

/// Bit of [`MHICTRL`]: reset the interface; the device clears it when it has done so.
pub const CTRL_RESET: u32 = 1 << 1;
/// Bit of [`MHISTATUS`]: the device may be brought to M0.
pub const STATUS_READY: u32 = 1 << 0;
/// Bit of [`MHISTATUS`]: the device has crashed.
pub const STATUS_SYSERR: u32 = 1 << 2;
/// Position of the state in [`MHICTRL`] and [`MHISTATUS`].
pub const STATE_SHIFT: u32 = 8;

/// The state in a value of [`MHICTRL`] or [`MHISTATUS`].
pub const fn state(value: u32) -> State {
    State((value >> STATE_SHIFT) as u8)
}

/// Number of the doorbell that wakes the device from M2 (1) and lets it go (0).
pub const WAKE_DOORBELL: u8 = 127;
/// Number of the doorbell that, given [`EDL_COOKIE`] before a [`SOC_RESET`], makes the modem boot into emergency download.
pub const EDL_DOORBELL: u8 = 91;
/// See [`EDL_DOORBELL`]. Source: Linux `drivers/bus/mhi/host/pci_generic.c`.
pub const EDL_COOKIE: u32 = 0xeded_eded;
/// Bytes from one doorbell to the next.
pub const DOORBELL_STRIDE: u32 = 8;

/// The fields of [`MHICFG`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Config {
    /// Channels that the device has.
    pub channels: u8,
    /// Of those, channels served by hardware.
    pub hardware_channels: u8,
    /// Event rings that the host has set up.
    pub event_rings: u8,
    /// Of those, event rings served by hardware.
    pub hardware_event_rings: u8,
}

impl Config {
    /// Takes a register value apart.
    pub const fn parse(value: u32) -> Self {
        let [channels, hardware_channels, event_rings, hardware_event_rings] = value.to_le_bytes();
        Self {
            channels,
            hardware_channels,
            event_rings,
            hardware_event_rings,
        }
    }

    /// The register value.
    pub const fn emit(self) -> u32 {
        u32::from_le_bytes([
            self.channels,
            self.hardware_channels,
            self.event_rings,
            self.hardware_event_rings,
        ])
    }
}
