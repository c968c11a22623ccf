// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
//! Writes a message into the caller's buffer. Lack of space is remembered and reported once, by `finish`.

use crate::{qmux, result, service, Body, Error, ErrorCode, Kind, Request, Tlvs, Value};

/// A message under construction.
#[derive(Debug)]
pub struct Builder<'b> {
    writer: Writer<'b>,
    service: u8,
}

impl<'b> Builder<'b> {
    /// A request from the host.
    pub fn request(
        buffer: &'b mut [u8],
        service: u8,
        client: u8,
        transaction: u16,
        id: u16,
    ) -> Self {
        Builder::new(
            buffer,
            qmux::FROM_HOST,
            service,
            client,
            Kind::Request,
            transaction,
            id,
        )
    }

    /// A typed request from the host, ready to `finish`.
    pub fn call<'r, R: Request + Body<'r>>(
        buffer: &'b mut [u8],
        client: u8,
        transaction: u16,
        request: &R,
    ) -> Self {
        let builder = Builder::request(buffer, R::SERVICE, client, transaction, R::ID);
        request.emit(builder)
    }

    /// A response from the modem; its first TLV must be the verdict, see [`Builder::verdict`].
    pub fn response(
        buffer: &'b mut [u8],
        service: u8,
        client: u8,
        transaction: u16,
        id: u16,
    ) -> Self {
        Builder::new(
            buffer,
            qmux::FROM_MODEM,
            service,
            client,
            Kind::Response,
            transaction,
            id,
        )
    }

    /// An indication from the modem.
    pub fn indication(buffer: &'b mut [u8], service: u8, client: u8, id: u16) -> Self {
        Builder::new(
            buffer,
            qmux::FROM_MODEM,
            service,
            client,
            Kind::Indication,
            0,
            id,
        )
    }

    fn new(
        buffer: &'b mut [u8],
        sender: u8,
        service: u8,
        client: u8,
        kind: Kind,
        transaction: u16,
        id: u16,
    ) -> Self {
        let mut writer = Writer::new(buffer);
        // Both lengths are filled in by `finish`.
        writer.bytes(&[qmux::MARKER, 0, 0, sender, service, client]);
        if service == service::CTL {
            writer.u8(match kind {
                Kind::Request => 0,
                Kind::Response => 1,
                Kind::Indication => 2,
            });
            match u8::try_from(transaction) {
                Ok(short) => writer.u8(short),
                Err(_) => writer.fail(),
            }
        } else {
            writer.u8(match kind {
                Kind::Request => 0,
                Kind::Response => 2,
                Kind::Indication => 4,
            });
            writer.u16(transaction);
        }
        writer.u16(id);
        writer.u16(0);
        Builder { writer, service }
    }

    /// Adds a TLV whose value the closure writes.
    pub fn tlv(mut self, kind: u8, value: impl FnOnce(&mut Writer<'b>)) -> Self {
        self.writer.u8(kind);
        let length_at = self.writer.length;
        self.writer.u16(0);
        let start = self.writer.length;
        value(&mut self.writer);
        self.writer
            .patch(length_at, self.writer.length.saturating_sub(start));
        self
    }

    /// Adds a TLV with these bytes.
    pub fn tlv_bytes(self, kind: u8, value: &[u8]) -> Self {
        self.tlv(kind, |writer| writer.bytes(value))
    }

    /// Adds a TLV with a typed value.
    pub fn value<'v>(self, kind: u8, value: &impl Value<'v>) -> Self {
        self.tlv(kind, |writer| value.write(writer))
    }

    /// Adds a TLV if there is a value.
    pub fn optional<'v>(self, kind: u8, value: Option<&impl Value<'v>>) -> Self {
        match value {
            Some(value) => self.value(kind, value),
            None => self,
        }
    }

    /// Adds TLVs that exist already.
    pub fn tlvs(self, tlvs: Tlvs<'_>) -> Self {
        tlvs.fold(self, |to, tlv| to.tlv_bytes(tlv.kind, tlv.value))
    }

    /// Adds the verdict of a response, TLV 0x02.
    pub fn verdict(self, outcome: Result<(), ErrorCode>) -> Self {
        self.value(result::TLV, &result::Verdict::from(outcome))
    }

    /// Adds a typed body.
    pub fn body<'v>(self, body: &impl Body<'v>) -> Self {
        body.emit(self)
    }

    /// Fills in the lengths and returns the frame.
    ///
    /// # Errors
    ///
    /// [`Error::NoSpace`] if the buffer, or a length field, was too small.
    pub fn finish(mut self) -> Result<&'b [u8], Error> {
        let header = qmux::HEADER.saturating_add(qmux::sdu_header(self.service));
        let length = self.writer.length;
        self.writer
            .patch(header.saturating_sub(2), length.saturating_sub(header));
        self.writer.patch(1, length.saturating_sub(1));
        let Writer {
            buffer,
            length,
            failed,
        } = self.writer;
        let buffer: &'b [u8] = buffer;
        match buffer.get(..length) {
            Some(frame) if !failed => Ok(frame),
            _ => Err(Error::NoSpace),
        }
    }
}

/// Writes the value of a TLV. Numbers are little endian.
#[derive(Debug)]
pub struct Writer<'b> {
    buffer: &'b mut [u8],
    length: usize,
    failed: bool,
}

impl<'b> Writer<'b> {
    fn new(buffer: &'b mut [u8]) -> Self {
        Writer {
            buffer,
            length: 0,
            failed: false,
        }
    }

    /// Appends bytes.
    pub fn bytes(&mut self, bytes: &[u8]) {
        let end = self.length.saturating_add(bytes.len());
        match self.buffer.get_mut(self.length..end) {
            Some(room) => {
                for (to, &from) in room.iter_mut().zip(bytes) {
                    *to = from;
                }
                self.length = end;
            }
            None => self.fail(),
        }
    }

    /// Marks the message as impossible to emit.
    pub fn fail(&mut self) {
        self.failed = true;
    }

    /// Appends a byte.
    pub fn u8(&mut self, value: u8) {
        self.bytes(&[value]);
    }

    /// Appends a 16-bit number.
    pub fn u16(&mut self, value: u16) {
        self.bytes(&value.to_le_bytes());
    }

    /// Appends a 32-bit number.
    pub fn u32(&mut self, value: u32) {
        self.bytes(&value.to_le_bytes());
    }

    /// Appends a 64-bit number.
    pub fn u64(&mut self, value: u64) {
        self.bytes(&value.to_le_bytes());
    }

    fn patch(&mut self, at: usize, value: usize) {
        let Ok(value) = u16::try_from(value) else {
            return self.fail();
        };
        let room = self
            .buffer
            .get_mut(at..)
            .and_then(|room| room.first_chunk_mut::<2>());
        match room {
            Some(room) => *room = value.to_le_bytes(),
            None => self.fail(),
        }
    }
}
