// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
//! What can be wrong with a frame. The driver keeps one counter for each.

/// Why a frame was not delivered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Malformed {
    /// Fewer bytes left than a header (MAP or v5) takes; ends the transfer.
    TruncatedHeader,
    /// The packet length reaches beyond the transfer; ends it.
    LengthBeyondBuffer,
    /// No room for the v4 trailer behind the packet; ends the transfer.
    TruncatedChecksum,
    /// More pad than packet.
    PadBeyondLength,
    /// A v5 header of a type other than checksum (2) and coalescing (1).
    UnknownHeader,
    /// A v5 coalescing header, which is only sent to hosts that ask for it; its packets are skipped.
    Coalesced,
    /// A command frame shorter than a command.
    TruncatedCommand,
    /// A frame without a packet.
    ZeroLength,
}

impl Malformed {
    /// Every kind, in the order of the discriminants, for tables of counters (`counters[kind as usize]`).
    pub const ALL: [Self; 8] = [
        Self::TruncatedHeader,
        Self::LengthBeyondBuffer,
        Self::TruncatedChecksum,
        Self::PadBeyondLength,
        Self::UnknownHeader,
        Self::Coalesced,
        Self::TruncatedCommand,
        Self::ZeroLength,
    ];

    /// Name for statistics, in the style of `ethtool -S`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::TruncatedHeader => "truncated_header",
            Self::LengthBeyondBuffer => "length_beyond_buffer",
            Self::TruncatedChecksum => "truncated_checksum",
            Self::PadBeyondLength => "pad_beyond_length",
            Self::UnknownHeader => "unknown_header",
            Self::Coalesced => "coalesced",
            Self::TruncatedCommand => "truncated_command",
            Self::ZeroLength => "zero_length",
        }
    }
}
