// SPDX-License-Identifier: GPL-2.0-only
//! The modems that the driver knows: one row per family, and the ids that lead to it.
//!
//! Sources of the numbers: Linux `drivers/bus/mhi/host/pci_generic.c`, the channel and ring tables of Quectel's
//! pcie_mhi V1.4.

use crate::protocol::Protocol;
use core::ffi::CStr;
use kernel::mhi::{Channels, Environment, EventRing};
use kernel::pci::{DeviceId, ANY};

/// What a family of modems has in common.
pub(crate) struct Family {
    /// The chip, for the log.
    pub(crate) name: &'static CStr,
    /// Width of the addresses that it reaches.
    pub(crate) dma_bits: u32,
    /// Whether it is woken by a wire instead of by doorbells.
    pub(crate) sideband_wake: bool,
    /// How long it may take to become ready after power-on.
    pub(crate) ready_timeout_ms: u32,
    /// Whether it comes back after a reset of its bus.
    pub(crate) bus_reset: bool,
    /// The flash programmer that it gets in emergency download, as `mhi_pci_generic` names it for the chip.
    pub(crate) edl_image: &'static CStr,
    /// What it is taken to speak at first, as its maker delivers it.
    pub(crate) protocol: Protocol,
}

const QUALCOMM: u32 = 0x17cb;
const QUECTEL: u32 = 0x1eac;

/// Index into `FAMILIES`.
#[derive(Clone, Copy)]
enum Chip {
    Sdx24,
    Sdx55,
    Sdx6x,
    Sdx75,
    Sdx35,
    Sdx6xMbim,
}

const fn family(
    name: &'static CStr,
    sideband_wake: bool,
    ready_timeout_ms: u32,
    edl_image: &'static CStr,
) -> Family {
    // The vendor's driver gives all of them a window of 37 bits.
    Family {
        name,
        dma_bits: 37,
        sideband_wake,
        ready_timeout_ms,
        bus_reset: true,
        edl_image,
        protocol: Protocol::Qmi,
    }
}

const SDX24: &CStr = c"qcom/prog_firehose_sdx24.mbn";
const SDX55: &CStr = c"qcom/sdx55m/edl.mbn";
const SDX65: &CStr = c"qcom/prog_firehose_sdx6x.elf";
const SDX75: &CStr = c"qcom/sdx75m/edl.mbn";
const SDX35: &CStr = c"qcom/sdx35m/edl.mbn";

/// SDX62 and SDX65 do not come back after a reset of the bus: `quirk_no_bus_reset` of Linux 6.12.118's `drivers/pci/quirks.c`
/// says so of 17cb:0308, whose chip the others have.
const SDX6X: Family = Family {
    bus_reset: false,
    ..family(c"quectel-sdx6x", false, 20_000, SDX65)
};

static FAMILIES: [Family; 6] = [
    family(c"quectel-sdx24", true, 2_000, SDX24),
    family(c"quectel-sdx55", false, 20_000, SDX55),
    SDX6X,
    family(c"quectel-sdx75", false, 50_000, SDX75),
    family(c"quectel-sdx35", false, 20_000, SDX35),
    Family {
        protocol: Protocol::Mbim,
        ..SDX6X
    },
];

/// The family that an id's `info` stands for.
pub(crate) fn family_of(info: usize) -> Option<&'static Family> {
    FAMILIES.get(info)
}

const fn id(vendor: u32, device: u32, subvendor: u32, subdevice: u32, chip: Chip) -> DeviceId {
    DeviceId::new(vendor, device, subvendor, subdevice, chip as usize)
}

