// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
//! The mock's side of the rings.

use ::mhi::{ChannelContext, Element};

use super::*;
use crate::mhi::registers::{CHDB, ERDB};

impl Host {
    /// Sets up a channel and has the device start it.
    pub fn open(&mut self, channel: u8, event_ring: u32, burst: bool, elements: u64) {
        self.offer(channel, event_ring, burst, elements);
        assert_eq!(
            self.command(Command::Start(channel)),
            1,
            "start of channel {channel}"
        );
    }

    /// Sets up a channel.
    pub fn offer(&mut self, channel: u8, event_ring: u32, burst: bool, elements: u64) {
        let base = TRANSFER_RINGS + u64::from(channel) * 0x1000;
        let fields = ChannelContext {
            config: if burst { 0x301 } else { 0x201 },
            kind: if channel % 2 == 0 { 1 } else { 2 },
            event_ring,
            ring: RingContext {
                base,
                len: elements * STEP,
                rp: base,
                wp: base,
            },
        };
        let mut bytes = [0; context::LEN];
        fields.emit(&mut bytes);
        self.put(CHANNELS + u64::from(channel) * context::LEN as u64, &bytes);
        self.rings.insert(channel, (base, elements * STEP));
    }

    /// Gives a command and returns its completion code.
    pub fn command(&mut self, command: Command) -> u8 {
        let pointer = self.command_wp;
        match self.give(command).as_slice() {
            [Event::Command {
                pointer: found,
                code,
            }] if *found == pointer => code.0,
            events => panic!("{command:?} gave {events:?}"),
        }
    }

    /// Gives a command and returns the events that follow.
    pub fn give(&mut self, command: Command) -> Vec<Event> {
        let pointer = self.command_wp;
        self.put(pointer, &command.emit().emit());
        self.command_wp = next(pointer, COMMAND_RING, COMMAND_ELEMENTS * STEP);
        self.write64(CRDB_LOWER, self.command_wp);
        self.run(Duration::from_millis(1));
        self.events(0)
    }

    /// Puts a descriptor in the channel's ring and moves the write pointer in memory; the descriptor's address.
    pub fn queue(&mut self, channel: u8, transfer: Transfer) -> u64 {
        self.queue_element(channel, transfer.emit())
    }

    /// The same with any element.
    pub fn queue_element(&mut self, channel: u8, element: Element) -> u64 {
        let (base, len) = self.rings[&channel];
        let at = self.wp_address(channel);
        let pointer = self.pointer(at);
        self.put(pointer, &element.emit());
        self.put(at, &next(pointer, base, len).to_le_bytes());
        pointer
    }

    /// Rings the channel's doorbell.
    pub fn ring(&mut self, channel: u8) {
        let wp = self.pointer(self.wp_address(channel));
        self.write64(CHDB + 8 * u32::from(channel), wp);
    }

    /// Where the channel's write pointer lies.
    pub fn wp_address(&self, channel: u8) -> u64 {
        CHANNELS + u64::from(channel) * context::LEN as u64 + context::WP_OFFSET
    }

    /// Takes the events of a ring, makes room and, unless the device sleeps, rings its doorbell.
    pub fn events(&mut self, ring: u32) -> Vec<Event> {
        let context = EVENTS + u64::from(ring) * context::LEN as u64;
        let base = EVENT_RINGS + u64::from(ring) * 0x1000;
        let len = EVENT_ELEMENTS * STEP;
        let rp = self.pointer(context + context::RP_OFFSET);
        assert!(
            rp >= base && rp < base + len,
            "event ring {ring}: rp {rp:#x}"
        );
        let mut events = Vec::new();
        let mut mine = self.event_rp[&ring];
        while mine != rp {
            let mut bytes = [0; element::LEN];
            self.get(mine, &mut bytes);
            events.push(Event::parse(Element::parse(&bytes)));
            mine = next(mine, base, len);
        }
        self.event_rp.insert(ring, mine);
        let free = if mine == base {
            base + len - STEP
        } else {
            mine - STEP
        };
        self.put(context + context::WP_OFFSET, &free.to_le_bytes());
        if self.state() != State::M3 {
            self.write64(ERDB + 8 * ring, free);
        }
        events
    }
}
