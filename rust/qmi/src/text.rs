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
        impl<'a> $name<'a> {
            /// The string, if it is UTF-8.
            pub fn as_str(&self) -> Option<&'a str> {
                core::str::from_utf8(self.0).ok()
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
    let last = bytes
        .iter()
        .rposition(|byte| !matches!(byte, 0 | b' ' | b'\t' | b'\r' | b'\n'));
    let length = last.map_or(0, |last| last.saturating_add(1));
    for chunk in bytes.get(..length).unwrap_or_default().utf8_chunks() {
        for c in chunk.valid().chars() {
            f.write_char(if c.is_control() {
                char::REPLACEMENT_CHARACTER
            } else {
                c
            })?;
        }
        if !chunk.invalid().is_empty() {
            f.write_char(char::REPLACEMENT_CHARACTER)?;
        }
    }
    Ok(())
}
