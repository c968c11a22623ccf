// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
//! The extended commands: those that guides, ModemManager and ordinary tools send. Formats after Quectel's RG520N/RM520N
//! AT manual and 3GPP TS 27.007.

use std::collections::BTreeMap;

use qmi::Verbose;

use super::{cell, context, network, sim, sms, At, Failure, Form, Outcome};
use crate::session::{Modem, Preferences};

/// What `AT+QCFG` keeps; survives a reset of the modem.
pub struct Config(BTreeMap<&'static str, String>);

impl Config {
    /// A module on its PCIe interface, in MBIM mode or else in QMI mode.
    pub fn new(mbim: bool) -> Self {
        Config(BTreeMap::from([
            ("data_interface", "1,0".to_owned()),
            ("pcie/mode", "0".to_owned()),
            ("pcie_mbim", u8::from(mbim).to_string()),
            ("usbnet", "0".to_owned()),
            ("ims", "0,0".to_owned()),
        ]))
    }
}

/// The error of what cannot be done.
pub const NOT_ALLOWED: Failure = Failure::Cme(3, "operation not allowed");
/// The error of forms and arguments that a command does not take.
pub const WRONG_PARAMETERS: Failure = Failure::Cme(50, "incorrect parameters");

type Handler = fn(&mut At, &mut Modem, &Form) -> Outcome;

const COMMANDS: &[(&str, Handler)] = &[
    ("+C5GREG", |at, modem, form| {
        network::registration(at, modem, form, 3)
    }),
    ("+CEREG", |at, modem, form| {
        network::registration(at, modem, form, 2)
    }),
    ("+CFUN", functionality),
    ("+CGACT", context::active),
    ("+CGATT", network::attached),
    ("+CGCONTRDP", context::details),
    ("+CGDCONT", context::define),
    ("+CGMI", |_, modem, form| {
        run_only(form, &modem.identity.manufacturer)
    }),
    ("+CGMM", |_, modem, form| {
        run_only(form, &modem.identity.model)
    }),
    ("+CGMR", |_, modem, form| {
        run_only(form, &modem.identity.revision())
    }),
    ("+CGPADDR", context::addresses),
    ("+CGREG", |at, modem, form| {
        network::registration(at, modem, form, 1)
    }),
    ("+CGSN", |_, modem, form| {
        run_only(form, &modem.identity.imei)
    }),
    ("+CIMI", sim::imsi),
    ("+CLCK", sim::lock),
    ("+CMEE", error_format),
    ("+CMGD", sms::delete),
    ("+CMGF", sms::format),
    ("+CMGL", sms::list),
    ("+CMGR", sms::read),
    ("+CMGS", sms::compose),
    ("+COPS", network::operator),
    ("+CPIN", sim::pin),
    ("+CREG", |at, modem, form| {
        network::registration(at, modem, form, 0)
    }),
    ("+CSCS", sms::alphabet),
    ("+CSMP", sms::parameters),
    ("+CSQ", cell::quality),
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
    ("+ICCID", |_, modem, form| sim::iccid("+ICCID", modem, form)),
    ("+QCAINFO", cell::carriers),
    ("+QCCID", |_, modem, form| sim::iccid("+QCCID", modem, form)),
    ("+QCFG", configuration),
    ("+QENG", cell::engineering),
    // ModemManager asks with a question mark, and gets the same.
    ("+QGMR", |_, modem, form| match form {
        Form::Run | Form::Read => Ok(vec![format!("{}_01.200.01.200", modem.identity.revision())]),
        _ => Err(WRONG_PARAMETERS),
    }),
    ("+QNWINFO", cell::info),
    ("+QNWPREFCFG", preferences),
    ("+QPINC", sim::pin_retries),
    ("+QSIMSTAT", sim::sim_state),
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
pub fn run_only(form: &Form, text: &str) -> Outcome {
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
        ["1"] | ["1", "0"] if modem.radio_lock.is_shut() => return Err(NOT_ALLOWED),
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

/// The keys of `AT+QNWPREFCFG` that ask for what the operator's policy allows, and that go back to it.
const POLICY: &str = "policy_band";
const RESTORE: &str = "restore_band";

/// `AT+QNWPREFCFG="key"` asks, `AT+QNWPREFCFG="key",value` sets.
fn preferences(at: &mut At, modem: &mut Modem, form: &Form) -> Outcome {
    let arguments = match form {
        Form::Set(arguments) => arguments,
        Form::Test => {
            let keys = modem.preferences.iter().map(|(key, _)| key);
            let line = |key| format!("+QNWPREFCFG: \"{key}\"");
            return Ok(keys.chain([POLICY, RESTORE]).map(line).collect());
        }
        _ => return Err(WRONG_PARAMETERS),
    };
    match arguments.as_slice() {
        [key] if key == POLICY => Ok(Preferences::policy()
            .map(|(key, bands)| format!("+QNWPREFCFG: \"{key}\",{bands}"))
            .collect()),
        [key] if key == RESTORE => {
            modem.preferences.restore_bands();
            Ok(Vec::new())
        }
        [key] => {
            let value = modem.preferences.get(key).ok_or(WRONG_PARAMETERS)?;
            Ok(vec![format!("+QNWPREFCFG: \"{key}\",{value}")])
        }
        [key, value] => {
            if at.stubborn.refused.as_deref() == Some(key) {
                return Err(WRONG_PARAMETERS);
            }
            if at.stubborn.ignored.as_deref() == Some(key) {
                return Ok(Vec::new());
            }
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
fn configuration(at: &mut At, modem: &mut Modem, form: &Form) -> Outcome {
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
    if key == "pcie_mbim" {
        modem.mbim_next = kept != "0";
    }
    Ok(Vec::new())
}
