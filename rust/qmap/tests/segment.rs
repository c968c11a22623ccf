// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
//! Segmentation against a plain reading of RFC 791, 8200, 9293 and 768: every packet made must parse, with the checksum that
//! `ip::Transport` computes by itself, and the data must come together again.

use qmap::ip::{checksum, Transport, TCP, UDP};
use qmap::segment::{complete, Segments};

fn ipv4(id: u16, protocol: u8, behind: usize) -> Vec<u8> {
    let total = u16::try_from(20 + behind).unwrap_or(0xffff).to_be_bytes();
    let [i0, i1] = id.to_be_bytes();
    let mut header = vec![
        0x45, 0, total[0], total[1], i0, i1, 0x40, 0, 64, protocol, 0, 0, 10, 0, 0, 1, 192, 0, 2, 7,
    ];
    let sum = checksum(&header).to_be_bytes();
    header[10..12].copy_from_slice(&sum);
    header
}

fn ipv6(protocol: u8, behind: usize) -> Vec<u8> {
    let length = u16::try_from(behind).unwrap_or(0xffff).to_be_bytes();
    let mut header = vec![0x60, 0, 0, 0, length[0], length[1], protocol, 64];
    header.extend((0..32).map(|byte| 0xf0 ^ byte));
    header
}

/// 32 bytes: ports, a sequence number about to wrap, all flags, options.
fn tcp() -> Vec<u8> {
    let mut header = vec![
        0x30, 0x39, 0, 80, 0xff, 0xff, 0xff, 0x00, 1, 2, 3, 4, 0x80, 0xff,
    ];
    header.extend([0x10, 0, 0, 0, 0, 0, 1, 1, 8, 10, 1, 2, 3, 4, 5, 6, 7, 8]);
    header
}

fn udp() -> Vec<u8> {
    vec![0x30, 0x39, 0, 53, 0, 0, 0, 0]
}

fn data(len: usize) -> Vec<u8> {
    (0..len).map(|at| (at * 7 + at / 251) as u8).collect()
}

fn cut(
    headers: &[u8],
    transport: usize,
    protocol: u8,
    data: &[u8],
    size: usize,
    fixed: bool,
) -> Vec<Vec<u8>> {
    let segments = Segments::new(headers, transport, protocol, data.len(), size, fixed).unwrap();
    assert_eq!(segments.count(), segments.iter().count());
    let packets: Vec<Vec<u8>> = segments
        .iter()
        .map(|segment| {
            let mut packet = vec![0xaa; headers.len()];
            segments.write_headers(&segment, &mut packet).unwrap();
            packet.extend(&data[segment.offset..segment.offset + segment.len]);
            assert!(packet.len() <= segments.longest());
            complete(&mut packet[transport..], segments.insert(), protocol == UDP).unwrap();
            packet
        })
        .collect();
    packets
}

#[test]
fn packets_parse_with_right_checksums_and_hold_all_data() {
    for v6 in [false, true] {
        for protocol in [TCP, UDP] {
            let transport = if protocol == TCP { tcp() } else { udp() };
            for (len, size) in [
                (1, 1),
                (1, 1400),
                (1400, 1400),
                (1401, 1400),
                (65000, 1448),
                (777, 10),
                (5, 2),
            ] {
                let data = data(len);
                let behind = transport.len() + len;
                let network = if v6 {
                    ipv6(protocol, behind)
                } else {
                    ipv4(0xfffe, protocol, behind)
                };
                let start = network.len();
                let headers = [network, transport.clone()].concat();
                let packets = cut(&headers, start, protocol, &data, size, false);
                let mut together: Vec<u8> = Vec::new();
                for packet in &packets {
                    let parsed = Transport::parse(packet).unwrap();
                    assert!(parsed.is_valid());
                    assert_eq!(parsed.network.len() + parsed.segment.len(), packet.len());
                    together.extend(&parsed.segment[transport.len()..]);
                }
                assert_eq!(together, data);
                assert_eq!(packets.len(), len.div_ceil(size));
            }
        }
    }
}

