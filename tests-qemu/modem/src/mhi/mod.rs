// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
//! The MHI engine: what the function behind BAR 0 does. [`engine::Engine`] takes register writes from the transport thread and
//! time from the worker; both hold the device's lock.

pub mod channel;
pub mod command;
pub mod engine;
pub mod event;
#[cfg(test)]
pub mod mock;
pub mod registers;
pub mod ring;
#[cfg(test)]
mod tests;
