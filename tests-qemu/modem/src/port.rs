// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
//! The contracts between the MHI device and what speaks behind its channels: [`Port`] for a software channel pair,
//! [`Data`] for the data channels 100/101. The device's worker thread calls both; neither may block.

use std::time::Instant;

/// What is behind a software channel pair: QMI 14/15, DUN 32/33, DIAG 4/5, IP_CTRL 18/19, LOOPBACK 0/1 ...
///
/// After every call the device polls until `None`, so an answer needs no further event.
pub trait Port: Send {
    /// Takes one uplink transfer: the bytes of one transfer descriptor (or of a chain of them), never empty.
    fn receive(&mut self, message: &[u8], now: Instant);

    /// Gives the next downlink transfer, if there is one. The device only asks while it has room for it.
    fn poll(&mut self, now: Instant) -> Option<Vec<u8>>;

    /// When to poll next although nothing was received, if that is known.
    fn deadline(&self) -> Option<Instant> {
        None
    }

    /// The host started, stopped or reset the channel, or the modem restarted: forget the conversation.
    fn reset(&mut self) {}

    /// A control request that is meant for this port; `words` does not hold the port's own name.
    ///
    /// # Errors
    ///
    /// A sentence for the user: an unknown verb, or a value out of range.
    fn command(&mut self, words: &[&str]) -> Result<String, String> {
        Err(format!("this port takes no command ({})", words.join(" ")))
    }
}

/// What is behind the data channels 100 (uplink) and 101 (downlink).
pub trait Data: Send {
    /// Takes one uplink transfer: an aggregate, or one IP packet while no QMAP is negotiated; in MBIM mode an NTB16 block.
    fn receive(&mut self, transfer: &[u8], now: Instant);

    /// Gives the next downlink transfer, at most the configured size, if there is one.
    fn poll(&mut self, now: Instant) -> Option<Vec<u8>>;

    /// When to poll next although nothing was received, if that is known.
    fn deadline(&self) -> Option<Instant>;

    /// Until when no uplink transfer is taken, if that is later than now: it stays in the host's ring.
    fn busy(&self, _now: Instant) -> Option<Instant> {
        None
    }

    /// The modem restarted: forget queued packets.
    fn reset(&mut self);

    /// A control request that begins with `data`; `words` is what follows.
    ///
    /// # Errors
    ///
    /// A sentence for the user: an unknown verb, or a value out of range.
    fn command(&mut self, words: &[&str]) -> Result<String, String>;
}
