// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
//! Downlink transfers, written out by hand from the bit tables of Linux
//! `Documentation/networking/device_drivers/cellular/qualcomm/rmnet.rst` sections 2a to 2f.
#![allow(missing_docs)]

use qmap::{Checksum, Deaggregate, Kind, Malformed, Trailer, Version};

/// (mux id, offset, payload, checksum) of each data frame, or the error.
type Seen<'a> = Result<(u8, usize, &'a [u8], Checksum), Malformed>;

fn read(version: Version, buffer: &[u8]) -> Vec<Seen<'_>> {
    Deaggregate::new(version, buffer)
        .map(|frame| {
            frame.map(|frame| match frame.kind {
                Kind::Data(checksum) => (frame.mux_id, frame.offset, frame.payload, checksum),
                Kind::Command(command) => panic!("unexpected {command:?}"),
            })
        })
        .collect()
}

#[test]
fn v1_two_frames_with_and_without_pad() {
    let buffer = [
        0x03, 0x81, 0, 8, 0x45, 1, 2, 3, 4, 0, 0, 0, 0x00, 0x82, 0, 4, 0x60, 5, 6, 7,
    ];
    assert_eq!(
        read(Version::V1, &buffer),
        [
            Ok((0x81, 4, &[0x45, 1, 2, 3, 4][..], Checksum::None)),
            Ok((0x82, 16, &[0x60, 5, 6, 7][..], Checksum::None)),
        ]
    );
}

#[test]
fn v5_valid_bit_tells_checked_from_unchecked() {
    // Type 2 in bits 7:1 is 0x04; the valid bit is 0x80 of the next byte.
    let buffer = [
        0x41, 0x81, 0, 4, 0x04, 0x80, 0, 0, 0x45, 1, 2, 0, //
        0x40, 0x81, 0, 4, 0x04, 0x00, 0, 0, 0x45, 1, 2, 3,
    ];
    assert_eq!(
        read(Version::V5, &buffer),
        [
            Ok((0x81, 8, &[0x45, 1, 2][..], Checksum::Valid)),
            Ok((0x81, 20, &[0x45, 1, 2, 3][..], Checksum::Unverified)),
        ]
    );
}

#[test]
fn v5_frame_without_next_header_does_not_drop_the_rest() {
    // Linux' rmnet gives up the transfer here.
    let buffer = [
        0x00, 0x81, 0, 1, 0x45, //
        0x40, 0x81, 0, 1, 0x04, 0x80, 0, 0, 0x46,
    ];
    assert_eq!(
        read(Version::V5, &buffer),
        [
            Ok((0x81, 4, &[0x45][..], Checksum::None)),
            Ok((0x81, 13, &[0x46][..], Checksum::Valid))
        ]
    );
}

#[test]
fn v1_host_understands_v5_headers() {
    let buffer = [0x40, 0x81, 0, 1, 0x04, 0x80, 0, 0, 0x45];
    assert_eq!(
        read(Version::V1, &buffer),
        [Ok((0x81, 8, &[0x45][..], Checksum::Valid))]
    );
}

#[test]
fn v5_header_chain_is_followed() {
    // Bit 0 of the first header announces a second.
    let buffer = [0x40, 0x81, 0, 1, 0x05, 0x00, 0, 0, 0x04, 0x80, 0, 0, 0x45];
    assert_eq!(
        read(Version::V5, &buffer),
        [Ok((0x81, 12, &[0x45][..], Checksum::Valid))]
    );
}

#[test]
fn v4_trailer_follows_the_pad() {
    let buffer = [
        0x02, 0x81, 0, 4, 0x45, 9, 0, 0, 0, 1, 0, 0, 0, 2, 0xab, 0xcd, //
        0x00, 0x82, 0, 1, 0x46, 0, 0, 0, 0, 0, 0, 0, 0,
    ];
    let trailer = Trailer {
        start: 0,
        length: 2,
        checksum: 0xabcd,
    };
    assert_eq!(
        read(Version::V4, &buffer),
        [
            Ok((0x81, 4, &[0x45, 9][..], Checksum::Trailer(trailer))),
            Ok((0x82, 20, &[0x46][..], Checksum::Unverified)),
        ]
    );
}

