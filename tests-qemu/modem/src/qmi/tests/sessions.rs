// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
//! Data sessions: who may start and stop them, what their settings say, how they end.

use std::net::{Ipv4Addr, Ipv6Addr};

use qmi::{ctl, dms, service, wda, wds, ErrorCode};

use super::host::{parse, Host};
use crate::session::Traffic;

#[test]
fn session_starts_and_has_settings() {
    let mut host = Host::new();
    let client = host.client(service::WDS);
    assert_eq!(host.settings(client).unwrap_err(), ErrorCode::OUT_OF_CALL);
    host.start(client, 129, "internet").unwrap();
    let settings = host.settings(client).unwrap();
    assert_eq!(settings.address, Some(Ipv4Addr::new(10, 64, 129, 2)));
    assert_eq!(settings.gateway, Some(Ipv4Addr::new(10, 64, 129, 3)));
    assert_eq!(settings.mask, Some(Ipv4Addr::new(255, 255, 255, 240)));
    assert_eq!(settings.dns1, Some(Ipv4Addr::new(1, 1, 1, 1)));
    assert_eq!(
        (settings.mtu, settings.family),
        (Some(1500), Some(wds::Family::Ipv4))
    );
    assert_eq!(settings.address6, None);
    assert_eq!(host.modem().session(129).unwrap().apn, "internet");
    let status: wds::Status = host.call(client, &wds::GetStatus {}).unwrap().body();
    assert_eq!(status.connection, wds::Connection::Connected);
    let told = parse(&host.last::<wds::StatusIndication>().unwrap())
        .body::<wds::StatusIndication>()
        .unwrap();
    assert_eq!(
        (told.status.connection, told.family),
        (wds::Connection::Connected, Some(wds::Family::Ipv4))
    );
}

#[test]
fn only_requested_settings_are_given() {
    let mut host = Host::new();
    let client = host.client(service::WDS);
    host.start(client, 1, "internet").unwrap();
    let wanted = wds::GetSettings {
        requested: Some(wds::requested::MTU),
    };
    let answer = host.call(client, &wanted).unwrap();
    let expected = wds::Settings {
        mtu: Some(1500),
        ..Default::default()
    };
    assert_eq!(answer.body::<wds::Settings>(), expected);
}

#[test]
fn both_families_share_a_mux_and_not_a_client() {
    let mut host = Host::new();
    let (v4, v6) = (host.client(service::WDS), host.client(service::WDS));
    host.start(v4, 129, "internet").unwrap();
    let bind = wds::BindMuxDataPort {
        endpoint: Some(wda::Endpoint::PCIE),
        mux_id: Some(129),
        ..Default::default()
    };
    host.call(v6, &bind).unwrap();
    let family = wds::SetIpFamily {
        family: wds::Family::Ipv6,
    };
    host.call(v6, &family).unwrap();
    host.call(
        v6,
        &wds::StartNetwork {
            apn: Some("internet".into()),
            ..Default::default()
        },
    )
    .unwrap();
    let settings = host.settings(v6).unwrap();
    let expected: Ipv6Addr = "2001:db8:81::2".parse().unwrap();
    assert_eq!(
        settings
            .address6
            .map(|prefix| (prefix.address, prefix.length)),
        Some((expected, 64))
    );
    assert_eq!(
        (settings.address, settings.family),
        (None, Some(wds::Family::Ipv6))
    );
    assert_eq!(host.settings(v4).unwrap().family, Some(wds::Family::Ipv4));
    {
        let modem = host.modem();
        let session = modem.session(129).unwrap();
        assert!(session.ipv4.is_some() && session.ipv6.is_some());
    }
    host.call(
        v4,
        &wds::StopNetwork {
            handle: u32::MAX,
            ..Default::default()
        },
    )
    .unwrap();
    assert!(host.modem().session(129).unwrap().ipv4.is_none());
    assert!(host.settings(v6).is_ok());
}

