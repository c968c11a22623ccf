// SPDX-License-Identifier: GPL-2.0-only
//! A transfer's frames become packets of their links. Called by `rx` from the poll.

use crate::flow;
use crate::headers;
use crate::link::Link;
use crate::merge::Merges;
use crate::netdev::{self, Base, Mode, Port};
use crate::stats::Counter;
use kernel::net::incoming::Packet;
use kernel::net::{Device, Incoming, Operations, Splitter, ETH_P_MAP};
use kernel::prelude::*;
use kernel::sync::rcu;
use qmap::merge::Piece;
use qmap::{Checksum, Deaggregate, Kind, Verdict};

/// Packets up to this length are copied whole.
const COPY: usize = 256;
/// The longest packet that is copied out of a nearly empty buffer.
const MOST_COPIED: usize = 2048;

/// Makes packets of a transfer for the splitter's list, and for `merges`; returns how many there were, good or bad.
pub(crate) fn deliver<'g>(
    dev: &Device<Base>,
    guard: &'g rcu::Guard,
    splitter: Splitter<'_, 'g>,
    merges: &mut Merges<'g>,
) -> u32 {
    match netdev::mode(dev) {
        Mode::Map => frames(dev, guard, splitter, merges),
        Mode::Raw => bare(dev, guard, splitter),
        Mode::Foreign => foreign(dev, guard, splitter),
    }
}

/// A transfer of MAP frames.
fn frames<'g>(
    dev: &Device<Base>,
    guard: &'g rcu::Guard,
    mut splitter: Splitter<'_, 'g>,
    merges: &mut Merges<'g>,
) -> u32 {
    let port = dev.private();
    let bytes = splitter.bytes();
    dev.show(bytes, false);
    let mut packets = 0u32;
    let mut run: Option<Run<'g>> = None;
    for frame in Deaggregate::new(port.format.downlink(), bytes) {
        packets = packets.saturating_add(1);
        let frame = match frame {
            Ok(frame) => frame,
            Err(malformed) => {
                port.counters.malformed(malformed);
                dev.count_rx_error();
                continue;
            }
        };
        let checksum = match frame.kind {
            Kind::Data(checksum) => checksum,
            Kind::Command(command) => {
                flow::command(port, guard, frame.mux_id, command, frame.raw);
                continue;
            }
        };
        if run.as_ref().is_none_or(|run| run.mux_id != frame.mux_id) {
            run = port
                .links
                .get(usize::from(frame.mux_id), guard)
                .map(|link| Run::new(frame.mux_id, link));
        }
        let Some(run) = &mut run else {
            port.counters.count(Counter::RxUnknownMux);
            dev.count_rx_error();
            continue;
        };
        let packet = Received {
            offset: frame.offset,
            payload: frame.payload,
            checksum,
        };
        run.packet(port, &mut splitter, merges, &packet);
    }
    packets
}

/// A packet where the modem put it.
struct Received<'a> {
    offset: usize,
    payload: &'a [u8],
    checksum: Checksum,
}

/// Consecutive frames for one link: its counters are touched once. Dropping it counts.
struct Run<'g> {
    mux_id: u8,
    link: &'g Device<Link>,
    running: bool,
    checksum: bool,
    merge: bool,
    packets: u32,
    bytes: u64,
}

impl<'g> Run<'g> {
    fn new(mux_id: u8, link: &'g Device<Link>) -> Run<'g> {
        Run {
            mux_id,
            link,
            running: link.is_running(),
            checksum: link.rx_checksum(),
            merge: link.rx_merge(),
            packets: 0,
            bytes: 0,
        }
    }

    fn packet(
        &mut self,
        port: &Port,
        splitter: &mut Splitter<'_, 'g>,
        merges: &mut Merges<'g>,
        packet: &Received<'_>,
    ) {
        if !self.running {
            port.counters.count(Counter::RxDown);
            return;
        }
        let payload = packet.payload;
        let Some(protocol) = headers::protocol(payload) else {
            port.counters.count(Counter::RxNotIp);
            self.link.count_rx_error();
            return;
        };
        let checksummed = self.checksum && verified(port, payload, packet.checksum);
        let piece = (self.merge && (checksummed || !merges.is_empty()))
            .then(|| Piece::parse(payload))
            .flatten();
        let made = match &piece {
            Some(piece) if checksummed => {
                self.merge(port, splitter, merges, packet, piece, protocol)
            }
            other => {
                if let Some(piece) = other {
                    // Not merged itself, but what it follows goes up first.
                    let end = packet.offset.saturating_add(payload.len());
                    merges.join(port, splitter, self.link, piece, end, None);
                }
                cut(splitter, self.link, packet, protocol, checksummed)
                    .map(|packet| splitter.list().push(packet))
            }
        };
        match made {
            Ok(()) => {
                self.packets = self.packets.wrapping_add(1);
                self.bytes = self.bytes.wrapping_add(payload.len() as u64);
            }
            Err(_) => {
                port.counters.count(Counter::RxNoMemory);
                self.link.count_rx_dropped();
            }
        }
    }

    /// A TCP packet goes on where another ends, or waits for one that does.
    fn merge(
        &self,
        port: &Port,
        splitter: &mut Splitter<'_, 'g>,
        merges: &mut Merges<'g>,
        packet: &Received<'_>,
        piece: &Piece<'_>,
        protocol: u16,
    ) -> Result {
        let len = packet.payload.len();
        let end = packet.offset.saturating_add(len);
        let truesize = (!is_nearly_empty(splitter)).then(|| truesize(splitter, len));
        if merges.join(port, splitter, self.link, piece, end, truesize) {
            return Ok(());
        }
        let shared = to_copy(splitter, packet.payload) < len;
        let packet = cut(splitter, self.link, packet, protocol, true)?;
        if shared {
            merges.start(port, splitter.list(), self.link, piece, packet);
        } else {
            splitter.list().push(packet);
        }
        Ok(())
    }
}

impl Drop for Run<'_> {
    fn drop(&mut self) {
        if self.packets > 0 {
            self.link.count_rx(self.packets, self.bytes);
        }
    }
}

