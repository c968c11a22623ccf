// SPDX-License-Identifier: GPL-2.0-only
//! Packets on their way to the stack, cut out of a received buffer without copying.

use super::device::{Device, Operations};
use super::napi::Poll;
use super::skbuff::SkBuff;
use crate::error::{code::*, Result};
use crate::page::{Lent, Pages};
use crate::sync::rcu;
use crate::types::Opaque;
use core::marker::PhantomData;
use core::ops::Range;
use core::ptr::NonNull;

/// One packet set up for reception, whose device stays while `'g` lasts. Its first bytes are its own, the rest may be
/// shared with the buffer that it came in.
///
/// # Invariants
///
/// `head` is the start of the buffer's linear part, `len` bytes long, which nobody else refers to.
pub struct Incoming<'g> {
    skb: SkBuff,
    head: NonNull<u8>,
    len: usize,
    _guard: PhantomData<&'g rcu::Guard>,
}

/// Several TCP packets in one, as `Incoming::set_merged` takes it.
pub struct Merged {
    /// Bytes of data in each but the last.
    pub size: usize,
    /// How many there are.
    pub count: u16,
    /// Where the TCP header begins.
    pub transport: usize,
    /// Whether it is IPv6.
    pub v6: bool,
    /// Whether they share one IPv4 identification.
    pub fixed_id: bool,
}

impl Incoming<'_> {
    /// The bytes that are the packet's own.
    pub fn head(&self) -> &[u8] {
        // SAFETY: By the invariant.
        unsafe { core::slice::from_raw_parts(self.head.as_ptr(), self.len) }
    }

    /// The same, to change.
    pub fn head_mut(&mut self) -> &mut [u8] {
        // SAFETY: By the invariant, and `self` is borrowed exclusively.
        unsafe { core::slice::from_raw_parts_mut(self.head.as_ptr(), self.len) }
    }

    /// Says that the packet is several ones of TCP, each with a right checksum; its own is the pseudo header's sum. `EINVAL`
    /// if its own bytes do not hold the header or the size is beyond 16 bits.
    pub fn set_merged(&mut self, merged: &Merged) -> Result {
        let size = u16::try_from(merged.size).map_err(|_| EINVAL)?;
        let end = merged.transport.checked_add(20).ok_or(EINVAL)?;
        if end > self.len || size == 0 {
            return Err(EINVAL);
        }
        // SAFETY: The buffer is ours, and the TCP header lies in its linear part. CAST: the linear part is short.
        unsafe {
            bindings::rust_helper_skb_merged(
                self.skb.as_raw(),
                size.into(),
                merged.count,
                merged.transport as u32,
                merged.v6,
                merged.fixed_id,
            )
        };
        Ok(())
    }
}

/// Packets for the stack, in order, made in the poll of one NAPI.
pub struct IncomingList<'g> {
    // INVARIANT: Initialised where it lies by `deliver`, the only maker of lists, which lends it out only by reference.
    head: Opaque<bindings::sk_buff_head>,
    // INVARIANT: Being polled while the list lives.
    napi: *mut bindings::napi_struct,
    _guard: PhantomData<&'g rcu::Guard>,
}

