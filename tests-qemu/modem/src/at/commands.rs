// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
//! The extended commands: those that guides, ModemManager and ordinary tools send. Formats after Quectel's RG520N/RM520N
//! AT manual and 3GPP TS 27.007.

use std::collections::BTreeMap;

use qmi::Verbose;

use super::{network, At, Failure, Form, Outcome};
use crate::session::{Modem, PinError, Profile, SimState};

/// What `AT+QCFG` keeps; survives a reset of the modem.
pub struct Config(BTreeMap<&'static str, String>);

impl Default for Config {
    /// A module on its PCIe interface, in QMI mode.
    fn default() -> Self {
        Config(BTreeMap::from([
            ("data_interface", "1,0".to_owned()),
            ("pcie/mode", "0".to_owned()),
            ("pcie_mbim", "0".to_owned()),
            ("usbnet", "0".to_owned()),
            ("ims", "0,0".to_owned()),
        ]))
    }
}

const NOT_ALLOWED: Failure = Failure::Cme(3, "operation not allowed");
const NO_SIM: Failure = Failure::Cme(10, "SIM not inserted");
const PIN_REQUIRED: Failure = Failure::Cme(11, "SIM PIN required");
const PUK_REQUIRED: Failure = Failure::Cme(12, "SIM PUK required");
const SIM_FAILURE: Failure = Failure::Cme(13, "SIM failure");
const WRONG_PASSWORD: Failure = Failure::Cme(16, "incorrect password");
const WRONG_PARAMETERS: Failure = Failure::Cme(50, "incorrect parameters");

type Handler = fn(&mut At, &mut Modem, &Form) -> Outcome;

const COMMANDS: &[(&str, Handler)] = &[
    ("+C5GREG", |at, modem, form| {
        network::registration(at, modem, form, 3)
    }),
    ("+CEREG", |at, modem, form| {
        network::registration(at, modem, form, 2)
    }),
    ("+CFUN", functionality),
    ("+CGACT", network::contexts_active),
    ("+CGATT", network::attached),
    ("+CGCONTRDP", network::context_details),
    ("+CGDCONT", contexts),
    ("+CGMI", |_, modem, form| {
        run_only(form, &modem.identity.manufacturer)
    }),
    ("+CGMM", |_, modem, form| {
        run_only(form, &modem.identity.model)
    }),
    ("+CGMR", |_, modem, form| {
        run_only(form, &modem.identity.revision())
    }),
    ("+CGPADDR", network::addresses),
    ("+CGREG", |at, modem, form| {
        network::registration(at, modem, form, 1)
    }),
    ("+CGSN", |_, modem, form| {
        run_only(form, &modem.identity.imei)
    }),
    ("+CIMI", imsi),
    ("+CLCK", lock),
    ("+CMEE", error_format),
    ("+COPS", network::operator),
    ("+CPIN", pin),
    ("+CREG", |at, modem, form| {
        network::registration(at, modem, form, 0)
    }),
    ("+CSQ", network::quality),
    ("+GMI", |_, modem, form| {
        run_only(form, &modem.identity.manufacturer)
    }),
    ("+GMM", |_, modem, form| {
        run_only(form, &modem.identity.model)
    }),
    ("+GMR", |_, modem, form| {
        run_only(form, &modem.identity.revision())
    }),
    ("+GSN", |_, modem, form| {
        run_only(form, &modem.identity.imei)
    }),
    ("+ICCID", |_, modem, form| iccid("+ICCID", modem, form)),
    ("+QCCID", |_, modem, form| iccid("+QCCID", modem, form)),
    ("+QCFG", configuration),
    ("+QENG", network::cells),
    ("+QGMR", |_, modem, form| {
        run_only(
            form,
            &format!("{}_01.200.01.200", modem.identity.revision()),
        )
    }),
    ("+QNWINFO", network::info),
    ("+QNWPREFCFG", preferences),
    ("+QPINC", pin_retries),
    ("+QSIMSTAT", sim_state),
    ("+QSPN", network::provider),
    ("+QUIMSLOT", |_, _, form| match form {
        Form::Read => Ok(vec!["+QUIMSLOT: 1".to_owned()]),
        _ => Err(NOT_ALLOWED),
    }),
];

/// Runs an extended command.
pub fn run(at: &mut At, modem: &mut Modem, name: &str, form: &Form) -> Outcome {
    let row = COMMANDS
        .iter()
        .find(|row| row.0 == name)
        .ok_or(Failure::Error)?;
    match form {
        // Most manuals' lists of ranges are of no use to programs; that the command exists is.
        Form::Test if name != "+QNWPREFCFG" => Ok(Vec::new()),
        _ => row.1(at, modem, form),
    }
}

/// A command whose only form is to be run, and what it says.
fn run_only(form: &Form, text: &str) -> Outcome {
    match form {
        Form::Run => Ok(vec![text.to_owned()]),
        _ => Err(WRONG_PARAMETERS),
    }
}

fn functionality(_: &mut At, modem: &mut Modem, form: &Form) -> Outcome {
    let arguments = match form {
        Form::Read => {
            return Ok(vec![format!(
                "+CFUN: {}",
                if modem.radio_on { 1 } else { 4 }
            )])
        }
        Form::Set(arguments) => arguments,
        _ => return Err(WRONG_PARAMETERS),
    };
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match arguments.as_slice() {
        ["1", "1"] => modem.restart = true,
        ["1"] | ["1", "0"] => modem.radio_on = true,
        ["0" | "4"] | ["0" | "4", "0"] => modem.radio_on = false,
        _ => return Err(WRONG_PARAMETERS),
    }
    // 219: low power mode.
    modem.settle(Verbose::internal(219));
    Ok(Vec::new())
}

fn error_format(at: &mut At, _: &mut Modem, form: &Form) -> Outcome {
    match form {
        Form::Read => return Ok(vec![format!("+CMEE: {}", at.settings.errors)]),
        Form::Set(arguments) => match arguments.first().and_then(|n| n.parse().ok()) {
            Some(format @ 0..=2) => at.settings.errors = format,
            _ => return Err(WRONG_PARAMETERS),
        },
        _ => return Err(WRONG_PARAMETERS),
    }
    Ok(Vec::new())
}

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

fn imsi(_: &mut At, modem: &mut Modem, form: &Form) -> Outcome {
    usable(modem)?;
    run_only(form, &modem.sim.imsi)
}

fn iccid(name: &str, modem: &Modem, form: &Form) -> Outcome {
    match (form, modem.sim.state) {
        (_, SimState::Absent) => Err(NO_SIM),
        (Form::Run | Form::Read, _) => Ok(vec![format!("{name}: {}", modem.sim.iccid)]),
        _ => Err(WRONG_PARAMETERS),
    }
}

fn pin(_: &mut At, modem: &mut Modem, form: &Form) -> Outcome {
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

/// Facility lock: only whether the SIM asks for its PIN, and that only to be read.
fn lock(_: &mut At, modem: &mut Modem, form: &Form) -> Outcome {
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

fn pin_retries(_: &mut At, modem: &mut Modem, form: &Form) -> Outcome {
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

fn sim_state(_: &mut At, modem: &mut Modem, form: &Form) -> Outcome {
    match form {
        Form::Read => Ok(vec![format!(
            "+QSIMSTAT: 0,{}",
            u8::from(modem.sim.state != SimState::Absent)
        )]),
        _ => Err(WRONG_PARAMETERS),
    }
}

/// `AT+QNWPREFCFG="key"` asks, `AT+QNWPREFCFG="key",value` sets.
fn preferences(_: &mut At, modem: &mut Modem, form: &Form) -> Outcome {
    let arguments = match form {
        Form::Set(arguments) => arguments,
        Form::Test => {
            let line = |(key, _)| format!("+QNWPREFCFG: \"{key}\"");
            return Ok(modem.preferences.iter().map(line).collect());
        }
        _ => return Err(WRONG_PARAMETERS),
    };
    match arguments.as_slice() {
        [key] => {
            let value = modem.preferences.get(key).ok_or(WRONG_PARAMETERS)?;
            Ok(vec![format!("+QNWPREFCFG: \"{key}\",{value}")])
        }
        [key, value] => {
            if !modem.preferences.set(key, value) {
                return Err(WRONG_PARAMETERS);
            }
            // 214: unpreferred radio.
            modem.settle(Verbose::internal(214));
            Ok(Vec::new())
        }
        _ => Err(WRONG_PARAMETERS),
    }
}

/// `AT+QCFG="key"` asks, `AT+QCFG="key",n[,n]` sets as many numbers as the key has.
fn configuration(at: &mut At, _: &mut Modem, form: &Form) -> Outcome {
    let Form::Set(arguments) = form else {
        return Err(WRONG_PARAMETERS);
    };
    let (key, values) = arguments.split_first().ok_or(WRONG_PARAMETERS)?;
    let kept = at.config.0.get_mut(key.as_str()).ok_or(WRONG_PARAMETERS)?;
    if values.is_empty() {
        return Ok(vec![format!("+QCFG: \"{key}\",{kept}")]);
    }
    let numbers = values.iter().all(|value| value.parse::<u8>().is_ok());
    if !numbers || values.len() != kept.split(',').count() {
        return Err(WRONG_PARAMETERS);
    }
    *kept = values.join(",");
    Ok(Vec::new())
}

fn contexts(_: &mut At, modem: &mut Modem, form: &Form) -> Outcome {
    use qmi::wds::PdpType;
    const TYPES: &[(&str, PdpType)] = &[
        ("IP", PdpType::Ipv4),
        ("IPV6", PdpType::Ipv6),
        ("IPV4V6", PdpType::Ipv4v6),
        ("PPP", PdpType::Ppp),
    ];
    let arguments = match form {
        Form::Read => {
            let line = |(index, profile): (u8, &Profile)| {
                let known = TYPES.iter().find(|row| row.1 == profile.pdp_type);
                let name = known.map_or("IPV4V6", |row| row.0);
                let apn = String::from_utf8_lossy(&profile.apn);
                format!("+CGDCONT: {index},\"{name}\",\"{apn}\",\"0.0.0.0\",0,0,0,0")
            };
            return Ok(modem.profiles.iter().map(line).collect());
        }
        Form::Set(arguments) => arguments,
        _ => return Err(WRONG_PARAMETERS),
    };
    let (index, rest) = arguments.split_first().ok_or(WRONG_PARAMETERS)?;
    let index = index.parse().map_err(|_| WRONG_PARAMETERS)?;
    let Some(name) = rest.first() else {
        // A number alone forgets the context.
        return match modem.profiles.remove(index) {
            true => Ok(Vec::new()),
            false => Err(WRONG_PARAMETERS),
        };
    };
    let known = TYPES.iter().find(|row| row.0.eq_ignore_ascii_case(name));
    let pdp_type = known.ok_or(WRONG_PARAMETERS)?.1;
    let apn = rest.get(1).map(String::as_bytes).unwrap_or_default();
    let mut profile = match modem.profiles.get(index) {
        Some(profile) => profile.clone(),
        None => Profile::new(pdp_type, apn),
    };
    (profile.pdp_type, profile.apn) = (pdp_type, apn.to_vec());
    match modem.profiles.set(index, profile) {
        true => Ok(Vec::new()),
        false => Err(WRONG_PARAMETERS),
    }
}
