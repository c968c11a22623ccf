// SPDX-License-Identifier: GPL-2.0-only
//! Finds data channels that have stopped, and restarts them; gives the modem receive buffers that it lacks, and tries again what
//! did not start.
//!
//! The MHI core takes completions in the ring's order only: after a single one that is lost or points elsewhere, it drops all
//! later ones of that channel until the channel starts anew. Nothing tells a driver of it, so this looks at what moves.
//!
//! This is the driver's tx_timeout, too, in place of the network core's: that one warns with a stack trace up to 6.6, takes a link
//! that the network has stopped for one that hangs, and does not see a modem that is silent.

use crate::netdev::{self, Base};
use crate::protocol::Protocol;
use crate::serial::Serial;
use crate::stats::Counter;
use kernel::device;
use kernel::mhi::{self, Direction};
use kernel::net;
use kernel::prelude::*;
use kernel::print::{Ascii, Decimal};
use kernel::types::ARef;
use kernel::workqueue::Periodic;

/// Between two looks.
pub(crate) const PERIOD_MS: u32 = 1000;
/// Looks in a row without progress before the first restart.
const PATIENCE: u32 = 5;
/// Restarts in a row after which the patience doubles no further: then it is five minutes.
const MOST_DOUBLINGS: u32 = 6;
/// Looks in a row at which the data channels may be missing: the MHI core gives up making them after 20 seconds, and tells nobody.
const MOST_MISSING: u32 = 30;
/// Restarts in a row that may fail before the modem's firmware is taken for dead.
const MOST_FAILURES: u32 = 2;
/// Transfers that the modem has taken without sending anything, from which on its silence is no accident.
const UNANSWERED: u64 = 8;
/// Malformed frames between two looks, in half of all transfers at least, that are no accident.
const MISMATCH: u64 = 4;

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
    /// Restarts in a row that failed.
    failed: u32,
    /// Looks in a row at which the modem was up and had no data channels.
    missing: u32,
    /// Buffers that the modem had given back, at the last look, without having them.
    unqueued: u64,
    format: Seemings,
}

