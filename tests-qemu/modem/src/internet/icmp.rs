// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
//! What is answered without the IP stack: echo requests to any address, of any size and in fragments, and IPv6
//! router solicitations, which smoltcp has for Ethernet only.

use std::net::Ipv6Addr;

use qmap::ip::{checksum, Sum};

use super::Addresses;
use crate::session::Ipv6;

const HOP_LIMIT: u8 = 64;
const ICMP: u8 = 1;
const ICMPV6: u8 = 58;
const FRAGMENT: u8 = 44;

/// The answer to an echo request (RFC 792, RFC 4443) or a router solicitation (RFC 4861), if `packet` is one.
pub(super) fn answer(packet: &[u8], addresses: &Addresses) -> Option<Vec<u8>> {
    match packet.first()? >> 4 {
        4 if addresses.ipv4.is_some() => echo_v4(packet),
        6 => {
            let ipv6 = addresses.ipv6?;
            echo_v6(packet).or_else(|| advertisement(packet, &ipv6, addresses.mtu))
        }
        _ => None,
    }
}

fn echo_v4(packet: &[u8]) -> Option<Vec<u8>> {
    let header_len = usize::from(packet.first()? & 0x0f) * 4;
    let length = usize::from(u16::from_be_bytes([*packet.get(2)?, *packet.get(3)?]));
    let header = packet.get(..header_len)?;
    let message = packet.get(header_len..length)?;
    let unicast = (1..224).contains(header.get(16)?);
    if header_len < 20 || header[9] != ICMP || !unicast || checksum(header) != 0 {
        return None;
    }
    let fragment = u16::from_be_bytes([header[6], header[7]]);
    let (offset, more) = (fragment & 0x1fff, fragment & 0x2000 != 0);
    let mut out = packet[..length].to_vec();
    if offset == 0 {
        // The checksum of a fragmented message cannot be told from its first part.
        let right = more || checksum(message) == 0;
        turn(&mut out, header_len, [8, 0], right)?;
    }
    out[8] = HOP_LIMIT;
    let (left, right) = out[12..20].split_at_mut(4);
    left.swap_with_slice(right);
    out[10..12].fill(0);
    let sum = checksum(&out[..header_len]);
    out[10..12].copy_from_slice(&sum.to_be_bytes());
    Some(out)
}

fn echo_v6(packet: &[u8]) -> Option<Vec<u8>> {
    let header = packet.get(..40)?;
    let length = usize::from(u16::from_be_bytes([header[4], header[5]])) + 40;
    let mut out = packet.get(..length)?.to_vec();
    if header[24] == 0xff {
        return None;
    }
    match header[6] {
        ICMPV6 => {
            let right = icmpv6_sum(packet.get(8..40)?, packet.get(40..length)?).is_zero();
            turn(&mut out, 40, [128, 129], right)?;
        }
        FRAGMENT if *packet.get(40)? == ICMPV6 => {
            let offset = u16::from_be_bytes([*packet.get(42)?, *packet.get(43)?]) >> 3;
            if offset == 0 {
                turn(&mut out, 48, [128, 129], true)?;
            }
        }
        _ => return None,
    }
    out[7] = HOP_LIMIT;
    let (left, right) = out[8..40].split_at_mut(16);
    left.swap_with_slice(right);
    Some(out)
}

/// Makes an echo request's first bytes an answer's. Swapping the addresses leaves the checksum as it is.
fn turn(packet: &mut [u8], at: usize, [request, answer]: [u8; 2], right: bool) -> Option<()> {
    let message = packet.get_mut(at..).filter(|message| message.len() >= 8)?;
    if message[..2] != [request, 0] || !right {
        return None;
    }
    let old = u16::from_be_bytes([message[2], message[3]]);
    // RFC 1624.
    let sum = Sum::default()
        .word(!old)
        .without(u16::from(request) << 8)
        .word(u16::from(answer) << 8);
    message[0] = answer;
    message[2..4].copy_from_slice(&(!sum.fold()).to_be_bytes());
    Some(())
}

