// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
//! Counters by name, printed by the control request `stats`. What the host did wrong is counted here.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

/// Counters by name.
#[derive(Clone, Debug, Default)]
pub struct Stats {
    counters: BTreeMap<&'static str, u64>,
    faults: BTreeSet<&'static str>,
}

impl Stats {
    /// Adds one.
    pub fn count(&mut self, name: &'static str) {
        self.add(name, 1);
    }

    /// Adds many.
    pub fn add(&mut self, name: &'static str, amount: u64) {
        *self.counters.entry(name).or_default() += amount;
    }

    /// Counts a fault of the host and says so once per name in full, then at debug level.
    pub fn fault(&mut self, name: &'static str, what: impl fmt::Display) {
        self.count(name);
        self.faults.insert(name);
        if self.get(name) == 1 {
            log::warn!("{name}: {what}");
        } else {
            log::debug!("{name}: {what}");
        }
    }

    /// The value of a counter.
    pub fn get(&self, name: &str) -> u64 {
        self.counters.get(name).copied().unwrap_or(0)
    }

    /// What the host did wrong, each with how often.
    pub fn faults(&self) -> Vec<String> {
        let describe = |name| format!("{name}={}", self.get(name));
        self.faults.iter().copied().map(describe).collect()
    }
}

impl fmt::Display for Stats {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut gap = "";
        for (name, value) in &self.counters {
            write!(formatter, "{gap}{name}={value}")?;
            gap = " ";
        }
        Ok(())
    }
}
