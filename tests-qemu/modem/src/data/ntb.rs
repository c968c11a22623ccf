// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
//! The data channels of a modem in MBIM mode: NTB16 blocks both ways; a session's id is what a mux id is in QMAP.

use std::collections::BTreeSet;
use std::time::Instant;

use mbim::ntb::{cost, write, HEADER};
use mbim::Datagrams;
use qmap::modem::Request;

use super::downlink::damage;
use super::DataPlane;
use crate::session::Modem;

/// Bytes of a block: more its header cannot tell.
const BLOCK: usize = 65_535;

/// The numbers of the blocks.
#[derive(Default)]
pub(super) struct Blocks {
    /// Of the next block for the host.
    down: u16,
    /// Of the host's next block; not known before its first.
    up: Option<u16>,
}

impl DataPlane {
    /// Takes a block of the host's apart.
    pub(super) fn uplink_block(&mut self, modem: &mut Modem, transfer: &[u8], now: Instant) {
        self.stats.ul_transfers += 1;
        let Ok(datagrams) = Datagrams::new(transfer) else {
            self.stats.ul_bad_frame += 1;
            return;
        };
        let sequence = datagrams.sequence();
        if self.blocks.up.is_some_and(|due| due != sequence) {
            self.stats.ul_out_of_sequence += 1;
        }
        self.blocks.up = Some(sequence.wrapping_add(1));
        let mut packets = 0;
        for datagram in datagrams {
            match datagram {
                Ok(datagram) => {
                    packets += 1;
                    self.packet(modem, datagram.session, datagram.packet, Request::None, now);
                }
                Err(_) => self.stats.ul_bad_frame += 1,
            }
        }
        // The host was told no limits.
        self.limits(packets, transfer.len(), 0, 0);
    }

    /// The next block for the host, if one is due.
    pub(super) fn transmit_block(&mut self, modem: &mut Modem, now: Instant) -> Option<Vec<u8>> {
        let granted = modem.limits;
        let (max_packets, max_bytes) = self.downlink.limits.unwrap_or((
            granted.dl_max_packets as usize,
            granted.dl_max_size as usize,
        ));
        let max_bytes = max_bytes.min(BLOCK);
        let most = cost(true, 0)? + 3;
        if self.wait((max_packets, max_bytes), most, now) {
            return None;
        }
        let mut packets = Vec::new();
        let mut sessions = BTreeSet::new();
        let mut size = HEADER;
        while packets.len() < max_packets {
            let Some((session, length)) = self.next_mux() else {
                break;
            };
            let grown = size + cost(!sessions.contains(&session), length)?;
            if grown > max_bytes {
                if !packets.is_empty() {
                    break;
                }
                self.drop_too_big(session);
                continue;
            }
            let Some(mut packet) = self.next_packet(modem, session) else {
                continue;
            };
            if self.downlink.damage > 0 && damage(&mut packet) {
                self.downlink.damage -= 1;
                self.stats.dl_corrupted += 1;
            }
            self.downlink.last_mux = session;
            sessions.insert(session);
            size = grown;
            packets.push((session, packet));
        }
        // Each session has one table; its packets keep their order.
        packets.sort_by_key(|(session, _)| *session);
        let parts: Vec<(u8, &[u8])> = packets
            .iter()
            .map(|(session, packet)| (*session, packet.as_slice()))
            .collect();
        let mut block = vec![0; size];
        let length = write(&mut block, self.blocks.down, &parts)?;
        block.truncate(length);
        self.blocks.down = self.blocks.down.wrapping_add(1);
        self.count(packets.len(), length);
        Some(block)
    }
}
