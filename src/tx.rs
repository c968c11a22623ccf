// SPDX-License-Identifier: GPL-2.0-only
//! Transmission: packets are copied into a transfer, several into one where the modem allows it.
//!
//! A transfer is sent as soon as it is full, or no more packets follow and the modem is idle enough; while it is busy,
//! packets gather until it gives a buffer back. So nothing waits on an idle link, and nobody needs a timer.

use crate::aggregate::{self, Aggregate, Header};
use crate::link::Link;
use crate::netdev::Port;
use crate::stats::Counter;
use kernel::mhi::{self, Direction};
use kernel::net::device::xmit_more;
use kernel::net::ethtool::TxAggregation;
use kernel::net::{Device, Operations, SkBuff, Transmit};
use kernel::new_spinlock;
use kernel::page::Pages;
use kernel::prelude::*;
use kernel::sync::SpinLock;
use kernel::types::ARef;
use qmap::segment::Segments;
use qmap::CommandKind;

/// Bytes of a transmit buffer, and so of an aggregate at most.
const BUFFER: usize = 16 << 10;
/// Transmit buffers: 1 MiB. Fewer than the ring has descriptors, so that it is never full.
pub(crate) const BUFFERS: usize = 64;
/// Transfers under way up to which a packet does not wait for more.
const EAGER: usize = 4;
/// The longest transfer: its length is 16 bits wide.
const LONGEST: usize = u16::MAX as usize;
/// The most frames of an aggregate that can be asked for, as in Linux' rmnet.
const MOST_FRAMES: u32 = 64;
/// Packets that one packet with much data is cut into at most: even as transfers of their own there is a buffer for each.
/// 64 KiB of TCP in Ethernet's segments are 46.
pub(crate) const SEGMENTS: u16 = 48;
const _: () = assert!((SEGMENTS as usize) < BUFFERS);

/// Buffers for packets to send.
pub(crate) struct Tx {
    /// Filled by the MHI core's callbacks, emptied by the poll. Innermost lock.
    done: SpinLock<Done>,
    /// Held while packets are copied and buffers queued.
    state: SpinLock<State>,
}

struct Done {
    buffers: KVec<Pages>,
    /// Buffers that came back, kept or not.
    count: usize,
}

struct State {
    channel: Option<ARef<mhi::Device>>,
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
    /// Buffers that a packet waits for whose queue was stopped for lack of them; 0: none was.
    wanted: usize,
    limits: TxAggregation,
}

impl Tx {
    pub(crate) fn new() -> Result<Tx> {
        let mut pool = KVec::with_capacity(BUFFERS)?;
        for _ in 0..BUFFERS {
            pool.push(Pages::new(BUFFER, true)?).map_err(|_| ENOMEM)?;
        }
        let state = State {
            channel: None,
            open: None,
            pool,
            spare: KVec::with_capacity(BUFFERS)?,
            under_way: 0,
            completed: 0,
            wanted: 0,
            limits: TxAggregation {
                max_bytes: 8192,
                max_frames: 1,
            },
        };
        let done = Done {
            buffers: KVec::with_capacity(BUFFERS)?,
            count: 0,
        };
        Ok(Tx {
            done: new_spinlock!(done, c"rmnet_mhi_tx_done")?,
            state: new_spinlock!(state, c"rmnet_mhi_tx")?,
        })
    }

    /// Sends through these channels from now on.
    pub(crate) fn attach(&self, channel: &mhi::Device) {
        self.state.lock().channel = Some(ARef::from(channel));
    }

    /// Queues nothing more. Buffers that the modem has come back through `done`.
    pub(crate) fn detach(&self) {
        let mut state = self.state.lock();
        state.channel = None;
        if let Some(open) = state.open.take() {
            state.keep(open.into_buffer());
        }
    }

    /// Takes a buffer back from the MHI core.
    pub(crate) fn done(&self, buffer: Pages) {
        let mut done = self.done.lock();
        done.count = done.count.wrapping_add(1);
        if buffer.size() == BUFFER {
            // Never more than the pool has; a buffer too many is freed.
            let _ = done.buffers.push(buffer);
        }
    }

    /// Puts buffers that came back to use; returns whether stopped queues may go on. From the poll.
    pub(crate) fn complete(&self, port: &Port) -> bool {
        let mut state = self.state.lock();
        let count = {
            let state = &mut *state;
            let mut done = self.done.lock();
            core::mem::swap(&mut state.spare, &mut done.buffers);
            core::mem::take(&mut done.count)
        };
        while let Some(buffer) = state.spare.pop() {
            state.keep(buffer);
        }
        state.under_way = state.under_way.saturating_sub(count);
        state.completed = state.completed.wrapping_add(count as u64);
        state.flush_when_idle(port);
        let wake = state.wanted > 0 && state.pool.len() >= state.wanted;
        if wake {
            state.wanted = 0;
        }
        wake
    }

