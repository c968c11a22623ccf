// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
//! The kernel's side: the session's interface with its addresses, routes and DNS, over netlink.

pub mod address;
pub mod dns;
pub mod ethtool;
mod files;
pub mod interface;
pub mod link;
pub mod netlink;
pub mod share;
