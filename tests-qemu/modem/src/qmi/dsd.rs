// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
//! Which radio carries data.

use qmi::dsd::{GetSystemStatus, Radio, RegisterStatus, System, SystemStatus};
use qmi::{service, ErrorCode, List8, Message, Request};

use super::reply::{ask, done, reply, Answer, Event};
use super::Services;
use crate::session::{Modem, Technology};

/// Bits of [`System::mask`], numbered as in libqmi's `QmiDsdSoMask`: LTE with FDD; 5G below 6 GHz, with and without LTE.
const LTE_FDD: u64 = 1 << 12;
const NR5G_NSA: u64 = (1 << 41) | (1 << 43);
const NR5G_SA: u64 = (1 << 41) | (1 << 44);

/// Answers a request.
pub fn answer(services: &mut Services, modem: &mut Modem, message: &Message<'_>) -> Answer {
    match message.id {
        GetSystemStatus::ID => reply(&SystemStatus {
            systems: Some(List8::new(&systems(modem))),
        }),
        RegisterStatus::ID => {
            let RegisterStatus { enable } = ask(message)?;
            if let Some(client) = services.clients.get(service::DSD, message.client) {
                client.system_status = enable.unwrap_or(true);
            }
            done()
        }
        _ => Err(ErrorCode::INVALID_QMI_COMMAND.into()),
    }
}

/// Tells the clients that asked for it.
pub fn changed(services: &mut Services, modem: &Modem) {
    for client in services
        .clients
        .of(service::DSD, |client| client.system_status)
    {
        services.events.push(Event::new(
            client,
            &SystemStatus {
                systems: Some(List8::new(&systems(modem))),
            },
        ));
    }
}

fn systems(modem: &Modem) -> Vec<System> {
    let system = |radio, mask| System {
        technology: 0,
        radio,
        mask,
    };
    match modem.technology() {
        None => Vec::new(),
        Some(Technology::Lte) => vec![system(Radio::Lte, LTE_FDD)],
        Some(Technology::Nsa) => vec![system(Radio::Nr5g, NR5G_NSA)],
        Some(Technology::Sa) => vec![system(Radio::Nr5g, NR5G_SA)],
    }
}