/// Quectel's modules. Qualcomm's ids are shared by many makers: only those with Qualcomm's or Quectel's own subsystem
/// vendor are taken, and `EXCEPTIONS` not.
pub(crate) const IDS: [DeviceId; 16] = [
    id(QUALCOMM, 0x0306, QUALCOMM, ANY, Chip::Sdx55), // RM500Q, RM502Q, RM505Q, RM510Q
    id(QUALCOMM, 0x0306, QUECTEL, ANY, Chip::Sdx55),
    id(QUALCOMM, 0x0308, QUALCOMM, ANY, Chip::Sdx6x), // RM520N; with subsystem 5201 the RM520N-GL
    id(QUALCOMM, 0x0308, QUECTEL, ANY, Chip::Sdx6x),
    id(QUALCOMM, 0x0309, QUALCOMM, ANY, Chip::Sdx75), // RM551E
    id(QUALCOMM, 0x0309, QUECTEL, ANY, Chip::Sdx75),
    id(QUALCOMM, 0x011a, QUALCOMM, ANY, Chip::Sdx35), // RM255C
    id(QUALCOMM, 0x011a, QUECTEL, ANY, Chip::Sdx35),
    id(QUECTEL, 0x1001, ANY, ANY, Chip::Sdx24), // EM120R
    id(QUECTEL, 0x1002, ANY, ANY, Chip::Sdx24), // EM160R
    id(QUECTEL, 0x100d, ANY, ANY, Chip::Sdx24), // EM160R
    id(QUECTEL, 0x2001, ANY, ANY, Chip::Sdx24), // EM120R
    id(QUECTEL, 0x1004, ANY, ANY, Chip::Sdx6x), // RM520N-GL
    id(QUECTEL, 0x1007, ANY, ANY, Chip::Sdx6xMbim), // RM520N-GL for Lenovo
    id(QUECTEL, 0x100b, ANY, ANY, Chip::Sdx35), // RM255
    DeviceId::END,
];

/// Vendor, device, subsystem vendor, subsystem device of other makers' modules that `IDS` would take.
pub(crate) const EXCEPTIONS: [[u16; 4]; 1] = [
    [0x17cb, 0x0306, 0x17cb, 0x010c], // Foxconn T99W175
];

/// The name of the data channels: ours alone, so that no in-tree client takes them.
pub(crate) const DATA: &CStr = c"IP_HW0_RMNET";
/// The name of the channels that carry serial signals.
pub(crate) const SERIAL: &CStr = c"IP_CTRL";

/// Index of the event ring for control and software channels, then those of the data channels.
const CONTROL_RING: u32 = 0;
const UPLINK_RING: u32 = 1;
const DOWNLINK_RING: u32 = 2;

/// Descriptors in each data ring; the modem crashes if a data event ring is smaller than twice this.
pub(crate) const DATA_ELEMENTS: u32 = 512;

const fn software(
    name: &'static CStr,
    first: u32,
    elements: u32,
    environment: Environment,
) -> Channels {
    Channels {
        name,
        first,
        elements,
        events: [CONTROL_RING; 2],
        environment,
        burst: false,
    }
}

/// Channels that all have. Names are what the in-tree `mhi_wwan_ctrl` matches.
pub(crate) static CHANNELS: [Channels; 6] = [
    software(c"LOOPBACK", 0, 32, Environment::Amss),
    software(c"SAHARA", 2, 32, Environment::Sbl),
    software(c"DIAG", 4, 128, Environment::Amss),
    software(SERIAL, 18, 32, Environment::Amss),
    software(c"DUN", 32, 32, Environment::Amss),
    software(c"FIREHOSE", 34, 32, Environment::FlashProgrammer),
];

const fn data(name: &'static CStr, elements: u32) -> Channels {
    Channels {
        name,
        first: 100,
        elements,
        events: [UPLINK_RING, DOWNLINK_RING],
        environment: Environment::Amss,
        burst: true,
    }
}

/// Control and data of one that speaks QMI.
pub(crate) static QMI: [Channels; 2] = [
    software(c"QMI", 14, 32, Environment::Amss),
    data(DATA, DATA_ELEMENTS),
];

/// Control and data of one that speaks MBIM, for the in-tree `mhi_wwan_mbim`.
pub(crate) static MBIM: [Channels; 2] = [
    software(c"MBIM", 12, 32, Environment::Amss),
    data(c"IP_HW0_MBIM", 128),
];

const fn data_ring(channel: u32) -> EventRing {
    EventRing {
        elements: 2 * DATA_ELEMENTS,
        moderation_ms: 1,
        control: false,
        channel: Some(channel),
    }
}

/// Event rings. More than 256 elements in the control ring break channel start on SDX6x.
pub(crate) const EVENT_RINGS: [EventRing; 3] = [
    EventRing {
        elements: 256,
        moderation_ms: 1,
        control: true,
        channel: None,
    },
    data_ring(100),
    data_ring(101),
];

/// How long the modem may take to answer a command.
pub(crate) const COMMAND_TIMEOUT_MS: u32 = 20_000;

/// The uplink channel of the AT port, which stays mute until it sees DTR and RTS.
pub(crate) const AT_CHANNEL: u32 = 32;
