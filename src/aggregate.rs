// SPDX-License-Identifier: GPL-2.0-only
//! A transfer to the modem under construction. Filled by `tx`.

use kernel::net::SkBuff;
use kernel::page::Pages;
use kernel::prelude::*;
use qmap::segment::{Segment, Segments};
use qmap::{Offload, Padding, Version};

/// Packets in a buffer, each behind a header, or one bare packet.
pub(crate) struct Aggregate {
    buffer: Pages,
    len: usize,
    frames: u32,
}

/// A frame's header before it is written.
pub(crate) struct Header {
    pub(crate) version: Version,
    pub(crate) mux_id: u8,
    pub(crate) offload: Option<Offload>,
}

impl Header {
    /// The most bytes that a frame takes besides its packet: headers and pad.
    pub(crate) fn overhead(&self) -> usize {
        qmap::header_len(self.version).saturating_add(3)
    }
}

impl Aggregate {
    /// An empty one.
    pub(crate) fn new(buffer: Pages) -> Aggregate {
        Aggregate {
            buffer,
            len: 0,
            frames: 0,
        }
    }

    /// Packets in it.
    pub(crate) fn frames(&self) -> u32 {
        self.frames
    }

    /// Bytes in it.
    pub(crate) fn len(&self) -> usize {
        self.len
    }

    /// Bytes that its buffer has.
    pub(crate) fn size(&self) -> usize {
        self.buffer.size()
    }

    /// Its buffer, whose first `len` bytes are to be sent.
    pub(crate) fn into_buffer(self) -> Pages {
        self.buffer
    }

    /// Adds a packet of `len` bytes that `write` fills in, behind a header if it is a frame; `EINVAL` if it does not fit,
    /// with nothing added.
    pub(crate) fn append(
        &mut self,
        len: usize,
        header: Option<&Header>,
        write: impl FnOnce(&mut [u8]) -> Result,
    ) -> Result {
        let room = self
            .buffer
            .as_mut_slice()
            .get_mut(self.len..)
            .ok_or(EINVAL)?;
        let (before, behind) = match header {
            Some(header) => {
                let written = qmap::write_header(
                    room,
                    header.version,
                    header.mux_id,
                    len,
                    Padding::Align4,
                    header.offload,
                )
                .ok_or(EINVAL)?;
                (written.header, written.pad)
            }
            None => (0, 0),
        };
        let (_, room) = room.split_at_mut_checked(before).ok_or(EINVAL)?;
        let (packet, room) = room.split_at_mut_checked(len).ok_or(EINVAL)?;
        write(packet)?;
        if let Some(Header {
            version: Version::V4,
            offload: Some(offload),
            ..
        }) = header
        {
            complement(packet, *offload);
        }
        room.get_mut(..behind).ok_or(EINVAL)?.fill(0);
        self.len = self
            .len
            .saturating_add(before)
            .saturating_add(len)
            .saturating_add(behind);
        self.frames = self.frames.saturating_add(1);
        Ok(())
    }
}

/// Version 4 wants the pseudo header's sum complemented; see `Offload`.
fn complement(packet: &mut [u8], offload: Offload) {
    let at = usize::from(offload.start).wrapping_add(usize::from(offload.insert));
    if let Some(field) = packet
        .get_mut(at..)
        .and_then(|rest| rest.first_chunk_mut::<2>())
    {
        *field = field.map(|byte| !byte);
    }
}

/// Writes one segment of a packet: its headers, and its data out of the packet's.
pub(crate) fn write_segment(
    version: Version,
    skb: &SkBuff,
    segments: &Segments<'_>,
    segment: &Segment,
    packet: &mut [u8],
) -> Result {
    let (headers, data) = packet
        .split_at_mut_checked(segments.header_len())
        .ok_or(EINVAL)?;
    segments.write_headers(segment, headers).ok_or(EINVAL)?;
    let offset = segments.header_len().checked_add(segment.offset);
    skb.copy_to(offset.ok_or(EINVAL)?, data)?;
    if version == Version::V1 {
        let (_, behind) = packet
            .split_at_mut_checked(segments.transport())
            .ok_or(EINVAL)?;
        qmap::segment::complete(behind, segments.insert(), segments.is_udp()).ok_or(EINVAL)?;
    }
    Ok(())
}

/// The checksums of a packet's segments, left to the modem where it can do them.
pub(crate) fn offload_segments(version: Version, segments: &Segments<'_>) -> Option<Offload> {
    match version {
        Version::V1 => None,
        Version::V4 | Version::V5 => Some(Offload {
            start: u16::try_from(segments.transport()).ok()?,
            insert: segments.insert() as u16, // CAST: 6 or 16
            udp: segments.is_udp(),
        }),
    }
}

/// The checksum to leave to the modem; does it here if the modem cannot.
pub(crate) fn offload(version: Version, skb: &mut SkBuff) -> Result<Option<Offload>> {
    let Some(partial) = skb.partial_checksum() else {
        return Ok(None);
    };
    let (start, insert) = (u16::try_from(partial.start), u16::try_from(partial.offset));
    match (version, start, insert) {
        // Where TCP and UDP have their checksums; other protocols' are not the modem's business.
        (Version::V4 | Version::V5, Ok(start), Ok(insert @ (6 | 16))) => Ok(Some(Offload {
            start,
            insert,
            udp: insert == 6,
        })),
        _ => skb.complete_checksum().map(|()| None),
    }
}
