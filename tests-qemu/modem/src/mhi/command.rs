// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
//! The command ring: fetches the host's commands.

use ::mhi::{context, element, Command, Element, RingContext};

use super::ring::Ring;
use crate::bus::Bus;

/// The command ring.
pub struct CommandRing {
    context: u64,
    ring: Ring,
}

impl CommandRing {
    /// Reads the context; `None` (and counted) if it is not usable.
    pub fn load(context: u64, bus: &mut Bus) -> Option<Self> {
        let mut bytes = [0; context::LEN];
        let result = bus.memory.read(context, &mut bytes);
        bus.check(result, "bad_command_context").ok()?;
        let fields = RingContext::parse(&bytes);
        let ring = Ring::new(&fields);
        if ring.is_none() {
            bus.stats
                .fault("bad_command_ring", format_args!("{fields:x?}"));
        }
        Some(Self {
            context,
            ring: ring?,
        })
    }

    /// The host rang: its write pointer is `wp`.
    pub fn ring(&mut self, wp: u64, bus: &mut Bus) {
        if !self.ring.set_wp(wp) {
            bus.stats
                .fault("bad_command_doorbell", format_args!("{wp:#x}"));
        }
    }

    /// The next command and the address of its element.
    pub fn next(&mut self, bus: &mut Bus) -> Option<(u64, Command)> {
        if self.ring.is_spent() {
            return None;
        }
        let pointer = self.ring.rp();
        let mut bytes = [0; element::LEN];
        let result = bus.memory.read(pointer, &mut bytes);
        bus.check(result, "bad_command_ring").ok()?;
        self.ring.advance();
        let result = bus
            .memory
            .store_pointer(self.context + context::RP_OFFSET, self.ring.rp());
        let _ = bus.check(result, "bad_command_context");
        Some((pointer, Command::parse(Element::parse(&bytes))))
    }
}
