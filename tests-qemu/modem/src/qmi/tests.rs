// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
//! The QMI port as its users drive it: the orders of qmicli, ModemManager and quectel-CM, several clients, refusals, faults.

mod faults;
mod host;
mod sequences;
mod services;
mod sessions;

use qmi::{ctl, dms, nas, service, uim, wda, wds, Builder, ErrorCode, Message, Request};

use self::host::{unhex, Host, SERVICES};
use crate::port::Port;
use crate::session::{Limits, Qmap, SimState};

#[test]
fn unknown_message_is_error_71() {
    let mut host = Host::new();
    for service in SERVICES {
        let client = host.client(service);
        assert_eq!(
            host.raw(service, client, 0x7fff, &[]).unwrap_err(),
            ErrorCode::INVALID_QMI_COMMAND,
            "{service}"
        );
    }
    assert_eq!(
        host.raw(service::CTL, 0, 0x7fff, &[]).unwrap_err(),
        ErrorCode::INVALID_QMI_COMMAND
    );
}

#[test]
fn missing_and_short_tlvs_are_refused() {
    let mut host = Host::new();
    let client = host.client(service::WDS);
    let missing = host.raw(service::WDS, client, wds::SetIpFamily::ID, &[]);
    assert_eq!(missing.unwrap_err(), ErrorCode::MISSING_ARGUMENT);
    let short = host.raw(service::WDS, client, wds::SetIpFamily::ID, &[0x01, 0, 0]);
    assert_eq!(short.unwrap_err(), ErrorCode::MALFORMED_MESSAGE);
    let short = host.raw(
        service::WDS,
        client,
        wds::StopNetwork::ID,
        &[0x01, 2, 0, 1, 2],
    );
    assert_eq!(short.unwrap_err(), ErrorCode::MALFORMED_MESSAGE);
}

#[test]
fn client_ids_are_checked() {
    let mut host = Host::new();
    assert_eq!(
        host.raw(service::WDS, 1, 0x22, &[]).unwrap_err(),
        ErrorCode::INVALID_CLIENT_ID
    );
    let client = host.client(service::WDS);
    assert!(host.raw(service::WDS, client, 0x22, &[]).is_ok());
    // A client id is its service's.
    assert_eq!(
        host.raw(service::NAS, client, 0x24, &[]).unwrap_err(),
        ErrorCode::INVALID_CLIENT_ID
    );
    let release = ctl::ReleaseClient {
        client: ctl::Client {
            service: service::WDS,
            id: client,
        },
    };
    assert!(host.call(0, &release).is_ok());
    assert_eq!(
        host.call(0, &release).unwrap_err(),
        ErrorCode::INVALID_CLIENT_ID
    );
    assert_eq!(
        host.raw(service::WDS, client, 0x22, &[]).unwrap_err(),
        ErrorCode::INVALID_CLIENT_ID
    );
    let unknown = ctl::AllocateClient { service: 0x77 };
    assert_eq!(
        host.call(0, &unknown).unwrap_err(),
        ErrorCode::INVALID_SERVICE_TYPE
    );
    assert_eq!(
        host.raw(0x77, 1, 1, &[]).unwrap_err(),
        ErrorCode::INVALID_SERVICE_TYPE
    );
}

#[test]
fn client_ids_run_out_and_sync_frees_them() {
    let mut host = Host::new();
    let ids: Vec<u8> = (0..254).map(|_| host.client(service::NAS)).collect();
    assert_eq!(ids, (1..=254).collect::<Vec<u8>>());
    let one_more = ctl::AllocateClient {
        service: service::NAS,
    };
    assert_eq!(
        host.call(0, &one_more).unwrap_err(),
        ErrorCode::CLIENT_IDS_EXHAUSTED
    );
    host.call(0, &ctl::Sync {}).unwrap();
    assert_eq!(host.client(service::NAS), 1);
}

