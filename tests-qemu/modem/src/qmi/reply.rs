// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
//! What a service returns: encoded TLVs, or a refusal with its error code; and the indications that it raises.

use qmi::{qmux, Body, Builder, Error, ErrorCode, Indication, Message};

/// The TLVs of a response beside its verdict, or a refusal.
pub type Answer = Result<Vec<u8>, Refusal>;

/// A refusal; some carry TLVs too, such as the retries left or a call's end reason.
#[derive(Debug)]
pub struct Refusal {
    /// QMI error code.
    pub code: ErrorCode,
    /// Encoded TLVs.
    pub tlvs: Vec<u8>,
}

impl Refusal {
    /// A refusal with TLVs.
    pub fn with<'a>(code: ErrorCode, body: &impl Body<'a>) -> Self {
        Refusal {
            code,
            tlvs: encode(body),
        }
    }
}

impl From<ErrorCode> for Refusal {
    fn from(code: ErrorCode) -> Self {
        Refusal {
            code,
            tlvs: Vec::new(),
        }
    }
}

/// A request that lacks a TLV, or has one cut short.
impl From<Error> for Refusal {
    fn from(error: Error) -> Self {
        match error {
            Error::Missing(_) => ErrorCode::MISSING_ARGUMENT.into(),
            _ => ErrorCode::MALFORMED_MESSAGE.into(),
        }
    }
}

/// A response with these TLVs.
pub fn reply<'a>(body: &impl Body<'a>) -> Answer {
    Ok(encode(body))
}

/// A response with no more than its verdict.
pub fn done() -> Answer {
    Ok(Vec::new())
}

/// The request's TLVs, typed.
pub fn ask<'a, B: Body<'a>>(message: &Message<'a>) -> Result<B, Refusal> {
    Ok(message.body()?)
}

/// An indication on its way to one client.
#[derive(Debug)]
pub struct Event {
    /// Service that sends it.
    pub service: u8,
    /// Client, 0xff for all.
    pub client: u8,
    /// Message id.
    pub id: u16,
    /// Encoded TLVs.
    pub tlvs: Vec<u8>,
}

impl Event {
    /// An indication for a client.
    pub fn new<'a, I: Indication + Body<'a>>(client: u8, body: &I) -> Self {
        Event {
            service: I::SERVICE,
            client,
            id: I::ID,
            tlvs: encode(body),
        }
    }
}

/// The TLVs of a body.
pub fn encode<'a>(body: &impl Body<'a>) -> Vec<u8> {
    let mut buffer = vec![0; qmux::MAX_FRAME];
    let frame = Builder::indication(&mut buffer, qmi::service::WDS, 0, 0)
        .body(body)
        .finish();
    // The frame's header and the message's.
    let header = qmux::HEADER + 7;
    frame
        .ok()
        .and_then(|frame| frame.get(header..))
        .unwrap_or_default()
        .to_vec()
}
