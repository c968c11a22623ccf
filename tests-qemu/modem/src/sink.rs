// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
//! A port that takes everything and says nothing: channels that hosts open although this modem serves nothing there
//! (IPCR 20/21, IP_SW0 46/47).

use std::time::Instant;

use crate::port::Port;

/// The port.
#[derive(Default)]
pub struct Sink {
    messages: u64,
    bytes: u64,
}

impl Port for Sink {
    fn receive(&mut self, message: &[u8], _now: Instant) {
        self.messages += 1;
        self.bytes += message.len() as u64;
    }

    fn poll(&mut self, _now: Instant) -> Option<Vec<u8>> {
        None
    }

    fn command(&mut self, words: &[&str]) -> Result<String, String> {
        match words {
            ["stats"] => Ok(format!("messages={} bytes={}", self.messages, self.bytes)),
            _ => Err("stats".to_string()),
        }
    }
}
