// SPDX-License-Identifier: GPL-2.0-only
//! Safe abstractions of the kernel, in the names and shapes of Rust-for-Linux's `kernel` crate.
//!
//! The one place with unsafe code besides the generated bindings. Everything a driver in `src/` needs of the
//! kernel comes from here; what is missing is added here first.

#![no_std]
#![feature(allow_internal_unsafe, core_intrinsics)]
#![deny(unsafe_op_in_unsafe_fn)]
#![warn(missing_docs)]

pub mod alloc;
pub mod device;
pub mod error;
pub mod mhi;
pub mod module;
pub mod net;
pub mod page;
pub mod pci;
pub mod print;
pub mod sync;
pub mod time;
pub mod types;
pub mod workqueue;

/// What nearly every file of a driver uses.
pub mod prelude {
    pub use crate::alloc::{KBox, KVec};
    pub use crate::error::{code::*, Error, Result};
    pub use crate::{
        dev_err_ratelimited, dev_info, dev_info_ratelimited, dev_warn, dev_warn_ratelimited,
        pr_info,
    };
}

#[panic_handler]
fn panic(_info: &core::panic::PanicInfo<'_>) -> ! {
    // SAFETY: The message is a NUL-terminated literal.
    unsafe { bindings::rust_helper_panic(c"Rust code panicked".as_ptr()) }
    // The helper does not return, which objtool learns only in some kernels' builds: a trap satisfies it in all.
    core::intrinsics::abort()
}
