// SPDX-License-Identifier: GPL-2.0-only
//! Socket buffers: owned packets, and packets cut out of a received buffer without copying.

use super::device::{Device, Operations};
use super::napi::Napi;
use crate::error::{code::*, to_result, Result};
use crate::page::Pages;
use crate::sync::rcu;
use crate::types::Opaque;
use core::marker::PhantomData;
use core::mem::ManuallyDrop;
use core::ops::Range;
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

/// Packets set up for reception, whose devices stay while `'g` lasts.
pub struct SkBuffList<'g> {
    // INVARIANT: Initialised where it lies by `deliver`, the only maker of lists, which lends it out only by reference.
    head: Opaque<bindings::sk_buff_head>,
    _guard: PhantomData<&'g rcu::Guard>,
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

/// Cuts packets out of one received buffer.
pub struct Splitter<'a, 'g> {
    pages: &'a Pages,
    len: usize,
    napi: &'a Napi,
    list: &'a mut SkBuffList<'g>,
}

impl Pages {
    /// Gives the buffer up: `f` cuts its first `len` bytes into packets for `list`, which share it.
    pub fn split<'g>(
        self,
        len: usize,
        napi: &Napi,
        _guard: &'g rcu::Guard,
        list: &mut SkBuffList<'g>,
        f: impl for<'a> FnOnce(Splitter<'a, 'g>),
    ) {
        let len = len.min(self.size());
        // The packets made are in the list, where nobody can write to the shared bytes, until `f` has returned and with
        // it every borrow of the bytes has ended. `self` is dropped then: it cannot be split twice.
        f(Splitter {
            pages: &self,
            len,
            napi,
            list,
        });
    }
}

impl<'a, 'g> Splitter<'a, 'g> {
    /// The received bytes.
    pub fn bytes(&self) -> &'a [u8] {
        self.pages.as_slice().get(..self.len).unwrap_or_default()
    }

    /// The memory that the buffer takes, in bytes.
    pub fn size(&self) -> usize {
        self.pages.size()
    }

    /// Makes a packet for `dev`; `ENOMEM` without memory, `EINVAL` if it does not lie in the received bytes.
    pub fn packet<T: Operations>(&mut self, dev: &'g Device<T>, packet: Packet) -> Result {
        let bytes = self.bytes().get(packet.range.clone()).ok_or(EINVAL)?;
        let copy = packet.copy.min(bytes.len());
        let (head, rest) = bytes.split_at_checked(copy).ok_or(EINVAL)?;
        // SAFETY: Called from the poll of this NAPI.
        let skb = unsafe { bindings::rust_helper_napi_alloc_skb(self.napi.as_raw(), copy as u32) };
        // SAFETY: The buffer is fresh and ours.
        let skb = SkBuff(NonNull::new(skb).ok_or(ENOMEM)?);
        // SAFETY: The buffer is valid; the helper returns null when there is no room.
        let to = unsafe { bindings::rust_helper_skb_put(skb.as_raw(), copy as u32) };
        let to = NonNull::new(to.cast::<u8>()).ok_or(ENOMEM)?;
        // SAFETY: `to` is `copy` bytes of the fresh buffer, `head` as many of the received one.
        unsafe { core::ptr::copy_nonoverlapping(head.as_ptr(), to.as_ptr(), copy) };
        if !rest.is_empty() {
            let offset = packet.range.start.checked_add(copy).ok_or(EINVAL)?;
            // SAFETY: `rest` lies at `offset` in the compound page, of which the packet takes a reference.
            unsafe {
                bindings::rust_helper_skb_add_frag(
                    skb.as_raw(),
                    self.pages.address(),
                    offset,
                    rest.len(),
                    packet.truesize,
                )
            };
        }
        self.list
            .push(skb, dev, packet.protocol, packet.checksummed);
        Ok(())
    }
}

impl<'g> SkBuffList<'g> {
    /// Calls `f` with an empty list, then hands the packets in it to the stack, merging those of one flow. Only from
    /// the poll of `napi`.
    pub fn deliver(napi: &Napi, _guard: &'g rcu::Guard, f: impl FnOnce(&mut SkBuffList<'g>)) {
        let mut list = SkBuffList {
            head: Opaque::zeroed(),
            _guard: PhantomData,
        };
        // SAFETY: The head is ours; it does not move before it is empty again, at the end of this function.
        unsafe { bindings::rust_helper_skb_queue_head_init(list.head.get()) };
        f(&mut list);
        while let Some(skb) = list.pop() {
            // SAFETY: The buffer is ours to give and set up for reception; its device stays while the guard lives.
            unsafe { bindings::rust_helper_napi_gro_receive(napi.as_raw(), skb.into_raw()) };
        }
    }

    fn push<T: Operations>(
        &mut self,
        skb: SkBuff,
        dev: &'g Device<T>,
        protocol: u16,
        checksummed: bool,
    ) {
        // SAFETY: The buffer and the device are valid, the device while `'g` lasts.
        unsafe {
            bindings::rust_helper_skb_receive_setup(
                skb.as_raw(),
                dev.as_raw(),
                protocol.to_be(),
                checksummed,
            )
        };
        // SAFETY: The head is initialised; the list takes the buffer over.
        unsafe { bindings::rust_helper_skb_queue_tail(self.head.get(), skb.into_raw()) }
    }

    fn pop(&mut self) -> Option<SkBuff> {
        // SAFETY: The head is initialised; the buffer taken out is ours.
        NonNull::new(unsafe { bindings::rust_helper_skb_dequeue(self.head.get()) }).map(SkBuff)
    }
}
