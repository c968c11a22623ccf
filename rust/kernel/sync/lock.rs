// SPDX-License-Identifier: GPL-2.0-only
//! Spin locks shared with softirqs: taking one disables bottom halves.

use crate::alloc::KBox;
use crate::error::Result;
use crate::types::Opaque;
use core::cell::UnsafeCell;
use core::ffi::CStr;
use core::marker::PhantomData;
use core::ops::{Deref, DerefMut};

/// What lockdep knows a lock by; one static for each `new_spinlock!`.
#[repr(transparent)]
pub struct LockClassKey(Opaque<bindings::lock_class_key>);

// SAFETY: Only lockdep touches it, under its own locks.
unsafe impl Sync for LockClassKey {}

impl LockClassKey {
    /// A key not yet seen by lockdep.
    #[allow(clippy::new_without_default)]
    pub const fn new() -> Self {
        LockClassKey(Opaque::zeroed())
    }
}

/// A value behind `spin_lock_bh`. Any context but hard interrupts.
pub struct SpinLock<T>(KBox<Inner<T>>);

struct Inner<T> {
    // The lock's address must not change once it is initialised: it is never moved out of the `KBox`.
    lock: Opaque<bindings::spinlock_t>,
    value: UnsafeCell<T>,
}

// SAFETY: The lock hands the value from thread to thread.
unsafe impl<T: Send> Send for SpinLock<T> {}
// SAFETY: The lock lets one thread at a time see the value.
unsafe impl<T: Send> Sync for SpinLock<T> {}

impl<T> SpinLock<T> {
    /// Use `new_spinlock!`, which makes the key.
    pub fn new(value: T, name: &'static CStr, key: &'static LockClassKey) -> Result<SpinLock<T>> {
        let inner = KBox::new(Inner {
            lock: Opaque::zeroed(),
            value: UnsafeCell::new(value),
        })?;
        // SAFETY: The lock is at its final address; name and key are static.
        unsafe {
            bindings::rust_helper_spin_lock_init(inner.lock.get(), name.as_ptr(), key.0.get())
        };
        Ok(SpinLock(inner))
    }

    /// Waits for the lock, with bottom halves disabled.
    pub fn lock(&self) -> Guard<'_, T> {
        // SAFETY: The lock is initialised.
        unsafe { bindings::rust_helper_spin_lock_bh(self.0.lock.get()) };
        Guard {
            lock: self,
            _not_send: PhantomData,
        }
    }

    /// Waits for the lock where bottom halves are disabled already, as in softirqs and in a device's `start_xmit`; anywhere
    /// else a softirq can wait for it for ever.
    pub fn lock_in_softirq(&self) -> Guard<'_, T, false> {
        // SAFETY: The lock is initialised.
        unsafe { bindings::rust_helper_spin_lock(self.0.lock.get()) };
        Guard {
            lock: self,
            _not_send: PhantomData,
        }
    }
}

/// The lock held. `BH`: bottom halves were disabled with it, and are enabled again with it.
pub struct Guard<'a, T, const BH: bool = true> {
    lock: &'a SpinLock<T>,
    _not_send: PhantomData<*mut ()>,
}

impl<T, const BH: bool> Deref for Guard<'_, T, BH> {
    type Target = T;

    fn deref(&self) -> &T {
        // SAFETY: The lock is held, so nobody else refers to the value mutably.
        unsafe { &*self.lock.0.value.get() }
    }
}

impl<T, const BH: bool> DerefMut for Guard<'_, T, BH> {
    fn deref_mut(&mut self) -> &mut T {
        // SAFETY: The lock is held, and the guard borrowed exclusively.
        unsafe { &mut *self.lock.0.value.get() }
    }
}

impl<T, const BH: bool> Drop for Guard<'_, T, BH> {
    fn drop(&mut self) {
        let lock = self.lock.0.lock.get();
        if BH {
            // SAFETY: This guard took the lock.
            unsafe { bindings::rust_helper_spin_unlock_bh(lock) }
        } else {
            // SAFETY: As above.
            unsafe { bindings::rust_helper_spin_unlock(lock) }
        }
    }
}

/// Makes a `SpinLock` with a lock class of its own: `new_spinlock!(value, c"name")?`.
#[macro_export]
macro_rules! new_spinlock {
    ($value:expr, $name:expr) => {{
        static KEY: $crate::sync::LockClassKey = $crate::sync::LockClassKey::new();
        $crate::sync::SpinLock::new($value, $name, &KEY)
    }};
}
