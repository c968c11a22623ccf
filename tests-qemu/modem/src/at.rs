// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
//! The AT port, channels 32/33: command lines after V.250, echo, result codes. The commands themselves are in the table of
//! [`commands`].

mod cell;
mod commands;
mod context;
mod form;
mod network;
mod sim;
mod sms;
#[cfg(test)]
mod tests;

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use self::form::{split, Form};
use crate::port::Port;
use crate::session::{Modem, Registration, Technology};

/// Longest command line; the rest of a longer one is swallowed and the line fails.
const LINE: usize = 2048;
/// Bytes that wait for the host at most; whole answers beyond are dropped and counted.
const OUTBOX: usize = 65536;
/// Bytes in one transfer to the host, the size of the receive buffers of stock drivers.
const TRANSFER: usize = 2048;

/// The AT port.
pub struct At {
    modem: Arc<Mutex<Modem>>,
    line: Vec<u8>,
    too_long: bool,
    outbox: VecDeque<u8>,
    settings: Settings,
    config: commands::Config,
    /// `AT+QCAINFO=1`; survives a reset of the modem.
    carrier_strength: bool,
    stubborn: Stubborn,
    /// Whom a short message goes to, whose text is being typed.
    composing: Option<String>,
    told: Told,
    lines: u64,
    errors: u64,
    dropped: u64,
}

/// What `ATZ` resets.
#[derive(Debug, Clone)]
struct Settings {
    echo: bool,
    /// Words for result codes (`ATV1`), or digits.
    verbose: bool,
    /// No result codes at all (`ATQ1`).
    quiet: bool,
    /// `AT+CMEE`: 0 plain `ERROR`, 1 numbers, 2 words.
    errors: u8,
    /// `AT+CREG`, `+CGREG`, `+CEREG`, `+C5GREG`: 0 off, 1 state, 2 state and cell.
    reports: [u8; 4],
    /// `AT+COPS=3,2`: the operator as a number.
    numeric_operator: bool,
    /// Short messages.
    sms: sms::Settings,
}

impl Default for Settings {
    fn default() -> Self {
        Settings {
            echo: true,
            verbose: true,
            quiet: false,
            errors: 1,
            reports: [0; 4],
            numeric_operator: false,
            sms: sms::Settings::default(),
        }
    }
}

/// What is wrong with `AT+QNWPREFCFG`, on order: the key that it refuses to set, and the one that it says OK to and keeps.
#[derive(Default)]
struct Stubborn {
    refused: Option<String>,
    ignored: Option<String>,
}

/// What the unsolicited result codes last said.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Told(Option<Technology>, Registration);

impl Told {
    fn of(modem: &Modem) -> Self {
        Told(modem.technology(), modem.network.registration)
    }
}

/// Why a command failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Failure {
    /// Unknown command.
    Error,
    /// A 3GPP TS 27.007 equipment error.
    Cme(u16, &'static str),
    /// A 3GPP TS 27.005 error of messages.
    Cms(u16),
}

/// Information lines of a command that worked.
type Outcome = Result<Vec<String>, Failure>;

impl At {
    /// The port of a modem.
    pub fn new(modem: Arc<Mutex<Modem>>) -> Self {
        let locked = modem.lock().unwrap_or_else(PoisonError::into_inner);
        let (told, mbim) = (Told::of(&locked), locked.mbim);
        drop(locked);
        At {
            modem,
            line: Vec::new(),
            too_long: false,
            outbox: VecDeque::new(),
            settings: Settings::default(),
            config: commands::Config::new(mbim),
            carrier_strength: false,
            stubborn: Stubborn::default(),
            composing: None,
            told,
            lines: 0,
            errors: 0,
            dropped: 0,
        }
    }

    fn byte(&mut self, byte: u8) {
        const BACKSPACE: u8 = 8;
        const SEND: u8 = 0x1a;
        const ESCAPE: u8 = 0x1b;
        match byte {
            SEND | ESCAPE if self.composing.is_some() => {
                let text = std::mem::take(&mut self.line);
                let number = self.composing.take();
                match number.filter(|_| byte == SEND) {
                    Some(number) => self.send(number, &text),
                    None => self.result("OK", 0),
                }
            }
            b'\r' if self.composing.is_none() => {
                let line = std::mem::take(&mut self.line);
                let too_long = std::mem::take(&mut self.too_long);
                self.run(&line, too_long);
            }
            b'\n' => {}
            BACKSPACE => {
                self.line.pop();
            }
            _ if self.line.len() < LINE => self.line.push(byte),
            _ => self.too_long = true,
        }
    }

    /// Runs a command line: its commands in order up to the first that fails.
    fn run(&mut self, line: &[u8], too_long: bool) {
        let text = String::from_utf8_lossy(line);
        let text = text.trim();
        // V.250 5.2.1: what does not begin with AT is noise.
        let Some(body) = text
            .get(..2)
            .filter(|at| at.eq_ignore_ascii_case("AT"))
            .and_then(|_| text.get(2..))
        else {
            return;
        };
        self.lines += 1;
        let outcome = match too_long {
            true => Err(Failure::Error),
            false => self.commands(body),
        };
        match outcome {
            Ok(()) if self.composing.is_some() => self.queue(b"\r\n> "),
            Ok(()) => self.result("OK", 0),
            Err(failure) => self.fail(failure),
        }
    }

    fn send(&mut self, number: String, text: &[u8]) {
        let modem = Arc::clone(&self.modem);
        let mut modem = modem.lock().unwrap_or_else(PoisonError::into_inner);
        match sms::send(self, &mut modem, number, &String::from_utf8_lossy(text)) {
            Ok(lines) => {
                self.say(&lines.join("\r\n"));
                self.result("OK", 0);
            }
            Err(failure) => self.fail(failure),
        }
    }

