// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
//! One data session, sans-IO: octets, time and the outcome of kernel work go in, octets, kernel work and printed lines come out.
//! `table` says what follows what, `steps` asks the modem, `answers` understands it; `connect` does the input and output.

mod answers;
pub mod backoff;
mod networks;
mod sim;
mod steps;
pub mod table;

#[cfg(test)]
mod script;
#[cfg(test)]
mod tests;

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use qmi::service;

use self::answers::doing;
use self::backoff::Backoff;
use self::table::{lookup, State, Trigger};
use crate::config::{Config, Family};
use crate::exit::{Error, Exit};
use crate::hook;
use crate::modem::addressing::{Addressing, Format};
use crate::modem::client::{Client, Event, Received, Token};
use crate::modem::radio::{self, Query, Radio, Registration};

/// A session that was up this long starts the back-off anew.
const STEADY: Duration = Duration::from_secs(60);
/// Transitions that may follow each other without waiting; more would be a loop in the table.
const CHAIN_MAX: usize = 64;
/// How often a port that is there is tried at once, four times a second.
const SHUT_MOST: u32 = 20;
/// How often one looks for a modem that is gone: of a port that appears a uevent tells at once.
const GONE_PERIOD: Duration = Duration::from_millis(750);
/// How long the modem has for the questions of `status`.
const STATUS_PATIENCE: Duration = Duration::from_secs(3);

/// Work for the caller, in order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Output {
    /// Find the port and the way to it, then [`Session::opened`] or [`Session::not_open`].
    Open,
    /// Close the port.
    Close,
    /// Have the user's program open the lock on the radio, then [`Session::radio_unlocked`].
    UnlockRadio,
    /// Keep others from giving the SIM a PIN until [`Output::LeaveTurn`] or things are withdrawn, then [`Session::turn_taken`].
    TakeTurn,
    /// The SIM is free for others.
    LeaveTurn,
    /// Keep others from changing the data format until the link is made or things are withdrawn, then [`Session::claimed`].
    Claim,
    /// Make the mux link, then [`Session::link_made`].
    MakeLink(Format),
    /// Set these addresses and no others, then [`Session::configured`].
    Configure(Vec<Addressing>),
    /// Look after the link, then [`Session::link_checked`].
    CheckLink,
    /// Take addresses, routes and DNS back; the link stays.
    Withdraw,
    /// Print `WORD: TEXT`.
    Line(&'static str, String),
    /// Tell the hook.
    Tell(hook::Event, News),
    /// A transition was refused; for `--verbose`.
    Log(String),
    /// The answers for `status` are in.
    StatusReady,
    /// Clean up and exit.
    Finish(Result<(), Error>),
}

/// How the data channel is used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Claim {
    /// Another session is just agreeing on its format.
    Busy,
    /// By nobody else: this session says which format.
    Alone,
    /// By other sessions, which have agreed on a format.
    Shared,
}

/// What the hook is told of the session.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct News {
    /// Addresses that the network granted.
    pub granted: Vec<Addressing>,
    /// Exit code that the reason belongs to.
    pub exit: Option<Exit>,
    /// Why, in words.
    pub reason: Option<String>,
}

/// A client id and what it is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ClientId {
    /// Service.
    pub service: u8,
    /// Family, for the data clients.
    pub family: Option<Family>,
    /// The id.
    pub id: u8,
}

/// One family's network.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Network {
    /// Family.
    pub family: Family,
    /// Handle for stopping it, while it is started.
    pub handle: Option<u32>,
    /// Its addresses, while it has any.
    pub addressing: Option<Addressing>,
}

/// What became of the PIN.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PinUse {
    /// Not sent since the modem started.
    Unused,
    /// The card took it.
    Taken,
    /// The card refused it: it is not sent again.
    Refused,
}

