// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
//! When the worker must look again: the earliest of many wishes.

use std::time::Instant;

/// When to look again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wake {
    /// At once: there is more to do.
    Now,
    /// At a time.
    At(Instant),
    /// When something happens.
    Idle,
}

impl Wake {
    /// The earlier of two.
    pub fn min(self, other: Self) -> Self {
        match (self, other) {
            (Self::Now, _) | (_, Self::Now) => Self::Now,
            (Self::Idle, wake) | (wake, Self::Idle) => wake,
            (Self::At(one), Self::At(two)) => Self::At(one.min(two)),
        }
    }
}

impl From<Option<Instant>> for Wake {
    fn from(deadline: Option<Instant>) -> Self {
        deadline.map_or(Self::Idle, Self::At)
    }
}
