// SPDX-License-Identifier: GPL-2.0-only
//! Work in the background, in a process's context.

use crate::alloc::KBox;
use crate::error::Result;
use crate::types::Opaque;
use core::cell::UnsafeCell;

/// Something to do again and again.
pub trait Periodic: Send + 'static {
    /// Whether an idle processor is woken for it; if not, it may come later.
    const WAKES: bool;

    /// One run, at most one at a time; returns milliseconds until the next. May sleep.
    fn run(&mut self) -> u32;
}

/// A `Periodic` that runs until this is dropped, which waits for a run under way.
pub struct PeriodicWork<T: Periodic>(KBox<Inner<T>>);

#[repr(C)]
struct Inner<T> {
    // The first member, so that the work's address is the whole's. Never moved out of the `KBox` once it is set up.
    work: Opaque<bindings::delayed_work>,
    /// Only the work itself touches it, and one work never runs twice at a time.
    task: UnsafeCell<T>,
}

// SAFETY: The task is `Send`, and is reached by the running work alone.
unsafe impl<T: Periodic> Send for PeriodicWork<T> {}
// SAFETY: A shared `PeriodicWork` offers nothing.
unsafe impl<T: Periodic> Sync for PeriodicWork<T> {}

const _: () = assert!(core::mem::offset_of!(bindings::delayed_work, work) == 0);

impl<T: Periodic> PeriodicWork<T> {
    /// Starts it; the first run comes after `delay_ms`. May sleep.
    #[optimize(size)]
    pub fn new(task: T, delay_ms: u32) -> Result<Self> {
        let inner = KBox::new(Inner {
            work: Opaque::zeroed(),
            task: UnsafeCell::new(task),
        })?;
        // SAFETY: The work is at its final address, and not queued.
        unsafe {
            bindings::rust_helper_periodic_work_init(inner.work.get(), Some(Self::run), T::WAKES)
        };
        // SAFETY: The work is set up; `drop` cancels it before its memory goes.
        unsafe { bindings::rust_helper_periodic_work_queue(inner.work.get(), delay_ms) };
        Ok(PeriodicWork(inner))
    }

    #[optimize(size)]
    unsafe extern "C" fn run(work: *mut bindings::work_struct) {
        // SAFETY: The work is the first member of a `delayed_work`, and that one of an `Inner<T>`, alive while it runs.
        let inner = unsafe { &*work.cast::<Inner<T>>() };
        // SAFETY: Only this function refers to the task, and the workqueue never runs one work twice at a time.
        let delay_ms = unsafe { &mut *inner.task.get() }.run();
        // SAFETY: The work is set up; a cancellation under way refuses this.
        unsafe { bindings::rust_helper_periodic_work_queue(inner.work.get(), delay_ms) };
    }
}

impl<T: Periodic> Drop for PeriodicWork<T> {
    fn drop(&mut self) {
        // SAFETY: The work is set up. It neither runs nor is queued once this returns.
        unsafe { bindings::rust_helper_periodic_work_cancel(self.0.work.get()) };
    }
}