/// The session.
pub struct Session {
    config: Config,
    state: State,
    client: Client,
    ids: Vec<ClientId>,
    /// The request that the state waits for.
    step: Option<Token>,
    /// When the state's timer runs out.
    timer: Option<Instant>,
    /// When the state was entered from another one.
    entered: Instant,
    /// The port's device, for the proxy.
    node: String,
    /// Whose proxy shares the port, unless it is mhictl's own.
    proxy: Option<String>,
    /// Whether the format that other sessions have agreed on is to be taken over.
    adopting: bool,
    /// Which QMAP version is being proposed.
    proposal: usize,
    format: Option<Format>,
    /// Which network is being worked on.
    current: usize,
    networks: Vec<Network>,
    /// Why the first family was refused.
    refusal: Option<Error>,
    /// Refusals to switch the radio on, since the modem started.
    radio_refusals: u32,
    pin: PinUse,
    /// Which of the ways to authenticate is used: one that was taken is used again.
    auth: usize,
    /// Questions whether the networks are still up.
    beats: Vec<Token>,
    missed_beats: u32,
    backoff: Backoff,
    /// Why this attempt ends.
    failure: Option<Error>,
    /// Whether nothing follows this attempt.
    ending: bool,
    /// When the first connection must be up; none once it was.
    deadline: Option<Instant>,
    /// How often in a row the port was there and did not open.
    shut: u32,
    up_since: Option<Instant>,
    /// Whether this attempt came up.
    was_up: bool,
    /// How often it came up.
    ups: u32,
    /// Why the last attempt ended.
    last_error: Option<String>,
    said_registration: String,
    /// Name of the mux link.
    link: String,
    outputs: VecDeque<Output>,
    /// Rows taken, for the tests.
    #[cfg(test)]
    pub history: Vec<(State, Trigger)>,
    questions: Vec<(Token, Query)>,
    asking: bool,
    /// What the modem said last of SIM, registration and signal.
    pub radio: Radio,
}

impl Session {
    /// A session that begins by asking for its port; `seed` makes its waits differ from others'.
    pub fn new(config: Config, seed: u64, now: Instant) -> Self {
        Session {
            deadline: Some(now + config.timeout),
            shut: 0,
            config,
            state: State::Opening,
            client: Client::default(),
            ids: Vec::new(),
            step: None,
            timer: None,
            entered: now,
            node: String::new(),
            proxy: None,
            adopting: false,
            proposal: 0,
            format: None,
            current: 0,
            networks: Vec::new(),
            refusal: None,
            radio_refusals: 0,
            pin: PinUse::Unused,
            auth: 0,
            beats: Vec::new(),
            missed_beats: 0,
            backoff: Backoff::new(seed),
            failure: None,
            ending: false,
            up_since: None,
            was_up: false,
            ups: 0,
            last_error: None,
            said_registration: String::new(),
            link: String::new(),
            outputs: VecDeque::from([Output::Open]),
            #[cfg(test)]
            history: Vec::new(),
            questions: Vec::new(),
            asking: false,
            radio: Radio::default(),
        }
    }

    /// The next piece of work for the caller.
    pub fn output(&mut self) -> Option<Output> {
        self.outputs.pop_front()
    }

    /// The next frame to write to the port; [`Session::sent`] removes it.
    pub fn outgoing(&self) -> Option<&[u8]> {
        self.client.outgoing()
    }

    /// The frame of [`Session::outgoing`] is written.
    pub fn sent(&mut self) {
        self.client.sent();
    }

    /// When [`Session::tick`] has something to do.
    pub fn wakeup(&self) -> Option<Instant> {
        if self.state == State::Ended {
            return None;
        }
        let deadline = self.deadline.filter(|_| !self.ending);
        [self.client.deadline(), self.timer, deadline]
            .into_iter()
            .flatten()
            .min()
    }

    /// Whether the modem can be asked what it is doing.
    pub fn has_modem(&self) -> bool {
        self.ids.iter().any(|id| id.service == service::NAS)
    }

    /// Where the session stands.
    pub fn state(&self) -> State {
        self.state
    }

    /// The families with addresses, and since when they are up.
    pub fn networks(&self) -> (&[Network], Option<Instant>) {
        (&self.networks, self.up_since)
    }

    /// How often it came up again.
    pub fn reconnects(&self) -> u32 {
        self.ups.saturating_sub(1)
    }

    /// Why the last attempt ended, if it did not end on request.
    pub fn last_error(&self) -> Option<&str> {
        self.last_error.as_deref()
    }

    /// The data format in use.
    pub fn format(&self) -> Option<Format> {
        self.format
    }

    /// There is a way to the port at `node`, by this proxy unless it is mhictl's own.
    pub fn opened(&mut self, node: String, proxy: Option<String>, now: Instant) {
        if self.state == State::Opening {
            (self.node, self.proxy) = (node, proxy);
            self.fire(Trigger::Done, now);
        }
    }

