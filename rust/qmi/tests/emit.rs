// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
//! What one end emits, the other parses to the same; lack of space is an error and never a panic.

use qmi::{ctl, dsd, nas, reason, service, uim, wda, wds};
use qmi::{
    Body, Builder, CallEnd, Error, ErrorCode, Frame, Kind, List8, Message, Request, Verbose,
};

/// Emits a body as a response, parses it again and compares.
fn there_and_back<'a, B: Body<'a> + PartialEq + std::fmt::Debug>(body: &B, buffer: &'a mut [u8]) {
    let frame = Builder::response(buffer, service::WDS, 7, 0xbeef, 0x1234)
        .verdict(Ok(()))
        .body(body)
        .finish()
        .unwrap();
    let (frame, rest) = Frame::parse(frame).unwrap();
    assert!(rest.is_empty());
    let message = Message::parse(&frame).unwrap();
    assert_eq!(
        (
            message.kind,
            message.client,
            message.transaction,
            message.id
        ),
        (Kind::Response, 7, 0xbeef, 0x1234)
    );
    assert_eq!(message.verdict(), Ok(Ok(())));
    assert_eq!(message.body::<B>().unwrap(), *body);
}

#[test]
fn nested_lists_survive() {
    let apps = [
        uim::App {
            kind: uim::AppType::Usim,
            state: uim::AppState::Ready,
            aid: qmi::Text8(&[0xa0, 0, 0, 0, 0x87]),
            ..Default::default()
        },
        uim::App {
            kind: uim::AppType::Isim,
            state: uim::AppState::Detected,
            ..Default::default()
        },
    ];
    let cards = [
        uim::Card::default(),
        uim::Card {
            state: uim::CardState::Present,
            apps: List8::new(&apps),
            ..Default::default()
        },
    ];
    let status = uim::Cards {
        // Slot 2, application 1.
        primary_gw: 0x0100,
        cards: List8::new(&cards),
        ..Default::default()
    };
    assert_eq!(status.primary().unwrap().1.kind, uim::AppType::Usim);
    there_and_back(&uim::CardStatus { status }, &mut [0; 256]);
}

#[test]
fn card_index_out_of_range_is_none() {
    for primary_gw in [0xffff, 0x0001, 0x0100, 0x00ff] {
        let cards = [uim::Card::default()];
        let status = uim::Cards {
            primary_gw,
            cards: List8::new(&cards),
            ..Default::default()
        };
        assert_eq!(status.primary(), None, "{primary_gw:#06x}");
    }
}

#[test]
fn unknown_numbers_survive() {
    let format = wda::DataFormat {
        uplink: Some(wda::Aggregation::from(0x1234_5678)),
        link_layer: Some(wda::LinkLayer::Other(99)),
        ..Default::default()
    };
    there_and_back(&format, &mut [0; 128]);
    assert_eq!(wda::LinkLayer::Other(99).to_string(), "unknown (99)");
}

/// A request's TLVs, and that it is read as it was written.
fn request<'a, R: Request + Body<'a> + PartialEq + std::fmt::Debug>(
    body: &R,
    buffer: &'a mut [u8],
) -> Vec<(u8, Vec<u8>)> {
    let frame = Builder::call(buffer, 7, 9, body).finish().unwrap();
    let (frame, _) = Frame::parse(frame).unwrap();
    let message = Message::parse(&frame).unwrap();
    assert_eq!((message.service, message.id), (R::SERVICE, R::ID));
    assert_eq!(message.body::<R>().unwrap(), *body);
    let tlvs = message.tlvs.map(|tlv| (tlv.kind, tlv.value.to_vec()));
    tlvs.collect()
}

/// Numbers and sizes of libqmi's data/qmi-service-*.json; vectors.txt has none of these, since qmicli does not send them.
#[test]
fn requests_that_qmicli_has_not_are_written_as_libqmis_tables_say() {
    let reports = wds::SetEventReport {
        bearer: Some(true),
        call: Some(false),
        ..Default::default()
    };
    assert_eq!(
        request(&reports, &mut [0; 64]),
        [(0x12, vec![1]), (0x17, vec![0])]
    );
    let changes = wds::RegisterIndications {
        extended_ip_config: Some(true),
        ..Default::default()
    };
    assert_eq!(request(&changes, &mut [0; 64]), [(0x12, vec![1])]);
    let registration = nas::RegisterIndications {
        serving_system: Some(true),
        system_info: Some(true),
        ..Default::default()
    };
    assert_eq!(
        request(&registration, &mut [0; 64]),
        [(0x13, vec![1]), (0x18, vec![1])]
    );
    let network = nas::GetPlmnName {
        plmn: nas::Plmn { mcc: 262, mnc: 1 },
    };
    assert_eq!(
        request(&network, &mut [0; 64]),
        [(0x01, vec![0x06, 0x01, 0x01, 0x00])]
    );
    let events = uim::RegisterEvents { mask: 0x11 };
    assert_eq!(
        request(&events, &mut [0; 64]),
        [(0x01, vec![0x11, 0, 0, 0])]
    );
    let systems = dsd::RegisterStatus { enable: Some(true) };
    assert_eq!(request(&systems, &mut [0; 64]), [(0x11, vec![1])]);
}