    /// Sends a packet as a frame of a link.
    pub(crate) fn send_framed(
        &self,
        port: &Port,
        dev: &Device<Link>,
        mux_id: u8,
        mut skb: SkBuff,
    ) -> Transmit {
        let version = port.format.uplink();
        if skb.is_gso() {
            let offload = None; // known once it is cut
            return self.send(
                port,
                dev,
                skb,
                Some(Header {
                    version,
                    mux_id,
                    offload,
                }),
            );
        }
        let offload = match aggregate::offload(version, &mut skb) {
            Ok(offload) => offload,
            Err(_) => {
                dev.count_tx_dropped();
                self.flush(port, xmit_more());
                return Transmit::Done;
            }
        };
        self.send(
            port,
            dev,
            skb,
            Some(Header {
                version,
                mux_id,
                offload,
            }),
        )
    }

    /// Sends a packet as a transfer of its own.
    pub(crate) fn send_raw<T: Operations>(
        &self,
        port: &Port,
        dev: &Device<T>,
        skb: SkBuff,
    ) -> Transmit {
        self.send(port, dev, skb, None)
    }

    fn send<T: Operations>(
        &self,
        port: &Port,
        dev: &Device<T>,
        skb: SkBuff,
        header: Option<Header>,
    ) -> Transmit {
        let more = xmit_more();
        let alone = header.is_none();
        let mut state = self.state.lock();
        let sent = match &header {
            Some(header) if skb.is_gso() => state.append_segments(port, &skb, header),
            header => state.append_packet(port, &skb, header.as_ref()),
        };
        match sent {
            Ok((packets, bytes)) => {
                skb.consume();
                dev.count_tx(packets, bytes as u64);
            }
            Err(EAGAIN) => {
                // The buffers are under way: the poll wakes the queue.
                state.starve(port, dev);
                state.flush(port);
                return Transmit::Busy(skb);
            }
            Err(error) => {
                if error == EINVAL {
                    port.counters.count(Counter::TxTooLong);
                }
                dev.count_tx_dropped();
            }
        }
        if alone || state.is_full() {
            state.flush(port);
        } else if !more {
            state.flush_when_idle(port);
        }
        if state.pool.is_empty() && state.open.is_none() {
            state.wanted = state.wanted.max(1);
            state.starve(port, dev);
        }
        Transmit::Done
    }

    /// Sends what waits, unless more packets follow at once.
    pub(crate) fn flush(&self, port: &Port, more: bool) {
        if !more {
            self.state.lock().flush_when_idle(port);
        }
    }

    /// Answers a MAP command: the whole frame `request` back, marked with `kind`.
    pub(crate) fn answer(&self, port: &Port, request: &[u8], kind: CommandKind) {
        let mut state = self.state.lock();
        let sent = state.pool.pop().is_some_and(|mut buffer| {
            match qmap::acknowledge(request, buffer.as_mut_slice(), kind) {
                Some(len) => state.queue(port, buffer, len),
                None => {
                    state.keep(buffer);
                    false
                }
            }
        });
        port.counters.count(if sent {
            Counter::TxAnswers
        } else {
            Counter::TxAnswersDropped
        });
    }

    /// Transfers that the modem has given back ever, and those that it has not.
    pub(crate) fn progress(&self) -> (u64, usize) {
        let state = self.state.lock();
        (state.completed, state.under_way)
    }

    /// The limits of an aggregate.
    pub(crate) fn aggregation(&self) -> TxAggregation {
        self.state.lock().limits
    }

    /// Sets the limits of an aggregate, which are the modem's.
    pub(crate) fn set_aggregation(&self, to: TxAggregation) -> Result {
        let bytes = usize::try_from(to.max_bytes).map_err(|_| EINVAL)?;
        if !(2048..=BUFFER).contains(&bytes) || !(1..=MOST_FRAMES).contains(&to.max_frames) {
            return Err(EINVAL);
        }
        self.state.lock().limits = to;
        Ok(())
    }
}

impl State {
    /// Copies a packet into the open transfer, after a header if it is a frame; returns packets and bytes.
    fn append_packet(
        &mut self,
        port: &Port,
        skb: &SkBuff,
        header: Option<&Header>,
    ) -> Result<(u32, usize)> {
        let len = skb.len();
        self.append(port, len, header, |packet| skb.copy_to(0, packet))?;
        Ok((1, len))
    }

