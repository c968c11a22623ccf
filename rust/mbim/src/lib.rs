// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
//! MBIM, the protocol between a host and a modem that is not asked to speak QMI: control messages, and data in NTB16
//! transfer blocks. The emulated modem answers with it.
//!
//! Layouts: USB-IF "Mobile Broadband Interface Model" 1.0 with errata 1, and "Network Control Model" 1.0; Linux
//! `include/uapi/linux/usb/cdc.h`. All fields are little endian. Nothing here panics, allocates or loops on hostile input.
//!
//! | module | what |
//! |---|---|
//! | [`ntb`] | IP packets of several sessions in one transfer, read and written |
//! | [`message`] | control messages and their fragments |
//! | [`info`] | information buffers: numbers, and strings behind them |
//! | [`service`] | services, commands (CIDs), status and error codes |
#![no_std]
#![forbid(unsafe_code)]

pub mod info;
pub mod message;
pub mod ntb;
pub mod service;

pub use info::{Reader, Writer};
pub use message::{Command, Fragment, Fragments, Header, Malformed};
pub use ntb::Datagrams;
pub use service::Uuid;

/// The word at `at`, if it is there.
fn word(bytes: &[u8], at: usize) -> Option<u32> {
    bytes
        .get(at..)?
        .first_chunk()
        .copied()
        .map(u32::from_le_bytes)
}

/// The half word at `at`, if it is there.
fn half(bytes: &[u8], at: usize) -> Option<u16> {
    bytes
        .get(at..)?
        .first_chunk()
        .copied()
        .map(u16::from_le_bytes)
}

/// The next multiple of four.
fn aligned(length: usize) -> Option<usize> {
    Some(length.checked_add(3)? & !3)
}
