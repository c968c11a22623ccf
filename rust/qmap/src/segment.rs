// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
//! Segmentation: a TCP or UDP packet with more data than the path takes becomes several, each with headers of its own.
//! What network cards do for Linux as TSO and USO; see its `Documentation/networking/segmentation-offloads.rst`.

use crate::ip::{Sum, TCP, UDP};

/// A packet to be cut up, known by its headers and sizes. The data are the caller's to copy.
#[derive(Clone, Copy, Debug)]
pub struct Segments<'a> {
    /// The network header with its options, then the transport header.
    headers: &'a [u8],
    /// Where the transport header begins.
    transport: usize,
    /// Bytes of data in all.
    data: usize,
    /// Bytes of data in each segment but the last.
    size: usize,
    protocol: u8,
    v6: bool,
    /// Whether all segments keep the IPv4 identification; else it counts.
    fixed_id: bool,
    /// The pseudo header's sum without the length.
    pseudo: Sum,
    /// An IPv4 header's sum without length, identification and checksum.
    network: Sum,
}

/// One of the packets to make.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Segment {
    index: usize,
    last: bool,
    /// Where its data begin in the whole packet's data.
    pub offset: usize,
    /// Bytes of its data, at least one.
    pub len: usize,
}

impl<'a> Segments<'a> {
    /// Looks at the headers of a packet with `data` bytes behind them, for segments of `size` bytes of data.
    ///
    /// `transport` is where the transport header, of `protocol` TCP or UDP, begins; it ends with `headers`. The checksum
    /// field of a packet with IPv6 extension headers must hold the pseudo header's sum, as `CHECKSUM_PARTIAL` leaves it.
    /// `None`: the headers contradict that, or there is nothing to cut.
    pub fn new(
        headers: &'a [u8],
        transport: usize,
        protocol: u8,
        data: usize,
        size: usize,
        fixed_id: bool,
    ) -> Option<Self> {
        let (network, behind) = headers.split_at_checked(transport)?;
        let v6 = match network.first()? >> 4 {
            4 => false,
            6 => true,
            _ => return None,
        };
        let insert = match protocol {
            TCP => {
                let words = usize::from(behind.get(12)? >> 4);
                (behind.len() >= 20 && words << 2 == behind.len()).then_some(16)?
            }
            UDP => (behind.len() == 8).then_some(6)?,
            _ => return None,
        };
        if size == 0 || data == 0 {
            return None;
        }
        let sum = Sum::default().word(u16::from(protocol));
        let pseudo = if v6 {
            let addresses = network.get(8..40)?;
            if network.len() == 40 {
                sum.bytes(addresses)
            } else {
                // The destination may be in a routing header; the field has it right, with the whole length.
                let field = behind.get(insert..)?.first_chunk()?;
                let whole = behind.len().checked_add(data)?;
                Sum::default()
                    .word(u16::from_be_bytes(*field))
                    .without(u16::try_from(whole).ok()?)
            }
        } else {
            let words = usize::from(network.first()? & 0x0f);
            if words << 2 != transport {
                return None;
            }
            sum.bytes(network.get(12..20)?)
        };
        let sum = Sum::default();
        let sum = if v6 {
            sum
        } else {
            sum.bytes(network.get(0..2)?)
                .bytes(network.get(6..10)?)
                .bytes(network.get(12..)?)
        };
        Some(Segments {
            headers,
            transport,
            data,
            size,
            protocol,
            v6,
            fixed_id,
            pseudo,
            network: sum,
        })
    }

    /// How many segments there are.
    #[must_use]
    pub fn count(&self) -> usize {
        // Neither is 0; `div_ceil` would leave a panic path.
        let rest = self.data.saturating_sub(1);
        rest.checked_div(self.size).unwrap_or(0).saturating_add(1)
    }

    /// Bytes of headers in each.
    #[must_use]
    pub fn header_len(&self) -> usize {
        self.headers.len()
    }

    /// The longest segment, with its headers.
    #[must_use]
    pub fn longest(&self) -> usize {
        self.headers.len().saturating_add(self.size.min(self.data))
    }

    /// Where the transport header begins in each segment.
    #[must_use]
    pub fn transport(&self) -> usize {
        self.transport
    }

    /// Whether it is IPv6 with extension headers.
    #[must_use]
    pub fn is_extended(&self) -> bool {
        self.v6 && self.transport != 40
    }

