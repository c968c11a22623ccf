// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
//! Where the modem is: always at one place, which it tells once a second as long as somebody has started a session.

pub mod bodies;

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use qmi::{service, ErrorCode, Message, Request, Text};

use self::bodies::{
    GetMode, GetNmeaTypes, GetServer, Mode, ModeSet, Nmea, NmeaTypes, NmeaTypesSet, RegisterEvents,
    Server, ServerSet, SetMode, SetNmeaTypes, SetServer, Start, Stop,
};
use super::reply::{ask, done, Answer, Event};
use super::Services;
use crate::session::Modem;

/// Bit of a client's events.
const NMEA: u64 = 1 << 2;
/// Sentences by their bits, without dollar sign and checksum: latitude 52.52, longitude 13.405.
const SENTENCES: [(u32, &str); 2] = [
    (
        1 << 0,
        "GPGGA,093000.00,5231.2000,N,01324.3000,E,1,08,0.9,34.0,M,45.0,M,,",
    ),
    (
        1 << 1,
        "GPRMC,093000.00,A,5231.2000,N,01324.3000,E,0.0,0.0,271126,,,A",
    ),
];
const EVERY: Duration = Duration::from_secs(1);
/// Status of an indication.
const SUCCESS: u32 = 0;
const INVALID: u32 = 3;
/// Modes: from the default one to the networks around.
const DEFAULT_MODE: u32 = 1;
const LAST_MODE: u32 = 6;
/// Type of server: SUPL location platform.
const SUPL: u32 = 3;

/// What the service remembers.
pub struct Location {
    types: u32,
    mode: u32,
    server: Vec<u8>,
    /// Client and number of each session.
    sessions: BTreeSet<(u8, u8)>,
    next: Option<Instant>,
}

impl Default for Location {
    fn default() -> Self {
        Location {
            types: SENTENCES.iter().fold(0, |types, row| types | row.0),
            mode: DEFAULT_MODE,
            server: Vec::new(),
            sessions: BTreeSet::new(),
            next: None,
        }
    }
}

impl Location {
    /// Ends a client's sessions.
    pub fn leave(&mut self, client: u8) {
        self.sessions.retain(|session| session.0 != client);
    }

    /// When the place is told next, if it is.
    pub fn deadline(&self) -> Option<Instant> {
        self.next
    }
}

/// Answers a request.
pub fn answer(services: &mut Services, _: &mut Modem, message: &Message<'_>) -> Answer {
    let id = message.client;
    let location = &mut services.location;
    let event = match message.id {
        RegisterEvents::ID => {
            let RegisterEvents { mask } = ask(message)?;
            if let Some(client) = services.clients.get(service::LOC, id) {
                client.sentences = mask & NMEA != 0;
            }
            return done();
        }
        Start::ID => {
            let Start { session } = ask(message)?;
            location.sessions.insert((id, session));
            return done();
        }
        Stop::ID => {
            let Stop { session } = ask(message)?;
            return match location.sessions.remove(&(id, session)) {
                true => done(),
                false => Err(ErrorCode::INVALID_ARGUMENT.into()),
            };
        }
        SetNmeaTypes::ID => {
            SetNmeaTypes {
                types: location.types,
            } = ask(message)?;
            Event::new(id, &NmeaTypesSet { status: SUCCESS })
        }
        GetNmeaTypes::ID => Event::new(
            id,
            &NmeaTypes {
                status: SUCCESS,
                types: Some(location.types),
            },
        ),
        SetServer::ID => {
            let SetServer { kind, url } = ask(message)?;
            let status = match (kind, url) {
                (SUPL, Some(url)) => {
                    location.server = url.0.to_vec();
                    SUCCESS
                }
                _ => INVALID,
            };
            Event::new(id, &ServerSet { status })
        }
        GetServer::ID => {
            let GetServer { kind } = ask(message)?;
            let known = kind == SUPL;
            Event::new(
                id,
                &Server {
                    status: if known { SUCCESS } else { INVALID },
                    kind,
                    url: known.then_some(Text(&location.server)),
                },
            )
        }
        SetMode::ID => {
            let SetMode { mode } = ask(message)?;
            let status = match mode {
                DEFAULT_MODE..=LAST_MODE => {
                    location.mode = mode;
                    SUCCESS
                }
                _ => INVALID,
            };
            Event::new(id, &ModeSet { status })
        }
        GetMode::ID => Event::new(
            id,
            &Mode {
                status: SUCCESS,
                mode: Some(location.mode),
            },
        ),
        _ => return Err(ErrorCode::INVALID_QMI_COMMAND.into()),
    };
    services.later.events.push(event);
    done()
}

/// Tells the place if it is time to.
pub fn tell(services: &mut Services, now: Instant) {
    let location = &mut services.location;
    if location.sessions.is_empty() {
        location.next = None;
        return;
    }
    let due = *location.next.get_or_insert(now);
    if now < due {
        return;
    }
    location.next = Some(now + EVERY);
    let sentences: Vec<String> = SENTENCES
        .iter()
        .filter(|row| location.types & row.0 != 0)
        .map(|row| sentence(row.1))
        .collect();
    for client in services.clients.of(service::LOC, |client| client.sentences) {
        for sentence in &sentences {
            let sentence = Text::from(sentence.as_str());
            services.events.push(Event::new(client, &Nmea { sentence }));
        }
    }
}

fn sentence(text: &str) -> String {
    let checksum = text.bytes().fold(0, |sum, byte| sum ^ byte);
    format!("${text}*{checksum:02X}\r\n")
}
