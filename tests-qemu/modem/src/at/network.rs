// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
//! Commands about the network: registration, operator, signal, cells, contexts in use.

use std::net::IpAddr;

use super::commands::usable;
use super::{At, Failure, Form, Outcome};
use crate::session::{Modem, Registration, Session, SimState, Technology};

const WRONG_PARAMETERS: Failure = Failure::Cme(50, "incorrect parameters");
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

fn plmn(modem: &Modem) -> String {
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

/// `AT+CSQ`: (RSSI + 113) / 2; unknown outside LTE, whose RSSI it is.
pub fn quality(_: &mut At, modem: &mut Modem, form: &Form) -> Outcome {
    if *form != Form::Run {
        return Err(WRONG_PARAMETERS);
    }
    let quality = match modem.technology() {
        Some(Technology::Lte | Technology::Nsa) => {
            ((i16::from(modem.network.lte.rssi) + 113) / 2).clamp(0, 31)
        }
        _ => 99,
    };
    Ok(vec![format!("+CSQ: {quality},99")])
}

/// `AT+QNWINFO`: access technology, operator, band, channel.
pub fn info(_: &mut At, modem: &mut Modem, form: &Form) -> Outcome {
    if *form != Form::Run {
        return Err(WRONG_PARAMETERS);
    }
    let plmn = plmn(modem);
    let lte = format!("+QNWINFO: \"FDD LTE\",\"{plmn}\",\"LTE BAND 3\",1650");
    let nr5g = format!("+QNWINFO: \"TDD NR5G\",\"{plmn}\",\"NR5G BAND 78\",636666");
    Ok(match modem.technology() {
        None => vec!["+QNWINFO: No Service".to_owned()],
        Some(Technology::Lte) => vec![lte],
        Some(Technology::Nsa) => vec![lte, nr5g],
        Some(Technology::Sa) => vec![nr5g],
    })
}

/// `AT+QENG="servingcell"`.
pub fn cells(_: &mut At, modem: &mut Modem, form: &Form) -> Outcome {
    match form {
        Form::Set(arguments) if arguments.iter().map(String::as_str).eq(["servingcell"]) => {}
        _ => return Err(WRONG_PARAMETERS),
    }
    let network = &modem.network;
    let (lte, nr5g) = (network.lte, network.nr5g);
    let (mcc, mnc) = (format!("{:03}", network.mcc), format!("{:02}", network.mnc));
    let (cell, tac) = (network.cell, network.tac);
    let connected = match modem.sessions().next() {
        Some(_) => "CONNECT",
        None => "NOCONN",
    };
    // Duplex, network, cell, PCI, EARFCN, band, bandwidths, TAC, RSRP, RSRQ, RSSI, SINR, CQI, power, Srxlev.
    let lte = format!(
        "\"LTE\",\"FDD\",{mcc},{mnc},{cell:X},301,1650,3,5,5,{tac:X},{},{},{},{},15,-,48",
        lte.rsrp,
        lte.rsrq,
        lte.rssi,
        lte.snr / 10
    );
    Ok(match modem.technology() {
        None => vec!["+QENG: \"servingcell\",\"SEARCH\"".to_owned()],
        Some(Technology::Lte) => vec![format!("+QENG: \"servingcell\",\"{connected}\",{lte}")],
        Some(Technology::Nsa) => vec![
            format!("+QENG: \"servingcell\",\"{connected}\""),
            format!("+QENG: {lte}"),
            // Network, PCI, RSRP, SINR, RSRQ, ARFCN, band, bandwidth, subcarrier spacing.
            format!(
                "+QENG: \"NR5G-NSA\",{mcc},{mnc},701,{},{},{},636666,78,12,1",
                nr5g.rsrp,
                nr5g.snr / 10,
                nr5g.rsrq
            ),
        ],
        // Duplex, network, cell, PCI, TAC, ARFCN, band, bandwidth, RSRP, RSRQ, SINR, spacing, Srxlev.
        Some(Technology::Sa) => vec![format!(
            "+QENG: \"servingcell\",\"{connected}\",\"NR5G-SA\",\"TDD\",{mcc},{mnc},{cell:X},701,{tac:X},636666,78,12,\
             {},{},{},1,40",
            nr5g.rsrp,
            nr5g.rsrq,
            nr5g.snr / 10
        )],
    })
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

/// `AT+CGACT?`: every context and whether a session uses it.
pub fn contexts_active(_: &mut At, modem: &mut Modem, form: &Form) -> Outcome {
    if *form != Form::Read {
        return Err(WRONG_PARAMETERS);
    }
    let line = |index| {
        format!(
            "+CGACT: {index},{}",
            u8::from(using(modem, index).is_some())
        )
    };
    Ok(modem
        .profiles
        .iter()
        .map(|(index, _)| line(index))
        .collect())
}

/// `AT+CGPADDR[=n]`: the addresses of contexts in use.
pub fn addresses(_: &mut At, modem: &mut Modem, form: &Form) -> Outcome {
    let wanted = match form {
        Form::Run | Form::Read => None,
        Form::Set(arguments) => match arguments.as_slice() {
            [index] => Some(index.parse::<u8>().map_err(|_| WRONG_PARAMETERS)?),
            _ => return Err(WRONG_PARAMETERS),
        },
        Form::Test => return Err(WRONG_PARAMETERS),
    };
    let chosen = modem
        .profiles
        .iter()
        .map(|(index, _)| index)
        .filter(|&index| wanted.is_none_or(|n| n == index));
    let line = |index| {
        let (v4, v6) = match using(modem, index) {
            Some(session) => (
                session.ipv4.map(|side| side.address),
                session.ipv6.map(|side| side.address),
            ),
            None => (None, None),
        };
        let v4 = v4.map_or("0.0.0.0".to_owned(), |address| address.to_string());
        let v6 = v6.map_or("0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0".to_owned(), |address| {
            dotted(address.into())
        });
        format!("+CGPADDR: {index},\"{v4}\",\"{v6}\"")
    };
    Ok(chosen.map(line).collect())
}

/// `AT+CGCONTRDP[=n]`: context, bearer, APN, address and mask, gateway, DNS servers.
pub fn context_details(_: &mut At, modem: &mut Modem, form: &Form) -> Outcome {
    let wanted = match form {
        Form::Run => None,
        Form::Set(arguments) => arguments.first().and_then(|index| index.parse::<u8>().ok()),
        _ => return Err(WRONG_PARAMETERS),
    };
    let mut lines = Vec::new();
    for (_, session) in modem
        .sessions()
        .filter(|(_, session)| wanted.is_none_or(|n| n == session.profile))
    {
        let (index, apn) = (session.profile, &session.apn);
        if let Some(side) = session.ipv4 {
            let [dns1, dns2] = side.dns;
            let (address, mask, gateway) = (side.address, side.mask(), side.gateway);
            lines.push(format!("+CGCONTRDP: {index},5,\"{apn}\",\"{address}.{mask}\",\"{gateway}\",\"{dns1}\",\"{dns2}\""));
        }
        if let Some(side) = session.ipv6 {
            let [address, gateway, dns1, dns2] =
                [side.address, side.gateway, side.dns[0], side.dns[1]]
                    .map(|address| dotted(address.into()));
            lines.push(format!(
                "+CGCONTRDP: {index},5,\"{apn}\",\"{address}\",\"{gateway}\",\"{dns1}\",\"{dns2}\""
            ));
        }
    }
    Ok(lines)
}

/// A session that uses a context.
fn using(modem: &Modem, index: u8) -> Option<&Session> {
    modem
        .sessions()
        .map(|(_, session)| session)
        .find(|session| session.profile == index)
}

/// Addresses as TS 27.007 writes them by default: bytes in decimal, with dots.
fn dotted(address: IpAddr) -> String {
    let bytes = match address {
        IpAddr::V4(address) => address.octets().to_vec(),
        IpAddr::V6(address) => address.octets().to_vec(),
    };
    bytes
        .iter()
        .map(u8::to_string)
        .collect::<Vec<_>>()
        .join(".")
}
