// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
//! Downlink: packets of all sessions, in turn, aggregated within the negotiated limits.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use qmap::ip::Transport;
use qmap::modem::{overhead, write_frame};
use qmap::{Checksum, Trailer, Version};

use super::{version, DataPlane};
use crate::internet::Internet;
use crate::session::{Format, Modem};

/// Limits where the data format names none.
const PACKETS: usize = 1;
const BYTES: usize = 16 * 1024;
/// Command frames that wait at the same time.
const COMMANDS: usize = 64;

/// How packets become transfers.
#[derive(Default)]
pub(super) struct Downlink {
    /// Packets and bytes of a transfer, over the negotiated ones.
    pub(super) limits: Option<(usize, usize)>,
    /// Wait so long for a transfer to fill.
    pub(super) hold: Duration,
    /// Pad of every frame, over the usual alignment to four bytes.
    pub(super) pad: Option<u8>,
    /// So many packets say something wrong about their checksum.
    pub(super) lie: u64,
    /// So many packets are damaged.
    pub(super) damage: u64,
    /// So many packets are dropped.
    pub(super) lose: u64,
    commands: VecDeque<Vec<u8>>,
    /// Since when packets are held.
    held: Option<Instant>,
    pub(super) last_mux: u8,
}

impl Downlink {
    /// Queues a command frame ahead of all packets; false if too many wait.
    #[must_use]
    pub(super) fn command(&mut self, frame: Vec<u8>) -> bool {
        let room = self.commands.len() < COMMANDS;
        if room {
            self.commands.push_back(frame);
        }
        room
    }

    pub(super) fn deadline(&self) -> Option<Instant> {
        self.held.map(|since| since + self.hold)
    }

    /// Forgets what is queued, not what was set.
    pub(super) fn reset(&mut self) {
        self.commands.clear();
        self.held = None;
    }

    fn limits(&self, format: &Format) -> (usize, usize) {
        let or = |value: u32, default| if value == 0 { default } else { value as usize };
        self.limits.unwrap_or((
            or(format.dl_max_packets, PACKETS),
            or(format.dl_max_size, BYTES),
        ))
    }

    fn pad(&self, length: usize, minimum: u32) -> u8 {
        let align = |length: usize| (length.wrapping_neg() & 3) as u8;
        self.pad.unwrap_or_else(|| {
            let minimum = minimum.min(60) as u8;
            minimum + align(length + usize::from(minimum))
        })
    }
}

impl DataPlane {
    /// The next transfer, if one is due.
    pub(super) fn transmit(&mut self, modem: &mut Modem, now: Instant) -> Option<Vec<u8>> {
        let format = modem.format;
        let Some(version) = version(format.dl) else {
            let packet = self.next_packet(modem, 0)?;
            self.count(1, packet.len());
            return Some(packet);
        };
        let (max_packets, max_bytes) = self.downlink.limits(&format);
        if self.wait((max_packets, max_bytes), overhead(version) + 3, now) {
            return None;
        }
        let mut transfer = Vec::new();
        while let Some(command) = self.downlink.commands.front() {
            if !transfer.is_empty() && transfer.len() + command.len() > max_bytes {
                break;
            }
            transfer.extend(self.downlink.commands.pop_front()?);
            self.stats.dl_commands += 1;
        }
        let mut packets = 0;
        while packets < max_packets {
            let Some((mux, length)) = self.next_mux() else {
                break;
            };
            let size = length
                + usize::from(self.downlink.pad(length, format.dl_padding))
                + overhead(version);
            if transfer.len() + size > max_bytes {
                if !transfer.is_empty() {
                    break;
                }
                self.drop_too_big(mux);
                continue;
            }
            let Some(packet) = self.next_packet(modem, mux) else {
                continue;
            };
            packets += 1;
            self.downlink.last_mux = mux;
            self.append(&mut transfer, version, mux, packet, format.dl_padding);
        }
        if transfer.is_empty() {
            return None;
        }
        self.count(packets, transfer.len());
        Some(transfer)
    }

    /// Counts what the internets have dropped.
    pub(super) fn count_dropped(&mut self, modem: &mut Modem) {
        for (&mux, internet) in &mut self.internets {
            let dropped = internet.take_dropped();
            self.stats.dl_dropped += dropped;
            if let Some(traffic) = modem.traffic(mux) {
                traffic.dl_dropped += dropped;
            }
        }
    }

    /// Drops a session's next packet, which no transfer has room for.
    pub(super) fn drop_too_big(&mut self, mux: u8) {
        self.stats.dl_too_big += 1;
        self.internets
            .get_mut(&mux)
            .and_then(|internet| internet.next());
    }

