// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
//! The QMI port, channels 14/15: takes requests apart, hands them to the services and queues answers and indications.
//! `faults` stands between the services and the host and spoils what it is told to spoil.

mod calls;
mod cells;
mod clients;
mod control;
mod ctl;
mod dms;
mod dsd;
mod faults;
mod loc;
mod nas;
mod pdc;
mod profiles;
mod reply;
#[cfg(test)]
mod tests;
mod uim;
mod wda;
mod wds;
mod wms;

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use qmi::{next_frame, qmux, service, Builder, ErrorCode, Frame, Kind, Message, Step, Tlvs};

use self::calls::Calls;
use self::clients::Clients;
use self::faults::Faults;
use self::loc::Location;
use self::pdc::Carrier;
use self::reply::{Answer, Event, Refusal};
use crate::port::Port;
use crate::session::{Modem, Registration, SimState, Technology};

/// How long a real modem takes for what it tells after an answer.
const MOMENT: Duration = Duration::from_millis(50);
/// Transfers that wait for the host at most; more are dropped and counted.
const OUTBOX: usize = 1024;

/// The QMI port.
pub struct Qmi {
    modem: Arc<Mutex<Modem>>,
    services: Services,
    faults: Faults,
    outbox: VecDeque<Vec<u8>>,
    told: Told,
    counters: Counters,
}

/// What the services remember beside the modem's shared state.
#[derive(Default)]
struct Services {
    clients: Clients,
    calls: Calls,
    location: Location,
    carrier: Carrier,
    events: Vec<Event>,
    later: Later,
}

/// What is told a moment after the answer: programs begin to listen once they have that.
#[derive(Default)]
struct Later {
    events: Vec<Event>,
    due: Option<Instant>,
}

/// The state that clients were last told of, to find out when an indication is due.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Told {
    registration: Registration,
    technology: Option<Technology>,
    radio_on: bool,
    sim: (SimState, u8, u8),
}

#[derive(Default)]
struct Counters {
    requests: u64,
    responses: u64,
    refusals: u64,
    indications: u64,
    malformed: u64,
    dropped: u64,
}

impl Qmi {
    /// The port of a modem.
    pub fn new(modem: Arc<Mutex<Modem>>) -> Self {
        let told = Told::of(&lock(&modem));
        Qmi {
            modem,
            services: Services::default(),
            faults: Faults::default(),
            outbox: VecDeque::new(),
            told,
            counters: Counters::default(),
        }
    }

    /// One frame from the host.
    fn take(&mut self, frame: &Frame<'_>) {
        let message = match Message::parse(frame) {
            Ok(message) if frame.flags == qmux::FROM_HOST && message.kind == Kind::Request => {
                message
            }
            _ => return self.counters.malformed += 1,
        };
        self.counters.requests += 1;
        let answer = match self.faults.refusal(message.service, message.id) {
            Some(code) => Err(code.into()),
            None => {
                let mut modem = lock(&self.modem);
                self.services.answer(&mut modem, &message)
            }
        };
        self.respond(&message, answer);
        self.indicate();
    }

    fn respond(&mut self, message: &Message<'_>, answer: Answer) {
        let (outcome, tlvs) = match answer {
            Ok(tlvs) => (Ok(()), tlvs),
            Err(Refusal { code, tlvs }) => {
                self.counters.refusals += 1;
                (Err(code), tlvs)
            }
        };
        let transaction = self
            .faults
            .transaction(message.service, message.id, message.transaction);
        let mut buffer = vec![0; qmux::MAX_FRAME];
        let frame = Builder::response(
            &mut buffer,
            message.service,
            message.client,
            transaction,
            message.id,
        )
        .verdict(outcome)
        .tlvs(Tlvs::new(&tlvs).unwrap_or_default())
        .finish();
        match frame {
            Ok(frame) => {
                self.counters.responses += 1;
                self.send(Some((message.service, message.id)), frame);
            }
            Err(_) => self.counters.dropped += 1,
        }
    }

    /// Sends the indications that the services have raised.
    fn indicate(&mut self) {
        for event in std::mem::take(&mut self.services.events) {
            let mut buffer = vec![0; qmux::MAX_FRAME];
            let frame = Builder::indication(&mut buffer, event.service, event.client, event.id)
                .tlvs(Tlvs::new(&event.tlvs).unwrap_or_default())
                .finish();
            if let Ok(frame) = frame {
                self.counters.indications += 1;
                self.send(None, frame);
            }
        }
    }

    /// A response to that message, or an indication.
    fn send(&mut self, response: Option<(u8, u16)>, frame: &[u8]) {
        for transfer in self.faults.spoil(response, frame) {
            if self.outbox.len() < OUTBOX {
                self.outbox.push_back(transfer);
            } else {
                self.counters.dropped += 1;
            }
        }
    }

