// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
//! Carrier configurations: two that the firmware brings along, one of them in use.

pub mod bodies;

use qmi::{ErrorCode, List8, Message, Request, Text8};

use self::bodies::{
    Activate, Activated, Config, Configs, GetInfo, GetSelected, Info, ListConfigs, Register,
    Selected, SelectedSet, SetSelected,
};
use super::reply::{ask, done, Answer, Event};
use super::Services;
use crate::session::Modem;

/// Kinds of configuration: for the hardware, of which there is none, and of a carrier.
const SOFTWARE: u32 = 1;
/// Octets of a configuration's name, a hash.
const ID: usize = 20;

/// A configuration, named by one octet of its hash.
struct Known {
    octet: u8,
    description: &'static str,
    size: u32,
    version: u32,
}

const KNOWN: [Known; 2] = [
    Known {
        octet: 0x11,
        description: "ROW_Commercial",
        size: 16_384,
        version: 0x0a01_0809,
    },
    Known {
        octet: 0x22,
        description: "Commercial-DT-VoLTE",
        size: 20_480,
        version: 0x0a01_1f23,
    },
];

/// Which configurations the service uses and shall use, as indexes into the table.
#[derive(Default)]
pub struct Carrier {
    active: usize,
    pending: Option<usize>,
}

/// Answers a request.
pub fn answer(services: &mut Services, _: &mut Modem, message: &Message<'_>) -> Answer {
    let client = message.client;
    let carrier = &mut services.carrier;
    let event = match message.id {
        Register::ID => return ask::<Register>(message).map(|_| Vec::new()),
        GetSelected::ID => {
            let GetSelected { kind, token } = ask(message)?;
            let known = |index: usize| (kind == SOFTWARE).then(|| id(&KNOWN[index]));
            let (active, pending) = (known(carrier.active), carrier.pending.and_then(known));
            Event::new(
                client,
                &Selected {
                    // Nothing selected is told as such, not as a failure.
                    outcome: ErrorCode::NONE.0,
                    token,
                    active: active.as_ref().map(|id| Text8(id)),
                    pending: pending.as_ref().map(|id| Text8(id)),
                },
            )
        }
        SetSelected::ID => {
            let SetSelected { config, token } = ask(message)?;
            let found = find(config);
            if found.is_some() {
                carrier.pending = found;
            }
            Event::new(
                client,
                &SelectedSet {
                    outcome: outcome(found.is_some()),
                    token,
                },
            )
        }
        ListConfigs::ID => {
            let ListConfigs { token, kind } = ask(message)?;
            let ids = KNOWN.each_ref().map(id);
            let configs = ids.each_ref().map(|id| Config {
                kind,
                id: Text8(id),
            });
            let configs = if kind == SOFTWARE { &configs[..] } else { &[] };
            Event::new(
                client,
                &Configs {
                    outcome: ErrorCode::NONE.0,
                    token,
                    configs: Some(List8::new(configs)),
                },
            )
        }
        Activate::ID => {
            let Activate { token, .. } = ask(message)?;
            let pending = carrier.pending.take();
            carrier.active = pending.unwrap_or(carrier.active);
            Event::new(
                client,
                &Activated {
                    outcome: outcome(pending.is_some()),
                    token,
                },
            )
        }
        GetInfo::ID => {
            let GetInfo { config, token } = ask(message)?;
            let known = find(config).map(|index| &KNOWN[index]);
            Event::new(
                client,
                &Info {
                    outcome: outcome(known.is_some()),
                    token,
                    size: known.map(|known| known.size),
                    description: known.map(|known| Text8::from(known.description)),
                    version: known.map(|known| known.version),
                },
            )
        }
        _ => return Err(ErrorCode::INVALID_QMI_COMMAND.into()),
    };
    services.later.events.push(event);
    done()
}

fn id(known: &Known) -> [u8; ID] {
    [known.octet; ID]
}

fn find(config: Config<'_>) -> Option<usize> {
    let same = |known: &Known| config.kind == SOFTWARE && config.id.0 == id(known);
    KNOWN.iter().position(same)
}

fn outcome(good: bool) -> u16 {
    match good {
        true => ErrorCode::NONE.0,
        false => ErrorCode::INVALID_ARGUMENT.0,
    }
}
