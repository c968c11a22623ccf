// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
//! The Modem Host Interface on the wire: what host and modem write into each other's registers and memory.
//! The driver uses [`ip_ctrl`], [`register`] and [`recovery`], the emulated modem the rest. Nothing here allocates, panics or touches hardware.
//!
//! The numbers are those of Linux `drivers/bus/mhi/common.h` and `drivers/bus/mhi/host/internal.h` (6.12).
#![no_std]
#![forbid(unsafe_code)]

pub mod bhi;
pub mod context;
pub mod element;
pub mod ip_ctrl;
pub mod recovery;
pub mod register;
pub mod state;

pub use context::{ChannelContext, EventContext, RingContext};
pub use element::{Command, Completion, Element, Event, Transfer};
pub use state::{ChannelState, ExecutionEnvironment, State};
