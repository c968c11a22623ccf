// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
//! What the modem's replies, indications and silence mean for the session: each becomes a trigger of the table,
//! and each refusal an error with its exit code and what to do next.

use std::time::Instant;

use qmi::{ctl, dms, nas, service, wda, wds, ErrorCode, Message};

use super::sim::sim_absent;
use super::steps::ANY_HANDLE;
use super::table::{State, Trigger};
use super::{ClientId, Session};
use crate::exit::{Error, Exit};
use crate::modem::addressing::Format;
use crate::modem::client::Received;
use crate::modem::radio::Registration;
use crate::proxy::door::not_opened;

/// Questions in a row that stay unanswered before the modem counts as dead.
const MISSED_BEATS: u32 = 3;
/// How often the radio may refuse to be switched on, the first time included: its lock opens some time after its program has ended.
const UNLOCK_TRIES: u32 = 7;

impl Session {
    /// The reply that the state waits for.
    pub(super) fn answer(&mut self, received: &Received, now: Instant) -> Option<Trigger> {
        let verdict = received
            .message()
            .and_then(|message| message.verdict().map(|verdict| (message, verdict)));
        let (message, verdict) = match verdict {
            Ok(parts) => parts,
            Err(error) => return self.broken(&error),
        };
        match (self.state, verdict) {
            (State::Stop, _) => Some(if self.next_live(0).is_some() {
                Trigger::Again
            } else {
                Trigger::Done
            }),
            (State::Release, _) => Some(Trigger::Again),
            (State::Attaching, Err(code)) => self.not_attached(code, &message),
            (State::Versions, Err(_)) => Some(Trigger::Done),
            (State::Versions, Ok(())) => self.versions(&message),
            (State::Clients, Ok(())) => self.allocated(&message),
            (State::Firmware, verdict) => {
                if let (Ok(()), Ok(body)) = (verdict, message.body::<dms::Revision<'_>>()) {
                    let revision = body.revision.to_string();
                    self.line("firmware", revision.as_str());
                    self.radio.firmware = Some(revision);
                }
                Some(Trigger::Done)
            }
            (State::Mode, verdict) => match (verdict, message.body::<dms::OperatingMode>()) {
                (Ok(()), Ok(body)) if body.mode != dms::Mode::Online => Some(Trigger::Off),
                _ => Some(Trigger::Done),
            },
            (State::Power, Err(code)) => self.radio_refused(code),
            (State::Sim, Ok(())) => self.sim(&message, now),
            (State::Sim, Err(ErrorCode::NO_SIM)) => self.failed(sim_absent()),
            (State::Unlock, Err(code)) => self.wrong_pin(code, &message),
            (State::Serving, verdict) => {
                if let (Ok(()), Ok(body)) = (verdict, message.body::<nas::ServingSystem<'_>>()) {
                    self.radio.serving(&body);
                }
                Some(Trigger::Done)
            }
            (State::Systems, verdict) => {
                if let (Ok(()), Ok(body)) = (verdict, message.body::<nas::SystemInfo>()) {
                    self.radio.systems(&body);
                }
                self.say_registration();
                match self.unwelcome().or_else(|| self.perhaps_unwelcome()) {
                    Some(error) => self.failed(error),
                    None if self.radio.registered() => Some(Trigger::Done),
                    None => Some(Trigger::NotYet),
                }
            }
            // Indications are a convenience: the states poll as well.
            (State::Subscribe, _) => Some(Trigger::Done),
            (State::Format, Ok(())) => match message
                .body::<wda::DataFormat>()
                .map_err(|error| error.to_string())
                .and_then(|echo| Format::check(&echo))
            {
                Ok(format) => {
                    self.format = Some(format);
                    Some(Trigger::Done)
                }
                Err(why) => self.next_proposal(&why),
            },
            (State::Format, Err(code)) => self.next_proposal(&code.to_string()),
            (State::ReadFormat, Err(_)) if self.adopting => Some(Trigger::Again),
            (State::ReadFormat, Err(_)) => Some(Trigger::Done),
            (State::ReadFormat, Ok(())) => match message
                .body::<wda::DataFormat>()
                .map_err(|error| error.to_string())
                .and_then(|echo| Format::check(&echo))
            {
                Ok(format) => {
                    self.format = Some(self.with_limits(format));
                    Some(Trigger::Done)
                }
                // Links without a format: they are left from before the modem restarted.
                Err(_) if self.adopting => Some(Trigger::Again),
                Err(why) => self.failed(modem_error("read the data format", &why)),
            },
            (State::Family, Err(code)) if self.config.families.len() > 1 => {
                self.family_refused(Error::new(
                    Exit::Refused,
                    format!("the modem refuses the IP family: {code}"),
                    "",
                ))
            }
            (State::Start, Ok(())) => match message.body::<wds::Started>() {
                Ok(started) => self.started(started.handle),
                Err(error) => self.broken(&error),
            },
            (State::Start, Err(ErrorCode::NO_EFFECT)) => self.started(ANY_HANDLE),
            (State::Start, Err(code)) => {
                let error = self.start_refused(code, &message);
                if self.authenticate_otherwise(&error, &message) {
                    return Some(Trigger::Otherwise);
                }
                self.family_refused(error)
            }
            (State::Settings | State::Refresh, Ok(())) => self.settings(&message),
            (State::Settings, Err(code)) if self.config.families.len() > 1 => {
                self.family_refused(modem_error(doing(State::Settings), &code.to_string()))
            }
            (State::Refresh, Err(_)) if self.lacks_address() => self.refreshed(),
            (_, Ok(())) => Some(Trigger::Done),
            (state, Err(code)) => self.failed(modem_error(doing(state), &code.to_string())),
        }
    }

