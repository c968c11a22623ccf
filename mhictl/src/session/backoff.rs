// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
//! How long to wait until the next attempt: longer with each failure in a row, and never quite the same, so that what one
//! failure has stopped does not come back at one instant. A session has one, and the supervisor one for each session.

use std::time::Duration;

/// Seconds at least, by failures in a row.
const SECONDS: [u64; 5] = [5, 10, 20, 40, 60];

/// The waits of one session.
#[derive(Clone, Debug)]
pub struct Backoff {
    failures: usize,
    random: u64,
}

impl Backoff {
    /// No failure yet; the seed is what makes these waits differ from another's.
    pub fn new(seed: u64) -> Self {
        Backoff {
            failures: 0,
            random: seed,
        }
    }

    /// One more failure: how long to wait, up to a fifth more than the table says.
    pub fn next(&mut self) -> Duration {
        let seconds = SECONDS.get(self.failures).or(SECONDS.last());
        self.failures = self.failures.saturating_add(1);
        // Knuth's generator of MMIX; its upper bits are the good ones.
        self.random = self
            .random
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        let thousandths = (self.random >> 33) % 200;
        Duration::from_millis(seconds.map_or(0, |seconds| seconds * (1000 + thousandths)))
    }

    /// It went well: the next failure is the first.
    pub fn reset(&mut self) {
        self.failures = 0;
    }
}

/// A number that differs from process to process, from the operating system by way of the standard library.
pub fn seed() -> u64 {
    use std::hash::{BuildHasher, Hasher, RandomState};
    RandomState::new().build_hasher().finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_grow_to_a_minute_and_exceed_the_table_by_a_fifth_at_most() {
        for seed in 0..1000 {
            let mut backoff = Backoff::new(seed);
            for least in [5, 10, 20, 40, 60, 60, 60] {
                let wait = backoff.next().as_millis();
                assert!((least * 1000..least * 1200).contains(&wait), "{wait}");
            }
            backoff.reset();
            assert!(backoff.next() < Duration::from_secs(6));
        }
    }

    #[test]
    fn waits_differ_from_one_seed_to_the_next_and_from_one_failure_to_the_next() {
        let first: std::collections::BTreeSet<_> =
            (0..100).map(|seed| Backoff::new(seed).next()).collect();
        assert!(first.len() > 50, "{}", first.len());
        let mut backoff = Backoff::new(1);
        let late: std::collections::BTreeSet<_> = (0..100).map(|_| backoff.next()).collect();
        assert!(late.len() > 50, "{}", late.len());
        assert_ne!(seed(), seed());
    }
}
