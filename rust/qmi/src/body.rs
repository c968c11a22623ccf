// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
//! What ties wire and Rust types together: values inside TLVs, bodies of TLVs, and which reply answers which request.

use core::net::{Ipv4Addr, Ipv6Addr};

use crate::decode::Field;
use crate::{Builder, Cursor, Error, Tlvs, Writer};

/// A value inside a TLV.
pub trait Value<'a>: Sized {
    /// Takes the value off the front of `at`.
    ///
    /// # Errors
    ///
    /// [`Error::Truncated`] if there are too few bytes.
    fn read(at: &mut Cursor<'a>) -> Result<Self, Error>;

    /// Appends the value.
    fn write(&self, to: &mut Writer<'_>);
}

/// The TLVs of one message.
pub trait Body<'a>: Sized + 'a {
    /// The TLVs by number, for those who show messages.
    const FIELDS: &'a [Field<'a>];

    /// Picks the body's TLVs out of a message; others are ignored.
    ///
    /// # Errors
    ///
    /// [`Error::Missing`] and [`Error::ShortTlv`] name the TLV.
    fn parse(tlvs: Tlvs<'a>) -> Result<Self, Error>;

    /// Appends the body's TLVs to a message.
    fn emit<'b>(&self, to: Builder<'b>) -> Builder<'b>;
}

/// A request: where it goes and what answers it.
pub trait Request {
    /// The service that takes it.
    const SERVICE: u8;
    /// Message id.
    const ID: u16;
    /// What a successful response carries beside its verdict.
    type Reply<'a>: Body<'a>;
}

/// An indication: where it comes from.
pub trait Indication {
    /// The service that sends it.
    const SERVICE: u8;
    /// Message id.
    const ID: u16;
}

/// No TLVs.
impl<'a> Body<'a> for () {
    const FIELDS: &'a [Field<'a>] = &[];

    fn parse(_: Tlvs<'a>) -> Result<Self, Error> {
        Ok(())
    }

    fn emit<'b>(&self, to: Builder<'b>) -> Builder<'b> {
        to
    }
}

macro_rules! number {
    ($($name:ident)*) => {$(
        impl<'a> Value<'a> for $name {
            fn read(at: &mut Cursor<'a>) -> Result<Self, Error> {
                at.array().map($name::from_le_bytes)
            }

            fn write(&self, to: &mut Writer<'_>) {
                to.bytes(&self.to_le_bytes());
            }
        }
    )*};
}

number!(u8 u16 u32 u64 i8 i16 i32);

/// One byte; all but 0 is true.
impl<'a> Value<'a> for bool {
    fn read(at: &mut Cursor<'a>) -> Result<Self, Error> {
        at.u8().map(|byte| byte != 0)
    }

    fn write(&self, to: &mut Writer<'_>) {
        to.u8(u8::from(*self));
    }
}

/// QMI sends IPv4 addresses as little-endian numbers: 10.0.0.1 is 01 00 00 0a.
impl<'a> Value<'a> for Ipv4Addr {
    fn read(at: &mut Cursor<'a>) -> Result<Self, Error> {
        at.u32().map(Ipv4Addr::from)
    }

    fn write(&self, to: &mut Writer<'_>) {
        to.u32(u32::from(*self));
    }
}

/// IPv6 addresses are in network order.
impl<'a> Value<'a> for Ipv6Addr {
    fn read(at: &mut Cursor<'a>) -> Result<Self, Error> {
        at.array::<16>().map(Ipv6Addr::from)
    }

    fn write(&self, to: &mut Writer<'_>) {
        to.bytes(&self.octets());
    }
}

impl<'a, const N: usize> Value<'a> for [u8; N] {
    fn read(at: &mut Cursor<'a>) -> Result<Self, Error> {
        at.array()
    }

    fn write(&self, to: &mut Writer<'_>) {
        to.bytes(self);
    }
}
