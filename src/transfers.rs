// SPDX-License-Identifier: GPL-2.0-only
//! Transfers to the modem: the one being filled, those under way, and the buffers for more. Kept by `tx`, under its lock.

use crate::account::Account;
use crate::aggregate::{self, Aggregate, Header};
use crate::netdev::{self, Base, Mode, Port};
use crate::stats::Counter;
use crate::tx::{Done, FRAMES, SEGMENTS};
use kernel::mhi::{self, Direction};
use kernel::net::ethtool::TxAggregation;
use kernel::net::{Device, SkBuff};
use kernel::page::Pages;
use kernel::prelude::*;
use kernel::sync::SpinLock;
use kernel::types::ARef;
use qmap::segment::Segments;
use qmap::{CommandKind, Version};

/// Bytes of a transmit buffer, and so of an aggregate at most.
pub(crate) const BUFFER: usize = 16 << 10;
/// Transmit buffers: 1 MiB. Fewer than the ring has descriptors, so that it is never full.
pub(crate) const BUFFERS: usize = 64;
/// Transfers under way up to which a packet does not wait for more.
const EAGER: usize = 4;
/// The longest transfer: its length is 16 bits wide.
const LONGEST: usize = u16::MAX as usize;
/// Runs on their way at most: each frame of each buffer one, and a transfer in each of the ring's descriptors.
const RUNS: usize = BUFFERS * *FRAMES.end() as usize + crate::modem::DATA_ELEMENTS as usize;
/// Runs that one packet can add at most.
const RUNS_EACH: usize = SEGMENTS as usize + 2;

/// The transfers of a modem.
pub(crate) struct Transfers {
    channel: Option<ARef<mhi::Device>>,
    /// The base interface, while there is a channel.
    base: Option<ARef<Device<Base>>>,
    /// The transfer being filled.
    open: Option<Aggregate>,
    /// Buffers of `BUFFER` bytes to fill.
    pool: KVec<Pages>,
    /// An empty vector, exchanged for that of `Done`.
    spare: KVec<Pages>,
    /// Transfers that the modem has not given back.
    under_way: usize,
    /// Transfers that it has given back, ever.
    completed: u64,
    /// Buffers that the packet at hand lacks.
    wanted: usize,
    /// Whether packets wait, since the channel is about to start anew.
    paused: bool,
    pub(crate) account: Account,
    pub(crate) limits: TxAggregation,
}

/// What one packet of the stack has become.
#[derive(Default)]
pub(crate) struct Sent {
    pub(crate) packets: u32,
    pub(crate) bytes: u32,
}

impl Transfers {
    pub(crate) fn new() -> Result<Transfers> {
        let mut pool = KVec::with_capacity(BUFFERS)?;
        for _ in 0..BUFFERS {
            pool.push(Pages::new(BUFFER, true)?).map_err(|_| ENOMEM)?;
        }
        Ok(Transfers {
            channel: None,
            base: None,
            open: None,
            pool,
            spare: KVec::with_capacity(BUFFERS)?,
            under_way: 0,
            completed: 0,
            wanted: 0,
            paused: false,
            account: Account::new(RUNS)?,
            limits: TxAggregation {
                max_bytes: 8192,
                max_frames: 1,
                time_usecs: 0,
            },
        })
    }

    /// Nothing of an earlier channel comes back any more.
    pub(crate) fn attach(&mut self, base: &Device<Base>, channel: &mhi::Device) {
        let port = base.private();
        for _ in 0..core::mem::take(&mut self.under_way) {
            self.account.complete(true);
        }
        self.report(port);
        self.channel = Some(ARef::from(channel));
        self.base = Some(ARef::from(base));
    }

    pub(crate) fn detach(&mut self, port: &Port) {
        self.channel = None;
        self.base = None;
        self.discard();
        self.report(port);
    }

    /// Takes what came back out of `done`; returns whether there was anything.
    pub(crate) fn collect(&mut self, port: &Port, done: &SpinLock<Done>) -> bool {
        let (taken, lost) = {
            let mut done = done.lock();
            core::mem::swap(&mut self.spare, &mut done.buffers);
            (
                core::mem::take(&mut done.taken),
                core::mem::take(&mut done.lost),
            )
        };
        while let Some(buffer) = self.spare.pop() {
            self.keep(buffer);
        }
        let count = taken.saturating_add(lost);
        // What exceeds `under_way` was never queued.
        for index in 0..count.min(self.under_way) {
            self.account.complete(index >= taken);
        }
        self.under_way = self.under_way.saturating_sub(count);
        self.completed = self.completed.wrapping_add(count as u64);
        self.report(port);
        count > 0
    }

    /// Lets go on who waits and may.
    pub(crate) fn wake(&mut self) {
        if !self.paused {
            self.account.wake(self.pool.len());
        }
    }

