// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
//! How fast the modem takes uplink transfers: at once, or at the rate of a slow radio. While it is busy, they stay in the host's ring.
//!
//! Time is the host machine's, which an emulated machine's clocks follow too: its processor is slow, its seconds are not.

use std::time::{Duration, Instant};

/// What a late worker may make up for.
const SLACK: Duration = Duration::from_millis(2);

/// The radio's uplink.
#[derive(Default)]
pub(super) struct Line {
    /// Bits a second; `None` takes all at once.
    pub(super) rate: Option<u64>,
    free: Option<Instant>,
}

impl Line {
    /// A transfer was taken.
    pub(super) fn take(&mut self, bytes: usize, now: Instant) {
        let Some(rate) = self.rate else {
            return;
        };
        let seconds = bytes as f64 * 8.0 / rate as f64;
        let earliest = now.checked_sub(SLACK).unwrap_or(now);
        let start = self.free.map_or(now, |free| free.max(earliest));
        self.free = Some(start + Duration::from_secs_f64(seconds));
    }

    /// Until when no transfer is taken, if that is later than now.
    pub(super) fn busy(&self, now: Instant) -> Option<Instant> {
        self.free.filter(|&free| self.rate.is_some() && free > now)
    }

    pub(super) fn reset(&mut self) {
        self.free = None;
    }
}
