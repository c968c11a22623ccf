// SPDX-License-Identifier: GPL-2.0-only
//! How the modem is, as far as it was told or found out. Written by `controller`, `pci` and `recovery`, shown by `pci`.

use core::ffi::CStr;
use core::sync::atomic::{AtomicBool, AtomicU32, AtomicU8, Ordering};

/// What is known of one modem.
pub(crate) struct Health {
    state: AtomicU8,
    /// Whether it is in mission mode.
    up: AtomicBool,
    /// Whether it crashed and does not restart by itself.
    dead: AtomicBool,
    /// Crashes after which the MHI core has restarted it.
    crashes: AtomicU32,
    /// Whether its PCI function must not be touched.
    frozen: AtomicBool,
    /// Whether it sleeps, and so must not be touched but by who wakes it.
    asleep: AtomicBool,
}

macro_rules! states {
    ($($(#[$doc:meta])* $variant:ident = $name:literal,)*) => {
        /// The modem's state; `modem_state` in sysfs has these values.
        #[derive(Clone, Copy, PartialEq, Eq)]
        pub(crate) enum State { $($(#[$doc])* $variant,)* }

        /// Names in the order of `State`.
        const NAMES: &[&CStr] = &[$($name,)*];
    };
}

states! {
    /// On its way up for the first time, or waited for.
    Starting = c"starting",
    /// At work.
    Up = c"up",
    /// Crashed, and on its way up again.
    Restarting = c"restarting",
    /// Its registers cannot be read.
    Unreachable = c"unreachable",
    /// Cut off by its bus, or about to be reset.
    Frozen = c"frozen",
    /// In emergency download or flash programming: it is left alone.
    Download = c"download",
}

impl Health {
    pub(crate) const fn new() -> Health {
        Health {
            state: AtomicU8::new(State::Starting as u8),
            up: AtomicBool::new(false),
            dead: AtomicBool::new(false),
            crashes: AtomicU32::new(0),
            frozen: AtomicBool::new(false),
            asleep: AtomicBool::new(false),
        }
    }

    /// Sets the state; returns whether it was another.
    pub(crate) fn set(&self, state: State) -> bool {
        self.state.swap(state as u8, Ordering::Relaxed) != state as u8
    }

    /// The state's name.
    pub(crate) fn name(&self) -> &'static CStr {
        let index = usize::from(self.state.load(Ordering::Relaxed));
        NAMES.get(index).copied().unwrap_or_default()
    }

    /// It is in mission mode.
    pub(crate) fn came_up(&self) {
        self.dead.store(false, Ordering::Relaxed);
        self.up.store(true, Ordering::Release);
    }

    /// It crashed, and the MHI core restarts it.
    pub(crate) fn restarts(&self) {
        self.up.store(false, Ordering::Release);
        self.crashes.fetch_add(1, Ordering::Relaxed);
    }

    /// It crashed, or is as good as that, and does not restart by itself.
    pub(crate) fn died(&self) {
        self.up.store(false, Ordering::Release);
        self.dead.store(true, Ordering::Relaxed);
    }

    /// It is not in mission mode any more, for other reasons.
    pub(crate) fn went_down(&self) {
        self.up.store(false, Ordering::Release);
    }

    /// Whether it is in mission mode.
    pub(crate) fn is_up(&self) -> bool {
        self.up.load(Ordering::Acquire)
    }

    /// Whether it does not restart by itself; forgotten by `powered_down`.
    pub(crate) fn is_dead(&self) -> bool {
        self.dead.load(Ordering::Relaxed)
    }

    /// Crashes after which the MHI core has restarted it; wraps.
    pub(crate) fn crashes(&self) -> u32 {
        self.crashes.load(Ordering::Relaxed)
    }

    /// The host side was powered down.
    pub(crate) fn powered_down(&self) {
        self.up.store(false, Ordering::Release);
        self.dead.store(false, Ordering::Relaxed);
    }

    /// It goes to sleep, or is awake.
    pub(crate) fn set_asleep(&self, asleep: bool) {
        self.asleep.store(asleep, Ordering::Release);
    }

    /// Whether it sleeps.
    pub(crate) fn is_asleep(&self) -> bool {
        self.asleep.load(Ordering::Acquire)
    }

    /// Its PCI function must not be touched from now on, or may be again.
    pub(crate) fn freeze(&self, frozen: bool) {
        self.frozen.store(frozen, Ordering::Release);
    }

    /// Whether its PCI function must not be touched.
    pub(crate) fn is_frozen(&self) -> bool {
        self.frozen.load(Ordering::Acquire)
    }
}