    /// Sends what is there, and takes no packets for the time being.
    pub(crate) fn pause(&mut self, port: &Port) {
        self.paused = true;
        self.flush(port);
    }

    /// Takes packets again.
    pub(crate) fn resume(&mut self) {
        self.paused = false;
        self.wake();
    }

    pub(crate) fn progress(&self) -> (u64, usize) {
        (self.completed, self.under_way)
    }

    /// Free buffers, and bytes in the others.
    pub(crate) fn level(&mut self) -> (usize, u64) {
        (self.pool.len(), self.account.bytes())
    }

    /// Copies a packet into the open transfer, after a header if it is a frame.
    pub(crate) fn append_packet(
        &mut self,
        port: &Port,
        skb: &SkBuff,
        header: Option<&Header>,
        key: u8,
        sent: &mut Sent,
    ) -> Result<(), Counter> {
        self.check(0)?;
        let mut packet = skb.reader();
        let len = packet.len();
        let prefix = aggregate::prefix(header, len).ok_or(Counter::TxTooLong)?;
        let most = len
            .checked_add(prefix.overhead())
            .filter(|most| *most <= LONGEST)
            .ok_or(Counter::TxTooLong)?;
        let open = self.room(port, most)?;
        open.append(&prefix, len, |room| {
            packet.read(room)?;
            aggregate::complement(room, header);
            Ok(())
        })
        .map_err(|_| Counter::TxMalformed)?;
        self.added(port, key, len, sent);
        Ok(())
    }

    /// Copies a packet as several frames; `TxStopped` with nothing done if there are not enough buffers for all of it.
    pub(crate) fn append_segments(
        &mut self,
        port: &Port,
        skb: &SkBuff,
        version: Version,
        mux_id: u8,
        key: u8,
        sent: &mut Sent,
    ) -> Result<(), Counter> {
        let gso = skb.gso().ok_or(Counter::TxMalformed)?;
        let segments = Segments::new(
            gso.headers,
            gso.transport,
            gso.protocol,
            gso.data,
            gso.size,
            gso.fixed_id,
        )
        .ok_or(Counter::TxMalformed)?;
        let header = Header {
            version,
            mux_id,
            offload: aggregate::offload_segments(version, &segments),
        };
        let longest = segments.longest();
        let prefix = aggregate::prefix(Some(&header), longest).ok_or(Counter::TxTooLong)?;
        let most = longest.saturating_add(prefix.overhead());
        self.check(self.buffers(most, segments.count()))?;
        let mut packet = skb.reader();
        packet
            .skip(segments.header_len())
            .map_err(|_| Counter::TxMalformed)?;
        for segment in segments.iter() {
            let len = segments.header_len().saturating_add(segment.len);
            let last;
            let prefix = if len == longest {
                &prefix
            } else {
                last = aggregate::prefix(Some(&header), len).ok_or(Counter::TxTooLong)?;
                &last
            };
            let open = self.room(port, most)?;
            open.append(prefix, len, |room| {
                aggregate::write_segment(&header, &mut packet, &segments, &segment, room)
            })
            .map_err(|_| Counter::TxMalformed)?;
            self.added(port, key, len, sent);
        }
        port.counters.count(Counter::TxSegmented);
        Ok(())
    }

    /// Buffers for `count` frames of `most` bytes, without what the open transfer has room for.
    fn buffers(&self, most: usize, count: usize) -> usize {
        let room = BUFFER.min(self.limits.max_bytes as usize);
        let each = room.checked_div(most).unwrap_or(1);
        let each = each.clamp(1, self.limits.max_frames.max(1) as usize);
        let rest = count.saturating_sub(1);
        rest.checked_div(each).unwrap_or(0).saturating_add(1)
    }

    /// Whether a packet that takes so many buffers can be sent now.
    fn check(&mut self, buffers: usize) -> Result<(), Counter> {
        if self.paused {
            self.wanted = buffers.max(1);
            return Err(Counter::TxStopped);
        }
        if self.channel.is_none() {
            return Err(Counter::TxDetached);
        }
        if buffers > BUFFERS {
            return Err(Counter::TxTooLong);
        }
        if buffers > self.pool.len() || self.account.room() < RUNS_EACH {
            self.wanted = buffers.max(1);
            return Err(Counter::TxStopped);
        }
        Ok(())
    }

    /// A transfer with room for a frame of at most `most` bytes.
    #[inline(always)] // of two callers, in each packet's way
    fn room(&mut self, port: &Port, most: usize) -> Result<&mut Aggregate, Counter> {
        if self.open.as_ref().is_some_and(|open| {
            open.len().saturating_add(most) > open.size().min(self.limits.max_bytes as usize)
        }) {
            self.flush(port);
        }
        if self.open.is_none() {
            let buffer = if most > BUFFER {
                Pages::new(most, false).map_err(|_| Counter::TxNoMemory)?
            } else {
                match self.pool.pop() {
                    Some(buffer) => buffer,
                    None => {
                        self.wanted = 1;
                        return Err(Counter::TxStopped);
                    }
                }
            };
            self.open = Some(Aggregate::new(buffer));
        }
        self.open.as_mut().ok_or(Counter::TxStopped)
    }

