// SPDX-License-Identifier: GPL-2.0-only
//! Byte queue limits: how much of what an interface sends lies in the driver, so that the rest waits in its queueing
//! discipline. The kernel finds each limit by itself (`/sys/class/net/DEV/queues/tx-0/byte_queue_limits`).

use super::device::{Device, Operations};

impl<T: Operations> Device<T> {
    /// Counts packets that the driver has taken to send; returns whether that stopped the queue, which reaches its limit only
    /// when no `more` packets follow at once. In `Operations::start_xmit`.
    pub fn limit_sent(&self, packets: u32, bytes: u32, more: bool) -> bool {
        // SAFETY: `self` is valid, and its queue is locked.
        unsafe { bindings::rust_helper_netdev_sent(self.as_raw(), packets, bytes, more) }
    }

    /// Tells that packets are done with; the queue goes on below its limit. Never on two CPUs at once for one device, and
    /// once for all that is done at a time: the limit follows from what comes back together.
    pub fn limit_completed(&self, packets: u32, bytes: u32) {
        // SAFETY: `self` is valid. The helper takes care of bytes that were never sent.
        unsafe { bindings::rust_helper_netdev_completed(self.as_raw(), packets, bytes) }
    }

    /// Forgets all that is on its way; the limit is never below `least` bytes. While nothing can be sent: in
    /// `Operations::open` and `stop`.
    pub fn limit_reset(&self, least: u32) {
        // SAFETY: `self` is valid.
        unsafe { bindings::rust_helper_netdev_reset_queue(self.as_raw(), least) }
    }
}
