// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
//! Transfer blocks: one as Linux' mhi_wwan_mbim writes it, our own, and what hosts and modems must not send.
#![allow(missing_docs)]

use mbim::ntb::{cost, write, Datagram, Malformed, HEADER};
use mbim::Datagrams;

/// `mbim_tx_fixup()` of Linux 6.12 `drivers/net/wwan/mhi_wwan_mbim.c` for session 5, block 7, and the packet 45 00 00 01: a
/// header, a table of one entry and the closing one, the packet.
const LINUX: &[u8] = &[
    0x4e, 0x43, 0x4d, 0x48, 12, 0, 7, 0, 32, 0, 12, 0, //
    0x49, 0x50, 0x53, 5, 16, 0, 0, 0, 28, 0, 4, 0, 0, 0, 0, 0, //
    0x45, 0, 0, 1,
];

fn read(block: &[u8]) -> Vec<Result<Datagram<'_>, Malformed>> {
    match Datagrams::new(block) {
        Ok(datagrams) => datagrams.collect(),
        Err(malformed) => vec![Err(malformed)],
    }
}

/// The block of [`LINUX`] with a byte changed.
fn changed(at: usize, value: u8) -> Vec<u8> {
    let mut block = LINUX.to_vec();
    block[at] = value;
    block
}

#[test]
fn block_of_linux_is_read() {
    let packet = &LINUX[28..];
    assert_eq!(read(LINUX), [Ok(Datagram { session: 5, packet })]);
    assert_eq!(Datagrams::new(LINUX).unwrap().sequence(), 7);
}

#[test]
fn block_of_linux_is_what_is_written() {
    let mut out = [0xff; 32];
    assert_eq!(write(&mut out, 7, &[(5, &[0x45, 0, 0, 1])]), Some(32));
    assert_eq!(out, LINUX);
}

#[test]
fn packets_of_sessions_come_back_in_order() {
    let packets: [(u8, &[u8]); 5] = [
        (0, b"one"),
        (0, b"four"),
        (255, b"fives"),
        (3, b"x"),
        (3, b"sixsix"),
    ];
    let mut out = [0; 512];
    let length = write(&mut out, 0xffff, &packets).unwrap();
    let mut costs = HEADER;
    for (at, (session, packet)) in packets.iter().enumerate() {
        let opens = at == 0 || packets[at - 1].0 != *session;
        costs += cost(opens, packet.len()).unwrap();
    }
    assert_eq!(length, costs);
    let found: Vec<_> = read(&out[..length])
        .into_iter()
        .map(|datagram| datagram.map(|datagram| (datagram.session, datagram.packet)))
        .collect();
    assert_eq!(found, packets.map(Ok));
}

#[test]
fn what_does_not_fit_is_not_written() {
    let mut out = [0; 70_000];
    assert_eq!(write(&mut out, 0, &[]), None);
    assert_eq!(write(&mut out, 0, &[(1, b"")]), None);
    assert_eq!(write(&mut out[..31], 0, &[(1, b"four")]), None);
    let long = [0; 40_000];
    assert_eq!(write(&mut out, 0, &[(1, &long), (1, &long)]), None);
    assert!(write(&mut out, 0, &[(1, &long)]).is_some());
}

#[test]
fn bad_headers_are_told() {
    assert_eq!(read(&LINUX[..11]), [Err(Malformed::TruncatedHeader)]);
    assert_eq!(read(&changed(0, 0)), [Err(Malformed::Signature)]);
    assert_eq!(read(&changed(4, 16)), [Err(Malformed::Signature)]);
    assert_eq!(read(&changed(8, 33)), [Err(Malformed::BlockLength)]);
    assert_eq!(read(&changed(8, 11)), [Err(Malformed::BlockLength)]);
}

#[test]
fn length_of_zero_means_the_whole_transfer() {
    assert_eq!(read(&changed(8, 0)), read(LINUX));
}

#[test]
fn bad_tables_end_the_block() {
    for (at, value) in [(10, 13), (10, 8), (10, 28), (11, 0xff)] {
        assert_eq!(
            read(&changed(at, value)),
            [Err(Malformed::TablePlace)],
            "{at} {value}"
        );
    }
    for (at, value) in [(16, 12), (16, 18), (16, 24), (17, 1)] {
        assert_eq!(
            read(&changed(at, value)),
            [Err(Malformed::TableLength)],
            "{at} {value}"
        );
    }
}

#[test]
fn table_that_points_to_itself_or_back_ends_the_block() {
    for next in [4, 12, 16, 24] {
        let block = changed(18, next);
        let packet = &LINUX[28..];
        let expected = [
            Ok(Datagram { session: 5, packet }),
            Err(Malformed::TablePlace),
        ];
        assert_eq!(read(&block), expected, "{next}");
    }
}

#[test]
fn other_streams_are_skipped() {
    assert_eq!(read(&changed(12, b'D')), [Err(Malformed::NotIp)]);
}

#[test]
fn bad_entries_are_skipped() {
    for (at, value) in [(20, 29), (22, 5), (20, 11), (21, 0xff), (23, 0xff)] {
        assert_eq!(
            read(&changed(at, value)),
            [Err(Malformed::Datagram)],
            "{at} {value}"
        );
    }
    assert_eq!(read(&changed(20, 0)), []);
    assert_eq!(read(&changed(22, 0)), []);
}

#[test]
fn table_without_closing_entry_ends_with_its_length() {
    let mut block = changed(24, 28);
    block[26] = 2;
    assert_eq!(read(&block).len(), 2);
}
