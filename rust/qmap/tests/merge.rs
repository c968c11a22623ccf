// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
//! Merging against `segment`, which is tested on its own: what is cut and merged again is what it was, and what must not be
//! merged is not. The rules are those of Linux' GRO (`net/ipv4/af_inet.c`, `net/ipv6/ip6_offload.c`, `net/ipv4/tcp_offload.c`).

use qmap::ip::{checksum, Transport, TCP};
use qmap::merge::{Merge, Offer, Piece};
use qmap::segment::{complete, Segments};

const ACK: u8 = 0x10;
const PSH: u8 = 0x08;

fn ipv4(id: u16, flags: u8) -> Vec<u8> {
    let [i0, i1] = id.to_be_bytes();
    vec![
        0x45, 2, 0, 0, i0, i1, flags, 0, 64, TCP, 0, 0, 10, 0, 0, 1, 192, 0, 2, 7,
    ]
}

fn ipv6() -> Vec<u8> {
    let mut header = vec![0x60, 0x20, 1, 2, 0, 0, TCP, 64];
    header.extend((0..32).map(|byte| 0xf0 ^ byte));
    header
}

/// 32 bytes: ports, a sequence number about to wrap, timestamps.
fn tcp(flags: u8) -> Vec<u8> {
    let mut header = vec![
        0x30, 0x39, 0, 80, 0xff, 0xff, 0xff, 0x00, 1, 2, 3, 4, 0x80, flags,
    ];
    header.extend([0x10, 0, 0, 0, 0, 0, 1, 1, 8, 10, 1, 2, 3, 4, 5, 6, 7, 8]);
    header
}

fn data(len: usize) -> Vec<u8> {
    (0..len).map(|at| (at * 7 + at / 251) as u8).collect()
}

/// The packets that a large one is sent as.
fn cut(network: Vec<u8>, flags: u8, data: &[u8], size: usize, fixed: bool) -> Vec<Vec<u8>> {
    let start = network.len();
    let headers = [network, tcp(flags)].concat();
    let segments = Segments::new(&headers, start, TCP, data.len(), size, fixed).unwrap();
    let packet = |segment| {
        let mut packet = headers.clone();
        segments.write_headers(&segment, &mut packet).unwrap();
        packet.extend(&data[segment.offset..segment.offset + segment.len]);
        complete(&mut packet[start..], 16, false).unwrap();
        packet
    };
    segments.iter().map(packet).collect()
}

/// Merges as a driver does: a packet that does not go on where the others end starts anew.
fn merge(packets: &[Vec<u8>]) -> Vec<(Merge, Vec<u8>)> {
    let mut done: Vec<(Merge, Vec<u8>)> = Vec::new();
    for packet in packets {
        let piece = Piece::parse(packet).unwrap();
        let headers = piece.header_len();
        if let Some((merge, whole)) = done.last_mut() {
            if let Offer::Joined(joined) = merge.offer(&whole[..headers], &piece) {
                *merge = joined;
                whole.extend(&packet[headers..]);
                continue;
            }
        }
        done.push((Merge::start(&piece).unwrap(), packet.clone()));
    }
    for (merge, whole) in &mut done {
        let headers = merge.transport() + 32;
        if merge.count() > 1 {
            merge.write_headers(&mut whole[..headers]).unwrap();
        }
    }
    done
}

