// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
//! Commands about PDP contexts: their definitions, and the addresses of those in use.

use std::net::IpAddr;

use qmi::wds::PdpType;

use super::commands::WRONG_PARAMETERS;
use super::{At, Form, Outcome};
use crate::session::{Modem, Profile, Session};

/// `AT+CGDCONT`: reads, sets and forgets contexts, which are the profiles of WDS.
pub fn define(_: &mut At, modem: &mut Modem, form: &Form) -> Outcome {
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

/// `AT+CGACT?`: every context and whether a session uses it.
pub fn active(_: &mut At, modem: &mut Modem, form: &Form) -> Outcome {
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
pub fn details(_: &mut At, modem: &mut Modem, form: &Form) -> Outcome {
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
