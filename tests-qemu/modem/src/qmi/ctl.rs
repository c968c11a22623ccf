// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
//! The control service.

use qmi::ctl::{
    AllocateClient, Allocated, Client, GetVersions, ReleaseClient, Sync, Synced, Version, Versions,
};
use qmi::{service, ErrorCode, List8, Message, Request};

use super::reply::{ask, done, reply, Answer, Event};
use super::Services;
use crate::session::Modem;

/// What this modem has. Clients read the numbers of the services and pass over the versions.
const SERVICES: &[Version] = &[
    version(service::CTL, 1, 5),
    version(service::WDS, 1, 205),
    version(service::DMS, 1, 60),
    version(service::NAS, 1, 25),
    version(service::WMS, 1, 10),
    version(service::UIM, 1, 60),
    version(service::LOC, 2, 0),
    version(service::WDA, 1, 16),
    version(service::PDC, 1, 0),
    version(service::DSD, 1, 20),
];

const fn version(service: u8, major: u16, minor: u16) -> Version {
    Version {
        service,
        major,
        minor,
    }
}

/// Answers a request.
pub fn answer(services: &mut Services, modem: &mut Modem, message: &Message<'_>) -> Answer {
    match message.id {
        Sync::ID => {
            services.release_all(modem);
            done()
        }
        GetVersions::ID => reply(&Versions {
            services: List8::new(SERVICES),
        }),
        AllocateClient::ID => {
            let AllocateClient { service } = ask(message)?;
            if service == service::CTL || !SERVICES.iter().any(|known| known.service == service) {
                return Err(ErrorCode::INVALID_SERVICE_TYPE.into());
            }
            let id = services
                .clients
                .allocate(service)
                .ok_or(ErrorCode::CLIENT_IDS_EXHAUSTED)?;
            reply(&Allocated {
                client: Client { service, id },
            })
        }
        ReleaseClient::ID => {
            let ReleaseClient { client } = ask(message)?;
            match services.release(modem, client.service, client.id) {
                true => reply(&Allocated { client }),
                false => Err(ErrorCode::INVALID_CLIENT_ID.into()),
            }
        }
        _ => Err(ErrorCode::INVALID_QMI_COMMAND.into()),
    }
}

/// Tells the host that all client ids are void.
pub fn synced() -> Event {
    Event::new(0, &Synced {})
}
