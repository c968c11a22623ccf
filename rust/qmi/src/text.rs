// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
//! Strings from the modem: bytes that ought to be UTF-8 and often are not, shown without trusting them.

use core::fmt;

use crate::{Cursor, Error, Value, Writer};

/// A string that fills the rest of its TLV.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
pub struct Text<'a>(pub &'a [u8]);

/// A string with an 8-bit length.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
pub struct Text8<'a>(pub &'a [u8]);

impl<'a> Value<'a> for Text<'a> {
    fn read(at: &mut Cursor<'a>) -> Result<Self, Error> {
        Ok(Text(at.rest()))
    }

    fn write(&self, to: &mut Writer<'_>) {
        to.bytes(self.0);
    }
}

impl<'a> Value<'a> for Text8<'a> {
    fn read(at: &mut Cursor<'a>) -> Result<Self, Error> {
        let length = at.u8()?;
        at.bytes(usize::from(length)).map(Text8)
    }

    fn write(&self, to: &mut Writer<'_>) {
        match u8::try_from(self.0.len()) {
            Ok(length) => to.u8(length),
            Err(_) => to.fail(),
        }
        to.bytes(self.0);
    }
}

macro_rules! shown {
    ($name:ident) => {
        impl PartialEq<str> for $name<'_> {
            fn eq(&self, other: &str) -> bool {
                self.0 == other.as_bytes()
            }
        }

        impl PartialEq<&str> for $name<'_> {
            fn eq(&self, other: &&str) -> bool {
                self.0 == other.as_bytes()
            }
        }

        impl<'a> From<&'a str> for $name<'a> {
            fn from(text: &'a str) -> Self {
                $name(text.as_bytes())
            }
        }

        /// Without NULs and blanks at its end. Control characters and bytes that are not UTF-8 become U+FFFD: what a modem
        /// sends reaches terminals and logs.
        impl fmt::Display for $name<'_> {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                show(self.0, f)
            }
        }

        impl fmt::Debug for $name<'_> {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("\"")?;
                show(self.0, f)?;
                f.write_str("\"")
            }
        }
    };
}

shown!(Text);
shown!(Text8);

fn show(bytes: &[u8], f: &mut fmt::Formatter<'_>) -> fmt::Result {
    use fmt::Write;
    // Some modems end their strings with NUL, some with blanks.
    let blank = |byte: &u8| matches!(byte, 0 | b' ' | b'\t' | b'\r' | b'\n');
    let mut rest = bytes;
    while let Some((last, before)) = rest.split_last() {
        if !blank(last) {
            break;
        }
        rest = before;
    }
    while let Some((c, after)) = first_char(rest) {
        f.write_char(c)?;
        rest = after;
    }
    Ok(())
}

/// Decodes the first character (RFC 3629). A byte that begins none is U+FFFD by itself.
// `core::str` is not used: its functions are not free of panic paths under kernel flags.
fn first_char(bytes: &[u8]) -> Option<(char, &[u8])> {
    let (&first, rest) = bytes.split_first()?;
    // Number of continuation bytes, bits of the first byte, least code point of that length.
    let (more, bits, least) = match first {
        0x00..=0x7f => (0, first, 0),
        0xc0..=0xdf => (1, first & 0x1f, 0x80),
        0xe0..=0xef => (2, first & 0x0f, 0x800),
        0xf0..=0xf7 => (3, first & 0x07, 0x1_0000),
        _ => return Some((char::REPLACEMENT_CHARACTER, rest)),
    };
    let decoded = rest.split_at_checked(more).and_then(|(tail, after)| {
        let code = tail.iter().try_fold(u32::from(bits), |code, &byte| {
            (byte & 0xc0 == 0x80).then_some((code << 6) | u32::from(byte & 0x3f))
        })?;
        let c = char::from_u32(code).filter(|_| code >= least)?;
        Some((c, after))
    });
    Some(match decoded {
        Some((c, after)) if !c.is_control() => (c, after),
        Some((_, after)) => (char::REPLACEMENT_CHARACTER, after),
        None => (char::REPLACEMENT_CHARACTER, rest),
    })
}
