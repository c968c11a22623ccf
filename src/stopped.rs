// SPDX-License-Identifier: GPL-2.0-only
//! Channels that no driver has, since they did not start: `data` and `serial` leave them here, and `watchdog` tries again.

use kernel::mhi::Device;
use kernel::new_spinlock;
use kernel::prelude::*;
use kernel::sync::SpinLock;
use kernel::types::ARef;

/// Channels to be tried again. A leaf lock.
pub(crate) struct Stopped(SpinLock<State>);

enum State {
    Nothing,
    Channel(ARef<Device>),
    /// There is no watchdog any more.
    Closed,
}

impl Stopped {
    pub(crate) fn new() -> Result<Stopped> {
        Ok(Stopped(new_spinlock!(
            State::Nothing,
            c"rmnet_mhi_stopped"
        )?))
    }

    /// Keeps channels for another try at them, or forgets those that were kept.
    pub(crate) fn keep(&self, channel: Option<ARef<Device>>) {
        let new = channel.map_or(State::Nothing, State::Channel);
        let old = {
            let mut state = self.0.lock();
            match *state {
                State::Closed => new,
                _ => core::mem::replace(&mut *state, new),
            }
        };
        drop(old); // with the lock released
    }

    /// Forgets channels that were kept, and keeps none any more: nobody will try again.
    pub(crate) fn close(&self) {
        let old = core::mem::replace(&mut *self.0.lock(), State::Closed);
        drop(old); // with the lock released
    }

    /// The channels that were kept.
    pub(crate) fn get(&self) -> Option<ARef<Device>> {
        match &*self.0.lock() {
            State::Channel(channel) => Some(channel.clone()),
            _ => None,
        }
    }
}
