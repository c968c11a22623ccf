// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
//! The service Basic Connect: which command is answered by what, and what the device says of itself.

use mbim::service::{basic, status, BASIC_CONNECT, INTERNET};
use mbim::{Command, Reader, Writer};
use qmi::Verbose;

use super::{connect, info, provider, refused, sim, Answer, Mbim, Told};
use crate::session::{Modem, Technology};

/// Sessions at the same time: as many as there are links in the benchmark; NTB16 has room for 256.
pub(super) const SESSIONS: u8 = 64;
/// Data classes: 5G standalone, 5G non-standalone, LTE.
const SA: u32 = 1 << 7;
const NSA: u32 = 1 << 6;
const LTE: u32 = 1 << 5;
/// `WWAN_3GPP` cellular class.
pub(super) const GSM: u32 = 1;

/// Every command that there is, as DEVICE_SERVICES lists it.
const COMMANDS: [u32; 15] = [
    basic::DEVICE_CAPS,
    basic::SUBSCRIBER_READY_STATUS,
    basic::RADIO_STATE,
    basic::PIN,
    basic::PIN_LIST,
    basic::HOME_PROVIDER,
    basic::REGISTER_STATE,
    basic::PACKET_SERVICE,
    basic::SIGNAL_STATE,
    basic::CONNECT,
    basic::PROVISIONED_CONTEXTS,
    basic::IP_CONFIGURATION,
    basic::DEVICE_SERVICES,
    basic::SUBSCRIBE_LIST,
    basic::PACKET_STATISTICS,
];

/// When the host wants to be told of the signal; kept, the emulated signal never changes by itself.
#[derive(Clone, Copy, Default)]
pub(super) struct Reports {
    interval: u32,
    rssi: u32,
    errors: u32,
}

/// Answers a command.
pub(super) fn answer(port: &mut Mbim, modem: &mut Modem, command: &Command<'_>) -> Answer {
    let mut read = Reader::new(command.info);
    match (command.cid, command.set) {
        (basic::DEVICE_CAPS, false) => Ok(capabilities(modem)),
        (basic::DEVICE_SERVICES, false) => Ok(services()),
        (basic::SUBSCRIBE_LIST, true) => subscribe(command.info),
        (basic::RADIO_STATE, false) => Ok(radio(modem)),
        (basic::RADIO_STATE, true) => match read.u32() {
            Some(state @ (0 | 1)) => {
                modem.radio_on = state == 1;
                // 219: radio off.
                modem.settle(Verbose::internal(219));
                Ok(radio(modem))
            }
            _ => refused(status::INVALID_PARAMETERS),
        },
        (basic::SUBSCRIBER_READY_STATUS, false) => Ok(sim::ready(modem)),
        (basic::PIN, false) => Ok(sim::pin(modem)),
        (basic::PIN, true) => sim::set_pin(modem, read),
        (basic::PIN_LIST, false) => Ok(sim::pin_list(modem)),
        (basic::HOME_PROVIDER, false) => Ok(provider::home(modem)),
        (basic::REGISTER_STATE, false) => Ok(provider::registration(modem)),
        (basic::REGISTER_STATE, true) => provider::register(modem, read),
        (basic::PACKET_SERVICE, false) => Ok(provider::packet_service(modem)),
        (basic::PACKET_SERVICE, true) => provider::attach(modem, read),
        (basic::SIGNAL_STATE, false) => Ok(signal(port.signal, modem)),
        (basic::SIGNAL_STATE, true) => match (read.u32(), read.u32(), read.u32()) {
            (Some(interval), Some(rssi), Some(errors)) => {
                port.signal = Reports {
                    interval,
                    rssi,
                    errors,
                };
                Ok(signal(port.signal, modem))
            }
            _ => refused(status::INVALID_PARAMETERS),
        },
        (basic::CONNECT, false) => connect::query(&port.contexts, read),
        (basic::CONNECT, true) => connect::set(&mut port.contexts, modem, read),
        (basic::IP_CONFIGURATION, false) => connect::configuration(&port.contexts, modem, read),
        (basic::PROVISIONED_CONTEXTS, false) => Ok(contexts(modem)),
        (basic::PACKET_STATISTICS, false) => Ok(statistics(modem)),
        _ => refused(status::NO_DEVICE_SUPPORT),
    }
}

/// The indications for a change of the modem's state.
pub(super) fn changes(modem: &Modem, before: Told, now: Told) -> Vec<(u32, Vec<u8>)> {
    let mut changes = Vec::new();
    if now.radio_on != before.radio_on {
        changes.push((basic::RADIO_STATE, radio(modem)));
    }
    if now.sim != before.sim {
        changes.push((basic::SUBSCRIBER_READY_STATUS, sim::ready(modem)));
    }
    if now.registration != before.registration || now.technology != before.technology {
        changes.push((basic::REGISTER_STATE, provider::registration(modem)));
        changes.push((basic::PACKET_SERVICE, provider::packet_service(modem)));
    }
    changes
}

