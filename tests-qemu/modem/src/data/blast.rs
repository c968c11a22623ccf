// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
//! A paced stream of numbered UDP datagrams to the host that nobody asked for.

use std::time::{Duration, Instant};

use qmap::ip::{checksum, Transport};
use traffic::datagram::{Datagram, HEADER};

use crate::internet::Internet;

/// The port that it comes from and goes to.
pub(super) const PORT: u16 = traffic::DISCARD;
/// IPv4 and UDP headers.
const HEADERS: usize = 28;

const LATE: Duration = Duration::from_millis(20);

/// One stream.
pub(super) struct Blast {
    mux: u8,
    seed: u64,
    /// Bytes of the IP packet.
    size: usize,
    number: u64,
    count: u64,
    rate: u64,
    start: Option<Instant>,
}

impl Blast {
    /// `count` packets of `size` bytes, `rate` of them a second (0: as many as go).
    pub(super) fn new(
        mux: u8,
        seed: u64,
        size: usize,
        count: u64,
        rate: u64,
    ) -> Result<Self, String> {
        if !(HEADERS + HEADER..=65_535).contains(&size) {
            return Err(format!("{size} bytes: {} to 65535", HEADERS + HEADER));
        }
        Ok(Self {
            mux,
            seed,
            size,
            number: 0,
            count,
            rate,
            start: None,
        })
    }

    pub(super) fn mux(&self) -> u8 {
        self.mux
    }

    pub(super) fn is_done(&self) -> bool {
        self.number >= self.count
    }

    /// When the next packet is due; an unpaced stream goes on with the room for it.
    pub(super) fn deadline(&self) -> Option<Instant> {
        let start = self.start.filter(|_| self.rate > 0)?;
        Some(start + Duration::from_secs_f64(self.number as f64 / self.rate as f64))
    }

    /// Sends what is due and finds room.
    pub(super) fn run(&mut self, internet: &mut Internet, now: Instant) {
        let start = *self.start.get_or_insert(now);
        // A late stream goes on at its rate instead of making up for it in a burst.
        if let Some(due) = self.deadline() {
            let late = now.saturating_duration_since(due);
            self.start = Some(start + late.saturating_sub(LATE));
        }
        while !self.is_done() && self.deadline().is_none_or(|due| due <= now) {
            let Some(packet) = self.packet(internet) else {
                // No IPv4 side.
                self.number = self.count;
                return;
            };
            if !internet.send(packet) {
                return;
            }
            self.number += 1;
        }
    }

    fn packet(&self, internet: &Internet) -> Option<Vec<u8>> {
        let ip = internet.addresses().ipv4?;
        let mut packet = vec![0x45, 0];
        packet.extend((self.size as u16).to_be_bytes());
        packet.extend([0, 0, 0x40, 0, 64, qmap::ip::UDP, 0, 0]);
        packet.extend([1, 1, 1, 1]);
        packet.extend(ip.address.octets());
        let sum = checksum(&packet);
        packet[10..12].copy_from_slice(&sum.to_be_bytes());
        packet.extend(PORT.to_be_bytes());
        packet.extend(PORT.to_be_bytes());
        packet.extend((self.size as u16 - 20).to_be_bytes());
        packet.resize(self.size, 0);
        Datagram {
            seed: self.seed,
            number: self.number,
        }
        .write(&mut packet[HEADERS..]);
        let sum = Transport::parse(&packet).ok()?.computed();
        packet[26..28].copy_from_slice(&sum.to_be_bytes());
        Some(packet)
    }
}
