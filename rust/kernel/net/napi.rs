// SPDX-License-Identifier: GPL-2.0-only
//! NAPI: work that an interrupt leaves to a poll.

use crate::types::Opaque;

/// A device's NAPI.
#[repr(transparent)]
pub struct Napi(Opaque<bindings::napi_struct>);

// SAFETY: All methods are safe to call from any thread.
unsafe impl Sync for Napi {}
// SAFETY: As above.
unsafe impl Send for Napi {}

impl Napi {
    pub(super) fn as_raw(&self) -> *mut bindings::napi_struct {
        self.0.get()
    }

    /// Asks for a poll. Any context but hard interrupts.
    pub fn schedule(&self) {
        // SAFETY: A `Napi` that drivers see was added to its device.
        unsafe { bindings::rust_helper_napi_schedule(self.as_raw()) }
    }
}

/// Evidence that a NAPI is being polled; there is one at a time.
pub struct Poll<'a>(&'a Napi);

impl<'a> Poll<'a> {
    /// # Safety
    ///
    /// `napi` is being polled while the value lives, and has no other.
    pub(super) unsafe fn new(napi: &'a Napi) -> Poll<'a> {
        Poll(napi)
    }

    pub(super) fn as_raw(&self) -> *mut bindings::napi_struct {
        self.0.as_raw()
    }
}
