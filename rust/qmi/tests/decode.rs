// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
//! Messages in words: names, values, secrets that stay hidden, and octets where there is no name.

use std::fs;
use std::path::Path;

use qmi::{ctl, decode, dms, service, uim, wda, wds};
use qmi::{Body, Builder, Decoded, ErrorCode, Frame, Message, Request};

fn words(frame: &[u8]) -> String {
    let (frame, _) = Frame::parse(frame).unwrap();
    Decoded(&Message::parse(&frame).unwrap()).to_string()
}

fn request<'r, R: Request + Body<'r>>(request: &R) -> String {
    words(
        Builder::call(&mut [0; 256], 3, 9, request)
            .finish()
            .unwrap(),
    )
}

#[test]
fn values_have_their_names() {
    let format = wda::SetDataFormat {
        link_layer: Some(wda::LinkLayer::RawIp),
        downlink: Some(wda::Aggregation::QmapV5),
        endpoint: Some(wda::Endpoint::PCIE),
        ..Default::default()
    };
    assert_eq!(
        request(&format),
        "WDA SetDataFormat request client 3 transaction 9 link_layer=RawIp downlink=QmapV5 \
         endpoint=Endpoint { kind: Pcie, interface: 4 }"
    );
}

#[test]
fn pins_and_passwords_are_never_shown() {
    let pin = dms::Pin {
        id: 1,
        digits: "4711".into(),
    };
    let lines = [
        request(&dms::VerifyPin { pin }),
        request(&uim::VerifyPin {
            pin: uim::Pin {
                id: 1,
                digits: "4711".into(),
            },
            ..Default::default()
        }),
        request(&wds::StartNetwork {
            user: Some("me".into()),
            password: Some("4711".into()),
            ..Default::default()
        }),
        request(&wds::CreateProfile {
            password: Some("4711".into()),
            ..Default::default()
        }),
        request(&wds::ModifyProfile {
            password: Some("4711".into()),
            ..Default::default()
        }),
    ];
    for line in lines {
        assert!(line.contains("=***"), "{line}");
        assert!(!line.contains("4711"), "{line}");
    }
    // A TLV that the request is not known to have, and a request that is not known at all: changing a PIN.
    for (service, id) in [(service::WDS, 0x20), (service::UIM, 0x28)] {
        let mut room = [0; 64];
        let frame = Builder::request(&mut room, service, 1, 1, id)
            .value(0x77, &qmi::Text(b"4711"))
            .finish()
            .unwrap();
        assert!(words(frame).ends_with(" 0x77=4 octets"));
    }
}

#[test]
fn verdicts_come_in_words() {
    let mut room = [0; 64];
    let frame = Builder::response(&mut room, service::WDS, 3, 9, 0x20)
        .verdict(Err(ErrorCode::OUT_OF_CALL))
        .finish()
        .unwrap();
    assert_eq!(
        words(frame),
        "WDS StartNetwork response client 3 transaction 9 refused: no call (QMI error 15)"
    );
    let mut room = [0; 64];
    let frame = Builder::response(&mut room, service::CTL, 0, 9, 0x22)
        .verdict(Ok(()))
        .body(&ctl::Allocated {
            client: ctl::Client { service: 1, id: 7 },
        })
        .finish()
        .unwrap();
    assert_eq!(
        words(frame),
        "CTL AllocateClient response client 0 transaction 9 ok client=Client { service: 1, id: 7 }"
    );
}

#[test]
fn what_has_no_name_is_shown_as_octets_within_bounds() {
    let mut room = [0; 256];
    let frame = Builder::indication(&mut room, 0x42, 3, 0x1234)
        .value(0x10, &7u32)
        .value(0x11, &qmi::Text(&[0xab; 100]))
        .finish()
        .unwrap();
    let words = words(frame);
    assert!(
        words.starts_with(
            "service 0x42 0x1234 indication client 3 transaction 0 0x10=[07 00 00 00] 0x11=[ab ab"
        ),
        "{words}"
    );
    assert!(words.ends_with("ab ... 100 octets]"), "{words}");
}

#[test]
fn values_that_are_too_short_or_too_long_are_shown_nevertheless() {
    let mut room = [0; 64];
    let short = Builder::request(&mut room, service::WDS, 3, 9, 0x4d)
        .value(0x01, &qmi::Text(b""))
        .finish()
        .unwrap();
    assert!(words(short).ends_with(" family=[]"));
    let mut room = [0; 64];
    let long = Builder::request(&mut room, service::WDS, 3, 9, 0x4d)
        .value(0x01, &[4u8, 0xee])
        .finish()
        .unwrap();
    assert!(words(long).ends_with(" family=Ipv4[ee]"), "{}", words(long));
}

/// Each `request!` and `indication!` of the sources is in the table, so that `-v` names it.
#[test]
fn every_message_is_in_the_table() {
    fn count(folder: &Path, what: &str) -> usize {
        let files = fs::read_dir(folder)
            .unwrap()
            .map(|file| file.unwrap().path());
        let each = files.map(|path| {
            if path.is_dir() {
                return count(&path, what);
            }
            let text = fs::read_to_string(&path).unwrap();
            text.lines().filter(|line| line.starts_with(what)).count()
        });
        each.sum()
    }
    let sources = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    assert_eq!(count(&sources, "request!("), decode::REQUESTS.len());
    assert_eq!(count(&sources, "indication!("), decode::INDICATIONS.len());
}
