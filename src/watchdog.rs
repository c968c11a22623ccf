// SPDX-License-Identifier: GPL-2.0-only
//! Finds data channels that have stopped, and restarts them; and gives the modem receive buffers that it lacks.
//!
//! The MHI core takes completions in the ring's order only: after a single one that is lost or points elsewhere, it drops all
//! later ones of that channel until the channel starts anew. Nothing tells a driver of it, so this looks at what moves.

use crate::netdev::{self, Base};
use crate::stats::Counter;
use kernel::device;
use kernel::mhi;
use kernel::net;
use kernel::prelude::*;
use kernel::types::ARef;
use kernel::workqueue::Periodic;

/// Between two looks.
pub(crate) const PERIOD_MS: u32 = 1000;
/// Looks in a row without progress before the first restart.
const PATIENCE: u32 = 5;
/// Restarts in a row after which the patience doubles no further: then it is five minutes.
const MOST_DOUBLINGS: u32 = 6;
/// Transfers that the modem has taken without sending anything, from which on its silence is no accident.
const UNANSWERED: u64 = 8;

/// Watches one modem's data channels.
pub(crate) struct Watchdog {
    dev: ARef<device::Device>,
    base: ARef<net::Device<Base>>,
    seen: Seen,
    /// Looks in a row at which transfers were under way and none came back.
    stuck: u32,
    /// Looks in a row at which the modem had taken transfers and sent none.
    silent: u32,
    /// Restarts since both directions last moved.
    restarts: u32,
    /// Looks since a restart failed.
    waited: u32,
}

/// What the channels had moved at the last look.
#[derive(Clone, Copy, Default)]
struct Seen {
    /// Transfers received.
    received: u64,
    /// Transfers sent and given back.
    completed: u64,
    /// Of those, how many when the last one was received.
    answered: u64,
}

impl Watchdog {
    pub(crate) fn new(dev: &device::Device, base: &net::Device<Base>) -> Watchdog {
        Watchdog {
            dev: ARef::from(dev),
            base: ARef::from(base),
            seen: Seen::default(),
            stuck: 0,
            silent: 0,
            restarts: 0,
            waited: 0,
        }
    }

    /// Looks in a row without progress before the next restart.
    fn patience(&self) -> u32 {
        PATIENCE << self.restarts.min(MOST_DOUBLINGS)
    }

    /// Takes note of what has moved; says in which direction nothing has for too long.
    #[optimize(size)]
    fn look(&mut self) -> Option<Counter> {
        let port = self.base.private();
        let received = port.counters.get(Counter::RxTransfers as usize);
        let (completed, under_way) = port.tx.progress();
        let seen = self.seen;
        self.seen.received = received;
        self.seen.completed = completed;
        if received != seen.received {
            self.seen.answered = completed;
            self.silent = 0;
            if completed != seen.completed {
                self.restarts = 0;
            }
        } else if completed.wrapping_sub(seen.answered) >= UNANSWERED {
            self.silent = self.silent.saturating_add(1);
        }
        if under_way > 0 && completed == seen.completed {
            self.stuck = self.stuck.saturating_add(1);
        } else {
            self.stuck = 0;
        }
        if self.stuck >= self.patience() {
            Some(Counter::TxRestarts)
        } else if self.silent >= self.patience() {
            Some(Counter::RxRestarts)
        } else {
            None
        }
    }

    #[optimize(size)]
    fn restart(&mut self, channel: ARef<mhi::Device>) {
        let port = self.base.private();
        netdev::restart(&self.base, &channel);
        self.restarts = self.restarts.saturating_add(1);
        (self.stuck, self.silent, self.waited) = (0, 0, 0);
        (self.seen.completed, _) = port.tx.progress();
        self.seen.answered = self.seen.completed;
        port.keep_stopped((!port.is_attached() && channel.is_registered()).then_some(channel));
    }

    fn explain(&self, reason: Counter) {
        let seconds = u64::from(self.patience()) * u64::from(PERIOD_MS) / 1000;
        self.base.private().counters.count(reason);
        match reason {
            Counter::TxRestarts => dev_warn_ratelimited!(
                &self.dev,
                "the modem has taken no packet for {seconds} s: restarting its data channels"
            ),
            _ => dev_warn_ratelimited!(
                &self.dev,
                "the modem takes packets and has sent none for {seconds} s: restarting its data channels"
            ),
        }
    }
}

impl Periodic for Watchdog {
    const WAKES: bool = false;

    #[optimize(size)]
    fn run(&mut self) -> u32 {
        let port = self.base.private();
        if port.health.is_asleep() {
            self.silent = 0;
        } else if let Some(channel) = port.rx.channel() {
            let _ = port.rx.fill(); // without memory, the next time
            if let Some(reason) = self.look() {
                self.explain(reason);
                self.restart(channel);
            }
        } else if let Some(channel) = port.stopped() {
            self.waited = self.waited.saturating_add(1);
            if self.waited >= self.patience() {
                self.restart(channel);
            }
        } else {
            // The modem is away; its next channels start with a clean record.
            (self.stuck, self.silent, self.restarts) = (0, 0, 0);
        }
        PERIOD_MS
    }
}

impl Drop for Watchdog {
    fn drop(&mut self) {
        // The controller, whose channels these are, goes next.
        self.base.private().close_stopped();
    }
}
