// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
//! Commands about the SIM card.

use super::commands::{run_only, NOT_ALLOWED, WRONG_PARAMETERS};
use super::{At, Failure, Form, Outcome};
use crate::session::{Modem, PinError, SimState};

const NO_SIM: Failure = Failure::Cme(10, "SIM not inserted");
const PIN_REQUIRED: Failure = Failure::Cme(11, "SIM PIN required");
const PUK_REQUIRED: Failure = Failure::Cme(12, "SIM PUK required");
const SIM_FAILURE: Failure = Failure::Cme(13, "SIM failure");
const WRONG_PASSWORD: Failure = Failure::Cme(16, "incorrect password");

/// Whether the SIM is usable.
pub fn usable(modem: &Modem) -> Result<(), Failure> {
    match modem.sim.state {
        SimState::Ready => Ok(()),
        SimState::Absent => Err(NO_SIM),
        SimState::Locked => Err(PIN_REQUIRED),
        SimState::PukRequired => Err(PUK_REQUIRED),
        SimState::Blocked => Err(SIM_FAILURE),
    }
}

/// `AT+CIMI`
pub fn imsi(_: &mut At, modem: &mut Modem, form: &Form) -> Outcome {
    usable(modem)?;
    run_only(form, &modem.sim.imsi)
}

/// `AT+QCCID` and `AT+ICCID`
pub fn iccid(name: &str, modem: &Modem, form: &Form) -> Outcome {
    match (form, modem.sim.state) {
        (_, SimState::Absent) => Err(NO_SIM),
        (Form::Run | Form::Read, _) => Ok(vec![format!("{name}: {}", modem.sim.iccid)]),
        _ => Err(WRONG_PARAMETERS),
    }
}

/// `AT+CPIN`: asks, or gives the PIN, or the PUK and a new PIN.
pub fn pin(_: &mut At, modem: &mut Modem, form: &Form) -> Outcome {
    let arguments = match form {
        Form::Read => {
            let state = match modem.sim.state {
                SimState::Ready => "READY",
                SimState::Locked => "SIM PIN",
                SimState::PukRequired => "SIM PUK",
                SimState::Absent => return Err(NO_SIM),
                SimState::Blocked => return Err(SIM_FAILURE),
            };
            return Ok(vec![format!("+CPIN: {state}")]);
        }
        Form::Set(arguments) => arguments,
        _ => return Err(WRONG_PARAMETERS),
    };
    let outcome = match arguments.as_slice() {
        [pin] => modem.sim.verify_pin(pin.as_bytes()),
        [puk, pin] => modem.sim.unblock_pin(puk.as_bytes(), pin.as_bytes()),
        _ => return Err(WRONG_PARAMETERS),
    };
    match outcome {
        Ok(()) => Ok(Vec::new()),
        Err(PinError::NoSim) => Err(NO_SIM),
        Err(PinError::Incorrect) => Err(WRONG_PASSWORD),
        Err(PinError::NotEnabled) => Err(NOT_ALLOWED),
        Err(PinError::Blocked) => Err(match modem.sim.state {
            SimState::Blocked => SIM_FAILURE,
            _ => PUK_REQUIRED,
        }),
    }
}

/// `AT+CLCK`, the facility lock: only whether the SIM asks for its PIN, and that only to be read.
pub fn lock(_: &mut At, modem: &mut Modem, form: &Form) -> Outcome {
    match form {
        Form::Set(arguments) if arguments.iter().map(String::as_str).eq(["SC", "2"]) => {
            if modem.sim.state == SimState::Absent {
                return Err(NO_SIM);
            }
            Ok(vec![format!("+CLCK: {}", u8::from(modem.sim.pin_enabled))])
        }
        _ => Err(NOT_ALLOWED),
    }
}

/// `AT+QPINC`: attempts left.
pub fn pin_retries(_: &mut At, modem: &mut Modem, form: &Form) -> Outcome {
    let facility = match form {
        Form::Read | Form::Run => "SC",
        Form::Set(arguments) => arguments.first().map(String::as_str).unwrap_or_default(),
        Form::Test => "",
    };
    match (facility, modem.sim.state) {
        (_, SimState::Absent) => Err(NO_SIM),
        ("SC", _) => Ok(vec![format!(
            "+QPINC: \"SC\",{},{}",
            modem.sim.pin_retries, modem.sim.puk_retries
        )]),
        _ => Err(WRONG_PARAMETERS),
    }
}

/// `AT+QSIMSTAT?`
pub fn sim_state(_: &mut At, modem: &mut Modem, form: &Form) -> Outcome {
    match form {
        Form::Read => Ok(vec![format!(
            "+QSIMSTAT: 0,{}",
            u8::from(modem.sim.state != SimState::Absent)
        )]),
        _ => Err(WRONG_PARAMETERS),
    }
}
