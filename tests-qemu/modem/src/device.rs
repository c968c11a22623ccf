// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
//! The whole function under one lock: configuration space, registers, rings and what speaks behind the channels. The
//! transport thread brings accesses, the control threads requests, the worker time.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use ::mhi::ExecutionEnvironment;

use crate::bus::Bus;
use crate::cli::Options;
use crate::fault::Faults;
use crate::interrupts::Interrupts;
use crate::ip_ctrl::Signals;
use crate::memory::{Memory, Window};
use crate::mhi::engine::{Engine, Notice, Signal};
use crate::pci::{self, Config};
use crate::port::{Data, Port};
use crate::session::Modem;
use crate::stats::Stats;
use crate::wake::Wake;

/// Uplink channel of the data plane; the downlink is one above.
pub const DATA: u8 = 100;

/// From the request to restart to the crash by which the host notices: time for the answer to get out.
const RESTART: Duration = Duration::from_millis(200);

/// What speaks behind the channels.
pub struct Endpoints {
    /// Ports by uplink channel, an even number; the downlink is one above.
    pub ports: BTreeMap<u8, Box<dyn Port>>,
    /// The data plane.
    pub data: Box<dyn Data>,
    /// DTR and RTS.
    pub signals: Signals,
    /// What the ports and the data plane share. Nobody holds its lock while calling the device.
    pub modem: Arc<Mutex<Modem>>,
}

/// The function.
pub struct Device {
    /// Configuration space.
    pub config: Config,
    /// The way to the host.
    pub bus: Bus,
    /// The MHI engine.
    pub engine: Engine,
    /// What speaks behind the channels.
    pub endpoints: Endpoints,
    /// Whether the modem has stopped doing anything but answer register accesses.
    pub stalled: bool,
    /// Whether the link is down: every read gives ones.
    pub dropped: bool,
    restart_at: Option<Instant>,
    markers: [u32; 16],
}

impl Device {
    /// A modem that is switched on now.
    pub fn new(options: &Options, endpoints: Endpoints, now: Instant) -> Self {
        Self {
            config: Config::new(options),
            bus: Bus {
                memory: Memory::default(),
                interrupts: Interrupts::new(options.msi),
                stats: Stats::default(),
                faults: Faults::default(),
                data_window: Window {
                    base: 0,
                    limit: u64::MAX,
                },
            },
            engine: Engine::new(options, now),
            endpoints,
            stalled: false,
            dropped: false,
            restart_at: None,
            markers: [0; 16],
        }
    }

    /// Reads from configuration space.
    pub fn read_config(&self, offset: u64, data: &mut [u8]) {
        match self.dropped {
            true => data.fill(0xff),
            false => self.config.read(offset, data),
        }
    }

    /// Writes to configuration space.
    pub fn write_config(&mut self, offset: u64, data: &[u8], now: Instant) {
        if self.dropped {
            return;
        }
        let before = self.config.power_state();
        match self.config.write(offset, data) {
            pci::Effect::Reset => {
                log::info!("function level reset");
                self.reset(now);
            }
            pci::Effect::Power if self.config.power_state() != before => {
                log::info!("D{before} -> D{}", self.config.power_state());
            }
            _ => {}
        }
    }

    /// Reads a register of BAR 0, in pieces of a word.
    pub fn read_registers(&mut self, offset: u64, data: &mut [u8]) {
        let reachable = !self.dropped && self.config.power_state() == 0;
        for (piece, bytes) in data.chunks_mut(4).enumerate() {
            let at = u32::try_from(offset).unwrap_or(u32::MAX).saturating_add(4 * piece as u32);
            let value = if reachable { self.engine.read(at) } else { u32::MAX };
            log::trace!("read {at:#05x}: {value:#x}");
            let value = value.to_le_bytes();
            let skip = (offset % 4) as usize;
            for (byte, value) in bytes.iter_mut().zip(value.iter().skip(skip)) {
                *byte = *value;
            }
        }
    }

    /// Writes registers of BAR 0. A 64-bit write arrives with the high word first, as doorbells want it.
    pub fn write_registers(&mut self, offset: u64, data: &[u8], now: Instant) {
        if self.dropped || self.config.power_state() != 0 {
            self.bus.stats.fault("write_while_away", format_args!("{offset:#x}"));
            return;
        }
        if offset % 4 != 0 || data.len() % 4 != 0 {
            self.bus.stats.fault("odd_register_write", format_args!("{} bytes at {offset:#x}", data.len()));
            return;
        }
        let offset = u32::try_from(offset).unwrap_or(u32::MAX);
        for (piece, bytes) in data.chunks_exact(4).enumerate().rev() {
            let at = offset.saturating_add(4 * piece as u32);
            let value = u32::from_le_bytes([bytes[0], bytes[1], bytes[2], bytes[3]]);
            log::trace!("write {at:#05x}: {value:#x}");
            self.engine.write(at, value, &mut self.bus, now);
        }
        self.heed_notices();
    }

    /// Reads a test marker of BAR 2. Reading word 0 counts: a guest marks a moment by it.
    pub fn read_markers(&mut self, offset: u64, data: &mut [u8]) {
        data.fill(0);
        if offset == 0 {
            self.markers[0] = self.markers[0].wrapping_add(1);
            log::info!("marker {}", self.markers[0]);
        }
        if let Some(marker) = self.markers.get(offset as usize / 4).filter(|_| offset % 4 == 0) {
            for (byte, value) in data.iter_mut().zip(marker.to_le_bytes()) {
                *byte = value;
            }
        }
    }