#[test]
fn profiles_and_services_survive() {
    let profiles = [wds::ProfileEntry {
        kind: 0,
        index: 3,
        name: "third".into(),
    }];
    let list = wds::ProfileList {
        profiles: List8::new(&profiles),
    };
    there_and_back(&list, &mut [0; 128]);
    let services = [ctl::Version {
        service: service::WDA,
        major: 1,
        minor: 16,
    }];
    there_and_back(
        &ctl::Versions {
            services: List8::new(&services),
        },
        &mut [0; 128],
    );
}

#[test]
fn cells_survive() {
    let cells = [nas::LteCell {
        pci: 301,
        rsrq: -110,
        rsrp: -900,
        rssi: -610,
        level: 48,
    }; 2];
    let cells = List8::new(&cells);
    let channels = [nas::LteChannel {
        channel: 6300,
        cells,
        ..Default::default()
    }];
    let location = nas::CellLocation {
        lte: Some(nas::LteServing {
            tac: 0xb4,
            cells,
            ..Default::default()
        }),
        lte_others: Some(nas::LteOthers {
            idle: true,
            channels: List8::new(&channels),
        }),
        lte_channel: Some(66486),
        lte_other_channels: Some(List8::new(&[6300])),
        nr5g_channel: Some(636_666),
        nr5g: Some(nas::Nr5gServing {
            cell: 0xf_ffff_ffff,
            ..Default::default()
        }),
    };
    there_and_back(&location, &mut [0; 256]);
}

#[test]
fn system_info_as_indication_has_other_numbers() {
    let info = nas::SystemInfo {
        nr5g: Some(nas::ServiceStatus {
            status: nas::Service::Available,
            ..Default::default()
        }),
        nr5g_info: Some(nas::RadioInfo::default()),
        sim_reject: Some(1),
        ..Default::default()
    };
    let changed = nas::SystemInfoChanged::from(info);
    let mut buffer = [0; 256];
    let frame = Builder::indication(&mut buffer, service::NAS, 1, 0x4e)
        .body(&changed)
        .finish()
        .unwrap();
    let (frame, _) = Frame::parse(frame).unwrap();
    let message = Message::parse(&frame).unwrap();
    assert!(message.tlvs.find(0x4d).is_some() && message.tlvs.find(0x4b).is_none());
    let back = message
        .indication::<nas::SystemInfoChanged>()
        .unwrap()
        .unwrap();
    assert_eq!(nas::SystemInfo::from(back), info);
    assert!(message.indication::<nas::SignalInfo>().is_none());
}

#[test]
fn control_messages_have_short_transactions() {
    let mut buffer = [0; 32];
    let frame = Builder::call(&mut buffer, 0, 0x12, &ctl::Sync {})
        .finish()
        .unwrap();
    // The bytes that quectel-CM opens with.
    assert_eq!(
        frame,
        [0x01, 0x0b, 0x00, 0x00, 0x00, 0x00, 0x00, 0x12, 0x27, 0x00, 0x00, 0x00]
    );
    let mut buffer = [0; 32];
    assert_eq!(
        Builder::call(&mut buffer, 0, 0x100, &ctl::Sync {}).finish(),
        Err(Error::NoSpace)
    );
}

#[test]
fn buffers_of_every_size_are_safe() {
    let start = wds::StartNetwork {
        apn: Some("internet".into()),
        user: Some("user".into()),
        family: Some(wds::Family::Ipv4),
        ..Default::default()
    };
    let mut buffer = [0; 128];
    let needed = Builder::call(&mut buffer, 1, 1, &start)
        .finish()
        .unwrap()
        .len();
    for size in 0..=needed {
        let mut buffer = vec![0; size];
        let finished = Builder::call(&mut buffer, 1, 1, &start).finish();
        assert_eq!(finished.is_ok(), size == needed, "{size}");
    }
}

