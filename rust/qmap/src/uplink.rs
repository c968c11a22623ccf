// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
//! The header that the host puts before an uplink packet.

use crate::checksum::UPLINK_HEADER_LEN;
use crate::header::{Header, V5, V5_LEN};
use crate::{Version, HEADER_LEN};

/// A checksum that the modem shall complete.
///
/// The field holds the pseudo header's sum as `CHECKSUM_PARTIAL` leaves it. Version 5 takes it so. **Version 4
/// wants it complemented** (`!field`), as `rmnet_map_data.c` does; writing the header does not touch the packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Offload {
    /// Where the transport header begins, from the start of the packet.
    pub start: u16,
    /// Where the checksum field is, from `start`: 16 for TCP, 6 for UDP. At most 0x3fff.
    pub insert: u16,
    /// UDP, whose computed zero is sent as 0xffff.
    pub udp: bool,
}

/// Whether packets are filled up to a multiple of four bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Padding {
    /// No pad: what Linux' rmnet and the vendor's driver send.
    None,
    /// Up to three zero bytes, as rmnet.rst has it, so that every frame of an aggregate is aligned.
    Align4,
}

/// What [`write_header`] wrote and what the caller has to add.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Written {
    /// Bytes of the header, before the packet.
    pub header: usize,
    /// Zero bytes to put behind the packet.
    pub pad: usize,
}

/// Bytes of headers before an uplink data packet.
pub const fn header_len(version: Version) -> usize {
    match version {
        Version::V1 => HEADER_LEN,
        Version::V4 => HEADER_LEN + UPLINK_HEADER_LEN,
        Version::V5 => HEADER_LEN + V5_LEN,
    }
}

/// Writes the headers for a packet of `payload_len` bytes into the start of `out`.
///
/// `None`: `out` is shorter than [`header_len`], the packet is empty or does not fit the 16 bit length, or the
/// offload cannot be told in this version. The most a frame carries is 65535 bytes with its pad.
pub fn write_header(
    out: &mut [u8],
    version: Version,
    mux_id: u8,
    payload_len: usize,
    padding: Padding,
    offload: Option<Offload>,
) -> Option<Written> {
    let pad = match padding {
        Padding::None => 0,
        Padding::Align4 => payload_len.wrapping_neg() & 3,
    };
    let length = u16::try_from(payload_len.checked_add(pad)?).ok()?;
    if length == 0 {
        return None;
    }
    let header = Header {
        command: false,
        next: version == Version::V5,
        // CAST: at most 3.
        pad: pad as u8,
        mux_id,
        length,
    };
    let extra = match (version, offload) {
        (Version::V1, None) => None,
        (Version::V1, Some(_)) => return None,
        (Version::V4, offload) => Some(v4_header(offload)?),
        (Version::V5, offload) => Some(V5::checksum(offload.is_some())),
    };
    let (first, rest) = out.split_first_chunk_mut()?;
    if let Some(extra) = extra {
        *rest.first_chunk_mut()? = extra;
    }
    *first = header.bytes();
    Some(Written {
        header: header_len(version),
        pad,
    })
}

fn v4_header(offload: Option<Offload>) -> Option<[u8; UPLINK_HEADER_LEN]> {
    let Some(Offload { start, insert, udp }) = offload else {
        return Some([0; UPLINK_HEADER_LEN]);
    };
    if insert > OFFSET {
        return None;
    }
    let [s0, s1] = start.to_be_bytes();
    let [i0, i1] = (ENABLED | if udp { UDP } else { 0 } | insert).to_be_bytes();
    Some([s0, s1, i0, i1])
}

/// Reads a v4 uplink header; `None` if it asks for nothing.
pub(crate) fn parse_v4_header([s0, s1, i0, i1]: [u8; UPLINK_HEADER_LEN]) -> Option<Offload> {
    let info = u16::from_be_bytes([i0, i1]);
    (info & ENABLED != 0).then_some(Offload {
        start: u16::from_be_bytes([s0, s1]),
        insert: info & OFFSET,
        udp: info & UDP != 0,
    })
}

// `MAP_CSUM_UL_*` of Linux `include/linux/if_rmnet.h`.
const OFFSET: u16 = 0x3fff;
const UDP: u16 = 0x4000;
const ENABLED: u16 = 0x8000;
