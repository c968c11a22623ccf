// SPDX-License-Identifier: GPL-2.0-only
//! Sleep: of the modem alone, when nobody uses it, and of the machine. Called by `pci`, between two looks of `recovery`.
//!
//! | what | before | after |
//! |---|---|---|
//! | the modem alone | M3; not while it has something to do | M0 |
//! | the machine | packets wait; M3, or it is stopped if it does not get there | M0; packets go on |
//! | hibernation, shutdown | it is stopped | `recovery` starts it |
//! | it did not stay in M3: its power was cut, or it crashed | | `recovery` starts it anew |

use crate::netdev;
use crate::recovery::Recovery;
use kernel::prelude::*;

/// What the next look of `recovery` is told.
type Next<T = ()> = (T, Option<u32>);

/// Another look, at once; while the machine sleeps, none comes.
const LOOK: Option<u32> = Some(0);

impl Recovery {
    /// The modem alone goes to sleep. Nobody looks at it until `resume`.
    pub(crate) fn doze(&mut self) -> Next<Result> {
        if !self.health().is_up() || self.health().is_frozen() {
            return (Err(EBUSY), LOOK);
        }
        match self.enter_m3() {
            Ok(()) => (Ok(()), None),
            Err(_) => (Err(EBUSY), LOOK),
        }
    }

    /// The machine goes to sleep.
    pub(crate) fn suspend(&mut self) -> Next {
        let port = self.base.private();
        let drained = port.tx.drain(port);
        let asleep = drained && self.health().is_up() && self.enter_m3().is_ok();
        if !asleep {
            self.stop();
        }
        ((), LOOK)
    }

    /// The modem is to be awake.
    pub(crate) fn resume(&mut self) -> Next {
        if self.health().is_asleep() {
            self.health().set_asleep(false);
            if let Err(error) = self.controller.resume() {
                dev_warn!(
                    &self.base.private().dev,
                    "the modem does not wake up as it fell asleep ({error:?}): starting it anew"
                );
                netdev::silence(&self.base);
                self.health().went_down(false);
                self.stale = true;
            }
        }
        self.base.private().tx.resume();
        ((), LOOK)
    }

    /// The machine's memory is about to be saved, or the machine goes down. Nobody looks at the modem until `resume`.
    pub(crate) fn hibernate(&mut self) -> Next {
        self.stop();
        ((), None)
    }

    fn stop(&mut self) {
        self.power_down(!self.health().is_frozen());
    }

    fn enter_m3(&mut self) -> Result {
        self.health().set_asleep(true);
        self.controller.suspend().inspect_err(|error| {
            self.health().set_asleep(false);
            // It has been asked to and has not done it.
            self.stale = *error != EBUSY;
        })
    }
}
