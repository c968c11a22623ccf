// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
//! Faults below the channels, switched on by control requests: registers that read wrong, doorbells that are not heard, events of
//! the primary ring that get lost or come twice, event rings that are late, channels that do not start. The device asks here before it acts.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

use ::mhi::register::*;
use ::mhi::{bhi, Element, Event};

use crate::fault::number;
use crate::mhi::registers::{BHI, BHIE};

/// The glitches that are on.
#[derive(Debug, Default)]
pub struct Glitches {
    registers: BTreeMap<u32, u32>,
    deaf: BTreeMap<Bell, u64>,
    fates: Vec<Fate>,
    held: BTreeMap<usize, Instant>,
    /// Channels that do not start.
    refused: BTreeSet<u8>,
}

/// A doorbell.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Bell {
    /// A channel's.
    Channel(u8),
    /// The command ring's.
    Command,
    /// All event rings'.
    Event,
}

/// What becomes of events.
#[derive(Clone, Debug)]
struct Fate {
    kind: &'static str,
    copies: usize,
    left: u64,
}

/// What `help` says.
pub const HELP: &str = "read-as REGISTER VALUE; deaf CHANNEL|command|event [COUNT]; \
     lose-event|duplicate-event state|environment|command [COUNT]; hold-events RING MILLISECONDS; refuse-start CHANNEL";

const KINDS: [&str; 3] = ["state", "environment", "command"];

/// Registers by the names that the specification gives them; others by their offsets.
const NAMES: [(&str, u32); 17] = [
    ("MHIREGLEN", MHIREGLEN),
    ("MHIVER", MHIVER),
    ("MHICFG", MHICFG),
    ("CHDBOFF", CHDBOFF),
    ("ERDBOFF", ERDBOFF),
    ("BHIOFF", BHIOFF),
    ("BHIEOFF", BHIEOFF),
    ("DEBUGOFF", DEBUGOFF),
    ("MHICTRL", MHICTRL),
    ("MHISTATUS", MHISTATUS),
    ("BHI_VERSION_MINOR", BHI + bhi::VERSION_MINOR),
    ("BHI_VERSION_MAJOR", BHI + bhi::VERSION_MAJOR),
    ("INTVEC", BHI + bhi::INTVEC),
    ("EXECENV", BHI + bhi::EXECENV),
    ("SERIALNU", BHI + bhi::SERIALNU),
    ("RXVECSTATUS", BHIE + bhi::BHIE_RXVECSTATUS),
    ("SOC_HW_VERSION", SOC_HW_VERSION),
];

impl Glitches {
    /// What the host reads from a register that holds `value`.
    pub fn read(&self, offset: u32, value: u32) -> u32 {
        self.registers.get(&(offset & !3)).copied().unwrap_or(value)
    }

    /// Whether this ring of a doorbell is not heard.
    pub fn is_deaf(&mut self, bell: Bell) -> bool {
        let Some(left) = self.deaf.get_mut(&bell) else {
            return false;
        };
        *left = left.saturating_sub(1);
        if *left == 0 {
            self.deaf.remove(&bell);
        }
        log::info!("doorbell {bell:?} ignored");
        true
    }

    /// How often an event is sent: once, unless it was ordered otherwise.
    pub fn copies(&mut self, event: Element) -> usize {
        let kind = match Event::parse(event) {
            Event::State(_) => "state",
            Event::ExecutionEnvironment(_) => "environment",
            Event::Command { .. } => "command",
            _ => return 1,
        };
        let Some(position) = self.fates.iter().position(|fate| fate.kind == kind) else {
            return 1;
        };
        let fate = &mut self.fates[position];
        let copies = fate.copies;
        fate.left -= 1;
        if fate.left == 0 {
            self.fates.remove(position);
        }
        log::info!("{kind} event sent {copies} times");
        copies
    }

    /// Whether a channel's start is refused.
    pub fn refuses(&self, channel: u8) -> bool {
        self.refused.contains(&channel)
    }

    /// Until when an event ring is late.
    pub fn held(&mut self, ring: usize, now: Instant) -> Option<Instant> {
        self.held.retain(|_, until| *until > now);
        self.held.get(&ring).copied()
    }

    /// How often those that are counted are still to happen.
    pub fn left(&self) -> u64 {
        self.deaf.values().sum::<u64>() + self.fates.iter().map(|fate| fate.left).sum::<u64>()
    }

