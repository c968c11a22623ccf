// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
//! A service's message and its TLVs, split once and then known to be well-formed.

use crate::{result, service, Body, Cursor, Error, ErrorCode, Frame, Indication, Value};

/// What a message is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// From host to modem.
    Request,
    /// The modem's answer with the request's transaction id.
    Response,
    /// From the modem unasked.
    Indication,
}

/// A message, its TLVs checked to fill it exactly.
#[derive(Debug, Clone, Copy)]
pub struct Message<'a> {
    /// Service number, see [`service`].
    pub service: u8,
    /// Client id.
    pub client: u8,
    /// Request, response or indication.
    pub kind: Kind,
    /// Ties a response to its request; 8 bits wide in the control service.
    pub transaction: u16,
    /// Message id, e.g. 0x0020.
    pub id: u16,
    /// The TLVs.
    pub tlvs: Tlvs<'a>,
}

impl<'a> Message<'a> {
    /// Splits a frame's message.
    ///
    /// # Errors
    ///
    /// [`Error::BadKind`], [`Error::BadTlvLength`] and [`Error::Truncated`], as their names say.
    pub fn parse(frame: &Frame<'a>) -> Result<Self, Error> {
        let mut at = Cursor::new(frame.sdu);
        let flags = at.u8()?;
        let (kind, transaction) = if frame.service == service::CTL {
            let kind = match flags {
                0 => Kind::Request,
                1 => Kind::Response,
                2 => Kind::Indication,
                _ => return Err(Error::BadKind(flags)),
            };
            (kind, u16::from(at.u8()?))
        } else {
            let kind = match flags {
                0 => Kind::Request,
                2 => Kind::Response,
                4 => Kind::Indication,
                _ => return Err(Error::BadKind(flags)),
            };
            (kind, at.u16()?)
        };
        let id = at.u16()?;
        let length = at.u16()?;
        let tlvs = Tlvs::new(at.bytes(usize::from(length))?)?;
        Ok(Message {
            service: frame.service,
            client: frame.client,
            kind,
            transaction,
            id,
            tlvs,
        })
    }

    /// A response's verdict, TLV 0x02.
    ///
    /// # Errors
    ///
    /// The outer error says that there is none or that it is cut short, the inner one that the modem refused, and why.
    pub fn verdict(&self) -> Result<Result<(), ErrorCode>, Error> {
        let verdict: result::Verdict = self.tlvs.must(result::TLV)?;
        Ok(verdict.outcome())
    }

    /// The TLVs as a typed body.
    ///
    /// # Errors
    ///
    /// [`Error::Missing`] and [`Error::ShortTlv`], as [`Body::parse`].
    pub fn body<B: Body<'a>>(&self) -> Result<B, Error> {
        B::parse(self.tlvs)
    }

    /// The TLVs as the indication `I`, if this message is one.
    pub fn indication<I: Indication + Body<'a>>(&self) -> Option<Result<I, Error>> {
        (self.kind == Kind::Indication && self.service == I::SERVICE && self.id == I::ID)
            .then(|| self.body())
    }
}

/// One type-length-value element.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Tlv<'a> {
    /// Type; its meaning is the message's.
    pub kind: u8,
    /// Value.
    pub value: &'a [u8],
}

/// The TLVs of a message, an iterator in wire order.
///
/// # Invariants
///
/// `rest` is a whole number of well-formed TLVs.
#[derive(Debug, Clone, Copy, Default)]
pub struct Tlvs<'a> {
    rest: &'a [u8],
}

impl<'a> Tlvs<'a> {
    /// Checks that `bytes` are TLVs from end to end.
    ///
    /// # Errors
    ///
    /// [`Error::BadTlvLength`] names the TLV that is cut short, [`Error::Truncated`] one without a whole header.
    pub fn new(bytes: &'a [u8]) -> Result<Self, Error> {
        let mut rest = bytes;
        while !rest.is_empty() {
            (_, rest) = split(rest)?;
        }
        // INVARIANT: the loop above walked all of `bytes`.
        Ok(Tlvs { rest: bytes })
    }

    /// The value of the first TLV of type `kind`.
    pub fn find(&self, kind: u8) -> Option<&'a [u8]> {
        let mut tlvs = *self;
        tlvs.find_map(|tlv| (tlv.kind == kind).then_some(tlv.value))
    }

    /// A mandatory value.
    ///
    /// # Errors
    ///
    /// [`Error::Missing`] or [`Error::ShortTlv`], with the TLV's type.
    pub fn must<V: Value<'a>>(&self, kind: u8) -> Result<V, Error> {
        self.may(kind)?.ok_or(Error::Missing(kind))
    }

    /// An optional value.
    ///
    /// # Errors
    ///
    /// [`Error::ShortTlv`] if it is there but cut short. Bytes beyond the type's are ignored: newer modems append fields.
    pub fn may<V: Value<'a>>(&self, kind: u8) -> Result<Option<V>, Error> {
        self.find(kind)
            .map(|value| V::read(&mut Cursor::new(value)).map_err(|_| Error::ShortTlv(kind)))
            .transpose()
    }

    /// An optional value that counts as absent if it is cut short: for details that differ between modems.
    pub fn soft<V: Value<'a>>(&self, kind: u8) -> Option<V> {
        self.may(kind).ok().flatten()
    }
}

impl<'a> Iterator for Tlvs<'a> {
    type Item = Tlv<'a>;

    fn next(&mut self) -> Option<Tlv<'a>> {
        let (tlv, rest) = split(self.rest).ok()?;
        self.rest = rest;
        Some(tlv)
    }
}

fn split(bytes: &[u8]) -> Result<(Tlv<'_>, &[u8]), Error> {
    let (&[kind, low, high], rest) = bytes.split_first_chunk::<3>().ok_or(Error::Truncated)?;
    let length = usize::from(u16::from_le_bytes([low, high]));
    let (value, rest) = rest
        .split_at_checked(length)
        .ok_or(Error::BadTlvLength(kind))?;
    Ok((Tlv { kind, value }, rest))
}
