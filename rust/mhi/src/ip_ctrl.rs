// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
//! IP_CTRL (channels 18/19): the serial signals of the other channels, DTR and RTS from the host, DCD, DSR and RI from
//! the modem. While RTS is off, the modem's AT channel is mute.
//!
//! A message is five 32-bit little-endian words: magic, message id, uplink channel, length of what follows (4), bits.
//! Source: the `mhi_dtr` part of the vendor drivers (Qualcomm's msm kernels, Quectel's pcie_mhi), read for its numbers.

/// Bytes in a message, either way.
pub const LEN: usize = 20;
/// First word: "CTRL".
pub const MAGIC: u32 = 0x4c52_5443;
/// Message id of the host's signals.
pub const HOST_STATE: u32 = 0x10;
/// Message id of the modem's signals.
pub const DEVICE_STATE: u32 = 0x11;

const DTR: u32 = 1 << 0;
const RTS: u32 = 1 << 1;
const DCD: u32 = 1 << 0;
const DSR: u32 = 1 << 1;
const RI: u32 = 1 << 3;

/// The host's signals for one channel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Host {
    /// The uplink channel: 32 for the AT port.
    pub channel: u32,
    /// Data terminal ready.
    pub dtr: bool,
    /// Request to send.
    pub rts: bool,
}

impl Host {
    /// Writes the message.
    pub fn emit(&self, message: &mut [u8; LEN]) {
        let bits = flag(self.dtr, DTR) | flag(self.rts, RTS);
        put(message, HOST_STATE, self.channel, bits);
    }

    /// Reads a message; `None` if it is cut short or something else.
    pub fn parse(message: &[u8]) -> Option<Self> {
        let (channel, bits) = get(message, HOST_STATE)?;
        Some(Self {
            channel,
            dtr: bits & DTR != 0,
            rts: bits & RTS != 0,
        })
    }
}

/// The modem's signals for one channel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Device {
    /// The uplink channel: 32 for the AT port.
    pub channel: u32,
    /// Data carrier detect.
    pub dcd: bool,
    /// Data set ready.
    pub dsr: bool,
    /// Ring indicator.
    pub ri: bool,
}

impl Device {
    /// Writes the message.
    pub fn emit(&self, message: &mut [u8; LEN]) {
        let bits = flag(self.dcd, DCD) | flag(self.dsr, DSR) | flag(self.ri, RI);
        put(message, DEVICE_STATE, self.channel, bits);
    }

    /// Reads a message; `None` if it is cut short or something else.
    pub fn parse(message: &[u8]) -> Option<Self> {
        let (channel, bits) = get(message, DEVICE_STATE)?;
        Some(Self {
            channel,
            dcd: bits & DCD != 0,
            dsr: bits & DSR != 0,
            ri: bits & RI != 0,
        })
    }
}

fn flag(on: bool, bit: u32) -> u32 {
    if on {
        bit
    } else {
        0
    }
}

fn put(message: &mut [u8; LEN], id: u32, channel: u32, bits: u32) {
    let mut rest = message.as_mut_slice();
    for word in [MAGIC, id, channel, 4, bits] {
        let Some((head, tail)) = rest.split_first_chunk_mut() else {
            return;
        };
        *head = word.to_le_bytes();
        rest = tail;
    }
}

/// Channel and bits of a well-formed message with that id.
fn get(message: &[u8], id: u32) -> Option<(u32, u32)> {
    let (magic, rest) = word(message)?;
    let (found, rest) = word(rest)?;
    let (channel, rest) = word(rest)?;
    let (len, rest) = word(rest)?;
    let (bits, _) = word(rest)?;
    // The channel id is 8 bits wide; the rest of the word is not ours to judge.
    (magic == MAGIC && found == id && len == 4).then_some((channel & 0xff, bits))
}

fn word(bytes: &[u8]) -> Option<(u32, &[u8])> {
    let (head, rest) = bytes.split_first_chunk()?;
    Some((u32::from_le_bytes(*head), rest))
}
