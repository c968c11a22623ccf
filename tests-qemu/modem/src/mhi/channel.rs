// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
//! One channel: its transfer ring, the gathering of uplink descriptors into messages and the scattering of downlink
//! messages over buffers, doorbell and burst mode.

use std::time::{Duration, Instant};

use ::mhi::{context, element, ChannelContext, ChannelState, Completion, Element, Event, Transfer};

use super::event::EventRings;
use super::ring::Ring;
use crate::bus::Bus;
use crate::wake::Wake;

/// Transfers of one channel in one go, so that register accesses are not kept waiting.
const QUANTUM: usize = 64;
/// An uplink message may have this many bytes, be it of one descriptor or of many.
const MESSAGE: usize = 256 * 1024;
/// How long a burst mode uplink is polled after its last transfer, before the host is asked for a doorbell.
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
            bus.stats.fault("bad_transfer_ring", format_args!("channel {number}: {fields:x?}"));
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
        bus.stats.count("channel_doorbells");
        if !self.ring.set_wp(wp) {
            bus.stats.fault("bad_doorbell", format_args!("channel {}: {wp:#x}", self.number));
            return;
        }
        self.asleep = false;
        self.linger(now);
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
        format!("{}:{},{mode},{}", self.number, self.state.name(), self.ring.level())
    }

    /// Fetches a message ahead while nothing may be sent; whether one waits.
    pub fn hold(&mut self, source: impl FnOnce() -> Option<Vec<u8>>) -> bool {
        if self.scattered.is_none() {
            self.scattered = source().filter(|message| !message.is_empty()).map(|message| (message, 0));
        }
        self.scattered.is_some()
    }

    /// Takes uplink transfers and gives each message to `sink`.
    pub fn uplink(
        &mut self,
        bus: &mut Bus,
        events: &mut EventRings,
        now: Instant,
        mut sink: impl FnMut(&[u8]),
    ) -> Wake {
        if self.asleep {
            return Wake::Idle;
        }
        if self.poll_at.is_some_and(|at| at > now) {
            return self.poll_at.into();
        }
        let mut moved = 0;
        while moved < QUANTUM && events.has_room(self.event_ring) {
            self.refresh(bus);
            if self.ring.is_spent() {
                break;
            }
            self.take(bus, events, now, &mut sink);
            moved += 1;
        }
        if moved > 0 {
            self.store_rp(bus);
            self.linger(now);
        }
        if moved == QUANTUM {
            return Wake::Now;
        }
        if !events.has_room(self.event_ring) {
            // The event ring looks again by itself.
            return Wake::Idle;
        }
        self.rest(bus, events, now)
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
        while moved < QUANTUM && events.has_room(self.event_ring) {
            if self.scattered.is_none() {
                self.scattered = source().filter(|message| !message.is_empty()).map(|message| (message, 0));
            }
            let Some((message, at)) = self.scattered.take() else {
                break;
            };
            self.refresh(bus);
            if self.ring.is_spent() {
                self.scattered = Some((message, at));
                if self.burst && !self.asleep {
                    self.ask_for_doorbell(Completion::OOB, bus, events, now);
                }
                break;
            }
            self.give(message, at, bus, events, now);
            moved += 1;
        }
        if moved > 0 {
            self.store_rp(bus);
        }
        if moved == QUANTUM {
            Wake::Now
        } else {
            Wake::Idle
        }
    }

    /// In burst mode the write pointer in memory counts.
    fn refresh(&mut self, bus: &mut Bus) {
        if !self.burst || self.asleep {
            return;
        }
        let wp = bus.memory.load_pointer(self.context + context::WP_OFFSET);
        if let Ok(wp) = bus.check(wp, "bad_channel_context") {
            if !self.ring.set_wp(wp) {
                bus.stats.fault("bad_transfer_wp", format_args!("channel {}: {wp:#x}", self.number));
            }
        }
    }

    fn linger(&mut self, now: Instant) {
        self.poll_until = Some(now + LINGER);
        self.poll_at = None;
        self.pause = PAUSE.0;
    }

    /// An uplink ring is empty: poll it for a while in burst mode, then have the host ring.
    fn rest(&mut self, bus: &mut Bus, events: &mut EventRings, now: Instant) -> Wake {
        if !self.burst {
            self.asleep = true;
            return Wake::Idle;
        }
        if self.poll_until.is_some_and(|until| now < until) {
            self.poll_at = Some(now + self.pause);
            self.pause = (self.pause * 2).min(PAUSE.1);
            return self.poll_at.into();
        }
        self.ask_for_doorbell(Completion::DB_MODE, bus, events, now);
        Wake::Idle
    }

    /// ORDERING: the host, on this event, looks at its ring and rings if there is work, so nothing is missed.
    fn ask_for_doorbell(&mut self, code: Completion, bus: &mut Bus, events: &mut EventRings, now: Instant) {
        self.asleep = true;
        self.poll_at = None;
        bus.stats.count(if code == Completion::OOB { "out_of_buffers" } else { "doorbell_mode" });
        let event = Event::Transfer {
            channel: self.number,
            pointer: self.ring.rp(),
            len: 0,
            code,
        };
        events.push(self.event_ring, event.emit(), false, bus, now);
    }

    fn take(&mut self, bus: &mut Bus, events: &mut EventRings, now: Instant, sink: &mut impl FnMut(&[u8])) {
        let pointer = self.ring.rp();
        let Some(transfer) = self.next(bus, events, now) else {
            return;
        };
        let start = self.gathered.len();
        let end = start + usize::from(transfer.len);
        if end > MESSAGE {
            bus.stats.fault("long_chain", format_args!("channel {}", self.number));
            self.spoiled = true;
        }
        if !self.spoiled {
            self.gathered.resize(end, 0);
            self.spoiled = bus.read_data(transfer.address, &mut self.gathered[start..]).is_err();
        }
        if !transfer.chain {
            if !self.spoiled && !self.gathered.is_empty() {
                log::trace!("channel {}: {} bytes up", self.number, self.gathered.len());
                sink(&self.gathered);
            }
            self.gathered.clear();
            self.spoiled = false;
            bus.stats.count("uplink_transfers");
        }
        if transfer.chain && transfer.end_of_block {
            self.complete(pointer, &transfer, transfer.len, Completion::EOB, bus, events, now);
        } else if !transfer.chain && transfer.end_of_transfer {
            self.complete(pointer, &transfer, transfer.len, Completion::EOT, bus, events, now);
        } else if !transfer.chain {
            bus.stats.count("uplink_without_completion");
        }
    }

    fn give(&mut self, message: Vec<u8>, at: usize, bus: &mut Bus, events: &mut EventRings, now: Instant) {
        let pointer = self.ring.rp();
        let Some(transfer) = self.next(bus, events, now) else {
            self.scattered = Some((message, at));
            return;
        };
        let rest = &message[at..];
        let len = rest.len().min(transfer.len.into());
        // A buffer that cannot be written loses its part, as a posted write does.
        let _ = bus.write_data(transfer.address, &rest[..len]);
        let code = if len == rest.len() { Completion::EOT } else { Completion::OVERFLOW };
        log::trace!("channel {}: {len} of {} bytes down", self.number, rest.len());
        self.complete(pointer, &transfer, len as u16, code, bus, events, now);
        if code == Completion::EOT {
            bus.stats.count("downlink_transfers");
        } else {
            bus.stats.count("downlink_overflows");
            self.scattered = Some((message, at + len));
        }
    }

    /// Fetches the next descriptor and moves on; one that is none is completed as such.
    fn next(&mut self, bus: &mut Bus, events: &mut EventRings, now: Instant) -> Option<Transfer> {
        let pointer = self.ring.rp();
        let mut bytes = [0; element::LEN];
        let result = bus.memory.read(pointer, &mut bytes);
        let element = bus.check(result, "bad_transfer_ring").map(|()| Element::parse(&bytes));
        self.ring.advance();
        let transfer = element.ok().and_then(Transfer::parse);
        if transfer.is_none() {
            bus.stats.fault("bad_descriptor", format_args!("channel {}: {element:x?}", self.number));
            self.complete(pointer, &Transfer::default(), 0, Completion::BAD_TRE, bus, events, now);
        }
        transfer
    }

    #[expect(clippy::too_many_arguments, reason = "one event's fields and the way to send it")]
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
        bus.faults.completion(self.number, event, &self.ring, &mut self.events);
        for event in &self.events {
            events.push(self.event_ring, *event, transfer.block_interrupt, bus, now);
        }
    }

    fn store_rp(&mut self, bus: &mut Bus) {
        let result = bus.memory.store_pointer(self.context + context::RP_OFFSET, self.ring.rp());
        let _ = bus.check(result, "bad_channel_context");
    }
}
