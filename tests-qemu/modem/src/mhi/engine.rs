// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
//! States and rings of the interface.
//!
//!     power-on, SOC reset, FLR -> RESET (boot) -> READY -> M0 <-> M1 -> M2, M0 <-> M3
//!     any state -> SYS_ERR;  MHICTRL.RESET: any state -> RESET -> READY

mod boot;
mod command;
mod dump;
mod states;

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use ::mhi::register::*;
use ::mhi::{bhi, ChannelState, Event, ExecutionEnvironment, State};

use super::channel::Channel;
use super::command::CommandRing;
use super::event::EventRings;
use super::registers::{Effect, Registers, BHI};
use crate::bus::Bus;
use crate::cli::Options;
use crate::device::MBIM;
use crate::glitch::Bell;
use crate::wake::Wake;

/// By which the host keeps the device from light sleep; it may let go of it in any state.
const WAKE: Bell = Bell::Channel(WAKE_DOORBELL);
/// The event ring that takes states, environments and command completions.
const PRIMARY: u32 = 0;

/// What the device around must do after a register write or after time has passed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Notice {
    /// The modem restarts: all ports and the data plane forget everything.
    Restart,
    /// The interface was reset: all channels are closed.
    Closed,
    /// One channel was started.
    Started(u8),
    /// One channel was stopped or reset.
    Stopped(u8),
}

/// How a crash is signalled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Signal {
    /// The boot interface's interrupt.
    Interrupt,
    /// A state-change event.
    Event,
    /// Both, which makes Linux recover twice.
    Both,
}

/// What brings a modem to its senses that has crashed for good, from the gentlest to the roughest.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Cure {
    /// A reset of its processors, by SOC_RESET.
    Soc,
    /// A reset of the PCI function.
    Function,
    /// A reset of the bus.
    Bus,
    /// Switching it off.
    Power,
}

/// How far a modem has come on its way up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Point {
    /// The host has asked for a reset of the interface.
    Reset,
    /// The interface is ready for the host.
    Ready,
    /// The host has asked for M0, and was told of it.
    M0,
    /// The host was told of mission mode.
    Mission,
    /// The host has started the first channel.
    Start,
    /// The host stops a channel, or has done with it.
    Stop,
    /// The host has asked for M3, and was told of it.
    M3,
    /// The host has asked for M0 after that, and was told of it.
    Awake,
}

/// What becomes of a dump that the host has given memory for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dump {
    /// It is written there.
    Given,
    /// The modem says that it failed.
    Refused,
    /// The modem says nothing.
    Kept,
}

/// What becomes of a start of channels with nobody behind them. Nobody knows which of these a real modem does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Absent {
    /// An error completes it.
    Refused,
    /// And a start of the other mode's, too.
    BothRefused,
    /// Nothing completes it.
    Ignored,
    /// They start, and stay silent.
    Silent,
}

/// The engine.
pub struct Engine {
    registers: Registers,
    state: State,
    environment: ExecutionEnvironment,
    boot: Boot,
    /// How many of the boot's environments are behind it.
    booted: usize,
    reset_delay: Duration,
    boot_at: Option<Instant>,
    reset_at: Option<Instant>,
    m1_after: Option<Duration>,
    active_at: Option<Instant>,
    awake: bool,
    download: bool,
    /// What becomes of dumps.
    pub dump: Dump,
    dump_at: Option<Instant>,
    /// It offers a dump and does nothing else until this has happened.
    numb: Option<Cure>,
    /// The host must hear that its rings are gone.
    orphaned: bool,
    /// The boot interface's interrupt is due.
    alarm: bool,
    /// It crashes once it has come so far.
    crash_at: Option<Point>,
    /// Told to leave READY, it stays there.
    hesitates: bool,
    /// It was told so and has stayed, with all that it was given.
    hesitating: bool,
    interrupt_every: Option<u32>,
    /// The uplink channel of the pair that the modem does not have.
    pub absent: u8,
    /// What becomes of its start.
    pub start_of_absent: Absent,
    commands: Option<CommandRing>,
    events: EventRings,
    channels: BTreeMap<u8, Channel>,
    notices: Vec<Notice>,
}

/// The way to mission mode.
pub struct Boot {
    /// What the modem goes through.
    pub environments: Vec<ExecutionEnvironment>,
    /// How long it stays in each.
    pub delay: Duration,
}