#[test]
fn what_was_cut_is_merged_into_the_same_packet() {
    for (network, fixed) in [
        (ipv4(0xfffe, 0x40), false),
        (ipv4(0xfffe, 0), false),
        (ipv4(7, 0x40), true),
        (ipv6(), false),
    ] {
        for (len, size) in [(2, 1), (2800, 1400), (2801, 1400), (65000, 1448), (777, 10)] {
            for flags in [ACK, ACK | PSH] {
                let data = data(len);
                let packets = cut(network.clone(), flags, &data, size, fixed);
                let merged = merge(&packets);
                let [(merge, whole)] = &merged[..] else {
                    panic!("{} packets of {len} by {size}", merged.len());
                };
                assert_eq!(usize::from(merge.count()), packets.len());
                assert_eq!((merge.size(), merge.has_fixed_id()), (size, fixed));
                assert_eq!(merge.is_v6(), network.len() == 40);
                // As CHECKSUM_PARTIAL leaves it; whole again, it parses, lengths and checksums included.
                let mut complete_ = whole.clone();
                complete(&mut complete_[network.len()..], 16, false).unwrap();
                let parsed = Transport::parse(&complete_).unwrap();
                assert!(parsed.is_valid());
                assert_eq!(&parsed.segment[32..], &data[..]);
                assert_eq!(parsed.segment[13], flags);
                // Cut again it gives the same bytes.
                let headers = &whole[..network.len() + 32];
                let segments =
                    Segments::new(headers, network.len(), TCP, len, size, fixed).unwrap();
                for (segment, packet) in segments.iter().zip(&packets) {
                    let mut again = headers.to_vec();
                    segments.write_headers(&segment, &mut again).unwrap();
                    again.extend(&data[segment.offset..segment.offset + segment.len]);
                    complete(&mut again[network.len()..], 16, false).unwrap();
                    assert_eq!(&again, packet);
                }
            }
        }
    }
}

/// Sets the checksum of an IPv4 header anew.
fn seal(mut packet: Vec<u8>) -> Vec<u8> {
    if packet[0] >> 4 == 4 {
        packet[10..12].copy_from_slice(&[0, 0]);
        let sum = checksum(&packet[..20]).to_be_bytes();
        packet[10..12].copy_from_slice(&sum);
    }
    packet
}

#[test]
fn packets_that_differ_in_what_the_headers_keep_are_not_merged() {
    // Offsets in an IPv4 packet, then in an IPv6 one: of each a byte whose change makes another packet of it.
    let v4 = [
        (1, "type of service"),
        (5, "identification"),
        (8, "time to live"),
        (15, "source"),
        (19, "destination"),
        (21, "source port"),
        (23, "destination port"),
        (27, "sequence number"),
        (31, "acknowledgement"),
        (35, "window"),
        (51, "timestamp"),
    ];
    let v6 = [
        (1, "traffic class"),
        (3, "flow label"),
        (7, "hop limit"),
        (20, "source"),
        (39, "destination"),
        (41, "source port"),
        (47, "sequence number"),
        (71, "timestamp"),
    ];
    for (network, places) in [(ipv4(1, 0x40), &v4[..]), (ipv6(), &v6[..])] {
        for (at, what) in places {
            let mut packets = cut(network.clone(), ACK, &data(200), 100, false);
            assert_eq!(merge(&packets).len(), 1);
            packets[1][*at] ^= 4;
            packets[1] = seal(packets[1].clone());
            let merged = merge(&packets);
            assert_eq!(merged.len(), 2, "{what}");
            let same_connection = !what.contains("port") && !what.contains("source");
            if *what != "destination" {
                let first = Piece::parse(&packets[0]).unwrap();
                let offer = Merge::start(&first)
                    .unwrap()
                    .offer(&packets[0], &Piece::parse(&packets[1]).unwrap());
                assert_eq!(matches!(offer, Offer::Refused), same_connection, "{what}");
            }
            assert!(merged.iter().zip(&packets).all(|((_, a), b)| a == b));
        }
    }
}

#[test]
fn a_short_or_pushed_packet_is_the_last() {
    let mut packets = cut(ipv6(), ACK, &data(350), 100, false);
    let last = packets.pop().unwrap();
    assert_eq!(last.len(), 72 + 50);
    // One that follows the short one by its sequence number.
    let mut next = cut(ipv6(), ACK, &data(100), 100, false).remove(0);
    let sequence = 0xffff_ff00_u32.wrapping_add(350).to_be_bytes();
    next[44..48].copy_from_slice(&sequence);
    packets.extend([last, next]);
    let counts = |packets: &[Vec<u8>]| -> Vec<u16> {
        merge(packets).iter().map(|(m, _)| m.count()).collect()
    };
    assert_eq!(counts(&packets), [4, 1]);
    let mut packets = cut(ipv6(), ACK, &data(400), 100, false);
    packets[1][53] |= PSH;
    assert_eq!(counts(&packets), [2, 2]);
    // A longer one than the first is another's beginning.
    let packets = [cut(ipv6(), ACK, &data(100), 100, false).remove(0), {
        let mut long = cut(ipv6(), ACK, &data(101), 101, false).remove(0);
        long[44..48].copy_from_slice(&0xffff_ff64_u32.to_be_bytes());
        long
    }];
    assert_eq!(counts(&packets), [1, 1]);
}

