// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
//! A ring in host memory, checked once when the host hands it over.

use ::mhi::{element, RingContext};

/// Elements that a ring may have at most: far more than any host sets up.
const ELEMENTS: u64 = 1 << 16;
const STEP: u64 = element::LEN as u64;

/// A ring.
///
/// # Invariants
///
/// `len` is a multiple of an element's and not 0; `base + len` does not overflow; `rp` and `wp` are the addresses of
/// elements.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ring {
    base: u64,
    len: u64,
    rp: u64,
    wp: u64,
}

impl Ring {
    /// Checks what the context says; `None` if it cannot be a ring.
    pub fn new(context: &RingContext) -> Option<Self> {
        let RingContext { base, len, rp, wp } = *context;
        if len == 0 || len % STEP != 0 || len > ELEMENTS * STEP || base % STEP != 0 {
            return None;
        }
        base.checked_add(len)?;
        // INVARIANT: length and end were checked above, the pointers below.
        let ring = Self { base, len, rp, wp };
        (ring.contains(rp) && ring.contains(wp)).then_some(ring)
    }

    /// Whether the address is that of an element.
    pub fn contains(&self, pointer: u64) -> bool {
        pointer >= self.base && pointer < self.end() && (pointer - self.base) % STEP == 0
    }

    /// The address behind the last element.
    pub fn end(&self) -> u64 {
        self.base + self.len
    }

    /// The address of the element after this one.
    pub fn after(&self, pointer: u64) -> u64 {
        match pointer.checked_add(STEP) {
            Some(next) if next < self.end() => next,
            _ => self.base,
        }
    }

    /// The device's pointer.
    pub fn rp(&self) -> u64 {
        self.rp
    }

    /// The host's pointer.
    pub fn wp(&self) -> u64 {
        self.wp
    }

    /// Whether the device has caught up with the host: no work in a transfer ring, no room in an event ring.
    pub fn is_spent(&self) -> bool {
        self.rp == self.wp
    }

    /// Moves the device's pointer on by one element.
    pub fn advance(&mut self) {
        // INVARIANT: `after` gives the address of an element.
        self.rp = self.after(self.rp);
    }

    /// Takes the host's pointer; whether it was the address of an element.
    pub fn set_wp(&mut self, wp: u64) -> bool {
        let valid = self.contains(wp);
        if valid {
            // INVARIANT: just checked.
            self.wp = wp;
        }
        valid
    }

    /// Elements between the pointers.
    pub fn level(&self) -> u64 {
        let distance = self.wp.wrapping_sub(self.rp);
        let distance = if self.wp >= self.rp {
            distance
        } else {
            distance.wrapping_add(self.len)
        };
        distance / STEP
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn context(base: u64, len: u64) -> RingContext {
        RingContext {
            base,
            len,
            rp: base,
            wp: base,
        }
    }

    #[test]
    fn impossible_rings_are_refused() {
        assert!(Ring::new(&context(0x1000, 0x100)).is_some());
        for (base, len) in [
            (0x1000, 0),
            (0x1000, 24),
            (0x1008, 0x100),
            (0x1000, 1 << 32),
            (u64::MAX - 15, 32),
        ] {
            assert_eq!(Ring::new(&context(base, len)), None, "{base:#x} {len:#x}");
        }
        for (rp, wp) in [(0xff0, 0x1000), (0x1000, 0x1100), (0x1008, 0x1000)] {
            let context = RingContext {
                rp,
                wp,
                ..context(0x1000, 0x100)
            };
            assert_eq!(Ring::new(&context), None);
        }
    }

    #[test]
    fn pointers_wrap_at_the_end() {
        let mut ring = Ring::new(&context(0x1000, 0x30)).expect("a ring of three");
        assert!(ring.set_wp(0x1020));
        assert_eq!(ring.level(), 2);
        ring.advance();
        ring.advance();
        assert!(ring.is_spent());
        ring.advance();
        assert_eq!((ring.rp(), ring.level()), (0x1000, 2));
        for wp in [0x1030, 0x1001, 0, u64::MAX] {
            assert!(!ring.set_wp(wp));
        }
    }
}
