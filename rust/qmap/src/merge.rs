// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
//! Merging: TCP packets that follow one another become one, the reverse of [`crate::segment`]. What network cards do for
//! Linux as GRO in hardware, by the rules of its GRO (`inet_gro_receive`, `ipv6_gro_receive`, `tcp_gro_receive`): what
//! is merged can be cut into the same packets again.

use crate::ip::{Sum, TCP};

/// A TCP packet, as far as merging looks at it: neither a fragment nor with IP options or extension headers, and the lengths
/// are those of the bytes that are there.
#[derive(Clone, Copy, Debug)]
pub struct Piece<'a> {
    network: Network<'a>,
    tcp: &'a [u8; 20],
    options: &'a [u8],
    /// Bytes of data behind the headers.
    data: usize,
}

/// A network header without options.
#[derive(Clone, Copy, Debug)]
enum Network<'a> {
    V4(&'a [u8; 20]),
    V6(&'a [u8; 40]),
}

impl<'a> Piece<'a> {
    /// Looks at a packet; `None` if it is anything else. The checksum of IPv4 is looked at, that of TCP is the caller's.
    pub fn parse(packet: &'a [u8]) -> Option<Self> {
        let len = u16::try_from(packet.len()).ok()?;
        let (network, behind) = match packet.first()? {
            0x45 => {
                let (header, behind) = packet.split_first_chunk::<20>()?;
                let fragment = u16::from_be_bytes([header[6], header[7]]) & !DONT_FRAGMENT;
                let whole = u16::from_be_bytes([header[2], header[3]]) == len && fragment == 0;
                if !whole || header[9] != TCP || !is_sound(header) {
                    return None;
                }
                (Network::V4(header), behind)
            }
            0x60..=0x6f => {
                let (header, behind) = packet.split_first_chunk::<40>()?;
                let payload = usize::from(u16::from_be_bytes([header[4], header[5]]));
                if payload != behind.len() || header[6] != TCP {
                    return None;
                }
                (Network::V6(header), behind)
            }
            _ => return None,
        };
        let (tcp, behind) = behind.split_first_chunk::<20>()?;
        let options = usize::from(tcp[12] >> 4).wrapping_mul(4).checked_sub(20)?;
        let (options, data) = behind.split_at_checked(options)?;
        Some(Piece {
            network,
            tcp,
            options,
            data: data.len(),
        })
    }

    /// Bytes of headers.
    #[must_use]
    pub fn header_len(&self) -> usize {
        self.transport()
            .saturating_add(20)
            .saturating_add(self.options.len())
    }

    /// Bytes of data.
    #[must_use]
    pub fn data_len(&self) -> usize {
        self.data
    }

    /// A number that packets of one connection have in common.
    #[must_use]
    pub fn flow(&self) -> u32 {
        let addresses = match self.network {
            Network::V4(header) => word(header, 12) ^ word(header, 16),
            Network::V6(header) => word(header, 20) ^ word(header, 36),
        };
        addresses ^ word(self.tcp, 0)
    }

    fn transport(&self) -> usize {
        match self.network {
            Network::V4(_) => 20,
            Network::V6(_) => 40,
        }
    }

    /// Whether both are of one connection.
    fn is_of(&self, other: &Piece<'_>) -> bool {
        word(self.tcp, 0) == word(other.tcp, 0)
            && match (self.network, other.network) {
                (Network::V4(one), Network::V4(other)) => {
                    word(one, 12) == word(other, 12) && word(one, 16) == word(other, 16)
                }
                (Network::V6(one), Network::V6(other)) => (2..10).all(|at| {
                    let at = at * 4;
                    word(one, at) == word(other, at)
                }),
                _ => false,
            }
    }

    /// Whether the headers say the same but for lengths, checksums, identification, sequence number, FIN and PSH.
    fn is_like(&self, other: &Piece<'_>) -> bool {
        let network = match (self.network, other.network) {
            (Network::V4(one), Network::V4(other)) => {
                // Type of service; flags, offset, time to live and protocol.
                one[1] == other[1]
                    && [one[6], one[7], one[8], one[9]] == [other[6], other[7], other[8], other[9]]
            }
            (Network::V6(one), Network::V6(other)) => {
                word(one, 0) == word(other, 0) && one[7] == other[7]
            }
            _ => false,
        };
        let changes = u32::from_be_bytes([0, FIN | PSH, 0, 0]);
        network
            && word(self.tcp, 8) == word(other.tcp, 8)
            && (word(self.tcp, 12) ^ word(other.tcp, 12)) & !changes == 0
            && [self.tcp[18], self.tcp[19]] == [other.tcp[18], other.tcp[19]]
            && same_words(self.options, other.options)
    }

    fn flags(&self) -> u8 {
        self.tcp[13]
    }

    fn sequence(&self) -> u32 {
        word(self.tcp, 4)
    }

    /// The IPv4 identification, and whether it may be without meaning since nobody fragments the packet.
    fn id(&self) -> Option<(u16, bool)> {
        match self.network {
            Network::V4(header) => Some((
                u16::from_be_bytes([header[4], header[5]]),
                u16::from_be_bytes([header[6], header[7]]) & DONT_FRAGMENT != 0,
            )),
            Network::V6(_) => None,
        }
    }
}

/// Packets of one connection on the way to becoming one, whose headers are the first one's.
#[derive(Clone, Copy, Debug)]
pub struct Merge {
    transport: usize,
    /// Bytes of data in each but the last.
    size: usize,
    /// Bytes of data in all.
    data: usize,
    count: u16,
    /// Whether all have the same IPv4 identification; else it counts.
    fixed_id: bool,
    push: bool,
    ended: bool,
}

/// What becomes of a packet that is offered to a merge.
#[derive(Clone, Copy, Debug)]
pub enum Offer {
    /// It has nothing to do with it.
    Other,
    /// It belongs to the connection, but not into this packet.
    Refused,
    /// Its data go on where the merge's end: the merge with them.
    Joined(Merge),
}

impl Merge {
    /// A merge of one packet so far; `None` if no other may follow it.
    #[must_use]
    pub fn start(first: &Piece<'_>) -> Option<Self> {
        let alone = SYN | RST | FIN | URG | CWR | PSH;
        (first.flags() & (alone | ACK) == ACK && first.data > 0).then_some(Merge {
            transport: first.transport(),
            size: first.data,
            data: first.data,
            count: 1,
            fixed_id: false,
            push: false,
            ended: false,
        })
    }

    /// Looks whether a packet follows those of the merge. `headers` are the first one's.
    #[must_use]
    pub fn offer(&self, headers: &[u8], piece: &Piece<'_>) -> Offer {
        let Some(first) = self.first(headers) else {
            return Offer::Other;
        };
        if !piece.is_of(&first) {
            return Offer::Other;
        }
        match self.join(&first, piece) {
            Some(merge) => Offer::Joined(merge),
            None => Offer::Refused,
        }
    }

    fn join(&self, first: &Piece<'_>, piece: &Piece<'_>) -> Option<Merge> {
        let data = self.data.checked_add(piece.data)?;
        // CAST: sequence numbers wrap.
        let follows = piece.sequence() == first.sequence().wrapping_add(self.data as u32);
        let longest = usize::from(u16::MAX).checked_sub(first.header_len())?;
        if self.ended
            || !follows
            || !(1..=self.size).contains(&piece.data)
            || data > longest
            || piece.flags() & (SYN | RST | FIN | URG | CWR) != 0
            || !piece.is_like(first)
        {
            return None;
        }
        let mut fixed_id = self.fixed_id;
        if let (Some((start, atomic)), Some((id, _))) = (first.id(), piece.id()) {
            let distance = id.wrapping_sub(start);
            if self.count == 1 {
                fixed_id = atomic && distance == 0;
            }
            if distance != if fixed_id { 0 } else { self.count } {
                return None;
            }
        }
        let push = piece.flags() & PSH != 0;
        Some(Merge {
            count: self.count.checked_add(1)?,
            data,
            fixed_id,
            push,
            ended: push || piece.data < self.size,
            ..*self
        })
    }

    fn first<'a>(&self, headers: &'a [u8]) -> Option<Piece<'a>> {
        let (network, behind) = headers.split_at_checked(self.transport)?;
        let network = match self.transport {
            20 => Network::V4(network.first_chunk()?),
            _ => Network::V6(network.first_chunk()?),
        };
        let (tcp, options) = behind.split_first_chunk()?;
        Some(Piece {
            network,
            tcp,
            options,
            data: self.size,
        })
    }

    /// Whether no further packet may follow.
    #[must_use]
    pub fn is_ended(&self) -> bool {
        self.ended
    }

    /// How many packets were merged.
    #[must_use]
    pub fn count(&self) -> u16 {
        self.count
    }

    /// Bytes of data in each packet but the last.
    #[must_use]
    pub fn size(&self) -> usize {
        self.size
    }

    /// Where the TCP header begins.
    #[must_use]
    pub fn transport(&self) -> usize {
        self.transport
    }

    /// Whether it is IPv6.
    #[must_use]
    pub fn is_v6(&self) -> bool {
        self.transport == 40
    }

    /// Whether the packets share one IPv4 identification.
    #[must_use]
    pub fn has_fixed_id(&self) -> bool {
        self.fixed_id
    }

    /// Makes the first packet's headers those of all, with the pseudo header's sum in the checksum field, as `CHECKSUM_PARTIAL`
    /// has it. `None`: these are not the headers.
    pub fn write_headers(&self, headers: &mut [u8]) -> Option<()> {
        let total = u16::try_from(headers.len().checked_add(self.data)?).ok()?;
        let (network, tcp) = headers.split_at_mut_checked(self.transport)?;
        let length = total.checked_sub(u16::try_from(self.transport).ok()?)?;
        let addresses = if self.is_v6() {
            let header: &mut [u8; 40] = network.first_chunk_mut()?;
            [header[4], header[5]] = length.to_be_bytes();
            Sum::default().bytes(&header[8..40])
        } else {
            let header: &mut [u8; 20] = network.first_chunk_mut()?;
            [header[2], header[3]] = total.to_be_bytes();
            [header[10], header[11]] = [0, 0];
            [header[10], header[11]] = (!Sum::default().bytes(&header[..]).fold()).to_be_bytes();
            Sum::default().bytes(&header[12..20])
        };
        let tcp: &mut [u8; 20] = tcp.first_chunk_mut()?;
        if self.push {
            tcp[13] |= PSH;
        }
        let pseudo = addresses.word(u16::from(TCP)).word(length).fold();
        [tcp[16], tcp[17]] = pseudo.to_be_bytes();
        Some(())
    }
}

