// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
//! Frames in a byte stream that may hold anything else: what comes out are well-formed messages of one direction, and what is
//! left is bounded by the largest frame. `client` reads a port with it, `proxy` ports and peers.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use qmi::{next_frame, qmux, Message, Step};

/// A frame that stays incomplete for this long is garbage: each transfer of the modem holds whole frames.
pub const PARTIAL_PATIENCE: Duration = Duration::from_millis(500);

/// A frame that holds a well-formed message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Received(Vec<u8>);

impl Received {
    /// Its message.
    pub fn message(&self) -> Result<Message<'_>, qmi::Error> {
        let (frame, _) = qmi::Frame::parse(&self.0)?;
        Message::parse(&frame)
    }

    /// Its octets.
    pub fn octets(&self) -> &[u8] {
        &self.0
    }
}

/// The reader of one stream.
#[derive(Debug)]
pub struct Frames {
    /// [`qmux::FROM_MODEM`] or [`qmux::FROM_HOST`].
    direction: u8,
    buffer: Vec<u8>,
    last_octet: Option<Instant>,
    found: VecDeque<Received>,
    /// Octets outside of any frame.
    pub garbage: u64,
    /// Frames whose message is malformed.
    pub malformed: u64,
}

impl Frames {
    /// A reader of frames with these flags.
    pub fn new(direction: u8) -> Self {
        Frames {
            direction,
            buffer: Vec::new(),
            last_octet: None,
            found: VecDeque::new(),
            garbage: 0,
            malformed: 0,
        }
    }

    /// Takes octets; they may begin and end anywhere.
    pub fn receive(&mut self, octets: &[u8], now: Instant) {
        self.last_octet = Some(now);
        for chunk in octets.chunks(qmux::MAX_FRAME) {
            self.buffer.extend_from_slice(chunk);
            self.parse();
        }
    }

    /// The next frame.
    pub fn frame(&mut self) -> Option<Received> {
        self.found.pop_front()
    }

    /// Lets time pass: gives up on frames that stay incomplete.
    pub fn tick(&mut self, now: Instant) {
        while self.deadline().is_some_and(|until| until <= now) {
            self.skip(1);
            self.parse();
        }
    }

    /// When [`Frames::tick`] has something to do.
    pub fn deadline(&self) -> Option<Instant> {
        let since = self.last_octet.filter(|_| !self.buffer.is_empty())?;
        Some(since + PARTIAL_PATIENCE)
    }

    /// Octets that wait for the rest of their frame.
    #[cfg(test)]
    pub fn incomplete(&self) -> usize {
        self.buffer.len()
    }

    /// Forgets all octets: the stream is another one now.
    pub fn reset(&mut self) {
        self.buffer.clear();
        self.found.clear();
    }

    fn parse(&mut self) {
        loop {
            match next_frame(&self.buffer) {
                Step::NeedMore(_) => return,
                Step::Skip(0) => return,
                Step::Skip(count) => self.skip(count),
                Step::Frame { frame, consumed } => {
                    if frame.flags == self.direction && Message::parse(&frame).is_ok() {
                        let octets = self.buffer.drain(..consumed.min(self.buffer.len()));
                        self.found.push_back(Received(octets.collect()));
                    } else {
                        // Only the marker is dropped: a frame that was cut short may have swallowed a good one.
                        self.malformed += 1;
                        self.skip(1);
                    }
                }
            }
        }
    }

    fn skip(&mut self, count: usize) {
        let count = count.min(self.buffer.len());
        self.garbage += count as u64;
        self.buffer.drain(..count);
    }
}
