// SPDX-License-Identifier: GPL-2.0-only
//! Sleep: of the modem alone, when nobody uses it, and of the machine. Called by `pci`, between two looks of `recovery`.
//!
//! | what | before | after |
//! |---|---|---|
//! | the modem alone | M3; not while it has something to do | M0 |
//! | the machine | packets wait; M3, or it is stopped if it does not get there | M0; packets go on |
//! | hibernation, shutdown | it is stopped | `recovery` starts it |
//! | it did not stay in M3: its power was cut, or it crashed | | `recovery` starts it anew |
//! | somebody writes its flash | the machine stays awake, but may shut down | |

use crate::netdev;
use crate::recovery::{Recovery, LOOK_MS};
use ::mhi::recovery::{Action, Event, State};
use ::mhi::ExecutionEnvironment as Environment;
use kernel::mhi::controller::PowerDown;
use kernel::pci::Rest;
use kernel::prelude::*;

/// What somebody is told, and when `recovery` looks next.
type Next<T = ()> = (T, Option<u32>);

/// Another look, at once; while the machine sleeps, none comes.
const LOOK: Option<u32> = Some(0);

impl Recovery {
    /// The modem alone goes to sleep. Nobody looks at it until `resume`.
    pub(crate) fn doze(&mut self) -> Next<Result> {
        // It may have crashed since the last look.
        let well = self.health().is_up() && !self.health().is_frozen();
        if well && self.machine.tell(Event::Idle) == Action::Sleep && self.enter_m3().is_ok() {
            return (Ok(()), None);
        }
        // Not at once: the PM core asks again as soon as the look is over.
        (Err(EBUSY), Some(LOOK_MS))
    }

    /// The machine rests. Nobody looks at the modem until `resume`, unless it is refused.
    pub(crate) fn rest(&mut self, rest: Rest) -> Next<Result> {
        // It may be up since the last look.
        if self.health().is_up() && self.machine.state() == State::Down {
            self.machine.tell(Event::Well);
        }
        // Its flash may be written since then.
        if self.machine.state() == State::Emergency
            && self.look().environment == Some(Environment::FP)
        {
            self.machine.tell(Event::Download);
        }
        let mut action = self.machine.tell(match rest {
            Rest::Suspend => Event::Suspend,
            Rest::Hibernate => Event::Hibernate,
            Rest::Shutdown => Event::Shutdown,
        });
        if action == Action::Sleep {
            let port = self.base.private();
            let well = port.tx.drain(port) && self.health().is_up() && !self.health().is_frozen();
            if well && self.enter_m3().is_ok() {
                return (Ok(()), None);
            }
            action = self.machine.tell(Event::Shutdown);
        }
        match action {
            Action::Refuse => {
                dev_warn!(self.dev.as_device(), "its flash is written: no sleep now");
                return (Err(EBUSY), LOOK);
            }
            Action::Stop | Action::CutOff => {
                // It may have been cut off since the last look.
                let untouched = action == Action::CutOff || self.health().is_frozen();
                self.power_down(match untouched {
                    true => PowerDown::Untouched,
                    false => PowerDown::Graceful,
                });
                self.health().set_asleep(false);
                if core::mem::take(&mut self.lost) {
                    self.count_lost();
                }
            }
            _ => {}
        }
        (Ok(()), None)
    }

    /// The modem is to be awake.
    pub(crate) fn resume(&mut self) -> Next {
        if self.machine.tell(Event::Wake) == Action::Wake {
            self.health().set_asleep(false);
            if let Err(error) = self.controller.resume() {
                dev_warn!(
                    &self.base.private().dev,
                    "the modem does not wake up ({error:?}): starting it anew"
                );
                netdev::silence(&self.base);
                self.health().went_down();
                self.lost = true;
            }
        }
        self.base.private().tx.resume();
        ((), LOOK)
    }

    fn enter_m3(&mut self) -> Result {
        self.health().set_asleep(true);
        self.crashes = self.health().crashes();
        self.controller.suspend().inspect_err(|error| {
            self.health().set_asleep(false);
            self.machine.tell(Event::Restless);
            // It has been asked to and has not done it.
            self.lost = *error != EBUSY;
        })
    }
}
