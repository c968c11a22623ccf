// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
//! What the `traffic` program in the guest and the services of the emulated modem agree on: the bytes that are
//! sent, the datagrams that carry them, the ports and the request lines.
#![forbid(unsafe_code)]

pub mod datagram;
pub mod pattern;

/// TCP and UDP: sends back what it gets (RFC 862).
pub const ECHO: u16 = 7;
/// TCP and UDP: drops what it gets (RFC 863).
pub const DISCARD: u16 = 9;
/// UDP: answers A and AAAA questions for any name.
pub const DNS: u16 = 53;
/// TCP: the client sends `SEED BYTES\n`, the server so many bytes of the pattern.
pub const TCP_SOURCE: u16 = 5001;
/// TCP: the client sends `SEED BYTES\n` and so many bytes of the pattern, the server `ok BYTES\n`,
/// `bad OFFSET\n` or, if the client closes early, `short BYTES\n`.
pub const TCP_SINK: u16 = 5002;
/// UDP: the client sends `SEED COUNT SIZE RATE\n`, the server so many datagrams, RATE of them a second.
pub const UDP_SOURCE: u16 = 5003;
/// UDP: the client sends datagrams and then `report SEED\n`; the server answers
/// `received COUNT bad COUNT duplicate COUNT\n`.
pub const UDP_SINK: u16 = 5004;