    /// Writes a test marker of BAR 2.
    pub fn write_markers(&mut self, offset: u64, data: &[u8]) {
        if let (Some(marker), Ok(value)) = (self.markers.get_mut(offset as usize / 4), data.try_into()) {
            *marker = u32::from_le_bytes(value);
            log::info!("marker at {offset:#x}: {:#x}", *marker);
        }
    }

    /// Back to power-on: FLR, or a reset of the machine around.
    pub fn reset(&mut self, now: Instant) {
        self.config.reset();
        self.dropped = false;
        self.stalled = false;
        self.engine.power_on(now);
        self.heed_notices();
    }

    /// Does what is to do now; when to look again.
    pub fn service(&mut self, now: Instant) -> Wake {
        if self.stalled || self.dropped {
            return Wake::Idle;
        }
        let mut wake = self.engine.service(&mut self.bus, now);
        self.heed_notices();
        if self.engine.is_suspended() {
            wake = wake.min(self.wake_host(now));
        }
        if self.engine.is_running() && self.config.may_master() {
            wake = wake.min(self.transfer(now));
            wake = wake.min(self.engine.interrupt(&mut self.bus, now));
        }
        wake.min(self.restart(now))
    }

    /// The modem's own restart, which `AT+CFUN=1,1` or QMI asked for: the host sees a crash.
    fn restart(&mut self, now: Instant) -> Wake {
        let mut modem = self.endpoints.modem.lock().unwrap_or_else(PoisonError::into_inner);
        if modem.restart {
            self.restart_at.get_or_insert(now + RESTART);
        }
        if self.restart_at.is_some_and(|at| at <= now) {
            log::info!("the modem restarts");
            self.restart_at = None;
            modem.reset();
            drop(modem);
            self.engine.crash(ExecutionEnvironment::AMSS, Signal::Interrupt, &mut self.bus, now);
        }
        self.restart_at.into()
    }

    /// Uplink before downlink, so that an answer goes out in the same round.
    fn transfer(&mut self, now: Instant) -> Wake {
        let Endpoints { ports, data, signals, .. } = &mut self.endpoints;
        let mut wake = Wake::Idle;
        for (&number, port) in ports.iter_mut() {
            if self.bus.faults.is_mute(number) {
                continue;
            }
            if let Some((channel, events)) = self.engine.channel(number) {
                wake = wake.min(channel.uplink(&mut self.bus, events, now, |message| port.receive(message, now)));
            }
        }
        if let Some((channel, events)) = self.engine.channel(DATA).filter(|_| !self.bus.faults.is_mute(DATA)) {
            wake = wake.min(channel.uplink(&mut self.bus, events, now, |transfer| data.receive(transfer, now)));
        }
        for (&number, port) in ports.iter_mut() {
            if self.bus.faults.is_mute(number + 1) || signals.is_mute(number) {
                continue;
            }
            if let Some((channel, events)) = self.engine.channel(number + 1) {
                wake = wake.min(channel.downlink(&mut self.bus, events, now, || port.poll(now)));
                wake = wake.min(later(port.deadline(), now));
            }
        }
        if let Some((channel, events)) = self.engine.channel(DATA + 1).filter(|_| !self.bus.faults.is_mute(DATA + 1)) {
            wake = wake.min(channel.downlink(&mut self.bus, events, now, || data.poll(now)));
            wake = wake.min(later(data.deadline(), now));
        }
        if wake != Wake::Idle {
            self.engine.keep_awake(now);
        }
        wake
    }

    /// While the host sleeps, a port that has something to say wakes it.
    fn wake_host(&mut self, now: Instant) -> Wake {
        let Endpoints { ports, data, .. } = &mut self.endpoints;
        let mut wake = Wake::Idle;
        let mut waiting = false;
        for (&number, port) in ports.iter_mut() {
            if let Some((channel, _)) = self.engine.channel(number + 1) {
                waiting |= channel.hold(|| port.poll(now));
                wake = wake.min(later(port.deadline(), now));
            }
        }
        if let Some((channel, _)) = self.engine.channel(DATA + 1) {
            waiting |= channel.hold(|| data.poll(now));
            wake = wake.min(later(data.deadline(), now));
        }
        if waiting {
            self.engine.leave_m2(&mut self.bus, now);
            if self.engine.is_suspended() && self.config.wake() {
                log::debug!("wake: PME");
            }
            return Wake::Idle;
        }
        wake
    }

    /// Tells ports and data plane what became of their channels.
    pub fn heed_notices(&mut self) {
        for notice in self.engine.notices() {
            log::debug!("{notice:?}");
            let Endpoints { ports, data, signals, modem } = &mut self.endpoints;
            match notice {
                Notice::Restart => {
                    self.bus.stats.count("restarts");
                    signals.reset();
                    self.restart_at = None;
                    modem.lock().unwrap_or_else(PoisonError::into_inner).reset();
                    ports.values_mut().for_each(|port| port.reset());
                    data.reset();
                }
                Notice::Closed => {
                    ports.values_mut().for_each(|port| port.reset());
                    data.reset();
                }
                Notice::Started(_) => {}
                Notice::Stopped(number) => {
                    if let Some(port) = ports.get_mut(&(number & !1)) {
                        port.reset();
                    } else if number & !1 == DATA {
                        data.reset();
                    }
                }
            }
        }
    }
}

/// A deadline that has passed was served just now: what is left of it waits for room, which an event announces.
fn later(deadline: Option<Instant>, now: Instant) -> Wake {
    deadline.filter(|at| *at > now).into()
}
