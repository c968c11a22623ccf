// SPDX-License-Identifier: GPL-2.0-only
//! A transfer to the modem under construction. Filled by `transfers`.

use kernel::net::{Reader, SkBuff};
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

/// A frame's header as it is written, and the zero bytes behind its packet.
pub(crate) struct Prefix {
    /// Longer than the header, so that it is written in one go: the packet overwrites the rest.
    bytes: [u8; PREFIX],
    len: usize,
    pad: usize,
}

/// Bytes of the longest header.
const PREFIX: usize = 8;

impl Prefix {
    /// Bytes that a frame takes besides its packet.
    pub(crate) fn overhead(&self) -> usize {
        self.len.saturating_add(self.pad)
    }
}

/// The header of a packet of `len` bytes, if it is to be a frame; `None` if it is too long for one.
pub(crate) fn prefix(header: Option<&Header>, len: usize) -> Option<Prefix> {
    let mut bytes = [0; PREFIX];
    let (header, pad) = match header {
        Some(header) => {
            let written = qmap::write_header(
                &mut bytes,
                header.version,
                header.mux_id,
                len,
                Padding::Align4,
                header.offload,
            )?;
            (written.header, written.pad)
        }
        None => (0, 0),
    };
    Some(Prefix {
        bytes,
        len: header,
        pad,
    })
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

    /// Adds a packet of `len` bytes that `write` fills in, behind its header if it is a frame; `EINVAL` if it does not fit,
    /// with nothing added.
    pub(crate) fn append(
        &mut self,
        prefix: &Prefix,
        len: usize,
        write: impl FnOnce(&mut [u8]) -> Result,
    ) -> Result {
        let room = self
            .buffer
            .as_mut_slice()
            .get_mut(self.len..)
            .ok_or(EINVAL)?;
        if prefix.len > 0 {
            *room.first_chunk_mut().ok_or(EINVAL)? = prefix.bytes;
        }
        let (_, room) = room.split_at_mut_checked(prefix.len).ok_or(EINVAL)?;
        let (packet, behind) = room.split_at_mut_checked(len).ok_or(EINVAL)?;
        let pad = behind.get_mut(..prefix.pad).ok_or(EINVAL)?;
        write(packet)?;
        for byte in pad {
            *byte = 0;
        }
        self.len = self
            .len
            .saturating_add(prefix.overhead())
            .saturating_add(len);
        self.frames = self.frames.saturating_add(1);
        Ok(())
    }
}

/// Version 4 wants the pseudo header's sum complemented; see `Offload`.
pub(crate) fn complement(packet: &mut [u8], header: Option<&Header>) {
    let Some(Header {
        version: Version::V4,
        offload: Some(offload),
        ..
    }) = header
    else {
        return;
    };
    let at = usize::from(offload.start).wrapping_add(usize::from(offload.insert));
    if let Some(field) = packet
        .get_mut(at..)
        .and_then(|rest| rest.first_chunk_mut::<2>())
    {
        *field = field.map(|byte| !byte);
    }
}

/// Writes one segment of a packet: its headers, and its data, the next of the packet's.
pub(crate) fn write_segment(
    header: &Header,
    data: &mut Reader<'_>,
    segments: &Segments<'_>,
    segment: &Segment,
    packet: &mut [u8],
) -> Result {
    let (before, behind) = packet
        .split_at_mut_checked(segments.header_len())
        .ok_or(EINVAL)?;
    segments.write_headers(segment, before).ok_or(EINVAL)?;
    data.read(behind)?;
    if header.offload.is_none() {
        let (_, behind) = packet
            .split_at_mut_checked(segments.transport())
            .ok_or(EINVAL)?;
        qmap::segment::complete(behind, segments.insert(), segments.is_udp()).ok_or(EINVAL)?;
    }
    complement(packet, Some(header));
    Ok(())
}

/// The checksums of a packet's segments, left to the modem where it can do them.
pub(crate) fn offload_segments(version: Version, segments: &Segments<'_>) -> Option<Offload> {
    match version {
        Version::V1 => None,
        Version::V5 if segments.is_extended() => None, // it has no field for where
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
