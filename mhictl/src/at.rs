// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
//! `mhictl at`: one AT command, its answer's lines, and its final result (3GPP TS 27.007, V.250).
//! The parser is sans-IO; the loop around it reads the port with a deadline.

use std::fs::File;
use std::io::{Read, Write};
use std::time::{Duration, Instant};

use rustix::event::{poll, PollFd, PollFlags};

use crate::cli::AtArgs;
use crate::exit::{Error, Exit};
use crate::modem::device::{self, Kind, Roots};
use crate::modem::holder::{self, Lock};
use crate::modem::port::open_node;

/// Longest line that is kept; the rest of a longer one is dropped.
const LINE_MAX: usize = 4096;
/// Most octets that one answer may have.
const ANSWER_MAX: usize = 1 << 20;
/// Longest command; what mhi_wwan_ctrl takes in one write is 4 KiB.
const COMMAND_MAX: usize = 2048;

/// Sends the command and prints the answer.
pub fn run(args: &AtArgs, roots: &Roots) -> Result<(), Error> {
    let command = check(&args.command)?;
    let modem = device::find(roots, args.port.as_deref())?;
    let port = modem
        .ports
        .iter()
        .find(|port| {
            port.kind == Kind::At
                && args
                    .port
                    .as_deref()
                    .is_some_and(|wanted| port.node.as_os_str() == wanted || port.name == wanted)
        })
        .map_or_else(|| device::need_port(&modem, Kind::At), Ok)?;
    let _lock = Lock::take(roots, &port.name, &port.name)?;
    holder::refuse_if_held(roots, &port.node, &modem.wwan, None)?;
    let file = open_node(&port.node)
        .map_err(|error| Error::system(format_args!("open {}", port.node.display()), &error))?;
    let deadline = Instant::now() + Duration::from_secs(args.timeout.max(1).into());
    converse(file, command, deadline, &mut std::io::stdout().lock())
}

/// The final result of a command.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Final {
    /// OK, or CONNECT.
    Ok,
    /// ERROR, +CME ERROR, NO CARRIER and so on, as the modem wrote it.
    Error(String),
}

/// Turns octets from the port into lines; drops the echo of the command.
#[derive(Debug, Default)]
pub struct Lines {
    line: Vec<u8>,
    total: usize,
}

impl Lines {
    /// Takes octets; calls `each` with every line that is complete.
    pub fn feed(&mut self, octets: &[u8], mut each: impl FnMut(&str)) {
        for &octet in octets {
            self.total = self.total.saturating_add(1);
            if octet != b'\r' && octet != b'\n' {
                if self.line.len() < LINE_MAX {
                    self.line.push(octet);
                }
            } else if !self.line.is_empty() {
                each(&printable(&self.line));
                self.line.clear();
            }
        }
    }
}

/// What a line means, if it ends the answer.
pub fn final_result(line: &str) -> Option<Final> {
    match line {
        "OK" => Some(Final::Ok),
        "ERROR" | "NO CARRIER" | "BUSY" | "NO ANSWER" | "NO DIALTONE" | "ABORTED" => {
            Some(Final::Error(line.to_owned()))
        }
        _ if line.starts_with("CONNECT") => Some(Final::Ok),
        _ if line.starts_with("+CME ERROR:") || line.starts_with("+CMS ERROR:") => {
            Some(Final::Error(line.to_owned()))
        }
        _ => None,
    }
}

/// Control octets and bad UTF-8 of the modem never reach the terminal.
fn printable(line: &[u8]) -> String {
    String::from_utf8_lossy(line)
        .chars()
        .map(|c| if c.is_control() { '\u{fffd}' } else { c })
        .collect()
}

fn check(command: &str) -> Result<&str, Error> {
    let command = command.trim();
    let next = "for example: mhictl at 'AT+CSQ'";
    if command.len() > COMMAND_MAX || command.chars().any(char::is_control) {
        return Err(Error::new(
            Exit::Usage,
            format!("an AT command is one line of at most {COMMAND_MAX} octets"),
            next,
        ));
    }
    match command.get(..2) {
        Some(prefix) if prefix.eq_ignore_ascii_case("at") => Ok(command),
        _ => Err(Error::new(
            Exit::Usage,
            format!("{command:?} does not begin with AT"),
            next,
        )),
    }
}

fn converse(
    mut port: File,
    command: &str,
    deadline: Instant,
    out: &mut impl Write,
) -> Result<(), Error> {
    drain(&mut port);
    send(&mut port, format!("{command}\r").as_bytes(), deadline)?;
    let mut lines = Lines::default();
    let mut buffer = [0; 4096];
    loop {
        wait(&port, PollFlags::IN, deadline)?;
        let count = match port.read(&mut buffer) {
            Ok(0) => return Err(gone()),
            Ok(count) => count,
            Err(error)
                if error.kind() == std::io::ErrorKind::WouldBlock
                    || error.kind() == std::io::ErrorKind::Interrupted =>
            {
                continue
            }
            Err(_) => return Err(gone()),
        };
        let mut result = None;
        lines.feed(buffer.get(..count).unwrap_or_default(), |line| {
            if result.is_none() && line != command {
                let _ = writeln!(out, "{line}");
                result = final_result(line);
            }
        });
        match result {
            Some(Final::Ok) => return Ok(()),
            Some(Final::Error(text)) => {
                return Err(Error::new(
                    Exit::AtError,
                    format!("the modem answered {text} to {command}"),
                    "AT+CMEE=2 makes the modem say why",
                ));
            }
            None if lines.total > ANSWER_MAX => {
                return Err(Error::new(
                    Exit::Modem,
                    format!("the answer is longer than {ANSWER_MAX} octets"),
                    "is this an AT port?",
                ));
            }
            None => {}
        }
    }
}