    /// Takes account of a packet just appended, and sends the transfer if it is full.
    #[inline(always)] // as above
    fn added(&mut self, port: &Port, key: u8, len: usize, sent: &mut Sent) {
        self.account.add(key, len);
        sent.packets = sent.packets.saturating_add(1);
        sent.bytes = sent.bytes.saturating_add(len as u32); // CAST: at most 64 segments of 64 KiB
        if self.open.as_ref().is_some_and(|open| {
            open.frames() >= self.limits.max_frames
                || open.len().saturating_add(64) > open.size().min(self.limits.max_bytes as usize)
        }) {
            self.flush(port);
        }
    }

    /// Puts a buffer back; one of another size than the pool's is freed.
    fn keep(&mut self, buffer: Pages) {
        if buffer.size() == BUFFER {
            let _ = self.pool.push(buffer);
        }
    }

    /// Sends the open transfer, if few are under way. Byte queue limits have heard of what is in it.
    pub(crate) fn flush_when_idle(&mut self, port: &Port) {
        if self.under_way < EAGER {
            self.flush(port);
            if self.account.has_news() {
                self.report(port); // it could not be queued
                if self.under_way == 0 {
                    self.wake(); // and nothing is to come back that would
                }
            }
        }
    }

    /// Sends the open transfer.
    pub(crate) fn flush(&mut self, port: &Port) {
        let Some(open) = self.open.take() else {
            return;
        };
        let (len, frames) = (open.len(), open.frames());
        if frames == 0 {
            self.keep(open.into_buffer());
        } else if self.queue(port, open.into_buffer(), len) {
            port.counters.add(Counter::TxFrames, frames.into());
        } else {
            self.account.lose();
        }
    }

    /// Gives up the open transfer.
    fn discard(&mut self) {
        if let Some(open) = self.open.take() {
            self.keep(open.into_buffer());
            self.account.lose();
        }
    }

    /// Answers a MAP command; see `Tx::answer`.
    pub(crate) fn answer(&mut self, port: &Port, request: &[u8], kind: CommandKind) -> bool {
        self.flush(port); // the account has it that what is open leaves next
        if self.account.room() == 0 {
            return false;
        }
        let Some(mut buffer) = self.pool.pop() else {
            return false;
        };
        match qmap::acknowledge(request, buffer.as_mut_slice(), kind) {
            Some(len) => self.queue(port, buffer, len),
            None => {
                self.keep(buffer);
                false
            }
        }
    }

    fn queue(&mut self, port: &Port, buffer: Pages, len: usize) -> bool {
        let Some(channel) = &self.channel else {
            self.keep(buffer);
            return false;
        };
        if let (Some(base), Some(frames)) = (&self.base, buffer.as_slice().get(..len)) {
            if netdev::mode(base) == Mode::Map {
                base.show(frames, true);
            }
        }
        match channel.queue(Direction::Uplink, buffer, len) {
            Ok(()) => {
                self.account.seal();
                self.under_way = self.under_way.saturating_add(1);
                port.counters.count(Counter::TxTransfers);
                port.counters.add(Counter::TxBytes, len as u64);
                true
            }
            Err((_, buffer)) => {
                port.counters.count(Counter::TxErrors);
                self.keep(buffer);
                false
            }
        }
    }

    /// Stops a sender whose packet lacks buffers, if any will come back, or that has to wait.
    pub(crate) fn starve(&mut self, port: &Port, key: u8) {
        self.report(port);
        if (self.under_way > 0 || self.paused) && self.account.wait(key, self.wanted) {
            port.counters.count(Counter::TxStopped);
        }
    }

    /// After a packet: reports what was lost meanwhile, and stops the sender if it is others' turn or no buffer is left.
    /// Returns whether it was stopped.
    #[inline]
    pub(crate) fn settle(&mut self, port: &Port, key: u8) -> bool {
        if self.account.has_news() {
            self.report(port);
        }
        let why = if self.account.is_greedy(key) {
            Counter::TxYielded
        } else if self.pool.is_empty() && self.open.is_none() && self.under_way > 0 {
            Counter::TxStopped
        } else {
            return false;
        };
        let stopped = self.account.wait(key, 1);
        if stopped {
            port.counters.count(why);
        }
        stopped
    }

    fn report(&mut self, port: &Port) {
        let lost = self.account.report();
        if lost > 0 {
            port.counters.add(Counter::TxLost, lost.into());
        }
    }
}
