// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
//! The modem's end of the link: writes downlink frames, reads uplink transfers. Used by the emulated modem and
//! by tests.

use crate::checksum::{Checksum, TRAILER_LEN};
use crate::command::Command;
use crate::header::{Header, V5, V5_LEN};
use crate::split::{Direction, Extra, Split};
use crate::uplink::{parse_v4_header, Offload};
use crate::{Malformed, Version, HEADER_LEN};

/// Writes one downlink data frame with `pad` zero bytes (0 to 63) and returns its length.
///
/// `checksum` is what the frame shall say: version 4 sends a [`Checksum::Trailer`] as it is and anything else as
/// an invalid one; version 5 sets the valid bit for [`Checksum::Valid`] and leaves the header out for
/// [`Checksum::None`]. `None`: too long for the length field, more than 63 bytes of pad, or `out` too small.
pub fn write_frame(
    out: &mut [u8],
    version: Version,
    mux_id: u8,
    payload: &[u8],
    pad: u8,
    checksum: Checksum,
) -> Option<usize> {
    let v5 = match (version, checksum) {
        (Version::V1 | Version::V4, _) | (Version::V5, Checksum::None) => None,
        (Version::V5, Checksum::Valid) => Some(V5::checksum(true)),
        (Version::V5, Checksum::Unverified | Checksum::Trailer(_)) => Some(V5::checksum(false)),
    };
    let trailer = match (version, checksum) {
        (Version::V4, Checksum::Trailer(trailer)) => Some(trailer.bytes()),
        (Version::V4, _) => Some([0; TRAILER_LEN]),
        (Version::V1 | Version::V5, _) => None,
    };
    let length = u16::try_from(payload.len())
        .ok()?
        .checked_add(u16::from(pad))?;
    if pad > 63 {
        return None;
    }
    let header = Header {
        command: false,
        next: v5.is_some(),
        pad,
        mux_id,
        length,
    };
    let mut writer = Writer { out, at: 0 };
    writer.put(&header.bytes())?;
    if let Some(v5) = v5 {
        writer.put(&v5)?;
    }
    writer.put(payload)?;
    writer.zeros(usize::from(pad))?;
    if let Some(trailer) = trailer {
        writer.put(&trailer)?;
    }
    Some(writer.at)
}

/// What closes a version 4 command: a trailer that says nothing, and shows where it comes back in an answer.
const COMMAND_TRAILER: [u8; TRAILER_LEN] = [0xa5, 0, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff];

/// Writes one downlink command frame and returns its length. Version 4 closes it with a trailer.
pub fn write_command(
    out: &mut [u8],
    version: Version,
    mux_id: u8,
    command: &Command,
) -> Option<usize> {
    let (bytes, length) = command.bytes();
    let payload = bytes.get(..length)?;
    let length = u16::try_from(length).ok()?;
    let header = Header {
        command: true,
        next: false,
        pad: 0,
        mux_id,
        length,
    };
    let mut writer = Writer { out, at: 0 };
    writer.put(&header.bytes())?;
    writer.put(payload)?;
    if version == Version::V4 {
        writer.put(&COMMAND_TRAILER)?;
    }
    Some(writer.at)
}

/// Bytes that [`write_frame`] adds to packet and pad, at most.
pub const fn overhead(version: Version) -> usize {
    match version {
        Version::V1 => HEADER_LEN,
        Version::V4 => HEADER_LEN + TRAILER_LEN,
        Version::V5 => HEADER_LEN + V5_LEN,
    }
}

/// Iterator over the frames of one uplink transfer, with the same rules as [`crate::Deaggregate`], but that nothing may follow the last
/// frame, not even zeros.
#[derive(Clone, Debug)]
pub struct Uplink<'a>(Split<'a>);

/// One uplink frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UplinkFrame<'a> {
    /// Which link it is from.
    pub mux_id: u8,
    /// Where `payload` begins, from the start of the transfer.
    pub offset: usize,
    /// The packet or command; never empty.
    pub payload: &'a [u8],
    /// The pad, which should be zeros.
    pub pad: &'a [u8],
    /// Packet or command.
    pub kind: UplinkKind,
}

/// What an uplink frame carries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UplinkKind {
    /// An IP packet and what is asked for its checksum.
    Data(Request),
    /// The answer to a command.
    Command(Command),
}

/// What the host wants done about the transport checksum.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Request {
    /// Nothing: it is complete.
    None,
    /// Version 4: complete it from the complemented pseudo header sum in the field.
    V4(Offload),
    /// Version 5: find it and fill it in.
    V5,
}

impl<'a> Uplink<'a> {
    /// Reads `buffer`, one whole transfer.
    pub fn new(version: Version, buffer: &'a [u8]) -> Self {
        Self(Split::new(version, Direction::Up, buffer))
    }
}

impl<'a> Iterator for Uplink<'a> {
    type Item = Result<UplinkFrame<'a>, Malformed>;

    fn next(&mut self) -> Option<Self::Item> {
        Some(self.0.next()?.and_then(|pieces| {
            let kind = if pieces.header.command {
                UplinkKind::Command(
                    Command::parse(pieces.payload).ok_or(Malformed::TruncatedCommand)?,
                )
            } else {
                UplinkKind::Data(match pieces.extra {
                    Extra::V5 { flag: true } => Request::V5,
                    Extra::UplinkHeader(bytes) => {
                        parse_v4_header(bytes).map_or(Request::None, Request::V4)
                    }
                    Extra::V5 { flag: false } | Extra::None | Extra::Trailer(_) => Request::None,
                })
            };
            let (offset, payload, pad) = (pieces.offset, pieces.payload, pieces.pad);
            Ok(UplinkFrame {
                mux_id: pieces.header.mux_id,
                offset,
                payload,
                pad,
                kind,
            })
        }))
    }
}

impl core::iter::FusedIterator for Uplink<'_> {}

struct Writer<'a> {
    out: &'a mut [u8],
    at: usize,
}

impl Writer<'_> {
    fn put(&mut self, bytes: &[u8]) -> Option<()> {
        for (to, from) in self.room(bytes.len())?.iter_mut().zip(bytes) {
            *to = *from;
        }
        Some(())
    }

    fn zeros(&mut self, length: usize) -> Option<()> {
        self.room(length)?.fill(0);
        Some(())
    }

    fn room(&mut self, length: usize) -> Option<&mut [u8]> {
        let end = self.at.checked_add(length)?;
        let room = self.out.get_mut(self.at..end)?;
        self.at = end;
        Some(room)
    }
}