/// The big-endian word at a place in the array; 0 outside of it.
#[inline]
fn word<const N: usize>(bytes: &[u8; N], at: usize) -> u32 {
    match bytes.get(at..).and_then(|rest| rest.first_chunk()) {
        Some(word) => u32::from_be_bytes(*word),
        None => 0,
    }
}

/// Whether the checksum of an IPv4 header without options is right.
fn is_sound(header: &[u8; 20]) -> bool {
    let sum = (0..5).fold(0_u64, |sum, at| {
        sum.wrapping_add(word(header, at * 4).into())
    });
    let sum = (sum & 0xffff_ffff).wrapping_add(sum >> 32);
    let sum = (sum & 0xffff).wrapping_add(sum >> 16);
    (sum & 0xffff).wrapping_add(sum >> 16) == 0xffff
}

/// Whether both are the same, word by word: options are whole words.
fn same_words(mut one: &[u8], mut other: &[u8]) -> bool {
    while let (Some((a, rest)), Some((b, behind))) =
        (one.split_first_chunk::<4>(), other.split_first_chunk::<4>())
    {
        if a != b {
            return false;
        }
        (one, other) = (rest, behind);
    }
    one.is_empty() && other.is_empty()
}

/// IPv4's flag that forbids fragments, in the word that it shares with their offset.
const DONT_FRAGMENT: u16 = 0x4000;

// Flags of the TCP header (RFC 9293, 3.1).
const FIN: u8 = 0x01;
const SYN: u8 = 0x02;
const RST: u8 = 0x04;
const PSH: u8 = 0x08;
const ACK: u8 = 0x10;
const URG: u8 = 0x20;
const CWR: u8 = 0x80;
