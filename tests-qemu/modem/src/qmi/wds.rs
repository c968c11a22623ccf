// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
//! Data sessions: binding to mux ids, starting and stopping, and who is told.

mod call;
mod settings;

use qmi::wds::{
    requested, AttachList, AttachParameters, Autoconnect, BindMuxDataPort, ChannelRates,
    ConfigChanged, Connection, Family as WireFamily, GetAttachList, GetAttachParameters,
    GetAutoconnect, GetChannelRates, GetPacketStatistics, GetSettings, GetStatus, Rates,
    RegisterIndications, Reset, SetAutoconnect, SetEventReport, SetIpFamily, StartNetwork, Status,
    StatusChanged, StatusIndication, StopNetwork,
};
use qmi::{service, wda, ErrorCode, List8, Message, Request, Text, Verbose};

use self::call::{coarse, start, stop};
use self::settings::{settings, statistics};
use super::calls::Key;
use super::reply::{ask, done, reply, Answer, Event};
use super::{profiles, Services};
use crate::session::{Ended, Family, Modem};

/// The profile that the modem attaches with.
const ATTACH_PROFILE: u8 = 1;

/// Answers a request.
pub fn answer(services: &mut Services, modem: &mut Modem, message: &Message<'_>) -> Answer {
    if let Some(answer) = profiles::answer(&mut modem.profiles, message) {
        return answer;
    }
    let id = message.client;
    let client = services
        .clients
        .get(service::WDS, id)
        .ok_or(ErrorCode::INVALID_CLIENT_ID)?;
    let key = (client.mux, client.family);
    match message.id {
        Reset::ID => {
            *client = Default::default();
            leave_all(services, modem, id);
            done()
        }
        // Event reports are about bearers, of which there is one kind here.
        SetEventReport::ID => ask::<SetEventReport>(message).map(|_| Vec::new()),
        RegisterIndications::ID => {
            let wanted: RegisterIndications = ask(message)?;
            client.ip_config = wanted.extended_ip_config.unwrap_or(client.ip_config);
            done()
        }
        BindMuxDataPort::ID => {
            let BindMuxDataPort {
                endpoint, mux_id, ..
            } = ask(message)?;
            match endpoint {
                Some(wda::Endpoint::PCIE) => {}
                Some(_) => return Err(ErrorCode::INVALID_ARGUMENT.into()),
                None => return Err(ErrorCode::MISSING_ARGUMENT.into()),
            }
            if !services.calls.of_client(id).is_empty() {
                return Err(ErrorCode::INVALID_OPERATION.into());
            }
            client.mux = mux_id.unwrap_or(0);
            done()
        }
        SetIpFamily::ID => {
            let SetIpFamily { family } = ask(message)?;
            client.family = wanted_family(family)?;
            done()
        }
        StartNetwork::ID => start(services, modem, key, message),
        StopNetwork::ID => {
            let StopNetwork { handle, .. } = ask(message)?;
            stop(services, modem, key, id, handle)
        }
        GetStatus::ID => reply(&Status {
            connection: match services.calls.get(key) {
                Some(_) => Connection::Connected,
                None => Connection::Disconnected,
            },
        }),
        GetSettings::ID => {
            let GetSettings { requested } = ask(message)?;
            settings(services, modem, key, requested.unwrap_or(u32::MAX))
        }
        GetPacketStatistics::ID => {
            let GetPacketStatistics { mask } = ask(message)?;
            statistics(modem, key.0, mask)
        }
        GetAutoconnect::ID => reply(&Autoconnect {
            status: 0,
            roaming: Some(0),
        }),
        SetAutoconnect::ID => match ask(message)? {
            SetAutoconnect { status: 0, .. } => done(),
            // This modem connects when told to.
            _ => Err(ErrorCode::NOT_SUPPORTED.into()),
        },
        GetChannelRates::ID => match services.calls.get(key) {
            Some(_) => {
                let (tx, rx) = super::dms::RATES;
                let rates = Rates {
                    tx,
                    rx,
                    tx_max: tx,
                    rx_max: rx,
                };
                reply(&ChannelRates { rates })
            }
            None => Err(ErrorCode::OUT_OF_CALL.into()),
        },
        GetAttachParameters::ID => match modem.technology() {
            Some(_) => reply(&AttachParameters {
                apn: modem
                    .profiles
                    .get(ATTACH_PROFILE)
                    .map(|profile| Text(&profile.apn)),
                support: Some(2),
                over_the_air: Some(true),
            }),
            None => Err(ErrorCode::INFORMATION_UNAVAILABLE.into()),
        },
        GetAttachList::ID => reply(&AttachList {
            current: Some(List8::new(&[u16::from(ATTACH_PROFILE)])),
            pending: Some(List8::default()),
        }),
        _ => Err(ErrorCode::INVALID_QMI_COMMAND.into()),
    }
}

/// A session ended without its holders' asking.
pub fn ended(services: &mut Services, ended: Ended) {
    let key = (ended.mux, ended.family);
    if services.calls.end(key) {
        tell(services, key, Connection::Disconnected, Some(ended.reason));
    }
}

/// The network gave the sessions other addresses: those who hold one must ask again.
pub fn addresses_changed(services: &mut Services) {
    for id in services.clients.of(service::WDS, |_| true) {
        for key in services.calls.of_client(id) {
            tell_one(services, id, key, Connection::Connected, true, None);
        }
    }
    for id in services.clients.of(service::WDS, |client| client.ip_config) {
        let changed = ConfigChanged {
            changed: Some(requested::ADDRESS | requested::GATEWAY | requested::DNS),
        };
        services.events.push(Event::new(id, &changed));
    }
}

/// Takes a client out of all its calls.
pub fn leave_all(services: &mut Services, modem: &mut Modem, client: u8) {
    for key in services.calls.of_client(client) {
        if services.calls.leave(key, client) {
            modem.stop(key.0, key.1);
        }
    }
}

fn wanted_family(family: WireFamily) -> Result<Family, ErrorCode> {
    match family {
        WireFamily::Ipv4 | WireFamily::Unspecified => Ok(Family::V4),
        WireFamily::Ipv6 => Ok(Family::V6),
        _ => Err(ErrorCode::INVALID_IP_FAMILY_PREFERENCE),
    }
}

/// Tells the clients of a session about its state.
fn tell(services: &mut Services, key: Key, connection: Connection, reason: Option<Verbose>) {
    let concerned = services
        .clients
        .of(service::WDS, |client| (client.mux, client.family) == key);
    for client in concerned {
        tell_one(services, client, key, connection, false, reason);
    }
}

fn tell_one(
    services: &mut Services,
    client: u8,
    key: Key,
    connection: Connection,
    reconfigure: bool,
    reason: Option<Verbose>,
) {
    let indication = StatusIndication {
        status: StatusChanged {
            connection,
            reconfigure,
        },
        reason: reason.map(coarse),
        verbose: reason,
        family: Some(match key.1 {
            Family::V4 => WireFamily::Ipv4,
            Family::V6 => WireFamily::Ipv6,
        }),
    };
    services.events.push(Event::new(client, &indication));
}
