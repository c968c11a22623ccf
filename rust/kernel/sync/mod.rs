// SPDX-License-Identifier: GPL-2.0-only
//! Locks and read-copy-update.

pub mod lock;
pub mod rcu;

pub use lock::{Guard, LockClassKey, SpinLock};
