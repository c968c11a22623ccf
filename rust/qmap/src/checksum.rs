// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
//! What a downlink frame says about its packet's checksum, and the check of a v4 trailer against the packet.

use crate::ip::{self, Opaque, Sum, Transport};

/// Bytes of a v4 downlink trailer.
pub const TRAILER_LEN: usize = 8;
/// Bytes of a v4 uplink checksum header.
pub const UPLINK_HEADER_LEN: usize = 4;

/// What the modem says about a packet's transport checksum.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Checksum {
    /// Nothing: version 1, or a frame without the header.
    None,
    /// Version 5: checked and right.
    Valid,
    /// Versions 4 and 5: not checked, or wrong. The stack has to look.
    Unverified,
    /// Version 4: a sum over the packet, for [`verify_v4`].
    Trailer(Trailer),
}

/// A v4 downlink trailer whose valid bit is set (`struct rmnet_map_dl_csum_trailer`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Trailer {
    /// From which offset of the packet the modem summed up.
    pub start: u16,
    /// How many bytes.
    pub length: u16,
    /// The Internet checksum of those bytes.
    pub checksum: u16,
}

/// What [`verify_v4`] found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// The packet's transport checksum is right, or UDP over IPv4 goes without.
    Valid,
    /// It is wrong, or the packet's headers are. The stack shall look and decide.
    Invalid,
    /// Fragments and protocols other than TCP and UDP: nothing known.
    Unchecked,
}

impl Trailer {
    /// Reads a trailer; `None` if the modem left the valid bit clear.
    pub fn parse([_, flags, s0, s1, l0, l1, c0, c1]: [u8; TRAILER_LEN]) -> Option<Self> {
        (flags & 1 != 0).then_some(Self {
            start: u16::from_be_bytes([s0, s1]),
            length: u16::from_be_bytes([l0, l1]),
            checksum: u16::from_be_bytes([c0, c1]),
        })
    }

    /// The trailer of a packet, summed up as modems do: the whole packet, from its IP header on.
    pub fn over(packet: &[u8]) -> Self {
        let length = u16::try_from(packet.len()).unwrap_or(u16::MAX);
        Self {
            start: 0,
            length,
            checksum: ip::checksum(packet),
        }
    }

    /// The bytes, valid bit set.
    pub fn bytes(self) -> [u8; TRAILER_LEN] {
        let [s0, s1] = self.start.to_be_bytes();
        let [l0, l1] = self.length.to_be_bytes();
        let [c0, c1] = self.checksum.to_be_bytes();
        [0, 1, s0, s1, l0, l1, c0, c1]
    }
}

/// Derives from a v4 trailer whether the packet's transport checksum is right, reading only its headers.
///
/// Modems sum up the whole packet; without the network header's share and with the pseudo header's, a right
/// packet comes to zero. `start` and `length` are not relied on, as Linux' `rmnet_map_data.c` does not either.
pub fn verify_v4(payload: &[u8], trailer: Trailer) -> Verdict {
    let transport = match Transport::parse(payload) {
        Ok(transport) => transport,
        Err(Opaque::Unsupported) => return Verdict::Unchecked,
        Err(Opaque::Malformed) => return Verdict::Invalid,
    };
    if transport.protocol == ip::UDP && transport.field() == Some(0) {
        // RFC 768 allows it, RFC 8200 section 8.1 does not.
        return if transport.v6 {
            Verdict::Invalid
        } else {
            Verdict::Valid
        };
    }
    let network = Sum::default().bytes(transport.network).fold();
    let sum = transport.pseudo().word(!trailer.checksum).without(network);
    if sum.is_zero() {
        Verdict::Valid
    } else {
        Verdict::Invalid
    }
}