#[test]
fn malformed_transfers_are_dropped_and_counted() {
    let mut host = Host::new();
    let sync = unhex("010b00000000000127000000");
    let from_modem = [&[0x01, 0x0b, 0x00, 0x80][..], &sync[4..]].concat();
    let response = [&sync[..6], &[0x01], &sync[7..]].concat();
    for (count, bytes) in [&sync[..11], &[0xff; 64], &from_modem, &response, &[0x01]]
        .into_iter()
        .enumerate()
    {
        host.send(bytes);
        assert_eq!(host.receive(), None, "{bytes:x?}");
        assert!(
            host.stats().contains(&format!("malformed={} ", count + 1)),
            "{}",
            host.stats()
        );
    }
    // What follows in the same transfer is still heard.
    host.send(&[&[0xff, 0xff][..], &sync, &sync].concat());
    assert!(host.receive().is_some() && host.receive().is_some());
    assert_eq!(host.receive(), None);
}

#[test]
fn random_bytes_do_no_harm() {
    let mut host = Host::new();
    let client = host.client(service::WDS);
    let mut state = 7u64;
    for round in 0..3000 {
        let mut bytes: Vec<u8> = (0..60)
            .map(|_| {
                state = state
                    .wrapping_mul(6_364_136_223_846_793_005)
                    .wrapping_add(1);
                (state >> 33) as u8
            })
            .collect();
        if round % 2 == 0 {
            // A sound header, so that the services see the rest.
            let length = bytes.len() - 13;
            let id = [0x20, 0x21, 0x2d, 0x4d, 0xa2, 0x27, 0x28][round / 2 % 7];
            bytes[..13].copy_from_slice(&[1, 59, 0, 0, 1, client, 0, 1, 0, id, 0, length as u8, 0]);
            bytes[13..16].copy_from_slice(&[0x01, 44, 0]);
        }
        host.send(&bytes);
        while host.receive().is_some() {}
    }
    assert_eq!(host.client(service::NAS), 1);
}

#[test]
fn data_format_is_the_lesser_of_wish_and_ability() {
    use wda::Aggregation as A;
    let wish = |protocol, packets, size| wda::SetDataFormat {
        link_layer: Some(wda::LinkLayer::RawIp),
        uplink: Some(protocol),
        downlink: Some(protocol),
        downlink_max_packets: Some(packets),
        downlink_max_size: Some(size),
        endpoint: Some(wda::Endpoint::PCIE),
        uplink_max_packets: Some(packets),
        uplink_max_size: Some(size),
        ..Default::default()
    };
    // Ability, wish; what comes of it.
    let table = [
        (Qmap::V5, A::QmapV5, A::QmapV5),
        (Qmap::V5, A::QmapV4, A::QmapV4),
        (Qmap::V5, A::Qmap, A::Qmap),
        (Qmap::V4, A::QmapV5, A::QmapV4),
        (Qmap::V1, A::QmapV5, A::Qmap),
        (Qmap::V1, A::QmapV4, A::Qmap),
        (Qmap::V5, A::Disabled, A::Disabled),
        (Qmap::V5, A::Mbim, A::Disabled),
        (Qmap::None, A::QmapV5, A::Disabled),
    ];
    for (ability, asked, granted) in table {
        let mut host = Host::new();
        host.modem().limits.qmap = ability;
        let client = host.client(service::WDA);
        let format = host.call(client, &wish(asked, 4, 4096)).unwrap();
        let format: wda::DataFormat = format.body();
        assert_eq!(
            (format.uplink, format.downlink),
            (Some(granted), Some(granted)),
            "{ability:?} {asked}"
        );
        let limits = [format.uplink_max_packets, format.uplink_max_size];
        let expected = if granted == A::Disabled {
            [Some(0); 2]
        } else {
            [Some(4), Some(4096)]
        };
        assert_eq!(limits, expected, "{ability:?} {asked}");
        let again: wda::DataFormat = host
            .call(client, &wda::GetDataFormat::default())
            .unwrap()
            .body();
        assert_eq!(again, format);
    }
    let mut host = Host::new();
    host.modem().limits = Limits {
        dl_max_size: 16384,
        ..Limits::default()
    };
    let client = host.client(service::WDA);
    let format: wda::DataFormat = host
        .call(client, &wish(A::QmapV5, 64, 65536))
        .unwrap()
        .body();
    assert_eq!(
        (format.downlink_max_packets, format.downlink_max_size),
        (Some(32), Some(16384))
    );
    assert_eq!(
        (format.uplink_max_packets, format.uplink_max_size),
        (Some(11), Some(8192))
    );
}

