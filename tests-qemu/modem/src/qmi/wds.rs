// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
//! Data sessions: binding to mux ids, starting and stopping, settings, counters.

use qmi::wds::{
    requested, AttachList, AttachParameters, Autoconnect, BindMuxDataPort, ChannelRates,
    ConfigChanged, Connection, Family as WireFamily, GetAttachList, GetAttachParameters,
    GetAutoconnect, GetChannelRates, GetPacketStatistics, GetSettings, GetStatus, Ipv6Prefix,
    PacketStatistics, ProfileId, Rates, RegisterIndications, Reset, SetAutoconnect, SetEventReport,
    SetIpFamily, Settings, StartNetwork, Started, Status, StatusChanged, StatusIndication,
    StopNetwork,
};
use qmi::{reason, service, wda, CallEnd, ErrorCode, List8, Message, Request, Text, Verbose};

use super::calls::{Call, Key};
use super::reply::{ask, done, reply, Answer, Event, Refusal};
use super::{profiles, Services};
use crate::session::{Ended, Family, Modem, Registration, SimState};

/// The profile that the modem attaches with.
const ATTACH_PROFILE: u8 = 1;
/// Stops a call whoever started it.
const GLOBAL_HANDLE: u32 = 0xffff_ffff;
/// 3GPP causes (TS 24.301 annex B).
const UNKNOWN_APN: i16 = 27;
const AUTHENTICATION_FAILED: i16 = 29;
const NOT_SUBSCRIBED: i16 = 33;
const IPV4_ONLY: i16 = 50;
const IPV6_ONLY: i16 = 51;
/// User and password that `auth.test` wants.
const CREDENTIALS: (&[u8], &[u8]) = (b"user", b"secret");

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
            if endpoint.is_some_and(|endpoint| endpoint.kind != wda::EndpointType::Pcie) {
                return Err(ErrorCode::INVALID_ARGUMENT.into());
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

fn start(services: &mut Services, modem: &mut Modem, key: Key, message: &Message<'_>) -> Answer {
    let wanted: StartNetwork<'_> = ask(message)?;
    let family = wanted.family.map_or(Ok(key.1), wanted_family)?;
    if let Some(client) = services.clients.get(service::WDS, message.client) {
        client.family = family;
    }
    let key = (key.0, family);
    if let Some(call) = services.calls.get(key) {
        if call.holders.contains_key(&message.client) {
            return Err(ErrorCode::NO_EFFECT.into());
        }
    }
    let profile = wanted.profile.unwrap_or(1);
    let stored = match (modem.profiles.get(profile), wanted.profile) {
        (None, Some(_)) => return Err(ErrorCode::INVALID_PROFILE.into()),
        (stored, _) => stored,
    };
    let apn = wanted
        .apn
        .map_or_else(|| stored.map_or(&[][..], |stored| &stored.apn), |apn| apn.0);
    let user = wanted.user.map_or_else(
        || stored.map_or(&[][..], |stored| &stored.user),
        |user| user.0,
    );
    let password = wanted.password.map_or_else(
        || stored.map_or(&[][..], |stored| &stored.password),
        |password| password.0,
    );
    let apn = std::str::from_utf8(apn)
        .map_err(|_| ErrorCode::INVALID_ARGUMENT)?
        .to_owned();
    if apn.len() > 100 {
        return Err(ErrorCode::ARGUMENT_TOO_LONG.into());
    }
    judge(modem, family, &apn, (user, password)).map_err(refused)?;
    if let Some(call) = services.calls.get(key) {
        if call.apn != apn {
            // 237: interface in use.
            return Err(refused(Verbose::internal(237)));
        }
    }
    let user = String::from_utf8_lossy(user).into_owned();
    modem.start(key.0, family, &apn, profile);
    let handle = services.calls.join(key, message.client, || Call {
        apn,
        user,
        profile,
        ..Call::default()
    });
    tell(services, key, Connection::Connected, None);
    reply(&Started { handle })
}

/// Whether modem and network let the call begin. The names of the difficult APNs end in `.test`, which is nobody's.
fn judge(
    modem: &Modem,
    family: Family,
    apn: &str,
    credentials: (&[u8], &[u8]),
) -> Result<(), Verbose> {
    let call_manager = |reason| Verbose {
        kind: reason::Type::CallManager,
        reason,
    };
    if !modem.radio_on {
        return Err(Verbose::internal(219));
    }
    if modem.sim.state != SimState::Ready {
        return Err(call_manager(2504));
    }
    if modem.technology().is_none() {
        return Err(match modem.network.registration {
            Registration::Denied => Verbose::gpp(8),
            _ => call_manager(2001),
        });
    }
    if let Some(reason) = modem.network.reject_apn {
        return Err(Verbose::gpp(reason));
    }
    match (apn, family) {
        ("unknown.test", _) => Err(Verbose::gpp(UNKNOWN_APN)),
        ("reject.test", _) => Err(Verbose::gpp(NOT_SUBSCRIBED)),
        ("auth.test", _) if credentials != CREDENTIALS => Err(Verbose::gpp(AUTHENTICATION_FAILED)),
        ("v4only.test", Family::V6) => Err(Verbose::gpp(IPV4_ONLY)),
        ("v6only.test", Family::V4) => Err(Verbose::gpp(IPV6_ONLY)),
        _ => Ok(()),
    }
}

fn refused(verbose: Verbose) -> Refusal {
    Refusal::with(
        ErrorCode::CALL_FAILED,
        &CallEnd {
            reason: Some(coarse(verbose)),
            verbose: Some(verbose),
        },
    )
}

/// The old reason for a verbose one.
fn coarse(verbose: Verbose) -> u16 {
    match (verbose.kind, verbose.reason) {
        (reason::Type::Gpp, 8) => 1012,
        (reason::Type::Gpp, UNKNOWN_APN) => 1013,
        (reason::Type::Gpp, NOT_SUBSCRIBED) => 1018,
        (reason::Type::Gpp, 36) => 1008,
        (reason::Type::CallManager, 2000) => 2,
        (reason::Type::CallManager, 2001) => 3,
        _ => 1,
    }
}

fn stop(services: &mut Services, modem: &mut Modem, key: Key, client: u8, handle: u32) -> Answer {
    let key = match handle {
        GLOBAL_HANDLE => key,
        _ => services
            .calls
            .of_handle(client, handle)
            .ok_or(ErrorCode::INVALID_HANDLE)?,
    };
    let over = match handle {
        GLOBAL_HANDLE if services.calls.get(key).is_none() => {
            return Err(ErrorCode::NO_EFFECT.into())
        }
        GLOBAL_HANDLE => services.calls.end(key),
        _ => services.calls.leave(key, client),
    };
    // 2000: ended by the client.
    let reason = Verbose {
        kind: reason::Type::CallManager,
        reason: 2000,
    };
    if over {
        modem.stop(key.0, key.1);
        tell(services, key, Connection::Disconnected, Some(reason));
    } else {
        tell_one(
            services,
            client,
            key,
            Connection::Disconnected,
            false,
            Some(reason),
        );
    }
    done()
}

fn settings(services: &Services, modem: &Modem, key: Key, wanted: u32) -> Answer {
    let (Some(call), Some(session)) = (services.calls.get(key), modem.session(key.0)) else {
        return Err(ErrorCode::OUT_OF_CALL.into());
    };
    let wants = |bit: u32| wanted & bit != 0;
    let mut settings = Settings {
        profile: wants(requested::PROFILE_ID).then_some(ProfileId {
            kind: 0,
            index: call.profile,
        }),
        apn: wants(requested::APN).then_some(Text::from(session.apn.as_str())),
        user: wants(requested::USER).then_some(Text::from(call.user.as_str())),
        mtu: wants(requested::MTU).then_some(u32::from(session.mtu)),
        technology: wants(requested::TECHNOLOGY).then_some(34944),
        ..Settings::default()
    };
    match (key.1, session.ipv4, session.ipv6) {
        (Family::V4, Some(ipv4), _) => {
            let [dns1, dns2] = ipv4.dns;
            settings.dns1 = wants(requested::DNS).then_some(dns1);
            settings.dns2 = wants(requested::DNS).then_some(dns2);
            settings.address = wants(requested::ADDRESS).then_some(ipv4.address);
            settings.gateway = wants(requested::GATEWAY).then_some(ipv4.gateway);
            settings.mask = wants(requested::GATEWAY).then_some(ipv4.mask());
            settings.pdp_type = wants(requested::PDP_TYPE).then_some(0);
            settings.family = wants(requested::FAMILY).then_some(WireFamily::Ipv4);
        }
        (Family::V6, _, Some(ipv6)) => {
            let [dns1, dns2] = ipv6.dns;
            let with_prefix = |address| Ipv6Prefix {
                address,
                length: ipv6.prefix,
            };
            settings.dns6_1 = wants(requested::DNS).then_some(dns1);
            settings.dns6_2 = wants(requested::DNS).then_some(dns2);
            settings.address6 = wants(requested::ADDRESS).then(|| with_prefix(ipv6.address));
            settings.gateway6 = wants(requested::GATEWAY).then(|| with_prefix(ipv6.gateway));
            settings.pdp_type = wants(requested::PDP_TYPE).then_some(2);
            settings.family = wants(requested::FAMILY).then_some(WireFamily::Ipv6);
        }
        _ => return Err(ErrorCode::OUT_OF_CALL.into()),
    }
    reply(&settings)
}

fn statistics(modem: &Modem, mux: u8, mask: u32) -> Answer {
    let traffic = modem.session(mux).ok_or(ErrorCode::OUT_OF_CALL)?.traffic;
    let wants = |bit: u32| mask & (1 << bit) != 0;
    // The counters on the wire wrap.
    let packets = |bit, count: u64| wants(bit).then_some(count as u32);
    reply(&PacketStatistics {
        tx_packets: packets(0, traffic.ul_packets),
        rx_packets: packets(1, traffic.dl_packets),
        tx_errors: packets(2, 0),
        rx_errors: packets(3, 0),
        tx_overflows: packets(4, 0),
        rx_overflows: packets(5, 0),
        tx_bytes: wants(6).then_some(traffic.ul_bytes),
        rx_bytes: wants(7).then_some(traffic.dl_bytes),
        tx_dropped: packets(8, traffic.ul_dropped),
        rx_dropped: packets(9, traffic.dl_dropped),
    })
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