#[test]
fn sessions_on_other_muxes_are_apart() {
    let mut host = Host::new();
    let clients: Vec<u8> = (0..3).map(|_| host.client(service::WDS)).collect();
    for (client, mux) in clients.iter().zip([129, 130, 131]) {
        host.start(*client, mux, "internet").unwrap();
    }
    let addresses: Vec<_> = clients
        .iter()
        .map(|&client| host.settings(client).unwrap().address.unwrap())
        .collect();
    assert_eq!(
        addresses
            .iter()
            .map(|address| address.octets()[2])
            .collect::<Vec<_>>(),
        [129, 130, 131]
    );
    host.command("network-release 130").unwrap();
    while host.receive().is_some() {}
    let up: Vec<bool> = clients
        .iter()
        .map(|&client| host.settings(client).is_ok())
        .collect();
    assert_eq!(up, [true, false, true]);
}

#[test]
fn starting_twice_has_no_effect() {
    let mut host = Host::new();
    let client = host.client(service::WDS);
    host.start(client, 129, "internet").unwrap();
    let again = wds::StartNetwork {
        apn: Some("internet".into()),
        ..Default::default()
    };
    assert_eq!(host.call(client, &again).unwrap_err(), ErrorCode::NO_EFFECT);
    // A bound client cannot move while it holds a session.
    let bind = wds::BindMuxDataPort {
        endpoint: Some(wda::Endpoint::PCIE),
        mux_id: Some(130),
        ..Default::default()
    };
    assert_eq!(
        host.call(client, &bind).unwrap_err(),
        ErrorCode::INVALID_OPERATION
    );
}

#[test]
fn second_client_joins_and_the_last_one_ends_it() {
    let mut host = Host::new();
    let (first, second, other) = (
        host.client(service::WDS),
        host.client(service::WDS),
        host.client(service::WDS),
    );
    let mine = host.start(first, 129, "internet").unwrap();
    let yours = host.start(second, 129, "internet").unwrap();
    assert_ne!(mine, yours);
    let stop = |handle| wds::StopNetwork {
        handle,
        ..Default::default()
    };
    // Another APN on the same mux id is in the way.
    let bind = wds::BindMuxDataPort {
        endpoint: Some(wda::Endpoint::PCIE),
        mux_id: Some(129),
        ..Default::default()
    };
    host.call(other, &bind).unwrap();
    assert_eq!(
        host.refusal_of_start(other, "elsewhere"),
        "interface in use (modem reason 237)"
    );
    assert_eq!(
        host.call(other, &stop(mine)).unwrap_err(),
        ErrorCode::INVALID_HANDLE
    );
    host.call(first, &stop(mine)).unwrap();
    assert!(host.settings(second).is_ok());
    assert_eq!(
        host.call(first, &stop(mine)).unwrap_err(),
        ErrorCode::INVALID_HANDLE
    );
    host.call(second, &stop(yours)).unwrap();
    assert!(host.modem().session(129).is_none());
    assert_eq!(
        host.call(second, &stop(u32::MAX)).unwrap_err(),
        ErrorCode::NO_EFFECT
    );
}

#[test]
fn releasing_the_client_and_sync_end_its_session() {
    let mut host = Host::new();
    let client = host.client(service::WDS);
    host.start(client, 129, "internet").unwrap();
    let id = ctl::Client {
        service: service::WDS,
        id: client,
    };
    host.call(0, &ctl::ReleaseClient { client: id }).unwrap();
    assert!(host.modem().session(129).is_none());
    let client = host.client(service::WDS);
    host.start(client, 129, "internet").unwrap();
    host.call(0, &ctl::Sync {}).unwrap();
    assert!(host.modem().session(129).is_none());
}