#[test]
fn only_the_pcie_endpoint_with_its_interface_is_there() {
    let mut host = Host::new();
    let (wda, wds) = (host.client(service::WDA), host.client(service::WDS));
    for (kind, interface) in [
        (wda::EndpointType::Usb, 4),
        (wda::EndpointType::Pcie, 0),
        (wda::EndpointType::Pcie, 5),
    ] {
        let endpoint = Some(wda::Endpoint { kind, interface });
        let set = wda::SetDataFormat {
            endpoint,
            ..Default::default()
        };
        let bind = wds::BindMuxDataPort {
            endpoint,
            mux_id: Some(129),
            ..Default::default()
        };
        let get = wda::GetDataFormat { endpoint };
        for refusal in [
            host.call(wda, &set).unwrap_err(),
            host.call(wda, &get).unwrap_err(),
            host.call(wds, &bind).unwrap_err(),
        ] {
            assert_eq!(refusal, ErrorCode::INVALID_ARGUMENT, "{kind} {interface}");
        }
    }
    let bind = wds::BindMuxDataPort {
        mux_id: Some(129),
        ..Default::default()
    };
    let refusal = host.call(wds, &bind).unwrap_err();
    assert_eq!(refusal, ErrorCode::MISSING_ARGUMENT);
}

#[test]
fn pin_is_verified_blocked_and_unblocked() {
    let mut host = Host::new();
    assert_eq!(host.command("sim locked"), Ok(String::new()));
    let client = host.client(service::UIM);
    let mask = uim::RegisterEvents { mask: 1 };
    host.call(client, &mask).unwrap();
    assert_eq!(host.app(client).state, uim::AppState::PinRequired);
    let verify = |digits: &'static str| uim::VerifyPin {
        session: uim::Session::default(),
        pin: uim::Pin {
            id: 1,
            digits: digits.into(),
        },
    };
    for left in [2, 1] {
        let refusal = host.call(client, &verify("0000")).unwrap_err();
        assert_eq!(refusal, ErrorCode::INCORRECT_PIN);
        assert_eq!(
            refusal.body::<uim::PinResult>().retries.unwrap().verify,
            left
        );
    }
    assert!(host.call(client, &verify("1234")).is_ok());
    let app = host.app(client);
    assert_eq!(
        (app.state, app.pin1_state),
        (uim::AppState::Ready, uim::PinState::Verified)
    );
    assert_eq!(app.pin1_retries, 3);

    host.command("sim locked").unwrap();
    for _ in 0..2 {
        host.call(client, &verify("0000")).unwrap_err();
    }
    assert_eq!(
        host.call(client, &verify("0000")).unwrap_err(),
        ErrorCode::PIN_BLOCKED
    );
    assert_eq!(
        host.call(client, &verify("1234")).unwrap_err(),
        ErrorCode::PIN_BLOCKED
    );
    assert_eq!(host.app(client).state, uim::AppState::PukRequired);
    let mut unblock = vec![0x01, 2, 0, 0, 0, 0x02, 15, 0, 1, 8];
    unblock.extend(b"12345678\x044321");
    assert!(host.raw(service::UIM, client, 0x27, &unblock).is_ok());
    assert_eq!(host.modem().sim.state, SimState::Ready);
    assert_eq!(host.modem().sim.pin, "4321");
    // A changed card state was told each time.
    let told = host.indications::<uim::CardStatusChanged>();
    assert!(told >= 5, "{told}");
}

