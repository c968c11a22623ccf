// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
//! The whole function under one lock: configuration space, registers, rings and what speaks behind the channels. The
//! transport thread brings accesses, the control threads requests, the worker time.

mod access;
mod service;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use crate::bus::Bus;
use crate::cli::Options;
use crate::fault::Faults;
use crate::interrupts::Interrupts;
use crate::ip_ctrl::Signals;
use crate::memory::{Memory, Window};
use crate::mhi::engine::{Cure, Engine, Notice};
use crate::pci::Config;
use crate::port::{Data, Port};
use crate::session::Modem;
use crate::stats::Stats;

/// Uplink channel of the data plane; the downlink is one above.
pub const DATA: u8 = 100;
/// Uplink channel of QMI.
pub const QMI: u8 = 14;
/// Uplink channel of MBIM.
pub const MBIM: u8 = 12;

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
    /// What brings the link back that is down, on which every read gives ones.
    pub dropped: Option<Cure>,
    /// Whether its power is cut while it sleeps.
    pub forgetful: bool,
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
            dropped: None,
            forgetful: false,
            restart_at: None,
            markers: [0; 16],
        }
    }

    /// Back to power-on: FLR, or a reset of the machine around.
    pub fn reset(&mut self, by: Cure, now: Instant) {
        self.engine.cure(by);
        self.config.reset();
        self.bus.memory.set_master(false);
        self.dropped = self.dropped.filter(|cure| *cure > by);
        self.stalled = false;
        self.engine.power_on(now);
        self.heed_notices();
    }

    /// It is taken out of the machine.
    pub fn unplug(&mut self, now: Instant) {
        self.reset(Cure::Power, now);
        self.bus.memory.remove_all();
        self.bus.interrupts.clear();
    }

    /// The control channel that the mode does not have.
    fn absent(&self) -> u8 {
        let modem = &self.endpoints.modem;
        match modem.lock().unwrap_or_else(PoisonError::into_inner).mbim {
            true => QMI,
            false => MBIM,
        }
    }

    /// Tells ports and data plane what became of their channels.
    pub fn heed_notices(&mut self) {
        self.engine.absent = self.absent();
        for notice in self.engine.notices() {
            log::debug!("{notice:?}");
            let Endpoints {
                ports,
                data,
                signals,
                modem,
            } = &mut self.endpoints;
            match notice {
                Notice::Restart => {
                    self.bus.stats.count("restarts");
                    self.stalled = false;
                    signals.reset();
                    self.restart_at = None;
                    modem.lock().unwrap_or_else(PoisonError::into_inner).reset();
                    ports.values_mut().for_each(|port| port.reset());
                    data.reset();
                }
                Notice::Closed => {
                    self.bus.memory.stopped();
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
