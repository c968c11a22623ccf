// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
//! Flow control: the commands that were sent, and whether the host confirmed and obeys them.

use std::collections::{BTreeMap, BTreeSet};

use qmap::{Command, CommandKind, FLOW_DISABLE};

use super::stats::Stats;

/// Commands whose answers are remembered.
const REMEMBERED: usize = 256;

/// Conversation about flow control.
#[derive(Default)]
pub(super) struct Flow {
    sent: BTreeMap<u32, Sent>,
    last: u32,
    disabled: BTreeSet<u8>,
}

struct Sent {
    mux: u8,
    name: u8,
    flow: qmap::Flow,
    answer: Option<CommandKind>,
}

impl Flow {
    /// Makes a request.
    pub(super) fn request(&mut self, mux: u8, name: u8) -> Command {
        self.last = self.last.wrapping_add(1);
        if self.sent.len() >= REMEMBERED {
            self.sent.pop_first();
        }
        // Nothing in it is zero, so that an answer that is not the whole command back shows.
        let flow = qmap::Flow {
            ip_family: 3,
            sequence: self.last as u16,
            qos: 0x51a2_0000 | u32::from(mux),
        };
        self.sent.insert(
            self.last,
            Sent {
                mux,
                name,
                flow,
                answer: None,
            },
        );
        if name != FLOW_DISABLE {
            // The host may send before its confirmation does.
            self.disabled.remove(&mux);
        }
        Command {
            name,
            kind: CommandKind::Request,
            transaction: self.last,
            flow: Some(flow),
        }
    }

    /// Takes an answer.
    pub(super) fn answered(&mut self, mux: u8, command: Command, stats: &mut Stats) {
        let sent = self.sent.get_mut(&command.transaction);
        let Some(sent) = sent.filter(|sent| {
            sent.mux == mux
                && sent.name == command.name
                && command.flow == Some(sent.flow)
                && sent.answer.is_none()
        }) else {
            stats.stray_acks += 1;
            return;
        };
        sent.answer = Some(command.kind);
        stats.acks += 1;
        if command.kind != CommandKind::Acknowledge {
            stats.nacks += 1;
        } else if command.name == FLOW_DISABLE {
            self.disabled.insert(mux);
        }
    }

    /// A packet came up on `mux`.
    pub(super) fn uplink(&self, mux: u8, stats: &mut Stats) {
        if self.disabled.contains(&mux) {
            stats.ul_while_disabled += 1;
        }
    }

    /// What became of a request.
    pub(super) fn status(&self, transaction: u32) -> Option<&'static str> {
        Some(match self.sent.get(&transaction)?.answer {
            None => "pending",
            Some(CommandKind::Request) => "request",
            Some(CommandKind::Acknowledge) => "acknowledged",
            Some(CommandKind::Unsupported) => "unsupported",
            Some(CommandKind::Invalid) => "invalid",
        })
    }

    /// Forgets the conversation; transaction numbers go on.
    pub(super) fn reset(&mut self) {
        self.sent.clear();
        self.disabled.clear();
    }
}
