// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
//! Event rings: the device writes, the host reads. Events wait here while a ring is full; interrupts wait for the
//! moderation that the ring asks for.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use ::mhi::{context, Element, EventContext};

use super::ring::Ring;
use crate::bus::Bus;
use crate::wake::Wake;

/// How often a full ring is looked at: a host in burst mode makes room without ringing.
const RETRY: Duration = Duration::from_millis(1);
/// Interrupt at the latest when counting events (`--interrupt-every`).
const COUNTED: Duration = Duration::from_millis(100);
/// Events that may wait for room: transfers stop at the first, commands and states are few.
const WAITING: usize = 4096;

/// The event rings that the host has set up.
#[derive(Default)]
pub struct EventRings(Vec<Option<EventRing>>);

struct EventRing {
    index: usize,
    context: u64,
    ring: Ring,
    vector: u32,
    moderation: Duration,
    every: u32,
    waiting: VecDeque<Element>,
    counted: u32,
    raise: bool,
    /// What waits was held back.
    late: bool,
    raise_at: Option<Instant>,
    retry_at: Option<Instant>,
}

impl EventRings {
    /// Reads `count` contexts from `base`. `every` is the number of events per interrupt if not by timer.
    pub fn load(base: u64, count: u8, every: Option<u32>, bus: &mut Bus) -> Self {
        let rings = (0..usize::from(count)).map(|index| {
            let context = base.checked_add((index * context::LEN) as u64)?;
            let mut bytes = [0; context::LEN];
            let result = bus.memory.read(context, &mut bytes);
            bus.check(result, "bad_event_context").ok()?;
            let fields = EventContext::parse(&bytes);
            let Some(ring) = Ring::new(&fields.ring) else {
                bus.stats
                    .fault("bad_event_ring", format_args!("{index}: {fields:x?}"));
                return None;
            };
            log::debug!(
                "event ring {index}: {} ms, vector {}, {:x?}",
                fields.moderation_ms,
                fields.vector,
                fields.ring
            );
            Some(EventRing {
                index,
                context,
                ring,
                vector: fields.vector,
                moderation: Duration::from_millis(fields.moderation_ms.into()),
                every: every.unwrap_or(fields.moderation_count.into()),
                waiting: VecDeque::new(),
                counted: 0,
                raise: false,
                late: false,
                raise_at: None,
                retry_at: None,
            })
        });
        Self(rings.collect())
    }

    /// Whether the ring takes more without making events wait. A ring that does not exist swallows them.
    pub fn has_room(&self, index: u32) -> bool {
        self.ring(index).is_none_or(|ring| ring.waiting.is_empty())
    }

    /// Whether the host has set it up.
    pub fn exists(&self, index: u32) -> bool {
        self.ring(index).is_some()
    }

    /// Sends an event. `block_interrupt` lets it wait for the ring's moderation.
    pub fn push(
        &mut self,
        index: u32,
        event: Element,
        block_interrupt: bool,
        bus: &mut Bus,
        now: Instant,
    ) {
        let Some(Some(ring)) = self.0.get_mut(index as usize) else {
            bus.stats
                .fault("no_event_ring", format_args!("{index} for {event:x?}"));
            return;
        };
        if ring.waiting.len() >= WAITING {
            bus.stats.fault(
                "event_ring_stuck",
                format_args!("{index}: an event is lost"),
            );
            return;
        }
        log::trace!("event ring {index}: {:?}", ::mhi::Event::parse(event));
        let copies = bus.faults.glitches.copies(event);
        match copies {
            0 => bus.stats.count("lose-event"),
            1 => {}
            _ => bus.stats.count("duplicate-event"),
        }
        for _ in 0..copies {
            ring.waiting.push_back(event);
            ring.moderate(block_interrupt, now);
        }
        ring.flush(bus, now);
    }

    /// Writes what waits, now that there may be room.
    pub fn flush(&mut self, bus: &mut Bus, now: Instant) {
        for ring in self
            .0
            .iter_mut()
            .flatten()
            .filter(|ring| !ring.waiting.is_empty())
        {
            ring.flush(bus, now);
        }
    }

    /// Says in a ring's context that the device has come to `pointer`, until the next event says the truth.
    pub fn point(&mut self, index: u32, pointer: u64, bus: &mut Bus) {
        if let Some(Some(ring)) = self.0.get_mut(index as usize) {
            let at = ring.context + context::RP_OFFSET;
            let result = bus.memory.store_pointer(at, pointer);
            let _ = bus.check(result, "bad_event_context");
            ring.raise = true;
        }
    }

    /// Raises the interrupts that are due; when the next one is.
    pub fn interrupt(&mut self, bus: &mut Bus, now: Instant) -> Wake {
        let mut wake = Wake::Idle;
        for ring in self.0.iter_mut().flatten() {
            if ring.raise || ring.raise_at.is_some_and(|at| at <= now) {
                ring.raise = false;
                ring.raise_at = None;
                ring.counted = 0;
                bus.raise(ring.vector);
            }
            wake = wake.min(ring.raise_at.into()).min(ring.retry_at.into());
        }
        wake
    }

    /// Lets no interrupt wait any longer: the device is about to sleep.
    pub fn hurry(&mut self) {
        for ring in self.0.iter_mut().flatten() {
            ring.raise |= ring.raise_at.is_some();
        }
    }

    fn ring(&self, index: u32) -> Option<&EventRing> {
        self.0.get(index as usize)?.as_ref()
    }
}

impl EventRing {
    fn moderate(&mut self, block_interrupt: bool, now: Instant) {
        if !block_interrupt || self.moderation.is_zero() {
            self.raise = true;
        } else if self.every > 0 {
            self.counted += 1;
            self.raise |= self.counted >= self.every;
            self.raise_at.get_or_insert(now + COUNTED);
        } else {
            self.raise_at.get_or_insert(now + self.moderation);
        }
    }

    fn flush(&mut self, bus: &mut Bus, now: Instant) {
        self.retry_at = bus.faults.glitches.held(self.index, now);
        if self.retry_at.is_some() {
            bus.stats.add("hold-events", u64::from(!self.late));
            self.late = true;
            return;
        }
        let wp = bus.memory.load_pointer(self.context + context::WP_OFFSET);
        match bus.check(wp, "bad_event_context") {
            Ok(wp) if self.ring.set_wp(wp) => {}
            Ok(wp) => bus
                .stats
                .fault("bad_event_wp", format_args!("ring {}: {wp:#x}", self.index)),
            Err(_) => {}
        }
        let mut moved = false;
        while let Some(event) = self.waiting.front() {
            if self.ring.is_spent() {
                bus.stats.count("event_ring_full");
                self.retry_at = Some(now + RETRY);
                break;
            }
            let result = bus.memory.write(self.ring.rp(), &event.emit());
            // An event that cannot be written is lost; the ring goes on, as a posted write does.
            let _ = bus.check(result, "bad_event_ring");
            self.waiting.pop_front();
            self.ring.advance();
            moved = true;
        }
        self.raise |= std::mem::take(&mut self.late);
        if moved {
            bus.stats.count("event_batches");
            let result = bus
                .memory
                .store_pointer(self.context + context::RP_OFFSET, self.ring.rp());
            let _ = bus.check(result, "bad_event_context");
        }
    }
}