#[test]
fn refusals_say_why() {
    let mut host = Host::new();
    let client = host.client(service::WDS);
    let v4 = [
        ("unknown.test", "missing or unknown APN (network reason 27)"),
        (
            "reject.test",
            "service option not subscribed (network reason 33)",
        ),
        (
            "auth.test",
            "user authentication failed (network reason 29)",
        ),
        ("v6only.test", "IPv6 only allowed (network reason 51)"),
    ];
    for (apn, words) in v4 {
        assert_eq!(host.refusal_of_start(client, apn), words);
    }
    let world = [
        (
            "registration searching",
            "no service (call manager reason 2001)",
        ),
        (
            "registration denied",
            "operator determined barring (network reason 8)",
        ),
        ("sim locked", "invalid SIM state (call manager reason 2504)"),
        ("sim absent", "invalid SIM state (call manager reason 2504)"),
    ];
    for (command, words) in world {
        host.command(command).unwrap();
        assert_eq!(
            host.refusal_of_start(client, "internet"),
            words,
            "{command}"
        );
        host.command("registration home").unwrap();
    }
    host.command("sim ready").unwrap();
    host.command("reject-apn 31").unwrap();
    assert_eq!(
        host.refusal_of_start(client, "internet"),
        "activation rejected, unspecified (network reason 31)"
    );
    host.command("reject-apn off").unwrap();
    host.start(client, 129, "internet").unwrap();
}

#[test]
fn some_networks_take_one_protocol_only() {
    let mut host = Host::new();
    let client = host.client(service::WDS);
    for (apn, authentication, taken) in [
        ("pap.test", wds::PAP, true),
        ("pap.test", wds::CHAP, false),
        ("pap.test", wds::PAP | wds::CHAP, false),
        ("chap.test", wds::PAP, false),
        ("chap.test", wds::CHAP, true),
        ("chap.test", wds::PAP | wds::CHAP, true),
    ] {
        let wanted = wds::StartNetwork {
            apn: Some(apn.into()),
            user: Some("user".into()),
            password: Some("secret".into()),
            authentication: Some(authentication),
            ..Default::default()
        };
        let started = host.call(client, &wanted).is_ok();
        assert_eq!(started, taken, "{apn} {authentication}");
        if taken {
            let stop = wds::StopNetwork {
                handle: u32::MAX,
                ..Default::default()
            };
            host.call(client, &stop).unwrap();
        }
    }
}

#[test]
fn an_mtu_of_the_networks_is_told() {
    let mut host = Host::new();
    let client = host.client(service::WDS);
    host.start(client, 129, "internet").unwrap();
    host.command("mtu 1430").unwrap();
    assert_eq!(host.settings(client).unwrap().mtu, Some(1430));
    assert!(host.command("mtu 100").is_err());
    let other = host.client(service::WDS);
    host.start(other, 130, "ims").unwrap();
    assert_eq!(host.settings(other).unwrap().mtu, Some(1430));
}

#[test]
fn a_radio_that_is_locked_wants_to_be_unlocked_before_it_is_switched_on() {
    let mut host = Host::new();
    let client = host.client(service::DMS);
    let online = dms::SetOperatingMode {
        mode: dms::Mode::Online,
    };
    let mode = |host: &mut Host| {
        let answer = host.call(client, &dms::GetOperatingMode {}).unwrap();
        answer.body::<dms::OperatingMode>().mode
    };
    host.command("fcc-lock on").unwrap();
    assert_eq!(mode(&mut host), dms::Mode::LowPower);
    assert_eq!(
        host.call(client, &online).unwrap_err(),
        ErrorCode::INVALID_TRANSITION
    );
    host.call(client, &dms::SetFccAuthentication {}).unwrap();
    host.call(client, &online).unwrap();
    assert_eq!(mode(&mut host), dms::Mode::Online);
    // The lock is back when the modem restarts.
    host.modem().reset();
    assert_eq!(mode(&mut host), dms::Mode::LowPower);
    assert!(host.call(client, &online).is_err());
    host.command("fcc-lock off").unwrap();
    host.call(client, &online).unwrap();
}

