// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
//! Uplink: a transfer is checked against the granted limits and taken apart, checksums are completed, packets go
//! to their session.

use std::net::{Ipv4Addr, Ipv6Addr};
use std::time::Instant;

use qmap::ip::{self, Opaque, Transport};
use qmap::modem::{Request, Uplink, UplinkKind};
use qmap::Offload;

use super::stats::Stats;
use super::{version, DataPlane};
use crate::internet::{Addresses, Internet};
use crate::session::Modem;

impl DataPlane {
    pub(super) fn uplink(&mut self, modem: &mut Modem, transfer: &[u8], now: Instant) {
        let format = modem.format;
        self.stats.ul_transfers += 1;
        let Some(version) = version(format.ul) else {
            self.limits(1, transfer.len(), 1, u32::MAX);
            self.packet(modem, 0, transfer, Request::None, now);
            return;
        };
        let mut packets = 0;
        for frame in Uplink::new(version, transfer) {
            let Ok(frame) = frame else {
                self.stats.ul_bad_frame += 1;
                continue;
            };
            if frame.pad.len() > 3 || frame.pad.iter().any(|&byte| byte != 0) {
                self.stats.ul_bad_pad += 1;
            }
            match frame.kind {
                UplinkKind::Command(command) => {
                    self.flow.answered(frame.mux_id, command, &mut self.stats)
                }
                UplinkKind::Data(request) => {
                    packets += 1;
                    self.packet(modem, frame.mux_id, frame.payload, request, now);
                }
            }
        }
        self.limits(
            packets,
            transfer.len(),
            format.ul_max_packets,
            format.ul_max_size,
        );
    }

    pub(super) fn limits(&mut self, packets: u64, bytes: usize, max_packets: u32, max_bytes: u32) {
        let bytes = bytes as u64;
        let stats = &mut self.stats;
        stats.ul_max_packets_in_transfer = stats.ul_max_packets_in_transfer.max(packets);
        stats.ul_max_bytes_in_transfer = stats.ul_max_bytes_in_transfer.max(bytes);
        // A single packet always fits. Limits of 0 were not negotiated.
        let beyond = |value: u64, max: u32| max > 0 && value > u64::from(max);
        if packets > 1 && (beyond(packets, max_packets) || beyond(bytes, max_bytes)) {
            stats.ul_limit_violations += 1;
        }
    }

    pub(super) fn packet(
        &mut self,
        modem: &mut Modem,
        mux: u8,
        packet: &[u8],
        request: Request,
        now: Instant,
    ) {
        let Some(addresses) = self.internets.get(&mux).map(Internet::addresses) else {
            self.stats.ul_no_session += 1;
            return;
        };
        self.flow.uplink(mux, &mut self.stats);
        let mut dropped = true;
        if !is_whole(packet) {
            self.stats.ul_bad_ip += 1;
        } else if !has_family(packet, &addresses) {
            self.stats.ul_other_family += 1;
        } else if !is_from(packet, &addresses) {
            self.stats.ul_bad_source += 1;
            let mut others = self.internets.values().map(Internet::addresses);
            let mixed_up =
                others.any(|other| has_family(packet, &other) && is_from(packet, &other));
            self.stats.ul_mixed_up += u64::from(mixed_up);
            if mixed_up && self.stats.ul_mixed_up == 1 {
                let header = &packet[..packet.len().min(48)];
                log::warn!("not from mux {mux}'s addresses, but another one's: {header:02x?}");
            }
        } else {
            dropped = false;
            self.stats.ul_packets += 1;
            self.stats.ul_bytes += packet.len() as u64;
            let completed = complete(packet, request, &mut self.stats);
            let packet = completed.as_deref().unwrap_or(packet);
            let peer = self.peers.then(|| destination(packet)).flatten();
            let peer = peer.and_then(|to| {
                let mut internets = self.internets.values_mut();
                internets.find(|internet| {
                    let ip = internet.addresses().ipv4;
                    ip.is_some_and(|ip| ip.address == to)
                })
            });
            match peer {
                // What does not fit is lost, as where a network has more than a link takes.
                Some(peer) => self.stats.ul_to_peers += u64::from(peer.send(packet.to_vec())),
                None => {
                    if let Some(internet) = self.internets.get_mut(&mux) {
                        internet.receive(packet, now);
                    }
                }
            }
        }
        if let Some(traffic) = modem.traffic(mux) {
            if dropped {
                traffic.ul_dropped += 1;
            } else {
                traffic.ul_packets += 1;
                traffic.ul_bytes += packet.len() as u64;
            }
        }
    }
}

