// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
//! v4 trailers against packets. The checksums were computed apart from this crate, by Python's `struct` and
//! RFC 1071's algorithm over 16 bit words; the verdicts follow Linux `rmnet_map_data.c`.
#![allow(missing_docs)]

use qmap::ip::{Opaque, Transport};
use qmap::{verify_v4, Trailer, Verdict};

const TCP4: [u8; 45] = [
    0x45, 0x00, 0x00, 0x2d, 0x12, 0x34, 0x00, 0x00, 0x40, 0x06, 0x5b, 0x54, 0x0a, 0x40, 0x01, 0x02,
    0x01, 0x01, 0x01, 0x01, 0xc0, 0x00, 0x00, 0x50, 0x00, 0x00, 0x00, 0x01, 0x00, 0x00, 0x00, 0x02,
    0x50, 0x18, 0x02, 0x00, 0x9c, 0x5e, 0x00, 0x00, 0x68, 0x65, 0x6c, 0x6c, 0x6f,
];
const TCP4_SUM: u16 = 0x0d63;

const TCP4_OPTIONS: [u8; 49] = [
    0x46, 0x00, 0x00, 0x31, 0x12, 0x34, 0x00, 0x00, 0x40, 0x06, 0xc6, 0x4b, 0x0a, 0x40, 0x01, 0x02,
    0x01, 0x01, 0x01, 0x01, 0x94, 0x04, 0x00, 0x00, 0xc0, 0x00, 0x00, 0x50, 0x00, 0x00, 0x00, 0x01,
    0x00, 0x00, 0x00, 0x02, 0x50, 0x18, 0x02, 0x00, 0x9c, 0x5e, 0x00, 0x00, 0x68, 0x65, 0x6c, 0x6c,
    0x6f,
];
const TCP4_OPTIONS_SUM: u16 = 0x0d63;

const UDP4: [u8; 31] = [
    0x45, 0x00, 0x00, 0x1f, 0x12, 0x34, 0x00, 0x00, 0x40, 0x11, 0x5b, 0x57, 0x0a, 0x40, 0x01, 0x02,
    0x01, 0x01, 0x01, 0x01, 0x14, 0xe9, 0x00, 0x35, 0x00, 0x0b, 0x19, 0x14, 0x61, 0x62, 0x63,
];
const UDP4_SUM: u16 = 0x0d60;

const UDP4_FFFF: [u8; 30] = [
    0x45, 0x00, 0x00, 0x1e, 0x12, 0x34, 0x00, 0x00, 0x40, 0x11, 0x5b, 0x58, 0x0a, 0x40, 0x01, 0x02,
    0x01, 0x01, 0x01, 0x01, 0x14, 0xe9, 0x00, 0x35, 0x00, 0x0a, 0xff, 0xff, 0xdd, 0x78,
];
const UDP4_FFFF_SUM: u16 = 0x0d5f;

const TCP6: [u8; 65] = [
    0x60, 0x00, 0x00, 0x00, 0x00, 0x19, 0x06, 0x40, 0x20, 0x01, 0x0d, 0xb8, 0x00, 0x01, 0x00, 0x00,
    0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x02, 0x26, 0x06, 0x47, 0x00, 0x47, 0x00, 0x00, 0x00,
    0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x11, 0x11, 0xc0, 0x00, 0x00, 0x50, 0x00, 0x00, 0x00, 0x01,
    0x00, 0x00, 0x00, 0x02, 0x50, 0x18, 0x02, 0x00, 0xb6, 0xce, 0x00, 0x00, 0x68, 0x65, 0x6c, 0x6c,
    0x6f,
];
const TCP6_SUM: u16 = 0x99c5;

const UDP6: [u8; 51] = [
    0x60, 0x00, 0x00, 0x00, 0x00, 0x0b, 0x11, 0x40, 0x20, 0x01, 0x0d, 0xb8, 0x00, 0x01, 0x00, 0x00,
    0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x02, 0x26, 0x06, 0x47, 0x00, 0x47, 0x00, 0x00, 0x00,
    0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x11, 0x11, 0x14, 0xe9, 0x00, 0x35, 0x00, 0x0b, 0x33, 0x84,
    0x61, 0x62, 0x63,
];
const UDP6_SUM: u16 = 0x8ed0;

const GOOD: [(&[u8], u16); 6] = [
    (&TCP4, TCP4_SUM),
    (&TCP4_OPTIONS, TCP4_OPTIONS_SUM),
    (&UDP4, UDP4_SUM),
    (&UDP4_FFFF, UDP4_FFFF_SUM),
    (&TCP6, TCP6_SUM),
    (&UDP6, UDP6_SUM),
];

fn verdict(packet: &[u8], checksum: u16) -> Verdict {
    verify_v4(
        packet,
        Trailer {
            start: 0,
            length: packet.len() as u16,
            checksum,
        },
    )
}

