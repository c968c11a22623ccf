// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
//! LOOPBACK (channels 0/1): gives back what it gets.

use std::collections::VecDeque;
use std::time::Instant;

use crate::port::Port;

/// Messages that wait at most; later ones are dropped.
const LIMIT: usize = 1024;

/// The port.
#[derive(Default)]
pub struct Loopback(VecDeque<Vec<u8>>);

impl Port for Loopback {
    fn receive(&mut self, message: &[u8], _now: Instant) {
        if self.0.len() < LIMIT {
            self.0.push_back(message.to_vec());
        }
    }

    fn poll(&mut self, _now: Instant) -> Option<Vec<u8>> {
        self.0.pop_front()
    }

    fn reset(&mut self) {
        self.0.clear();
    }
}