/// Whether the modem has verified a packet's checksum.
fn verified(port: &Port, packet: &[u8], checksum: Checksum) -> bool {
    match checksum {
        Checksum::Valid => true,
        Checksum::None => false,
        Checksum::Unverified => {
            port.counters.count(Counter::RxChecksumUnverified);
            false
        }
        Checksum::Trailer(trailer) => match qmap::verify_v4(packet, trailer) {
            Verdict::Valid => true,
            Verdict::Unchecked => false,
            Verdict::Invalid => {
                port.counters.count(Counter::RxChecksumWrong);
                false
            }
        },
    }
}

/// Makes a packet that shares the received buffer, unless it is small or would keep much memory for few bytes.
fn cut<'g, T: Operations>(
    splitter: &mut Splitter<'_, 'g>,
    dev: &'g Device<T>,
    packet: &Received<'_>,
    protocol: u16,
    checksummed: bool,
) -> Result<Incoming<'g>> {
    let payload = packet.payload;
    splitter.packet(
        dev,
        Packet {
            range: packet.offset..packet.offset.saturating_add(payload.len()),
            copy: to_copy(splitter, payload),
            protocol,
            checksummed,
            truesize: truesize(splitter, payload.len()),
        },
    )
}

/// How many bytes of a packet to copy; the rest is shared.
fn to_copy(splitter: &Splitter<'_, '_>, payload: &[u8]) -> usize {
    let few = is_nearly_empty(splitter) && payload.len() <= MOST_COPIED;
    if few || payload.len() <= COPY {
        payload.len()
    } else {
        headers::header_len(payload)
    }
}

/// Whether sharing the buffer would keep much memory for few bytes.
fn is_nearly_empty(splitter: &Splitter<'_, '_>) -> bool {
    splitter.bytes().len() < splitter.size() / 4
}

/// The buffer's memory is charged to its packets by their share.
fn truesize(splitter: &Splitter<'_, '_>, len: usize) -> u32 {
    let share = len
        .saturating_mul(splitter.size())
        .checked_div(splitter.bytes().len())
        .unwrap_or(len);
    u32::try_from(share).unwrap_or(u32::MAX)
}

/// A transfer that is one bare packet.
fn bare<'g>(dev: &Device<Base>, guard: &'g rcu::Guard, splitter: Splitter<'_, 'g>) -> u32 {
    match headers::protocol(splitter.bytes()) {
        Some(protocol) => whole(dev, guard, splitter, protocol),
        None => {
            dev.private().counters.count(Counter::RxNotIp);
            dev.count_rx_error();
        }
    }
    1
}

/// A transfer for the kernel's own rmnet module, which takes it apart.
fn foreign<'g>(dev: &Device<Base>, guard: &'g rcu::Guard, splitter: Splitter<'_, 'g>) -> u32 {
    whole(dev, guard, splitter, ETH_P_MAP);
    1
}

fn whole<'g>(
    dev: &Device<Base>,
    guard: &'g rcu::Guard,
    mut splitter: Splitter<'_, 'g>,
    protocol: u16,
) {
    let port = dev.private();
    if !dev.is_running() {
        port.counters.count(Counter::RxDown);
        return;
    }
    let bytes = splitter.bytes();
    let packet = Received {
        offset: 0,
        payload: bytes,
        checksum: Checksum::None,
    };
    match cut(
        &mut splitter,
        dev.for_guard(guard),
        &packet,
        protocol,
        false,
    ) {
        Ok(packet) => {
            splitter.list().push(packet);
            dev.count_rx(1, bytes.len() as u64);
        }
        Err(_) => {
            port.counters.count(Counter::RxNoMemory);
            dev.count_rx_dropped();
        }
    }
}
