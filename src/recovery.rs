// SPDX-License-Identifier: GPL-2.0-only
//! Brings the modem up, looks after it, and brings it up again when it crashed or does not answer: it never gives up. What to do
//! when is `mhi::recovery`'s to decide.

use crate::controller::Host;
use crate::dump;
use crate::health::{Health, State};
use crate::modem::Family;
use crate::netdev::{self, Base};
use crate::stats::Counter;
use ::mhi::recovery::{Action, Ladder, Look, Step};
use ::mhi::{bhi, register, ExecutionEnvironment, State as Link};
use kernel::device::Awake;
use kernel::mhi::Controller;
use kernel::net;
use kernel::pci;
use kernel::prelude::*;
use kernel::types::ARef;
use kernel::workqueue::Periodic;

/// Between two looks at a modem that is not up.
const SOON_MS: u32 = 1000;
/// Between two looks at one that is.
const LATER_MS: u32 = 4000;
/// Seconds that a modem may need beyond READY until it is in mission mode.
const BOOT: u32 = 30;

/// Looks at a modem that was cut off, until it is tried to be brought back all the same: the bus itself takes up to a minute.
const FROZEN: u32 = 75;

/// Looks in a row at which the MHI core may leave a crash alone.
const MOST_IGNORED: u32 = 2;
/// Looks in a row at which the modem may be at work without the MHI core having heard of it.
const MOST_UNHEARD: u32 = 10;

/// Looks after one modem. Dropping it stops the modem.
pub(crate) struct Recovery {
    pub(crate) controller: Controller<Host>,
    pub(crate) dev: ARef<pci::Device>,
    pub(crate) base: ARef<net::Device<Base>>,
    ladder: Ladder,
    family: &'static Family,
    /// Looks since it was cut off.
    frozen: u32,
    /// Looks in a row at which it said that it had crashed, and nobody did anything about it.
    ignored: u32,
    /// Looks in a row at which it was at work, and the MHI core waited to hear that.
    unheard: u32,
    /// Looks left for its memory dump, if one is waited for.
    pub(crate) dump: u32,
    /// Looks since it was powered up in emergency download, while it is there.
    pub(crate) download: Option<u32>,
    /// Whether its configuration may be lost, since it was reset or out of reach.
    wiped: bool,
    /// Whether it has been up.
    was_up: bool,
    /// Whether the log says that it does not start.
    complained: bool,
    /// Whether it is to be started anew, since it did not wake as it fell asleep.
    pub(crate) stale: bool,
    /// A modem that is not up does not sleep.
    pub(crate) awake: Option<Awake>,
}

impl Recovery {
    pub(crate) fn new(
        controller: Controller<Host>,
        dev: &pci::Device,
        base: &net::Device<Base>,
        family: &'static Family,
    ) -> Recovery {
        let ready = family.ready_timeout_ms / SOON_MS;
        Recovery {
            controller,
            dev: ARef::from(dev),
            base: ARef::from(base),
            ladder: Ladder::new(ready.saturating_add(BOOT)),
            family,
            frozen: 0,
            ignored: 0,
            unheard: 0,
            dump: 0,
            download: None,
            wiped: false,
            was_up: false,
            complained: false,
            stale: false,
            awake: dev.as_device().keep_awake(),
        }
    }

    pub(crate) fn health(&self) -> &Health {
        &self.base.private().health
    }

    /// `None` if it cannot be reached, or reads as if it could not.
    fn environment(&self) -> Option<ExecutionEnvironment> {
        // The MHI core takes the first two from the modem later, and hangs on to them.
        for register in [register::CHDBOFF, register::ERDBOFF] {
            if self.controller.register(register) % 4 != 0 {
                return None;
            }
        }
        let offset = self.controller.register(register::BHIOFF);
        let value = self.controller.register(offset.checked_add(bhi::EXECENV)?);
        u8::try_from(value).ok().map(ExecutionEnvironment)
    }

    /// What the modem looks like; its environment, if it can be reached.
    fn look(&mut self) -> (Look, Option<ExecutionEnvironment>) {
        use ExecutionEnvironment as E;
        let present = self.dev.is_present();
        if present && self.wiped && !self.controller.is_powered() {
            self.dev.restore();
        }
        let environment = present.then(|| self.environment()).flatten();
        let up = self.health().is_up();
        // Nothing is read of one that is gone: some host bridges take that for an error of the machine's.
        let status = if present {
            self.controller.register(register::MHISTATUS)
        } else {
            0
        };
        let crashed = status & register::STATUS_SYSERR != 0 || environment != Some(E::AMSS);
        let powered = self.controller.is_powered();
        // The MHI core answers at once, if it notices.
        self.ignored = match !up
            && powered
            && environment.is_some()
            && status & register::STATUS_SYSERR != 0
        {
            true => self.ignored.saturating_add(1),
            false => 0,
        };
        let waits = matches!(register::state(status), Link::READY | Link::M0);
        self.unheard = match !up && powered && environment == Some(E::AMSS) && waits {
            true => self.unheard.saturating_add(1),
            false => 0,
        };
        let look = Look {
            reachable: environment.is_some(),
            powered,
            capable: matches!(environment, Some(E::PBL | E::PTHRU | E::EDL | E::AMSS)),
            up,
            crashed: match (up, powered) {
                (true, _) => crashed,
                (false, true) => {
                    self.health().is_crashed()
                        || self.ignored > MOST_IGNORED
                        || self.unheard > MOST_UNHEARD
                }
                (false, false) => environment == Some(E::RDDM),
            },
        };
        self.wiped = (self.wiped && !up) || !look.reachable;
        (look, environment)
    }