/// What was seen of the data format at the last look.
#[derive(Clone, Copy, Default)]
struct Seemings {
    malformed: u64,
    transfers: u64,
    /// Whether the log says that the modem has another.
    told: bool,
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
            failed: 0,
            missing: 0,
            unqueued: 0,
            format: Seemings::default(),
        }
    }

    /// Looks in a row without progress before the next restart.
    fn patience(&self) -> u32 {
        PATIENCE << self.restarts.min(MOST_DOUBLINGS)
    }

    /// Takes note of what has moved; says in which direction nothing has for too long.
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

    fn restart(&mut self, channel: ARef<mhi::Device>) {
        let port = self.base.private();
        netdev::restart(&self.base, &channel);
        self.restarts = self.restarts.saturating_add(1);
        (self.stuck, self.silent, self.waited) = (0, 0, 0);
        (self.seen.completed, _) = port.tx.progress();
        self.seen.answered = self.seen.completed;
        self.unqueued = port.counters.get(Counter::Unqueued as usize);
        let failed = !port.is_attached() && channel.is_registered();
        self.failed = if failed {
            self.failed.saturating_add(1)
        } else {
            0
        };
        if self.failed >= MOST_FAILURES {
            self.failed = 0;
            dev_warn_ratelimited!(&self.dev, "the modem does not start its data channels");
            port.health.died();
        }
        port.stopped.keep(failed.then_some(channel));
    }

    /// Whether the modem gave back what it did not have. The MHI core's ring then looks full where it is empty.
    fn is_deceived(&mut self) -> bool {
        let unqueued = self.base.private().counters.get(Counter::Unqueued as usize);
        core::mem::replace(&mut self.unqueued, unqueued) != unqueued
    }

    fn explain(&self, reason: Counter, channel: &mhi::Device) {
        let seconds = u64::from(self.patience()) * u64::from(PERIOD_MS) / 1000;
        let port = self.base.private();
        port.counters.count(reason);
        let what = match reason {
            Counter::TxRestarts => c"has taken no packet",
            _ => c"takes packets and has sent none",
        };
        dev_warn_ratelimited!(
            &self.dev,
            "the modem {} for {} s: restarting its data channels",
            Ascii(what),
            Decimal(seconds)
        );
        let (_, under_way) = port.tx.progress();
        let (buffers, bytes) = port.tx.level();
        dev_warn_ratelimited!(
            &self.dev,
            "uplink: {} transfers with the modem, {} bytes queued, {} buffers and {} descriptors free, none back for {} s; downlink: {} descriptors free; modem {}",
            Decimal(under_way as u64),
            Decimal(bytes),
            Decimal(buffers as u64),
            Decimal(channel.free_descriptors(Direction::Uplink) as u64),
            Decimal(self.stuck.into()),
            Decimal(channel.free_descriptors(Direction::Downlink) as u64),
            Ascii(port.health.name())
        );
    }

    /// Says so, once, if what comes makes no sense in the data format that was set.
    fn check_format(&mut self) {
        let counters = &self.base.private().counters;
        let malformed = Counter::RxTruncatedHeader as usize..=Counter::RxZeroLength as usize;
        let malformed = malformed.chain([Counter::RxNotIp as usize]);
        let malformed = malformed.fold(0u64, |sum, index| sum.wrapping_add(counters.get(index)));
        let transfers = counters.get(Counter::RxTransfers as usize);
        let wrong = malformed.wrapping_sub(self.format.malformed);
        let of = transfers.wrapping_sub(self.format.transfers);
        (self.format.malformed, self.format.transfers) = (malformed, transfers);
        if wrong >= MISMATCH && wrong >= of / 2 && !self.format.told {
            self.format.told = true;
            dev_warn!(
                &self.dev,
                "{} malformed frames in {} transfers: the modem's data format is another than the one set here",
                Decimal(wrong),
                Decimal(of)
            );
        }
    }
}

impl Periodic for Watchdog {
    const WAKES: bool = false;

    fn run(&mut self) -> u32 {
        let port = self.base.private();
        if port.health.is_asleep() {
            self.silent = 0;
            return PERIOD_MS;
        }
        if let Some(serial) = port.stopped_serial.get() {
            serial.reprobe::<Serial>();
        }
        if let Some(channel) = port.rx.channel() {
            // Whatever failed before, they have started.
            (self.missing, self.waited, self.failed) = (0, 0, 0);
            let _ = port.rx.fill(); // without memory, the next time
            self.check_format();
            if self.is_deceived() {
                self.base.private().counters.count(Counter::TxRestarts);
                dev_warn_ratelimited!(
                    &self.dev,
                    "the modem gave back what it did not have: restarting its data channels"
                );
                self.restart(channel);
            } else if let Some(reason) = self.look() {
                self.explain(reason, &channel);
                self.restart(channel);
            }
        } else if let Some(channel) = port.stopped.get() {
            self.waited = self.waited.saturating_add(1);
            if self.waited >= self.patience() {
                self.restart(channel);
            }
        } else {
            // The modem is away; its next channels start with a clean record.
            (self.stuck, self.silent, self.restarts) = (0, 0, 0);
            let expected = port.choice.protocol == Protocol::Qmi; // else they are mhi_wwan_mbim's
            self.missing = match expected && port.health.is_up() {
                true => self.missing.saturating_add(1),
                false => 0,
            };
            if self.missing >= MOST_MISSING {
                self.missing = 0;
                dev_warn_ratelimited!(&self.dev, "the modem is up without data channels");
                port.health.died();
            }
            self.format.told = false;
        }
        PERIOD_MS
    }
}

impl Drop for Watchdog {
    fn drop(&mut self) {
        // The controller, whose channels these are, goes next.
        let port = self.base.private();
        port.stopped.close();
        port.stopped_serial.close();
    }
}
