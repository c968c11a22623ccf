// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
//! NTB16: a transfer begins with a header (NTH16), which points to tables (NDP16), each of one session, whose entries point
//! to the packets.

use crate::{aligned, half, word};

/// Bytes of the header.
pub const HEADER: usize = 12;
/// Bytes of a table without its entries.
const TABLE: usize = 8;
/// Bytes of an entry; one of zeros closes the table.
const ENTRY: usize = 4;
/// `NCMH`.
const SIGNATURE: u32 = 0x484d_434e;
/// `IPS` and the session id.
const IP_STREAM: u32 = 0x0053_5049;

/// What is wrong with a block.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Malformed {
    /// Fewer bytes than a header.
    TruncatedHeader,
    /// The header does not begin with `NCMH` and its own length.
    Signature,
    /// The block is longer than the transfer, or shorter than its header.
    BlockLength,
    /// A table is not aligned to four bytes, not within the block, or before the end of the one that points to it. Ends the block.
    TablePlace,
    /// A table's length is odd, too short or beyond the block. Ends the block.
    TableLength,
    /// A table of something else than IP packets; the next one is read.
    NotIp,
    /// An entry points out of the block or into its header; the next one is read.
    Datagram,
}

/// A packet and its session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Datagram<'a> {
    /// Session.
    pub session: u8,
    /// The IP packet, which is not looked at; never empty.
    pub packet: &'a [u8],
}

/// Iterator over the packets of one block. A table lies behind the one that points to it, so there are at most as many steps as words.
#[derive(Clone, Debug)]
pub struct Datagrams<'a> {
    block: &'a [u8],
    sequence: u16,
    session: u8,
    /// Entries left of the table that is being read.
    entries: &'a [u8],
    /// Where the next table must not begin before.
    floor: usize,
    /// Where the next table is; 0 for none.
    next: usize,
}

impl<'a> Datagrams<'a> {
    /// Reads the header of `transfer`.
    ///
    /// # Errors
    ///
    /// It is none.
    pub fn new(transfer: &'a [u8]) -> Result<Self, Malformed> {
        let header: &[u8; HEADER] = transfer.first_chunk().ok_or(Malformed::TruncatedHeader)?;
        let [s0, s1, s2, s3, h0, h1, q0, q1, l0, l1, n0, n1] = *header;
        if u32::from_le_bytes([s0, s1, s2, s3]) != SIGNATURE
            || usize::from(u16::from_le_bytes([h0, h1])) != HEADER
        {
            return Err(Malformed::Signature);
        }
        // A length of 0 says that the transfer's end is the block's.
        let block = match usize::from(u16::from_le_bytes([l0, l1])) {
            0 => transfer,
            length => transfer.get(..length).ok_or(Malformed::BlockLength)?,
        };
        if block.len() < HEADER {
            return Err(Malformed::BlockLength);
        }
        Ok(Self {
            block,
            sequence: u16::from_le_bytes([q0, q1]),
            session: 0,
            entries: &[],
            floor: HEADER,
            next: usize::from(u16::from_le_bytes([n0, n1])),
        })
    }

    /// The block's number, which counts transfers.
    pub fn sequence(&self) -> u16 {
        self.sequence
    }

    /// The next table becomes the one that is read.
    fn table(&mut self) -> Result<(), Malformed> {
        let at = core::mem::take(&mut self.next);
        if at < self.floor || at % 4 != 0 {
            return Err(Malformed::TablePlace);
        }
        let fields = (
            word(self.block, at),
            at.checked_add(4).and_then(|at| half(self.block, at)),
            at.checked_add(6).and_then(|at| half(self.block, at)),
        );
        let (Some(signature), Some(length), Some(next)) = fields else {
            return Err(Malformed::TablePlace);
        };
        let length = usize::from(length);
        let end = at.checked_add(length).ok_or(Malformed::TableLength)?;
        let table = self.block.get(at..end).ok_or(Malformed::TableLength)?;
        // One entry and the closing one at least.
        if length < TABLE + 2 * ENTRY || length % ENTRY != 0 {
            return Err(Malformed::TableLength);
        }
        self.floor = end;
        self.next = usize::from(next);
        let [i, p, s, session] = signature.to_le_bytes();
        if u32::from_le_bytes([i, p, s, 0]) != IP_STREAM {
            return Err(Malformed::NotIp);
        }
        self.session = session;
        self.entries = table.get(TABLE..).unwrap_or_default();
        Ok(())
    }
}

