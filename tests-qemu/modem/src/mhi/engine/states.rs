// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
//! States that the host asks for, and light sleep.

use std::time::Instant;

use ::mhi::register::{
    self, CRCBAP_LOWER, ECABAP_LOWER, MHICFG, MHIDATABASE_LOWER, MHIDATALIMIT_LOWER,
};
use ::mhi::{Event, ExecutionEnvironment, State};

use super::{Engine, Point, Signal};
use crate::bus::Bus;
use crate::memory::Window;
use crate::mhi::command::CommandRing;
use crate::mhi::event::EventRings;
use crate::mhi::registers::EVENT_RINGS;
use crate::wake::Wake;

impl Engine {
    /// Asks the host to let the device sleep lightly, if it is in M0.
    pub fn doze(&mut self, bus: &mut Bus, now: Instant) -> bool {
        let dozes = self.state == State::M0;
        if dozes {
            self.set_state(State::M1);
            self.send(Event::State(State::M1), bus, now);
        }
        dozes
    }

    /// In M2 the device may come back by itself: it has something to say.
    pub fn leave_m2(&mut self, bus: &mut Bus, now: Instant) {
        if matches!(self.state, State::M1 | State::M2) {
            self.set_state(State::M0);
            self.active_at = Some(now);
            self.send(Event::State(State::M0), bus, now);
        }
    }

    /// From now on it stays in READY, whatever it is told; or no longer, and does what it was told last, unless a reset has taken that back.
    pub fn hesitate(&mut self, hesitates: bool, bus: &mut Bus, now: Instant) {
        self.hesitates = hesitates;
        if !hesitates && std::mem::take(&mut self.hesitating) {
            self.request(State::M0, bus, now);
        }
    }

    /// MHICTRL: the host asks for a state.
    pub(super) fn request(&mut self, wanted: State, bus: &mut Bus, now: Instant) {
        match (self.state, wanted) {
            (State::READY, State::M0) if self.hesitates => {
                bus.stats.count("hesitated");
                self.hesitating = true;
            }
            (State::READY, State::M0) => {
                bus.stats.count("starts");
                self.open(bus);
                self.set_state(State::M0);
                self.send(Event::State(State::M0), bus, now);
                if !self.come_to(Point::M0, bus, now) {
                    self.send(Event::ExecutionEnvironment(self.environment), bus, now);
                    self.come_to(Point::Mission, bus, now);
                }
            }
            (from @ (State::M1 | State::M2 | State::M3), State::M0) => {
                self.set_state(State::M0);
                self.send(Event::State(State::M0), bus, now);
                if from == State::M3 {
                    self.come_to(Point::Awake, bus, now);
                }
            }
            (State::M0 | State::M1, State::M2) => self.set_state(State::M2),
            (State::M0 | State::M1 | State::M2, State::M3) => {
                for channel in self.channels.values_mut() {
                    channel.sleep();
                }
                self.events.hurry();
                self.set_state(State::M3);
                bus.stats.count("m3");
                self.send(Event::State(State::M3), bus, now);
                self.come_to(Point::M3, bus, now);
            }
            (_, State::SYS_ERR) => {
                self.crash(ExecutionEnvironment::RDDM, Signal::Interrupt, bus, now);
            }
            (State::M0, State::M0) => {}
            (from, to) => {
                let (from, to) = (from.name(), to.name());
                bus.stats
                    .fault("refused_transition", format_args!("{from} -> {to}"));
            }
        }
        self.active_at = Some(now);
    }

    /// READY to M0: the host has set up its rings.
    fn open(&mut self, bus: &mut Bus) {
        bus.data_window = Window {
            base: self.registers.pair(MHIDATABASE_LOWER),
            limit: self.registers.pair(MHIDATALIMIT_LOWER),
        };
        let count = register::Config::parse(self.registers.get(MHICFG)).event_rings;
        let count = count.min(EVENT_RINGS);
        let every = self.interrupt_every;
        self.events = EventRings::load(self.registers.pair(ECABAP_LOWER), count, every, bus);
        self.commands = CommandRing::load(self.registers.pair(CRCBAP_LOWER), bus);
    }

    /// Light sleep after idle time.
    pub(super) fn drowse(&mut self, bus: &mut Bus, now: Instant) -> Wake {
        let (Some(after), Some(active), State::M0, false) =
            (self.m1_after, self.active_at, self.state, self.awake)
        else {
            return Wake::Idle;
        };
        if active + after > now {
            return Wake::At(active + after);
        }
        self.doze(bus, now);
        Wake::Idle
    }
}
