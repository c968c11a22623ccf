// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
//! States of the device, of a channel, and what software runs in the modem. Values that this crate does not know survive.
//! Sources: Linux `include/linux/mhi.h` (`enum mhi_state`, `enum mhi_ee_type`) and `drivers/bus/mhi/common.h`.

/// State of the interface, as in MHICTRL, MHISTATUS and state-change events.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct State(pub u8);

impl State {
    /// Just reset; no register but those of the boot interface is valid.
    pub const RESET: Self = Self(0);
    /// The host may set up its rings and ask for M0.
    pub const READY: Self = Self(1);
    /// At work.
    pub const M0: Self = Self(2);
    /// The device would like to sleep.
    pub const M1: Self = Self(3);
    /// Light sleep: a doorbell wakes it.
    pub const M2: Self = Self(4);
    /// Suspended: the device touches neither memory nor interrupts.
    pub const M3: Self = Self(5);
    /// Suspended, quick to leave.
    pub const M3_FAST: Self = Self(6);
    /// Only the boot interface works.
    pub const BHI: Self = Self(7);
    /// Crashed.
    pub const SYS_ERR: Self = Self(0xff);

    /// The name that Linux prints.
    pub const fn name(self) -> &'static str {
        match self {
            Self::RESET => "RESET",
            Self::READY => "READY",
            Self::M0 => "M0",
            Self::M1 => "M1",
            Self::M2 => "M2",
            Self::M3 => "M3",
            Self::M3_FAST => "M3_FAST",
            Self::BHI => "BHI",
            Self::SYS_ERR => "SYS_ERR",
            _ => "unknown",
        }
    }
}

/// What software runs in the modem: the EXECENV register and execution environment events.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ExecutionEnvironment(pub u8);

impl ExecutionEnvironment {
    /// Primary boot loader, in ROM.
    pub const PBL: Self = Self(0);
    /// Secondary boot loader.
    pub const SBL: Self = Self(1);
    /// The modem's firmware: mission mode.
    pub const AMSS: Self = Self(2);
    /// A crash dump waits to be fetched.
    pub const RDDM: Self = Self(3);
    /// WLAN firmware.
    pub const WFW: Self = Self(4);
    /// Boot loader that passes the interface on.
    pub const PTHRU: Self = Self(5);
    /// Emergency download.
    pub const EDL: Self = Self(6);
    /// Flash programmer.
    pub const FP: Self = Self(7);

    /// The name in lower case, as command lines write it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::PBL => "pbl",
            Self::SBL => "sbl",
            Self::AMSS => "amss",
            Self::RDDM => "rddm",
            Self::WFW => "wfw",
            Self::PTHRU => "pthru",
            Self::EDL => "edl",
            Self::FP => "fp",
            _ => "unknown",
        }
    }

    /// The environment of that name, if there is one.
    pub fn from_name(name: &str) -> Option<Self> {
        (0..=7).map(Self).find(|ee| ee.name() == name)
    }
}

/// State of a channel in the low byte of its context's first word.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ChannelState(pub u8);

impl ChannelState {
    /// Not set up.
    pub const DISABLED: Self = Self(0);
    /// The host has set it up; the device has not started it.
    pub const ENABLED: Self = Self(1);
    /// Transfers are served.
    pub const RUNNING: Self = Self(2);
    /// The device sleeps.
    pub const SUSPENDED: Self = Self(3);
    /// Stopped by command; its ring keeps its place.
    pub const STOP: Self = Self(4);
    /// The ring was unusable.
    pub const ERROR: Self = Self(5);

    /// The name in lower case.
    pub const fn name(self) -> &'static str {
        match self {
            Self::DISABLED => "disabled",
            Self::ENABLED => "enabled",
            Self::RUNNING => "running",
            Self::SUSPENDED => "suspended",
            Self::STOP => "stopped",
            Self::ERROR => "error",
            _ => "unknown",
        }
    }
}
