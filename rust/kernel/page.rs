// SPDX-License-Identifier: GPL-2.0-only
//! Physically contiguous buffers that a device can read and write, and that socket buffers can share.

use crate::error::{code::ENOMEM, Result};
use core::ffi::c_void;
use core::mem::ManuallyDrop;
use core::ptr::NonNull;

/// A transfer's length is 16 bits wide.
const _: () = assert!(bindings::PAGE_SIZE <= 1 << 15);

/// One compound page, owned.
///
/// # Invariants
///
/// `address` is the kernel address of a compound page of `size` bytes, of which one reference is ours. Nobody else
/// reads or writes it, unless this value was given up by `net::Splitter` or to a device.
pub struct Pages {
    address: NonNull<u8>,
    size: usize,
}

// SAFETY: A page belongs to no thread.
unsafe impl Send for Pages {}
// SAFETY: Shared access only reads.
unsafe impl Sync for Pages {}

impl Pages {
    /// Allocates at least `bytes`, rounded up to a power of two pages; `may_sleep` only in process context.
    pub fn new(bytes: usize, may_sleep: bool) -> Result<Pages> {
        let pages = bytes.div_ceil(bindings::PAGE_SIZE as usize).max(1);
        let order = pages
            .checked_next_power_of_two()
            .ok_or(ENOMEM)?
            .trailing_zeros();
        // SAFETY: No preconditions beyond the context, which callers are told.
        let address = unsafe { bindings::rust_helper_pages_alloc(order, may_sleep) };
        let address = NonNull::new(address.cast::<u8>()).ok_or(ENOMEM)?;
        // INVARIANT: A fresh compound page of that order, with its one reference.
        Ok(Pages {
            address,
            size: (bindings::PAGE_SIZE as usize) << order,
        })
    }

    /// How many bytes it holds.
    pub fn size(&self) -> usize {
        self.size
    }

    /// Its bytes. They may hold anything an earlier user left.
    pub fn as_slice(&self) -> &[u8] {
        // SAFETY: By the invariant the memory is ours and `size` bytes long.
        unsafe { core::slice::from_raw_parts(self.address.as_ptr(), self.size) }
    }

    /// Its bytes, to fill.
    pub fn as_mut_slice(&mut self) -> &mut [u8] {
        // SAFETY: As above, and `self` is borrowed exclusively.
        unsafe { core::slice::from_raw_parts_mut(self.address.as_ptr(), self.size) }
    }

    pub(crate) fn address(&self) -> *mut c_void {
        self.address.as_ptr().cast()
    }

    /// Leaves the page to a device, for `give_back`.
    pub(crate) fn lend(self) -> *mut c_void {
        let address = self.into_raw();
        // SAFETY: The page is ours, whose private field nobody uses.
        unsafe { bindings::rust_helper_pages_lend(address) };
        address
    }

    /// Takes a page back from a device; `None` if the device does not have it: whoever says so may be wrong.
    ///
    /// # Safety
    ///
    /// `address` is null or came from `lend` once, and if the device has the page, it does not use it any more.
    pub(crate) unsafe fn give_back(address: *mut c_void) -> Option<Pages> {
        // SAFETY: The address is that of a page, maybe somebody else's by now: then it does not bear our mark, and is left alone.
        let lent = !address.is_null() && unsafe { bindings::rust_helper_pages_return(address) };
        // SAFETY: The mark was set by `lend` and has just been taken off, so that the reference that `lend` left is taken back once.
        lent.then(|| unsafe { Self::from_raw(address) })
    }

    /// Leaves the page to a device or to C, for `from_raw`.
    pub(crate) fn into_raw(self) -> *mut c_void {
        ManuallyDrop::new(self).address()
    }

    /// Takes a page back.
    ///
    /// # Safety
    ///
    /// `address` comes from `into_raw` and nobody uses the page any more.
    pub(crate) unsafe fn from_raw(address: *mut c_void) -> Pages {
        // SAFETY: `address` is the address of a compound page.
        let size = unsafe { bindings::rust_helper_pages_size(address) };
        // SAFETY: `into_raw` gave a non-null pointer.
        let address = unsafe { NonNull::new_unchecked(address.cast()) };
        // INVARIANT: The reference that `into_raw` left is ours again.
        Pages { address, size }
    }
}

impl Drop for Pages {
    fn drop(&mut self) {
        // SAFETY: The reference is ours.
        unsafe { bindings::rust_helper_pages_put(self.address()) }
    }
}

/// A page of ours that others may still use, read-only.
///
/// # Invariants
///
/// As `Pages`, but others may hold references and read.
pub struct Lent(Pages);

impl Lent {
    pub(crate) fn new(pages: Pages) -> Lent {
        Lent(pages)
    }

    /// Takes the page back, if nobody else has it any more and it is as good as a fresh one: near, and not of the reserves.
    pub fn reclaim(self) -> Result<Pages, Lent> {
        // SAFETY: The page is valid, since one reference is ours.
        if unsafe { bindings::rust_helper_pages_are_ours(self.0.address()) } {
            // INVARIANT: Ours is the only reference, and only who has one can take another.
            Ok(self.0)
        } else {
            Err(self)
        }
    }
}