/// Whether it is an IP packet of exactly the length that its header states.
fn is_whole(packet: &[u8]) -> bool {
    let stated = match packet {
        [first, _, l0, l1, ..] if first >> 4 == 4 => usize::from(u16::from_be_bytes([*l0, *l1])),
        [first, _, _, _, l0, l1, ..] if first >> 4 == 6 => {
            usize::from(u16::from_be_bytes([*l0, *l1])) + 40
        }
        _ => return false,
    };
    stated == packet.len() && stated >= 20
}

/// Whether the session has addresses of the packet's family.
fn has_family(packet: &[u8], addresses: &Addresses) -> bool {
    match packet[0] >> 4 {
        4 => addresses.ipv4.is_some(),
        _ => addresses.ipv6.is_some(),
    }
}

/// Whether the source address belongs to the session: networks drop everything else.
fn is_from(packet: &[u8], addresses: &Addresses) -> bool {
    if packet[0] >> 4 == 4 {
        let source = packet
            .get(12..16)
            .and_then(|bytes| <[u8; 4]>::try_from(bytes).ok());
        return addresses
            .ipv4
            .is_some_and(|ip| source.map(Ipv4Addr::from) == Some(ip.address));
    }
    let source = packet
        .get(8..24)
        .and_then(|bytes| <[u8; 16]>::try_from(bytes).ok());
    let (Some(ip), Some(source)) = (addresses.ipv6, source.map(Ipv6Addr::from)) else {
        return false;
    };
    let same_prefix = source.segments()[..4] == ip.address.segments()[..4];
    same_prefix || source.is_unicast_link_local() || source.is_unspecified()
}

/// Where an IPv4 packet goes.
fn destination(packet: &[u8]) -> Option<Ipv4Addr> {
    let bytes = packet.get(16..20).filter(|_| packet[0] >> 4 == 4)?;
    <[u8; 4]>::try_from(bytes).ok().map(Ipv4Addr::from)
}

/// Does what was asked for the checksum; `None` if the packet stays as it is.
fn complete(packet: &[u8], request: Request, stats: &mut Stats) -> Option<Vec<u8>> {
    let transport = match Transport::parse(packet) {
        Ok(transport) => transport,
        Err(opaque) => {
            if request != Request::None {
                stats.ul_bad_offload += 1;
            } else if opaque == Opaque::Malformed {
                stats.ul_bad_checksum += 1;
            }
            return None;
        }
    };
    let at = transport.network.len() + transport.insert();
    let value = match request {
        Request::None => {
            if !transport.is_valid() {
                stats.ul_bad_checksum += 1;
            }
            return None;
        }
        Request::V5 => {
            stats.ul_seeded += u64::from(transport.field()? != 0);
            transport.computed()
        }
        Request::V4(offload) => {
            let fitting = Offload {
                start: transport.network.len() as u16,
                insert: transport.insert() as u16,
                udp: transport.protocol == ip::UDP,
            };
            if offload != fitting {
                stats.ul_bad_offload += 1;
                return None;
            }
            // From the seed that the host left, so that a wrong one shows in the packet as it would on air.
            let seed = !transport.field()?;
            if seed != transport.pseudo().fold() {
                stats.ul_bad_seed += 1;
            }
            let sum = ip::Sum::default()
                .bytes(transport.segment)
                .without(!seed)
                .word(seed);
            match !sum.fold() {
                0 if offload.udp => 0xffff,
                value => value,
            }
        }
    };
    stats.ul_offloaded += 1;
    let mut packet = packet.to_vec();
    packet[at..at + 2].copy_from_slice(&value.to_be_bytes());
    Some(packet)
}