#[test]
fn credentials_come_from_request_or_profile() {
    let mut host = Host::new();
    let client = host.client(service::WDS);
    let with = |user: &'static str, password: &'static str| wds::StartNetwork {
        apn: Some("auth.test".into()),
        user: Some(user.into()),
        password: Some(password.into()),
        authentication: Some(wds::CHAP),
        ..Default::default()
    };
    assert_eq!(
        host.call(client, &with("user", "wrong")).unwrap_err(),
        ErrorCode::CALL_FAILED
    );
    host.call(client, &with("user", "secret")).unwrap();
    host.call(
        client,
        &wds::StopNetwork {
            handle: u32::MAX,
            ..Default::default()
        },
    )
    .unwrap();
    let create = wds::CreateProfile {
        apn: Some("auth.test".into()),
        user: Some("user".into()),
        password: Some("secret".into()),
        ..Default::default()
    };
    let created: wds::CreatedProfile = host.call(client, &create).unwrap().body();
    let by_profile = wds::StartNetwork {
        profile: Some(created.profile.index),
        ..Default::default()
    };
    host.call(client, &by_profile).unwrap();
    assert_eq!(host.modem().session(0).unwrap().apn, "auth.test");
    let unknown = wds::StartNetwork {
        profile: Some(16),
        family: Some(wds::Family::Ipv6),
        ..Default::default()
    };
    assert_eq!(
        host.call(client, &unknown).unwrap_err(),
        ErrorCode::INVALID_PROFILE
    );
}

#[test]
fn network_release_is_told_with_its_reason() {
    let mut host = Host::new();
    let client = host.client(service::WDS);
    host.start(client, 129, "internet").unwrap();
    host.command("network-release 129 38").unwrap();
    let bytes = host.receive().unwrap();
    let told = parse(&bytes)
        .indication::<wds::StatusIndication>()
        .unwrap()
        .unwrap();
    assert_eq!(told.status.connection, wds::Connection::Disconnected);
    assert_eq!(
        told.call_end().to_string(),
        "network failure (network reason 38)"
    );
    assert_eq!(host.settings(client).unwrap_err(), ErrorCode::OUT_OF_CALL);
    assert!(host.command("network-release 129").is_err());
    assert!(host.command("network-release x").is_err());
    host.start(client, 129, "internet").unwrap();
}

#[test]
fn address_change_is_told_and_shows_in_the_settings() {
    let mut host = Host::new();
    let client = host.client(service::WDS);
    let register = wds::RegisterIndications {
        extended_ip_config: Some(true),
        ..Default::default()
    };
    host.call(client, &register).unwrap();
    host.start(client, 129, "internet").unwrap();
    let before = host.settings(client).unwrap().address;
    host.command("address-change").unwrap();
    let bytes = host.receive().unwrap();
    let told = parse(&bytes)
        .indication::<wds::StatusIndication>()
        .unwrap()
        .unwrap();
    assert_eq!(
        (told.status.connection, told.status.reconfigure),
        (wds::Connection::Connected, true)
    );
    let bytes = host.receive().unwrap();
    assert!(parse(&bytes).indication::<wds::ConfigChanged>().is_some());
    let after = host.settings(client).unwrap();
    assert_ne!(after.address, before);
    assert_eq!(after.address, Some(Ipv4Addr::new(10, 64, 129, 18)));
}

