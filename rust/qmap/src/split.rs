// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
//! Cuts a transfer into the pieces of its frames, for either direction; `deaggregate` and `modem` give them
//! their meaning.

use crate::checksum::{TRAILER_LEN, UPLINK_HEADER_LEN};
use crate::header::{Header, V5, V5_COALESCING_LEN, V5_LEN};
use crate::{Malformed, Version, HEADER_LEN};

/// Who wrote the transfer: v4 frames differ between the directions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Direction {
    Down,
    Up,
}

/// What is left of a transfer.
#[derive(Clone, Debug)]
pub(crate) struct Split<'a> {
    version: Version,
    direction: Direction,
    rest: &'a [u8],
    position: usize,
}

/// One frame with a sound length and content.
pub(crate) struct Pieces<'a> {
    pub(crate) header: Header,
    /// MAP header, command and pad; empty for data, where other headers come between.
    pub(crate) raw: &'a [u8],
    /// Offset of `payload` in the transfer.
    pub(crate) offset: usize,
    /// Not empty.
    pub(crate) payload: &'a [u8],
    pub(crate) pad: &'a [u8],
    pub(crate) extra: Extra,
}

/// The bytes of a frame that speak of its checksum.
pub(crate) enum Extra {
    None,
    V5 { flag: bool },
    Trailer([u8; TRAILER_LEN]),
    UplinkHeader([u8; UPLINK_HEADER_LEN]),
}

impl<'a> Split<'a> {
    pub(crate) fn new(version: Version, direction: Direction, buffer: &'a [u8]) -> Self {
        Self {
            version,
            direction,
            rest: buffer,
            position: 0,
        }
    }

    /// The next frame. An error that leaves the next frame's place unknown ends the transfer.
    pub(crate) fn next(&mut self) -> Option<Result<Pieces<'a>, Malformed>> {
        if self.direction == Direction::Down && self.skip_filler() {
            return Some(Err(Malformed::ZeroLength));
        }
        if self.rest.is_empty() {
            return None;
        }
        let frame = self.frame();
        if let Err(Fault::Ends(_)) = frame {
            self.rest = &[];
        }
        Some(frame.map_err(|fault| match fault {
            Fault::Ends(malformed) | Fault::Skips(malformed) => malformed,
        }))
    }

    fn frame(&mut self) -> Result<Pieces<'a>, Fault> {
        let start = self.rest;
        let header = Header::parse(
            self.chunk()
                .ok_or(Fault::Ends(Malformed::TruncatedHeader))?,
        );

        let mut extra = Ok(Extra::None);
        if header.command {
            // Neither v5 nor the v4 uplink puts a header before a command.
        } else if self.version != Version::V4 {
            // A modem may send v5 headers before the host was told of the format: go by the bit, not by the
            // version. The opposite, a v5 data frame without the header, is delivered too.
            if header.next {
                extra = self.v5()?;
            }
        } else if self.direction == Direction::Up {
            let bytes = self
                .chunk()
                .ok_or(Fault::Ends(Malformed::TruncatedHeader))?;
            extra = Ok(Extra::UplinkHeader(bytes));
        }

        let offset = self.position;
        let body = self
            .take(usize::from(header.length))
            .ok_or(Fault::Ends(Malformed::LengthBeyondBuffer))?;
        if self.version == Version::V4 && self.direction == Direction::Down {
            let bytes = self
                .chunk()
                .ok_or(Fault::Ends(Malformed::TruncatedChecksum))?;
            extra = Ok(Extra::Trailer(bytes));
        }

        // From here on the next frame's place is known.
        let extra = extra.map_err(Fault::Skips)?;
        let (payload, pad) = header
            .payload_len()
            .and_then(|length| body.split_at_checked(length))
            .ok_or(Fault::Skips(if header.length == 0 {
                Malformed::ZeroLength
            } else {
                Malformed::PadBeyondLength
            }))?;
        if payload.is_empty() {
            return Err(Fault::Skips(Malformed::ZeroLength));
        }
        let raw_len = HEADER_LEN.saturating_add(usize::from(header.length));
        let raw = start
            .get(..raw_len)
            .filter(|_| header.command)
            .unwrap_or(&[]);
        Ok(Pieces {
            header,
            raw,
            offset,
            payload,
            pad,
            extra,
        })
    }

    /// The v5 headers. The outer error ends the transfer, the inner one costs this frame only.
    fn v5(&mut self) -> Result<Result<Extra, Malformed>, Fault> {
        let truncated = Fault::Ends(Malformed::TruncatedHeader);
        let mut result = Ok(Extra::None);
        loop {
            let bytes: [u8; V5_LEN] = self.chunk().ok_or(truncated)?;
            let header = V5::parse(bytes);
            match header.kind {
                V5::CHECKSUM => {
                    if let Ok(extra) = &mut result {
                        *extra = Extra::V5 { flag: header.flag };
                    }
                }
                V5::COALESCING => {
                    self.take(V5_COALESCING_LEN.saturating_sub(V5_LEN))
                        .ok_or(truncated)?;
                    result = Err(Malformed::Coalesced);
                }
                _ => result = Err(Malformed::UnknownHeader),
            }
            if !header.more {
                return Ok(result);
            }
        }
    }

    /// Drops words of zeros, which some modems leave behind the last frame; true if a frame follows them.
    fn skip_filler(&mut self) -> bool {
        let mut skipped = false;
        while let Some(([0, 0, 0, 0], rest)) = self.rest.split_first_chunk() {
            self.rest = rest;
            self.position = self.position.wrapping_add(HEADER_LEN);
            skipped = true;
        }
        if self.rest.len() < HEADER_LEN && self.rest.iter().all(|&byte| byte == 0) {
            self.rest = &[];
        }
        skipped && !self.rest.is_empty()
    }

    fn take(&mut self, length: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.rest.split_at_checked(length)?;
        self.rest = rest;
        self.position = self.position.wrapping_add(length);
        Some(taken)
    }

    fn chunk<const N: usize>(&mut self) -> Option<[u8; N]> {
        let (taken, rest) = self.rest.split_first_chunk()?;
        self.rest = rest;
        self.position = self.position.wrapping_add(N);
        Some(*taken)
    }
}

#[derive(Clone, Copy)]
enum Fault {
    Ends(Malformed),
    Skips(Malformed),
}
