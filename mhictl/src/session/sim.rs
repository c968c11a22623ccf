// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
//! What the SIM's state means for the session: ready, wait, verify the PIN, or an end with words for it.
//! `answers` calls this.

use std::time::{Duration, Instant};

use qmi::{uim, ErrorCode, Message};

use super::table::Trigger;
use super::{PinUse, Session};
use crate::exit::{Error, Exit};
use crate::modem::radio::Sim;

/// How long a slot may be empty before the card counts as absent: slots are powered late after a restart.
const SIM_GRACE: Duration = Duration::from_secs(5);

impl Session {
    pub(super) fn sim(&mut self, message: &Message<'_>, now: Instant) -> Option<Trigger> {
        let sim = match message.body::<uim::CardStatus<'_>>() {
            Ok(body) => self.radio.card(&body),
            Err(error) => return self.broken(&error),
        };
        let waited = now.duration_since(self.entered);
        match sim {
            Sim::Ready => {
                self.line("sim", "ready");
                Some(Trigger::Done)
            }
            Sim::Starting => Some(Trigger::NotYet),
            Sim::Absent | Sim::Broken if waited < SIM_GRACE => Some(Trigger::NotYet),
            Sim::Absent => {
                self.line("sim", "absent");
                self.failed(sim_absent())
            }
            Sim::Broken => {
                self.line("sim", "unusable");
                self.failed(Error::new(
                    Exit::SimAbsent,
                    "the SIM card cannot be used",
                    "clean its contacts, put it in again, or try another card",
                ))
            }
            Sim::Pin(tries) => self.pin_required(tries, waited),
            Sim::Puk(tries) => {
                self.line("sim", format!("PUK required, {tries} tries left"));
                self.failed(Error::new(
                    Exit::SimLocked,
                    format!("the SIM wants its PUK, {tries} tries left"),
                    "unlock it with: mhictl at 'AT+CPIN=\"PUK\",\"NEW PIN\"'",
                ))
            }
            Sim::Blocked => {
                self.line("sim", "blocked");
                self.failed(Error::new(
                    Exit::SimLocked,
                    "the SIM is blocked for good",
                    "ask the operator for another card",
                ))
            }
        }
    }

    /// A PIN that the card refused is not tried again, and the last try is never used: a wrong PIN in a service that
    /// restarts must not block the card.
    pub(super) fn pin_required(&mut self, tries: u8, waited: Duration) -> Option<Trigger> {
        let next = match (self.config.pin.is_some(), self.pin, tries) {
            (true, PinUse::Unused, 2..) => return Some(Trigger::Locked),
            // The card's applications start after the PIN.
            (true, PinUse::Taken, _) if waited < SIM_GRACE => return Some(Trigger::NotYet),
            (true, PinUse::Taken, _) => {
                "the PIN was taken but the card still asks; take the card out and put it in again"
            }
            (true, PinUse::Refused, _) => "look the PIN up and start again",
            (true, PinUse::Unused, _) => {
                "mhictl never uses the last try; enter it by hand: mhictl at 'AT+CPIN=\"PIN\"'"
            }
            (false, _, _) => "give it with --pin",
        };
        self.line("sim", format!("PIN required, {tries} tries left"));
        self.failed(Error::new(
            Exit::SimLocked,
            format!("the SIM wants its PIN, {tries} tries left"),
            next,
        ))
    }

    pub(super) fn wrong_pin(&mut self, code: ErrorCode, message: &Message<'_>) -> Option<Trigger> {
        if code == ErrorCode::NO_EFFECT {
            return Some(Trigger::Done);
        }
        self.pin = PinUse::Refused;
        let retries = message
            .body::<uim::PinResult>()
            .ok()
            .and_then(|result| result.retries);
        let left = retries.map_or(String::new(), |retries| {
            format!(", {} tries left", retries.verify)
        });
        self.line("sim", format!("PIN refused{left}"));
        self.failed(Error::new(
            Exit::SimLocked,
            format!("the SIM refuses the PIN: {code}{left}"),
            "look the PIN up before you try again: three wrong ones lock the card",
        ))
    }
}

/// There is no card.
pub fn sim_absent() -> Error {
    Error::new(
        Exit::SimAbsent,
        "no SIM card",
        "put a SIM in; with two slots, mhictl at 'AT+QUIMSLOT?' shows which one is used",
    )
}