/// Data classes in use.
pub(super) fn data_class(technology: Option<Technology>) -> u32 {
    match technology {
        Some(Technology::Sa) => SA,
        Some(Technology::Nsa) => NSA | LTE,
        Some(Technology::Lte) => LTE,
        None => 0,
    }
}

fn capabilities(modem: &Modem) -> Vec<u8> {
    let identity = &modem.identity;
    info(64, |to| {
        // Embedded; GSM class; no voice; removable SIM; SMS as PDU both ways; the radio is switched by hand.
        to.u32(1).u32(GSM).u32(1).u32(2);
        to.u32(LTE | NSA | SA).u32(3).u32(1).u32(SESSIONS.into());
        to.string("")
            .string(&identity.imei)
            .string(&identity.revision())
            .string(&identity.model);
    })
}

fn services() -> Vec<u8> {
    let mut element = vec![0; 28 + 4 * COMMANDS.len()];
    let mut writer = Writer::new(&mut element, 28 + 4 * COMMANDS.len());
    // No stream of its own (DSS).
    writer.field(&BASIC_CONNECT.0).u32(0).u32(0);
    writer.u32(COMMANDS.len() as u32);
    for cid in COMMANDS {
        writer.u32(cid);
    }
    info(16, |to| {
        to.u32(1).u32(0).pointer(&element);
    })
}

/// All indications come anyway; the list is checked and said again.
fn subscribe(list: &[u8]) -> Answer {
    let mut read = Reader::new(list);
    let count = read.u32().unwrap_or(0);
    for _ in 0..count {
        let element = read.pointed().map(Reader::new);
        let known = element.is_some_and(|mut element| {
            let _service = element.array::<16>();
            let cids = element.u32().unwrap_or(0);
            (0..cids).all(|_| element.u32().is_some())
        });
        if !known {
            return refused(status::INVALID_PARAMETERS);
        }
    }
    Ok(list.to_vec())
}

fn radio(modem: &Modem) -> Vec<u8> {
    info(8, |to| {
        to.u32(1).u32(modem.radio_on.into());
    })
}

fn signal(reports: Reports, modem: &Modem) -> Vec<u8> {
    let dbm = match modem.technology() {
        None => None,
        Some(Technology::Lte) => Some(i32::from(modem.network.lte.rssi)),
        // 5G has no RSSI: what the reference signal's power is taken for.
        Some(_) => Some(i32::from(modem.network.nr5g.rsrp) + 20),
    };
    // 0 is -113 dBm, 31 is -51 dBm and more, 99 is not known (MBIM 1.0, 10.5.12).
    let coded = dbm.map_or(99, |dbm| (dbm + 113).clamp(0, 62) as u32 / 2);
    info(20, |to| {
        to.u32(coded).u32(99);
        to.u32(reports.interval)
            .u32(reports.rssi)
            .u32(reports.errors);
    })
}

fn contexts(modem: &Modem) -> Vec<u8> {
    let elements: Vec<_> = modem
        .profiles
        .iter()
        .map(|(index, profile)| {
            info(52, |to| {
                to.u32(index.into()).field(&INTERNET.0);
                for text in [&profile.apn, &profile.user, &profile.password] {
                    to.string(&String::from_utf8_lossy(text));
                }
                to.u32(0).u32(profile.authentication.into());
            })
        })
        .collect();
    info(4 + 8 * elements.len(), |to| {
        to.u32(elements.len() as u32);
        for element in &elements {
            to.pointer(element);
        }
    })
}

fn statistics(modem: &Modem) -> Vec<u8> {
    let mut sum = crate::session::Traffic::default();
    for (_, session) in modem.sessions() {
        sum.ul_packets += session.traffic.ul_packets;
        sum.ul_bytes += session.traffic.ul_bytes;
        sum.ul_dropped += session.traffic.ul_dropped;
        sum.dl_packets += session.traffic.dl_packets;
        sum.dl_bytes += session.traffic.dl_bytes;
        sum.dl_dropped += session.traffic.dl_dropped;
    }
    info(48, |to| {
        to.u32(sum.dl_dropped as u32).u32(0);
        to.u64(sum.dl_bytes).u64(sum.dl_packets);
        to.u64(sum.ul_bytes).u64(sum.ul_packets);
        to.u32(0).u32(sum.ul_dropped as u32);
    })
}
