// SPDX-License-Identifier: GPL-2.0-only
//! Work in the background, in a process's context.

use crate::alloc::KBox;
use crate::error::{code::EBUSY, Result};
use crate::types::Opaque;
use core::cell::UnsafeCell;
use core::sync::atomic::{AtomicBool, Ordering};

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
    turns: Turns,
    /// Touched by the work, which never runs twice at a time, or while that is cancelled by whose turn it is.
    task: UnsafeCell<T>,
}

/// Whose turn it is.
#[repr(C)]
struct Turns {
    work: Opaque<bindings::delayed_work>,
    /// Held by whoever has the task between two runs: one at a time.
    between: AtomicBool,
}

impl Turns {
    /// Takes a turn between two runs, after waiting for one that is under way; `EBUSY` if somebody has it. The work is set up.
    #[inline(never)]
    fn take(&self) -> Result {
        if self.between.swap(true, Ordering::Acquire) {
            return Err(EBUSY);
        }
        // SAFETY: The work is set up. It neither runs nor is queued once this returns, but by whoever set `between`.
        unsafe { bindings::rust_helper_periodic_work_cancel(self.work.get()) };
        Ok(())
    }

    /// Ends that turn; the next run comes after `delay_ms`, if that is one, and not while the machine goes to sleep or wakes.
    #[inline(never)]
    fn give_back(&self, delay_ms: Option<u32>) {
        if let Some(delay_ms) = delay_ms {
            // SAFETY: The work is set up; `PeriodicWork` cancels it before its memory goes.
            unsafe { bindings::rust_helper_periodic_work_queue(self.work.get(), delay_ms, true) };
        }
        self.between.store(false, Ordering::Release);
    }
}

// SAFETY: The task is `Send`, and one at a time has it.
unsafe impl<T: Periodic> Send for PeriodicWork<T> {}
// SAFETY: A shared `PeriodicWork` gives the task to one at a time.
unsafe impl<T: Periodic> Sync for PeriodicWork<T> {}

const _: () = assert!(core::mem::offset_of!(bindings::delayed_work, work) == 0);

impl<T: Periodic> PeriodicWork<T> {
    /// Starts it; the first run comes after `delay_ms`. May sleep.
    pub fn new(task: T, delay_ms: u32) -> Result<Self> {
        let inner = KBox::new(Inner {
            turns: Turns {
                work: Opaque::zeroed(),
                between: AtomicBool::new(false),
            },
            task: UnsafeCell::new(task),
        })?;
        // SAFETY: The work is at its final address, and not queued.
        unsafe {
            bindings::rust_helper_periodic_work_init(
                inner.turns.work.get(),
                Some(Self::run),
                T::WAKES,
            )
        };
        // SAFETY: The work is set up; `drop` cancels it before its memory goes.
        unsafe {
            bindings::rust_helper_periodic_work_queue(inner.turns.work.get(), delay_ms, false)
        };
        Ok(PeriodicWork(inner))
    }

    /// Has the task between two runs, after waiting for one that is under way; `f` says when the next one comes, `None` for never,
    /// until it is had again. `EBUSY` if somebody has it. May sleep; not to be called by the task itself.
    pub fn between_runs<R>(&self, f: impl FnOnce(&mut T) -> (R, Option<u32>)) -> Result<R> {
        self.0.turns.take()?;
        // SAFETY: The work does not run, and it is our turn.
        let (result, next) = f(unsafe { &mut *self.0.task.get() });
        self.0.turns.give_back(next);
        Ok(result)
    }

    unsafe extern "C" fn run(work: *mut bindings::work_struct) {
        // SAFETY: The work is the first member of a `delayed_work`, and that one of an `Inner<T>`, alive while it runs.
        let inner = unsafe { &*work.cast::<Inner<T>>() };
        // SAFETY: It is queued once at a time, by the end of this function or, once it was cancelled, by whoever has the turn: no two runs
        // overlap, on whichever of the two workqueues they are.
        let delay_ms = unsafe { &mut *inner.task.get() }.run();
        // SAFETY: The work is set up; a cancellation under way refuses this.
        unsafe {
            bindings::rust_helper_periodic_work_queue(inner.turns.work.get(), delay_ms, false)
        };
    }
}

impl<T: Periodic> Drop for PeriodicWork<T> {
    fn drop(&mut self) {
        // SAFETY: The work is set up. It neither runs nor is queued once this returns.
        unsafe { bindings::rust_helper_periodic_work_cancel(self.0.turns.work.get()) };
    }
}
