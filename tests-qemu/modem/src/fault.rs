// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
//! Faults of a modem, switched on by control requests: completions that lie, channels that fall silent.
//! The device asks here before it sends a completion.

use std::collections::BTreeSet;
use std::time::Instant;

use ::mhi::{Completion, Element, Event};

use crate::glitch::Glitches;
use crate::mhi::ring::Ring;

/// The faults that are on.
#[derive(Debug, Default)]
pub struct Faults {
    lies: Vec<Lie>,
    mute: BTreeSet<u8>,
    /// Those below the channels.
    pub glitches: Glitches,
}

#[derive(Clone, Debug)]
struct Lie {
    channel: u8,
    kind: Kind,
    left: u64,
}

#[derive(Clone, Copy, Debug)]
enum Kind {
    Length(u16),
    Pointer(Pointer),
    Code(u8),
    Duplicate,
    Lose,
}

/// How a completion's pointer lies.
#[derive(Clone, Copy, Debug)]
enum Pointer {
    /// Far outside the ring.
    Outside,
    /// Just behind the ring's last element.
    End,
    /// In the middle of an element.
    Unaligned,
    /// An element that is not due.
    Skip,
    /// A value.
    Value(u64),
}

/// What `help` says.
pub const HELP: &str = "lie-length LEN [COUNT [CHANNEL]]; lie-pointer outside|end|unaligned|skip|HEX [COUNT [CHANNEL]]; \
     lie-code CODE [COUNT [CHANNEL]]; duplicate-completion [COUNT [CHANNEL]]; lose-completion [COUNT [CHANNEL]]; \
     mute CHANNEL; unmute CHANNEL; faults; faults off";

impl Faults {
    /// Whether the channel is silenced.
    pub fn is_mute(&self, channel: u8) -> bool {
        self.mute.contains(&channel)
    }

    /// Puts the events to send for a completion into `out`: itself, or what the faults make of it.
    pub fn completion(&mut self, channel: u8, event: Event, ring: &Ring, out: &mut Vec<Element>) {
        out.clear();
        let Some(position) = self.lies.iter().position(|lie| lie.channel == channel) else {
            out.push(event.emit());
            return;
        };
        let lie = &mut self.lies[position];
        let kind = lie.kind;
        lie.left -= 1;
        if lie.left == 0 {
            self.lies.remove(position);
        }
        log::info!("channel {channel}: completion with {kind:?}");
        let Event::Transfer {
            pointer, len, code, ..
        } = event
        else {
            out.push(event.emit());
            return;
        };
        let (pointer, len, code) = match kind {
            Kind::Length(len) => (pointer, len, code),
            Kind::Pointer(lie) => (lie.apply(pointer, ring), len, code),
            Kind::Code(code) => (pointer, len, Completion(code)),
            Kind::Duplicate => {
                out.push(event.emit());
                (pointer, len, code)
            }
            Kind::Lose => return,
        };
        let event = Event::Transfer {
            channel,
            pointer,
            len,
            code,
        };
        out.push(event.emit());
    }

    /// How often those that are counted are still to happen.
    pub fn left(&self) -> u64 {
        self.lies.iter().map(|lie| lie.left).sum::<u64>() + self.glitches.left()
    }

    /// A line for people.
    pub fn describe(&self) -> String {
        let Self {
            lies,
            mute,
            glitches,
        } = self;
        let (lies, glitches) = (lies.len(), glitches.count());
        format!("lies={lies} mute={mute:?} glitches={glitches}")
    }

    /// Takes a control request; `None` if the verb is not one of ours.
    pub fn command(&mut self, words: &[&str], now: Instant) -> Option<Result<String, String>> {
        if let Some(answer) = self.glitches.command(words, now) {
            return Some(answer.map(|()| String::new()));
        }
        let (verb, rest) = words.split_first()?;
        let (kind, rest) = match (*verb, rest) {
            ("lie-length", [len, rest @ ..]) => (number(len).map(Kind::Length), rest),
            ("lie-pointer", [pointer, rest @ ..]) => {
                (Pointer::parse(pointer).map(Kind::Pointer), rest)
            }
            ("lie-code", [code, rest @ ..]) => (number(code).map(Kind::Code), rest),
            ("duplicate-completion", rest) => (Ok(Kind::Duplicate), rest),
            ("lose-completion", rest) => (Ok(Kind::Lose), rest),
            ("mute", [channel]) => {
                return Some(number(channel).map(|channel| self.set_mute(channel, true)))
            }
            ("unmute", [channel]) => {
                return Some(number(channel).map(|channel| self.set_mute(channel, false)))
            }
            _ => return None,
        };
        Some(kind.and_then(|kind| self.lie(kind, rest)))
    }

    fn lie(&mut self, kind: Kind, words: &[&str]) -> Result<String, String> {
        let (left, channel) = match words {
            [] => (1, 101),
            [count] => (number(count)?, 101),
            [count, channel] => (number(count)?, number(channel)?),
            _ => return Err("too many words".to_string()),
        };
        if left == 0 {
            return Err("a count of 0".to_string());
        }
        self.lies.push(Lie {
            channel,
            kind,
            left,
        });
        Ok(String::new())
    }

    fn set_mute(&mut self, channel: u8, on: bool) -> String {
        if on {
            self.mute.insert(channel);
        } else {
            self.mute.remove(&channel);
        }
        String::new()
    }
}

impl Pointer {
    fn parse(text: &str) -> Result<Self, String> {
        Ok(match text {
            "outside" => Self::Outside,
            "end" => Self::End,
            "unaligned" => Self::Unaligned,
            "skip" => Self::Skip,
            _ => Self::Value(
                u64::from_str_radix(text, 16).map_err(|_| format!("not a pointer: {text}"))?,
            ),
        })
    }

    fn apply(self, pointer: u64, ring: &Ring) -> u64 {
        match self {
            Self::Outside => ring.end().wrapping_add(0x1000_0000) & 0xffff_fff0,
            Self::End => ring.end(),
            Self::Unaligned => pointer.wrapping_add(8),
            Self::Skip => ring.after(ring.after(pointer)),
            Self::Value(value) => value,
        }
    }
}

/// A number in decimal, or in hexadecimal after `0x`.
pub fn number<T: TryFrom<u64>>(text: &str) -> Result<T, String> {
    let value = match text.strip_prefix("0x") {
        Some(digits) => u64::from_str_radix(digits, 16),
        None => text.parse(),
    };
    value
        .ok()
        .and_then(|value| T::try_from(value).ok())
        .ok_or_else(|| format!("not a number in range: {text}"))
}