    /// Whether to hold what there is until a transfer is full, each packet with `overhead` more bytes, or time is up.
    pub(super) fn wait(
        &mut self,
        (max_packets, max_bytes): (usize, usize),
        overhead: usize,
        now: Instant,
    ) -> bool {
        let lengths = self.internets.values().map(|internet| internet.pending());
        let (packets, bytes) = lengths.fold((0, 0), |sum, (packets, bytes)| {
            (sum.0 + packets, sum.1 + bytes)
        });
        let full = packets >= max_packets || bytes + packets * overhead >= max_bytes;
        if packets == 0
            || full
            || self.downlink.hold.is_zero()
            || !self.downlink.commands.is_empty()
        {
            self.downlink.held = None;
            return false;
        }
        let since = *self.downlink.held.get_or_insert(now);
        let wait = now < since + self.downlink.hold;
        if !wait {
            self.downlink.held = None;
        }
        wait
    }

    /// The next mux id with a packet, in turn, and the packet's length.
    pub(super) fn next_mux(&self) -> Option<(u8, usize)> {
        let last = self.downlink.last_mux;
        let waiting = |(&mux, internet): (&u8, &Internet)| Some((mux, internet.next_len()?));
        let after = self
            .internets
            .range(last..)
            .filter(|(&mux, _)| mux != last)
            .find_map(waiting);
        after.or_else(|| self.internets.iter().find_map(waiting))
    }

    /// Takes and counts a session's next packet; `None` also if it is lost by command.
    pub(super) fn next_packet(&mut self, modem: &mut Modem, mux: u8) -> Option<Vec<u8>> {
        let packet = self.internets.get_mut(&mux)?.next()?;
        if self.downlink.lose > 0 {
            self.downlink.lose -= 1;
            self.stats.dl_lost += 1;
            return None;
        }
        self.stats.dl_packets += 1;
        self.stats.dl_bytes += packet.len() as u64;
        if let Some(traffic) = modem.traffic(mux) {
            traffic.dl_packets += 1;
            traffic.dl_bytes += packet.len() as u64;
        }
        Some(packet)
    }

    fn append(
        &mut self,
        transfer: &mut Vec<u8>,
        version: Version,
        mux: u8,
        mut packet: Vec<u8>,
        padding: u32,
    ) {
        if self.downlink.damage > 0 && damage(&mut packet) {
            self.downlink.damage -= 1;
            self.stats.dl_corrupted += 1;
        }
        let mut checksum = checksum(version, &packet);
        if self.downlink.lie > 0 && lie(&mut checksum) {
            self.downlink.lie -= 1;
            self.stats.dl_corrupted += 1;
        }
        let pad = self.downlink.pad(packet.len(), padding);
        let at = transfer.len();
        transfer.resize(at + packet.len() + usize::from(pad) + overhead(version), 0);
        let written = write_frame(&mut transfer[at..], version, mux, &packet, pad, checksum);
        // `None` only for packets that 16 bits cannot tell the length of.
        transfer.truncate(at + written.unwrap_or(0));
    }

    pub(super) fn count(&mut self, packets: usize, bytes: usize) {
        let stats = &mut self.stats;
        stats.dl_transfers += 1;
        stats.dl_max_packets_in_transfer = stats.dl_max_packets_in_transfer.max(packets as u64);
        stats.dl_max_bytes_in_transfer = stats.dl_max_bytes_in_transfer.max(bytes as u64);
    }
}

/// What an honest modem says.
pub(super) fn checksum(version: Version, packet: &[u8]) -> Checksum {
    match version {
        Version::V1 => Checksum::None,
        Version::V4 => Checksum::Trailer(Trailer::over(packet)),
        Version::V5 if Transport::parse(packet).is_ok_and(|transport| transport.is_valid()) => {
            Checksum::Valid
        }
        Version::V5 => Checksum::Unverified,
    }
}

/// Makes a statement wrong; false if nothing was said.
fn lie(checksum: &mut Checksum) -> bool {
    match checksum {
        Checksum::None | Checksum::Unverified => return false,
        Checksum::Valid => *checksum = Checksum::Unverified,
        Checksum::Trailer(trailer) => trailer.checksum ^= 0x5555,
    }
    true
}

/// Damages the TCP or UDP checksum; false if there is none.
pub(super) fn damage(packet: &mut [u8]) -> bool {
    let at = match Transport::parse(packet) {
        Ok(transport) => transport.network.len() + transport.insert(),
        Err(_) => return false,
    };
    packet[at] ^= 0x55;
    true
}
