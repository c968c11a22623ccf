// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
//! Information buffers: fields of fixed length, then what they point to by offset and length, each aligned to four bytes.

use crate::{aligned, word};

/// Reads an information buffer, or one element of it: offsets count from its beginning.
#[derive(Clone, Copy, Debug)]
pub struct Reader<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Reader<'a> {
    /// Begins at its front.
    pub fn new(bytes: &'a [u8]) -> Self {
        Self { bytes, at: 0 }
    }

    /// The next word; `None` at the end.
    pub fn u32(&mut self) -> Option<u32> {
        let value = word(self.bytes, self.at)?;
        self.at = self.at.checked_add(4)?;
        Some(value)
    }

    /// The next bytes; `None` if fewer are left.
    pub fn array<const N: usize>(&mut self) -> Option<[u8; N]> {
        let value = *self.bytes.get(self.at..)?.first_chunk()?;
        self.at = self.at.checked_add(N)?;
        Some(value)
    }

    /// What the next two words point to; `None` if that is not in the buffer.
    pub fn pointed(&mut self) -> Option<&'a [u8]> {
        let offset = usize::try_from(self.u32()?).ok()?;
        let length = usize::try_from(self.u32()?).ok()?;
        if length == 0 {
            return Some(&[]);
        }
        self.bytes.get(offset..offset.checked_add(length)?)
    }

    /// The string (UTF-16) that the next two words point to; `None` if it is not in the buffer or of odd length.
    pub fn string(&mut self) -> Option<Text<'a>> {
        let bytes = self.pointed()?;
        (bytes.len() % 2 == 0).then_some(Text(bytes))
    }
}

/// UTF-16, little endian.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Text<'a>(&'a [u8]);

impl<'a> Text<'a> {
    /// Its characters; what is none becomes U+FFFD.
    pub fn chars(self) -> impl Iterator<Item = char> + 'a {
        let units = self.0.chunks_exact(2).map(|pair| match *pair {
            [low, high] => u16::from_le_bytes([low, high]),
            _ => 0,
        });
        char::decode_utf16(units).map(|unit| unit.unwrap_or(char::REPLACEMENT_CHARACTER))
    }
}

/// Writes an information buffer into the caller's.
#[derive(Debug)]
pub struct Writer<'a> {
    out: &'a mut [u8],
    /// Where the next field goes, and where fields end.
    at: usize,
    fields: usize,
    /// Where what is pointed to goes.
    end: usize,
    failed: bool,
}

impl<'a> Writer<'a> {
    /// A buffer whose fields have so many bytes.
    pub fn new(out: &'a mut [u8], fields: usize) -> Self {
        Self {
            failed: out.len() < fields,
            out,
            at: 0,
            fields,
            end: fields,
        }
    }

    /// A word.
    pub fn u32(&mut self, value: u32) -> &mut Self {
        self.field(&value.to_le_bytes())
    }

    /// Two words.
    pub fn u64(&mut self, value: u64) -> &mut Self {
        self.field(&value.to_le_bytes())
    }

    /// Bytes in place.
    pub fn field(&mut self, bytes: &[u8]) -> &mut Self {
        let end = self
            .at
            .checked_add(bytes.len())
            .filter(|&end| end <= self.fields);
        match end.and_then(|end| self.out.get_mut(self.at..end).zip(Some(end))) {
            Some((room, end)) => {
                room.copy_from_slice(bytes);
                self.at = end;
            }
            None => self.failed = true,
        }
        self
    }

    /// Offset and length of bytes behind the fields; zeros for none.
    pub fn pointer(&mut self, bytes: &[u8]) -> &mut Self {
        if bytes.is_empty() {
            return self.u32(0).u32(0);
        }
        let offset = self.append(bytes.iter().copied());
        self.u32(offset).u32(bytes.len() as u32)
    }

    /// Offset and length of a string behind the fields.
    pub fn string(&mut self, text: &str) -> &mut Self {
        if text.is_empty() {
            return self.u32(0).u32(0);
        }
        let length = text.encode_utf16().count().saturating_mul(2);
        let offset = self.append(text.encode_utf16().flat_map(u16::to_le_bytes));
        self.u32(offset).u32(length as u32)
    }

    /// The offset of bytes behind the fields, without their length; 0 for none.
    pub fn offset(&mut self, bytes: &[u8]) -> &mut Self {
        let offset = if bytes.is_empty() {
            0
        } else {
            self.append(bytes.iter().copied())
        };
        self.u32(offset)
    }

    fn append(&mut self, bytes: impl Iterator<Item = u8>) -> u32 {
        let start = self.end;
        for byte in bytes {
            match self.out.get_mut(self.end) {
                Some(to) => {
                    *to = byte;
                    self.end = self.end.saturating_add(1);
                }
                None => self.failed = true,
            }
        }
        match aligned(self.end) {
            Some(end) if end <= self.out.len() => {
                if let Some(pad) = self.out.get_mut(self.end..end) {
                    pad.fill(0);
                }
                self.end = end;
            }
            _ => self.failed = true,
        }
        u32::try_from(start).unwrap_or(0)
    }

    /// Its length. `None`: something did not fit, or a field was forgotten.
    pub fn finish(&self) -> Option<usize> {
        (!self.failed && self.at == self.fields).then_some(self.end)
    }
}