impl<'g> IncomingList<'g> {
    /// Calls `f` with an empty list, then hands the packets in it to the stack, which merges those of one flow.
    pub fn deliver<R>(
        poll: &mut Poll<'_>,
        _guard: &'g rcu::Guard,
        f: impl FnOnce(&mut IncomingList<'g>) -> R,
    ) -> R {
        // INVARIANT: A `Poll` exists only within the poll.
        let mut list = IncomingList {
            head: Opaque::zeroed(),
            napi: poll.as_raw(),
            _guard: PhantomData,
        };
        // SAFETY: The head is ours; it does not move before it is empty again, at the end of this function.
        unsafe { bindings::rust_helper_skb_queue_head_init(list.head.get()) };
        let result = f(&mut list);
        while let Some(skb) = list.pop() {
            // SAFETY: The buffer is ours to give and set up for reception; its device stays while the guard lives.
            unsafe { bindings::rust_helper_napi_gro_receive(list.napi, skb.into_raw()) };
        }
        result
    }

    /// Appends a packet.
    pub fn push(&mut self, packet: Incoming<'g>) {
        // SAFETY: The head is initialised; the list takes the buffer over.
        unsafe { bindings::rust_helper_skb_queue_tail(self.head.get(), packet.skb.into_raw()) }
    }

    fn pop(&mut self) -> Option<SkBuff> {
        // SAFETY: The head is initialised; the buffer taken out is ours.
        NonNull::new(unsafe { bindings::rust_helper_skb_dequeue(self.head.get()) })
            // SAFETY: As above.
            .map(|skb| unsafe { SkBuff::from_raw(skb.as_ptr()) })
    }
}

/// One packet of an aggregate, as `Splitter::packet` takes it.
pub struct Packet {
    /// Where it lies in the buffer.
    pub range: Range<usize>,
    /// How many of its bytes to copy to the packet's head: its headers, or all of it. The rest is shared.
    pub copy: usize,
    /// Its `ETH_P_...` number.
    pub protocol: u16,
    /// Whether the modem has verified its checksum.
    pub checksummed: bool,
    /// The memory that its shared part keeps, in bytes.
    pub truesize: u32,
}

/// Cuts packets out of one received buffer, for a list.
pub struct Splitter<'a, 'g> {
    pages: &'a Pages,
    len: usize,
    list: &'a mut IncomingList<'g>,
}

impl Pages {
    /// Gives the buffer up: `f` cuts its first `len` bytes into packets, which share it, for the list or to keep.
    pub fn split<'g, R>(
        self,
        len: usize,
        list: &mut IncomingList<'g>,
        f: impl for<'a> FnOnce(Splitter<'a, 'g>) -> R,
    ) -> (R, Lent) {
        let len = len.min(self.size());
        // What is made are `Incoming`s, which nobody can write to where they are shared; the list that they go to the stack
        // with is borrowed until `f` has returned, and with it every borrow of the bytes has ended. There is no other list
        // meanwhile, since there is one `Poll`.
        let result = f(Splitter {
            pages: &self,
            len,
            list,
        });
        (result, Lent::new(self))
    }
}

impl<'a, 'g> Splitter<'a, 'g> {
    /// The received bytes.
    pub fn bytes(&self) -> &'a [u8] {
        self.pages.as_slice().get(..self.len).unwrap_or_default()
    }

    /// The list that the packets are for.
    pub fn list(&mut self) -> &mut IncomingList<'g> {
        self.list
    }

    /// The memory that the buffer takes, in bytes.
    pub fn size(&self) -> usize {
        self.pages.size()
    }

    /// Makes a packet for `dev`; `ENOMEM` without memory, `EINVAL` if it does not lie in the received bytes.
    pub fn packet<T: Operations>(&self, dev: &'g Device<T>, packet: Packet) -> Result<Incoming<'g>> {
        let bytes = self.bytes().get(packet.range.clone()).ok_or(EINVAL)?;
        let copy = packet.copy.min(bytes.len());
        let (head, rest) = bytes.split_at_checked(copy).ok_or(EINVAL)?;
        // SAFETY: Called from the poll of this NAPI, with a valid device and `copy` bytes to read. CAST: a buffer is short.
        let skb = unsafe {
            bindings::rust_helper_skb_receive(
                self.list.napi,
                dev.as_raw(),
                packet.protocol.to_be(),
                packet.checksummed,
                head.as_ptr().cast(),
                copy as u32,
            )
        };
        let skb = NonNull::new(skb).ok_or(ENOMEM)?;
        // SAFETY: The buffer is fresh and ours.
        let skb = unsafe { SkBuff::from_raw(skb.as_ptr()) };
        // SAFETY: As above.
        let data = unsafe { bindings::rust_helper_skb_data(skb.as_raw()) };
        let head = NonNull::new(data.cast_mut().cast::<u8>()).ok_or(EINVAL)?;
        // INVARIANT: The linear part of the fresh buffer was filled with `copy` bytes.
        let mut incoming = Incoming {
            skb,
            head,
            len: copy,
            _guard: PhantomData,
        };
        if !rest.is_empty() {
            let start = packet.range.start.checked_add(copy).ok_or(EINVAL)?;
            self.extend(&mut incoming, start..packet.range.end, packet.truesize)?;
        }
        Ok(incoming)
    }

    /// Makes more received bytes the end of a packet, which shares them and keeps `truesize` bytes of memory for it; `ENOBUFS`
    /// if it has as many pieces as one can have, `EINVAL` if the bytes were not received. It is as it was then.
    pub fn extend(&self, packet: &mut Incoming<'g>, range: Range<usize>, truesize: u32) -> Result {
        let bytes = self.bytes().get(range.clone()).ok_or(EINVAL)?;
        // SAFETY: `bytes` lies at `range.start` in the compound page, of which the packet takes a reference.
        let added = unsafe {
            bindings::rust_helper_skb_add_frag(
                packet.skb.as_raw(),
                self.pages.address(),
                range.start,
                bytes.len(),
                truesize,
            )
        };
        if added {
            Ok(())
        } else {
            Err(ENOBUFS)
        }
    }
}
