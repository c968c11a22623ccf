// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
//! States and rings of the interface.
//!
//!     power-on, SOC reset, FLR -> RESET (boot) -> READY -> M0 <-> M1 -> M2, M0 <-> M3
//!     any state -> SYS_ERR;  MHICTRL.RESET: any state -> RESET -> READY

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use ::mhi::register::{self, *};
use ::mhi::{bhi, context, ChannelState, Command, Completion, Event, ExecutionEnvironment, State};

use super::channel::Channel;
use super::command::CommandRing;
use super::event::EventRings;
use super::registers::{Effect, Registers, BHI, CHANNELS, EVENT_RINGS};
use crate::bus::Bus;
use crate::cli::Options;
use crate::memory::Window;
use crate::wake::Wake;

/// The event ring that takes states, environments and command completions.
const PRIMARY: u32 = 0;
/// Commands in one go.
const COMMANDS: usize = 64;

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

/// The engine.
pub struct Engine {
    registers: Registers,
    state: State,
    environment: ExecutionEnvironment,
    boot: Boot,
    reset_delay: Duration,
    boot_at: Option<Instant>,
    reset_at: Option<Instant>,
    m1_after: Option<Duration>,
    active_at: Option<Instant>,
    awake: bool,
    download: bool,
    /// The host must hear that its rings are gone.
    orphaned: bool,
    interrupt_every: Option<u32>,
    commands: Option<CommandRing>,
    events: EventRings,
    channels: BTreeMap<u8, Channel>,
    notices: Vec<Notice>,
}

struct Boot {
    environment: ExecutionEnvironment,
    delay: Duration,
}

