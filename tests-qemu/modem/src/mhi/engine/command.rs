// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
//! What the host's commands do to channels.

use std::time::Instant;

use ::mhi::register::CCABAP_LOWER;
use ::mhi::{context, ChannelState, Command, Completion, Event};

use super::{Absent, Engine, Notice, Point, PRIMARY};
use crate::bus::Bus;
use crate::device::{MBIM, QMI};
use crate::mhi::channel::Channel;
use crate::mhi::registers::CHANNELS;
use crate::wake::Wake;

/// Commands in one go.
const COMMANDS: usize = 64;

impl Engine {
    pub(super) fn command(&mut self, bus: &mut Bus, now: Instant) -> Wake {
        for _ in 0..COMMANDS {
            if !self.events.has_room(PRIMARY) {
                return Wake::Idle;
            }
            let Some((pointer, command)) = self
                .commands
                .as_mut()
                .and_then(|commands| commands.next(bus))
            else {
                return Wake::Idle;
            };
            let crashes = match command {
                Command::Start(_) => self.come_to(Point::Start, bus, now),
                Command::Stop(_) | Command::Reset(_) => self.come_to(Point::Stop, bus, now),
                _ => false,
            };
            if crashes {
                return Wake::Idle;
            }
            let (ignored, mut refused) = self.deny(command);
            if matches!(command, Command::Start(number) if bus.faults.glitches.refuses(number)) {
                bus.stats.count("refuse-start");
                refused = true;
            }
            if ignored {
                log::debug!("{command:?}: ignored");
                continue;
            }
            let code = match !refused && self.obey(command, bus) {
                true => Completion::SUCCESS,
                false => Completion::UNDEFINED,
            };
            log::debug!("{command:?}: {code:?}");
            self.events.push(
                PRIMARY,
                Event::Command { pointer, code }.emit(),
                false,
                bus,
                now,
            );
        }
        Wake::Now
    }

    /// Whether a command is ignored or refused since it starts a control channel that the modem does not have.
    fn deny(&self, command: Command) -> (bool, bool) {
        let pair = match command {
            Command::Start(number) => number & !1,
            _ => return (false, false),
        };
        match self.start_of_absent {
            Absent::BothRefused => (false, matches!(pair, MBIM | QMI)),
            Absent::Refused => (false, pair == self.absent),
            Absent::Ignored => (pair == self.absent, false),
            Absent::Silent => (false, false),
        }
    }

    fn obey(&mut self, command: Command, bus: &mut Bus) -> bool {
        bus.stats.count("commands");
        match command {
            Command::Noop => true,
            Command::Start(number) if number < CHANNELS => {
                let base = self.registers.pair(CCABAP_LOWER);
                let context = base.wrapping_add(u64::from(number) * context::LEN as u64);
                if let Some(channel) = self
                    .channels
                    .get_mut(&number)
                    .filter(|channel| channel.state == ChannelState::STOP)
                {
                    channel.state = ChannelState::RUNNING;
                    return true;
                }
                match Channel::load(number, context, bus) {
                    Some(channel) => {
                        self.channels.insert(number, channel);
                        self.notices.push(Notice::Started(number));
                        true
                    }
                    None => false,
                }
            }
            Command::Stop(number) => match self.channels.get_mut(&number) {
                Some(channel) => {
                    channel.state = ChannelState::STOP;
                    self.notices.push(Notice::Stopped(number));
                    true
                }
                None => false,
            },
            Command::Reset(number) if number < CHANNELS => {
                self.channels.remove(&number);
                self.notices.push(Notice::Stopped(number));
                true
            }
            command => {
                bus.stats.fault("bad_command", format_args!("{command:x?}"));
                false
            }
        }
    }
}
