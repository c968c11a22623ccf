// SPDX-License-Identifier: GPL-2.0-only
//! What a modem speaks: QMI or MBIM. Its user may say so by the module's parameter `mode`; if not, it is what its family does, until
//! it refuses to start the channels for that: then its function is bound again, for the other.

use crate::modem::{self, Family};
use core::ffi::CStr;
use core::sync::atomic::{AtomicBool, Ordering};
use kernel::mhi::{self, Channels};
use kernel::pci;
use kernel::prelude::*;
use kernel::print::Ascii;

/// QMI or MBIM; the numbers are those of the parameter.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Protocol {
    /// With QMAP on the data channels.
    Qmi = 1,
    /// With MBIM's blocks on the data channels.
    Mbim = 2,
}

impl Protocol {
    fn of(number: u32) -> Option<Protocol> {
        match number {
            1 => Some(Protocol::Qmi),
            2 => Some(Protocol::Mbim),
            _ => None,
        }
    }

    fn other(self) -> Protocol {
        match self {
            Protocol::Qmi => Protocol::Mbim,
            Protocol::Mbim => Protocol::Qmi,
        }
    }

    /// Its channels beside those that all modems have: for control and for data.
    pub(crate) fn channels(self) -> &'static [Channels; 2] {
        match self {
            Protocol::Qmi => &modem::QMI,
            Protocol::Mbim => &modem::MBIM,
        }
    }

    /// For the log.
    pub(crate) fn name(self) -> &'static CStr {
        self.channels()[0].name
    }
}

/// What one modem is taken to speak, while its function is bound.
pub(crate) struct Choice {
    pub(crate) protocol: Protocol,
    /// Whether the user says so.
    chosen: bool,
    /// Whether the modem is not asked when it comes up the next time.
    trusted: AtomicBool,
    /// Whether it has refused.
    refused: AtomicBool,
}

impl Choice {
    pub(crate) fn of(dev: &pci::Device, family: &Family) -> Choice {
        let chosen = Protocol::of(mhi::mode());
        let found = dev.rebound().and_then(Protocol::of);
        Choice {
            protocol: chosen.or(found).unwrap_or(family.protocol),
            chosen: chosen.is_some(),
            // It has refused both. It may not when it restarts.
            trusted: AtomicBool::new(found == Some(family.protocol)),
            refused: AtomicBool::new(false),
        }
    }

    /// Channels appear, which nobody has yet: those for control are tried. May sleep.
    pub(crate) fn appeared(&self, channels: &mhi::Device) {
        if self.chosen || channels.number() != self.protocol.channels()[0].first {
            return;
        }
        let trusted = self.trusted.swap(false, Ordering::Relaxed);
        if !trusted && channels.is_refused() {
            self.refused.store(true, Ordering::Relaxed);
        }
    }

    /// Has the function bound again if the modem has refused.
    pub(crate) fn follow(&self, dev: &pci::Device) {
        let other = self.protocol.other();
        // While this happens to another modem, the next time.
        if self.refused.load(Ordering::Relaxed) && dev.rebind(other as u32).is_ok() {
            self.refused.store(false, Ordering::Relaxed);
            dev_info!(
                dev.as_device(),
                "the modem refuses {}: trying {}",
                Ascii(self.protocol.name()),
                Ascii(other.name())
            );
        }
    }
}
