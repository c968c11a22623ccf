// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
//! Whole conversations in the orders of unmodified programs: every step that they cannot do without must succeed, and the
//! TLVs that they read without asking must be there.

use qmi::{ctl, dms, nas, service, uim, wda, wds, ErrorCode, Request};

use super::host::{Host, SERVICES};
use crate::session::Qmap;

fn endpoint() -> Option<wda::Endpoint> {
    Some(wda::Endpoint::PCIE)
}

/// Captured from qmicli 1.32.2, each command with a client of its own as qmicli does without `--client-cid`; for the WDS ones,
/// `--client-no-release-cid` and `--client-cid=1`.
#[test]
fn qmicli_session_by_hand() {
    let mut host = Host::new();
    // --wda-set-data-format=link-layer-protocol=raw-ip,ul-protocol=qmapv5,dl-protocol=qmapv5,dl-datagram-max-size=31744,...
    host.replay("010f000000000001220004000101001a").unwrap();
    let format = host
        .replay(
            "014800001a0100010020003c001c0400002000001b04000b0000001708000300000004000000160400007c00001504002000\
             0000130400090000001204000900000011040002000000",
        )
        .unwrap();
    let format: wda::DataFormat = format.body();
    assert_eq!(
        (format.uplink, format.downlink_max_size),
        (Some(wda::Aggregation::QmapV5), Some(31744))
    );
    assert_eq!(host.modem().format.ul, Qmap::V5);
    host.replay("0110000000000002230005000102001a01").unwrap();
    // --wds-noop --client-no-release-cid
    host.replay("010f0000000000012200040001010001").unwrap();
    // --wds-bind-mux-data-port=mux-id=129,ep-type=pcie,ep-iface-number=4
    host.replay("012200000101000100a200160013040001000000110100811008000300000004000000")
        .unwrap();
    // --wds-set-ip-family=4
    host.replay("0110000001010001004d00040001010004").unwrap();
    // --wds-start-network=apn=reject.test,ip-type=4
    let refused = host
        .replay("011e000001010001002000120019010004140b0072656a6563742e74657374")
        .unwrap_err();
    assert_eq!(refused, ErrorCode::CALL_FAILED);
    // --wds-start-network=apn=auth.test,ip-type=4,username=user,password=secret,auth=PAP
    host.replay("01300000010100010020002400190100041806007365637265741704007573657216010001140900617574682e74657374")
        .unwrap();
    // --wds-get-current-settings
    let settings = host
        .replay("0113000001010001002d00070010040030e30000")
        .unwrap();
    let settings: wds::Settings = settings.body();
    assert!(settings.address.is_some() && settings.gateway.is_some() && settings.mask.is_some());
    // --wds-get-packet-service-status
    let status: wds::Status = host.replay("010c0000010100010022000000").unwrap().body();
    assert_eq!(status.connection, wds::Connection::Connected);
    // --wds-stop-network=disable-autoconnect
    host.replay("01170000010100010021000b0010010001010400ffffffff")
        .unwrap();
    assert!(host.modem().session(129).is_none());
}

