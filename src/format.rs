// SPDX-License-Identifier: GPL-2.0-only
//! The data format of a modem's links, as `IFLA_RMNET_FLAGS` tells it (Linux `include/uapi/linux/if_link.h`).

use core::sync::atomic::{AtomicU32, Ordering};
use qmap::Version;

const DEAGGREGATION: u32 = 1 << 0;
const DOWNLINK_V4: u32 = 1 << 2;
const UPLINK_V4: u32 = 1 << 3;
const DOWNLINK_V5: u32 = 1 << 4;
const UPLINK_V5: u32 = 1 << 5;

/// Flags shared by all links of a modem, changed under rtnl.
pub(crate) struct Format(AtomicU32);

impl Format {
    /// Plain MAP, which is what a link without flags gets.
    pub(crate) const fn new() -> Format {
        Format(AtomicU32::new(DEAGGREGATION))
    }

    /// The flags as they are.
    pub(crate) fn flags(&self) -> u32 {
        self.0.load(Ordering::Relaxed)
    }

    /// Starts anew, as for a first link.
    pub(crate) fn reset(&self) {
        self.0.store(DEAGGREGATION, Ordering::Relaxed);
    }

    /// Sets the flags of `mask` as in `flags`.
    pub(crate) fn update(&self, flags: u32, mask: u32) {
        self.0
            .store((self.flags() & !mask) | (flags & mask), Ordering::Relaxed);
    }

    /// How downlink frames carry checksums.
    pub(crate) fn downlink(&self) -> Version {
        version(self.flags(), DOWNLINK_V4, DOWNLINK_V5)
    }

    /// How uplink frames carry checksums.
    pub(crate) fn uplink(&self) -> Version {
        version(self.flags(), UPLINK_V4, UPLINK_V5)
    }
}

fn version(flags: u32, v4: u32, v5: u32) -> Version {
    if flags & v5 != 0 {
        Version::V5
    } else if flags & v4 != 0 {
        Version::V4
    } else {
        Version::V1
    }
}
