// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
//! Contexts: CONNECT, and IP_CONFIGURATION of those that are up.

use mbim::service::{basic, status};
use mbim::{Reader, Uuid};
use qmi::wds::{CHAP, PAP};
use qmi::{reason, Verbose};

use super::basic::SESSIONS;
use super::{info, network_error, refused, Answer, Contexts};
use crate::session::{Ended, Family, Modem, AUTHENTICATION_FAILED, UNKNOWN_APN};

/// A context that the host has activated.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Context {
    apn: String,
    /// The type that the host has named, to be said again.
    kind: Uuid,
    families: Vec<Family>,
}

const ACTIVATED: u32 = 1;
const DEACTIVATED: u32 = 3;
/// Longest APN.
const LONGEST: usize = 100;

/// CONNECT as a question.
pub(super) fn query(contexts: &Contexts, mut read: Reader<'_>) -> Answer {
    let Some(session) = session(&mut read) else {
        return refused(status::INVALID_PARAMETERS);
    };
    Ok(state(session, contexts.get(&session), Verbose::gpp(0)))
}

/// CONNECT as an order.
pub(super) fn set(contexts: &mut Contexts, modem: &mut Modem, mut read: Reader<'_>) -> Answer {
    let Some(order) = order(&mut read) else {
        return refused(status::INVALID_PARAMETERS);
    };
    let session = order.session;
    match (order.activate, contexts.get(&session)) {
        (true, None) => activate(contexts, modem, order),
        (true, Some(context)) if context.apn == order.apn => {
            Ok(state(session, Some(context), Verbose::gpp(0)))
        }
        (true, Some(_)) => refused(status::MAX_ACTIVATED_CONTEXTS),
        (false, None) => refused(status::CONTEXT_NOT_ACTIVATED),
        (false, Some(_)) => {
            contexts.remove(&session);
            for family in [Family::V4, Family::V6] {
                modem.stop(session, family);
            }
            Ok(state(session, None, Verbose::gpp(0)))
        }
    }
}

/// What the host wants.
struct Order {
    session: u8,
    activate: bool,
    apn: String,
    user: String,
    password: String,
    /// PAP and CHAP bits.
    authentication: u8,
    families: Vec<Family>,
    kind: Uuid,
}

fn session(read: &mut Reader<'_>) -> Option<u8> {
    let session = u8::try_from(read.u32()?).ok()?;
    (session < SESSIONS).then_some(session)
}

fn order(read: &mut Reader<'_>) -> Option<Order> {
    let session = session(read)?;
    let activate = match read.u32()? {
        0 => false,
        1 => true,
        _ => return None,
    };
    let apn: String = read.string()?.chars().collect();
    let user = read.string()?.chars().collect();
    let password = read.string()?.chars().collect();
    let _compression = read.u32()?;
    let authentication = match read.u32()? {
        1 => PAP,
        2 => CHAP,
        _ => 0,
    };
    let families = match read.u32()? {
        1 => vec![Family::V4],
        2 => vec![Family::V6],
        0 | 3 | 4 => vec![Family::V4, Family::V6],
        _ => return None,
    };
    let kind = Uuid(read.array()?);
    (apn.len() <= LONGEST).then_some(Order {
        session,
        activate,
        apn,
        user,
        password,
        authentication,
        families,
        kind,
    })
}

fn activate(contexts: &mut Contexts, modem: &mut Modem, order: Order) -> Answer {
    let session = order.session;
    let credentials = (order.user.as_bytes(), order.password.as_bytes());
    let mut families = Vec::new();
    let mut reason = Verbose::gpp(0);
    for family in order.families {
        match modem.admit(family, &order.apn, credentials, order.authentication) {
            Ok(()) => families.push(family),
            Err(why) => reason = why,
        }
    }
    if families.is_empty() {
        return Err((verdict(modem, reason), state(session, None, reason)));
    }
    for &family in &families {
        modem.start(session, family, &order.apn, 1);
    }
    let context = Context {
        apn: order.apn,
        kind: order.kind,
        families,
    };
    let answer = state(session, Some(&context), reason);
    contexts.insert(session, context);
    Ok(answer)
}

