// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
//! Faults on order, between the services and the host: silence, wrong transaction ids, frames in pieces, refusals.

use std::collections::{BTreeMap, VecDeque};

use qmi::{service, ErrorCode};

/// A service and one of its messages.
type Key = (u8, u16);

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
    /// The one message whose responses these two are about, if not any.
    only: Option<Key>,
    refusals: BTreeMap<Key, ErrorCode>,
    /// Transfers of garbage that wait for the host.
    garbage: VecDeque<Vec<u8>>,
    /// How often something of this has happened.
    pub happened: u64,
}

const USAGE: &str = "sim absent|locked|puk|ready, registration home|roaming|searching|denied, technology lte|nsa|sa, pin-tries N, fcc-lock on|off, mtu BYTES, \
    network-release MUX [3GPP-REASON], reject-apn 3GPP-REASON|off, address-change, silent on|off, wrong-transaction N [SERVICE MESSAGE], \
    partial BYTES|off, cut BYTES [SERVICE MESSAGE], garbage HEX, garbage SEED LENGTH, refuse SERVICE MESSAGE ERROR|off, stats";

impl Faults {
    /// The error that a request is to be refused with, if that is ordered.
    pub fn refusal(&mut self, service: u8, message: u16) -> Option<ErrorCode> {
        let refusal = self.refusals.get(&(service, message)).copied();
        self.happened += u64::from(refusal.is_some());
        refusal
    }

    /// The transaction id to answer with.
    pub fn transaction(&mut self, service: u8, message: u16, transaction: u16) -> u16 {
        if self.wrong_transactions == 0 || !self.is_about(Some((service, message))) {
            return transaction;
        }
        self.wrong_transactions -= 1;
        self.happened += 1;
        let wrong = transaction.wrapping_add(1);
        match service {
            // 8 bits wide.
            service::CTL => wrong & 0xff,
            _ => wrong,
        }
    }

    /// The transfers that a frame becomes, a response to that message or an indication.
    pub fn spoil(&mut self, response: Option<Key>, frame: &[u8]) -> Vec<Vec<u8>> {
        if self.silent {
            self.happened += 1;
            return Vec::new();
        }
        let cut = match self.is_about(response) {
            true => self.cut.take(),
            false => None,
        };
        let whole = frame.len();
        let frame = frame.get(..cut.unwrap_or(whole)).unwrap_or(frame);
        let transfers: Vec<_> = match self.piece {
            0 => vec![frame.to_vec()],
            piece => frame.chunks(piece).map(<[u8]>::to_vec).collect(),
        };
        self.happened += u64::from(frame.len() < whole || transfers.len() > 1);
        transfers
    }

    /// The next transfer of garbage.
    pub fn garbage(&mut self) -> Option<Vec<u8>> {
        let garbage = self.garbage.pop_front()?;
        self.happened += 1;
        Some(garbage)
    }

    /// Nobody is left to take garbage.
    pub fn forget_garbage(&mut self) {
        self.garbage.clear();
    }

    fn is_about(&self, response: Option<Key>) -> bool {
        self.only.is_none() || self.only == response
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
            ["wrong-transaction", count, only @ ..] => {
                (self.wrong_transactions, self.only) = (count.parse().ok()?, key(only)?);
            }
            ["partial", "off"] => self.piece = 0,
            ["partial", bytes] => self.piece = bytes.parse().ok()?,
            ["cut", bytes, only @ ..] => {
                (self.cut, self.only) = (Some(bytes.parse().ok()?), key(only)?);
            }
            ["garbage", rest @ ..] => self.garbage.push_back(garbage(rest)?),
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

/// Bytes to send as they are: HEX, or SEED LENGTH for pseudo-random ones.
fn garbage(words: &[&str]) -> Option<Vec<u8>> {
    let bytes = match words {
        [hex] => unhex(hex),
        [seed, length] => match (seed.parse(), length.parse()) {
            (Ok(seed), Ok(length @ 1..=65536)) => Some(noise(seed, length)),
            _ => None,
        },
        _ => None,
    };
    bytes.filter(|bytes| !bytes.is_empty())
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

/// What `[SERVICE MESSAGE]` names: nothing is any message.
fn key(words: &[&str]) -> Option<Option<Key>> {
    match words {
        [] => Some(None),
        [service, message] => Some(Some((service_number(service)?, number(message)?))),
        _ => None,
    }
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
