// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
//! How the modem comes up and goes down: power-on, resets, crash, emergency download.

use std::time::Instant;

use ::mhi::register::{CTRL_RESET, MHICTRL};
use ::mhi::{bhi, Event, ExecutionEnvironment, State};

use super::{Cure, Engine, Notice, Point, Signal};
use crate::bus::Bus;
use crate::mhi::registers::BHI;

impl Engine {
    /// Switches the modem on, or on again: through the boot environment to mission mode and READY, or, if the host has
    /// left the cookie, to emergency download.
    pub fn power_on(&mut self, now: Instant) {
        let download = std::mem::take(&mut self.download);
        self.close();
        self.notices.push(Notice::Restart);
        self.registers.reset();
        self.reset_at = None;
        self.boot_at = None;
        self.dump_at = None;
        self.orphaned = false;
        self.alarm = false;
        self.set_state(State::RESET);
        if self.numb.is_some() {
            self.set_environment(ExecutionEnvironment::RDDM);
            self.set_state(State::SYS_ERR);
        } else if download {
            self.set_environment(ExecutionEnvironment::EDL);
        } else if self.boot.delay.is_zero() {
            self.set_environment(ExecutionEnvironment::AMSS);
            self.set_state(State::READY);
        } else {
            self.booted = 0;
            self.boots_on(now);
        }
    }

    /// On to the next environment of the way to mission mode, if there is one.
    pub(super) fn boots_on(&mut self, now: Instant) -> bool {
        let Some(environment) = self.boot.environments.get(self.booted) else {
            return false;
        };
        self.set_environment(*environment);
        self.booted += 1;
        self.boot_at = Some(now + self.boot.delay);
        true
    }

    /// The modem crashes.
    pub fn crash(
        &mut self,
        environment: ExecutionEnvironment,
        signal: Signal,
        bus: &mut Bus,
        now: Instant,
    ) {
        if !self.is_running() && !self.is_suspended() {
            bus.stats.count("early_crashes");
        }
        self.boot_at = None;
        self.set_environment(environment);
        self.set_state(State::SYS_ERR);
        if signal != Signal::Interrupt {
            self.send(Event::State(State::SYS_ERR), bus, now);
        }
        self.alarm = signal != Signal::Event;
        self.offer_dump(now);
    }

    /// The modem has come so far: whether it crashes there, as was ordered.
    pub(super) fn come_to(&mut self, point: Point, bus: &mut Bus, now: Instant) -> bool {
        let crashes = self.crash_at == Some(point);
        if crashes {
            log::info!("crash at {point:?}");
            bus.stats.count("crash-at");
            self.crash_at = None;
            self.crash(ExecutionEnvironment::AMSS, Signal::Interrupt, bus, now);
        }
        crashes
    }

    /// The modem crashes for good: only a cure, or a rougher one, helps.
    pub fn numb(&mut self, cure: Cure, bus: &mut Bus, now: Instant) {
        self.numb = Some(cure);
        self.crash(ExecutionEnvironment::RDDM, Signal::Interrupt, bus, now);
    }

    /// Something was done to the modem from which it may recover.
    pub fn cure(&mut self, by: Cure) {
        if self.numb.is_some_and(|cure| cure <= by) {
            log::info!("cured by {by:?}");
            self.numb = None;
        }
    }

    /// The host restarts the whole modem. A host that was at work is told by a crash, as by a modem that fell over: its
    /// rings are gone.
    pub(super) fn soc_reset(&mut self, now: Instant) {
        self.cure(Cure::Soc);
        let at_work = self.is_running() || self.is_suspended();
        self.power_on(now);
        self.orphaned = at_work && self.environment != ExecutionEnvironment::EDL;
        if self.orphaned && self.boot_at.is_none() {
            self.boot_at = Some(now + self.reset_delay);
        }
    }

    /// MHICTRL.RESET: the interface, not the modem. READY follows by [`Self::service`].
    pub(super) fn reset(&mut self, bus: &mut Bus, now: Instant) {
        self.close();
        if std::mem::take(&mut self.hesitating) {
            bus.stats.count("hesitations_reset");
        }
        if self.numb.is_some() || self.come_to(Point::Reset, bus, now) {
            return;
        }
        self.set_state(State::RESET);
        self.registers.set(BHI + bhi::INTVEC, 0);
        if matches!(
            self.environment,
            ExecutionEnvironment::RDDM
                | ExecutionEnvironment::PBL
                | ExecutionEnvironment::SBL
                | ExecutionEnvironment::PTHRU
        ) {
            // The dump was not wanted, or is done; or what boots it crashed: the modem starts anew.
            self.power_on(now);
            self.registers.set(MHICTRL, CTRL_RESET);
        }
        self.reset_at = Some(now + self.reset_delay);
    }

    /// BHI: takes an image. In emergency download the flash programmer runs after it.
    pub(super) fn image(&mut self, bus: &mut Bus, now: Instant) {
        let address = self.registers.pair(BHI + bhi::IMGADDR_LOW);
        let len = self.registers.get(BHI + bhi::IMGSIZE);
        let loader = matches!(
            self.environment,
            ExecutionEnvironment::PBL | ExecutionEnvironment::EDL
        );
        let last = address.checked_add(u64::from(len.saturating_sub(1)));
        let readable = |address: u64| bus.memory.read(address, &mut [0]).is_ok();
        let taken = loader && len > 0 && readable(address) && last.is_some_and(readable);
        log::info!(
            "image of {len} bytes: {}",
            if taken { "taken" } else { "refused" }
        );
        let status = if taken {
            bhi::STATUS_SUCCESS
        } else {
            bhi::STATUS_ERROR
        };
        self.registers.set(BHI + bhi::STATUS, status);
        if taken && self.environment == ExecutionEnvironment::EDL {
            self.set_environment(ExecutionEnvironment::FP);
            self.reset_at = Some(now + self.reset_delay);
        }
    }
}