#[test]
fn pad_beyond_length_costs_one_frame() {
    // Linux' rmnet has no check: 4 - 5 wraps.
    let buffer = [0x05, 0x81, 0, 4, 1, 2, 3, 4, 0x00, 0x81, 0, 1, 0x45];
    assert_eq!(
        read(Version::V1, &buffer),
        [
            Err(Malformed::PadBeyondLength),
            Ok((0x81, 12, &[0x45][..], Checksum::None))
        ]
    );
}

#[test]
fn length_beyond_buffer_ends_the_transfer() {
    let buffer = [0x00, 0x81, 0, 1, 0x45, 0x00, 0x81, 0, 5, 1, 2, 3, 4];
    assert_eq!(
        read(Version::V1, &buffer),
        [
            Ok((0x81, 4, &[0x45][..], Checksum::None)),
            Err(Malformed::LengthBeyondBuffer)
        ]
    );
    assert_eq!(
        read(Version::V1, &[0, 0x81, 0xff, 0xff, 1]),
        [Err(Malformed::LengthBeyondBuffer)]
    );
}

#[test]
fn truncated_headers_and_trailers_end_the_transfer() {
    assert_eq!(
        read(Version::V1, &[0x00, 0x81, 0]),
        [Err(Malformed::TruncatedHeader)]
    );
    assert_eq!(
        read(Version::V5, &[0x40, 0x81, 0, 0, 0x04, 0x80, 0]),
        [Err(Malformed::TruncatedHeader)]
    );
    assert_eq!(
        read(Version::V5, &[0x40, 0x81, 0, 1, 0x02, 0, 0, 0, 0x45]),
        [Err(Malformed::TruncatedHeader)],
        "coalescing headers have 28 bytes"
    );
    assert_eq!(
        read(Version::V4, &[0x00, 0x81, 0, 1, 0x45, 0, 1, 0, 0, 0, 0, 0]),
        [Err(Malformed::TruncatedChecksum)]
    );
}

#[test]
fn zero_length_costs_one_frame() {
    let good = Ok((0x81, 8, &[0x45][..], Checksum::None));
    for bad in [[0x00, 0x81, 0, 0], [0x03, 0x81, 0, 0], [0, 0, 0, 0]] {
        let buffer = [&bad[..], &[0x00, 0x81, 0, 1, 0x45]].concat();
        assert_eq!(
            read(Version::V1, &buffer),
            [Err(Malformed::ZeroLength), good],
            "{bad:?}"
        );
    }
    // All pad, no packet.
    assert_eq!(
        read(Version::V1, &[0x01, 0x81, 0, 1, 0]),
        [Err(Malformed::ZeroLength)]
    );
}

#[test]
fn filler_behind_the_last_frame_is_silent() {
    // Linux' rmnet ends at a zero length too: "Some hardware can send us empty frames".
    for filler in 0..12 {
        let mut buffer = vec![0x00, 0x81, 0, 1, 0x45];
        buffer.resize(5 + filler, 0);
        assert_eq!(
            read(Version::V1, &buffer),
            [Ok((0x81, 4, &[0x45][..], Checksum::None))],
            "{filler}"
        );
    }
    assert_eq!(read(Version::V4, &[0; 32768]), []);
    assert_eq!(read(Version::V5, &[]), []);
}

#[test]
fn coalesced_and_unknown_v5_headers_cost_one_frame() {
    let good = [0x40, 0x81, 0, 1, 0x04, 0x80, 0, 0, 0x45];
    let mut coalesced = vec![0x40, 0x81, 0, 2, 0x02];
    coalesced.extend([0; 27]);
    coalesced.extend([0x45, 0x46]);
    coalesced.extend(good);
    assert_eq!(
        read(Version::V5, &coalesced),
        [
            Err(Malformed::Coalesced),
            Ok((0x81, 42, &[0x45][..], Checksum::Valid))
        ]
    );
    let unknown = [&[0x40, 0x81, 0, 1, 0x06, 0x80, 0, 0, 0x45][..], &good].concat();
    assert_eq!(
        read(Version::V5, &unknown),
        [
            Err(Malformed::UnknownHeader),
            Ok((0x81, 17, &[0x45][..], Checksum::Valid))
        ]
    );
}

#[test]
fn every_malformed_has_its_own_name_and_place() {
    for (place, malformed) in Malformed::ALL.into_iter().enumerate() {
        assert_eq!(malformed as usize, place);
        let same = Malformed::ALL
            .iter()
            .filter(|other| other.as_str() == malformed.as_str());
        assert_eq!(same.count(), 1);
    }
}