/// ModemManager 1.24 with `multiplex=required`; what it needs was found by refusing each message in turn.
#[test]
fn modem_manager_probe_init_enable_connect() {
    let mut host = Host::new();
    let answer = host.call(0, &ctl::GetVersions {}).unwrap();
    let versions: ctl::Versions = answer.body();
    let listed: Vec<u8> = versions
        .services
        .iter()
        .map(|version| version.service)
        .collect();
    assert!(SERVICES.iter().all(|service| listed.contains(service)));
    let wda = host.client(service::WDA);
    let format: wda::DataFormat = host
        .call(
            wda,
            &wda::GetDataFormat {
                endpoint: endpoint(),
            },
        )
        .unwrap()
        .body();
    assert!(format.link_layer.is_some() && format.uplink.is_some() && format.downlink.is_some());
    let (dms, nas, wds, uim) = (
        host.client(service::DMS),
        host.client(service::NAS),
        host.client(service::WDS),
        host.client(service::UIM),
    );

    host.call(nas, &nas::GetSelectionPreference {}).unwrap();
    host.call(nas, &nas::GetTechnologyPreference {}).unwrap();
    let answer = host.call(dms, &dms::GetCapabilities {}).unwrap();
    let capabilities: dms::Capabilities = answer.body();
    assert!(capabilities.info.radios.iter().any(|radio| radio == 10));
    let answer = host.call(dms, &dms::GetModel {}).unwrap();
    assert_eq!(answer.body::<dms::Model>().model, "RM520N-GL");
    host.call(dms, &dms::GetManufacturer {}).unwrap();
    let answer = host.call(dms, &dms::GetRevision {}).unwrap();
    assert_eq!(
        answer.body::<dms::Revision>().revision,
        "RM520NGLAAR03A03M4G"
    );
    host.call(dms, &dms::GetHardwareRevision {}).unwrap();
    let answer = host.call(dms, &dms::GetIds {}).unwrap();
    assert_eq!(answer.body::<dms::Ids>().imei.unwrap().0.len(), 15);
    host.call(dms, &dms::GetBands {}).unwrap();
    let mode: dms::OperatingMode = host.call(dms, &dms::GetOperatingMode {}).unwrap().body();
    assert_eq!(mode.mode, dms::Mode::Online);
    host.call(uim, &uim::RegisterEvents { mask: 1 }).unwrap();
    assert_eq!(host.app(uim).state, uim::AppState::Ready);
    // ICCID, IMSI and administrative data, at the paths that it uses.
    for (file, path) in [
        (0x2fe2, &[0x00, 0x3f][..]),
        (0x6f07, &[0x00, 0x3f, 0xff, 0x7f]),
        (0x6fad, &[0x00, 0x3f, 0xff, 0x7f]),
    ] {
        let read = uim::ReadTransparent {
            file: uim::File {
                id: file,
                path: qmi::List8::new(path),
            },
            ..Default::default()
        };
        let answer = host.call(uim, &read).unwrap();
        let content: uim::FileContent = answer.body();
        assert_eq!(content.card, Some([0x90, 0x00]));
        assert!(content.content.unwrap().iter().count() >= 4);
    }

    // Config Signal Info v2, Register Indications, Set Event Report, System Info.
    host.raw(service::NAS, nas, 0x6c, &[]).unwrap();
    let register = nas::RegisterIndications {
        serving_system: Some(true),
        system_info: Some(true),
        ..Default::default()
    };
    host.call(nas, &register).unwrap();
    host.call(wds, &wds::SetEventReport::default()).unwrap();
    let info: nas::SystemInfo = host.call(nas, &nas::GetSystemInfo {}).unwrap().body();
    assert!(info.lte.is_some() && info.nr5g.is_some() && info.nr5g_info.is_some());

    let wanted = wda::SetDataFormat {
        link_layer: Some(wda::LinkLayer::RawIp),
        uplink: Some(wda::Aggregation::QmapV5),
        downlink: Some(wda::Aggregation::QmapV5),
        downlink_max_packets: Some(32),
        downlink_max_size: Some(32768),
        endpoint: endpoint(),
        ..Default::default()
    };
    host.call(wda, &wanted).unwrap();
    let format: wda::DataFormat = host
        .call(
            wda,
            &wda::GetDataFormat {
                endpoint: endpoint(),
            },
        )
        .unwrap()
        .body();
    // It compares these with what it asked for, and takes the size for the MTU.
    assert_eq!(
        (format.uplink, format.downlink),
        (wanted.uplink, wanted.downlink)
    );
    assert_eq!(format.downlink_max_size, Some(32768));

    let wds = host.client(service::WDS);
    let bind = wds::BindMuxDataPort {
        endpoint: endpoint(),
        mux_id: Some(1),
        client_type: None,
    };
    host.call(wds, &bind).unwrap();
    let family = wds::SetIpFamily {
        family: wds::Family::Ipv4,
    };
    host.call(wds, &family).unwrap();
    host.call(wds, &wds::SetEventReport::default()).unwrap();
    let start = wds::StartNetwork {
        apn: Some("internet".into()),
        family: Some(wds::Family::Ipv4),
        ..Default::default()
    };
    host.call(wds, &start).unwrap();
    let register = wds::RegisterIndications {
        extended_ip_config: Some(true),
        ..Default::default()
    };
    host.call(wds, &register).unwrap();
    let settings = host.settings(wds).unwrap();
    assert!(settings.address.is_some() && settings.mask.is_some() && settings.family.is_some());
    assert!(host.modem().session(1).unwrap().ipv4.is_some());
}

