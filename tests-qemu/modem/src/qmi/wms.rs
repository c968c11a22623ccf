// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
//! Short messages, the same as the AT port's: in the modem's own storage, none on the SIM.

pub mod bodies;
mod pdu;

use qmi::{service, ErrorCode, List16, Message, Request, Text};

use self::bodies::{
    Counted, Delete, EventReport, GetProtocol, GetRoutes, ListMessages, MessageList, ModifyTag,
    Place, Protocol, RawRead, RawSend, Route, Routes, Sent, SetEventReport, SetRoutes, Stored,
    Tagged,
};
use super::reply::{ask, done, reply, Answer, Event};
use super::Services;
use crate::session::{Modem, Received};

/// Storages: the SIM's, the modem's own.
const SIM: u8 = 0;
const OWN: u8 = 1;
/// Tags.
const READ: u8 = 0;
const UNREAD: u8 = 1;
/// Format, protocol and mode of 3GPP networks.
const POINT_TO_POINT: u8 = 6;
const WCDMA: u8 = 1;
const GSM_WCDMA: u8 = 1;
/// What happens to messages of a class that arrive: kept, and told of.
const STORE_AND_NOTIFY: u8 = 1;
/// Classes 0 to 3, and none.
const CLASSES: [u8; 5] = [0, 1, 2, 3, 4];

/// Answers a request.
pub fn answer(services: &mut Services, modem: &mut Modem, message: &Message<'_>) -> Answer {
    match message.id {
        SetEventReport::ID => {
            let SetEventReport { arrivals } = ask(message)?;
            if let Some(client) = services.clients.get(service::WMS, message.client) {
                client.arrivals = arrivals.unwrap_or(client.arrivals);
            }
            done()
        }
        RawSend::ID => send(modem, &ask(message)?),
        RawRead::ID => {
            let RawRead { place } = ask(message)?;
            read(find(modem, place.storage, place.index)?)
        }
        ModifyTag::ID => {
            let ModifyTag { to } = ask(message)?;
            let found = find(modem, to.storage, to.index)?;
            found.read = match to.tag {
                READ => true,
                UNREAD => false,
                _ => return Err(ErrorCode::INVALID_ARGUMENT.into()),
            };
            done()
        }
        Delete::ID => delete(modem, &ask(message)?),
        GetProtocol::ID => reply(&Protocol { protocol: WCDMA }),
        ListMessages::ID => list(modem, &ask(message)?),
        GetRoutes::ID => {
            let route = |class| Route {
                kind: 0,
                class,
                storage: OWN,
                action: STORE_AND_NOTIFY,
            };
            reply(&Routes {
                routes: List16::new(&CLASSES.map(route)),
            })
        }
        // There is one way only, and this is it.
        SetRoutes::ID => {
            let SetRoutes { routes } = ask(message)?;
            match routes.iter().all(|route| route.action == STORE_AND_NOTIFY) {
                true => done(),
                false => Err(ErrorCode::NOT_SUPPORTED.into()),
            }
        }
        _ => Err(ErrorCode::INVALID_QMI_COMMAND.into()),
    }
}

/// A message has arrived: tells the clients that asked for it.
pub fn arrived(services: &mut Services, index: u8) {
    let report = EventReport {
        place: Some(Place {
            storage: OWN,
            index: index.into(),
        }),
        mode: Some(GSM_WCDMA),
    };
    for client in services.clients.of(service::WMS, |client| client.arrivals) {
        services.events.push(Event::new(client, &report));
    }
}

fn find(modem: &mut Modem, storage: u8, index: u32) -> Result<&mut Received, ErrorCode> {
    let index = u8::try_from(index).ok().filter(|_| storage == OWN);
    let found = index.and_then(|index| modem.messages.get_mut(index));
    found.ok_or(ErrorCode::NO_ENTRY)
}

fn read(message: &mut Received) -> Answer {
    let tag = tag(message);
    message.read = true;
    reply(&Stored {
        message: Tagged {
            tag,
            format: POINT_TO_POINT,
            octets: List16::new(&pdu::deliver(message)),
        },
    })
}

fn tag(message: &Received) -> u8 {
    match message.read {
        true => READ,
        false => UNREAD,
    }
}

fn send(modem: &mut Modem, wanted: &RawSend<'_>) -> Answer {
    if wanted.pdu.format != POINT_TO_POINT {
        return Err(ErrorCode::INVALID_ARGUMENT.into());
    }
    let octets: Vec<u8> = wanted.pdu.octets.iter().collect();
    let sent = pdu::submit(&octets).ok_or(ErrorCode::INVALID_ARGUMENT)?;
    if modem.technology().is_none() {
        return Err(ErrorCode::NETWORK_NOT_READY.into());
    }
    modem.messages.sent.push(sent);
    // The number wraps.
    let id = modem.messages.sent.len() as u16;
    reply(&Sent { id })
}

fn delete(modem: &mut Modem, wanted: &Delete) -> Answer {
    if let Some(index) = wanted.index {
        find(modem, wanted.storage, index)?;
    }
    for (index, _) in stored(modem, wanted.storage, wanted.tag)? {
        if wanted.index.is_none_or(|only| only == u32::from(index)) {
            modem.messages.remove(index);
        }
    }
    done()
}

fn list(modem: &mut Modem, wanted: &ListMessages) -> Answer {
    let found = stored(modem, wanted.storage, wanted.tag)?;
    let entries: Vec<u8> = found
        .iter()
        .flat_map(|&(index, tag)| [index, 0, 0, 0, tag])
        .collect();
    reply(&MessageList {
        messages: Counted {
            count: found.len() as u32,
            entries: Text(&entries),
        },
    })
}

/// Indexes and tags of the messages in a storage that have the tag, if one is given.
fn stored(modem: &mut Modem, storage: u8, wanted: Option<u8>) -> Result<Vec<(u8, u8)>, ErrorCode> {
    match storage {
        SIM => Ok(Vec::new()),
        OWN => Ok(modem
            .messages
            .iter_mut()
            .map(|(index, message)| (index, tag(message)))
            .filter(|&(_, tag)| wanted.is_none_or(|wanted| wanted == tag))
            .collect()),
        _ => Err(ErrorCode::INVALID_ARGUMENT),
    }
}