    /// No reply came to what the state waits for.
    pub(super) fn silence(&mut self) -> Option<Trigger> {
        match self.state {
            // A modem that is silent on the way down is silent to every further request.
            State::Stop | State::Release => {
                self.networks.clear();
                self.ids.clear();
                Some(if self.state == State::Stop {
                    Trigger::Done
                } else {
                    Trigger::Again
                })
            }
            state => {
                let error = Error::new(
                    Exit::NoAnswer,
                    format!("no answer from the modem when asked to {}", doing(state)),
                    "mhictl info tells whether it is in MBIM mode; if not, see dmesg, or restart the modem: mhictl at 'AT+CFUN=1,1'",
                );
                match state {
                    State::Bind | State::Family | State::Start | State::Settings => {
                        self.family_refused(error)
                    }
                    _ => self.failed(error),
                }
            }
        }
    }

    /// Something that the modem said unasked.
    pub(super) fn indication(&mut self, received: &Received, now: Instant) {
        let Ok(message) = received.message() else {
            return;
        };
        if message.indication::<ctl::Synced>().is_some() {
            self.fire(Trigger::Reset, now);
        } else if let Some(Ok(revoked)) = message.indication::<ctl::Revoked>() {
            let ours =
                |id: &ClientId| (id.service, id.id) == (revoked.client.service, revoked.client.id);
            if self.ids.iter().any(ours) {
                self.fire(Trigger::Reset, now);
            }
        } else if let Some(Ok(status)) = message.indication::<wds::StatusIndication>() {
            self.session_status(message.client, &status, now);
        } else if message.indication::<wds::ConfigChanged>().is_some() {
            if self.state == State::Up {
                self.fire(Trigger::Changed, now);
            }
        } else if let Some(Ok(serving)) = message.indication::<nas::ServingSystem<'_>>() {
            self.radio.serving(&serving);
            self.registration_changed(now);
        } else if let Some(Ok(info)) = message.indication::<nas::SystemInfoChanged>() {
            self.radio.systems(&info.into());
            self.registration_changed(now);
        }
    }

    /// The answer to the question whether a network is still up; none for silence.
    pub(super) fn beat(&mut self, received: Option<&Received>, now: Instant) {
        if self.state != State::Up {
            return;
        }
        let Some(received) = received else {
            self.missed_beats += 1;
            if self.missed_beats >= MISSED_BEATS {
                self.fail(
                    Error::new(Exit::NoAnswer, "the modem stopped answering", "see dmesg"),
                    now,
                );
            }
            return;
        };
        self.missed_beats = 0;
        let Ok(message) = received.message() else {
            return;
        };
        let disconnected = || {
            let status = message.body::<wds::Status>();
            status.is_ok_and(|status| status.connection == wds::Connection::Disconnected)
        };
        match message.verdict() {
            // It restarted, and nobody has heard of it.
            Ok(Err(ErrorCode::INVALID_CLIENT_ID)) => self.fire(Trigger::Reset, now),
            Ok(Err(ErrorCode::OUT_OF_CALL)) => self.released(now),
            Ok(Ok(())) if disconnected() => self.released(now),
            _ => {}
        }
    }

    fn released(&mut self, now: Instant) {
        let what = "the network released the session";
        self.fail(Error::new(Exit::Refused, what, ""), now);
    }

    pub(super) fn failed(&mut self, error: Error) -> Option<Trigger> {
        self.failure = Some(error);
        Some(Trigger::Failed)
    }

    pub(super) fn broken(&mut self, error: &qmi::Error) -> Option<Trigger> {
        if matches!(self.state, State::Stop | State::Release) {
            return self.silence();
        }
        self.failed(modem_error(
            doing(self.state),
            &format!("its reply is malformed: {error}"),
        ))
    }

    /// The proxy does not open the port.
    fn not_attached(&mut self, code: ErrorCode, message: &Message<'_>) -> Option<Trigger> {
        let error = not_opened(&self.node, code, message);
        if error.exit != Exit::NoDevice {
            return self.failed(error);
        }
        // The modem restarts just now: look for it again.
        self.failure = Some(error);
        Some(Trigger::Lost)
    }

    fn versions(&mut self, message: &Message<'_>) -> Option<Trigger> {
        let versions = match message.body::<ctl::Versions<'_>>() {
            Ok(versions) => versions,
            Err(error) => return self.broken(&error),
        };
        for (service, name) in [
            (service::WDS, "WDS"),
            (service::NAS, "NAS"),
            (service::UIM, "UIM"),
            (service::DMS, "DMS"),
            (service::WDA, "WDA"),
        ] {
            if !versions
                .services
                .iter()
                .any(|version| version.service == service)
            {
                return self.failed(Error::new(
                    Exit::Modem,
                    format!("the modem has no {name} service yet"),
                    "it may still be starting; try again in a minute",
                ));
            }
        }
        Some(Trigger::Done)
    }

    fn allocated(&mut self, message: &Message<'_>) -> Option<Trigger> {
        let client = match message.body::<ctl::Allocated>() {
            Ok(body) => body.client,
            Err(error) => return self.broken(&error),
        };
        let wanted = self.wanted();
        match wanted.get(self.ids.len()) {
            Some(&(service, family)) if service == client.service && client.id != 0 => {
                self.ids.push(ClientId {
                    service,
                    family,
                    id: client.id,
                });
                Some(if self.ids.len() < wanted.len() {
                    Trigger::Again
                } else {
                    Trigger::Done
                })
            }
            _ => self.failed(modem_error(
                "allocate a client",
                &format!("it gave client {} of service {}", client.id, client.service),
            )),
        }
    }

    /// The first refusal calls for the user's program; what follows it gives the modem a moment to obey.
    fn radio_refused(&mut self, code: ErrorCode) -> Option<Trigger> {
        self.radio_refusals += 1;
        match self.radio_refusals {
            1 => Some(Trigger::Locked),
            2..=UNLOCK_TRIES => Some(Trigger::NotYet),
            _ => self.failed(Error::new(
                Exit::Modem,
                format!("the modem does not switch its radio on: {code}"),
                "the program that unlocks it did not help, or a W_DISABLE switch keeps it off; mhictl at 'AT+CFUN?' shows its state",
            )),
        }
    }

    fn registration_changed(&mut self, now: Instant) {
        match self.state {
            State::Serving | State::Systems if self.radio.registered() => {
                self.fire(Trigger::Changed, now)
            }
            State::Up => {
                self.say_registration();
                if let Some(error) = self.unwelcome() {
                    self.fail(error, now);
                }
            }
            _ => {}
        }
    }

    /// The network is one that the user does not want.
    fn unwelcome(&self) -> Option<Error> {
        let abroad = self.radio.registration == Registration::Roaming && !self.config.roaming;
        abroad.then(|| {
            Error::new(
                Exit::NotRegistered,
                format!(
                    "registered abroad, which --roaming forbidden excludes: {}",
                    self.radio.registration_line()
                ),
                "allow it with --roaming allowed, or look for the home network: mhictl at 'AT+COPS=?'",
            )
        })
    }

    /// Not known to be one that the user wants, though the modem was asked.
    fn perhaps_unwelcome(&self) -> Option<Error> {
        let unknown = self.radio.registered() && !self.radio.tells_roaming && !self.config.roaming;
        unknown.then(|| {
            Error::new(
                Exit::NotRegistered,
                "the modem does not say whether it is abroad, which --roaming forbidden excludes",
                "if it is at home, --roaming allowed connects there as well",
            )
        })
    }

    fn next_proposal(&mut self, why: &str) -> Option<Trigger> {
        self.proposal += 1;
        if self.proposal < self.config.qmap.len() {
            return Some(Trigger::Again);
        }
        self.failed(modem_error("set a QMAP data format", why))
    }

    /// Modems answer the limits of the uplink to the setting but not always to the reading.
    fn with_limits(&self, mut read: Format) -> Format {
        if let (1, 0, Some(set)) = (read.uplink_packets, read.uplink_octets, self.format) {
            (read.uplink_packets, read.uplink_octets) = (set.uplink_packets, set.uplink_octets);
        }
        read
    }

    fn say_registration(&mut self) {
        let line = self.radio.registration_line();
        if line != self.said_registration {
            self.said_registration.clone_from(&line);
            self.line("registration", line);
        }
    }
}

