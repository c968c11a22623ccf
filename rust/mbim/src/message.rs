// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
//! Control messages: a header, in some of them fragment numbers, and a command or its answer, which may be spread over fragments.

use crate::{word, Uuid};

/// Bytes of a header.
pub const HEADER: usize = 12;
/// Bytes of a header with fragment numbers.
pub const FRAGMENT: usize = 20;
/// Bytes of a command or an answer before its information buffer, over all fragments.
pub const COMMAND: usize = 28;
/// Bytes of an indication before its information buffer.
pub const INDICATION: usize = 24;

/// Kinds of messages.
pub mod kind {
    #![expect(missing_docs, reason = "the specification's names")]
    pub const OPEN: u32 = 1;
    pub const CLOSE: u32 = 2;
    pub const COMMAND: u32 = 3;
    pub const HOST_ERROR: u32 = 4;
    pub const OPEN_DONE: u32 = 0x8000_0001;
    pub const CLOSE_DONE: u32 = 0x8000_0002;
    pub const COMMAND_DONE: u32 = 0x8000_0003;
    pub const FUNCTION_ERROR: u32 = 0x8000_0004;
    pub const INDICATE_STATUS: u32 = 0x8000_0007;
}

/// What is wrong with a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Malformed {
    /// Fewer bytes than its kind takes.
    Truncated,
    /// The length that it states is not the one that it has.
    Length,
    /// Fragment numbers contradict each other.
    Fragment,
}

/// What every message begins with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Header {
    /// Kind: see [`kind`].
    pub kind: u32,
    /// Transaction.
    pub transaction: u32,
}

impl Header {
    /// Takes a message apart: header, and what follows it.
    ///
    /// # Errors
    ///
    /// It is too short, or not as long as it says.
    pub fn parse(message: &[u8]) -> Result<(Self, &[u8]), Malformed> {
        let (head, rest) = message
            .split_first_chunk::<HEADER>()
            .ok_or(Malformed::Truncated)?;
        let [k0, k1, k2, k3, l0, l1, l2, l3, t0, t1, t2, t3] = *head;
        if usize::try_from(u32::from_le_bytes([l0, l1, l2, l3])) != Ok(message.len()) {
            return Err(Malformed::Length);
        }
        let header = Self {
            kind: u32::from_le_bytes([k0, k1, k2, k3]),
            transaction: u32::from_le_bytes([t0, t1, t2, t3]),
        };
        Ok((header, rest))
    }

    /// The bytes of a message's header whose rest has `length`.
    pub fn bytes(&self, length: usize) -> Option<[u8; HEADER]> {
        let length = u32::try_from(length.checked_add(HEADER)?).ok()?;
        let mut bytes = [0; HEADER];
        let fields = [self.kind, length, self.transaction];
        for (to, field) in bytes.chunks_exact_mut(4).zip(fields) {
            to.copy_from_slice(&field.to_le_bytes());
        }
        Some(bytes)
    }
}

/// Which part of a message it is: `current` of `total`, from 0 on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fragment {
    /// How many there are.
    pub total: u32,
    /// Which it is.
    pub current: u32,
}

impl Fragment {
    /// Takes the part of a message behind its header apart.
    ///
    /// # Errors
    ///
    /// It is too short, or the numbers are impossible.
    pub fn parse(rest: &[u8]) -> Result<(Self, &[u8]), Malformed> {
        let (head, rest) = rest.split_first_chunk::<8>().ok_or(Malformed::Truncated)?;
        let [t0, t1, t2, t3, c0, c1, c2, c3] = *head;
        let fragment = Self {
            total: u32::from_le_bytes([t0, t1, t2, t3]),
            current: u32::from_le_bytes([c0, c1, c2, c3]),
        };
        if fragment.current < fragment.total {
            Ok((fragment, rest))
        } else {
            Err(Malformed::Fragment)
        }
    }

    /// Its bytes.
    pub fn bytes(&self) -> [u8; 8] {
        let [t0, t1, t2, t3] = self.total.to_le_bytes();
        let [c0, c1, c2, c3] = self.current.to_le_bytes();
        [t0, t1, t2, t3, c0, c1, c2, c3]
    }
}

/// The fragments of a message that is too long for one transfer: iterator over each one's numbers and bytes.
#[derive(Clone, Debug)]
pub struct Fragments<'a> {
    rest: &'a [u8],
    most: usize,
    next: Fragment,
}

impl<'a> Fragments<'a> {
    /// Cuts `message`, without headers, for transfers of at most `transfer` bytes; at least one fragment. `None`: nothing fits.
    pub fn new(message: &'a [u8], transfer: usize) -> Option<Self> {
        let most = transfer.checked_sub(FRAGMENT).filter(|&most| most > 0)?;
        let total = u32::try_from(message.len().div_ceil(most).max(1)).ok()?;
        let next = Fragment { total, current: 0 };
        Some(Self {
            rest: message,
            most,
            next,
        })
    }
}

impl<'a> Iterator for Fragments<'a> {
    type Item = (Fragment, &'a [u8]);

    fn next(&mut self) -> Option<Self::Item> {
        let fragment = self.next;
        if fragment.current >= fragment.total {
            return None;
        }
        self.next.current = fragment.current.checked_add(1)?;
        let (bytes, rest) = self
            .rest
            .split_at_checked(self.most)
            .unwrap_or((self.rest, &[]));
        self.rest = rest;
        Some((fragment, bytes))
    }
}

/// A command, its fragments put together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Command<'a> {
    /// Service.
    pub service: Uuid,
    /// Command id.
    pub cid: u32,
    /// Whether it sets something; else it asks.
    pub set: bool,
    /// Information buffer.
    pub info: &'a [u8],
}

impl<'a> Command<'a> {
    /// Reads a command without headers.
    ///
    /// # Errors
    ///
    /// It is too short, or the information buffer is not as long as it says.
    pub fn parse(bytes: &'a [u8]) -> Result<Self, Malformed> {
        let (head, info) = bytes
            .split_first_chunk::<COMMAND>()
            .ok_or(Malformed::Truncated)?;
        let (service, _) = head.split_first_chunk::<16>().ok_or(Malformed::Truncated)?;
        let field = |at| word(head, at).ok_or(Malformed::Truncated);
        if usize::try_from(field(24)?) != Ok(info.len()) {
            return Err(Malformed::Length);
        }
        Ok(Self {
            service: Uuid(*service),
            cid: field(16)?,
            set: field(20)? != 0,
            info,
        })
    }
}

/// What an answer (COMMAND_DONE) has before its information buffer.
pub fn done(service: Uuid, cid: u32, status: u32, info: usize) -> Option<[u8; COMMAND]> {
    fields(service, [cid, status, u32::try_from(info).ok()?])
}

/// What an indication (INDICATE_STATUS) has before its information buffer.
pub fn indication(service: Uuid, cid: u32, info: usize) -> Option<[u8; INDICATION]> {
    fields(service, [cid, u32::try_from(info).ok()?])
}

fn fields<const N: usize, const M: usize>(service: Uuid, words: [u32; N]) -> Option<[u8; M]> {
    let mut bytes = [0; M];
    let (head, rest) = bytes.split_first_chunk_mut::<16>()?;
    *head = service.0;
    for (to, word) in rest.chunks_exact_mut(4).zip(words) {
        to.copy_from_slice(&word.to_le_bytes());
    }
    Some(bytes)
}
