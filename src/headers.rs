// SPDX-License-Identifier: GPL-2.0-only
//! The headers of a received packet: its protocol, and where its payload begins.

use kernel::net::{ETH_P_IP, ETH_P_IPV6};

/// Header bytes to copy of a packet that is neither TCP nor UDP.
const OTHER: usize = 128;

/// The protocol number by the packet's first four bits; `None` if it is no IP.
pub(crate) fn protocol(packet: &[u8]) -> Option<u16> {
    match packet.first()? >> 4 {
        4 => Some(ETH_P_IP),
        6 => Some(ETH_P_IPV6),
        _ => None,
    }
}

/// The length of the network and transport headers, at most the packet's. Segments of one TCP flow can only be merged
/// if their payload does not begin in the copied part.
pub(crate) fn header_len(packet: &[u8]) -> usize {
    tcp_or_udp(packet).unwrap_or(OTHER).min(packet.len())
}

fn tcp_or_udp(packet: &[u8]) -> Option<usize> {
    let first = packet.first()?;
    let (network, next) = match first >> 4 {
        4 => (usize::from(first & 0x0f).wrapping_mul(4), *packet.get(9)?),
        _ => (40, *packet.get(6)?),
    };
    let transport = match next {
        6 => usize::from(packet.get(network.wrapping_add(12))? >> 4).wrapping_mul(4),
        17 => 8,
        _ => return None,
    };
    Some(network.wrapping_add(transport))
}
