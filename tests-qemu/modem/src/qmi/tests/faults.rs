// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
//! Faults on order: each does what it says, and nothing once it is off.

use std::time::Instant;

use qmi::{ctl, next_frame, service, wds, Builder, ErrorCode, Step};

use super::host::{parse, Host};
use crate::port::Port;

fn versions() -> Vec<u8> {
    let mut buffer = [0; 32];
    Builder::call(&mut buffer, 0, 7, &ctl::GetVersions {})
        .finish()
        .unwrap()
        .to_vec()
}

#[test]
fn silence() {
    let mut host = Host::new();
    host.command("silent on").unwrap();
    host.send(&versions());
    assert_eq!(host.receive(), None);
    host.command("silent off").unwrap();
    host.send(&versions());
    assert!(host.receive().is_some());
}

#[test]
fn wrong_transactions_for_a_while() {
    let mut host = Host::new();
    host.command("wrong-transaction 2").unwrap();
    let mut transactions = Vec::new();
    for _ in 0..3 {
        host.send(&versions());
        transactions.push(parse(&host.receive().unwrap()).transaction);
    }
    assert_eq!(transactions, [8, 8, 7]);
}

#[test]
fn frames_in_pieces_join_to_frames() {
    let mut host = Host::new();
    host.command("partial 5").unwrap();
    host.send(&versions());
    let mut joined = Vec::new();
    while let Some(piece) = host.receive() {
        assert!(piece.len() <= 5);
        joined.extend(piece);
    }
    assert!(
        matches!(next_frame(&joined), Step::Frame { consumed, .. } if consumed == joined.len())
    );
    host.command("partial off").unwrap();
    host.send(&versions());
    assert_eq!(host.receive(), Some(joined));
}

#[test]
fn frame_is_cut_once() {
    let mut host = Host::new();
    host.command("cut 9").unwrap();
    host.send(&versions());
    assert_eq!(host.receive().unwrap().len(), 9);
    host.send(&versions());
    assert!(host.receive().unwrap().len() > 9);
}

#[test]
fn spoils_the_responses_to_one_message_and_counts() {
    let mut host = Host::new();
    let faults = |host: &mut Host| host.stats().rsplit_once('=').unwrap().1.to_string();
    host.command("cut 9 ctl 0x22").unwrap();
    host.send(&versions());
    let whole = host.receive().unwrap().len();
    assert_eq!(faults(&mut host), "0");
    host.command("cut 9 ctl 0x21").unwrap();
    host.send(&versions());
    assert_eq!(host.receive().unwrap().len(), 9);
    assert_eq!(faults(&mut host), "1");
    host.command("wrong-transaction 1 ctl 0x21").unwrap();
    for transaction in [8, 7] {
        host.send(&versions());
        assert_eq!(parse(&host.receive().unwrap()).transaction, transaction);
    }
    host.command("silent on").unwrap();
    host.send(&versions());
    host.command("silent off").unwrap();
    host.command("garbage 00").unwrap();
    assert_eq!(faults(&mut host), "3");
    assert_eq!(host.receive(), Some(vec![0]));
    // More than a frame has is no cut.
    host.command(&format!("cut {whole}")).unwrap();
    host.send(&versions());
    assert_eq!(host.receive().unwrap().len(), whole);
    assert_eq!(faults(&mut host), "4");
}

#[test]
fn garbage_by_hex_and_by_seed() {
    let mut host = Host::new();
    host.command("garbage 01ff00").unwrap();
    assert_eq!(host.receive(), Some(vec![0x01, 0xff, 0x00]));
    for _ in 0..2 {
        host.command("garbage 5 1000").unwrap();
    }
    let first = host.receive().unwrap();
    assert_eq!(first.len(), 1000);
    assert_eq!(host.receive(), Some(first.clone()));
    host.command("garbage 6 1000").unwrap();
    assert_ne!(host.receive(), Some(first));
    for wrong in [
        "garbage",
        "garbage 0",
        "garbage 0g",
        "garbage \u{e9}\u{e9}",
        "garbage 1 0",
        "garbage 1 99999",
        "garbage x 5",
    ] {
        assert!(host.command(wrong).is_err(), "{wrong}");
    }
}

#[test]
fn refusals_on_order() {
    let mut host = Host::new();
    let client = host.client(service::WDS);
    host.command("refuse wds 0x22 52").unwrap();
    assert_eq!(
        host.call(client, &wds::GetStatus {}).unwrap_err(),
        ErrorCode::DEVICE_NOT_READY
    );
    assert!(host.call(client, &wds::GetAutoconnect {}).is_ok());
    host.command("refuse 1 34 off").unwrap();
    assert!(host.call(client, &wds::GetStatus {}).is_ok());
    host.command("refuse CTL 0x0022 5").unwrap();
    let allocate = ctl::AllocateClient {
        service: service::NAS,
    };
    assert_eq!(
        host.call(0, &allocate).unwrap_err(),
        ErrorCode::CLIENT_IDS_EXHAUSTED
    );
    host.command("refuse off").unwrap();
    assert!(host.call(0, &allocate).is_ok());
}

#[test]
fn misspelt_orders_get_the_usage() {
    let mut host = Host::new();
    for wrong in [
        "",
        "silent",
        "silent maybe",
        "refuse wds",
        "refuse nobody 1 2",
        "cut x",
        "cut 1 wds",
        "wrong-transaction 1 nobody 2",
        "partial",
        "wrong-transaction -1",
    ] {
        assert!(
            host.command(wrong).unwrap_err().contains("silent on|off"),
            "{wrong}"
        );
    }
    // And the port still works.
    host.port().receive(&versions(), Instant::now());
    assert!(host.receive().is_some());
}
