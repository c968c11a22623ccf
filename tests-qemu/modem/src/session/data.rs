// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
//! Data sessions: their addresses and counters.

use std::net::{Ipv4Addr, Ipv6Addr};

use qmi::Verbose;

/// IP family of a session.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Family {
    /// IPv4.
    V4,
    /// IPv6.
    V6,
}

/// The data session of one mux id; mux id 0 is that of raw IP. It exists while it is up in one family at least.
#[derive(Debug, Clone)]
pub struct Session {
    /// APN.
    pub apn: String,
    /// Number of the profile that it was started with.
    pub profile: u8,
    /// IPv4 side, if that is up.
    pub ipv4: Option<Ipv4>,
    /// IPv6 side, if that is up.
    pub ipv6: Option<Ipv6>,
    /// MTU, bytes.
    pub mtu: u16,
    /// What it carried.
    pub traffic: Traffic,
}

/// IPv4 side of a session.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ipv4 {
    /// The host's address.
    pub address: Ipv4Addr,
    /// Gateway: address + 1, as real modems have it.
    pub gateway: Ipv4Addr,
    /// Length of the subnet's prefix, bits.
    pub prefix: u8,
    /// DNS servers.
    pub dns: [Ipv4Addr; 2],
}

/// IPv6 side of a session.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ipv6 {
    /// The host's address.
    pub address: Ipv6Addr,
    /// Gateway.
    pub gateway: Ipv6Addr,
    /// Length of the prefix, bits.
    pub prefix: u8,
    /// DNS servers.
    pub dns: [Ipv6Addr; 2],
}

/// Counters of a session, seen from the modem: uplink is what the host sent.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Traffic {
    /// Uplink packets.
    pub ul_packets: u64,
    /// Uplink bytes.
    pub ul_bytes: u64,
    /// Uplink packets dropped.
    pub ul_dropped: u64,
    /// Downlink packets.
    pub dl_packets: u64,
    /// Downlink bytes.
    pub dl_bytes: u64,
    /// Downlink packets dropped.
    pub dl_dropped: u64,
}

/// A session that ended without its client's asking.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ended {
    /// Mux id.
    pub mux: u8,
    /// Family.
    pub family: Family,
    /// Why.
    pub reason: Verbose,
}

impl Ipv4 {
    pub(super) fn of(mux: u8, generation: u8) -> Self {
        // One /28 per generation, the host's address its third.
        let host = generation.wrapping_mul(16).wrapping_add(2);
        Ipv4 {
            address: Ipv4Addr::new(10, 64, mux, host),
            gateway: Ipv4Addr::new(10, 64, mux, host.wrapping_add(1)),
            prefix: 28,
            dns: [Ipv4Addr::new(1, 1, 1, 1), Ipv4Addr::new(8, 8, 8, 8)],
        }
    }

    /// The subnet's mask.
    pub fn mask(&self) -> Ipv4Addr {
        let host_bits = 32u32.saturating_sub(u32::from(self.prefix));
        Ipv4Addr::from(u32::MAX.checked_shl(host_bits).unwrap_or(0))
    }
}

impl Ipv6 {
    pub(super) fn of(mux: u8, generation: u8) -> Self {
        let prefix = [0x2001, 0xdb8, u16::from(mux), u16::from(generation)];
        let [a, b, c, d] = prefix;
        Ipv6 {
            address: Ipv6Addr::new(a, b, c, d, 0, 0, 0, 2),
            gateway: Ipv6Addr::new(a, b, c, d, 0, 0, 0, 1),
            prefix: 64,
            dns: [
                Ipv6Addr::new(0x2606, 0x4700, 0x4700, 0, 0, 0, 0, 0x1111),
                Ipv6Addr::new(0x2001, 0x4860, 0x4860, 0, 0, 0, 0, 0x8888),
            ],
        }
    }
}
