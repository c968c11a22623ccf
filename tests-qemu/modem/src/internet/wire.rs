// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
//! The wire between the IP stack and the data plane: smoltcp's device, without Ethernet.

use std::collections::VecDeque;

use smoltcp::phy::{Device, DeviceCapabilities, Medium, RxToken, TxToken};
use smoltcp::time::Instant;

/// Bytes of downlink packets from which on services wait, so that a slow host loses nothing.
const FULL: usize = 512 * 1024;
/// Bytes from which on even answers (acknowledgements, pings) are dropped.
const OVERFLOW: usize = 2 * FULL;

/// One packet up, a bounded queue of packets down.
pub(super) struct Wire {
    up: Option<Vec<u8>>,
    down: VecDeque<Vec<u8>>,
    queued: usize,
    mtu: usize,
    /// Answers that found the queue overflowing.
    pub(super) dropped: u64,
}

impl Wire {
    pub(super) fn new(mtu: usize) -> Self {
        Self {
            up: None,
            down: VecDeque::new(),
            queued: 0,
            mtu,
            dropped: 0,
        }
    }

    pub(super) fn receive(&mut self, packet: &[u8]) {
        self.up = Some(packet.to_vec());
    }

    /// Whether services have to wait.
    pub(super) fn is_full(&self) -> bool {
        self.queued >= FULL
    }

    /// Queues an answer, or drops it.
    pub(super) fn send(&mut self, packet: Vec<u8>) {
        if self.queued >= OVERFLOW {
            self.dropped += 1;
        } else {
            self.queued += packet.len();
            self.down.push_back(packet);
        }
    }

    /// Queues a packet unless services have to wait.
    pub(super) fn offer(&mut self, packet: Vec<u8>) -> bool {
        let room = !self.is_full();
        if room {
            self.send(packet);
        }
        room
    }

    /// Packets and bytes that wait.
    pub(super) fn pending(&self) -> (usize, usize) {
        (self.down.len(), self.queued)
    }

    pub(super) fn next_len(&self) -> Option<usize> {
        self.down.front().map(Vec::len)
    }

    pub(super) fn next(&mut self) -> Option<Vec<u8>> {
        let packet = self.down.pop_front()?;
        self.queued -= packet.len();
        Some(packet)
    }
}

impl Device for Wire {
    type RxToken<'a> = Up;
    type TxToken<'a> = Down<'a>;

    fn receive(&mut self, _: Instant) -> Option<(Up, Down<'_>)> {
        let packet = self.up.take()?;
        Some((Up(packet), Down(self)))
    }

    fn transmit(&mut self, _: Instant) -> Option<Down<'_>> {
        (!self.is_full()).then_some(Down(self))
    }

    fn capabilities(&self) -> DeviceCapabilities {
        let mut capabilities = DeviceCapabilities::default();
        capabilities.medium = Medium::Ip;
        capabilities.max_transmission_unit = self.mtu;
        capabilities
    }
}

pub(super) struct Up(Vec<u8>);

impl RxToken for Up {
    fn consume<R, F: FnOnce(&[u8]) -> R>(self, f: F) -> R {
        f(&self.0)
    }
}

pub(super) struct Down<'a>(&'a mut Wire);

impl TxToken for Down<'_> {
    fn consume<R, F: FnOnce(&mut [u8]) -> R>(self, length: usize, f: F) -> R {
        let mut packet = vec![0; length];
        let result = f(&mut packet);
        self.0.send(packet);
        result
    }
}
