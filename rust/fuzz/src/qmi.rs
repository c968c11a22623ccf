// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
//! QMI: the byte stream of the port, what mhictl's reader makes of it, and every typed message.

use std::time::{Duration, Instant};

use crate::frames::{Frames, PARTIAL_PATIENCE};
use qmi::decode::{visit, Visitor, INDICATIONS, REQUESTS};
use qmi::{next_frame, qmux, Body, Builder, Decoded, Kind, Message, Step, Tlvs};

/// A byte stream from a QMI port.
pub fn qmi_qmux(data: &[u8]) {
    let mut rest = data;
    loop {
        let consumed = match next_frame(rest) {
            Step::Frame { frame, consumed } => {
                assert!(frame.sdu.len() < consumed);
                if let Ok(message) = Message::parse(&frame) {
                    let _ = message.verdict();
                    let tlvs: usize = message.tlvs.map(|tlv| tlv.value.len() + 3).sum();
                    assert!(tlvs < frame.sdu.len());
                    assert!(Decoded(&message).to_string().lines().count() == 1);
                }
                // The frame is found whatever follows it.
                let alone = &rest[..consumed];
                assert_eq!(next_frame(alone), Step::Frame { frame, consumed });
                consumed
            }
            Step::NeedMore(needed) => {
                assert!(needed > rest.len(), "more than there is");
                break;
            }
            Step::Skip(garbage) => garbage,
        };
        assert!(consumed > 0 && consumed <= rest.len());
        rest = &rest[consumed..];
    }
}

/// The modem's answer to Sync.
const SYNCED: [u8; 19] = [
    0x01, 0x12, 0, 0x80, 0, 0, 0x01, 0x01, 0x27, 0, 0x07, 0, 0x02, 0x04, 0, 0, 0, 0, 0,
];

/// A byte stream as mhictl's reader gets it. Each piece is a head and what it announces: bits 0 to 13 of the head are the
/// piece's length, bit 14 lets half of the reader's patience pass, bit 15 all of it. The last piece has what is left.
pub fn qmi_stream(data: &[u8]) {
    let (mut pieces, mut whole) = (Vec::new(), Vec::new());
    let mut rest = data;
    while let Some((head, tail)) = rest.split_first_chunk::<2>() {
        let head = u16::from_le_bytes(*head);
        let (piece, tail) = tail.split_at(usize::from(head & 0x3fff).min(tail.len()));
        pieces.push((head, piece));
        whole.extend_from_slice(piece);
        rest = tail;
    }
    let start = Instant::now();
    let found = |pieces: &[(u16, &[u8])], patience: bool| {
        let mut frames = Frames::new(qmux::FROM_MODEM);
        let (mut now, mut found) = (start, Vec::new());
        for (head, piece) in pieces {
            frames.receive(piece, now);
            if patience {
                now += PARTIAL_PATIENCE / 2 * u32::from(head >> 14);
                frames.tick(now);
            }
            found.extend(std::iter::from_fn(|| frames.frame()));
        }
        frames.tick(now + PARTIAL_PATIENCE + Duration::from_millis(1));
        assert_eq!(frames.deadline(), None, "something waits for ever");
        found.extend(std::iter::from_fn(|| frames.frame()));
        let octets: usize = found.iter().map(|frame| frame.octets().len()).sum();
        let garbage = usize::try_from(frames.garbage).expect("no more than there was");
        assert_eq!(
            octets + garbage,
            whole.len(),
            "an octet is lost or twice there"
        );
        for frame in &found {
            assert!(frame.message().is_ok() && frame.octets().len() <= qmux::MAX_FRAME);
        }
        // Nothing of it is left behind.
        frames.reset();
        frames.receive(&SYNCED, now);
        assert!(frames.frame().is_some_and(|frame| frame.octets() == SYNCED));
        found
    };
    // Where reads begin and end is of no consequence, as long as nobody loses patience.
    assert_eq!(found(&pieces, false), found(&[(0, &whole)], false));
    found(&pieces, true);
}

/// The TLVs of one message, read as each of the typed bodies.
pub fn qmi_tlv(data: &[u8]) {
    let Ok(tlvs) = Tlvs::new(data) else { return };
    assert_eq!(
        tlvs.map(|tlv| tlv.value.len() + 3).sum::<usize>(),
        data.len()
    );
    let mut buffer = vec![0; data.len() + 64];
    let copied = Builder::request(&mut buffer, 1, 1, 1, 1)
        .tlvs(tlvs)
        .finish()
        .is_ok();
    assert!(copied || data.len() + 13 > qmi::qmux::MAX_FRAME.min(buffer.len()));
    bodies(tlvs);
}

/// Writes a message's body as it was read.
struct Written;

impl Visitor for Written {
    type Output<'a> = Option<Vec<u8>>;

    fn body<'a, B: Body<'a>>(self, message: &Message<'a>) -> Self::Output<'a> {
        let body: B = message.body().ok()?;
        let mut buffer = vec![0; qmux::MAX_FRAME];
        let to = Builder::request(&mut buffer, 1, 1, 1, message.id);
        Some(body.emit(to).finish().ok()?.to_vec())
    }
}

/// Reads the TLVs as each body that this crate knows. What could be read and written is written the same after it was read again.
fn bodies(tlvs: Tlvs<'_>) {
    for (kind, all) in [
        (Kind::Request, REQUESTS),
        (Kind::Response, REQUESTS),
        (Kind::Indication, INDICATIONS),
    ] {
        for &(service, id, name) in all {
            let message = Message {
                service,
                client: 1,
                kind,
                transaction: 1,
                id,
                tlvs,
            };
            let written = visit(&message, Written).expect("a message of the crate's own list");
            let Some(written) = written else { continue };
            let Step::Frame { frame, .. } = next_frame(&written) else {
                panic!("no frame was written");
            };
            let parsed = Message::parse(&frame).expect("a message was written");
            let again = Message {
                tlvs: parsed.tlvs,
                ..message
            };
            assert_eq!(visit(&again, Written), Some(Some(written.clone())), "{name}");
        }
    }
}
