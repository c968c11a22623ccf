// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
//! Ring elements: 16 bytes, a 64-bit pointer and two words. Transfer rings hold [`Transfer`]s, the command ring
//! [`Command`]s, event rings [`Event`]s. Source: the `MHI_TRE_*` macros of Linux `drivers/bus/mhi/common.h`.

/// Bytes in an element.
pub const LEN: usize = 16;

/// Type field of a transfer descriptor.
pub const TYPE_TRANSFER: u8 = 0x02;
/// Type field of a no-operation command.
pub const TYPE_NOOP: u8 = 0x01;
/// Type field of a channel reset command.
pub const TYPE_RESET_CHANNEL: u8 = 0x10;
/// Type field of a channel stop command.
pub const TYPE_STOP_CHANNEL: u8 = 0x11;
/// Type field of a channel start command.
pub const TYPE_START_CHANNEL: u8 = 0x12;
/// Type field of a state-change event.
pub const TYPE_STATE_CHANGE: u8 = 0x20;
/// Type field of a command completion event.
pub const TYPE_COMMAND_COMPLETION: u8 = 0x21;
/// Type field of a transfer completion event.
pub const TYPE_TRANSFER_COMPLETION: u8 = 0x22;
/// Type field of an execution environment event.
pub const TYPE_EXECUTION_ENVIRONMENT: u8 = 0x40;

/// An element as it lies in memory, decoded no further.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Element {
    /// A bus address, where the type has one.
    pub pointer: u64,
    /// Lengths and codes.
    pub first: u32,
    /// Channel, type and flags.
    pub second: u32,
}

impl Element {
    /// Reads an element.
    pub const fn parse(bytes: &[u8; LEN]) -> Self {
        let [p0, p1, p2, p3, p4, p5, p6, p7, a0, a1, a2, a3, b0, b1, b2, b3] = *bytes;
        Self {
            pointer: u64::from_le_bytes([p0, p1, p2, p3, p4, p5, p6, p7]),
            first: u32::from_le_bytes([a0, a1, a2, a3]),
            second: u32::from_le_bytes([b0, b1, b2, b3]),
        }
    }

    /// The bytes of an element.
    pub const fn emit(self) -> [u8; LEN] {
        let [p0, p1, p2, p3, p4, p5, p6, p7] = self.pointer.to_le_bytes();
        let [a0, a1, a2, a3] = self.first.to_le_bytes();
        let [b0, b1, b2, b3] = self.second.to_le_bytes();
        [
            p0, p1, p2, p3, p4, p5, p6, p7, a0, a1, a2, a3, b0, b1, b2, b3,
        ]
    }

    /// The type field, bits 23:16 of the second word.
    pub const fn kind(self) -> u8 {
        (self.second >> 16) as u8
    }

    /// The channel field, bits 31:24 of the second word.
    pub const fn channel(self) -> u8 {
        (self.second >> 24) as u8
    }
}

/// A transfer descriptor: one buffer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Transfer {
    /// Bus address of the buffer.
    pub address: u64,
    /// Its length in bytes.
    pub len: u16,
    /// Block event interrupt: the completion may wait for the moderation timer.
    pub block_interrupt: bool,
    /// A completion is due at the end of the transfer.
    pub end_of_transfer: bool,
    /// A completion is due for this buffer of a chain.
    pub end_of_block: bool,
    /// The transfer goes on in the next descriptor.
    pub chain: bool,
}

impl Transfer {
    /// Reads a descriptor; `None` if the element is of another type.
    pub const fn parse(element: Element) -> Option<Self> {
        if element.kind() != TYPE_TRANSFER {
            return None;
        }
        Some(Self {
            address: element.pointer,
            len: element.first as u16,
            block_interrupt: element.second & (1 << 10) != 0,
            end_of_transfer: element.second & (1 << 9) != 0,
            end_of_block: element.second & (1 << 8) != 0,
            chain: element.second & 1 != 0,
        })
    }

    /// The element of a descriptor.
    pub const fn emit(self) -> Element {
        Element {
            pointer: self.address,
            first: self.len as u32,
            second: ((TYPE_TRANSFER as u32) << 16)
                | ((self.block_interrupt as u32) << 10)
                | ((self.end_of_transfer as u32) << 9)
                | ((self.end_of_block as u32) << 8)
                | self.chain as u32,
        }
    }
}