    /// The lock on the radio was opened, or what is known of why not.
    pub fn radio_unlocked(&mut self, result: Result<(), Error>, now: Instant) {
        match result {
            _ if self.state != State::Unlocking => {}
            Ok(()) => self.fire(Trigger::Done, now),
            Err(error) => self.fail(error, now),
        }
    }

    /// The SIM is this session's for now, or another one's.
    pub fn turn_taken(&mut self, result: Result<bool, Error>, now: Instant) {
        match result {
            _ if self.state != State::Turn => {}
            Ok(true) => self.fire(Trigger::Done, now),
            Ok(false) => self.fire(Trigger::NotYet, now),
            Err(error) => self.fail(error, now),
        }
    }

    /// How the data channel is used.
    pub fn claimed(&mut self, result: Result<Claim, Error>, now: Instant) {
        if self.state != State::Claim {
            return;
        }
        match result {
            Ok(Claim::Busy) => self.fire(Trigger::NotYet, now),
            Ok(Claim::Alone) => self.fire(Trigger::Done, now),
            Ok(Claim::Shared) => {
                self.adopting = true;
                self.fire(Trigger::Enough, now);
            }
            Err(error) => self.fail(error, now),
        }
    }

    /// The port could not be opened; `later` says whether it is worth trying again.
    pub fn not_open(&mut self, error: Error, later: bool, now: Instant) {
        // Once there was a session the modem is known to exist: it comes back from its crash, or somebody plugs it in again. A port that is
        // there and does not open is looked at again soon, since udev may not have come to it yet, and then seldom.
        let exists = self.deadline.is_none();
        let gone = exists && !later && error.exit == Exit::NoDevice;
        self.shut = match exists && !later && !gone {
            true => self.shut + 1,
            false => 0,
        };
        let trigger = if later || (exists && self.shut < SHUT_MOST) {
            Trigger::NotYet
        } else if exists {
            self.shut = 0;
            Trigger::Again
        } else {
            Trigger::Failed
        };
        if error.exit != Exit::NoDevice {
            self.last_error = Some(error.what.clone());
        }
        self.failure = Some(error);
        self.fire(trigger, now);
        if gone {
            self.timer = self.timer.map(|_| now + GONE_PERIOD);
        }
    }

    /// It may be worth while to look for the port right now.
    pub fn look(&mut self, now: Instant) {
        if self.state == State::Opening && self.timer.is_some() {
            self.timer = None;
            self.fire(Trigger::Tick, now);
        }
    }

    /// The port is gone.
    pub fn lost(&mut self, now: Instant) {
        if self.state == State::Attaching && !self.ending {
            self.failure = Some(Error::new(
                Exit::NoDevice,
                format!("the QMI proxy does not open {}", self.node),
                "dmesg shows whether the modem is up; try again in a minute",
            ));
        }
        let trigger = if self.ending {
            Trigger::Over
        } else {
            Trigger::Lost
        };
        self.fire(trigger, now);
    }

    /// The user wants an end; said twice, at once.
    pub fn quit(&mut self, now: Instant) {
        let trigger = if self.ending {
            Trigger::Over
        } else {
            Trigger::Quit
        };
        self.ending = true;
        self.failure = None;
        self.fire(trigger, now);
    }

    /// The mux link of this name is there, or not.
    pub fn link_made(&mut self, result: Result<String, Error>, now: Instant) {
        match result {
            _ if self.state != State::Link => {}
            Ok(link) => {
                self.line(
                    "mux",
                    format!("{link} id {} ({:#04x})", self.config.mux, self.config.mux),
                );
                self.link = link;
                self.fire(Trigger::Done, now);
            }
            Err(error) => self.fail(error, now),
        }
    }