#[test]
fn absent_sim_is_said_everywhere() {
    let mut host = Host::new();
    host.command("sim absent").unwrap();
    let uim = host.client(service::UIM);
    let answer = host.call(uim, &uim::GetCardStatus {}).unwrap();
    let status: uim::CardStatus = answer.body();
    assert_eq!(status.status.primary(), None);
    let card = status.status.cards.iter().next().unwrap();
    assert_eq!(
        (card.state, card.apps.iter().count()),
        (uim::CardState::Absent, 0)
    );
    let dms = host.client(service::DMS);
    assert_eq!(
        host.call(dms, &dms::GetImsi {}).unwrap_err(),
        ErrorCode::NO_SIM
    );
    let nas = host.client(service::NAS);
    let answer = host.call(nas, &nas::GetServingSystem {}).unwrap();
    let serving: nas::ServingSystem = answer.body();
    assert_eq!(
        (serving.system.registration, serving.plmn),
        (nas::Registration::NotRegistered, None)
    );
}

#[test]
fn registration_changes_are_told_to_who_asked() {
    let mut host = Host::new();
    let (asks, silent) = (host.client(service::NAS), host.client(service::NAS));
    let on = nas::RegisterIndications {
        serving_system: Some(true),
        system_info: Some(true),
        ..Default::default()
    };
    let off = nas::RegisterIndications {
        serving_system: Some(false),
        ..Default::default()
    };
    host.call(asks, &on).unwrap();
    host.call(silent, &off).unwrap();
    use nas::Registration as R;
    let table = [
        ("registration searching", R::Searching, nas::Service::None),
        ("registration denied", R::Denied, nas::Service::Limited),
        (
            "registration roaming",
            R::Registered,
            nas::Service::Available,
        ),
        ("registration home", R::Registered, nas::Service::Available),
    ];
    for (command, registration, service) in table {
        host.command(command).unwrap();
        let bytes = host.receive().unwrap();
        let message = host::parse(&bytes);
        assert_eq!(message.client, asks);
        let serving = message.indication::<nas::ServingSystem>().unwrap().unwrap();
        assert_eq!(serving.system.registration, registration, "{command}");
        assert_eq!(
            serving.roaming,
            match command {
                "registration roaming" => Some(0),
                "registration home" => Some(1),
                _ => None,
            }
        );
        let bytes = host.receive().unwrap();
        let info = host::parse(&bytes)
            .indication::<nas::SystemInfoChanged>()
            .unwrap()
            .unwrap();
        assert_eq!(info.nr5g.unwrap().status, service, "{command}");
        assert_eq!(host.receive(), None);
    }
    assert!(host.command("registration elsewhere").is_err());
}

#[test]
fn bands_are_those_of_the_technology() {
    let mut host = Host::new();
    let client = host.client(service::NAS);
    for (technology, expected) in [
        ("lte", vec![(3, 1650, 200)]),
        ("nsa", vec![(3, 1650, 200), (78, 636_666, 1000)]),
        ("sa", vec![(78, 636_666, 1000)]),
    ] {
        host.command(&format!("technology {technology}")).unwrap();
        let reply = host.call(client, &nas::GetRfBands {}).unwrap();
        let bands: nas::RfBands<'_> = reply.body();
        let bands: Vec<_> = bands
            .extended
            .unwrap()
            .iter()
            .zip(bands.widths.unwrap().iter())
            .map(|(band, width)| {
                (
                    nas::band_number(band.class).unwrap(),
                    band.channel,
                    nas::bandwidth(width.code).unwrap(),
                )
            })
            .collect();
        assert_eq!(bands, expected, "{technology}");
    }
    host.command("registration searching").unwrap();
    assert_eq!(
        host.call(client, &nas::GetRfBands {}).unwrap_err(),
        ErrorCode::INFORMATION_UNAVAILABLE
    );
}

