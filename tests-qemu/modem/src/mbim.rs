// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
//! The MBIM port, channels 12/13 of a modem in MBIM mode: opens and closes, puts commands together from their fragments,
//! hands them to `basic` and queues answers and indications.

mod basic;
mod connect;
mod gather;
mod provider;
mod sim;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use mbim::message::{self, kind, Header};
use mbim::service::{error, status, BASIC_CONNECT};
use mbim::{Command, Fragments, Malformed, Writer};
use qmi::{reason, Verbose};

use self::gather::Gather;
use crate::port::Port;
use crate::session::{Family, Modem, Registration, SimState, Technology};

/// Transfers that wait for the host at most; more are dropped and counted.
const OUTBOX: usize = 1024;
/// Bytes of a transfer that a host must take (MBIM 1.0, 6.4), and those that the modem sends at most.
const TRANSFER: (usize, usize) = (64, 4096);
/// Largest information buffer of an answer.
const INFO: usize = 16 * 1024;

/// The information buffer of an answer, or the status of a refusal and its buffer.
type Answer = Result<Vec<u8>, (u32, Vec<u8>)>;

/// The MBIM port.
pub struct Mbim {
    modem: Arc<Mutex<Modem>>,
    /// Bytes of a transfer, as the host has said when it opened the port.
    open: Option<usize>,
    gather: Gather,
    contexts: Contexts,
    signal: basic::Reports,
    outbox: VecDeque<Vec<u8>>,
    told: Told,
    counters: Counters,
}

/// The contexts that the host has activated: session ids, and what each was asked to be.
type Contexts = BTreeMap<u8, connect::Context>;

/// The state that the host was last told of, to find out when an indication is due.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Told {
    registration: Registration,
    technology: Option<Technology>,
    radio_on: bool,
    sim: SimState,
}

#[derive(Default)]
struct Counters {
    commands: u64,
    refusals: u64,
    indications: u64,
    errors: u64,
    malformed: u64,
    dropped: u64,
}

impl Mbim {
    /// The port of a modem.
    pub fn new(modem: Arc<Mutex<Modem>>) -> Self {
        let told = Told::of(&lock(&modem));
        Self {
            modem,
            open: None,
            gather: Gather::default(),
            contexts: Contexts::new(),
            signal: basic::Reports::default(),
            outbox: VecDeque::new(),
            told,
            counters: Counters::default(),
        }
    }

    fn take(&mut self, header: Header, rest: &[u8]) -> Result<(), u32> {
        match header.kind {
            kind::OPEN => {
                let most = mbim::Reader::new(rest)
                    .u32()
                    .ok_or(error::LENGTH_MISMATCH)?;
                let most = usize::try_from(most).unwrap_or(usize::MAX);
                self.close();
                let verdict = if most < TRANSFER.0 {
                    status::INVALID_PARAMETERS
                } else {
                    self.open = Some(most.min(TRANSFER.1));
                    status::SUCCESS
                };
                self.told = Told::of(&lock(&self.modem));
                self.send(kind::OPEN_DONE, header.transaction, &verdict.to_le_bytes());
            }
            kind::CLOSE => {
                self.close();
                let verdict = status::SUCCESS.to_le_bytes();
                self.send(kind::CLOSE_DONE, header.transaction, &verdict);
            }
            kind::HOST_ERROR => self.gather.reset(),
            kind::COMMAND => self.gather(header.transaction, rest)?,
            _ => return Err(error::UNKNOWN),
        }
        Ok(())
    }

    /// One fragment of a command.
    fn gather(&mut self, transaction: u32, rest: &[u8]) -> Result<(), u32> {
        if self.open.is_none() {
            return Err(error::NOT_OPENED);
        }
        let Some(bytes) = self.gather.take(transaction, rest)? else {
            return Ok(());
        };
        let command = Command::parse(&bytes).map_err(code)?;
        self.counters.commands += 1;
        let answer = self.answer(&command);
        self.done(transaction, &command, answer);
        self.notice();
        Ok(())
    }

    fn answer(&mut self, command: &Command<'_>) -> Answer {
        let modem = Arc::clone(&self.modem);
        let mut modem = lock(&modem);
        match command.service {
            BASIC_CONNECT => basic::answer(self, &mut modem, command),
            _ => Err((status::NO_DEVICE_SUPPORT, Vec::new())),
        }
    }

    fn done(&mut self, transaction: u32, command: &Command<'_>, answer: Answer) {
        let (verdict, info) = match answer {
            Ok(info) => (status::SUCCESS, info),
            Err(refusal) => {
                self.counters.refusals += 1;
                refusal
            }
        };
        let head = message::done(command.service, command.cid, verdict, info.len());
        match head {
            Some(head) => {
                let message = [&head, info.as_slice()].concat();
                self.send_parts(kind::COMMAND_DONE, transaction, &message);
            }
            None => self.counters.dropped += 1,
        }
    }

    fn indicate(&mut self, cid: u32, info: &[u8]) {
        if let Some(head) = message::indication(BASIC_CONNECT, cid, info.len()) {
            self.counters.indications += 1;
            let message = [&head, info].concat();
            self.send_parts(kind::INDICATE_STATUS, 0, &message);
        }
    }