    /// Where the checksum field is, from the transport header on.
    #[must_use]
    pub fn insert(&self) -> usize {
        if self.protocol == TCP {
            16
        } else {
            6
        }
    }

    /// Whether the transport header is UDP's.
    #[must_use]
    pub fn is_udp(&self) -> bool {
        self.protocol == UDP
    }

    /// The segments, from the first byte of the data to the last.
    pub fn iter(&self) -> impl Iterator<Item = Segment> + '_ {
        let (data, size) = (self.data, self.size.max(1));
        (0..self.count()).filter_map(move |index| {
            let offset = index.checked_mul(size)?;
            let rest = data.checked_sub(offset)?;
            Some(Segment {
                index,
                last: rest <= size,
                offset,
                len: rest.min(size),
            })
        })
    }

    /// Writes a segment's headers into `out`, which is as long as they are, with the pseudo header's sum in the checksum
    /// field. `None`: `out` has another length, or the segment is too long for IP.
    pub fn write_headers(&self, segment: &Segment, out: &mut [u8]) -> Option<()> {
        if out.len() != self.headers.len() {
            return None;
        }
        out.copy_from_slice(self.headers);
        let (network, behind) = out.split_at_mut_checked(self.transport)?;
        let length = behind.len().checked_add(segment.len)?;
        let total = network.len().checked_add(length)?;
        if self.v6 {
            let payload = u16::try_from(total.checked_sub(40)?).ok()?;
            let fixed: &mut [u8; 40] = network.first_chunk_mut()?;
            let [_, _, _, _, l0, l1, ..] = fixed;
            [*l0, *l1] = payload.to_be_bytes();
        } else {
            let fixed: &mut [u8; 20] = network.first_chunk_mut()?;
            let [_, _, l0, l1, i0, i1, _, _, _, _, c0, c1, ..] = fixed;
            let total = u16::try_from(total).ok()?;
            let mut id = u16::from_be_bytes([*i0, *i1]);
            if !self.fixed_id {
                id = id.wrapping_add(segment.index as u16); // CAST: identifications wrap
            }
            let sum = self.network.word(total).word(id).fold();
            [*l0, *l1] = total.to_be_bytes();
            [*i0, *i1] = id.to_be_bytes();
            [*c0, *c1] = (!sum).to_be_bytes();
        }
        let length = u16::try_from(length).ok()?;
        let pseudo = self.pseudo.word(length).fold().to_be_bytes();
        if self.protocol == TCP {
            let fixed: &mut [u8; 20] = behind.first_chunk_mut()?;
            let [_, _, _, _, s0, s1, s2, s3, _, _, _, _, _, flags, _, _, c0, c1, ..] = fixed;
            let sequence = u32::from_be_bytes([*s0, *s1, *s2, *s3]);
            // CAST: sequence numbers wrap.
            let sequence = sequence.wrapping_add(segment.offset as u32);
            [*s0, *s1, *s2, *s3] = sequence.to_be_bytes();
            if !segment.last {
                *flags &= !(FIN | PSH);
            }
            if segment.index > 0 {
                *flags &= !CWR;
            }
            [*c0, *c1] = pseudo;
        } else {
            let fixed: &mut [u8; 8] = behind.first_chunk_mut()?;
            let [_, _, _, _, l0, l1, c0, c1] = fixed;
            [*l0, *l1] = length.to_be_bytes();
            [*c0, *c1] = pseudo;
        }
        Some(())
    }
}

/// Completes the checksum of a packet whose field holds the pseudo header's sum, where the modem does not: `segment` is the
/// transport header with the data, the field at `insert`. `None` if it is too short.
pub fn complete(segment: &mut [u8], insert: usize, udp: bool) -> Option<()> {
    let sum = match !Sum::default().bytes(segment).fold() {
        0 if udp => 0xffff,
        sum => sum,
    };
    put(segment, insert, sum.to_be_bytes())
}

fn put<const N: usize>(bytes: &mut [u8], at: usize, value: [u8; N]) -> Option<()> {
    *bytes.get_mut(at..)?.first_chunk_mut()? = value;
    Some(())
}

// Flags of the TCP header (RFC 9293, 3.1). The first segment alone says that the window was reduced, the last that it ends.
const FIN: u8 = 0x01;
const PSH: u8 = 0x08;
const CWR: u8 = 0x80;
