// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
//! The SIM card and its PIN, in the words of Basic Connect.

use mbim::service::status;
use mbim::Reader;

use super::{info, refused, Answer};
use crate::session::{Modem, PinError, SimState};

/// Kinds of PIN.
const PIN1: u32 = 2;
const PUK1: u32 = 11;

/// SUBSCRIBER_READY_STATUS.
pub(super) fn ready(modem: &Modem) -> Vec<u8> {
    let (state, known) = match modem.sim.state {
        SimState::Ready => (1, true),
        SimState::Absent => (2, false),
        SimState::Blocked => (3, false),
        SimState::Locked | SimState::PukRequired => (6, false),
    };
    let text = |text: &str| {
        if known {
            text.to_owned()
        } else {
            String::new()
        }
    };
    info(28, |to| {
        to.u32(state);
        to.string(&text(&modem.sim.imsi))
            .string(&text(&modem.sim.iccid));
        // Nothing special, no telephone number.
        to.u32(0).u32(0);
    })
}

/// PIN: which one is wanted, whether it is, attempts left.
pub(super) fn pin(modem: &Modem) -> Vec<u8> {
    let (kind, locked, left) = match modem.sim.state {
        SimState::PukRequired | SimState::Blocked => (PUK1, 1, modem.sim.puk_retries),
        SimState::Locked => (PIN1, 1, modem.sim.pin_retries),
        SimState::Ready | SimState::Absent => (PIN1, 0, modem.sim.pin_retries),
    };
    info(12, |to| {
        to.u32(kind).u32(locked).u32(left.into());
    })
}

/// Enters, switches on and off, or changes the PIN; enters the PUK.
pub(super) fn set_pin(modem: &mut Modem, mut read: Reader<'_>) -> Answer {
    let (Some(kind), Some(operation)) = (read.u32(), read.u32()) else {
        return refused(status::INVALID_PARAMETERS);
    };
    let (Some(pin_text), Some(new)) = (read.string(), read.string()) else {
        return refused(status::INVALID_PARAMETERS);
    };
    let pin_text: String = pin_text.chars().collect();
    let new: String = new.chars().collect();
    let sim = &mut modem.sim;
    let was_enabled = sim.pin_enabled;
    let verdict = match (kind, operation) {
        (PUK1, 0) => sim.unblock_pin(pin_text.as_bytes(), new.as_bytes()),
        (PIN1, 0) => sim.verify_pin(pin_text.as_bytes()),
        (PIN1, 1..=3) => {
            // A card checks the PIN of one that it does not ask for, too.
            sim.pin_enabled = true;
            let verdict = sim.verify_pin(pin_text.as_bytes());
            sim.pin_enabled = match (operation, verdict.is_ok()) {
                (1, true) => true,
                (2, true) => false,
                _ => was_enabled,
            };
            if operation == 3 && verdict.is_ok() {
                sim.pin = new;
            }
            verdict
        }
        _ => return refused(status::INVALID_PARAMETERS),
    };
    let state = pin(modem);
    match verdict {
        Ok(()) => Ok(state),
        Err(PinError::NoSim) => Err((status::SIM_NOT_INSERTED, state)),
        Err(PinError::NotEnabled) => Err((status::PIN_DISABLED, state)),
        Err(PinError::Incorrect | PinError::Blocked) => Err((status::FAILURE, state)),
    }
}

/// PIN_LIST: of ten kinds only the first is there.
pub(super) fn pin_list(modem: &Modem) -> Vec<u8> {
    info(160, |to| {
        let mode = if modem.sim.pin_enabled { 1 } else { 2 };
        // Numeric, 4 to 8 digits.
        to.u32(mode).u32(1).u32(4).u32(8);
        for _ in 1..10 {
            to.u64(0).u64(0);
        }
    })
}
