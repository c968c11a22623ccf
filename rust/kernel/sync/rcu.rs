// SPDX-License-Identifier: GPL-2.0-only
//! Read-copy-update: a table of references that readers look up without a lock.

use crate::alloc::KVec;
use crate::error::{code::EINVAL, Result};
use crate::net::rtnl::Rtnl;
use crate::types::{ARef, AlwaysRefCounted};
use core::marker::PhantomData;
use core::ptr::{null_mut, NonNull};
use core::sync::atomic::{AtomicPtr, Ordering};

/// Evidence that an RCU read-side critical section lasts.
pub struct Guard(PhantomData<*mut ()>);

/// Starts a read-side critical section: no sleeping while the guard lives.
pub fn read_lock() -> Guard {
    // SAFETY: No preconditions.
    unsafe { bindings::rust_helper_rcu_read_lock() };
    Guard(PhantomData)
}

impl Drop for Guard {
    fn drop(&mut self) {
        // SAFETY: `read_lock` started the section.
        unsafe { bindings::rust_helper_rcu_read_unlock() }
    }
}

/// A fixed number of slots, each empty or holding a reference. Written under rtnl, read under RCU.
///
/// # Invariants
///
/// A slot is null or a pointer from `ARef::into_raw` whose reference the slot owns; it is given back only after a
/// grace period that began when the slot was changed.
pub struct Table<T: AlwaysRefCounted> {
    slots: KVec<AtomicPtr<T>>,
}

impl<T: AlwaysRefCounted> Table<T> {
    /// A table of `size` empty slots.
    pub fn new(size: usize) -> Result<Table<T>> {
        let mut slots = KVec::with_capacity(size)?;
        while slots.push(AtomicPtr::new(null_mut())).is_ok() {}
        // INVARIANT: All slots are null.
        Ok(Table { slots })
    }

    /// What slot `index` holds, for as long as the guard lives.
    pub fn get<'g>(&self, index: usize, _guard: &'g Guard) -> Option<&'g T> {
        // ORDERING: Acquire pairs with the release in `replace`: the value is seen as it was when it was put in.
        let value = self.slots.get(index)?.load(Ordering::Acquire);
        // SAFETY: By the invariant a non-null slot's reference outlives this critical section.
        unsafe { value.as_ref() }
    }

    /// The values in all filled slots, for as long as the guard lives.
    pub fn iter<'g>(&'g self, guard: &'g Guard) -> impl Iterator<Item = &'g T> {
        (0..self.slots.len()).filter_map(move |index| self.get(index, guard))
    }

    /// A reference to what slot `index` holds.
    pub fn get_ref(&self, index: usize) -> Option<ARef<T>> {
        let guard = read_lock();
        self.get(index, &guard).map(ARef::from)
    }

    /// Whether slot `index` holds something.
    pub fn is_filled(&self, index: usize) -> bool {
        self.slots
            .get(index)
            .is_some_and(|slot| !slot.load(Ordering::Relaxed).is_null())
    }

    /// How many slots there are.
    pub fn size(&self) -> usize {
        self.slots.len()
    }

    /// Puts `value` into a slot. What it held before is released after all readers are done: may sleep.
    pub fn replace(&self, index: usize, value: Option<ARef<T>>, _rtnl: &Rtnl) -> Result {
        let slot = self.slots.get(index).ok_or(EINVAL)?;
        let new = value.map_or(null_mut(), |value| value.into_raw().as_ptr());
        // ORDERING: Release publishes the value's initialisation; see `get`.
        // INVARIANT: The slot owns the reference of `new`; that of `old` is ours.
        if let Some(old) = NonNull::new(slot.swap(new, Ordering::AcqRel)) {
            // SAFETY: Process context with rtnl held. Nobody keeps a `Guard` over a call that takes rtnl, since that sleeps.
            unsafe { bindings::synchronize_net() };
            // SAFETY: The slot's reference is ours, and a grace period has passed.
            drop(unsafe { ARef::from_raw(old) });
        }
        Ok(())
    }
}

impl<T: AlwaysRefCounted> Drop for Table<T> {
    fn drop(&mut self) {
        for slot in self.slots.iter() {
            if let Some(value) = NonNull::new(slot.load(Ordering::Acquire)) {
                // SAFETY: `&mut self`: no reader is left, and the slot's reference is ours.
                drop(unsafe { ARef::from_raw(value) });
            }
        }
    }
}
