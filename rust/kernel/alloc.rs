// SPDX-License-Identifier: GPL-2.0-only
//! Fallible allocation: one value (`KBox`), or a vector whose capacity is fixed when it is made (`KVec`).

use crate::error::{code::ENOMEM, Result};
use crate::types::ForeignOwnable;
use core::ffi::c_void;
use core::mem::ManuallyDrop;
use core::ops::{Deref, DerefMut};
use core::ptr::NonNull;

/// An owned value in kernel memory. Allocates with `GFP_KERNEL`: process context only.
pub struct KBox<T>(NonNull<T>);

// SAFETY: A `KBox` owns its value as `T` itself would.
unsafe impl<T: Send> Send for KBox<T> {}
// SAFETY: As above.
unsafe impl<T: Sync> Sync for KBox<T> {}

impl<T> KBox<T> {
    /// Moves `value` into new memory; `ENOMEM` if there is none.
    pub fn new(value: T) -> Result<KBox<T>> {
        let memory = allocate::<T>(1)?;
        // SAFETY: `memory` is valid for one `T`, aligned and unaliased.
        unsafe { memory.write(value) };
        Ok(KBox(memory))
    }

    /// Leaves the value to the caller, as a pointer for `from_raw`.
    pub fn into_raw(self) -> NonNull<T> {
        ManuallyDrop::new(self).0
    }

    /// Takes a value back.
    ///
    /// # Safety
    ///
    /// `ptr` comes from `into_raw` and nothing else refers to the value.
    pub unsafe fn from_raw(ptr: NonNull<T>) -> Self {
        KBox(ptr)
    }
}

impl<T> Deref for KBox<T> {
    type Target = T;

    fn deref(&self) -> &T {
        // SAFETY: The value is initialised and owned by `self`.
        unsafe { self.0.as_ref() }
    }
}

impl<T> DerefMut for KBox<T> {
    fn deref_mut(&mut self) -> &mut T {
        // SAFETY: As above, and `self` is borrowed exclusively.
        unsafe { self.0.as_mut() }
    }
}

impl<T> Drop for KBox<T> {
    fn drop(&mut self) {
        // SAFETY: The value is initialised, and not used afterwards.
        unsafe { self.0.drop_in_place() };
        // SAFETY: The memory comes from `allocate`.
        unsafe { bindings::rust_helper_free(self.0.as_ptr().cast()) }
    }
}

impl<T: 'static> ForeignOwnable for KBox<T> {
    type Borrowed<'a> = &'a T;

    fn into_foreign(self) -> *mut c_void {
        self.into_raw().as_ptr().cast()
    }

    unsafe fn from_foreign(ptr: *mut c_void) -> Self {
        // SAFETY: By the caller's promise `ptr` comes from `into_raw` and is not borrowed.
        unsafe { Self::from_raw(NonNull::new_unchecked(ptr.cast())) }
    }

    unsafe fn borrow<'a>(ptr: *mut c_void) -> &'a T {
        // SAFETY: By the caller's promise the value stays with C while `'a` lasts.
        unsafe { &*ptr.cast::<T>() }
    }
}

/// A vector that never grows past the capacity it was made with.
///
/// # Invariants
///
/// `ptr` is valid for `capacity` elements, of which the first `len <= capacity` are initialised.
pub struct KVec<T> {
    ptr: NonNull<T>,
    len: usize,
    capacity: usize,
}

// SAFETY: A `KVec` owns its elements as an array would.
unsafe impl<T: Send> Send for KVec<T> {}
// SAFETY: As above.
unsafe impl<T: Sync> Sync for KVec<T> {}

impl<T> KVec<T> {
    /// An empty vector with room for `capacity` elements; `ENOMEM` if there is no memory. May sleep.
    pub fn with_capacity(capacity: usize) -> Result<KVec<T>> {
        let ptr = allocate::<T>(capacity)?;
        // INVARIANT: No element is initialised yet.
        Ok(KVec {
            ptr,
            len: 0,
            capacity,
        })
    }

    /// Appends an element, or gives it back when the vector is full.
    pub fn push(&mut self, value: T) -> Result<(), T> {
        if self.len == self.capacity {
            return Err(value);
        }
        // SAFETY: `len < capacity`, so the slot is inside the allocation and not initialised.
        unsafe { self.ptr.add(self.len).write(value) };
        // INVARIANT: The slot just written is initialised.
        self.len += 1;
        Ok(())
    }

    /// Takes the last element.
    pub fn pop(&mut self) -> Option<T> {
        self.len = self.len.checked_sub(1)?;
        // SAFETY: The slot was initialised, and by the new `len` nobody reads it again.
        Some(unsafe { self.ptr.add(self.len).read() })
    }
}

impl<T> Deref for KVec<T> {
    type Target = [T];

    fn deref(&self) -> &[T] {
        // SAFETY: The first `len` elements are initialised.
        unsafe { core::slice::from_raw_parts(self.ptr.as_ptr(), self.len) }
    }
}

impl<T> DerefMut for KVec<T> {
    fn deref_mut(&mut self) -> &mut [T] {
        // SAFETY: As above, and `self` is borrowed exclusively.
        unsafe { core::slice::from_raw_parts_mut(self.ptr.as_ptr(), self.len) }
    }
}

impl<T> Drop for KVec<T> {
    fn drop(&mut self) {
        while self.pop().is_some() {}
        // SAFETY: The memory comes from `allocate`.
        unsafe { bindings::rust_helper_free(self.ptr.as_ptr().cast()) }
    }
}

/// Zeroed memory for `count` values, aligned as the allocator aligns (at least 8 bytes).
fn allocate<T>(count: usize) -> Result<NonNull<T>> {
    const { assert!(core::mem::align_of::<T>() <= 8) };
    let bytes = core::mem::size_of::<T>()
        .checked_mul(count)
        .ok_or(ENOMEM)?
        .max(1);
    // SAFETY: No preconditions beyond process context, which callers are told.
    let memory = unsafe { bindings::rust_helper_alloc(bytes, true) };
    NonNull::new(memory.cast()).ok_or(ENOMEM)
}