/// The status for the reason of a refusal.
fn verdict(modem: &Modem, why: Verbose) -> u32 {
    match (why.kind, why.reason) {
        _ if !modem.radio_on => status::RADIO_POWER_OFF,
        (reason::Type::Gpp, UNKNOWN_APN) => status::INVALID_ACCESS_STRING,
        (reason::Type::Gpp, AUTHENTICATION_FAILED) => status::INVALID_USER_NAME_PWD,
        (reason::Type::Gpp, _) => status::FAILURE,
        // 2504: SIM not usable.
        (reason::Type::CallManager, 2504) => match modem.sim.state {
            crate::session::SimState::Absent => status::SIM_NOT_INSERTED,
            _ => status::PIN_REQUIRED,
        },
        _ => status::NOT_REGISTERED,
    }
}

/// What CONNECT answers and indicates.
fn state(session: u8, context: Option<&Context>, why: Verbose) -> Vec<u8> {
    let kind = context.map_or(mbim::service::INTERNET, |context| context.kind);
    let families = context.map_or(&[][..], |context| &context.families);
    let ip = match families {
        [Family::V4] => 1,
        [Family::V6] => 2,
        [] => 0,
        _ => 3,
    };
    info(36, |to| {
        to.u32(session.into());
        to.u32(if context.is_some() {
            ACTIVATED
        } else {
            DEACTIVATED
        });
        // No voice call.
        to.u32(0).u32(ip).field(&kind.0).u32(network_error(why));
    })
}

/// The indication of a context that the network ended, once it has ended in all its families.
pub(super) fn ended(
    contexts: &mut Contexts,
    modem: &Modem,
    ended: Ended,
) -> Option<(u32, Vec<u8>)> {
    if modem.session(ended.mux).is_some() {
        return None;
    }
    contexts.remove(&ended.mux)?;
    Some((basic::CONNECT, state(ended.mux, None, ended.reason)))
}

/// IP_CONFIGURATION.
pub(super) fn configuration(contexts: &Contexts, modem: &Modem, mut read: Reader<'_>) -> Answer {
    let Some(session) = session(&mut read) else {
        return refused(status::INVALID_PARAMETERS);
    };
    let (Some(_), Some(up)) = (contexts.get(&session), modem.session(session)) else {
        return refused(status::CONTEXT_NOT_ACTIVATED);
    };
    // Address, gateway, DNS servers and MTU are there.
    let all = |there: bool| if there { 0xf } else { 0 };
    let element = |prefix: u8, address: &[u8]| [&u32::from(prefix).to_le_bytes(), address].concat();
    let (address4, gateway4, dns4) = up.ipv4.map_or_else(Default::default, |ip| {
        let dns = ip.dns.map(|server| server.octets()).concat();
        let address = element(ip.prefix, &ip.address.octets());
        (address, ip.gateway.octets().to_vec(), dns)
    });
    let (address6, gateway6, dns6) = up.ipv6.map_or_else(Default::default, |ip| {
        let dns = ip.dns.map(|server| server.octets()).concat();
        let address = element(ip.prefix, &ip.address.octets());
        (address, ip.gateway.octets().to_vec(), dns)
    });
    let mtu = |there: bool| if there { u32::from(up.mtu) } else { 0 };
    let (v4, v6) = (up.ipv4.is_some(), up.ipv6.is_some());
    Ok(info(60, |to| {
        to.u32(session.into()).u32(all(v4)).u32(all(v6));
        to.u32(v4.into()).offset(&address4);
        to.u32(v6.into()).offset(&address6);
        to.offset(&gateway4).offset(&gateway6);
        to.u32(dns4.len() as u32 / 4).offset(&dns4);
        to.u32(dns6.len() as u32 / 16).offset(&dns6);
        to.u32(mtu(v4)).u32(mtu(v6));
    }))
}
