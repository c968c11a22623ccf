// SPDX-License-Identifier: GPL-2.0-only
//! Types that the abstractions are made of: memory that C owns, references that C counts, data that C carries.

use core::cell::UnsafeCell;
use core::ffi::c_void;
use core::marker::PhantomData;
use core::mem::{ManuallyDrop, MaybeUninit};
use core::ops::Deref;
use core::ptr::NonNull;

/// Memory of a C structure: may be uninitialised, aliased and changed by C at any time.
#[repr(transparent)]
pub struct Opaque<T>(UnsafeCell<MaybeUninit<T>>);

impl<T> Opaque<T> {
    /// All bytes zero, as kernel structures start.
    pub const fn zeroed() -> Self {
        Opaque(UnsafeCell::new(MaybeUninit::zeroed()))
    }

    /// The pointer that C functions take.
    pub const fn get(&self) -> *mut T {
        self.0.get().cast()
    }
}

/// A type whose instances carry a reference count of the kernel's.
///
/// # Safety
///
/// While at least one reference is held the instance stays valid, on any thread.
pub unsafe trait AlwaysRefCounted {
    /// Takes one more reference.
    fn inc_ref(&self);

    /// Gives one reference back.
    ///
    /// # Safety
    ///
    /// The caller owns the reference, and does not use the instance afterwards by it.
    unsafe fn dec_ref(obj: NonNull<Self>);
}

/// An owned reference to a reference-counted instance.
pub struct ARef<T: AlwaysRefCounted> {
    ptr: NonNull<T>,
    _owns: PhantomData<T>,
}

// SAFETY: `T` may be used and released from any thread when it is `Sync` and `Send`.
unsafe impl<T: AlwaysRefCounted + Sync + Send> Send for ARef<T> {}
// SAFETY: As above; a shared `ARef` gives only `&T`.
unsafe impl<T: AlwaysRefCounted + Sync + Send> Sync for ARef<T> {}

impl<T: AlwaysRefCounted> ARef<T> {
    /// Takes over a reference that the caller owns.
    ///
    /// # Safety
    ///
    /// The caller owns one reference to `*ptr`, which this call takes from it.
    pub unsafe fn from_raw(ptr: NonNull<T>) -> Self {
        ARef {
            ptr,
            _owns: PhantomData,
        }
    }

    /// Leaves the reference to the caller, as a pointer.
    pub fn into_raw(self) -> NonNull<T> {
        ManuallyDrop::new(self).ptr
    }
}

impl<T: AlwaysRefCounted> From<&T> for ARef<T> {
    fn from(value: &T) -> Self {
        value.inc_ref();
        // SAFETY: The reference just taken is ours.
        unsafe { Self::from_raw(NonNull::from(value)) }
    }
}

impl<T: AlwaysRefCounted> Clone for ARef<T> {
    fn clone(&self) -> Self {
        Self::from(&**self)
    }
}

impl<T: AlwaysRefCounted> Deref for ARef<T> {
    type Target = T;

    fn deref(&self) -> &T {
        // SAFETY: The reference that `self` owns keeps the instance valid.
        unsafe { self.ptr.as_ref() }
    }
}

impl<T: AlwaysRefCounted> Drop for ARef<T> {
    fn drop(&mut self) {
        // SAFETY: The reference is ours and not used afterwards.
        unsafe { T::dec_ref(self.ptr) }
    }
}

/// Data that C carries behind a `void *`.
pub trait ForeignOwnable: Sized {
    /// What callbacks see of it.
    type Borrowed<'a>;

    /// Hands ownership to C.
    fn into_foreign(self) -> *mut c_void;

    /// Takes ownership back.
    ///
    /// # Safety
    ///
    /// `ptr` comes from `into_foreign`, is taken back once, and is not borrowed now.
    unsafe fn from_foreign(ptr: *mut c_void) -> Self;

    /// Borrows what C carries.
    ///
    /// # Safety
    ///
    /// `ptr` comes from `into_foreign` and is not taken back while `'a` lasts.
    unsafe fn borrow<'a>(ptr: *mut c_void) -> Self::Borrowed<'a>;
}

impl<T: AlwaysRefCounted + 'static> ForeignOwnable for ARef<T> {
    type Borrowed<'a> = &'a T;

    fn into_foreign(self) -> *mut c_void {
        self.into_raw().as_ptr().cast()
    }

    unsafe fn from_foreign(ptr: *mut c_void) -> Self {
        // SAFETY: By the caller's promise `ptr` is the pointer that `into_raw` gave, with its reference.
        unsafe { Self::from_raw(NonNull::new_unchecked(ptr.cast())) }
    }

    unsafe fn borrow<'a>(ptr: *mut c_void) -> &'a T {
        // SAFETY: By the caller's promise the reference is held by C while `'a` lasts.
        unsafe { &*ptr.cast::<T>() }
    }
}