    fn send_parts(&mut self, kind: u32, transaction: u32, message: &[u8]) {
        let Some(parts) = self.open.and_then(|most| Fragments::new(message, most)) else {
            return;
        };
        for (fragment, bytes) in parts {
            self.send(kind, transaction, &[&fragment.bytes(), bytes].concat());
        }
    }

    fn send(&mut self, kind: u32, transaction: u32, rest: &[u8]) {
        let header = Header { kind, transaction }.bytes(rest.len());
        match header.filter(|_| self.outbox.len() < OUTBOX) {
            Some(header) => self.outbox.push_back([&header, rest].concat()),
            None => self.counters.dropped += 1,
        }
    }

    /// Raises the indications that a change of the shared state calls for, whoever changed it.
    fn notice(&mut self) {
        let modem = Arc::clone(&self.modem);
        let mut modem = lock(&modem);
        let now = Told::of(&modem);
        let ended = modem.take_ended();
        let before = std::mem::replace(&mut self.told, now);
        if self.open.is_none() {
            return;
        }
        for (cid, info) in basic::changes(&modem, before, now) {
            self.indicate(cid, &info);
        }
        for ended in ended {
            if let Some((cid, info)) = connect::ended(&mut self.contexts, &modem, ended) {
                self.indicate(cid, &info);
            }
        }
    }

    /// The host is gone: its contexts end.
    fn close(&mut self) {
        let modem = Arc::clone(&self.modem);
        let mut modem = lock(&modem);
        for (session, _) in std::mem::take(&mut self.contexts) {
            for family in [Family::V4, Family::V6] {
                modem.stop(session, family);
            }
        }
        modem.take_ended();
        self.open = None;
        self.gather.reset();
        self.outbox.clear();
    }

    fn stats(&self) -> String {
        let Counters {
            commands,
            refusals,
            indications,
            errors,
            malformed,
            dropped,
        } = self.counters;
        format!(
            "commands={commands} refusals={refusals} indications={indications} errors={errors} malformed={malformed} \
             dropped={dropped} contexts={}",
            self.contexts.len()
        )
    }
}

impl Told {
    fn of(modem: &Modem) -> Self {
        Self {
            registration: modem.network.registration,
            technology: modem.technology(),
            radio_on: modem.radio_on,
            sim: modem.sim.state,
        }
    }
}

impl Port for Mbim {
    fn receive(&mut self, message: &[u8], _now: Instant) {
        let outcome = match Header::parse(message) {
            Ok((header, rest)) => self
                .take(header, rest)
                .map_err(|code| (header.transaction, code)),
            // Whose length lies may still say which it is; without a whole header there is nothing to answer.
            Err(malformed) => {
                self.counters.malformed += 1;
                let transaction = mbim::Reader::new(message.get(8..).unwrap_or_default()).u32();
                match transaction {
                    Some(transaction) => Err((transaction, code(malformed))),
                    None => Ok(()),
                }
            }
        };
        if let Err((transaction, code)) = outcome {
            self.counters.errors += 1;
            self.gather.reset();
            self.send(kind::FUNCTION_ERROR, transaction, &code.to_le_bytes());
        }
    }

    fn poll(&mut self, _now: Instant) -> Option<Vec<u8>> {
        self.notice();
        self.outbox.pop_front()
    }

    fn reset(&mut self) {
        self.close();
    }

    fn command(&mut self, words: &[&str]) -> Result<String, String> {
        match words {
            ["stats"] => Ok(self.stats()),
            ["network-release", session] => {
                let session = session.parse().map_err(|_| "network-release SESSION")?;
                // 36: regular deactivation.
                match lock(&self.modem).release(session, Verbose::gpp(36)) {
                    true => Ok(String::new()),
                    false => Err(format!("no session {session}")),
                }
            }
            _ => Err("stats, network-release SESSION".to_owned()),
        }
    }
}

/// The error for a message that cannot be read.
fn code(malformed: Malformed) -> u32 {
    match malformed {
        Malformed::Truncated | Malformed::Length => error::LENGTH_MISMATCH,
        Malformed::Fragment => error::FRAGMENT_OUT_OF_SEQUENCE,
    }
}

/// An information buffer whose fields have so many bytes. What does not fit becomes an empty one; nothing here is that long.
fn info(fields: usize, fill: impl FnOnce(&mut Writer<'_>)) -> Vec<u8> {
    let mut bytes = vec![0; INFO];
    let mut writer = Writer::new(&mut bytes, fields);
    fill(&mut writer);
    let length = writer.finish();
    if length.is_none() {
        log::warn!("an information buffer of {fields} bytes of fields does not add up");
    }
    bytes.truncate(length.unwrap_or(0));
    bytes
}

fn refused(status: u32) -> Answer {
    Err((status, Vec::new()))
}

/// What `NwError` says of a reason: the 3GPP cause, if it is one.
fn network_error(reason: Verbose) -> u32 {
    match reason.kind {
        reason::Type::Gpp => u32::try_from(reason.reason).unwrap_or(0),
        _ => 0,
    }
}

fn lock(modem: &Mutex<Modem>) -> MutexGuard<'_, Modem> {
    modem.lock().unwrap_or_else(PoisonError::into_inner)
}
