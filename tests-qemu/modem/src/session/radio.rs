// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
//! The lock that modems for laptops have on their radio until the host has shown who it is.

/// Where the lock stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RadioLock {
    /// There is none.
    None,
    /// It keeps the radio off.
    Shut,
    /// The host has opened it, until the modem restarts.
    Open,
}

impl RadioLock {
    /// Whether it keeps the radio off.
    pub fn is_shut(self) -> bool {
        self == RadioLock::Shut
    }

    /// The host has shown who it is.
    pub fn open(&mut self) {
        if self.is_shut() {
            *self = RadioLock::Open;
        }
    }

    /// The modem restarts.
    pub fn reset(&mut self) {
        if *self == RadioLock::Open {
            *self = RadioLock::Shut;
        }
    }
}