#[test]
fn flags_other_than_ack_and_psh_are_left_alone() {
    for flags in [0x01, 0x02, 0x04, 0x20, 0x80] {
        let first = cut(ipv4(1, 0x40), ACK, &data(100), 100, false).remove(0);
        let mut next = cut(ipv4(2, 0x40), ACK | flags, &data(100), 100, false).remove(0);
        assert!(Merge::start(&Piece::parse(&next).unwrap()).is_none());
        next[24..28].copy_from_slice(&0xffff_ff64_u32.to_be_bytes());
        let merge = Merge::start(&Piece::parse(&first).unwrap()).unwrap();
        let offer = merge.offer(&first[..52], &Piece::parse(&next).unwrap());
        assert!(matches!(offer, Offer::Refused), "{flags:#x}");
    }
    // ECE is kept: with it packets are merged among themselves.
    assert_eq!(
        merge(&cut(ipv4(1, 0x40), ACK | 0x40, &data(200), 100, false)).len(),
        1
    );
    // Nothing to start with: no data, no ACK.
    let mut empty = cut(ipv6(), ACK, &data(1), 1, false).remove(0);
    empty.pop();
    empty[4..6].copy_from_slice(&32_u16.to_be_bytes());
    assert!(Merge::start(&Piece::parse(&empty).unwrap()).is_none());
    let bare = cut(ipv6(), 0, &data(1), 1, false).remove(0);
    assert!(Merge::start(&Piece::parse(&bare).unwrap()).is_none());
}

#[test]
fn an_identification_that_stands_still_needs_dont_fragment() {
    let packets = cut(ipv4(9, 0), ACK, &data(300), 100, true);
    assert_eq!(merge(&packets).len(), 3);
    // And one that stood still does not begin to count.
    let mut packets = cut(ipv4(9, 0x40), ACK, &data(300), 100, true);
    packets[2][5] = 11;
    packets[2] = seal(packets[2].clone());
    assert_eq!(merge(&packets).len(), 2);
}

#[test]
fn the_whole_is_no_longer_than_ip_allows() {
    let mut packets = cut(ipv6(), ACK, &data(60_000), 20_000, false);
    let mut next = cut(ipv6(), ACK, &data(6000), 6000, false).remove(0);
    next[44..48].copy_from_slice(&0xffff_ff00_u32.wrapping_add(60_000).to_be_bytes());
    packets.push(next);
    let counts: Vec<u16> = merge(&packets).iter().map(|(m, _)| m.count()).collect();
    assert_eq!(counts, [3, 1]);
}

#[test]
fn anything_but_a_whole_plain_tcp_packet_is_none() {
    let good = seal(cut(ipv4(1, 0x40), ACK, &data(100), 100, false).remove(0));
    assert!(Piece::parse(&good).is_some());
    let change = |at: usize, value: u8| {
        let mut packet = good.clone();
        packet[at] = value;
        packet
    };
    for (packet, why) in [
        (vec![], "nothing"),
        (good[..19].to_vec(), "half a header"),
        (good[..51].to_vec(), "cut short"),
        ([&good[..], &[0]].concat(), "bytes behind it"),
        (seal(change(0, 0x46)), "IP options"),
        (seal(change(6, 0x20)), "more fragments"),
        (seal(change(7, 1)), "a fragment"),
        (seal(change(9, 17)), "UDP"),
        (change(10, good[10] ^ 1), "a wrong checksum"),
        (seal(change(32, 0x40)), "a TCP header of 16 bytes"),
        (change(0, 0x75), "version 7"),
    ] {
        assert!(Piece::parse(&packet).is_none(), "{why}");
    }
    let long = seal(change(32, 0xf0));
    assert_eq!(Piece::parse(&long).unwrap().data_len(), 100 + 32 - 60);
    let v6 = cut(ipv6(), ACK, &data(100), 100, false).remove(0);
    assert!(Piece::parse(&v6).is_some());
    assert!(Piece::parse(&v6[..v6.len() - 1]).is_none());
    let mut extended = v6;
    extended[6] = 0;
    assert!(Piece::parse(&extended).is_none());
}