impl Engine {
    /// A modem that is switched on now.
    pub fn new(options: &Options, now: Instant) -> Self {
        let mut engine = Self {
            registers: Registers::new(),
            state: State::RESET,
            environment: ExecutionEnvironment::AMSS,
            boot: Boot {
                environment: options.boot_ee,
                delay: options.boot_delay,
            },
            reset_delay: options.reset_delay,
            boot_at: None,
            reset_at: None,
            m1_after: options.m1_after,
            active_at: None,
            awake: false,
            download: false,
            orphaned: false,
            interrupt_every: options.interrupt_every,
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
        match self.registers.write(offset, value) {
            Effect::None => {}
            Effect::Reset => self.reset(now),
            Effect::State(state) => self.request(state, bus, now),
            Effect::SocReset => self.soc_reset(now),
            Effect::Image => self.image(bus, now),
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

    /// Switches the modem on, or on again: through the boot environment to mission mode and READY, or, if the host has
    /// left the cookie, to emergency download.
    pub fn power_on(&mut self, now: Instant) {
        let download = std::mem::take(&mut self.download);
        self.close();
        self.notices.push(Notice::Restart);
        self.registers.reset();
        self.reset_at = None;
        self.boot_at = None;
        self.orphaned = false;
        self.set_state(State::RESET);
        if download {
            self.set_environment(ExecutionEnvironment::EDL);
        } else if self.boot.delay.is_zero() {
            self.set_environment(ExecutionEnvironment::AMSS);
            self.set_state(State::READY);
        } else {
            self.set_environment(self.boot.environment);
            self.boot_at = Some(now + self.boot.delay);
        }
    }

    /// The host restarts the whole modem. A host that was at work is told by a crash, as by a modem that fell over: its
    /// rings are gone.
    fn soc_reset(&mut self, now: Instant) {
        let at_work = self.is_running() || self.is_suspended();
        self.power_on(now);
        self.orphaned = at_work && self.environment != ExecutionEnvironment::EDL;
        if self.orphaned && self.boot_at.is_none() {
            self.boot_at = Some(now + self.reset_delay);
        }
    }

    /// The modem crashes.
    pub fn crash(&mut self, environment: ExecutionEnvironment, signal: Signal, bus: &mut Bus, now: Instant) {
        self.set_environment(environment);
        self.set_state(State::SYS_ERR);
        if signal != Signal::Interrupt {
            self.send(Event::State(State::SYS_ERR), bus, now);
        }
        if signal != Signal::Event {
            bus.interrupts.raise(self.registers.get(BHI + bhi::INTVEC));
        }
    }

    /// Sends an event on the primary ring: what the control socket asks for.
    pub fn send(&mut self, event: Event, bus: &mut Bus, now: Instant) {
        self.inject(PRIMARY, event.emit(), bus, now);
    }

    /// Puts an element, whatever it is, on an event ring.
    pub fn inject(&mut self, ring: u32, element: ::mhi::Element, bus: &mut Bus, now: Instant) {
        self.events.push(ring, element, false, bus, now);
        self.events.interrupt(bus, now);
    }

    /// Asks the host to let the device sleep lightly.
    pub fn doze(&mut self, bus: &mut Bus, now: Instant) {
        if self.state == State::M0 {
            self.set_state(State::M1);
            self.send(Event::State(State::M1), bus, now);
        }
    }

    /// Lets time pass: boot, reset, light sleep, commands.
    pub fn service(&mut self, bus: &mut Bus, now: Instant) -> Wake {
        if self.boot_at.is_some_and(|at| at <= now) {
            self.boot_at = None;
            if std::mem::take(&mut self.orphaned) {
                self.crash(ExecutionEnvironment::AMSS, Signal::Interrupt, bus, now);
            } else {
                self.set_environment(ExecutionEnvironment::AMSS);
                self.set_state(State::READY);
            }
        }
        if self.reset_at.is_some_and(|at| at <= now) {
            self.reset_at = None;
            self.registers.set(MHICTRL, 0);
            if matches!(self.environment, ExecutionEnvironment::AMSS | ExecutionEnvironment::FP) {
                self.set_state(State::READY);
            }
        }
        let mut wake = Wake::from(self.boot_at).min(self.reset_at.into());
        if self.is_running() {
            wake = wake.min(self.command(bus, now));
            self.events.flush(bus, now);
        }
        wake.min(self.drowse(bus, now))
    }

    /// Raises interrupts that are due.
    pub fn interrupt(&mut self, bus: &mut Bus, now: Instant) -> Wake {
        self.events.interrupt(bus, now)
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

    /// In M2 the device may come back by itself: it has something to say.
    pub fn leave_m2(&mut self, bus: &mut Bus, now: Instant) {
        if matches!(self.state, State::M1 | State::M2) {
            self.set_state(State::M0);
            self.active_at = Some(now);
            self.send(Event::State(State::M0), bus, now);
        }
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

    /// MHICTRL.RESET: the interface, not the modem. READY follows by [`Self::service`].
    fn reset(&mut self, now: Instant) {
        self.close();
        self.set_state(State::RESET);
        self.registers.set(BHI + bhi::INTVEC, 0);
        if self.environment == ExecutionEnvironment::RDDM {
            // The dump was not wanted, or is done: the modem starts anew.
            self.power_on(now);
            self.registers.set(MHICTRL, CTRL_RESET);
        }
        self.reset_at = Some(now + self.reset_delay);
    }

    /// MHICTRL: the host asks for a state.
    fn request(&mut self, wanted: State, bus: &mut Bus, now: Instant) {
        match (self.state, wanted) {
            (State::READY, State::M0) => {
                self.open(bus);
                self.set_state(State::M0);
                self.send(Event::State(State::M0), bus, now);
                self.send(Event::ExecutionEnvironment(self.environment), bus, now);
            }
            (State::M1 | State::M2 | State::M3, State::M0) => {
                self.set_state(State::M0);
                self.send(Event::State(State::M0), bus, now);
            }
            (State::M0 | State::M1, State::M2) => self.set_state(State::M2),
            (State::M0 | State::M1 | State::M2, State::M3) => {
                for channel in self.channels.values_mut() {
                    channel.sleep();
                }
                self.events.hurry();
                self.set_state(State::M3);
                self.send(Event::State(State::M3), bus, now);
            }
            (_, State::SYS_ERR) => {
                self.crash(ExecutionEnvironment::RDDM, Signal::Interrupt, bus, now);
            }
            (State::M0, State::M0) => {}
            (from, to) => {
                let (from, to) = (from.name(), to.name());
                bus.stats.fault("refused_transition", format_args!("{from} -> {to}"));
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

    fn command(&mut self, bus: &mut Bus, now: Instant) -> Wake {
        for _ in 0..COMMANDS {
            if !self.events.has_room(PRIMARY) {
                return Wake::Idle;
            }
            let Some((pointer, command)) = self.commands.as_mut().and_then(|commands| commands.next(bus)) else {
                return Wake::Idle;
            };
            let code = match self.obey(command, bus) {
                true => Completion::SUCCESS,
                false => Completion::UNDEFINED,
            };
            log::debug!("{command:?}: {code:?}");
            self.events.push(PRIMARY, Event::Command { pointer, code }.emit(), false, bus, now);
        }
        Wake::Now
    }

    fn obey(&mut self, command: Command, bus: &mut Bus) -> bool {
        bus.stats.count("commands");
        match command {
            Command::Noop => true,
            Command::Start(number) if number < CHANNELS => {
                let base = self.registers.pair(CCABAP_LOWER);
                let context = base.wrapping_add(u64::from(number) * context::LEN as u64);
                if let Some(channel) = self.channels.get_mut(&number).filter(|channel| channel.state == ChannelState::STOP) {
                    channel.state = ChannelState::RUNNING;
                    return true;
                }
                match Channel::load(number, context, bus) {
                    Some(channel) => {
                        self.channels.insert(number, channel);
                        self.notices.push(Notice::Started(number));
                        true
                    }
                    None => false,
                }
            }
            Command::Stop(number) => match self.channels.get_mut(&number) {
                Some(channel) => {
                    channel.state = ChannelState::STOP;
                    self.notices.push(Notice::Stopped(number));
                    true
                }
                None => false,
            },
            Command::Reset(number) if number < CHANNELS => {
                self.channels.remove(&number);
                self.notices.push(Notice::Stopped(number));
                true
            }
            command => {
                bus.stats.fault("bad_command", format_args!("{command:x?}"));
                false
            }
        }
    }

    /// BHI: takes an image. In emergency download the flash programmer runs after it.
    fn image(&mut self, bus: &mut Bus, now: Instant) {
        let address = self.registers.pair(BHI + bhi::IMGADDR_LOW);
        let len = self.registers.get(BHI + bhi::IMGSIZE);
        let loader = matches!(self.environment, ExecutionEnvironment::PBL | ExecutionEnvironment::EDL);
        let last = address.checked_add(u64::from(len.saturating_sub(1)));
        let readable = |address: u64| bus.memory.read(address, &mut [0]).is_ok();
        let taken = loader && len > 0 && readable(address) && last.is_some_and(readable);
        log::info!("image of {len} bytes: {}", if taken { "taken" } else { "refused" });
        let status = if taken { bhi::STATUS_SUCCESS } else { bhi::STATUS_ERROR };
        self.registers.set(BHI + bhi::STATUS, status);
        if taken && self.environment == ExecutionEnvironment::EDL {
            self.set_environment(ExecutionEnvironment::FP);
            self.reset_at = Some(now + self.reset_delay);
        }
    }

    /// Light sleep after idle time.
    fn drowse(&mut self, bus: &mut Bus, now: Instant) -> Wake {
        let (Some(after), Some(active), State::M0, false) = (self.m1_after, self.active_at, self.state, self.awake) else {
            return Wake::Idle;
        };
        if active + after > now {
            return Wake::At(active + after);
        }
        self.doze(bus, now);
        Wake::Idle
    }
}
