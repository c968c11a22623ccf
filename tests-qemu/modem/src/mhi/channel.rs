// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
//! One channel: its transfer ring, the gathering of uplink descriptors into messages and the scattering of downlink
//! messages over buffers, doorbell and burst mode.

mod downlink;
mod uplink;

use std::time::{Duration, Instant};

use ::mhi::{context, element, ChannelContext, ChannelState, Completion, Element, Event, Transfer};

use super::event::EventRings;
use super::ring::Ring;
use crate::bus::Bus;
use crate::wake::Wake;

/// Transfers of one channel in one go, so that register accesses are not kept waiting.
const QUANTUM: usize = 64;
/// How long the ring of a burst mode channel is polled after its last transfer, before the host is asked for a doorbell.
const LINGER: Duration = Duration::from_millis(4);
/// First and longest pause between two polls.
const PAUSE: (Duration, Duration) = (Duration::from_micros(100), Duration::from_millis(1));

/// A channel that the host has started.
pub struct Channel {
    number: u8,
    context: u64,
    ring: Ring,
    event_ring: u32,
    burst: bool,
    /// What the context says.
    pub state: ChannelState,
    /// The host was asked to ring: nothing to look for until it does.
    asleep: bool,
    poll_until: Option<Instant>,
    poll_at: Option<Instant>,
    pause: Duration,
    gathered: Vec<u8>,
    spoiled: bool,
    scattered: Option<(Vec<u8>, usize)>,
    events: Vec<Element>,
}

impl Channel {
    /// Reads the context at `context` for a start command; `None` (and counted) if it is not usable.
    pub fn load(number: u8, context: u64, bus: &mut Bus) -> Option<Self> {
        let mut bytes = [0; context::LEN];
        let result = bus.memory.read(context, &mut bytes);
        bus.check(result, "bad_channel_context").ok()?;
        let fields = ChannelContext::parse(&bytes);
        let Some(ring) = Ring::new(&fields.ring) else {
            bus.stats.fault(
                "bad_transfer_ring",
                format_args!("channel {number}: {fields:x?}"),
            );
            return None;
        };
        log::debug!("channel {number}: {fields:x?}");
        let channel = Self {
            number,
            context,
            ring,
            event_ring: fields.event_ring,
            burst: fields.is_burst(),
            state: ChannelState::RUNNING,
            asleep: true,
            poll_until: None,
            poll_at: None,
            pause: PAUSE.0,
            gathered: Vec::new(),
            spoiled: false,
            scattered: None,
            events: Vec::new(),
        };
        let config = ChannelContext::config_with_state(fields.config, ChannelState::RUNNING);
        let result = bus.memory.store_word(context, config);
        bus.check(result, "bad_channel_context").ok()?;
        Some(channel)
    }

    /// The host rang: its write pointer is `wp`.
    pub fn ring(&mut self, wp: u64, bus: &mut Bus, now: Instant) {
        bus.stats.count(if self.number % 2 == 0 {
            "uplink_doorbells"
        } else {
            "downlink_doorbells"
        });
        if !self.ring.set_wp(wp) {
            bus.stats.fault(
                "bad_doorbell",
                format_args!("channel {}: {wp:#x}", self.number),
            );
            return;
        }
        self.asleep = false;
        self.linger(now);
    }

    /// Completes `count` descriptors from the host's write pointer on, which it has not queued.
    pub fn complete_unqueued(
        &mut self,
        count: u8,
        bus: &mut Bus,
        events: &mut EventRings,
        now: Instant,
    ) {
        self.refresh(bus);
        let mut pointer = self.ring.wp();
        for _ in 0..count {
            let event = Event::Transfer {
                channel: self.number,
                pointer,
                len: 64,
                code: Completion::EOT,
            };
            events.push(self.event_ring, event.emit(), false, bus, now);
            pointer = self.ring.after(pointer);
        }
    }

    /// After sleep the host rings whatever holds work.
    pub fn sleep(&mut self) {
        self.asleep = true;
        self.poll_at = None;
        self.poll_until = None;
    }

