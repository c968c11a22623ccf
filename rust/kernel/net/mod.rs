// SPDX-License-Identifier: GPL-2.0-only
//! Network devices, their buffers, and what userspace sets them up with.

pub mod device;
pub mod ethtool;
pub mod incoming;
mod limits;
pub mod napi;
mod reader;
pub mod rtnl;
pub mod skbuff;
mod tap;

pub use device::{Device, Operations, Registration, Shape, Transmit};
pub use incoming::{Incoming, IncomingList, Splitter};
pub use napi::{Napi, Poll};
pub use reader::Reader;
pub use skbuff::SkBuff;
pub use tap::Taps;

/// Protocol number of IPv4 packets.
pub const ETH_P_IP: u16 = bindings::ETH_P_IP as u16;
/// Protocol number of IPv6 packets.
pub const ETH_P_IPV6: u16 = bindings::ETH_P_IPV6 as u16;
/// Protocol number of MAP frames.
pub const ETH_P_MAP: u16 = bindings::ETH_P_MAP as u16;
