// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
//! Downlink: messages are scattered over buffers.

use std::time::Instant;

use ::mhi::Completion;

use super::{Channel, QUANTUM};
use crate::bus::Bus;
use crate::mhi::event::EventRings;
use crate::wake::Wake;

impl Channel {
    /// Fetches a message ahead while nothing may be sent; whether one waits.
    pub fn hold(&mut self, source: impl FnOnce() -> Option<Vec<u8>>) -> bool {
        if self.scattered.is_none() {
            self.scattered = source()
                .filter(|message| !message.is_empty())
                .map(|message| (message, 0));
        }
        self.scattered.is_some()
    }

    /// Moves messages from `source` into downlink buffers.
    pub fn downlink(
        &mut self,
        bus: &mut Bus,
        events: &mut EventRings,
        now: Instant,
        mut source: impl FnMut() -> Option<Vec<u8>>,
    ) -> Wake {
        let mut moved = 0;
        while moved < QUANTUM && events.has_room(self.event_ring) && self.hold(&mut source) {
            self.refresh(bus);
            if self.ring.is_spent() {
                break;
            }
            self.give(bus, events, now);
            moved += 1;
        }
        if moved > 0 {
            self.store_rp(bus);
            self.linger(now);
        }
        if moved == QUANTUM {
            return Wake::Now;
        }
        if self.scattered.is_none() || !events.has_room(self.event_ring) {
            // Nothing to send, or the event ring looks again by itself.
            return Wake::Idle;
        }
        self.rest(Completion::OOB, bus, events, now)
    }

    fn give(&mut self, bus: &mut Bus, events: &mut EventRings, now: Instant) {
        let pointer = self.ring.rp();
        let Some(transfer) = self.next(bus, events, now) else {
            return;
        };
        let Some((message, at)) = self.scattered.take() else {
            return;
        };
        let rest = &message[at..];
        let len = rest.len().min(transfer.len.into());
        // A buffer that cannot be written loses its part, as a posted write does.
        let _ = bus.write_data(transfer.address, &rest[..len]);
        let code = if len == rest.len() {
            Completion::EOT
        } else {
            Completion::OVERFLOW
        };
        log::trace!(
            "channel {}: {len} of {} bytes down",
            self.number,
            rest.len()
        );
        self.complete(pointer, &transfer, len as u16, code, bus, events, now);
        if code == Completion::EOT {
            bus.stats.count("downlink_transfers");
        } else {
            bus.stats.count("downlink_overflows");
            self.scattered = Some((message, at + len));
        }
    }
}
