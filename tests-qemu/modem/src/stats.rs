// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
//! Counters by name, printed by the control request `stats`. What the host did wrong is counted here.

use std::collections::BTreeMap;
use std::fmt;

/// Counters by name.
#[derive(Clone, Debug, Default)]
pub struct Stats(BTreeMap<&'static str, u64>);

impl Stats {
    /// Adds one.
    pub fn count(&mut self, name: &'static str) {
        self.add(name, 1);
    }

    /// Adds many.
    pub fn add(&mut self, name: &'static str, amount: u64) {
        *self.0.entry(name).or_default() += amount;
    }

    /// Counts a fault of the host and says so once per name in full, then at debug level.
    pub fn fault(&mut self, name: &'static str, what: impl fmt::Display) {
        self.count(name);
        if self.get(name) == 1 {
            log::warn!("{name}: {what}");
        } else {
            log::debug!("{name}: {what}");
        }
    }

    /// The value of a counter.
    pub fn get(&self, name: &str) -> u64 {
        self.0.get(name).copied().unwrap_or(0)
    }
}

impl fmt::Display for Stats {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut gap = "";
        for (name, value) in &self.0 {
            write!(formatter, "{gap}{name}={value}")?;
            gap = " ";
        }
        Ok(())
    }
}