fn icmpv6_sum(addresses: &[u8], message: &[u8]) -> Sum {
    let length = u16::try_from(message.len()).unwrap_or(u16::MAX);
    Sum::default()
        .bytes(addresses)
        .bytes(message)
        .word(u16::from(ICMPV6))
        .word(length)
}

/// A router advertisement with the session's prefix, MTU and name server (RFC 4861 section 4.2, RFC 8106).
fn advertisement(packet: &[u8], ipv6: &Ipv6, mtu: u16) -> Option<Vec<u8>> {
    const SOLICITATION: u8 = 133;
    const ADVERTISEMENT: u8 = 134;
    let length = usize::from(u16::from_be_bytes([*packet.get(4)?, *packet.get(5)?])) + 40;
    let message = packet.get(40..length)?;
    let right = icmpv6_sum(packet.get(8..40)?, message).is_zero();
    if packet[6] != ICMPV6 || packet[7] != 255 || message.first()? != &SOLICITATION || !right {
        return None;
    }
    let source = Ipv6Addr::from(<[u8; 16]>::try_from(&packet[8..24]).ok()?);
    let destination = if source.is_unspecified() {
        Ipv6Addr::new(0xff02, 0, 0, 0, 0, 0, 0, 1)
    } else {
        source
    };

    // Hop limit, no flags, router for half an hour; no reachability times.
    let mut message = vec![ADVERTISEMENT, 0, 0, 0, HOP_LIMIT, 0];
    message.extend(1800u16.to_be_bytes());
    message.extend([0; 8]);
    // Prefix information: on-link and autonomous, valid for a day.
    message.extend([3, 4, ipv6.prefix, 0xc0]);
    message.extend(86_400u32.to_be_bytes());
    message.extend(14_400u32.to_be_bytes());
    message.extend([0; 4]);
    let mut prefix = ipv6.gateway.octets();
    prefix[8..].fill(0);
    message.extend(prefix);
    // MTU.
    message.extend([5, 1, 0, 0]);
    message.extend(u32::from(mtu).to_be_bytes());
    // Recursive DNS server.
    message.extend([25, 3, 0, 0]);
    message.extend(1800u32.to_be_bytes());
    message.extend(ipv6.dns[0].octets());

    let length = u16::try_from(message.len()).ok()?;
    let mut out = vec![0x60, 0, 0, 0];
    out.extend(length.to_be_bytes());
    out.extend([ICMPV6, 255]);
    // The gateway's link-local address.
    out.extend(Ipv6Addr::new(0xfe80, 0, 0, 0, 0, 0, 0, 1).octets());
    out.extend(destination.octets());
    let sum = !icmpv6_sum(&out[8..40], &message).fold();
    message[2..4].copy_from_slice(&sum.to_be_bytes());
    out.extend(message);
    Some(out)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::session::{Family, Modem};

    fn addresses() -> Addresses {
        let mut modem = Modem::default();
        modem.start(1, Family::V4, "internet", 1);
        modem.start(1, Family::V6, "internet", 1);
        let session = modem.session(1).unwrap();
        Addresses {
            ipv4: session.ipv4,
            ipv6: session.ipv6,
            mtu: 1400,
        }
    }

    /// `ping -c1 -s 4 1.1.1.1` from 10.64.1.2, laid out by hand from RFC 791 and RFC 792; the checksums by RFC 1071.
    fn request_v4() -> Vec<u8> {
        let mut packet = vec![
            0x45, 0, 0, 32, 0, 1, 0x40, 0, 63, 1, 0, 0, 10, 64, 1, 2, 1, 1, 1, 1,
        ];
        let sum = checksum(&packet);
        packet[10..12].copy_from_slice(&sum.to_be_bytes());
        packet.extend([8, 0, 0, 0, 0x12, 0x34, 0, 1, 0xde, 0xad, 0xbe, 0xef]);
        let sum = checksum(&packet[20..]);
        packet[22..24].copy_from_slice(&sum.to_be_bytes());
        packet
    }

    fn request_v6(kind: u8, hops: u8) -> Vec<u8> {
        let mut packet = vec![0x60, 0, 0, 0, 0, 12, 58, hops];
        packet.extend("2001:db8:1::2".parse::<Ipv6Addr>().unwrap().octets());
        packet.extend("2606:4700:4700::1111".parse::<Ipv6Addr>().unwrap().octets());
        packet.extend([kind, 0, 0, 0, 0x12, 0x34, 0, 1, 0xde, 0xad, 0xbe, 0xef]);
        let sum = !icmpv6_sum(&packet[8..40], &packet[40..]).fold();
        packet[42..44].copy_from_slice(&sum.to_be_bytes());
        packet
    }

    #[test]
    fn echo_comes_back_with_right_checksums() {
        let answer = answer(&request_v4(), &addresses()).unwrap();
        assert_eq!(answer[12..20], [1, 1, 1, 1, 10, 64, 1, 2]);
        assert_eq!((answer[20], &answer[24..]), (0, &request_v4()[24..]));
        assert_eq!((checksum(&answer[..20]), checksum(&answer[20..])), (0, 0));

        let request = request_v6(128, 64);
        let answer = super::answer(&request, &addresses()).unwrap();
        assert_eq!(
            (&answer[8..24], &answer[24..40]),
            (&request[24..40], &request[8..24])
        );
        assert_eq!((answer[40], &answer[44..]), (129, &request[44..]));
        assert!(icmpv6_sum(&answer[8..40], &answer[40..]).is_zero());
    }

    #[test]
    fn damaged_requests_stay_unanswered() {
        for at in 0..request_v4().len() {
            let mut packet = request_v4();
            packet[at] ^= 0x04;
            assert_eq!(answer(&packet, &addresses()), None, "byte {at}");
            assert_eq!(
                answer(&request_v4()[..at], &addresses()),
                None,
                "cut at {at}"
            );
        }
        for at in 8..request_v6(128, 64).len() {
            let mut packet = request_v6(128, 64);
            packet[at] ^= 0x04;
            assert_eq!(answer(&packet, &addresses()), None, "byte {at}");
        }
    }

    #[test]
    fn solicitation_is_answered_with_the_prefix() {
        let answer = answer(&request_v6(133, 255), &addresses()).unwrap();
        assert!(icmpv6_sum(&answer[8..40], &answer[40..]).is_zero());
        assert_eq!((answer[40], answer[7]), (134, 255));
        let prefix: Ipv6Addr = "2001:db8:1::".parse().unwrap();
        assert_eq!(
            (&answer[56..60], &answer[72..88]),
            (&[3, 4, 64, 0xc0][..], &prefix.octets()[..])
        );
        assert_eq!(answer[88..96], [5, 1, 0, 0, 0, 0, 5, 120]);
        // A forwarded solicitation is none.
        assert_eq!(super::answer(&request_v6(133, 254), &addresses()), None);
    }

    #[test]
    fn fragments_are_turned_one_by_one() {
        let whole = request_v4();
        let mut first = whole[..28].to_vec();
        (first[3], first[6], first[7]) = (28, 0x20, 0);
        let mut second = [&whole[..20], &whole[28..]].concat();
        (second[3], second[6], second[7]) = (24, 0, 1);
        for fragment in [&mut first, &mut second] {
            fragment[10..12].fill(0);
            let sum = checksum(&fragment[..20]);
            fragment[10..12].copy_from_slice(&sum.to_be_bytes());
        }
        let first = answer(&first, &addresses()).unwrap();
        let second = answer(&second, &addresses()).unwrap();
        let message = [&first[20..], &second[20..]].concat();
        assert_eq!(message[0], 0);
        assert_eq!(checksum(&message), 0);
    }
}
