// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
//! The frames of one downlink transfer. The driver calls it from NAPI with up to 32 KiB written by the modem.

use crate::checksum::{Checksum, Trailer};
use crate::command::Command;
use crate::split::{Direction, Extra, Pieces, Split};
use crate::{Malformed, Version};

/// Iterator over the frames of one downlink transfer.
///
/// An `Err` stands for one frame that is not delivered. Where its length is sound the next call goes on behind
/// it, otherwise the iteration ends. Words of zeros behind the last frame are filler and end it silently.
#[derive(Clone, Debug)]
pub struct Deaggregate<'a>(Split<'a>);

/// One downlink frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Frame<'a> {
    /// Which link it is for.
    pub mux_id: u8,
    /// Where `payload` begins, from the start of the transfer.
    pub offset: usize,
    /// The packet or command without headers, pad and trailer; never empty.
    pub payload: &'a [u8],
    /// MAP header, payload and pad of a command frame: what [`crate::acknowledge`] echoes. Empty for data.
    pub raw: &'a [u8],
    /// Packet or command.
    pub kind: Kind,
}

/// What a frame carries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// An IP packet (not looked at) and what the modem says about its checksum.
    Data(Checksum),
    /// A command to the host.
    Command(Command),
}

impl<'a> Deaggregate<'a> {
    /// Reads `buffer`, one whole transfer.
    pub fn new(version: Version, buffer: &'a [u8]) -> Self {
        Self(Split::new(version, Direction::Down, buffer))
    }
}

impl<'a> Iterator for Deaggregate<'a> {
    type Item = Result<Frame<'a>, Malformed>;

    fn next(&mut self) -> Option<Self::Item> {
        Some(self.0.next()?.and_then(frame))
    }
}

impl core::iter::FusedIterator for Deaggregate<'_> {}

fn frame(pieces: Pieces<'_>) -> Result<Frame<'_>, Malformed> {
    let kind = if pieces.header.command {
        Kind::Command(Command::parse(pieces.payload).ok_or(Malformed::TruncatedCommand)?)
    } else {
        Kind::Data(match pieces.extra {
            Extra::V5 { flag: true } => Checksum::Valid,
            Extra::V5 { flag: false } => Checksum::Unverified,
            Extra::Trailer(bytes) => {
                Trailer::parse(bytes).map_or(Checksum::Unverified, Checksum::Trailer)
            }
            Extra::None | Extra::UplinkHeader(_) => Checksum::None,
        })
    };
    Ok(Frame {
        mux_id: pieces.header.mux_id,
        offset: pieces.offset,
        payload: pieces.payload,
        raw: pieces.raw,
        kind,
    })
}
