// SPDX-License-Identifier: GPL-2.0-only
//! MAP commands: the modem stops a link whose queue in the network is full, and resumes it.

use crate::netdev::Port;
use crate::stats::Counter;
use kernel::prelude::*;
use kernel::print::Decimal;
use kernel::sync::rcu;
use qmap::{Command, CommandKind, FLOW_DISABLE, FLOW_ENABLE};

/// Obeys and answers a command; `raw` is its whole frame.
pub(crate) fn command(port: &Port, guard: &rcu::Guard, mux_id: u8, command: Command, raw: &[u8]) {
    port.counters.count(Counter::RxCommands);
    if command.kind != CommandKind::Request {
        return; // we send no requests, so these answer nothing
    }
    let link = port.links.get(usize::from(mux_id), guard);
    let kind = match (command.name, link) {
        (FLOW_DISABLE, Some(link)) => {
            link.private().pause(link);
            port.counters.count(Counter::FlowDisable);
            CommandKind::Acknowledge
        }
        (FLOW_ENABLE, Some(link)) => {
            link.private().resume(link);
            port.counters.count(Counter::FlowEnable);
            CommandKind::Acknowledge
        }
        (FLOW_DISABLE | FLOW_ENABLE, None) => {
            port.counters.count(Counter::RxUnknownMux);
            CommandKind::Invalid
        }
        _ => {
            port.counters.count(Counter::RxUnknownCommands);
            dev_warn_ratelimited!(
                &port.dev,
                "unknown MAP command {}",
                Decimal(command.name.into())
            );
            CommandKind::Unsupported
        }
    };
    port.tx.answer(port, raw, kind);
}