    /// The addresses are set, or not; the lines say how.
    pub fn configured(&mut self, result: Result<Vec<(&'static str, String)>, Error>, now: Instant) {
        match result {
            _ if self.state != State::Configure => {}
            Ok(lines) => {
                for (word, text) in lines {
                    self.line(word, text);
                }
                self.fire(Trigger::Done, now);
            }
            Err(error) => self.fail(error, now),
        }
    }

    /// The link is as it was, or something of it is to be set again, or it is gone.
    pub fn link_checked(&mut self, result: Result<bool, Error>, now: Instant) {
        match result {
            _ if self.state != State::Up => {}
            Ok(false) => {}
            Ok(true) => self.fire(Trigger::Changed, now),
            Err(error) => self.fail(error, now),
        }
    }

    /// Octets came from the port.
    pub fn receive(&mut self, octets: &[u8], now: Instant) {
        self.client.receive(octets, now);
        self.drain(now);
    }

    /// Time has passed.
    pub fn tick(&mut self, now: Instant) {
        if self.state == State::Ended {
            return;
        }
        self.client.tick(now);
        self.drain(now);
        if self.timer.is_some_and(|timer| timer <= now) {
            self.timer = None;
            self.fire(Trigger::Tick, now);
        }
        if !self.ending && self.deadline.is_some_and(|deadline| deadline <= now) {
            let error = self.too_late();
            match self.has_address() {
                // The other family has none yet, and the session does without it.
                true => {
                    if let Some(token) = self.step.take() {
                        self.client.forget(token);
                    }
                    if let Some(trigger) = self.family_refused(error) {
                        self.fire(trigger, now);
                    }
                }
                false => self.fail(error, now),
            }
        }
    }

    /// Asks the modem for what `status` shows; [`Output::StatusReady`] follows, at once if there is nobody to ask.
    pub fn ask_status(&mut self, now: Instant) {
        if self.asking {
            return;
        }
        self.asking = true;
        if !matches!(
            self.state,
            State::Stop | State::Release | State::Opening | State::Ended
        ) {
            let ids = &self.ids;
            let id_of = |service| ids.iter().find(|id| id.service == service).map(|id| id.id);
            self.questions = radio::ask(&mut self.client, &self.radio, id_of, STATUS_PATIENCE, now);
        }
        self.status_ready();
    }

    /// This attempt failed with `error`.
    fn fail(&mut self, error: Error, now: Instant) {
        self.failure = Some(error);
        self.fire(Trigger::Failed, now);
    }

    fn line(&mut self, word: &'static str, text: impl Into<String>) {
        self.outputs.push_back(Output::Line(word, text.into()));
    }

    /// Follows the table until it waits for something.
    fn fire(&mut self, trigger: Trigger, now: Instant) {
        let mut next = Some(trigger);
        for _ in 0..CHAIN_MAX {
            let Some(trigger) = next else { return };
            let Some((state, action)) = lookup(self.state, trigger) else {
                self.outputs.push_back(Output::Log(format!(
                    "{trigger:?} means nothing in state {:?}",
                    self.state
                )));
                return;
            };
            #[cfg(test)]
            self.history.push((self.state, trigger));
            if self.up_since.is_some()
                && matches!(
                    trigger,
                    Trigger::Failed
                        | Trigger::Quit
                        | Trigger::Reset
                        | Trigger::Lost
                        | Trigger::Over
                )
            {
                self.leave_up(trigger, now);
            }
            if matches!(trigger, Trigger::Lost | Trigger::Reset) && self.is_connecting() {
                let why = "the modem restarted or was removed while connecting";
                self.tell_failed(&Error::new(Exit::NoDevice, why, ""));
            }
            if state != self.state {
                (self.entered, self.timer) = (now, None);
            }
            self.state = state;
            next = self.act(action, now);
        }
        self.outputs.push_back(Output::Log(format!(
            "too many transitions at once, now in state {:?}",
            self.state
        )));
    }

    /// Whether an attempt is under way that has not come up yet.
    fn is_connecting(&self) -> bool {
        let idle = [
            State::Opening,
            State::Attaching,
            State::Stop,
            State::Release,
            State::Rest,
            State::Ended,
        ];
        !self.was_up && !self.ending && !idle.contains(&self.state)
    }

    fn leave_up(&mut self, trigger: Trigger, now: Instant) {
        if self
            .up_since
            .is_some_and(|since| now.duration_since(since) >= STEADY)
        {
            self.backoff.reset();
        }
        self.up_since = None;
        let exit = match trigger {
            Trigger::Quit => Some(Exit::Success),
            Trigger::Failed => self.failure.as_ref().map(|error| error.exit),
            _ => Some(Exit::NoDevice),
        };
        let why = match trigger {
            Trigger::Quit => "on request".to_owned(),
            Trigger::Lost | Trigger::Over => "the port is gone".to_owned(),
            Trigger::Reset => "the modem restarted".to_owned(),
            _ => self
                .failure
                .as_ref()
                .map(|error| error.what.clone())
                .unwrap_or_default(),
        };
        if trigger != Trigger::Quit {
            self.last_error = Some(why.clone());
        }
        self.tell(hook::Event::Down, exit, Some(why.clone()));
        self.line("disconnected", why);
    }

    fn tell(&mut self, event: hook::Event, exit: Option<Exit>, reason: Option<String>) {
        let granted = self
            .networks
            .iter()
            .filter_map(|network| network.addressing.clone())
            .collect();
        let news = News {
            granted,
            exit,
            reason,
        };
        self.outputs.push_back(Output::Tell(event, news));
    }

    /// This attempt never came up.
    fn tell_failed(&mut self, error: &Error) {
        self.last_error = Some(error.what.clone());
        self.tell(
            hook::Event::Failed,
            Some(error.exit),
            Some(error.what.clone()),
        );
    }

    fn drain(&mut self, now: Instant) {
        while let Some(event) = self.client.event() {
            match event {
                Event::Reply(token, received) if self.step == Some(token) => {
                    self.step = None;
                    if let Some(trigger) = self.answer(&received, now) {
                        self.fire(trigger, now);
                    }
                }
                Event::Silent(token) if self.step == Some(token) => {
                    self.step = None;
                    if let Some(trigger) = self.silence() {
                        self.fire(trigger, now);
                    }
                }
                Event::Reply(token, received) => self.side_answer(token, Some(&received), now),
                Event::Silent(token) => self.side_answer(token, None, now),
                Event::Indication(received) => self.indication(&received, now),
            }
        }
    }

    /// An answer to a question that no state waits for.
    fn side_answer(&mut self, token: Token, received: Option<&Received>, now: Instant) {
        if let Some(at) = self.questions.iter().position(|(of, _)| *of == token) {
            let (_, query) = self.questions.swap_remove(at);
            if let Some(Ok(message)) = received.map(Received::message) {
                self.radio.absorb(query, &message);
            }
            self.status_ready();
        } else if let Some(at) = self.beats.iter().position(|of| *of == token) {
            self.beats.swap_remove(at);
            self.beat(received, now);
        }
    }

    fn status_ready(&mut self) {
        if self.asking && self.questions.is_empty() {
            self.asking = false;
            self.outputs.push_back(Output::StatusReady);
        }
    }

    /// Questions that nobody will answer any more.
    fn drop_questions(&mut self) {
        self.questions.clear();
        self.beats.clear();
        self.missed_beats = 0;
        self.status_ready();
    }

    fn too_late(&self) -> Error {
        let within = format!("within {} s", self.config.timeout.as_secs());
        match self.state {
            State::Opening => {
                self.failure.clone().unwrap_or_else(|| Error::new(Exit::NoDevice, format!("the port did not appear {within}"), "see dmesg"))
            }
            State::Serving | State::Systems => Error::new(
                Exit::NotRegistered,
                format!("not registered {within}: {}", self.radio.registration_line()),
                match self.radio.registration {
                    Registration::Idle => "the modem does not even search: mhictl at 'AT+COPS=0' has it choose a network",
                    Registration::Denied => "check SIM and plan, and the access point of the modem's profile 1, with which it registers: mhictl at 'AT+CGDCONT?'; mhictl at 'AT+CEREG?' shows the cause",
                    _ => "check antennas, coverage, SIM and plan, or give it longer with --timeout; mhictl at 'AT+CEREG?' shows the cause",
                },
            ),
            State::Turn | State::Sim => Error::new(Exit::SimAbsent, format!("the SIM was not ready {within}"), "take the SIM out and put it in again"),
            state if self.step.is_some() => Error::new(
                Exit::NoAnswer,
                format!("no answer from the modem {within}, asked to {}", doing(state)),
                "mhictl info tells whether it is in MBIM mode; if not, see dmesg, or restart it: mhictl at 'AT+CFUN=1,1'",
            ),
            state => Error::new(
                Exit::NoAnswer,
                format!("not connected {within}, stuck at {}", state.name()),
                "give it longer with --timeout, or see what happens with -v",
            ),
        }
    }
}
