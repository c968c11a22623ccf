// SPDX-License-Identifier: GPL-2.0-only
//! Reception: buffers that the modem has filled become packets of the links, sharing the buffer instead of copying it.
//!
//! The ring never runs empty for lack of memory: a buffer goes up the stack only once a new one has taken its place.

use crate::flow;
use crate::headers;
use crate::link::Link;
use crate::netdev::{self, Base, Mode, Port};
use crate::queue::Queue;
use crate::stats::Counter;
use kernel::mhi::{self, Direction, Status, Transfer};
use kernel::net::skbuff::Packet;
use kernel::net::{Device, Napi, Operations, SkBuffList, Splitter, ETH_P_MAP};
use kernel::new_spinlock;
use kernel::page::Pages;
use kernel::prelude::*;
use kernel::sync::rcu;
use kernel::sync::SpinLock;
use kernel::types::ARef;
use qmap::{Checksum, Deaggregate, Kind, Verdict};

/// Bytes of a receive buffer.
const BUFFER: usize = 16 << 10;
/// Buffers that the modem has at a time: 4 MiB.
const BUFFERS: usize = 256;
/// The longest transfer that is joined from several buffers.
const LONGEST: usize = 64 << 10;
/// Packets up to this length are copied whole.
const COPY: usize = 256;

/// Buffers that the modem has filled, and those on the way to becoming packets.
pub(crate) struct Rx {
    /// Filled by the MHI core's callbacks, emptied by the poll. Innermost lock.
    done: SpinLock<Queue<Transfer>>,
    /// Held while buffers are queued.
    state: SpinLock<State>,
}

struct State {
    channel: Option<ARef<mhi::Device>>,
    /// Pieces of a transfer whose end has not come.
    pieces: KVec<(Pages, usize)>,
    /// Bytes in them.
    len: usize,
    /// Whether a piece was lost, and with it the rest of the transfer.
    broken: bool,
}

impl Rx {
    pub(crate) fn new() -> Result<Rx> {
        let state = State {
            channel: None,
            pieces: KVec::with_capacity(LONGEST / BUFFER)?,
            len: 0,
            broken: false,
        };
        Ok(Rx {
            // Twice the ring: the reset of a channel gives buffers back beside those not polled yet.
            done: new_spinlock!(Queue::new(2 * BUFFERS)?, c"rmnet_mhi_rx_done")?,
            state: new_spinlock!(state, c"rmnet_mhi_rx")?,
        })
    }

    /// Gives the modem its buffers. May sleep.
    pub(crate) fn attach(&self, channel: &mhi::Device) -> Result {
        for _ in 0..BUFFERS {
            channel
                .queue(Direction::Downlink, Pages::new(BUFFER, true)?, BUFFER)
                .map_err(|(error, _)| error)?;
        }
        self.state.lock().channel = Some(ARef::from(channel));
        Ok(())
    }

    /// Queues no more buffers. Those that the modem has come back through `done`.
    pub(crate) fn detach(&self) {
        let mut state = self.state.lock();
        state.channel = None;
        state.drop_pieces();
    }

    /// Takes a buffer from the MHI core.
    pub(crate) fn done(&self, transfer: Transfer) {
        if transfer.status != Status::Reset {
            // Full only if the modem completed more buffers than it was given: then the buffer is freed.
            let _ = self.done.lock().push(transfer);
        }
    }

    /// Turns filled buffers into packets; returns how many, at most `budget` plus those of one buffer.
    pub(crate) fn poll(dev: &Device<Base>, napi: &Napi, guard: &rcu::Guard, budget: u32) -> u32 {
        let port = dev.private();
        let mut packets = 0;
        while packets < budget {
            let Some(transfer) = port.rx.done.lock().pop() else {
                break;
            };
            port.counters.count(Counter::RxTransfers);
            port.counters.add(Counter::RxBytes, transfer.len as u64);
            // Counts at least one, so that a modem that sends nothing useful cannot keep the poll busy.
            let count = match port.rx.collect(port, transfer) {
                Some((pages, len)) => deliver(dev, napi, guard, pages, len),
                None => 0,
            };
            packets = packets.saturating_add(count.max(1));
        }
        packets
    }

    /// Replaces a filled buffer in the ring; returns a whole transfer, if the buffer was its last piece.
    fn collect(&self, port: &Port, transfer: Transfer) -> Option<(Pages, usize)> {
        let mut state = self.state.lock();
        let Transfer {
            buffer,
            len,
            status,
        } = transfer;
        let buffer = match Pages::new(BUFFER, false) {
            Ok(fresh) => {
                state.queue(fresh);
                buffer
            }
            Err(_) => {
                port.counters.count(Counter::RxNoBuffer);
                state.queue(buffer);
                state.broken = true;
                state.drop_pieces();
                return state.end(status).and(None);
            }
        };
        if status == Status::Complete && state.pieces.is_empty() && !state.broken {
            return Some((buffer, len));
        }
        port.counters.count(Counter::RxSplit);
        if !state.broken && !state.push(buffer, len) {
            port.counters.count(Counter::RxSplitDropped);
            state.broken = true;
            state.drop_pieces();
        }
        state.end(status)?;
        let joined = state.join();
        if joined.is_none() {
            port.counters.count(Counter::RxSplitDropped);
        }
        joined
    }
}

