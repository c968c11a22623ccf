// SPDX-License-Identifier: GPL-2.0-only
//! Who sends: the base interface or a link. What `tx` needs of both.

use crate::link::Link;
use crate::netdev::Base;
use kernel::net::Device;
use kernel::types::ARef;

/// Bytes that an interface may always have on its way: a whole transfer.
pub(crate) const LEAST: u32 = 8 << 10;

/// An interface that sends.
#[derive(Clone, Copy)]
pub(crate) enum Sender<'a> {
    Base(&'a Device<Base>),
    Link(&'a Device<Link>),
}

/// A reference to one, which keeps it.
pub(crate) enum Kept {
    Base(ARef<Device<Base>>),
    Link(ARef<Device<Link>>),
}

/// Calls a method that devices of any kind have.
macro_rules! either {
    ($sender:expr, $dev:ident => $call:expr) => {
        match $sender {
            Sender::Base($dev) => $call,
            Sender::Link($dev) => $call,
        }
    };
}

impl Kept {
    pub(crate) fn sender(&self) -> Sender<'_> {
        match self {
            Kept::Base(base) => Sender::Base(base),
            Kept::Link(link) => Sender::Link(link),
        }
    }
}

impl Sender<'_> {
    pub(crate) fn keep(self) -> Kept {
        match self {
            Sender::Base(base) => Kept::Base(ARef::from(base)),
            Sender::Link(link) => Kept::Link(ARef::from(link)),
        }
    }

    /// Whether both are the same interface.
    pub(crate) fn is(self, other: Sender<'_>) -> bool {
        match (self, other) {
            (Sender::Base(one), Sender::Base(other)) => core::ptr::eq(one, other),
            (Sender::Link(one), Sender::Link(other)) => core::ptr::eq(one, other),
            _ => false,
        }
    }

    /// Offers no more packets until `wake`.
    pub(crate) fn stop(self) {
        either!(self, dev => dev.stop_queue())
    }

    /// Offers packets again, if the interface is up and the modem has not stopped it.
    pub(crate) fn wake(self) {
        match self {
            Sender::Base(base) if base.is_running() => base.wake_queue(),
            Sender::Base(_) => {}
            Sender::Link(link) => link.private().wake(link),
        }
    }

    /// Counts packets as sent; whether byte queue limits have stopped it by that.
    pub(crate) fn sent(self, packets: u32, bytes: u32, more: bool) -> bool {
        either!(self, dev => dev.limit_sent(packets, bytes, more))
    }

    pub(crate) fn limit_completed(self, packets: u32, bytes: u32) {
        either!(self, dev => dev.limit_completed(packets, bytes))
    }

    /// Nothing of it is on its way any more.
    pub(crate) fn limit_reset(self) {
        either!(self, dev => dev.limit_reset(LEAST))
    }

    pub(crate) fn count_tx(self, packets: u32, bytes: u64) {
        either!(self, dev => dev.count_tx(packets, bytes))
    }

    pub(crate) fn count_tx_dropped(self, packets: u32) {
        either!(self, dev => dev.count_tx_dropped(packets))
    }

    pub(crate) fn count_tx_aborted(self, packets: u32) {
        either!(self, dev => dev.count_tx_aborted(packets))
    }
}