    fn fail(&mut self, failure: Failure) {
        self.errors += 1;
        match (failure, self.settings.errors) {
            (Failure::Cms(code), _) => self.say(&format!("+CMS ERROR: {code}")),
            (Failure::Cme(code, _), 1) => self.say(&format!("+CME ERROR: {code}")),
            (Failure::Cme(_, words), 2) => self.say(&format!("+CME ERROR: {words}")),
            _ => self.result("ERROR", 4),
        }
    }

    fn commands(&mut self, body: &str) -> Result<(), Failure> {
        let modem = Arc::clone(&self.modem);
        for command in split(body).ok_or(Failure::Error)? {
            let mut modem = modem.lock().unwrap_or_else(PoisonError::into_inner);
            let lines = match command.name.starts_with(['+', '^', '$']) {
                true => commands::run(self, &mut modem, &command.name, &command.form)?,
                false => self.basic(&modem, &command.name, &command.form)?,
            };
            drop(modem);
            if !lines.is_empty() {
                self.say(&lines.join("\r\n"));
            }
        }
        Ok(())
    }

    /// Commands of one letter, of which the name also has the number.
    fn basic(&mut self, modem: &Modem, name: &str, form: &Form) -> Outcome {
        if *form != Form::Run {
            return Err(Failure::Error);
        }
        let settings = &mut self.settings;
        match name {
            "" => {}
            "E" | "E0" => settings.echo = false,
            "E1" => settings.echo = true,
            "V" | "V0" => settings.verbose = false,
            "V1" => settings.verbose = true,
            "Q" | "Q0" => settings.quiet = false,
            "Q1" => settings.quiet = true,
            "Z" | "Z0" | "&F" | "&F0" => *settings = Settings::default(),
            // No call is up here, so there is none to hang up; the others are remnants of telephone lines.
            "H" | "H0" | "&C1" | "&D0" | "&D1" | "&D2" | "&W" | "X0" | "X1" | "X4" | "S0=0" => {}
            "I" | "I0" => {
                let identity = &modem.identity;
                return Ok(vec![
                    identity.manufacturer.clone(),
                    identity.model.clone(),
                    format!("Revision: {}", identity.revision()),
                ]);
            }
            _ => return Err(Failure::Error),
        }
        Ok(Vec::new())
    }

    /// An information or unsolicited line.
    fn say(&mut self, text: &str) {
        match self.settings.verbose {
            true => self.queue(format!("\r\n{text}\r\n").as_bytes()),
            false => self.queue(format!("{text}\r\n").as_bytes()),
        }
    }

    /// A final result code.
    fn result(&mut self, words: &str, digit: u8) {
        match (self.settings.quiet, self.settings.verbose) {
            (true, _) => {}
            (false, true) => self.say(words),
            (false, false) => self.queue(format!("{digit}\r").as_bytes()),
        }
    }

    fn queue(&mut self, bytes: &[u8]) {
        if self.outbox.len() + bytes.len() <= OUTBOX {
            self.outbox.extend(bytes);
        } else {
            self.dropped += 1;
        }
    }

    /// Reports a changed registration to those who asked for it.
    fn notice(&mut self) {
        let modem = Arc::clone(&self.modem);
        let modem = modem.lock().unwrap_or_else(PoisonError::into_inner);
        let now = Told::of(&modem);
        if now != self.told {
            self.told = now;
            for line in network::reports(&modem, self.settings.reports) {
                self.say(&line);
            }
        }
    }
}

impl Port for At {
    fn receive(&mut self, message: &[u8], _now: Instant) {
        for &byte in message {
            if self.settings.echo {
                self.queue(&[byte]);
            }
            self.byte(byte);
        }
    }

    fn poll(&mut self, _now: Instant) -> Option<Vec<u8>> {
        self.notice();
        let length = self.outbox.len().min(TRANSFER);
        (length > 0).then(|| self.outbox.drain(..length).collect())
    }

    fn reset(&mut self) {
        self.line.clear();
        self.too_long = false;
        self.composing = None;
        self.outbox.clear();
        self.settings = Settings::default();
    }

    fn command(&mut self, words: &[&str]) -> Result<String, String> {
        match words {
            ["stats"] => Ok(format!(
                "lines={} errors={} dropped={}",
                self.lines, self.errors, self.dropped
            )),
            ["sms", number, text @ ..] => {
                let modem = Arc::clone(&self.modem);
                let mut modem = modem.lock().unwrap_or_else(PoisonError::into_inner);
                let index = modem.messages.arrive(number, &text.join(" "));
                let index = index.ok_or("no room for another message")?;
                self.say(&format!("+CMTI: \"ME\",{index}"));
                Ok(index.to_string())
            }
            ["sent"] => {
                let modem = self.modem.lock().unwrap_or_else(PoisonError::into_inner);
                let sent = modem.messages.sent.iter();
                let sent = sent.map(|(number, text)| format!("{number}={text}"));
                Ok(sent.collect::<Vec<_>>().join(" "))
            }
            ["refuse", key] => {
                self.stubborn.refused = Some((*key).to_owned());
                Ok(String::new())
            }
            ["ignore", key] => {
                self.stubborn.ignored = Some((*key).to_owned());
                Ok(String::new())
            }
            ["obey"] => {
                self.stubborn = Stubborn::default();
                Ok(String::new())
            }
            _ => Err(
                "stats, sms NUMBER TEXT, sent, refuse PREFERENCE, ignore PREFERENCE, obey"
                    .to_owned(),
            ),
        }
    }
}
