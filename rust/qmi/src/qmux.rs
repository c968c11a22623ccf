// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
//! QMUX framing: one marker byte, the length, flags, service and client, then the service's message.
//! The QMI port is a byte stream to its reader, so frames are found in it again after garbage.

use crate::{service, Error};

/// First byte of each frame.
pub const MARKER: u8 = 0x01;
/// Flags of a frame that the host sent.
pub const FROM_HOST: u8 = 0x00;
/// Flags of a frame that the modem sent.
pub const FROM_MODEM: u8 = 0x80;
/// Bytes from the marker up to the service's message.
pub const HEADER: usize = 6;
/// Largest frame accepted; the largest real messages (firmware images, SMS lists) stay well below.
pub const MAX_FRAME: usize = 16384;

/// One frame, its lengths checked.
///
/// # Invariants
///
/// `sdu` holds a complete message header, and the TLV length in it is the number of bytes that follow.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Frame<'a> {
    /// Who sent it: [`FROM_HOST`] or [`FROM_MODEM`].
    pub flags: u8,
    /// Service number, see [`service`].
    pub service: u8,
    /// Client id, 0 for the control service, 0xff for a broadcast indication.
    pub client: u8,
    /// The service's message: flags, transaction, id, length, TLVs.
    pub sdu: &'a [u8],
}

impl<'a> Frame<'a> {
    /// Takes the frame at the front of `bytes`, and returns it with what follows it.
    ///
    /// # Errors
    ///
    /// [`Error::Incomplete`] while `bytes` may become a frame, else [`Error::BadMarker`] or [`Error::BadLength`].
    pub fn parse(bytes: &'a [u8]) -> Result<(Self, &'a [u8]), Error> {
        match bytes.first() {
            None => return Err(Error::Incomplete(HEADER)),
            Some(&MARKER) => {}
            Some(_) => return Err(Error::BadMarker),
        }
        let &[_, low, high, flags, service, client] = bytes
            .first_chunk::<HEADER>()
            .ok_or(Error::Incomplete(HEADER))?;
        if flags != FROM_HOST && flags != FROM_MODEM {
            return Err(Error::BadLength);
        }
        let header = sdu_header(service);
        // The length counts all but the marker.
        let total = usize::from(u16::from_le_bytes([low, high])).saturating_add(1);
        let Some(sdu_length) = total.checked_sub(HEADER).filter(|&n| n >= header) else {
            return Err(Error::BadLength);
        };
        if total > MAX_FRAME {
            return Err(Error::BadLength);
        }
        // The inner length is checked as soon as it is there: garbage that looks like a marker must not swallow what follows.
        let inner = HEADER.saturating_add(header);
        let tlvs = bytes
            .get(inner.saturating_sub(2)..)
            .and_then(|at| at.first_chunk::<2>())
            .ok_or(Error::Incomplete(total))?;
        if usize::from(u16::from_le_bytes(*tlvs)).saturating_add(header) != sdu_length {
            return Err(Error::BadLength);
        }
        let (frame, rest) = bytes
            .split_at_checked(total)
            .ok_or(Error::Incomplete(total))?;
        let sdu = frame.get(HEADER..).ok_or(Error::BadLength)?;
        Ok((
            Frame {
                flags,
                service,
                client,
                sdu,
            },
            rest,
        ))
    }
}

/// What a reader of the byte stream does next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step<'a> {
    /// A frame, and how many bytes it took.
    Frame {
        /// The frame.
        frame: Frame<'a>,
        /// Bytes to drop from the front of the buffer once done with the frame; at least one.
        consumed: usize,
    },
    /// Read more: the buffer must hold this many bytes before the next frame can be complete.
    NeedMore(usize),
    /// Garbage: drop this many bytes, at least one.
    Skip(usize),
}

/// Looks at the front of `buffer`: a frame, garbage up to the next possible frame, or too little of either.
pub fn next_frame(buffer: &[u8]) -> Step<'_> {
    match Frame::parse(buffer) {
        Ok((frame, rest)) => Step::Frame {
            frame,
            consumed: buffer.len().saturating_sub(rest.len()),
        },
        Err(Error::Incomplete(needed)) => Step::NeedMore(needed),
        Err(_) => {
            // The byte at hand and all up to the next marker. (`position` counts with an add that could overflow.)
            let next = buffer.iter().skip(1).take_while(|&&byte| byte != MARKER);
            let garbage = next.fold(1usize, |count, _| count.saturating_add(1));
            Step::Skip(garbage)
        }
    }
}

/// Bytes of the message header of a service: the control service has a short transaction id.
pub(crate) fn sdu_header(service: u8) -> usize {
    if service == service::CTL {
        6
    } else {
        7
    }
}