#[test]
fn tcp_counts_on_and_its_flags_stand_where_they_belong() {
    let headers = [ipv4(0xffff, TCP, 3032), tcp()].concat();
    let packets = cut(&headers, 20, TCP, &data(3000), 1000, false);
    let sequence = |packet: &[u8]| u32::from_be_bytes(packet[24..28].try_into().unwrap());
    let flags = |packet: &[u8]| packet[33];
    let id = |packet: &[u8]| u16::from_be_bytes(packet[4..6].try_into().unwrap());
    assert_eq!(
        packets.iter().map(|p| sequence(p)).collect::<Vec<_>>(),
        [0xffff_ff00, 744, 1744]
    );
    // CWR is the first one's, PSH and FIN are the last one's.
    assert_eq!(
        packets.iter().map(|p| flags(p)).collect::<Vec<_>>(),
        [0xf6, 0x76, 0x7f]
    );
    assert_eq!(
        packets.iter().map(|p| id(p)).collect::<Vec<_>>(),
        [0xffff, 0, 1]
    );
    let fixed = cut(&headers, 20, TCP, &data(3000), 1000, true);
    assert!(fixed.iter().all(|p| id(p) == 0xffff));
}

#[test]
fn udp_says_its_own_length() {
    let headers = [ipv6(UDP, 2508), udp()].concat();
    let packets = cut(&headers, 40, UDP, &data(2500), 1200, false);
    let length = |packet: &[u8]| u16::from_be_bytes(packet[44..46].try_into().unwrap());
    assert_eq!(
        packets.iter().map(|p| length(p)).collect::<Vec<_>>(),
        [1208, 1208, 108]
    );
}

#[test]
fn extension_headers_keep_the_sum_that_the_stack_left() {
    // A routing header (RFC 8200, 4.4): the sum is over another destination than the network header's.
    let plain = [ipv6(TCP, 2032), tcp()].concat();
    let mut routed = ipv6(43, 2056);
    routed.extend([TCP, 2, 0, 1, 0, 0, 0, 0]);
    routed.extend([0; 16]);
    let start = routed.len();
    routed.extend(tcp());
    let mut field = Vec::new();
    for total in [2032_u16, 1032] {
        let (_, packet) = Segments::new(&plain, 40, TCP, usize::from(total) - 32, 4000, false)
            .map(|segments| {
                let mut out = vec![0; plain.len()];
                let first = segments.iter().next().unwrap();
                segments.write_headers(&first, &mut out).unwrap();
                (first, out)
            })
            .unwrap();
        field.push([packet[56], packet[57]]);
    }
    routed[start + 16..start + 18].copy_from_slice(&field[0]);
    let segments = Segments::new(&routed, start, TCP, 2000, 1000, false).unwrap();
    let mut out = vec![0; routed.len()];
    let first = segments.iter().next().unwrap();
    segments.write_headers(&first, &mut out).unwrap();
    assert_eq!(out[start + 16..start + 18], field[1]);
    assert_eq!(out[4..6], u16::to_be_bytes(24 + 32 + 1000));
}

#[test]
fn headers_that_contradict_themselves_are_refused() {
    let good = [ipv4(1, TCP, 132), tcp()].concat();
    assert!(Segments::new(&good, 20, TCP, 100, 50, false).is_some());
    for (headers, transport, protocol, data, size) in [
        (&good[..], 20, TCP, 0, 50),
        (&good[..], 20, TCP, 100, 0),
        (&good[..], 20, 1, 100, 50),
        (&good[..], 24, TCP, 100, 50),
        (&good[..], 99, TCP, 100, 50),
        (&good[..40], 20, TCP, 100, 50),
        (&good[..], 20, UDP, 100, 50),
        (&good[1..], 19, TCP, 100, 50),
        (&[], 0, TCP, 100, 50),
    ] {
        assert!(Segments::new(headers, transport, protocol, data, size, false).is_none());
    }
    let segments = Segments::new(&good, 20, TCP, 100_000, 70_000, false).unwrap();
    let first = segments.iter().next().unwrap();
    assert!(segments
        .write_headers(&first, &mut vec![0; good.len()])
        .is_none());
    assert!(segments.write_headers(&first, &mut [0; 10]).is_none());
}
