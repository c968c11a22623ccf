// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
//! The 4 byte MAP header and the v5 header behind it (`struct rmnet_map_header` and
//! `struct rmnet_map_v5_csum_header` of Linux `include/linux/if_rmnet.h`).

use crate::HEADER_LEN;

const COMMAND: u8 = 0x80;
const NEXT_HEADER: u8 = 0x40;
const PAD: u8 = 0x3f;

/// Bytes of a v5 checksum header.
pub(crate) const V5_LEN: usize = 4;
/// Bytes of a v5 coalescing header: four of its own and six pairs of four, as in the downstream rmnet driver
/// (`struct rmnet_map_v5_coal_header`).
pub(crate) const V5_COALESCING_LEN: usize = 28;

/// A MAP header's fields.
#[derive(Clone, Copy)]
pub(crate) struct Header {
    pub(crate) command: bool,
    pub(crate) next: bool,
    /// 0 to 63.
    pub(crate) pad: u8,
    pub(crate) mux_id: u8,
    /// Packet and pad; neither this header, nor a v5 header, nor a checksum header or trailer.
    pub(crate) length: u16,
}

impl Header {
    pub(crate) fn parse([flags, mux_id, high, low]: [u8; HEADER_LEN]) -> Self {
        Self {
            command: flags & COMMAND != 0,
            next: flags & NEXT_HEADER != 0,
            pad: flags & PAD,
            mux_id,
            length: u16::from_be_bytes([high, low]),
        }
    }

    pub(crate) fn bytes(self) -> [u8; HEADER_LEN] {
        let mut flags = self.pad & PAD;
        if self.command {
            flags |= COMMAND;
        }
        if self.next {
            flags |= NEXT_HEADER;
        }
        let [high, low] = self.length.to_be_bytes();
        [flags, self.mux_id, high, low]
    }

    /// Packet length: without the pad.
    pub(crate) fn payload_len(self) -> Option<usize> {
        usize::from(self.length).checked_sub(usize::from(self.pad))
    }
}

/// The v5 header that a set next-header bit announces.
#[derive(Clone, Copy)]
pub(crate) struct V5 {
    pub(crate) more: bool,
    pub(crate) kind: u8,
    /// Downlink: the modem found the checksum right. Uplink: the modem shall fill it in.
    pub(crate) flag: bool,
}

impl V5 {
    pub(crate) const COALESCING: u8 = 1;
    pub(crate) const CHECKSUM: u8 = 2;

    pub(crate) fn parse([info, flags, _, _]: [u8; V5_LEN]) -> Self {
        Self {
            more: info & 1 != 0,
            kind: info >> 1,
            flag: flags & 0x80 != 0,
        }
    }

    /// A checksum header.
    pub(crate) fn checksum(flag: bool) -> [u8; V5_LEN] {
        [Self::CHECKSUM << 1, if flag { 0x80 } else { 0 }, 0, 0]
    }
}
