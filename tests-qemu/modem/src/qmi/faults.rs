// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
//! Faults on order, between the services and the host: silence, wrong transaction ids, frames in pieces, refusals.

use std::collections::BTreeMap;

use qmi::{service, ErrorCode};

/// What is ordered.
#[derive(Default)]
pub struct Faults {
    silent: bool,
    /// Responses still to get a wrong transaction id.
    wrong_transactions: u32,
    /// Bytes per transfer; 0 leaves frames whole.
    piece: usize,
    /// The next frame ends after so many bytes.
    cut: Option<usize>,
    refusals: BTreeMap<(u8, u16), ErrorCode>,
}

const USAGE: &str = "sim absent|locked|puk|ready, registration home|roaming|searching|denied, technology lte|nsa|sa, pin-tries N, fcc-lock on|off, mtu BYTES, \
    network-release MUX [3GPP-REASON], reject-apn 3GPP-REASON|off, address-change, silent on|off, wrong-transaction N, \
    partial BYTES|off, cut BYTES, garbage HEX, garbage SEED LENGTH, refuse SERVICE MESSAGE ERROR|off, stats";

impl Faults {
    /// The error that a request is to be refused with, if that is ordered.
    pub fn refusal(&self, service: u8, message: u16) -> Option<ErrorCode> {
        self.refusals.get(&(service, message)).copied()
    }

    /// The transaction id to answer with.
    pub fn transaction(&mut self, service: u8, transaction: u16) -> u16 {
        match self.wrong_transactions.checked_sub(1) {
            None => transaction,
            Some(left) => {
                self.wrong_transactions = left;
                let wrong = transaction.wrapping_add(1);
                match service {
                    // 8 bits wide.
                    service::CTL => wrong & 0xff,
                    _ => wrong,
                }
            }
        }
    }

    /// The transfers that a frame becomes.
    pub fn spoil(&mut self, frame: &[u8]) -> Vec<Vec<u8>> {
        if self.silent {
            return Vec::new();
        }
        let length = self
            .cut
            .take()
            .map_or(frame.len(), |cut| cut.min(frame.len()));
        let frame = frame.get(..length).unwrap_or_default();
        match self.piece {
            0 => vec![frame.to_vec()],
            piece => frame.chunks(piece).map(<[u8]>::to_vec).collect(),
        }
    }

    /// Takes an order.
    ///
    /// # Errors
    ///
    /// The usage, for one that is not understood.
    pub fn command(&mut self, words: &[&str]) -> Result<String, String> {
        self.order(words)
            .map(|()| String::new())
            .ok_or_else(|| USAGE.to_owned())
    }

    fn order(&mut self, words: &[&str]) -> Option<()> {
        match words {
            ["silent", "on"] => self.silent = true,
            ["silent", "off"] => self.silent = false,
            ["wrong-transaction", count] => self.wrong_transactions = count.parse().ok()?,
            ["partial", "off"] => self.piece = 0,
            ["partial", bytes] => self.piece = bytes.parse().ok()?,
            ["cut", bytes] => self.cut = Some(bytes.parse().ok()?),
            ["refuse", "off"] => self.refusals.clear(),
            ["refuse", service, message, error] => {
                let key = (service_number(service)?, number(message)?);
                match *error {
                    "off" => self.refusals.remove(&key),
                    _ => self.refusals.insert(key, ErrorCode(number(error)?)),
                };
            }
            _ => return None,
        }
        Some(())
    }
}

/// Bytes to send as they are: `garbage HEX`, or `garbage SEED LENGTH` for pseudo-random ones.
///
/// # Errors
///
/// The usage, for anything else.
pub fn garbage(words: &[&str]) -> Result<Vec<u8>, String> {
    let bytes = match words {
        ["garbage", hex] => unhex(hex),
        ["garbage", seed, length] => match (seed.parse(), length.parse()) {
            (Ok(seed), Ok(length @ 1..=65536)) => Some(noise(seed, length)),
            _ => None,
        },
        _ => None,
    };
    bytes
        .filter(|bytes| !bytes.is_empty())
        .ok_or_else(|| USAGE.to_owned())
}

/// Bytes from Marsaglia's xorshift64 generator: the same for the same seed, whatever the machine.
fn noise(seed: u64, length: usize) -> Vec<u8> {
    let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    let mut bytes = Vec::with_capacity(length);
    while bytes.len() < length {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        bytes.push((state >> 32) as u8);
    }
    bytes
}

fn unhex(hex: &str) -> Option<Vec<u8>> {
    if !hex.is_ascii() || hex.len() % 2 != 0 {
        return None;
    }
    let pairs = (0..hex.len()).step_by(2).map(|at| hex.get(at..at + 2));
    pairs
        .map(|pair| u8::from_str_radix(pair?, 16).ok())
        .collect()
}

/// A service by name or number.
fn service_number(word: &str) -> Option<u8> {
    let named = (0..=u8::MAX)
        .find(|&id| service::name(id).is_some_and(|name| name.eq_ignore_ascii_case(word)));
    named.or_else(|| number(word)?.try_into().ok())
}

fn number(word: &str) -> Option<u16> {
    match word.strip_prefix("0x") {
        Some(hex) => u16::from_str_radix(hex, 16).ok(),
        None => word.parse().ok(),
    }
}