#[test]
fn text_too_long_for_its_length_is_refused() {
    let long = "x".repeat(256);
    let pin = uim::Pin {
        id: 1,
        digits: long.as_str().into(),
    };
    let request = uim::VerifyPin {
        session: Default::default(),
        pin,
    };
    let mut buffer = [0; 1024];
    assert_eq!(
        Builder::call(&mut buffer, 1, 1, &request).finish(),
        Err(Error::NoSpace)
    );
}

#[test]
fn list_count_beyond_the_tlv_is_refused() {
    let mut buffer = [0; 64];
    let frame = Builder::response(&mut buffer, service::CTL, 0, 1, 0x21)
        .tlv_bytes(0x01, &[200, 1, 1, 0, 0, 0]);
    let (frame, _) = Frame::parse(frame.finish().unwrap()).unwrap();
    assert_eq!(
        Message::parse(&frame).unwrap().body::<ctl::Versions>(),
        Err(Error::ShortTlv(0x01))
    );
}

#[test]
fn call_end_reasons_have_words() {
    let refused = |verbose| CallEnd {
        reason: Some(1),
        verbose: Some(verbose),
    };
    let words = [
        (
            Verbose::gpp(8),
            "operator determined barring (network reason 8)",
        ),
        (
            Verbose::gpp(27),
            "missing or unknown APN (network reason 27)",
        ),
        (
            Verbose::gpp(29),
            "user authentication failed (network reason 29)",
        ),
        (
            Verbose::gpp(33),
            "service option not subscribed (network reason 33)",
        ),
        (Verbose::gpp(50), "IPv4 only allowed (network reason 50)"),
        (
            Verbose::internal(236),
            "call already present (modem reason 236)",
        ),
        (Verbose::gpp(9999), "network reason 9999"),
        (
            Verbose {
                kind: reason::Type::Other(77),
                reason: -1,
            },
            "unknown (77) reason -1",
        ),
    ];
    for (verbose, expected) in words {
        assert_eq!(refused(verbose).to_string(), expected);
    }
    let coarse = CallEnd {
        reason: Some(1013),
        verbose: None,
    };
    assert_eq!(coarse.to_string(), "missing or unknown APN (reason 1013)");
    assert_eq!(CallEnd::default().to_string(), "no reason given");
    there_and_back(&refused(Verbose::gpp(33)), &mut [0; 64]);
}

#[test]
fn verdict_of_failure() {
    let mut buffer = [0; 64];
    let frame = Builder::response(&mut buffer, service::WDS, 1, 1, 0x20)
        .verdict(Err(ErrorCode::CALL_FAILED));
    let (frame, _) = Frame::parse(frame.finish().unwrap()).unwrap();
    assert_eq!(
        Message::parse(&frame).unwrap().verdict(),
        Ok(Err(ErrorCode::CALL_FAILED))
    );
}

#[test]
fn text_is_shown_without_trusting_it() {
    let shown = |bytes: &[u8]| qmi::Text(bytes).to_string();
    let table: [(&[u8], &str); 12] = [
        (b"Test Network", "Test Network"),
        (
            "T\u{e9}l\u{e9}com \u{4e2d}\u{1f4f6}".as_bytes(),
            "T\u{e9}l\u{e9}com \u{4e2d}\u{1f4f6}",
        ),
        (b"ends\0\0\t ", "ends"),
        (b"", ""),
        (b"\0 \0", ""),
        (b"a\x1b[2Jb", "a\u{fffd}[2Jb"),
        (b"\xff\xfe", "\u{fffd}\u{fffd}"),
        // Cut short, overlong, surrogate, beyond Unicode, a lone continuation, a C1 control character.
        (b"\xe4\xb8", "\u{fffd}\u{fffd}"),
        (b"\xc0\xaf", "\u{fffd}\u{fffd}"),
        (b"\xed\xa0\x80", "\u{fffd}\u{fffd}\u{fffd}"),
        (b"\xf5\x80\x80\x80", "\u{fffd}\u{fffd}\u{fffd}\u{fffd}"),
        (b"\xc2\x9b", "\u{fffd}"),
    ];
    for (bytes, expected) in table {
        assert_eq!(shown(bytes), expected, "{bytes:x?}");
    }
    // Every valid character but control characters is shown as it is.
    for c in (' '..='\u{10ffff}').filter(|c| !c.is_control() && *c != ' ') {
        assert_eq!(shown(c.to_string().as_bytes()), c.to_string());
    }
}