impl State {
    fn queue(&self, buffer: Pages) {
        if let Some(channel) = &self.channel {
            // Fails only when the modem has crashed: then all buffers come back, and `attach` queues new ones.
            let len = buffer.size().min(BUFFER);
            let _ = channel.queue(Direction::Downlink, buffer, len);
        }
    }

    fn push(&mut self, buffer: Pages, len: usize) -> bool {
        let total = self.len.saturating_add(len);
        if total > LONGEST || self.pieces.push((buffer, len)).is_err() {
            return false;
        }
        self.len = total;
        true
    }

    /// Whether a transfer ends here whose pieces are all there.
    fn end(&mut self, status: Status) -> Option<()> {
        let ended = status == Status::Complete;
        let whole = ended && !self.broken;
        if ended {
            self.broken = false;
        }
        whole.then_some(())
    }

    /// Copies the pieces into one buffer.
    fn join(&mut self) -> Option<(Pages, usize)> {
        let len = self.len;
        let joined = Pages::new(len, false).ok().and_then(|mut joined| {
            let mut rest = joined.as_mut_slice();
            for (piece, len) in self.pieces.iter() {
                let bytes = piece.as_slice().get(..*len)?;
                let (to, behind) = rest.split_at_mut_checked(*len)?;
                to.copy_from_slice(bytes);
                rest = behind;
            }
            Some(joined)
        });
        self.drop_pieces();
        Some((joined?, len))
    }

    fn drop_pieces(&mut self) {
        while self.pieces.pop().is_some() {}
        self.len = 0;
    }
}

/// Hands a transfer's packets to the stack; returns how many there were, good or bad.
fn deliver(dev: &Device<Base>, napi: &Napi, guard: &rcu::Guard, pages: Pages, len: usize) -> u32 {
    let mut packets = 0;
    SkBuffList::deliver(napi, guard, |list| {
        pages.split(len, napi, guard, list, |splitter| {
            packets = match netdev::mode(dev) {
                Mode::Map => frames(dev, guard, splitter),
                Mode::Raw => bare(dev, guard, splitter),
                Mode::Foreign => foreign(dev, guard, splitter),
            };
        });
    });
    packets
}

/// A transfer of MAP frames.
fn frames<'g>(dev: &Device<Base>, guard: &'g rcu::Guard, mut splitter: Splitter<'_, 'g>) -> u32 {
    let port = dev.private();
    let bytes = splitter.bytes();
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
        run.packet(port, &mut splitter, frame.offset, frame.payload, checksum);
    }
    packets
}

/// Consecutive frames for one link: its counters are touched once. Dropping it counts.
struct Run<'g> {
    mux_id: u8,
    link: &'g Device<Link>,
    running: bool,
    checksum: bool,
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
            packets: 0,
            bytes: 0,
        }
    }

    fn packet(
        &mut self,
        port: &Port,
        splitter: &mut Splitter<'_, 'g>,
        offset: usize,
        payload: &[u8],
        checksum: Checksum,
    ) {
        if !self.running {
            port.counters.count(Counter::RxDown);
            return;
        }
        let Some(protocol) = headers::protocol(payload) else {
            port.counters.count(Counter::RxNotIp);
            self.link.count_rx_error();
            return;
        };
        let checksummed = self.checksum && verified(port, payload, checksum);
        match cut(splitter, self.link, offset, payload, protocol, checksummed) {
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
    offset: usize,
    payload: &[u8],
    protocol: u16,
    checksummed: bool,
) -> Result {
    let received = splitter.bytes().len();
    let small = payload.len() <= COPY || (received < BUFFER / 4 && payload.len() <= MOST_COPIED);
    let copy = if small {
        payload.len()
    } else {
        headers::header_len(payload)
    };
    // The buffer's memory is charged to its packets by their share.
    let truesize = payload
        .len()
        .saturating_mul(splitter.size())
        .checked_div(received)
        .unwrap_or(payload.len());
    splitter.packet(
        dev,
        Packet {
            range: offset..offset.saturating_add(payload.len()),
            copy,
            protocol,
            checksummed,
            truesize: u32::try_from(truesize).unwrap_or(u32::MAX),
        },
    )
}

/// The longest packet that is copied out of a nearly empty buffer.
const MOST_COPIED: usize = 2048;

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
    match cut(
        &mut splitter,
        dev.for_guard(guard),
        0,
        bytes,
        protocol,
        false,
    ) {
        Ok(()) => dev.count_rx(1, bytes.len() as u64),
        Err(_) => {
            port.counters.count(Counter::RxNoMemory);
            dev.count_rx_dropped();
        }
    }
}
