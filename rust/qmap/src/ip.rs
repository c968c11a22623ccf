// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
//! As much of IP as checksum offload needs: the Internet checksum (RFC 1071) and where TCP and UDP keep theirs.

/// Protocol number of TCP.
pub const TCP: u8 = 6;
/// Protocol number of UDP.
pub const UDP: u8 = 17;

/// A running one's complement sum. Holds packets of up to 64 KiB and their pseudo headers many times over.
#[derive(Clone, Copy, Debug, Default)]
pub struct Sum(u64);

impl Sum {
    /// Adds bytes that begin at an even offset of the summed data.
    #[must_use]
    pub fn bytes(mut self, mut bytes: &[u8]) -> Self {
        while let Some((word, rest)) = bytes.split_first_chunk() {
            self.0 = self.0.wrapping_add(u64::from(u32::from_be_bytes(*word)));
            bytes = rest;
        }
        if let Some((half, rest)) = bytes.split_first_chunk() {
            self = self.word(u16::from_be_bytes(*half));
            bytes = rest;
        }
        if let Some(&last) = bytes.first() {
            self = self.word(u16::from(last) << 8);
        }
        self
    }

    /// Adds one number.
    #[must_use]
    pub fn word(self, value: u16) -> Self {
        Self(self.0.wrapping_add(u64::from(value)))
    }

    /// Takes one number away.
    #[must_use]
    pub fn without(self, value: u16) -> Self {
        self.word(!value)
    }

    /// The sum in 16 bits. 0 and 0xffff are the same number.
    #[must_use]
    pub fn fold(self) -> u16 {
        let mut sum = self.0;
        while let high @ 1.. = sum >> 16 {
            sum = (sum & 0xffff).wrapping_add(high);
        }
        // CAST: the loop left 16 bits.
        sum as u16
    }

    /// Whether the sum is one's complement zero: true over data that contains its own right checksum.
    #[must_use]
    pub fn is_zero(self) -> bool {
        matches!(self.fold(), 0 | 0xffff)
    }
}

/// The Internet checksum of `bytes`: the complement of their sum.
#[must_use]
pub fn checksum(bytes: &[u8]) -> u16 {
    !Sum::default().bytes(bytes).fold()
}

/// An unfragmented TCP or UDP packet, with lengths checked against the bytes that are there.
#[derive(Clone, Copy, Debug)]
pub struct Transport<'a> {
    /// The network header, options included.
    pub network: &'a [u8],
    /// Transport header and data, without bytes behind the length that the IP header states.
    pub segment: &'a [u8],
    /// [`TCP`] or [`UDP`].
    pub protocol: u8,
    /// IPv6, where UDP must have a checksum.
    pub v6: bool,
    addresses: &'a [u8],
}

/// Why a packet has no [`Transport`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Opaque {
    /// A fragment, an extension header, or neither TCP nor UDP.
    Unsupported,
    /// Not IP, lengths that contradict each other, or a wrong IPv4 header checksum.
    Malformed,
}

impl<'a> Transport<'a> {
    /// Looks into an IP packet.
    pub fn parse(packet: &'a [u8]) -> Result<Self, Opaque> {
        let transport = match packet.first().map(|byte| byte >> 4) {
            Some(4) => Self::parse_v4(packet)?,
            Some(6) => Self::parse_v6(packet)?,
            _ => return Err(Opaque::Malformed),
        };
        match transport.field() {
            Some(_) => Ok(transport),
            None => Err(Opaque::Malformed),
        }
    }

    fn parse_v4(packet: &'a [u8]) -> Result<Self, Opaque> {
        let header: &[u8; 20] = packet.first_chunk().ok_or(Opaque::Malformed)?;
        let &[version, _, l0, l1, _, _, f0, f1, _, protocol, ..] = header;
        let total = usize::from(u16::from_be_bytes([l0, l1]));
        let header_len = usize::from(version & 0x0f) << 2;
        let packet = packet.get(..total).ok_or(Opaque::Malformed)?;
        let (network, segment) = packet
            .split_at_checked(header_len)
            .ok_or(Opaque::Malformed)?;
        if header_len < 20 || !Sum::default().bytes(network).is_zero() {
            return Err(Opaque::Malformed);
        }
        // More fragments, or an offset.
        let fragment = u16::from_be_bytes([f0, f1]) & 0x3fff != 0;
        if fragment || !matches!(protocol, TCP | UDP) {
            return Err(Opaque::Unsupported);
        }
        let addresses = network.get(12..20).ok_or(Opaque::Malformed)?;
        Ok(Self {
            network,
            segment,
            protocol,
            v6: false,
            addresses,
        })
    }

    fn parse_v6(packet: &'a [u8]) -> Result<Self, Opaque> {
        let (network, rest) = packet.split_at_checked(40).ok_or(Opaque::Malformed)?;
        let &[_, _, _, _, l0, l1, protocol, _] = network.first_chunk().ok_or(Opaque::Malformed)?;
        if !matches!(protocol, TCP | UDP) {
            return Err(Opaque::Unsupported);
        }
        let length = usize::from(u16::from_be_bytes([l0, l1]));
        let segment = rest.get(..length).ok_or(Opaque::Malformed)?;
        let addresses = network.get(8..40).ok_or(Opaque::Malformed)?;
        Ok(Self {
            network,
            segment,
            protocol,
            v6: true,
            addresses,
        })
    }

    /// Offset of the checksum field in the segment.
    #[must_use]
    pub fn insert(&self) -> usize {
        if self.protocol == TCP {
            16
        } else {
            6
        }
    }

    /// The checksum field; `None` if the segment ends before it.
    #[must_use]
    pub fn field(&self) -> Option<u16> {
        let (_, rest) = self.segment.split_at_checked(self.insert())?;
        rest.first_chunk().map(|bytes| u16::from_be_bytes(*bytes))
    }

    /// The sum of the pseudo header.
    #[must_use]
    pub fn pseudo(&self) -> Sum {
        // CAST: IP lengths are 16 bit.
        Sum::default()
            .bytes(self.addresses)
            .word(u16::from(self.protocol))
            .word(self.segment.len() as u16)
    }

    /// What the checksum field should hold.
    #[must_use]
    pub fn computed(&self) -> u16 {
        let sum = self
            .pseudo()
            .bytes(self.segment)
            .without(self.field().unwrap_or(0));
        match !sum.fold() {
            0 if self.protocol == UDP => 0xffff,
            value => value,
        }
    }

    /// Whether the packet's transport checksum is right. UDP over IPv4 may go without.
    #[must_use]
    pub fn is_valid(&self) -> bool {
        if self.protocol == UDP && self.field() == Some(0) {
            return !self.v6;
        }
        self.pseudo().bytes(self.segment).is_zero()
    }
}
