// SPDX-License-Identifier: GPL-2.0-only
//! Modem Host Interface: a controller that brings a modem up, and drivers for its channels.

pub mod config;
pub mod controller;
pub mod driver;

pub use config::{Channels, Config, EventRing};
pub use controller::{mode, Controller, Environment, Event, Setup, Watch};
pub use driver::{Device, Direction, Driver, Registration, Status, Transfer};
