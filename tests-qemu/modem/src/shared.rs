// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
//! The device and its worker: one lock, one condition. Register accesses go before the worker, whose rounds are short.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Instant;

use crate::device::Device;
use crate::wake::Wake;

/// The device, shared by transport, control and worker threads.
pub struct Shared {
    device: Mutex<Device>,
    kicked: Mutex<bool>,
    kick: Condvar,
    accesses: AtomicUsize,
}

impl Shared {
    /// Shares a device.
    pub fn new(device: Device) -> Self {
        Self {
            device: Mutex::new(device),
            kicked: Mutex::new(false),
            kick: Condvar::new(),
            accesses: AtomicUsize::new(0),
        }
    }

    /// Takes the lock, ahead of the worker.
    pub fn access(&self) -> MutexGuard<'_, Device> {
        self.accesses.fetch_add(1, Ordering::Relaxed);
        let device = self.lock();
        self.accesses.fetch_sub(1, Ordering::Relaxed);
        device
    }

    /// Releases the lock and has the worker look.
    pub fn kick(&self, device: MutexGuard<'_, Device>) {
        drop(device);
        *self.kicked.lock().unwrap_or_else(PoisonError::into_inner) = true;
        self.kick.notify_one();
    }

    /// The worker's life.
    pub fn work(&self) {
        loop {
            // An access that waits for the lock would otherwise lose the race for it again and again.
            while self.accesses.load(Ordering::Relaxed) > 0 {
                thread::yield_now();
            }
            let wake = self.lock().service(Instant::now());
            self.sleep(wake);
        }
    }

    fn sleep(&self, wake: Wake) {
        let mut kicked = self.kicked.lock().unwrap_or_else(PoisonError::into_inner);
        while !*kicked {
            kicked = match wake {
                Wake::Now => break,
                Wake::Idle => self
                    .kick
                    .wait(kicked)
                    .unwrap_or_else(PoisonError::into_inner),
                Wake::At(at) => {
                    let Some(left) = at
                        .checked_duration_since(Instant::now())
                        .filter(|left| !left.is_zero())
                    else {
                        break;
                    };
                    self.kick
                        .wait_timeout(kicked, left)
                        .unwrap_or_else(PoisonError::into_inner)
                        .0
                }
            };
        }
        *kicked = false;
    }

    fn lock(&self) -> MutexGuard<'_, Device> {
        self.device.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