    pub(crate) fn power_up(&mut self) {
        // What it was before is over.
        self.health().powered_down();
        // One that was out of reach may still be at work, for a host that has forgotten what with: the MHI core waits for it to let go.
        let state = register::state(self.controller.register(register::MHISTATUS));
        if !matches!(state, Link::RESET | Link::READY | Link::SYS_ERR) {
            self.controller
                .set_register(register::MHICTRL, register::CTRL_RESET);
        }
        self.dump = dump::LOOKS;
        match self.controller.power_up(dump::wanted()) {
            Ok(()) => self.complained = false,
            Err(error) if !self.complained => {
                self.complained = true;
                dev_warn!(
                    self.dev.as_device(),
                    "the modem does not start: {error:?}; trying again"
                );
            }
            Err(_) => {}
        }
    }

    pub(crate) fn power_down(&mut self, graceful: bool) {
        netdev::silence(&self.base); // the rest may take a while
        self.controller.power_down(graceful);
        self.health().powered_down();
    }

    /// Starts it anew, since nothing is left of what it knew.
    fn restart(&mut self) {
        self.base.private().counters.count(Counter::Crashes);
        // It may be at work all the same, or write its memory image: it lets go of the host's memory first.
        let reachable = self.dev.is_present() && self.environment().is_some();
        self.power_down(reachable);
        self.wiped = true;
    }

    fn reset(&mut self, step: Step, look: Look) {
        let dev = self.dev.as_device();
        let (counter, what) = match step {
            Step::Interface => (Counter::ResetInterface, "its interface"),
            Step::Soc => (Counter::ResetSoc, "its processors"),
            Step::Function => (Counter::ResetFunction, "its PCI function"),
            Step::Bus => (Counter::ResetBus, "its bus"),
            Step::Power => (Counter::ResetPower, "its power, if somebody can"),
        };
        let counters = &self.base.private().counters;
        counters.count(counter);
        let why = match (look.reachable, look.crashed) {
            (false, _) => "the modem cannot be reached",
            (true, true) => "the modem's firmware is dead",
            (true, false) => "the modem does not come up",
        };
        dev_warn!(dev, "{why}: resetting {what}");
        if look.up || look.crashed {
            counters.count(Counter::Crashes);
        }
        self.power_down(look.reachable);
        self.wiped = true;
        let done = match step {
            Step::Interface => Ok(()), // done by powering down
            Step::Soc => {
                self.controller.set_register(register::SOC_RESET, 1);
                Ok(())
            }
            Step::Function => self.dev.reset(),
            Step::Bus => self.dev.reset_bus(),
            Step::Power => {
                self.dev.as_device().announce(c"MODEM_POWER=cycle");
                Ok(())
            }
        };
        if let Err(error) = done {
            dev_warn!(self.dev.as_device(), "that was not possible: {error:?}");
        }
        // The bus tells the driver of its own resets, too.
        self.health().freeze(false);
        self.health().powered_down();
    }

    /// Takes note of a state, and tells userspace of a new one.
    fn enter(&mut self, state: State) {
        if state == State::Up {
            self.was_up = true;
            self.awake = None;
        } else if self.awake.is_none() {
            self.awake = self.dev.as_device().keep_awake();
        }
        if self.health().set(state) {
            self.dev.as_device().announce(self.health().variable());
            if state == State::Up {
                // ModemManager gives up an interface that has no ports beside it for some seconds.
                self.base.announce();
            }
        }
    }
}

impl Periodic for Recovery {
    const WAKES: bool = true;

    fn run(&mut self) -> u32 {
        use ExecutionEnvironment as E;
        // Asleep, or on its way to or from it: not to be touched.
        let Some(_awake) = self.dev.as_device().keep_awake() else {
            return SOON_MS;
        };
        if core::mem::take(&mut self.stale) {
            self.restart();
        }
        if self.health().is_frozen() {
            self.power_down(false);
            self.wiped = true;
            self.enter(State::Frozen);
            self.frozen = self.frozen.saturating_add(1);
            if self.frozen >= FROZEN {
                self.health().freeze(false);
            }
            return SOON_MS;
        }
        self.frozen = 0;
        self.base.private().choice.follow(&self.dev);
        let (look, environment) = self.look();
        if matches!(environment, Some(E::EDL | E::FP)) {
            // Somebody writes its flash: a reset now would ruin it.
            self.download(environment == Some(E::EDL), look.powered);
            self.enter(State::Download);
            return SOON_MS;
        }
        if look.reachable && self.download.take().is_some() {
            // It has restarted, and knows nothing of the host side as it is.
            self.power_down(true);
            return 0;
        }
        if environment == Some(E::RDDM) && self.waits_for_dump() {
            self.enter(State::Restarting);
            return SOON_MS;
        }
        match self.ladder.decide(look) {
            Action::Wait => {}
            Action::PowerUp => self.power_up(),
            Action::Reset(Step::Bus) if !self.family.bus_reset => self.reset(Step::Power, look),
            Action::Reset(step) => self.reset(step, look),
        }
        self.enter(if look.up && look.reachable && !look.crashed {
            State::Up
        } else if !look.reachable {
            State::Unreachable
        } else if self.was_up {
            State::Restarting
        } else {
            State::Starting
        });
        if look.up && look.reachable && !look.crashed {
            LATER_MS
        } else {
            SOON_MS
        }
    }
}