impl<'a> Iterator for Datagrams<'a> {
    type Item = Result<Datagram<'a>, Malformed>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            let Some((&[i0, i1, l0, l1], rest)) = self.entries.split_first_chunk::<ENTRY>() else {
                if self.next == 0 {
                    return None;
                }
                match self.table() {
                    Ok(()) => continue,
                    Err(malformed) => return Some(Err(malformed)),
                }
            };
            let index = usize::from(u16::from_le_bytes([i0, i1]));
            let length = usize::from(u16::from_le_bytes([l0, l1]));
            if index == 0 || length == 0 {
                self.entries = &[];
                continue;
            }
            self.entries = rest;
            let packet = match index.checked_add(length) {
                Some(end) if index >= HEADER => self.block.get(index..end),
                _ => None,
            };
            return Some(match packet {
                Some(packet) => Ok(Datagram {
                    session: self.session,
                    packet,
                }),
                None => Err(Malformed::Datagram),
            });
        }
    }
}

impl core::iter::FusedIterator for Datagrams<'_> {}

/// Bytes that a packet adds to a block; `opens_table`: it is its session's first.
pub fn cost(opens_table: bool, length: usize) -> Option<usize> {
    let table = if opens_table { TABLE + ENTRY } else { 0 };
    aligned(length)?.checked_add(ENTRY)?.checked_add(table)
}

/// Writes one block and returns its length. Packets of one session stand next to each other in `packets` and share a table.
///
/// `None`: no packet, an empty one, more than 16 bits can tell, or `out` is too small.
pub fn write(out: &mut [u8], sequence: u16, packets: &[(u8, &[u8])]) -> Option<usize> {
    let tables = |packets: &[(u8, &[u8])]| {
        packets
            .chunk_by(|(one, _), (two, _)| one == two)
            .try_fold(0usize, |sum, run| sum.checked_add(table_length(run.len())?))
    };
    let mut data = HEADER.checked_add(tables(packets)?)?;
    let mut table = HEADER;
    if packets.is_empty() {
        return None;
    }
    for run in packets.chunk_by(|(one, _), (two, _)| one == two) {
        let (session, _) = run.first()?;
        let length = table_length(run.len())?;
        let end = table.checked_add(length)?;
        let [i, p, s, _] = IP_STREAM.to_le_bytes();
        put(out, table, &[i, p, s, *session])?;
        put(
            out,
            table.checked_add(4)?,
            &u16::try_from(length).ok()?.to_le_bytes(),
        )?;
        let mut entry = table.checked_add(TABLE)?;
        for (_, packet) in run {
            let index = u16::try_from(data).ok()?;
            let length = u16::try_from(packet.len())
                .ok()
                .filter(|&length| length > 0)?;
            put(out, entry, &index.to_le_bytes())?;
            put(out, entry.checked_add(2)?, &length.to_le_bytes())?;
            put(out, data, packet)?;
            let behind = data.checked_add(packet.len())?;
            data = aligned(behind)?;
            out.get_mut(behind..data)?.fill(0);
            entry = entry.checked_add(ENTRY)?;
        }
        put(out, entry, &[0; ENTRY])?;
        let last = end == HEADER.checked_add(tables(packets)?)?;
        let next = if last { 0 } else { u16::try_from(end).ok()? };
        put(out, table.checked_add(6)?, &next.to_le_bytes())?;
        table = end;
    }
    put(out, 0, &SIGNATURE.to_le_bytes())?;
    put(out, 4, &(HEADER as u16).to_le_bytes())?;
    put(out, 6, &sequence.to_le_bytes())?;
    put(out, 8, &u16::try_from(data).ok()?.to_le_bytes())?;
    put(out, 10, &(HEADER as u16).to_le_bytes())?;
    Some(data)
}

fn table_length(entries: usize) -> Option<usize> {
    entries
        .checked_add(1)?
        .checked_mul(ENTRY)?
        .checked_add(TABLE)
}

fn put(out: &mut [u8], at: usize, bytes: &[u8]) -> Option<()> {
    let end = at.checked_add(bytes.len())?;
    out.get_mut(at..end)?.copy_from_slice(bytes);
    Some(())
}
