// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
//! QMAP, the multiplexing and aggregation protocol (MAP) between a host and a Qualcomm modem.
//! The driver reads downlink and writes uplink with it; the emulated modem does the reverse.
//!
//! Layouts: Linux `Documentation/networking/device_drivers/cellular/qualcomm/rmnet.rst` and
//! `include/linux/if_rmnet.h`; all fields are big endian. Nothing here panics, allocates or loops on hostile
//! input: an iterator consumes at least four bytes a step or ends.
//!
//! | module | what |
//! |---|---|
//! | [`Deaggregate`] | the frames of one downlink transfer, as the host reads them |
//! | [`write_header`] | the header of one uplink packet, as the host writes it |
//! | [`command`] | flow control and its acknowledgement |
//! | [`checksum`] | what a frame says about its packet's checksum, and the check of a v4 trailer |
//! | [`modem`] | the other end: writes downlink, reads uplink |
//! | [`segment`] | cuts a packet with much data into several, for the uplink |
//! | [`merge`] | makes one packet of TCP packets that follow one another, for the downlink |
//! | [`ip`] | Internet checksum and where a packet keeps it |
#![no_std]
#![forbid(unsafe_code)]

pub mod checksum;
pub mod command;
mod deaggregate;
mod header;
pub mod ip;
mod malformed;
pub mod merge;
pub mod modem;
pub mod segment;
mod split;
mod uplink;

pub use checksum::{verify_v4, Checksum, Trailer, Verdict};
pub use command::{acknowledge, Command, CommandKind, Flow, FLOW_DISABLE, FLOW_ENABLE};
pub use deaggregate::{Deaggregate, Frame, Kind};
pub use malformed::Malformed;
pub use uplink::{header_len, write_header, Offload, Padding, Written};

/// Bytes of a MAP header.
pub const HEADER_LEN: usize = 4;

/// The checksum scheme that a link's frames follow, one for each direction.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Version {
    /// Plain MAP headers.
    V1,
    /// Downlink frames end in an 8 byte checksum trailer, uplink packets follow a 4 byte checksum header.
    V4,
    /// Data frames carry a 4 byte header after the MAP header whenever the next-header bit says so.
    V5,
}
