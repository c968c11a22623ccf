// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
//! Frames in a byte stream: whole, cut short, in a row, after garbage, and with lengths that lie.
//! The frames are those of libqmi's `test-message.c` (WDS Start Network response).

use qmi::{next_frame, qmux, Error, Frame, Kind, Message, Step};

const WHOLE: [u8; 39] = [
    0x01, 0x26, 0x00, 0x80, 0x03, 0x01, 0x02, 0x01, 0x00, 0x20, 0x00, 0x1a, 0x00, 0x02, 0x04, 0x00,
    0x00, 0x00, 0x00, 0x00, 0x01, 0x02, 0x00, 0x9b, 0x05, 0x11, 0x04, 0x00, 0x01, 0x00, 0x65, 0x05,
    0x12, 0x04, 0x00, 0x01, 0x00, 0x11, 0x05,
];

/// Every frame in `bytes`, as a reader finds them, and how many bytes it skipped.
fn read_all(bytes: &[u8]) -> (usize, usize, usize) {
    let (mut frames, mut skipped, mut rest) = (0, 0, bytes);
    loop {
        match next_frame(rest) {
            Step::Frame { consumed, .. } => {
                assert!(consumed > 0 && consumed <= rest.len());
                frames += 1;
                rest = &rest[consumed..];
            }
            Step::Skip(garbage) => {
                assert!(garbage > 0 && garbage <= rest.len());
                skipped += garbage;
                rest = &rest[garbage..];
            }
            Step::NeedMore(needed) => {
                assert!(needed > rest.len() && needed <= qmux::MAX_FRAME);
                return (frames, skipped, rest.len());
            }
        }
    }
}

#[test]
fn whole_frame_parses() {
    let (frame, rest) = Frame::parse(&WHOLE).unwrap();
    assert!(rest.is_empty());
    assert_eq!(
        (frame.flags, frame.service, frame.client),
        (qmux::FROM_MODEM, 3, 1)
    );
    let message = Message::parse(&frame).unwrap();
    assert_eq!(
        (message.kind, message.transaction, message.id),
        (Kind::Response, 1, 0x20)
    );
    assert_eq!(message.verdict(), Ok(Ok(())));
    let kinds: Vec<u8> = message.tlvs.map(|tlv| tlv.kind).collect();
    assert_eq!(kinds, [0x02, 0x01, 0x11, 0x12]);
    assert_eq!(message.tlvs.find(0x01), Some(&[0x9b, 0x05][..]));
    assert_eq!(message.tlvs.find(0x13), None);
}

#[test]
fn every_shorter_prefix_is_incomplete() {
    for length in 0..WHOLE.len() {
        match Frame::parse(&WHOLE[..length]) {
            Err(Error::Incomplete(needed)) => assert!(needed > length && needed <= WHOLE.len()),
            other => panic!("{length}: {other:?}"),
        }
    }
}

#[test]
fn two_frames_in_a_row_and_a_piece() {
    let bytes = [&WHOLE[..], &WHOLE[..], &WHOLE[..20]].concat();
    assert_eq!(read_all(&bytes), (2, 0, 20));
}

#[test]
fn frame_after_garbage_is_found() {
    // Garbage with false markers: followed by bad flags, by lengths below the header, by inner lengths that differ.
    let garbages: [&[u8]; 6] = [
        &[0x00],
        &[0xff; 100],
        &[0x01],
        &[0x01, 0x01, 0x01, 0x01, 0x01, 0x01],
        &[0x01, 0x03, 0x00, 0x80, 0x03, 0x01],
        &[
            0x01, 0xff, 0x3f, 0x80, 0x03, 0x01, 0x02, 0x01, 0x00, 0x20, 0x00, 0x1a, 0x00,
        ],
    ];
    for garbage in garbages {
        let bytes = [garbage, &WHOLE[..]].concat();
        let (frames, skipped, left) = read_all(&bytes);
        assert_eq!(
            (frames, skipped, left),
            (1, garbage.len(), 0),
            "{garbage:x?}"
        );
    }
}

#[test]
fn outer_length_that_lies_is_garbage() {
    for length in [0u16, 4, 10, 0x25, 0x27, 0x4000, 0xffff] {
        let mut bytes = WHOLE;
        bytes[1..3].copy_from_slice(&length.to_le_bytes());
        assert_eq!(Frame::parse(&bytes), Err(Error::BadLength), "{length}");
    }
}

#[test]
fn tlv_that_lies_is_refused() {
    let mut bytes = WHOLE;
    // The length of the last TLV, by one too long.
    bytes[33] = 5;
    let (frame, _) = Frame::parse(&bytes).unwrap();
    assert_eq!(
        Message::parse(&frame).unwrap_err(),
        Error::BadTlvLength(0x12)
    );
    // By two too short: the rest is no TLV header.
    bytes[33] = 2;
    let (frame, _) = Frame::parse(&bytes).unwrap();
    assert_eq!(Message::parse(&frame).unwrap_err(), Error::Truncated);
}

#[test]
fn unknown_message_flags_are_refused() {
    let mut bytes = WHOLE;
    bytes[6] = 0x06;
    let (frame, _) = Frame::parse(&bytes).unwrap();
    assert_eq!(Message::parse(&frame).unwrap_err(), Error::BadKind(6));
}

#[test]
fn random_bytes_never_stall_a_reader() {
    let mut state = 0x2545_f491_4f6c_dd1du64;
    for _ in 0..2000 {
        let bytes: Vec<u8> = (0..300)
            .map(|_| {
                state ^= state << 13;
                state ^= state >> 7;
                state ^= state << 17;
                // Many markers and small numbers, so that headers look right now and then.
                (state >> 32) as u8 & if state & 8 == 0 { 0x81 } else { 0xff }
            })
            .collect();
        read_all(&bytes);
        if let Ok((frame, _)) = Frame::parse(&bytes) {
            let _ = Message::parse(&frame).map(|message| message.tlvs.count());
        }
    }
}