#[test]
fn right_packets_are_valid() {
    assert_eq!(
        UDP4_FFFF[26..28],
        [0xff, 0xff],
        "the rule of RFC 768 for a computed zero"
    );
    for (packet, sum) in GOOD {
        assert_eq!(verdict(packet, sum), Verdict::Valid);
        assert_eq!(
            Trailer::over(packet),
            Trailer {
                start: 0,
                length: packet.len() as u16,
                checksum: sum
            }
        );
        let transport = Transport::parse(packet).unwrap();
        assert!(transport.is_valid());
        assert_eq!(Some(transport.computed()), transport.field());
    }
}

#[test]
fn any_other_sum_is_invalid() {
    for (packet, sum) in GOOD {
        for other in 0..=u16::MAX {
            // 0 and 0xffff are one number in one's complement.
            if other != sum && (other, sum) != (0, 0xffff) && (other, sum) != (0xffff, 0) {
                assert_eq!(verdict(packet, other), Verdict::Invalid);
            }
        }
    }
}

#[test]
fn a_flipped_bit_behind_the_headers_is_invalid() {
    for (packet, _) in GOOD {
        let header = if packet[0] >> 4 == 4 {
            usize::from(packet[0] & 15) * 4
        } else {
            40
        };
        for at in header..packet.len() {
            let mut packet = packet.to_vec();
            packet[at] ^= 0x10;
            assert_eq!(
                verify_v4(&packet, Trailer::over(&packet)),
                Verdict::Invalid,
                "{at}"
            );
            assert!(!Transport::parse(&packet).unwrap().is_valid());
        }
    }
}

#[test]
fn udp_without_checksum_is_fine_in_ipv4_only() {
    let mut packet = UDP4;
    packet[26..28].fill(0);
    assert_eq!(verdict(&packet, 0x1234), Verdict::Valid);
    assert!(Transport::parse(&packet).unwrap().is_valid());
    let mut packet = UDP6;
    packet[46..48].fill(0);
    assert_eq!(verify_v4(&packet, Trailer::over(&packet)), Verdict::Invalid);
    assert!(!Transport::parse(&packet).unwrap().is_valid());
}

#[test]
fn fragments_and_other_protocols_are_unchecked() {
    for fragment in [0x2000u16, 0x0001, 0x1fff] {
        let mut packet = UDP4;
        packet[6..8].copy_from_slice(&fragment.to_be_bytes());
        repair(&mut packet);
        assert_eq!(verdict(&packet, UDP4_SUM), Verdict::Unchecked);
    }
    let mut packet = UDP4;
    packet[6..8].copy_from_slice(&[0x40, 0]);
    repair(&mut packet);
    assert_eq!(
        verdict(&packet, UDP4_SUM),
        Verdict::Valid,
        "don't fragment is no fragment"
    );
    let mut packet = UDP4;
    packet[9] = 1;
    repair(&mut packet);
    assert_eq!(verdict(&packet, UDP4_SUM), Verdict::Unchecked);
    for extension in [0, 43, 44, 58, 60] {
        let mut packet = UDP6;
        packet[6] = extension;
        assert_eq!(verdict(&packet, UDP6_SUM), Verdict::Unchecked);
    }
}

#[test]
fn lying_headers_are_invalid() {
    for (packet, sum) in GOOD {
        for length in 0..packet.len() {
            assert_eq!(
                verdict(&packet[..length], sum),
                Verdict::Invalid,
                "cut at {length}"
            );
        }
    }
    let mut packet = TCP4;
    packet[8] = 63;
    assert_eq!(
        verdict(&packet, TCP4_SUM),
        Verdict::Invalid,
        "IPv4 header checksum"
    );
    for ihl in 0..5 {
        let mut packet = TCP4;
        packet[0] = 0x40 | ihl;
        assert_eq!(Transport::parse(&packet).unwrap_err(), Opaque::Malformed);
    }
    let mut packet = UDP4;
    packet[2..4].copy_from_slice(&[0, 26]);
    repair(&mut packet);
    assert_eq!(
        verdict(&packet, UDP4_SUM),
        Verdict::Invalid,
        "ends before the field"
    );
    assert_eq!(verdict(&[0x55; 40], 0), Verdict::Invalid);
}

#[test]
fn bytes_behind_the_stated_length_do_not_count() {
    let padded = [&UDP4[..], &[1, 2, 3]].concat();
    assert_eq!(verdict(&padded, UDP4_SUM), Verdict::Valid);
    assert!(Transport::parse(&padded).unwrap().is_valid());
}

/// Sets the IPv4 header checksum.
fn repair(packet: &mut [u8]) {
    packet[10..12].fill(0);
    let sum = qmap::ip::checksum(&packet[..20]);
    packet[10..12].copy_from_slice(&sum.to_be_bytes());
}