#[test]
fn counters_are_the_sessions() {
    let mut host = Host::new();
    let client = host.client(service::WDS);
    let all = wds::GetPacketStatistics { mask: 0x3ff };
    assert_eq!(host.call(client, &all).unwrap_err(), ErrorCode::OUT_OF_CALL);
    host.start(client, 129, "internet").unwrap();
    *host.modem().traffic(129).unwrap() = Traffic {
        ul_packets: 3,
        ul_bytes: 300,
        ul_dropped: 1,
        dl_packets: u64::from(u32::MAX) + 8,
        dl_bytes: 1 << 40,
        dl_dropped: 2,
    };
    let counters: wds::PacketStatistics = host.call(client, &all).unwrap().body();
    assert_eq!(
        (counters.tx_packets, counters.tx_bytes, counters.tx_dropped),
        (Some(3), Some(300), Some(1))
    );
    assert_eq!(
        (counters.rx_packets, counters.rx_bytes, counters.rx_dropped),
        (Some(7), Some(1 << 40), Some(2))
    );
    let some: wds::PacketStatistics = host
        .call(client, &wds::GetPacketStatistics { mask: 0x40 })
        .unwrap()
        .body();
    assert_eq!((some.tx_packets, some.tx_bytes), (None, Some(300)));
}

#[test]
fn profiles_are_kept_and_bounded() {
    let mut host = Host::new();
    let client = host.client(service::WDS);
    let create = wds::CreateProfile {
        apn: Some("one".into()),
        ..Default::default()
    };
    for index in 4..=16 {
        let created: wds::CreatedProfile = host.call(client, &create).unwrap().body();
        assert_eq!(created.profile.index, index);
    }
    assert_eq!(
        host.call(client, &create).unwrap_err(),
        ErrorCode::NO_FREE_PROFILE
    );
    let id = wds::ProfileId { kind: 0, index: 16 };
    let modify = wds::ModifyProfile {
        profile: id,
        apn: Some("two".into()),
        pdp_type: Some(wds::PdpType::Ipv4),
        ..Default::default()
    };
    host.call(client, &modify).unwrap();
    let answer = host.call(client, &wds::GetProfile { profile: id }).unwrap();
    let profile: wds::Profile = answer.body();
    assert_eq!(profile.apn.unwrap(), "two");
    assert_eq!(profile.pdp_type, Some(wds::PdpType::Ipv4));
    let long = "x".repeat(101);
    let modify = wds::ModifyProfile {
        profile: id,
        apn: Some(long.as_str().into()),
        ..Default::default()
    };
    assert_eq!(
        host.call(client, &modify).unwrap_err(),
        ErrorCode::ARGUMENT_TOO_LONG
    );
    host.call(client, &wds::DeleteProfile { profile: id })
        .unwrap();
    assert_eq!(
        host.call(client, &wds::GetProfile { profile: id })
            .unwrap_err(),
        ErrorCode::INVALID_PROFILE
    );
    let other = wds::ProfileId { kind: 1, index: 1 };
    assert_eq!(
        host.call(client, &wds::GetProfile { profile: other })
            .unwrap_err(),
        ErrorCode::INVALID_PROFILE_TYPE
    );
}

#[test]
fn attach_and_rates() {
    let mut host = Host::new();
    let client = host.client(service::WDS);
    let answer = host.call(client, &wds::GetAttachList {}).unwrap();
    let list: wds::AttachList = answer.body();
    assert_eq!(list.current.unwrap().iter().collect::<Vec<_>>(), [1]);
    let modify = wds::ModifyProfile {
        profile: wds::ProfileId { kind: 0, index: 1 },
        apn: Some("internet".into()),
        ..Default::default()
    };
    host.call(client, &modify).unwrap();
    let answer = host.call(client, &wds::GetAttachParameters {}).unwrap();
    assert_eq!(
        answer.body::<wds::AttachParameters>().apn.unwrap(),
        "internet"
    );
    assert_eq!(
        host.call(client, &wds::GetChannelRates {}).unwrap_err(),
        ErrorCode::OUT_OF_CALL
    );
    host.start(client, 129, "internet").unwrap();
    let rates: wds::ChannelRates = host.call(client, &wds::GetChannelRates {}).unwrap().body();
    assert!(rates.rates.tx > 0 && rates.rates.rx_max >= rates.rates.rx);
    host.command("registration searching").unwrap();
    let refused = host.call(client, &wds::GetAttachParameters {}).unwrap_err();
    assert_eq!(refused, ErrorCode::INFORMATION_UNAVAILABLE);
}
