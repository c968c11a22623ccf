// SPDX-License-Identifier: GPL-2.0-only
//! `struct device`, for log lines and references.

use crate::types::{ARef, AlwaysRefCounted, Opaque};
use core::ffi::CStr;
use core::ptr::NonNull;

/// A device of the driver model.
#[repr(transparent)]
pub struct Device(Opaque<bindings::device>);

// SAFETY: All methods are safe to call from any thread.
unsafe impl Send for Device {}
// SAFETY: As above.
unsafe impl Sync for Device {}

impl Device {
    /// Sees a C device as a `Device`.
    ///
    /// # Safety
    ///
    /// `ptr` is valid while `'a` lasts.
    pub(crate) unsafe fn from_raw<'a>(ptr: *mut bindings::device) -> &'a Device {
        // SAFETY: `Device` is transparent over `struct device`, valid by the caller's promise.
        unsafe { &*ptr.cast() }
    }

    /// Tells userspace by an uevent of kind "change" with `NAME=VALUE`. May sleep.
    pub fn announce(&self, name: &CStr, value: &CStr) {
        // SAFETY: `self` is valid, the others are strings. An uevent that nobody could be told of is lost.
        unsafe {
            bindings::rust_helper_device_announce(self.as_raw(), name.as_ptr(), value.as_ptr())
        };
    }

    /// Keeps the device from going to sleep while the result lives; `None` if it sleeps, or is on its way to or from it.
    pub fn keep_awake(&self) -> Option<Awake> {
        // SAFETY: `self` is valid.
        let awake = unsafe { bindings::rust_helper_pm_keep_awake(self.as_raw()) };
        awake.then(|| Awake(ARef::from(self)))
    }

    pub(crate) fn as_raw(&self) -> *mut bindings::device {
        self.0.get()
    }
}

/// A device that does not go to sleep by itself. That is no use of it: once this is dropped, it may sleep as soon as it might have.
pub struct Awake(ARef<Device>);

impl Drop for Awake {
    fn drop(&mut self) {
        // SAFETY: The device is valid, and `keep_awake` has kept it awake.
        unsafe { bindings::rust_helper_pm_let_sleep(self.0.as_raw()) };
    }
}

// SAFETY: The device's reference count keeps it valid.
unsafe impl AlwaysRefCounted for Device {
    fn inc_ref(&self) {
        // SAFETY: `self` is a valid device.
        unsafe { bindings::rust_helper_get_device(self.as_raw()) };
    }

    unsafe fn dec_ref(obj: NonNull<Self>) {
        // SAFETY: The caller owns the reference.
        unsafe { bindings::rust_helper_put_device(obj.as_ptr().cast()) }
    }
}
