// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
//! Uplink: descriptors are gathered into messages.

use std::time::Instant;

use ::mhi::Completion;

use super::{Channel, QUANTUM};
use crate::bus::Bus;
use crate::mhi::event::EventRings;
use crate::wake::Wake;

/// A message may have this many bytes, be it of one descriptor or of many.
const MESSAGE: usize = 256 * 1024;

impl Channel {
    /// Takes uplink transfers and gives each message to `sink`, which says whether it takes more now; when it does not, the
    /// caller knows when it does.
    pub fn uplink(
        &mut self,
        bus: &mut Bus,
        events: &mut EventRings,
        now: Instant,
        mut sink: impl FnMut(&[u8]) -> bool,
    ) -> Wake {
        if self.asleep {
            return Wake::Idle;
        }
        if self.poll_at.is_some_and(|at| at > now) {
            return self.poll_at.into();
        }
        let mut moved = 0;
        let mut more = true;
        while more && moved < QUANTUM && events.has_room(self.event_ring) {
            self.refresh(bus);
            if self.ring.is_spent() {
                break;
            }
            more = self.take(bus, events, now, &mut sink);
            moved += 1;
        }
        if moved > 0 {
            self.store_rp(bus);
            self.linger(now);
        }
        if !more {
            return Wake::Idle;
        }
        if moved == QUANTUM {
            return Wake::Now;
        }
        if !events.has_room(self.event_ring) {
            // The event ring looks again by itself.
            return Wake::Idle;
        }
        self.rest(Completion::DB_MODE, bus, events, now)
    }

    fn take(
        &mut self,
        bus: &mut Bus,
        events: &mut EventRings,
        now: Instant,
        sink: &mut impl FnMut(&[u8]) -> bool,
    ) -> bool {
        let pointer = self.ring.rp();
        let mut more = true;
        let Some(transfer) = self.next(bus, events, now) else {
            return more;
        };
        let start = self.gathered.len();
        let end = start + usize::from(transfer.len);
        if end > MESSAGE {
            bus.stats
                .fault("long_chain", format_args!("channel {}", self.number));
            self.spoiled = true;
        }
        if !self.spoiled {
            self.gathered.resize(end, 0);
            self.spoiled = bus
                .read_data(transfer.address, &mut self.gathered[start..])
                .is_err();
        }
        if !transfer.chain {
            if !self.spoiled && !self.gathered.is_empty() {
                log::trace!("channel {}: {} bytes up", self.number, self.gathered.len());
                more = sink(&self.gathered);
            }
            self.gathered.clear();
            self.spoiled = false;
            bus.stats.count("uplink_transfers");
        }
        if transfer.chain && transfer.end_of_block {
            self.complete(
                pointer,
                &transfer,
                transfer.len,
                Completion::EOB,
                bus,
                events,
                now,
            );
        } else if !transfer.chain && transfer.end_of_transfer {
            self.complete(
                pointer,
                &transfer,
                transfer.len,
                Completion::EOT,
                bus,
                events,
                now,
            );
        } else if !transfer.chain {
            // Nothing will tell the host that its buffer is free again.
            bus.stats.fault(
                "uplink_without_completion",
                format_args!("channel {}", self.number),
            );
        }
        more
    }
}
