// SPDX-License-Identifier: GPL-2.0-only
//! The memory image of a modem that crashed, for those who ask for it. Called by `recovery`, which resets the modem after that.

use crate::netdev;
use crate::recovery::Recovery;
use ::mhi::{bhi, register};
use kernel::mhi::controller::crash_dump;
use kernel::prelude::*;
use kernel::print::Decimal;

/// Bytes that are asked for at most.
const BYTES: usize = 4 << 20;
/// Looks that the modem may need to hand them over.
pub(crate) const LOOKS: u32 = 30;

/// Bytes to be kept for the image of a modem that starts now.
pub(crate) fn wanted() -> usize {
    if crash_dump() {
        BYTES
    } else {
        0
    }
}

impl Recovery {
    /// Whether the dump of a crashed modem was asked for, and is still to come.
    pub(crate) fn wants_dump(&self) -> bool {
        self.dump > 0 && self.controller.has_dump()
    }

    /// Gives out the dump, once it is there.
    pub(crate) fn fetch_dump(&mut self) {
        netdev::silence(&self.base);
        let offset = self.controller.register(register::BHIEOFF);
        let status = offset.wrapping_add(bhi::BHIE_RXVECSTATUS);
        let status = self.controller.register(status) & bhi::STATUS_MASK;
        self.dump = self.dump.saturating_sub(1);
        if status == bhi::STATUS_RESET && self.dump > 0 {
            return;
        }
        self.dump = 0;
        let dev = self.dev.as_device();
        if status != bhi::STATUS_SUCCESS {
            dev_warn!(dev, "the modem has not handed over its memory dump");
            return;
        }
        match self.controller.give_dump() {
            Ok(size) => {
                dev_warn!(
                    dev,
                    "{} bytes of the modem's memory are in /sys/class/devcoredump for 5 minutes",
                    Decimal(size as u64)
                )
            }
            Err(error) => dev_warn!(dev, "no memory dump: {error:?}"),
        }
    }
}