/// What the host asks of a channel. The number is the channel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Command {
    /// Do nothing.
    Noop,
    /// Forget the channel's ring.
    Reset(u8),
    /// Stop serving it; keep the place.
    Stop(u8),
    /// Serve it.
    Start(u8),
    /// A command that this crate does not know.
    Other(Element),
}

impl Command {
    /// Reads a command.
    pub const fn parse(element: Element) -> Self {
        match element.kind() {
            TYPE_NOOP => Self::Noop,
            TYPE_RESET_CHANNEL => Self::Reset(element.channel()),
            TYPE_STOP_CHANNEL => Self::Stop(element.channel()),
            TYPE_START_CHANNEL => Self::Start(element.channel()),
            _ => Self::Other(element),
        }
    }

    /// The element of a command.
    pub const fn emit(self) -> Element {
        let (channel, kind) = match self {
            Self::Noop => (0, TYPE_NOOP),
            Self::Reset(channel) => (channel, TYPE_RESET_CHANNEL),
            Self::Stop(channel) => (channel, TYPE_STOP_CHANNEL),
            Self::Start(channel) => (channel, TYPE_START_CHANNEL),
            Self::Other(element) => return element,
        };
        Element {
            pointer: 0,
            first: 0,
            second: ((channel as u32) << 24) | ((kind as u32) << 16),
        }
    }
}

/// How a command or a transfer ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Completion(pub u8);

impl Completion {
    /// Command done.
    pub const SUCCESS: Self = Self(0x01);
    /// End of transfer.
    pub const EOT: Self = Self(0x02);
    /// The buffer is full and the message goes on in the next one.
    pub const OVERFLOW: Self = Self(0x03);
    /// End of one buffer of a chain.
    pub const EOB: Self = Self(0x04);
    /// Out of buffers: ring the doorbell when there are more.
    pub const OOB: Self = Self(0x05);
    /// Leave burst mode: ring the doorbell for the next transfer.
    pub const DB_MODE: Self = Self(0x06);
    /// Failed.
    pub const UNDEFINED: Self = Self(0x10);
    /// The descriptor was unusable.
    pub const BAD_TRE: Self = Self(0x11);
}

/// What the device tells the host.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Event {
    /// The interface entered a state.
    State(crate::State),
    /// The modem entered an execution environment.
    ExecutionEnvironment(crate::ExecutionEnvironment),
    /// A command ended.
    Command {
        /// Bus address of its element.
        pointer: u64,
        /// How.
        code: Completion,
    },
    /// A transfer ended, or the channel asks for a doorbell.
    Transfer {
        /// The channel.
        channel: u8,
        /// Bus address of its (last) descriptor.
        pointer: u64,
        /// Bytes moved through that descriptor.
        len: u16,
        /// How.
        code: Completion,
    },
    /// An event that this crate does not know.
    Other(Element),
}

impl Event {
    /// Reads an event.
    pub const fn parse(element: Element) -> Self {
        let code = (element.first >> 24) as u8;
        match element.kind() {
            TYPE_STATE_CHANGE => Self::State(crate::State(code)),
            TYPE_EXECUTION_ENVIRONMENT => {
                Self::ExecutionEnvironment(crate::ExecutionEnvironment(code))
            }
            TYPE_COMMAND_COMPLETION => Self::Command {
                pointer: element.pointer,
                code: Completion(code),
            },
            TYPE_TRANSFER_COMPLETION => Self::Transfer {
                channel: element.channel(),
                pointer: element.pointer,
                len: element.first as u16,
                code: Completion(code),
            },
            _ => Self::Other(element),
        }
    }

    /// The element of an event.
    pub const fn emit(self) -> Element {
        let (pointer, code, len, channel, kind) = match self {
            Self::State(state) => (0, state.0, 0, 0, TYPE_STATE_CHANGE),
            Self::ExecutionEnvironment(ee) => (0, ee.0, 0, 0, TYPE_EXECUTION_ENVIRONMENT),
            Self::Command { pointer, code } => (pointer, code.0, 0, 0, TYPE_COMMAND_COMPLETION),
            Self::Transfer {
                channel,
                pointer,
                len,
                code,
            } => (pointer, code.0, len, channel, TYPE_TRANSFER_COMPLETION),
            Self::Other(element) => return element,
        };
        Element {
            pointer,
            first: ((code as u32) << 24) | len as u32,
            second: ((channel as u32) << 24) | ((kind as u32) << 16),
        }
    }
}
