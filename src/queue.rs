// SPDX-License-Identifier: GPL-2.0-only
//! A first-in first-out queue of fixed size: what the modem gave back and the poll has not seen yet, or what it still has.

use kernel::prelude::*;

/// A ring of slots.
pub(crate) struct Queue<T> {
    slots: KVec<Option<T>>,
    first: usize,
    len: usize,
}

impl<T> Queue<T> {
    /// An empty queue for at most `size` values.
    pub(crate) fn new(size: usize) -> Result<Queue<T>> {
        let mut slots = KVec::with_capacity(size)?;
        while slots.push(None).is_ok() {}
        Ok(Queue {
            slots,
            first: 0,
            len: 0,
        })
    }

    /// Appends a value, or gives it back when the queue is full.
    pub(crate) fn push(&mut self, value: T) -> Result<(), T> {
        if self.len >= self.slots.len() {
            return Err(value);
        }
        let index = self.wrap(self.first.wrapping_add(self.len));
        match self.slots.get_mut(index) {
            Some(slot) => *slot = Some(value),
            None => return Err(value),
        }
        self.len = self.len.wrapping_add(1);
        Ok(())
    }

    /// Takes the oldest value.
    pub(crate) fn pop(&mut self) -> Option<T> {
        self.len = self.len.checked_sub(1)?;
        let value = self.slots.get_mut(self.first).and_then(Option::take);
        self.first = self.wrap(self.first.wrapping_add(1));
        value
    }

    /// Takes the newest value.
    pub(crate) fn pop_back(&mut self) -> Option<T> {
        let len = self.len.checked_sub(1)?;
        let index = self.wrap(self.first.wrapping_add(len));
        self.len = len;
        self.slots.get_mut(index).and_then(Option::take)
    }

    /// The newest value.
    pub(crate) fn back(&self) -> Option<&T> {
        let len = self.len.checked_sub(1)?;
        let index = self.wrap(self.first.wrapping_add(len));
        self.slots.get(index)?.as_ref()
    }

    /// How many values there are.
    pub(crate) fn len(&self) -> usize {
        self.len
    }

    /// How many more it takes.
    pub(crate) fn room(&self) -> usize {
        self.slots.len().saturating_sub(self.len)
    }

    /// All values, in no particular order.
    pub(crate) fn iter_mut(&mut self) -> impl Iterator<Item = &mut T> {
        self.slots.iter_mut().filter_map(Option::as_mut)
    }

    fn wrap(&self, index: usize) -> usize {
        index.checked_sub(self.slots.len()).unwrap_or(index)
    }
}