    /// Copies a packet as several frames; returns how many, and their bytes. `EAGAIN` with nothing done if there are not
    /// enough buffers for all of it.
    fn append_segments(
        &mut self,
        port: &Port,
        skb: &SkBuff,
        header: &Header,
    ) -> Result<(u32, usize)> {
        let version = header.version;
        let gso = skb.gso().ok_or(EINVAL)?;
        let segments = Segments::new(
            gso.headers,
            gso.transport,
            gso.protocol,
            gso.data,
            gso.size,
            gso.fixed_id,
        )
        .ok_or(EINVAL)?;
        let header = Header {
            version,
            mux_id: header.mux_id,
            offload: aggregate::offload_segments(version, &segments),
        };
        let longest = segments.longest().saturating_add(header.overhead());
        let most = BUFFER.min(self.limits.max_bytes as usize);
        let in_one = most
            .checked_div(longest)
            .unwrap_or(1)
            .clamp(1, self.limits.max_frames.max(1) as usize);
        let rest = segments.count().saturating_sub(1);
        let wanted = rest.checked_div(in_one).unwrap_or(0).saturating_add(1);
        if wanted > BUFFERS {
            return Err(EINVAL);
        }
        if wanted > self.pool.len() {
            self.wanted = self.wanted.max(wanted);
            return Err(EAGAIN);
        }
        let (mut packets, mut bytes) = (0u32, 0usize);
        for segment in segments.iter() {
            let len = segments.header_len().saturating_add(segment.len);
            self.append(port, len, Some(&header), |packet| {
                aggregate::write_segment(version, skb, &segments, &segment, packet)
            })?;
            if self.is_full() {
                self.flush(port);
            }
            packets = packets.wrapping_add(1);
            bytes = bytes.wrapping_add(len);
        }
        port.counters.count(Counter::TxSegmented);
        Ok((packets, bytes))
    }

    /// Adds a packet of `len` bytes that `write` fills in to the open transfer, after a header if it is a frame; `EAGAIN`
    /// without a buffer, `EINVAL` if it is too long, `ENOTCONN` while the modem is gone.
    fn append(
        &mut self,
        port: &Port,
        len: usize,
        header: Option<&Header>,
        write: impl FnOnce(&mut [u8]) -> Result,
    ) -> Result {
        if self.channel.is_none() {
            return Err(ENOTCONN);
        }
        let most = len
            .checked_add(header.map_or(0, Header::overhead))
            .filter(|len| *len <= LONGEST)
            .ok_or(EINVAL)?;
        if self
            .open
            .as_ref()
            .is_some_and(|open| open.len().saturating_add(most) > self.most(open))
        {
            self.flush(port);
        }
        let mut open = match self.open.take() {
            Some(open) => open,
            None => Aggregate::new(self.buffer(most)?),
        };
        let result = open.append(len, header, write);
        if open.frames() > 0 {
            self.open = Some(open);
        } else {
            self.keep(open.into_buffer());
        }
        result
    }

    /// The bytes that an open transfer may have.
    fn most(&self, open: &Aggregate) -> usize {
        open.size().min(self.limits.max_bytes as usize)
    }

    fn buffer(&mut self, len: usize) -> Result<Pages> {
        if len > BUFFER {
            return Pages::new(len, false);
        }
        let buffer = self.pool.pop();
        if buffer.is_none() {
            self.wanted = self.wanted.max(1);
        }
        buffer.ok_or(EAGAIN)
    }

    /// Puts a buffer back; one of another size than the pool's is freed.
    fn keep(&mut self, buffer: Pages) {
        if buffer.size() == BUFFER {
            let _ = self.pool.push(buffer);
        }
    }

    /// Whether the open transfer takes no further packet.
    fn is_full(&self) -> bool {
        self.open.as_ref().is_some_and(|open| {
            open.frames() >= self.limits.max_frames
                || open.len().saturating_add(64) > self.most(open)
        })
    }

    fn flush_when_idle(&mut self, port: &Port) {
        if self.under_way < EAGER {
            self.flush(port);
        }
    }

    /// Sends the open transfer.
    fn flush(&mut self, port: &Port) {
        if let Some(open) = self.open.take() {
            let (len, frames) = (open.len(), open.frames());
            if self.queue(port, open.into_buffer(), len) {
                port.counters.add(Counter::TxFrames, frames.into());
            }
        }
    }

    fn queue(&mut self, port: &Port, buffer: Pages, len: usize) -> bool {
        let Some(channel) = &self.channel else {
            self.keep(buffer);
            return false;
        };
        match channel.queue(Direction::Uplink, buffer, len) {
            Ok(()) => {
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

    fn starve<T: Operations>(&mut self, port: &Port, dev: &Device<T>) {
        if self.under_way > 0 {
            dev.stop_queue();
            port.counters.count(Counter::TxStopped);
        }
    }
}
