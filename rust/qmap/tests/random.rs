// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
//! Properties over seeded random transfers; `rust/fuzz` searches further.
#![allow(missing_docs)]

use qmap::modem::{write_frame, Uplink};
use qmap::{Checksum, Deaggregate, Kind, Trailer, Version};

const VERSIONS: [Version; 3] = [Version::V1, Version::V4, Version::V5];

/// xorshift64*, from Vigna, "An experimental exploration of Marsaglia's xorshift generators".
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 32
    }

    fn below(&mut self, limit: u64) -> u64 {
        self.next() % limit
    }

    fn bytes(&mut self, length: usize) -> Vec<u8> {
        (0..length).map(|_| self.next() as u8).collect()
    }
}

#[test]
fn random_bytes_end_and_stay_inside() {
    for seed in 1..400 {
        let mut random = Random(seed);
        let mut buffer = random.bytes(10_000);
        // Short lengths, so that more than a frame or two is read.
        if seed % 2 == 0 {
            buffer.chunks_mut(4).for_each(|chunk| chunk[2] = 0);
        }
        for version in VERSIONS {
            let mut end = 0;
            let mut steps = 0;
            for frame in Deaggregate::new(version, &buffer) {
                steps += 1;
                if let Ok(frame) = frame {
                    assert!(frame.offset >= end + 4);
                    end = frame.offset + frame.payload.len();
                    assert_eq!(&buffer[frame.offset..end], frame.payload);
                }
            }
            assert!(steps <= buffer.len() / 4 + 1);
            assert!(Uplink::new(version, &buffer).count() <= buffer.len() / 4 + 1);
        }
    }
}

#[test]
fn what_the_modem_writes_the_host_reads() {
    for seed in 1..200 {
        let mut random = Random(seed);
        for version in VERSIONS {
            let mut buffer = vec![0; 32768];
            let mut at = 0;
            let mut sent = Vec::new();
            for _ in 0..random.below(20) {
                let length = random.below(1500) as usize + 1;
                let payload = random.bytes(length);
                let (mux_id, pad) = (random.next() as u8, random.below(64) as u8);
                let checksum = match (version, random.below(3)) {
                    (Version::V1, _) | (Version::V5, 0) => Checksum::None,
                    (Version::V5, 1) => Checksum::Valid,
                    (Version::V4, 1..) => Checksum::Trailer(Trailer::over(&payload)),
                    _ => Checksum::Unverified,
                };
                let out = &mut buffer[at..];
                at += write_frame(out, version, mux_id, &payload, pad, checksum).unwrap();
                sent.push((mux_id, payload, checksum));
            }
            let frames = Deaggregate::new(version, &buffer[..at]).map(Result::unwrap);
            let received: Vec<_> = frames
                .map(|frame| match frame.kind {
                    Kind::Data(checksum) => (frame.mux_id, frame.payload.to_vec(), checksum),
                    Kind::Command(_) => unreachable!("none was sent"),
                })
                .collect();
            assert_eq!(received, sent);
        }
    }
}

#[test]
fn frames_that_do_not_fit_are_refused() {
    let mut out = [0; 64];
    for version in VERSIONS {
        let length = write_frame(&mut out, version, 1, &[1; 20], 3, Checksum::Unverified).unwrap();
        for space in 0..length {
            let out = &mut out[..space];
            assert_eq!(
                write_frame(out, version, 1, &[1; 20], 3, Checksum::Unverified),
                None
            );
        }
        assert_eq!(
            write_frame(&mut out, version, 1, &[1; 1], 64, Checksum::None),
            None
        );
        assert_eq!(
            write_frame(&mut [0; 65540], version, 1, &[1; 65535], 1, Checksum::None),
            None
        );
    }
}
