// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
//! Commands that look at the modem and its radio, and change it. Each has a file; what several ask is in `quectel`.

pub mod bands;
pub mod cells;
pub mod edl;
pub mod info;
pub mod quectel;
pub mod reset;
pub mod signal;
pub mod sms;
pub mod watch;