#[test]
fn technologies_show_in_system_info_and_signal() {
    let mut host = Host::new();
    let client = host.client(service::NAS);
    // Technology: LTE and 5G service, dual connectivity, LTE and 5G signal.
    let table = [
        ("lte", true, false, false, true, false),
        ("nsa", true, false, true, true, true),
        ("sa", false, true, false, false, true),
    ];
    for (technology, lte, nr5g, endc, lte_signal, nr5g_signal) in table {
        host.command(&format!("technology {technology}")).unwrap();
        while host.receive().is_some() {}
        let info: nas::SystemInfo = host.call(client, &nas::GetSystemInfo {}).unwrap().body();
        let available =
            |status: Option<nas::ServiceStatus>| status.unwrap().status == nas::Service::Available;
        assert_eq!(
            (available(info.lte), available(info.nr5g)),
            (lte, nr5g),
            "{technology}"
        );
        assert_eq!(info.endc, Some(endc), "{technology}");
        assert_eq!(
            (info.lte_info.is_some(), info.nr5g_info.is_some()),
            (lte, nr5g),
            "{technology}"
        );
        let signal: nas::SignalInfo = host.call(client, &nas::GetSignalInfo {}).unwrap().body();
        assert_eq!(
            (signal.lte.is_some(), signal.nr5g.is_some()),
            (lte_signal, nr5g_signal),
            "{technology}"
        );
    }
}

#[test]
fn low_power_mode_ends_sessions_and_registration() {
    let mut host = Host::new();
    let (dms, wds) = (host.client(service::DMS), host.client(service::WDS));
    host.raw(service::DMS, dms, 0x0001, &[0x14, 1, 0, 1])
        .unwrap();
    host.start(wds, 129, "internet").unwrap();
    let off = dms::SetOperatingMode {
        mode: dms::Mode::LowPower,
    };
    host.call(dms, &off).unwrap();
    let mode: dms::OperatingMode = host.call(dms, &dms::GetOperatingMode {}).unwrap().body();
    assert_eq!(mode.mode, dms::Mode::LowPower);
    let ended = host.last::<wds::StatusIndication>().unwrap();
    let ended = host::parse(&ended).body::<wds::StatusIndication>().unwrap();
    assert_eq!(ended.status.connection, wds::Connection::Disconnected);
    assert_eq!(
        ended.call_end().to_string(),
        "low power mode or power down (modem reason 219)"
    );
    assert_eq!(
        host.refusal_of_start(wds, "internet"),
        "low power mode or power down (modem reason 219)"
    );
    let reset = dms::SetOperatingMode {
        mode: dms::Mode::Resetting,
    };
    host.call(dms, &reset).unwrap();
    assert!(host.modem().restart);
}

#[test]
fn reset_of_the_port_forgets_clients_and_says_so() {
    let mut host = Host::new();
    host.port().reset();
    assert_eq!(host.receive(), None, "there was nothing to forget");
    let client = host.client(service::WDS);
    host.start(client, 129, "internet").unwrap();
    host.port().reset();
    let bytes = host.receive().unwrap();
    assert!(host::parse(&bytes).indication::<ctl::Synced>().is_some());
    assert_eq!(host.receive(), None);
    assert!(host.modem().session(129).is_none());
    assert_eq!(
        host.raw(service::WDS, client, 0x22, &[]).unwrap_err(),
        ErrorCode::INVALID_CLIENT_ID
    );
}

#[test]
fn outbox_is_bounded() {
    let mut host = Host::new();
    let mut buffer = [0; 64];
    let frame = Builder::call(&mut buffer, 0, 1, &ctl::GetVersions {})
        .finish()
        .unwrap()
        .to_vec();
    for _ in 0..2000 {
        host.send(&frame);
    }
    let mut waiting = 0;
    while let Some(bytes) = host.receive() {
        let (frame, _) = qmi::Frame::parse(&bytes).unwrap();
        assert!(Message::parse(&frame).is_ok());
        waiting += 1;
    }
    assert_eq!(waiting, super::OUTBOX);
    assert!(host.stats().contains(" dropped=976 "), "{}", host.stats());
}
