// SPDX-License-Identifier: GPL-2.0-only
//! Socket buffers: owned packets.

use crate::error::{code::*, to_result, Result};
use core::ffi::c_int;
use core::mem::ManuallyDrop;
use core::ptr::NonNull;

/// A packet, owned: dropping it frees it as lost.
pub struct SkBuff(NonNull<bindings::sk_buff>);

// SAFETY: A packet belongs to no thread.
unsafe impl Send for SkBuff {}

/// Where the modem is to put a checksum that the stack left to do; offsets from the packet's start.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PartialChecksum {
    /// The first byte that the sum covers.
    pub start: u32,
    /// Where the sum goes, from `start`.
    pub offset: u32,
}

/// How a packet is to be cut into several.
pub struct Gso<'a> {
    /// Network and transport header.
    pub headers: &'a [u8],
    /// Where the transport header begins.
    pub transport: usize,
    /// TCP or UDP, by IP's number.
    pub protocol: u8,
    /// Bytes of data in all, behind the headers.
    pub data: usize,
    /// Bytes of data for each packet but the last.
    pub size: usize,
    /// Whether the packets share one IPv4 identification.
    pub fixed_id: bool,
}

impl SkBuff {
    /// # Safety
    ///
    /// `ptr` is a valid buffer that nobody else owns.
    pub(super) unsafe fn from_raw(ptr: *mut bindings::sk_buff) -> SkBuff {
        // SAFETY: By the caller's promise `ptr` is not null.
        SkBuff(unsafe { NonNull::new_unchecked(ptr) })
    }

    pub(super) fn into_raw(self) -> *mut bindings::sk_buff {
        ManuallyDrop::new(self).0.as_ptr()
    }

    pub(super) fn as_raw(&self) -> *mut bindings::sk_buff {
        self.0.as_ptr()
    }

    /// The packet's length in bytes.
    #[allow(clippy::len_without_is_empty)]
    pub fn len(&self) -> usize {
        // SAFETY: `self` is valid.
        unsafe { bindings::rust_helper_skb_len(self.as_raw()) as usize }
    }

    /// The protocol, as an `ETH_P_...` number.
    pub fn protocol(&self) -> u16 {
        // SAFETY: `self` is valid.
        unsafe { bindings::rust_helper_skb_protocol(self.as_raw()) }
    }

    /// The checksum that the stack left to do, if it left one.
    pub fn partial_checksum(&self) -> Option<PartialChecksum> {
        // SAFETY: `self` is valid.
        unsafe {
            bindings::rust_helper_skb_checksum_partial(self.as_raw()).then(|| PartialChecksum {
                start: bindings::rust_helper_skb_csum_start(self.as_raw()),
                offset: bindings::rust_helper_skb_csum_offset(self.as_raw()),
            })
        }
    }

    /// Does the checksum that the stack left to do.
    pub fn complete_checksum(&mut self) -> Result {
        // SAFETY: `self` is valid and has a checksum left to do, else nothing happens.
        to_result(unsafe { bindings::skb_checksum_help(self.as_raw()) })
    }

    /// Copies bytes of the packet from `offset` on, as many as `to` takes; an error if it ends before.
    pub fn copy_to(&self, offset: usize, to: &mut [u8]) -> Result {
        let offset = c_int::try_from(offset).map_err(|_| EINVAL)?;
        let len = c_int::try_from(to.len()).map_err(|_| EINVAL)?;
        // SAFETY: `to` is `len` bytes long; the function checks the packet's length.
        to_result(unsafe {
            bindings::skb_copy_bits(self.as_raw(), offset, to.as_mut_ptr().cast(), len)
        })
    }

    /// Whether the packet is to be cut into several.
    pub fn is_gso(&self) -> bool {
        // SAFETY: `self` is valid.
        unsafe { bindings::rust_helper_skb_is_gso(self.as_raw()) }
    }

    /// How a packet for which `is_gso` holds is to be cut; `None` if it is of a kind that no device of ours offers.
    pub fn gso(&self) -> Option<Gso<'_>> {
        let mut gso = bindings::rust_gso::default();
        // SAFETY: `self` is valid.
        if !unsafe { bindings::rust_helper_skb_gso(self.as_raw(), &mut gso) } {
            return None;
        }
        // SAFETY: The helper found that so many bytes are linear, and nobody writes to them while `self` is borrowed.
        let headers = unsafe {
            core::slice::from_raw_parts(
                bindings::rust_helper_skb_data(self.as_raw()).cast(),
                gso.headers as usize,
            )
        };
        Some(Gso {
            headers,
            transport: gso.transport as usize,
            protocol: gso.protocol,
            data: self.len().checked_sub(headers.len())?,
            size: gso.size as usize,
            fixed_id: gso.fixed_id,
        })
    }

    /// Frees the packet as sent or delivered.
    pub fn consume(self) {
        // SAFETY: The packet is ours.
        unsafe { bindings::rust_helper_consume_skb(self.into_raw()) }
    }
}

impl Drop for SkBuff {
    fn drop(&mut self) {
        // SAFETY: The packet is ours.
        unsafe { bindings::rust_helper_kfree_skb(self.as_raw()) }
    }
}
