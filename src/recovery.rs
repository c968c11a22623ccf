// SPDX-License-Identifier: GPL-2.0-only
//! Brings the modem up, looks after it, and brings it up again when it crashed or does not answer: it never gives up. What to do
//! when is `mhi::recovery`'s to decide.

use crate::controller::Host;
use crate::dump;
use crate::health::{Health, State};
use crate::modem::Family;
use crate::netdev::{self, Base};
use crate::stats::Counter;
use ::mhi::recovery::{self, Action, Look, Machine, Reason, Step};
use ::mhi::{bhi, register, ExecutionEnvironment as Environment};
use kernel::device::Awake;
use kernel::mhi::controller::PowerDown;
use kernel::mhi::Controller;
use kernel::net;
use kernel::pci;
use kernel::prelude::*;
use kernel::print::Ascii;
use kernel::types::ARef;
use kernel::workqueue::Periodic;

/// Between two looks.
pub(crate) const LOOK_MS: u32 = 1000;
/// Seconds that a modem may need beyond READY until it is in mission mode.
const BOOT: u32 = 30;

/// Looks after one modem. Dropping it stops the modem.
pub(crate) struct Recovery {
    pub(crate) controller: Controller<Host>,
    pub(crate) dev: ARef<pci::Device>,
    pub(crate) base: ARef<net::Device<Base>>,
    pub(crate) machine: Machine,
    family: &'static Family,
    /// Looks left for its memory dump, if one is waited for.
    pub(crate) dump: u32,
    /// Whether its configuration may be lost, since it was reset or out of reach.
    wiped: bool,
    /// Whether it has been up.
    was_up: bool,
    /// Whether the log says that its boot loader, or that its firmware is waited for.
    progress: Option<bool>,
    /// Whether the log says that it does not start.
    complained: bool,
    /// Crashes when it was told to sleep.
    pub(crate) crashes: u32,
    /// Whether it did not fall asleep or wake up as it was told.
    pub(crate) lost: bool,
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
        let ready = family.ready_timeout_ms / LOOK_MS;
        Recovery {
            controller,
            dev: ARef::from(dev),
            base: ARef::from(base),
            machine: Machine::new(ready.saturating_add(BOOT)),
            family,
            dump: 0,
            wiped: false,
            was_up: false,
            progress: None,
            complained: false,
            crashes: 0,
            lost: false,
            awake: dev.as_device().keep_awake(),
        }
    }

    pub(crate) fn health(&self) -> &Health {
        &self.base.private().health
    }

    /// `None` if it cannot be reached, or reads as if it could not.
    fn environment(&self) -> Option<Environment> {
        // The MHI core takes the first two from the modem later, and hangs on to them.
        for register in [register::CHDBOFF, register::ERDBOFF] {
            if self.controller.register(register) % 4 != 0 {
                return None;
            }
        }
        let offset = self.controller.register(register::BHIOFF);
        let value = self.controller.register(offset.checked_add(bhi::EXECENV)?);
        u8::try_from(value).ok().map(Environment)
    }

    /// What the modem looks like.
    pub(crate) fn look(&mut self) -> Look {
        let cut_off = self.health().is_frozen();
        let lost = core::mem::take(&mut self.lost);
        // Nothing is read of one that is gone: some host bridges take that for an error of the machine's.
        let present = !cut_off && !lost && self.dev.is_present();
        let powered = self.controller.is_powered();
        if present && self.wiped && !powered {
            self.dev.restore();
        }
        let environment = present.then(|| self.environment()).flatten();
        let status = environment.map(|_| self.controller.register(register::MHISTATUS));
        let health = self.health();
        let up = health.is_up();
        let look = Look {
            environment,
            status: status.unwrap_or(0),
            powered,
            up,
            dead: health.is_dead(),
            crashes: health.crashes(),
            received: self
                .base
                .private()
                .counters
                .get(Counter::RxTransfers as usize),
            cut_off,
            dump: self.wants_dump(),
            lost,
        };
        self.wiped = (self.wiped && !up) || environment.is_none();
        look
    }

    /// Says in the log, once each, how far a modem is that is not up.
    fn tell_progress(&mut self, look: &Look) {
        let boots = match look.environment {
            _ if look.up => None,
            Some(Environment::PBL | Environment::SBL | Environment::PTHRU) => Some(true),
            Some(Environment::AMSS) => Some(false),
            _ => None,
        };
        let told = core::mem::replace(&mut self.progress, boots);
        let Some(boots) = boots.filter(|_| told != boots) else {
            return;
        };
        let what = if boots { c"boot loader" } else { c"firmware" };
        let dev = self.dev.as_device();
        dev_info!(dev, "waiting for the modem's {}", Ascii(what));
    }

    fn power_up(&mut self) {
        // What it was before is over.
        self.health().powered_down();
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

    pub(crate) fn power_down(&mut self, how: PowerDown) {
        netdev::quiesce(&self.base); // the rest may take a while
        self.controller.power_down(how);
        self.health().powered_down();
    }

    /// It was lost on its way to or from sleep: a crash, unless that was counted when it happened.
    pub(crate) fn count_lost(&self) {
        if self.health().crashes() == self.crashes {
            self.base.private().counters.count(Counter::Crashes);
        }
    }

    fn reset(&mut self, look: &Look) {
        let reachable = look.environment.is_some();
        let step = match self.machine.step(reachable) {
            Step::Bus if !self.family.bus_reset => Step::Power,
            step => step,
        };
        let dev = self.dev.as_device();
        let (counter, what) = match step {
            Step::Interface => (Counter::ResetInterface, c"its interface"),
            Step::Soc => (Counter::ResetSoc, c"its processors"),
            Step::Function => (Counter::ResetFunction, c"its PCI function"),
            Step::Bus => (Counter::ResetBus, c"its bus"),
            Step::Power => (Counter::ResetPower, c"its power, if somebody can"),
        };
        let counters = &self.base.private().counters;
        counters.count(counter);
        let reason = self.machine.reason();
        let why = match reason {
            Reason::Late => c"the modem does not come up",
            Reason::Dead => c"the modem's firmware is dead",
            Reason::Loops => c"the modem crashes again and again",
            Reason::Away => c"the modem cannot be reached",
        };
        dev_warn!(dev, "{}: resetting {}", Ascii(why), Ascii(what));
        // Those that loop are counted already.
        let died = look.powered && (look.up || look.dead || reason == Reason::Dead);
        if reason != Reason::Loops && died {
            counters.count(Counter::Crashes);
        }
        self.power_down(PowerDown::Forced);
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
                self.dev.as_device().announce(c"MODEM_POWER", c"cycle");
                Ok(())
            }
        };
        if let Err(error) = done {
            dev_warn_ratelimited!(self.dev.as_device(), "not possible: {error:?}");
        }
        // The bus tells the driver of its own resets, too, who takes the modem for dead.
        self.health().powered_down();
    }

    fn act(&mut self, action: Action, look: &Look) {
        let down = match action {
            Action::Abandon => Some(PowerDown::Forced),
            Action::CutOff => Some(PowerDown::Untouched),
            Action::Offer | Action::Forget | Action::Stop => Some(PowerDown::Graceful),
            _ => None,
        };
        if let Some(how) = down {
            self.power_down(how);
            self.wiped |= how != PowerDown::Graceful;
        }
        match action {
            Action::PowerUp | Action::Offer => self.power_up(),
            Action::Reset => self.reset(look),
            Action::Abandon => self.count_lost(),
            Action::CutOff if look.powered => {
                self.base.private().counters.count(Counter::Crashes);
            }
            Action::Thaw => self.health().freeze(false),
            Action::Dump => self.fetch_dump(),
            _ => {}
        }
    }

    /// Takes note of a state, and tells userspace of a new one.
    fn enter(&mut self, state: recovery::State) {
        use recovery::State as S;
        let state = match state {
            S::Up | S::Asleep => State::Up,
            S::Unreachable => State::Unreachable,
            S::Frozen => State::Frozen,
            S::Emergency | S::Download => State::Download,
            S::Down | S::Stopped if self.was_up => State::Restarting,
            S::Down | S::Stopped => State::Starting,
        };
        if state == State::Up {
            self.was_up = true;
            self.awake = None;
        } else if self.awake.is_none() {
            self.awake = self.dev.as_device().keep_awake();
        }
        if self.health().set(state) {
            self.dev
                .as_device()
                .announce(c"MODEM_STATE", self.health().name());
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
        // Asleep, or on its way to or from it: not to be touched.
        let Some(_awake) = self.dev.as_device().keep_awake() else {
            return LOOK_MS;
        };
        let look = self.look();
        if !look.cut_off {
            self.base.private().choice.follow(&self.dev);
        }
        self.tell_progress(&look);
        let action = self.machine.look(&look);
        // What it does may take a while.
        self.enter(self.machine.state());
        self.act(action, &look);
        LOOK_MS
    }
}
