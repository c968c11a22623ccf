// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
//! A round of the worker: transfers up and down, interrupts, waking the host, restarting.

use std::sync::PoisonError;
use std::time::{Duration, Instant};

use ::mhi::ExecutionEnvironment;

use super::{Device, Endpoints, DATA};
use crate::mhi::engine::Signal;
use crate::wake::Wake;

/// From the request to restart to the crash by which the host notices: time for the answer to get out.
const RESTART: Duration = Duration::from_millis(200);

impl Device {
    /// Does what is to do now; when to look again.
    pub fn service(&mut self, now: Instant) -> Wake {
        if self.stalled || self.dropped.is_some() {
            return Wake::Idle;
        }
        let may_master = self.config.may_master();
        let mut wake = self.engine.service(may_master, &mut self.bus, now);
        self.heed_notices();
        wake = wake.min(self.restart(now));
        if self.engine.is_suspended() {
            wake = wake.min(self.wake_host(now));
        }
        if self.engine.is_running() && may_master {
            wake = wake.min(self.transfer(now));
        }
        if may_master {
            wake = wake.min(self.engine.interrupt(&mut self.bus, now));
            let (fired, again) = self.bus.interrupts.storm(now);
            self.bus.stats.add("storm", fired);
            wake = wake.min(again);
        } else if self.engine.is_alarmed() {
            self.config.wake();
        }
        wake
    }

    /// The modem's own restart, which `AT+CFUN=1,1` or QMI asked for: the host sees a crash.
    fn restart(&mut self, now: Instant) -> Wake {
        let mut modem = self
            .endpoints
            .modem
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        if modem.restart {
            self.restart_at.get_or_insert(now + RESTART);
        }
        if self.restart_at.is_some_and(|at| at <= now) {
            log::info!("the modem restarts");
            self.restart_at = None;
            modem.reset();
            drop(modem);
            self.engine.crash(
                ExecutionEnvironment::AMSS,
                Signal::Interrupt,
                &mut self.bus,
                now,
            );
        }
        self.restart_at.into()
    }

    /// Uplink before downlink, so that an answer goes out in the same round.
    fn transfer(&mut self, now: Instant) -> Wake {
        let Endpoints {
            ports,
            data,
            signals,
            ..
        } = &mut self.endpoints;
        let mut wake = Wake::Idle;
        for (&number, port) in ports.iter_mut() {
            if self.bus.faults.is_mute(number) || number == self.engine.absent {
                continue;
            }
            if let Some((channel, events)) = self.engine.channel(number) {
                wake = wake.min(channel.uplink(&mut self.bus, events, now, |message| {
                    port.receive(message, now);
                    true
                }));
            }
        }
        if let Some((channel, events)) = self
            .engine
            .channel(DATA)
            .filter(|_| !self.bus.faults.is_mute(DATA))
        {
            if data.busy(now).is_none() {
                wake = wake.min(channel.uplink(&mut self.bus, events, now, |transfer| {
                    data.receive(transfer, now);
                    data.busy(now).is_none()
                }));
            }
            wake = wake.min(data.busy(now).into());
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
        if let Some((channel, events)) = self
            .engine
            .channel(DATA + 1)
            .filter(|_| !self.bus.faults.is_mute(DATA + 1))
        {
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
                self.bus.stats.count("wakes");
                log::debug!("wake: PME");
            }
            return Wake::Idle;
        }
        wake
    }
}

/// A deadline that has passed was served just now: what is left of it waits for room, which an event announces.
fn later(deadline: Option<Instant>, now: Instant) -> Wake {
    deadline.filter(|at| *at > now).into()
}
