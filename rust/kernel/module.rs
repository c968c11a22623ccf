// SPDX-License-Identifier: GPL-2.0-only
//! The module's life: made when it is loaded, dropped when it is removed.

use crate::error::Result;
use core::cell::UnsafeCell;

/// `THIS_MODULE`.
#[derive(Clone, Copy)]
pub struct ThisModule(*mut bindings::module);

impl ThisModule {
    pub(crate) fn as_ptr(&self) -> *mut bindings::module {
        self.0
    }
}

/// What a driver's root type implements.
pub trait Module: Sized {
    /// Registers all that the module offers. Dropping the value takes it back.
    fn init(module: ThisModule) -> Result<Self>;
}

/// Where the module's value lives between load and removal.
pub struct Slot<T>(UnsafeCell<Option<T>>);

// SAFETY: The kernel calls `init` and `exit` one after the other, never at once; nobody else looks inside.
unsafe impl<T> Sync for Slot<T> {}

impl<T: Module> Slot<T> {
    /// Empty, as before the module is loaded.
    #[allow(clippy::new_without_default)]
    pub const fn new() -> Self {
        Slot(UnsafeCell::new(None))
    }

    /// Makes the module's value; returns 0 or a negative error number.
    ///
    /// # Safety
    ///
    /// Called once, by the kernel's module loader, with this module.
    pub unsafe fn init(&self, module: *mut bindings::module) -> core::ffi::c_int {
        match T::init(ThisModule(module)) {
            Ok(value) => {
                // SAFETY: By the caller's promise nobody else uses the slot.
                unsafe { *self.0.get() = Some(value) };
                0
            }
            Err(error) => error.to_errno(),
        }
    }

    /// Drops the module's value.
    ///
    /// # Safety
    ///
    /// Called once, by the kernel, after `init` succeeded.
    pub unsafe fn exit(&self) {
        // SAFETY: By the caller's promise nobody else uses the slot.
        unsafe { *self.0.get() = None }
    }
}

/// The C type of a module, for the entry points that `module!` makes.
pub type RawModule = bindings::module;

/// Declares the module's root type, and the two functions that `rust/helpers/module.c` calls.
#[macro_export]
#[allow_internal_unsafe]
macro_rules! module {
    ($type:ty) => {
        static MODULE: $crate::module::Slot<$type> = $crate::module::Slot::new();

        #[no_mangle]
        extern "C" fn rmnet_mhi_init(module: *mut $crate::module::RawModule) -> ::core::ffi::c_int {
            // SAFETY: `module.c` calls this once, from module_init.
            unsafe { MODULE.init(module) }
        }

        #[no_mangle]
        extern "C" fn rmnet_mhi_exit() {
            // SAFETY: `module.c` calls this once, from module_exit.
            unsafe { MODULE.exit() }
        }
    };
}