/// Throws away what an earlier user of the port left unread, at most one bounded amount.
fn drain(port: &mut File) {
    let mut buffer = [0; 4096];
    for _ in 0..256 {
        match port.read(&mut buffer) {
            Ok(count) if count > 0 => {}
            _ => break,
        }
    }
}

fn send(port: &mut File, mut octets: &[u8], deadline: Instant) -> Result<(), Error> {
    while !octets.is_empty() {
        match port.write(octets) {
            Ok(count) => octets = octets.get(count..).unwrap_or_default(),
            Err(error) if error.kind() == std::io::ErrorKind::WouldBlock => {
                wait(port, PollFlags::OUT, deadline)?
            }
            Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
            Err(_) => return Err(gone()),
        }
    }
    Ok(())
}

fn wait(port: &File, flags: PollFlags, deadline: Instant) -> Result<(), Error> {
    loop {
        let Some(left) = deadline
            .checked_duration_since(Instant::now())
            .filter(|left| !left.is_zero())
        else {
            return Err(Error::new(
                Exit::NoAnswer,
                "no answer from the AT port",
                "try a longer --timeout; if AT itself gets no answer, see dmesg",
            ));
        };
        let timeout = rustix::event::Timespec::try_from(left).ok();
        let mut fds = [PollFd::new(port, flags)];
        match poll(&mut fds, timeout.as_ref()) {
            Ok(0) | Err(rustix::io::Errno::INTR) => {}
            Ok(_) => return Ok(()),
            Err(error) => return Err(Error::system("poll", &error.into())),
        }
    }
}

fn gone() -> Error {
    Error::new(
        Exit::NoAnswer,
        "the AT port is gone: the modem restarts or was removed",
        "dmesg shows what happened; try again when the port is back",
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::fd::OwnedFd;
    use std::os::unix::net::UnixStream;

    fn file(stream: UnixStream) -> File {
        stream.set_nonblocking(true).unwrap();
        File::from(OwnedFd::from(stream))
    }

    fn scripted(answer: &'static [u8], command: &str) -> (Result<(), Error>, String) {
        let (ours, mut theirs) = UnixStream::pair().unwrap();
        let wanted = format!("{command}\r");
        let peer = std::thread::spawn(move || {
            let mut got = vec![0; wanted.len()];
            theirs.read_exact(&mut got).unwrap();
            assert_eq!(got, wanted.as_bytes());
            theirs.write_all(answer).unwrap();
            theirs
        });
        let mut out = Vec::new();
        let result = converse(
            file(ours),
            command,
            Instant::now() + Duration::from_millis(500),
            &mut out,
        );
        drop(peer.join().unwrap());
        (result, String::from_utf8(out).unwrap())
    }

    #[test]
    fn answer_is_printed_without_the_echo() {
        let (result, out) = scripted(b"AT+CSQ\r\r\n+CSQ: 20,99\r\n\r\nOK\r\n", "AT+CSQ");
        assert_eq!((result, out.as_str()), (Ok(()), "+CSQ: 20,99\nOK\n"));
    }

    #[test]
    fn error_results_have_their_code_and_words() {
        for (answer, words) in [
            (&b"\r\nERROR\r\n"[..], "ERROR"),
            (b"\r\n+CME ERROR: 10\r\n", "+CME ERROR: 10"),
            (b"\r\nNO CARRIER\r\n", "NO CARRIER"),
        ] {
            let (result, _) = scripted(answer, "AT+X");
            let error = result.unwrap_err();
            assert_eq!(error.exit, Exit::AtError);
            assert!(error.what.contains(words));
        }
    }

    #[test]
    fn silence_is_no_answer() {
        let (result, out) = scripted(b"\r\n+QIND: partial", "AT");
        assert_eq!(result.unwrap_err().exit, Exit::NoAnswer);
        assert_eq!(out, "");
    }

    #[test]
    fn stale_input_is_not_the_answer() {
        let (ours, mut theirs) = UnixStream::pair().unwrap();
        theirs.write_all(b"\r\nOK\r\n").unwrap();
        let result = converse(
            file(ours),
            "AT",
            Instant::now() + Duration::from_millis(100),
            &mut Vec::new(),
        );
        assert_eq!(result.unwrap_err().exit, Exit::NoAnswer);
    }

    #[test]
    fn a_closed_port_is_told_from_silence() {
        let (ours, theirs) = UnixStream::pair().unwrap();
        drop(theirs);
        let error = converse(
            file(ours),
            "AT",
            Instant::now() + Duration::from_secs(5),
            &mut Vec::new(),
        )
        .unwrap_err();
        assert!(error.what.contains("gone"));
    }

    #[test]
    fn long_lines_and_control_octets_are_tamed() {
        let mut lines = Lines::default();
        let mut seen = Vec::new();
        lines.feed(&[b'x'; 10_000], |line| seen.push(line.to_owned()));
        lines.feed(b"\x1b[2J\r\n\x1b[31m\xff\r\n", |line| {
            seen.push(line.to_owned())
        });
        assert_eq!(seen.len(), 2);
        assert_eq!(seen[0].len(), LINE_MAX);
        assert_eq!(seen[1], "\u{fffd}[31m\u{fffd}");
    }

    #[test]
    fn commands_are_checked_before_anything_is_opened() {
        assert_eq!(check(" at+csq ").unwrap(), "at+csq");
        for bad in ["", "A", "+CSQ", "AT\rAT+X", "AT\x1a", "é"] {
            assert_eq!(check(bad).unwrap_err().exit, Exit::Usage, "{bad:?}");
        }
        assert!(check(&format!("AT{}", "x".repeat(COMMAND_MAX))).is_err());
    }
}