impl Engine {
    /// A modem that is switched on now.
    pub fn new(options: &Options, now: Instant) -> Self {
        let mut engine = Self {
            registers: Registers::new(),
            state: State::RESET,
            environment: ExecutionEnvironment::AMSS,
            boot: Boot {
                environments: options.boot_ee.clone(),
                delay: options.boot_delay,
            },
            booted: 0,
            reset_delay: options.reset_delay,
            boot_at: None,
            reset_at: None,
            m1_after: options.m1_after,
            active_at: None,
            awake: false,
            download: false,
            dump: Dump::Given,
            dump_at: None,
            numb: None,
            orphaned: false,
            alarm: false,
            crash_at: None,
            hesitates: false,
            hesitating: false,
            interrupt_every: options.interrupt_every,
            absent: MBIM,
            start_of_absent: Absent::Refused,
            commands: None,
            events: EventRings::default(),
            channels: BTreeMap::new(),
            notices: Vec::new(),
        };
        engine.power_on(now);
        engine
    }

    /// Reads a register.
    pub fn read(&self, offset: u32) -> u32 {
        self.registers.get(offset)
    }

    /// Writes a register.
    pub fn write(&mut self, offset: u32, value: u32, bus: &mut Bus, now: Instant) {
        let effect = self.registers.write(offset, value);
        let bell = match effect {
            Effect::Command(_) => Some(Bell::Command),
            Effect::Channel(number, _) => Some(Bell::Channel(number)),
            Effect::Event(_) => Some(Bell::Event),
            _ => None,
        };
        if bell.is_some_and(|bell| bus.faults.glitches.is_deaf(bell)) {
            bus.stats.count("deaf");
            return;
        }
        if self.state == State::M3 && bell.is_some_and(|bell| bell != WAKE) {
            // It sleeps, and its host knows: a ring that got work meanwhile is rung in M0.
            bus.stats
                .fault("doorbell_while_asleep", format_args!("{bell:?}"));
            return;
        }
        match effect {
            Effect::None => {}
            Effect::Reset => self.reset(bus, now),
            Effect::State(state) => self.request(state, bus, now),
            Effect::SocReset => self.soc_reset(now),
            Effect::Image => self.image(bus, now),
            Effect::Dump => self.offer_dump(now),
            Effect::Command(wp) => {
                self.leave_m2(bus, now);
                if let Some(commands) = &mut self.commands {
                    commands.ring(wp, bus);
                }
            }
            Effect::Channel(WAKE_DOORBELL, value) => {
                self.awake = value != 0;
                self.active_at = Some(now);
                if self.awake {
                    self.leave_m2(bus, now);
                }
            }
            Effect::Channel(EDL_DOORBELL, value) => self.download = value as u32 == EDL_COOKIE,
            Effect::Channel(number, wp) => {
                self.leave_m2(bus, now);
                self.active_at = Some(now);
                match self.channels.get_mut(&number) {
                    Some(channel) => channel.ring(wp, bus, now),
                    None => bus.stats.fault("doorbell_of_closed_channel", number),
                }
            }
            Effect::Event(_) => self.events.flush(bus, now),
        }
    }

    /// Sends an event on the primary ring: what the control socket asks for.
    pub fn send(&mut self, event: Event, bus: &mut Bus, now: Instant) {
        self.inject(PRIMARY, event.emit(), bus, now);
    }

    /// Puts an element, whatever it is, on an event ring.
    pub fn inject(&mut self, ring: u32, element: ::mhi::Element, bus: &mut Bus, now: Instant) {
        self.events.push(ring, element, false, bus, now);
    }

    /// Whether the host has set up that event ring.
    pub fn has_events(&self, ring: u32) -> bool {
        self.events.exists(ring)
    }