    /// A line for people.
    pub fn describe(&self) -> String {
        let mode = if self.burst { "burst" } else { "doorbell" };
        format!(
            "{}:{},{mode},{}",
            self.number,
            self.state.name(),
            self.ring.level()
        )
    }

    /// In burst mode the write pointer in memory counts.
    fn refresh(&mut self, bus: &mut Bus) {
        if !self.burst || self.asleep {
            return;
        }
        let wp = bus.memory.load_pointer(self.context + context::WP_OFFSET);
        if let Ok(wp) = bus.check(wp, "bad_channel_context") {
            if !self.ring.set_wp(wp) {
                bus.stats.fault(
                    "bad_transfer_wp",
                    format_args!("channel {}: {wp:#x}", self.number),
                );
            }
        }
    }

    fn linger(&mut self, now: Instant) {
        self.poll_until = Some(now + LINGER);
        self.poll_at = None;
        self.pause = PAUSE.0;
    }

    /// A ring is empty: look at it for a while in burst mode, then have the host ring.
    fn rest(
        &mut self,
        code: Completion,
        bus: &mut Bus,
        events: &mut EventRings,
        now: Instant,
    ) -> Wake {
        if self.asleep {
            return Wake::Idle;
        }
        if !self.burst {
            self.asleep = true;
            return Wake::Idle;
        }
        if self.poll_until.is_some_and(|until| now < until) {
            if self.poll_at.is_none_or(|at| at <= now) {
                self.poll_at = Some(now + self.pause);
                self.pause = (self.pause * 2).min(PAUSE.1);
            }
            return self.poll_at.into();
        }
        self.ask_for_doorbell(code, bus, events, now);
        Wake::Idle
    }

    /// ORDERING: the host, on this event, looks at its ring and rings if there is work, so nothing is missed.
    fn ask_for_doorbell(
        &mut self,
        code: Completion,
        bus: &mut Bus,
        events: &mut EventRings,
        now: Instant,
    ) {
        self.asleep = true;
        self.poll_at = None;
        bus.stats.count(if code == Completion::OOB {
            "out_of_buffers"
        } else {
            "doorbell_mode"
        });
        let event = Event::Transfer {
            channel: self.number,
            pointer: self.ring.rp(),
            len: 0,
            code,
        };
        events.push(self.event_ring, event.emit(), false, bus, now);
    }

    /// Fetches the next descriptor and moves on; one that is none is completed as such.
    fn next(&mut self, bus: &mut Bus, events: &mut EventRings, now: Instant) -> Option<Transfer> {
        let pointer = self.ring.rp();
        let mut bytes = [0; element::LEN];
        let result = bus.memory.read(pointer, &mut bytes);
        let element = bus
            .check(result, "bad_transfer_ring")
            .map(|()| Element::parse(&bytes));
        self.ring.advance();
        let transfer = element.ok().and_then(Transfer::parse);
        if transfer.is_none() {
            bus.stats.fault(
                "bad_descriptor",
                format_args!("channel {}: {element:x?}", self.number),
            );
            self.complete(
                pointer,
                &Transfer::default(),
                0,
                Completion::BAD_TRE,
                bus,
                events,
                now,
            );
        }
        transfer
    }

    #[expect(
        clippy::too_many_arguments,
        reason = "one event's fields and the way to send it"
    )]
    fn complete(
        &mut self,
        pointer: u64,
        transfer: &Transfer,
        len: u16,
        code: Completion,
        bus: &mut Bus,
        events: &mut EventRings,
        now: Instant,
    ) {
        let event = Event::Transfer {
            channel: self.number,
            pointer,
            len,
            code,
        };
        bus.faults
            .completion(self.number, event, &self.ring, &mut self.events);
        for event in &self.events {
            events.push(self.event_ring, *event, transfer.block_interrupt, bus, now);
        }
    }

    fn store_rp(&mut self, bus: &mut Bus) {
        let result = bus
            .memory
            .store_pointer(self.context + context::RP_OFFSET, self.ring.rp());
        let _ = bus.check(result, "bad_channel_context");
    }
}