    /// Raises the indications that a change of the shared state calls for, whoever changed it.
    fn notice(&mut self) {
        let mut modem = lock(&self.modem);
        let now = Told::of(&modem);
        let before = std::mem::replace(&mut self.told, now);
        if now.registration != before.registration || now.technology != before.technology {
            nas::changed(&mut self.services, &modem);
            dsd::changed(&mut self.services, &modem);
        }
        if now.radio_on != before.radio_on {
            dms::mode_changed(&mut self.services, &modem);
        }
        if now.sim != before.sim {
            uim::changed(&mut self.services, &modem);
        }
        for ended in modem.take_ended() {
            wds::ended(&mut self.services, ended);
        }
        for index in modem.messages.take_news() {
            wms::arrived(&mut self.services, index);
        }
        drop(modem);
        self.indicate();
    }

    fn stats(&self) -> String {
        let Counters {
            requests,
            responses,
            refusals,
            indications,
            malformed,
            dropped,
        } = self.counters;
        format!(
            "requests={requests} responses={responses} refusals={refusals} indications={indications} \
             malformed={malformed} dropped={dropped} clients={} calls={} faults={}",
            self.services.clients.len(),
            self.services.calls.len(),
            self.faults.happened
        )
    }
}

impl Services {
    fn answer(&mut self, modem: &mut Modem, message: &Message<'_>) -> Answer {
        let answer = match message.service {
            service::CTL => return ctl::answer(self, modem, message),
            service::WDS => wds::answer,
            service::DMS => dms::answer,
            service::NAS => nas::answer,
            service::WMS => wms::answer,
            service::UIM => uim::answer,
            service::LOC => loc::answer,
            service::WDA => wda::answer,
            service::PDC => pdc::answer,
            service::DSD => dsd::answer,
            _ => return Err(ErrorCode::INVALID_SERVICE_TYPE.into()),
        };
        if !self.clients.has(message.service, message.client) {
            return Err(ErrorCode::INVALID_CLIENT_ID.into());
        }
        answer(self, modem, message)
    }

    /// Forgets a client, and with it the calls that only it held.
    fn release(&mut self, modem: &mut Modem, service: u8, client: u8) -> bool {
        if service == service::WDS {
            wds::leave_all(self, modem, client);
        }
        if service == service::LOC {
            self.location.leave(client);
        }
        self.clients.release(service, client)
    }

    fn release_all(&mut self, modem: &mut Modem) {
        for (service, client) in self.clients.list() {
            self.release(modem, service, client);
        }
        // Nobody is left to hear of it.
        self.events.clear();
        self.later = Later::default();
    }
}

impl Later {
    /// What is due, if anything; the moment begins when this is asked first.
    fn take(&mut self, now: Instant) -> Option<Vec<Event>> {
        if self.events.is_empty() {
            return None;
        }
        let due = *self.due.get_or_insert(now + MOMENT);
        (due <= now).then(|| {
            self.due = None;
            std::mem::take(&mut self.events)
        })
    }
}

impl Told {
    fn of(modem: &Modem) -> Self {
        Told {
            registration: modem.network.registration,
            technology: modem.technology(),
            radio_on: modem.radio_on,
            sim: (
                modem.sim.state,
                modem.sim.pin_retries,
                modem.sim.puk_retries,
            ),
        }
    }
}

impl Port for Qmi {
    fn receive(&mut self, message: &[u8], _now: Instant) {
        let mut rest = message;
        while !rest.is_empty() {
            let used = match next_frame(rest) {
                Step::Frame { frame, consumed } => {
                    self.take(&frame);
                    consumed
                }
                Step::Skip(garbage) => {
                    self.counters.malformed += 1;
                    garbage
                }
                // A transfer holds whole frames: what is cut short stays so.
                Step::NeedMore(_) => {
                    self.counters.malformed += 1;
                    rest.len()
                }
            };
            rest = rest.get(used..).unwrap_or_default();
        }
    }

    fn poll(&mut self, now: Instant) -> Option<Vec<u8>> {
        loc::tell(&mut self.services, now);
        if let Some(events) = self.services.later.take(now) {
            self.services.events.extend(events);
        }
        self.notice();
        self.faults.garbage().or_else(|| self.outbox.pop_front())
    }

    fn deadline(&self) -> Option<Instant> {
        let place = self.services.location.deadline();
        place.into_iter().chain(self.services.later.due).min()
    }

    fn reset(&mut self) {
        self.outbox.clear();
        self.faults.forget_garbage();
        let lost = self.services.clients.len() > 0;
        let modem = Arc::clone(&self.modem);
        let mut modem = lock(&modem);
        self.services.release_all(&mut modem);
        modem.take_ended();
        modem.messages.take_news();
        self.told = Told::of(&modem);
        drop(modem);
        if lost {
            // As after a restart of the modem: client ids from before are void.
            self.services.events.push(ctl::synced());
            self.indicate();
        }
    }

    fn command(&mut self, words: &[&str]) -> Result<String, String> {
        self.obey(words)
    }
}

fn lock(modem: &Mutex<Modem>) -> MutexGuard<'_, Modem> {
    modem.lock().unwrap_or_else(PoisonError::into_inner)
}