fn modem_error(doing: &str, why: &str) -> Error {
    Error::new(
        Exit::Modem,
        format!("the modem refuses to {doing}: {why}"),
        "see what it says with -v; a restart may help: mhictl at 'AT+CFUN=1,1'",
    )
}

/// What a state asks the modem to do.
pub fn doing(state: State) -> &'static str {
    match state {
        State::Attaching => "sync",
        State::Versions => "list its services",
        State::Clients => "allocate a client",
        State::Firmware => "tell its firmware",
        State::Mode => "tell its operating mode",
        State::Power => "switch its radio on",
        State::Sim => "tell the SIM's state",
        State::Unlock => "verify the PIN",
        State::Subscribe => "report changes of registration",
        State::Serving => "tell its registration",
        State::Systems => "tell its technologies",
        State::Format => "set the data format",
        State::ReadFormat => "read the data format",
        State::Bind => "bind the mux id",
        State::Family => "set the IP family",
        State::Start => "start the network",
        State::Settings | State::Refresh => "tell the session's addresses",
        State::Stop => "stop the network",
        State::Release => "release a client",
        State::Opening
        | State::Unlocking
        | State::Turn
        | State::Claim
        | State::Link
        | State::Configure
        | State::Up
        | State::Rest
        | State::Ended => "answer",
    }
}