    /// Lets time pass: boot, reset, light sleep, and commands if the function may reach memory.
    pub fn service(&mut self, may_master: bool, bus: &mut Bus, now: Instant) -> Wake {
        if self.boot_at.is_some_and(|at| at <= now) {
            self.boot_at = None;
            if std::mem::take(&mut self.orphaned) {
                self.crash(ExecutionEnvironment::AMSS, Signal::Interrupt, bus, now);
            } else if !self.boots_on(now) {
                self.set_environment(ExecutionEnvironment::AMSS);
                self.set_state(State::READY);
                self.come_to(Point::Ready, bus, now);
            }
        }
        if self.reset_at.is_some_and(|at| at <= now) {
            self.reset_at = None;
            self.registers.set(MHICTRL, 0);
            if matches!(
                self.environment,
                ExecutionEnvironment::AMSS | ExecutionEnvironment::FP
            ) {
                self.set_state(State::READY);
                self.come_to(Point::Ready, bus, now);
            }
        }
        if self.dump_at.is_some_and(|at| at <= now) && may_master {
            self.dump_at = None;
            self.write_dump(bus);
        }
        let mut wake = Wake::from(self.boot_at).min(self.reset_at.into());
        wake = wake.min(self.dump_at.into());
        if self.is_running() && may_master {
            wake = wake.min(self.command(bus, now));
            self.events.flush(bus, now);
        }
        wake.min(self.drowse(bus, now))
    }

    /// Raises interrupts that are due.
    pub fn interrupt(&mut self, bus: &mut Bus, now: Instant) -> Wake {
        if std::mem::take(&mut self.alarm) {
            bus.raise(self.registers.get(BHI + bhi::INTVEC));
        }
        self.events.interrupt(bus, now)
    }

    /// Orders a crash for the next time that the modem has come so far, or none.
    pub fn crash_at(&mut self, point: Option<Point>) {
        self.crash_at = point;
    }

    /// Whether a crash that was ordered has yet to come.
    pub fn is_to_crash(&self) -> bool {
        self.crash_at.is_some()
    }

    /// Takes this way to mission mode from the next power-on.
    pub fn set_boot(&mut self, boot: Boot) {
        self.boot = boot;
    }

    /// Takes that much time for each reset from now on.
    pub fn set_reset_delay(&mut self, delay: Duration) {
        self.reset_delay = delay;
    }

    /// Writes a read pointer of the device's, whatever it is, into an event ring's context.
    pub fn point_events(&mut self, ring: u32, pointer: u64, bus: &mut Bus) {
        self.events.point(ring, pointer, bus);
    }

    /// Completes descriptors that the host has not queued.
    pub fn complete_unqueued(
        &mut self,
        number: u8,
        count: u8,
        bus: &mut Bus,
        now: Instant,
    ) -> bool {
        let Some((channel, events)) = self.channel(number) else {
            return false;
        };
        channel.complete_unqueued(count, bus, events, now);
        true
    }

    /// Whether the host must hear of a crash.
    pub fn is_alarmed(&self) -> bool {
        self.alarm
    }

    /// Whether rings are served.
    pub fn is_running(&self) -> bool {
        matches!(self.state, State::M0 | State::M1)
    }

    /// Whether the host has let the device sleep.
    pub fn is_suspended(&self) -> bool {
        matches!(self.state, State::M2 | State::M3)
    }

    /// A running channel and the event rings; `None` while it is not to be served.
    pub fn channel(&mut self, number: u8) -> Option<(&mut Channel, &mut EventRings)> {
        let channel = self.channels.get_mut(&number)?;
        (channel.state == ChannelState::RUNNING).then_some((channel, &mut self.events))
    }

    /// Notes that data moves.
    pub fn keep_awake(&mut self, now: Instant) {
        self.active_at = Some(now);
    }

    /// What the device around has to do; to be called after [`Self::write`] and [`Self::service`].
    pub fn notices(&mut self) -> Vec<Notice> {
        std::mem::take(&mut self.notices)
    }

    /// Lines for people.
    pub fn describe(&self) -> String {
        let channels: Vec<_> = self.channels.values().map(Channel::describe).collect();
        format!(
            "state={} ee={} vector={} channels={}",
            self.state.name(),
            self.environment.name(),
            self.registers.get(BHI + bhi::INTVEC),
            channels.join(";")
        )
    }

    fn set_state(&mut self, state: State) {
        if self.state != state {
            log::info!("{} -> {}", self.state.name(), state.name());
        }
        self.state = state;
        self.hesitating = false;
        self.registers.set_status(state);
    }

    fn set_environment(&mut self, environment: ExecutionEnvironment) {
        if self.environment != environment {
            log::info!("{} -> {}", self.environment.name(), environment.name());
        }
        self.environment = environment;
        self.registers.set_environment(environment);
    }

    /// Forgets rings and channels.
    fn close(&mut self) {
        self.commands = None;
        self.events = EventRings::default();
        self.channels.clear();
        self.active_at = None;
        self.awake = false;
        self.notices.push(Notice::Closed);
    }
}
