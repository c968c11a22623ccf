// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
//! The data channels 100/101: uplink transfers are taken apart, their packets go to the internet behind their
//! session, and what comes back is aggregated: in QMAP frames, or in NTB16 blocks in MBIM mode. The MHI device's worker
//! calls it through [`Data`].
//!
//! The modem's state is locked for the length of one transfer; nothing else is locked meanwhile.

mod blast;
mod control;
mod downlink;
mod flow;
mod inject;
mod line;
mod ntb;
mod stats;
#[cfg(test)]
mod tests;
mod uplink;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use crate::internet::{Addresses, Internet};
use crate::port::Data;
use crate::session::{Modem, Qmap};
use blast::Blast;
use downlink::Downlink;
use flow::Flow;
use inject::Inject;
use line::Line;
use ntb::Blocks;
use stats::Stats;

/// Everything behind the data channels.
pub struct DataPlane {
    modem: Arc<Mutex<Modem>>,
    /// One for each session that is up.
    internets: BTreeMap<u8, Internet>,
    seed: u64,
    stats: Stats,
    downlink: Downlink,
    blocks: Blocks,
    flow: Flow,
    line: Line,
    inject: Inject,
    blasts: Vec<Blast>,
    /// Whether packets to another session's IPv4 address get there, as in networks whose subscribers reach each other.
    peers: bool,
}

impl DataPlane {
    /// Serves the sessions of `modem`. `seed` makes all that is random.
    pub fn new(modem: Arc<Mutex<Modem>>, seed: u64) -> Self {
        Self {
            modem,
            internets: BTreeMap::new(),
            seed,
            stats: Stats::default(),
            downlink: Downlink::default(),
            blocks: Blocks::default(),
            flow: Flow::default(),
            line: Line::default(),
            inject: Inject::default(),
            blasts: Vec::new(),
            peers: false,
        }
    }

    /// Starts and ends internets as the sessions came and went.
    fn follow(&mut self, modem: &Modem, now: Instant) {
        self.internets
            .retain(|&mux, _| modem.session(mux).is_some());
        for (mux, session) in modem.sessions() {
            let addresses = Addresses {
                ipv4: session.ipv4,
                ipv6: session.ipv6,
                mtu: session.mtu,
            };
            let old = self.internets.get(&mux).map(Internet::addresses);
            if old != Some(addresses) {
                let seed = self.seed.wrapping_add(u64::from(mux));
                self.internets
                    .insert(mux, Internet::new(addresses, seed, now));
            }
        }
    }
}

impl Data for DataPlane {
    fn receive(&mut self, transfer: &[u8], now: Instant) {
        let modem = Arc::clone(&self.modem);
        let mut modem = lock(&modem);
        self.follow(&modem, now);
        self.line.take(transfer.len(), now);
        if modem.mbim {
            self.uplink_block(&mut modem, transfer, now);
        } else {
            self.uplink(&mut modem, transfer, now);
        }
    }

    fn poll(&mut self, now: Instant) -> Option<Vec<u8>> {
        if let Some(transfer) = self.inject.next() {
            self.stats.dl_injected += 1;
            return Some(transfer);
        }
        let modem = Arc::clone(&self.modem);
        let mut modem = lock(&modem);
        self.follow(&modem, now);
        for blast in &mut self.blasts {
            if let Some(internet) = self.internets.get_mut(&blast.mux()) {
                blast.run(internet, now);
            }
        }
        self.blasts.retain(|blast| !blast.is_done());
        for internet in self.internets.values_mut() {
            internet.run(now);
        }
        self.count_dropped(&mut modem);
        if modem.mbim {
            self.transmit_block(&mut modem, now)
        } else {
            self.transmit(&mut modem, now)
        }
    }

    fn deadline(&self) -> Option<Instant> {
        let blasts = self
            .blasts
            .iter()
            .filter(|blast| self.internets.contains_key(&blast.mux()));
        let blasts = blasts.filter_map(Blast::deadline);
        let internets = self.internets.values().filter_map(Internet::deadline);
        blasts
            .chain(internets)
            .chain(self.downlink.deadline())
            .min()
    }

    fn busy(&self, now: Instant) -> Option<Instant> {
        self.line.busy(now)
    }

    /// Packets that wait are forgotten; what lies behind the sessions goes with them, not with a channel.
    fn reset(&mut self) {
        for internet in self.internets.values_mut() {
            while internet.next().is_some() {}
        }
        self.blocks = Blocks::default();
        self.line.reset();
        self.blasts.clear();
        self.downlink.reset();
        self.flow.reset();
        self.inject.reset();
    }

    fn command(&mut self, words: &[&str]) -> Result<String, String> {
        self.control(words)
    }
}

/// A panic elsewhere ends the process anyway.
fn lock(modem: &Mutex<Modem>) -> MutexGuard<'_, Modem> {
    modem.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The frame format, or none for raw IP.
fn version(qmap: Qmap) -> Option<qmap::Version> {
    match qmap {
        Qmap::None => None,
        Qmap::V1 => Some(qmap::Version::V1),
        Qmap::V4 => Some(qmap::Version::V4),
        Qmap::V5 => Some(qmap::Version::V5),
    }
}