/// quectel-CM V1.6's order, IPv4 and IPv6.
#[test]
fn quectel_cm_both_families() {
    let mut host = Host::new();
    host.call(0, &ctl::Sync {}).unwrap();
    host.call(0, &ctl::GetVersions {}).unwrap();
    let (wds, wds6) = (host.client(service::WDS), host.client(service::WDS));
    let (dms, nas) = (host.client(service::DMS), host.client(service::NAS));
    let (uim, wda) = (host.client(service::UIM), host.client(service::WDA));
    host.call(dms, &dms::GetRevision {}).unwrap();
    let wanted = wda::SetDataFormat {
        qos: Some(false),
        link_layer: Some(wda::LinkLayer::RawIp),
        uplink: Some(wda::Aggregation::QmapV5),
        downlink: Some(wda::Aggregation::QmapV5),
        downlink_max_packets: Some(30),
        downlink_max_size: Some(15360),
        endpoint: endpoint(),
        downlink_padding: Some(0),
        uplink_max_packets: Some(11),
        uplink_max_size: Some(8192),
        ..Default::default()
    };
    let format: wda::DataFormat = host.call(wda, &wanted).unwrap().body();
    // It reads these unchecked.
    assert_eq!(
        (format.uplink_max_packets, format.uplink_max_size),
        (Some(11), Some(8192))
    );
    assert_eq!(
        (format.downlink_max_size, format.downlink_padding),
        (Some(15360), Some(0))
    );
    for (client, family) in [(wds, wds::Family::Ipv4), (wds6, wds::Family::Ipv6)] {
        let bind = wds::BindMuxDataPort {
            endpoint: endpoint(),
            mux_id: Some(0x81),
            client_type: Some(1),
        };
        host.call(client, &bind).unwrap();
        host.call(client, &wds::SetIpFamily { family }).unwrap();
    }
    let off = wds::SetAutoconnect {
        status: 0,
        roaming: None,
    };
    host.call(wds, &off).unwrap();
    assert_eq!(host.app(uim).state, uim::AppState::Ready);
    let answer = host
        .call(wds, &wds::ListProfiles { kind: Some(0) })
        .unwrap();
    assert!(answer
        .body::<wds::ProfileList>()
        .profiles
        .iter()
        .any(|profile| profile.index == 1));
    let first = wds::ProfileId { kind: 0, index: 1 };
    let answer = host.call(wds, &wds::GetProfile { profile: first }).unwrap();
    assert_eq!(answer.body::<wds::Profile>().context, Some(1));
    let modify = wds::ModifyProfile {
        profile: first,
        apn: Some("internet".into()),
        ..Default::default()
    };
    host.call(wds, &modify).unwrap();
    host.call(nas, &nas::GetSystemInfo {}).unwrap();
    for (client, family) in [(wds, wds::Family::Ipv4), (wds6, wds::Family::Ipv6)] {
        let status: wds::Status = host.call(client, &wds::GetStatus {}).unwrap().body();
        assert_eq!(status.connection, wds::Connection::Disconnected);
        let start = wds::StartNetwork {
            family: Some(family),
            profile: Some(1),
            technology: Some(1),
            ..Default::default()
        };
        host.call(client, &start).unwrap();
        let status: wds::Status = host.call(client, &wds::GetStatus {}).unwrap().body();
        assert_eq!(status.connection, wds::Connection::Connected);
        assert_eq!(host.settings(client).unwrap().family, Some(family));
    }
    assert_eq!(host.modem().session(0x81).unwrap().apn, "internet");
    let unasked = wds::SetAutoconnect {
        status: 1,
        roaming: None,
    };
    assert_eq!(
        host.call(wds, &unasked).unwrap_err(),
        ErrorCode::NOT_SUPPORTED
    );
    assert_eq!(
        <wds::StatusIndication as qmi::Indication>::ID,
        wds::GetStatus::ID
    );
}
