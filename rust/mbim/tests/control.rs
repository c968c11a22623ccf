// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
//! Control messages and information buffers.
#![allow(missing_docs)]

use mbim::message::{done, indication, kind, Header, FRAGMENT};
use mbim::service::{basic, BASIC_CONNECT};
use mbim::{Command, Fragment, Fragments, Malformed, Reader, Writer};

/// A query of the device's capabilities: "MBIM 1.0" tables 9-1 to 9-10 filled in.
const QUERY: &[u8] = &[
    3, 0, 0, 0, 48, 0, 0, 0, 2, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, //
    0xa2, 0x89, 0xcc, 0x33, 0xbc, 0xbb, 0x8b, 0x4f, 0xb6, 0xb0, 0x13, 0x3e, 0xc2, 0xaa, 0xe6,
    0xdf, //
    1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
];

#[test]
fn query_is_read() {
    let (header, rest) = Header::parse(QUERY).unwrap();
    assert_eq!((header.kind, header.transaction), (kind::COMMAND, 2));
    let (fragment, rest) = Fragment::parse(rest).unwrap();
    assert_eq!((fragment.total, fragment.current), (1, 0));
    let command = Command::parse(rest).unwrap();
    assert_eq!(command.service, BASIC_CONNECT);
    assert_eq!(
        (command.cid, command.set, command.info),
        (basic::DEVICE_CAPS, false, &[][..])
    );
}

#[test]
fn lengths_that_lie_are_refused() {
    assert_eq!(Header::parse(&QUERY[..11]), Err(Malformed::Truncated));
    assert_eq!(Header::parse(&QUERY[..47]), Err(Malformed::Length));
    assert_eq!(Fragment::parse(&QUERY[12..19]), Err(Malformed::Truncated));
    assert_eq!(Command::parse(&QUERY[20..47]), Err(Malformed::Truncated));
    let mut longer = QUERY[20..].to_vec();
    longer[24] = 1;
    assert_eq!(Command::parse(&longer), Err(Malformed::Length));
    for numbers in [[0, 0], [1, 1], [2, 7]] {
        let bytes = [numbers[0], 0, 0, 0, numbers[1], 0, 0, 0];
        assert_eq!(
            Fragment::parse(&bytes),
            Err(Malformed::Fragment),
            "{numbers:?}"
        );
    }
}

#[test]
fn message_is_cut_for_small_transfers() {
    let message: Vec<u8> = (0..100).collect();
    let parts: Vec<_> = Fragments::new(&message, FRAGMENT + 40).unwrap().collect();
    assert_eq!(
        parts
            .iter()
            .map(|(_, bytes)| bytes.len())
            .collect::<Vec<_>>(),
        [40, 40, 20]
    );
    assert!(parts
        .iter()
        .zip(0..)
        .all(|((part, _), at)| part.current == at && part.total == 3));
    assert_eq!(parts.concat_bytes(), message);
    assert_eq!(Fragments::new(&[], 64).unwrap().count(), 1);
    assert!(Fragments::new(&message, FRAGMENT).is_none());
}

trait Concat {
    fn concat_bytes(&self) -> Vec<u8>;
}

impl Concat for Vec<(Fragment, &[u8])> {
    fn concat_bytes(&self) -> Vec<u8> {
        self.iter()
            .flat_map(|(_, bytes)| bytes.iter().copied())
            .collect()
    }
}

#[test]
fn answers_state_their_buffer() {
    assert_eq!(
        done(BASIC_CONNECT, 12, 7, 36).unwrap()[16..],
        [12, 0, 0, 0, 7, 0, 0, 0, 36, 0, 0, 0]
    );
    assert_eq!(
        indication(BASIC_CONNECT, 12, 36).unwrap()[16..],
        [12, 0, 0, 0, 36, 0, 0, 0]
    );
    let header = Header {
        kind: kind::OPEN_DONE,
        transaction: 9,
    };
    assert_eq!(
        header.bytes(4).unwrap(),
        [1, 0, 0, 0x80, 16, 0, 0, 0, 9, 0, 0, 0]
    );
}

#[test]
fn what_is_written_is_read() {
    let mut out = [0xff; 64];
    let mut writer = Writer::new(&mut out, 36);
    writer.u32(5).string("aé").u32(6).string("").pointer(b"xyz");
    assert_eq!(writer.finish(), None, "a field is missing");
    writer.u32(7);
    assert_eq!(writer.finish(), Some(44));
    let mut reader = Reader::new(&out[..44]);
    assert_eq!(reader.u32(), Some(5));
    assert_eq!(reader.string().unwrap().chars().collect::<String>(), "aé");
    assert_eq!(reader.u32(), Some(6));
    assert_eq!(reader.string().unwrap().chars().count(), 0);
    assert_eq!(reader.pointed(), Some(&b"xyz"[..]));
    assert_eq!(reader.u32(), Some(7));
    assert_eq!(out[36..44], [b'a', 0, 0xe9, 0, b'x', b'y', b'z', 0]);
}

#[test]
fn buffer_that_is_too_small_is_no_buffer() {
    let mut out = [0; 15];
    assert_eq!(Writer::new(&mut out, 8).string("four").finish(), None);
    assert_eq!(Writer::new(&mut out, 16).u64(1).u64(2).finish(), None);
    assert_eq!(Writer::new(&mut out, 4).u32(1).u32(2).finish(), None);
}

#[test]
fn pointers_out_of_the_buffer_are_refused() {
    for (offset, length) in [(8u32, 1u32), (0, 9), (u32::MAX, 1), (4, u32::MAX)] {
        let bytes = [offset.to_le_bytes(), length.to_le_bytes()].concat();
        assert_eq!(Reader::new(&bytes).pointed(), None, "{offset} {length}");
    }
    let odd = [0, 0, 0, 0, 3, 0, 0, 0];
    assert_eq!(Reader::new(&odd).string(), None);
    assert_eq!(Reader::new(&odd[..7]).pointed(), None);
}
