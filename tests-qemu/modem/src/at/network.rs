// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
//! Commands about the network: registration and operator.

use super::commands::WRONG_PARAMETERS;
use super::sim::usable;
use super::{At, Failure, Form, Outcome};
use crate::session::{Modem, Registration, SimState, Technology};

/// Names of the four registration commands, as `Settings::reports` numbers them.
const NAMES: [&str; 4] = ["+CREG", "+CGREG", "+CEREG", "+C5GREG"];

/// `AT+CREG` and its like.
pub fn registration(at: &mut At, modem: &mut Modem, form: &Form, which: usize) -> Outcome {
    let Some(report) = at.settings.reports.get_mut(which) else {
        return Err(Failure::Error);
    };
    match form {
        Form::Read => {
            let name = NAMES.get(which).unwrap_or(&"");
            Ok(vec![format!(
                "{name}: {report},{}",
                state(modem, which, *report)
            )])
        }
        Form::Set(arguments) => match arguments.first().and_then(|n| n.parse().ok()) {
            Some(wanted @ 0..=2) => {
                *report = wanted;
                Ok(Vec::new())
            }
            _ => Err(WRONG_PARAMETERS),
        },
        _ => Err(WRONG_PARAMETERS),
    }
}

/// The unsolicited lines for a changed registration.
pub fn reports(modem: &Modem, wanted: [u8; 4]) -> Vec<String> {
    let wanted = wanted
        .into_iter()
        .zip(NAMES)
        .enumerate()
        .filter(|(_, (report, _))| *report > 0);
    wanted
        .map(|(which, (report, name))| format!("{name}: {}", state(modem, which, report)))
        .collect()
}

/// State and, if wanted, cell: `1,"B4","12D687",11`.
fn state(modem: &Modem, which: usize, report: u8) -> String {
    let here = match which {
        2 => |technology| technology != Technology::Sa,
        3 => |technology| technology == Technology::Sa,
        _ => |_| true,
    };
    let number = match (
        modem.technology().filter(|&technology| here(technology)),
        modem.network.registration,
    ) {
        (Some(_), Registration::Roaming) => 5,
        (Some(_), _) => 1,
        (None, _) if !modem.radio_on || modem.sim.state != SimState::Ready => 0,
        (None, Registration::Searching) => 2,
        (None, Registration::Denied) => 3,
        (None, _) => 0,
    };
    match (report, number, modem.technology()) {
        (2, 1 | 5, Some(technology)) => {
            format!(
                "{number},\"{:X}\",\"{:X}\",{}",
                modem.network.tac,
                modem.network.cell,
                access(technology)
            )
        }
        _ => number.to_string(),
    }
}

/// Access technology in 3GPP TS 27.007's numbers: 7 E-UTRAN, 11 NR on a 5G core, 13 E-UTRAN with NR.
fn access(technology: Technology) -> u8 {
    match technology {
        Technology::Lte => 7,
        Technology::Nsa => 13,
        Technology::Sa => 11,
    }
}

/// `AT+COPS`: reads the operator, takes automatic selection, in either format.
pub fn operator(at: &mut At, modem: &mut Modem, form: &Form) -> Outcome {
    match form {
        Form::Read => Ok(vec![match modem.technology() {
            None => "+COPS: 0".to_owned(),
            Some(technology) => {
                let (format, name) = match at.settings.numeric_operator {
                    true => (2, plmn(modem)),
                    false => (0, modem.network.name.clone()),
                };
                format!("+COPS: 0,{format},\"{name}\",{}", access(technology))
            }
        }]),
        Form::Set(arguments) => {
            let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
            match arguments.as_slice() {
                ["0"] => {}
                ["3" | "0", "0" | "1"] => at.settings.numeric_operator = false,
                ["3" | "0", "2"] => at.settings.numeric_operator = true,
                _ => return Err(WRONG_PARAMETERS),
            }
            Ok(Vec::new())
        }
        _ => Err(WRONG_PARAMETERS),
    }
}

/// The operator as digits.
pub fn plmn(modem: &Modem) -> String {
    format!("{:03}{:02}", modem.network.mcc, modem.network.mnc)
}

/// `AT+QSPN`: full, short and provider's name, alphabet, PLMN.
pub fn provider(_: &mut At, modem: &mut Modem, form: &Form) -> Outcome {
    usable(modem)?;
    let name = &modem.network.name;
    match form {
        Form::Run | Form::Read => Ok(vec![format!(
            "+QSPN: \"{name}\",\"{name}\",\"{name}\",0,\"{}\"",
            plmn(modem)
        )]),
        _ => Err(WRONG_PARAMETERS),
    }
}

/// `AT+CGATT?`
pub fn attached(_: &mut At, modem: &mut Modem, form: &Form) -> Outcome {
    match form {
        Form::Read => Ok(vec![format!(
            "+CGATT: {}",
            u8::from(modem.technology().is_some())
        )]),
        _ => Err(WRONG_PARAMETERS),
    }
}