    /// How many are on.
    pub fn count(&self) -> usize {
        self.registers.len()
            + self.deaf.len()
            + self.fates.len()
            + self.held.len()
            + self.refused.len()
    }

    /// Takes a control request; `None` if the verb is not one of ours.
    pub fn command(&mut self, words: &[&str], now: Instant) -> Option<Result<(), String>> {
        Some(match words {
            ["read-as", register, value] => self.read_as(register, value),
            ["deaf", bell] => self.deafen(bell, "1"),
            ["deaf", bell, count] => self.deafen(bell, count),
            ["lose-event", kind] => self.doom(kind, 0, "1"),
            ["lose-event", kind, count] => self.doom(kind, 0, count),
            ["duplicate-event", kind] => self.doom(kind, 2, "1"),
            ["duplicate-event", kind, count] => self.doom(kind, 2, count),
            ["hold-events", ring, milliseconds] => self.hold(ring, milliseconds, now),
            ["refuse-start", channel] => self.refuse(channel),
            _ => return None,
        })
    }

    fn read_as(&mut self, register: &str, value: &str) -> Result<(), String> {
        let named = NAMES.iter().find(|(name, _)| *name == register);
        let offset = named.map_or_else(|| number(register), |(_, offset)| Ok(*offset))?;
        self.registers.insert(offset & !3, number(value)?);
        Ok(())
    }

    fn deafen(&mut self, bell: &str, count: &str) -> Result<(), String> {
        let bell = match bell {
            "command" => Bell::Command,
            "event" => Bell::Event,
            channel => Bell::Channel(number(channel)?),
        };
        self.deaf.insert(bell, at_least_one(count)?);
        Ok(())
    }

    fn doom(&mut self, kind: &str, copies: usize, count: &str) -> Result<(), String> {
        let kind = KINDS.into_iter().find(|known| *known == kind);
        self.fates.push(Fate {
            kind: kind.ok_or("state, environment or command")?,
            copies,
            left: at_least_one(count)?,
        });
        Ok(())
    }

    fn hold(&mut self, ring: &str, milliseconds: &str, now: Instant) -> Result<(), String> {
        let milliseconds: u32 = number(milliseconds)?;
        let until = now + Duration::from_millis(milliseconds.into());
        self.held.insert(number(ring)?, until);
        Ok(())
    }

    fn refuse(&mut self, channel: &str) -> Result<(), String> {
        self.refused.insert(number(channel)?);
        Ok(())
    }
}

fn at_least_one(text: &str) -> Result<u64, String> {
    match number(text)? {
        0 => Err("a count of 0".to_string()),
        count => Ok(count),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ::mhi::State;

    fn order(glitches: &mut Glitches, line: &str) -> bool {
        let words: Vec<_> = line.split(' ').collect();
        matches!(glitches.command(&words, Instant::now()), Some(Ok(())))
    }

    #[test]
    fn each_glitch_lasts_as_long_as_it_was_ordered() {
        let mut glitches = Glitches::default();
        assert!(order(&mut glitches, "read-as EXECENV 0xffffffff"));
        assert_eq!(glitches.read(BHI + bhi::EXECENV, 2), u32::MAX);
        assert_eq!(glitches.read(MHISTATUS, 2), 2);
        assert!(order(&mut glitches, "deaf 100 2"));
        let bell = Bell::Channel(100);
        assert!(glitches.is_deaf(bell) && glitches.is_deaf(bell) && !glitches.is_deaf(bell));
        assert!(order(&mut glitches, "lose-event state"));
        let event = Event::State(State::M0).emit();
        assert_eq!((glitches.copies(event), glitches.copies(event)), (0, 1));
        assert!(order(&mut glitches, "refuse-start 101"));
        assert!(glitches.refuses(101) && glitches.refuses(101) && !glitches.refuses(100));
        assert_eq!(glitches.count(), 2);
    }

    #[test]
    fn nonsense_is_refused() {
        let mut glitches = Glitches::default();
        for line in [
            "read-as NOSUCH 1",
            "deaf 256",
            "deaf 1 0",
            "lose-event transfer",
            "hold-events 1 x",
        ] {
            assert!(!order(&mut glitches, line), "{line}");
        }
        assert_eq!(glitches.count(), 0);
    }
}
