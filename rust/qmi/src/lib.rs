// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
//! QMI, the control protocol of Qualcomm modems: QMUX frames, messages of TLVs, and the typed messages that a data session needs.
//!
//! Both ends use it: `mhictl` emits requests and parses replies, the emulated modem does the reverse. From the outside in:
//! [`qmux`] finds frames in bytes, [`message`] splits one into TLVs, [`builder`] writes one, [`body`] ties TLVs to Rust types,
//! and one module per service holds its messages as data.
#![no_std]
#![forbid(unsafe_code)]

#[macro_use]
mod macros;

pub mod body;
pub mod builder;
pub mod cursor;
pub mod decode;
pub mod list;
pub mod message;
pub mod qmux;
pub mod reason;
pub mod result;
pub mod service;
pub mod text;

pub mod ctl;
pub mod dms;
pub mod dsd;
pub mod nas;
pub mod uim;
pub mod wda;
pub mod wds;

pub use body::{Body, Indication, Request, Value};
pub use builder::{Builder, Writer};
pub use cursor::Cursor;
pub use decode::Decoded;
pub use list::{List16, List8};
pub use message::{Kind, Message, Tlv, Tlvs};
pub use qmux::{next_frame, Frame, Step};
pub use reason::{reject_words, CallEnd, Verbose};
pub use result::ErrorCode;
pub use text::{Text, Text8};

/// Why bytes are not the QMI that they should be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Error {
    /// The frame goes on: this many bytes are needed in all.
    Incomplete(usize),
    /// The first byte is not the QMUX marker 0x01.
    BadMarker,
    /// A frame's outer and inner lengths contradict each other or a limit.
    BadLength,
    /// Message flags other than request, response or indication.
    BadKind(u8),
    /// A TLV reaches beyond its message.
    BadTlvLength(u8),
    /// A mandatory TLV is missing.
    Missing(u8),
    /// A TLV is shorter than its type.
    ShortTlv(u8),
    /// A value is cut short.
    Truncated,
    /// The caller's buffer is too small for the message, or a value for its length field.
    NoSpace,
}

impl core::fmt::Display for Error {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        match self {
            Error::Incomplete(needed) => write!(f, "incomplete frame, {needed} bytes needed"),
            Error::BadMarker => f.write_str("no QMUX marker"),
            Error::BadLength => f.write_str("lengths contradict each other"),
            Error::BadKind(flags) => write!(f, "unknown message flags {flags:#04x}"),
            Error::BadTlvLength(tlv) => write!(f, "TLV {tlv:#04x} reaches beyond its message"),
            Error::Missing(tlv) => write!(f, "TLV {tlv:#04x} is missing"),
            Error::ShortTlv(tlv) => write!(f, "TLV {tlv:#04x} is too short"),
            Error::Truncated => f.write_str("value cut short"),
            Error::NoSpace => f.write_str("message does not fit"),
        }
    }
}

impl core::error::Error for Error {}
