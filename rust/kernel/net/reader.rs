// SPDX-License-Identifier: GPL-2.0-only
//! A packet's bytes, copied from front to back wherever its pieces lie.

use super::skbuff::SkBuff;
use crate::error::{code::*, Result};
use core::marker::PhantomData;

/// How far a packet has been read.
///
/// # Invariants
///
/// `raw` was set up for a packet that is borrowed while `'a` lasts; `raw.data` points to `raw.left` bytes of it, and
/// `raw.offset` is at most `raw.len`.
pub struct Reader<'a> {
    raw: bindings::rust_skb_reader,
    _packet: PhantomData<&'a SkBuff>,
}

impl SkBuff {
    /// The packet's bytes, from the first on.
    #[inline]
    pub fn reader(&self) -> Reader<'_> {
        let mut raw = bindings::rust_skb_reader::default();
        // SAFETY: `self` is valid.
        unsafe { bindings::rust_helper_skb_reader_init(&mut raw, self.as_raw()) };
        // INVARIANT: The helper has set it up, and nobody changes the packet while `self` is borrowed.
        Reader {
            raw,
            _packet: PhantomData,
        }
    }
}

impl Reader<'_> {
    /// Bytes of the whole packet.
    #[allow(clippy::len_without_is_empty)]
    pub fn len(&self) -> usize {
        self.raw.len as usize
    }

    /// Copies the next bytes, as many as `to` takes; `EINVAL` if the packet ends before.
    #[inline]
    pub fn read(&mut self, to: &mut [u8]) -> Result {
        let len = u32::try_from(to.len()).map_err(|_| EINVAL)?;
        let rest = self.raw.len.checked_sub(self.raw.offset);
        if rest.is_none_or(|rest| len > rest) {
            return Err(EINVAL);
        }
        if len <= self.raw.left {
            // SAFETY: By the invariant and the check so many bytes are there; `to` is memory of ours.
            unsafe { core::ptr::copy_nonoverlapping(self.raw.data, to.as_mut_ptr(), to.len()) };
            // SAFETY: As above.
            self.raw.data = unsafe { self.raw.data.add(to.len()) };
            // INVARIANT: What was copied is behind `data` now.
            self.raw.left = self.raw.left.wrapping_sub(len);
            self.raw.offset = self.raw.offset.wrapping_add(len);
            return Ok(());
        }
        // SAFETY: `to` is `len` bytes long; the packet has so many left, and is valid while it is borrowed.
        let read = unsafe {
            bindings::rust_helper_skb_reader_read(&mut self.raw, to.as_mut_ptr().cast(), len)
        };
        read.then_some(()).ok_or(EINVAL)
    }

    /// Passes over the next bytes; `EINVAL` if they are not in the packet's first piece.
    pub fn skip(&mut self, len: usize) -> Result {
        let len = u32::try_from(len).map_err(|_| EINVAL)?;
        let offset = self.raw.offset.checked_add(len);
        let offset = offset
            .filter(|offset| *offset <= self.raw.len)
            .ok_or(EINVAL)?;
        if self.raw.plain {
            let left = self.raw.left.checked_sub(len).ok_or(EINVAL)?;
            // SAFETY: By the invariant `data` points to so many bytes.
            self.raw.data = unsafe { self.raw.data.add(len as usize) };
            self.raw.left = left;
        }
        // INVARIANT: What was passed over is behind `data` now, and `offset` at most `len`.
        self.raw.offset = offset;
        Ok(())
    }
}
