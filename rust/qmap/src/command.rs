// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
//! Command frames (rmnet.rst "MAP packet v1/v5 (command specific)"; `struct rmnet_map_control_command` of Linux
//! `drivers/net/ethernet/qualcomm/rmnet/rmnet_map.h`): the modem stops and resumes a link, the host confirms.

use crate::header::Header;
use crate::HEADER_LEN;

/// Command name: stop sending on the frame's mux id.
pub const FLOW_DISABLE: u8 = 1;
/// Command name: resume.
pub const FLOW_ENABLE: u8 = 2;

/// Bytes of a command without its data: name, type, reserved, transaction.
pub const COMMAND_LEN: usize = 8;
/// Bytes of a flow control command.
pub const FLOW_COMMAND_LEN: usize = 16;

const KIND: u8 = 0x03;
const KIND_OFFSET: usize = HEADER_LEN + 1;

/// One command, request or answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Command {
    /// [`FLOW_DISABLE`], [`FLOW_ENABLE`] or another.
    pub name: u8,
    /// Request or kind of answer.
    pub kind: CommandKind,
    /// Number that the answer repeats.
    pub transaction: u32,
    /// The data of a flow control command, if it is long enough to have them.
    pub flow: Option<Flow>,
}

/// The two type bits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum CommandKind {
    /// Asks for something.
    Request = 0,
    /// Confirms a request.
    Acknowledge = 1,
    /// The receiver does not know the command.
    Unsupported = 2,
    /// The receiver knows the command and could not do it.
    Invalid = 3,
}

/// What a flow control command applies to. Linux' rmnet ignores it and stops the whole mux id.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Flow {
    /// Two bits, as on the wire.
    pub ip_family: u8,
    /// Sequence number of the modem.
    pub sequence: u16,
    /// Bearer.
    pub qos: u32,
}

impl Command {
    /// Reads a command frame's payload; `None` if it is cut short.
    pub fn parse(payload: &[u8]) -> Option<Self> {
        let (&[name, kind, _, _, t0, t1, t2, t3], data) =
            payload.split_first_chunk::<COMMAND_LEN>()?;
        let flow = match name {
            FLOW_DISABLE | FLOW_ENABLE => data.first_chunk().map(Flow::parse),
            _ => None,
        };
        let transaction = u32::from_be_bytes([t0, t1, t2, t3]);
        Some(Self {
            name,
            kind: CommandKind::from_bits(kind),
            transaction,
            flow,
        })
    }

    /// The payload of a command frame, and how many bytes of it count.
    pub(crate) fn bytes(&self) -> ([u8; FLOW_COMMAND_LEN], usize) {
        let [t0, t1, t2, t3] = self.transaction.to_be_bytes();
        let (flow, length) = match self.flow {
            Some(flow) => (flow, FLOW_COMMAND_LEN),
            None => (
                Flow {
                    ip_family: 0,
                    sequence: 0,
                    qos: 0,
                },
                COMMAND_LEN,
            ),
        };
        let [s0, s1] = flow.sequence.to_be_bytes();
        let [q0, q1, q2, q3] = flow.qos.to_be_bytes();
        let kind = self.kind as u8;
        let family = flow.ip_family & 0x03;
        (
            [
                self.name, kind, 0, 0, t0, t1, t2, t3, family, 0, s0, s1, q0, q1, q2, q3,
            ],
            length,
        )
    }
}

impl CommandKind {
    /// From the byte that holds the two bits; the other six are ignored.
    pub const fn from_bits(byte: u8) -> Self {
        match byte & KIND {
            0 => Self::Request,
            1 => Self::Acknowledge,
            2 => Self::Unsupported,
            _ => Self::Invalid,
        }
    }
}

impl Flow {
    fn parse(&[family, _, s0, s1, q0, q1, q2, q3]: &[u8; 8]) -> Self {
        Self {
            ip_family: family & 0x03,
            sequence: u16::from_be_bytes([s0, s1]),
            qos: u32::from_be_bytes([q0, q1, q2, q3]),
        }
    }
}

/// Writes the answer to a command frame: the whole frame back, with `kind` for its type.
///
/// `request` is [`crate::Frame::raw`]; a v4 trailer is not part of it and is not sent back. Returns the length
/// written, or `None` if `request` is not a whole command frame or `out` is too small. Linux' rmnet
/// acknowledges flow control and leaves unknown commands unanswered; rmnet.rst foresees
/// [`CommandKind::Unsupported`] for those.
pub fn acknowledge(request: &[u8], out: &mut [u8], kind: CommandKind) -> Option<usize> {
    let header = Header::parse(*request.first_chunk()?);
    if !header.command || header.payload_len()? < COMMAND_LEN {
        return None;
    }
    let length = HEADER_LEN.saturating_add(usize::from(header.length));
    let request = request.get(..length)?;
    let out = out.get_mut(..length)?;
    for (to, from) in out.iter_mut().zip(request) {
        *to = *from;
    }
    let byte = out.get_mut(KIND_OFFSET)?;
    *byte = (*byte & !KIND) | kind as u8;
    Some(length)
}
