// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
//! The modem's side: which one, who holds it, its ports, and what it says.

pub mod addressing;
pub mod at;
pub mod client;
pub mod device;
pub mod frames;
pub mod holder;
pub mod manager;
pub mod port;
pub mod radio;
pub mod talk;
pub mod uevents;
