// SPDX-License-Identifier: GPL-2.0-only
//! Time that passes.

/// Sleeps for so many milliseconds at least. In process context only.
pub fn sleep_ms(ms: u32) {
    // SAFETY: No preconditions beyond the context, which callers are told.
    unsafe { bindings::rust_helper_sleep_ms(ms) }
}
