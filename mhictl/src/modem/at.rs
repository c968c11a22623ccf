// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
//! The AT port: commands, their answers' lines and final results (3GPP TS 27.007, V.250), and what the modem says unasked.
//! The parser is sans-IO; the loop around it reads the port with a deadline.

use std::fs::File;
use std::io::{Read, Write};
use std::os::fd::BorrowedFd;
use std::time::{Duration, Instant};

use rustix::event::{poll, PollFd, PollFlags, Timespec};

use crate::exit::{Error, Exit};
use crate::modem::device::{self, Kind, Modem, Roots};
use crate::modem::holder::{self, Lock};
use crate::modem::port::open_node;
use crate::show;

/// Longest line that is kept; the rest of a longer one is dropped.
const LINE_MAX: usize = 4096;
/// How long an end to a text may take.
const LAST_WORD: Duration = Duration::from_secs(1);
/// Most octets that one answer may have.
const ANSWER_MAX: usize = 1 << 20;

/// An open AT port that nobody else uses.
#[derive(Debug)]
pub struct At {
    file: File,
    lines: Lines,
    _lock: Option<Lock>,
}

/// What came of a command.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// Its lines, without echo and final result.
    pub lines: Vec<String>,
    /// The final result as the modem wrote it.
    pub result: String,
    /// Whether that is a success.
    pub ok: bool,
}

impl Answer {
    /// What follows `PREFIX: ` in each line that begins so.
    pub fn values<'a>(&'a self, prefix: &'a str) -> impl Iterator<Item = &'a str> {
        self.lines
            .iter()
            .filter_map(move |line| line.strip_prefix(prefix)?.strip_prefix(':'))
            .map(str::trim)
    }
}

impl At {
    /// Opens the port named `wanted`, else the modem's first, unless somebody else has it.
    pub fn open(roots: &Roots, modem: &Modem, wanted: Option<&str>) -> Result<At, Error> {
        let named = modem.ports.iter().find(|port| {
            port.kind == Kind::At
                && wanted
                    .is_some_and(|wanted| port.node.as_os_str() == wanted || port.name == wanted)
        });
        let port = named.map_or_else(|| device::need_port(modem, Kind::At), Ok)?;
        let lock = Lock::take(roots, &port.name, &port.name)?;
        holder::refuse_if_held(roots, &port.node, &modem.wwan, None)?;
        let file = open_node(&port.node)
            .map_err(|error| Error::system(format_args!("open {}", port.node.display()), &error))?;
        Ok(At::over(file, Some(lock)))
    }

    fn over(mut file: File, lock: Option<Lock>) -> At {
        drain(&mut file);
        At {
            file,
            lines: Lines::default(),
            _lock: lock,
        }
    }

    /// Sends a command and waits for its final result.
    ///
    /// # Errors
    ///
    /// The port is gone, the modem silent or endless. A result that is no success is none: see [`At::ask`].
    pub fn run(&mut self, command: &str, patience: Duration) -> Result<Answer, Error> {
        self.converse(command, None, patience)
    }

    /// As [`At::run`], but with a text that follows when the modem prompts for it, as `AT+CMGS` does. Whatever goes wrong, the
    /// modem takes no later command for a text.
    pub fn run_with_text(
        &mut self,
        command: &str,
        text: &str,
        patience: Duration,
    ) -> Result<Answer, Error> {
        let result = self.converse(command, Some(text), patience);
        if result.is_err() {
            // Escape leaves the prompt (3GPP TS 27.005). The error that is there says more than one of this.
            let _ = send(&mut self.file, b"\x1b", Instant::now() + LAST_WORD);
        }
        result
    }

    /// As [`At::run`]; a result that is no success is an error.
    pub fn ask(&mut self, command: &str, patience: Duration) -> Result<Answer, Error> {
        let answer = self.run(command, patience)?;
        if answer.ok {
            Ok(answer)
        } else {
            Err(refusal(command, &answer.result))
        }
    }

    fn converse(
        &mut self,
        command: &str,
        mut text: Option<&str>,
        patience: Duration,
    ) -> Result<Answer, Error> {
        const PROMPT: &str = "> ";
        let deadline = Instant::now() + patience;
        drain(&mut self.file);
        self.lines = Lines::default();
        send(&mut self.file, format!("{command}\r").as_bytes(), deadline)?;
        let mut answer = Answer {
            lines: Vec::new(),
            result: String::new(),
            ok: false,
        };
        loop {
            if !wait(&self.file, PollFlags::IN, None, Some(deadline))? {
                return Err(Error::new(
                    Exit::NoAnswer,
                    "no answer from the AT port",
                    "try a longer --timeout; if AT itself gets no answer, see dmesg",
                ));
            }
            let mut result = None;
            read(&mut self.file, &mut self.lines, |line| {
                if result.is_none() && line != command {
                    result = final_result(line).map(|ok| (ok, line.to_owned()));
                    if result.is_none() {
                        answer.lines.push(line.to_owned());
                    }
                }
            })?;
            if let Some((ok, result)) = result {
                (answer.ok, answer.result) = (ok, result);
                return Ok(answer);
            }
            if text.is_some() && self.lines.pending() == PROMPT.as_bytes() {
                self.lines.line.clear();
                let text = text.take().unwrap_or_default();
                // Control-Z ends a text (3GPP TS 27.005).
                send(&mut self.file, format!("{text}\x1a").as_bytes(), deadline)?;
            }
            if self.lines.total > ANSWER_MAX {
                return Err(Error::new(
                    Exit::Modem,
                    format!("the answer is longer than {ANSWER_MAX} octets"),
                    "is this an AT port?",
                ));
            }
        }
    }

    /// Gives each line that the modem says unasked to `each`, until `until` or until `stop` can be read.
    pub fn listen(
        &mut self,
        until: Option<Instant>,
        stop: BorrowedFd<'_>,
        mut each: impl FnMut(&str),
    ) -> Result<(), Error> {
        while wait(&self.file, PollFlags::IN, Some(stop), until)? {
            read(&mut self.file, &mut self.lines, &mut each)?;
        }
        Ok(())
    }
}

/// The error of a command that the modem refuses.
pub fn refusal(command: &str, result: &str) -> Error {
    Error::new(
        Exit::AtError,
        format!("the modem answered {result} to {command}"),
        "AT+CMEE=2 makes the modem say why",
    )
}

/// Turns octets from the port into lines.
#[derive(Debug, Default)]
struct Lines {
    line: Vec<u8>,
    total: usize,
}

impl Lines {
    /// Takes octets; calls `each` with every line that is complete.
    fn feed(&mut self, octets: &[u8], mut each: impl FnMut(&str)) {
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

    /// The line that has no end yet.
    fn pending(&self) -> &[u8] {
        &self.line
    }
}

/// Whether a line that ends an answer means success; none if it does not end it.
fn final_result(line: &str) -> Option<bool> {
    match line {
        "OK" => Some(true),
        "ERROR" | "NO CARRIER" | "BUSY" | "NO ANSWER" | "NO DIALTONE" | "ABORTED" => Some(false),
        _ if line.starts_with("CONNECT") => Some(true),
        _ if line.starts_with("+CME ERROR:") || line.starts_with("+CMS ERROR:") => Some(false),
        _ => None,
    }
}

/// Control octets and bad UTF-8 of the modem never reach the terminal.
fn printable(line: &[u8]) -> String {
    show::tame(&String::from_utf8_lossy(line))
}

/// Throws away what belongs to no command of now, such as a late answer or what an earlier user of the port left unread, at most
/// one bounded amount.
fn drain(port: &mut File) {
    let mut buffer = [0; 4096];
    for _ in 0..256 {
        match port.read(&mut buffer) {
            Ok(count) if count > 0 => {}
            _ => break,
        }
    }
}

/// Reads once what is there.
fn read(port: &mut File, lines: &mut Lines, each: impl FnMut(&str)) -> Result<(), Error> {
    let mut buffer = [0; 4096];
    match port.read(&mut buffer) {
        Ok(0) => Err(gone()),
        Ok(count) => {
            lines.feed(buffer.get(..count).unwrap_or_default(), each);
            Ok(())
        }
        Err(error)
            if error.kind() == std::io::ErrorKind::WouldBlock
                || error.kind() == std::io::ErrorKind::Interrupted =>
        {
            Ok(())
        }
        Err(_) => Err(gone()),
    }
}

fn send(port: &mut File, mut octets: &[u8], deadline: Instant) -> Result<(), Error> {
    while !octets.is_empty() {
        match port.write(octets) {
            Ok(count) => octets = octets.get(count..).unwrap_or_default(),
            Err(error) if error.kind() == std::io::ErrorKind::WouldBlock => {
                if !wait(port, PollFlags::OUT, None, Some(deadline))? {
                    return Err(Error::new(
                        Exit::NoAnswer,
                        "the AT port takes no command",
                        "see dmesg",
                    ));
                }
            }
            Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
            Err(_) => return Err(gone()),
        }
    }
    Ok(())
}

/// Waits for the port: false if `until` has come, or `stop` can be read, before.
fn wait(
    port: &File,
    flags: PollFlags,
    stop: Option<BorrowedFd<'_>>,
    until: Option<Instant>,
) -> Result<bool, Error> {
    loop {
        let left = until.map(|until| until.saturating_duration_since(Instant::now()));
        if left.is_some_and(|left| left.is_zero()) {
            return Ok(false);
        }
        let timeout = left.and_then(|left| Timespec::try_from(left).ok());
        let mut fds = vec![PollFd::new(port, flags)];
        fds.extend(stop.map(|stop| PollFd::from_borrowed_fd(stop, PollFlags::IN)));
        match poll(&mut fds, timeout.as_ref()) {
            Ok(0) | Err(rustix::io::Errno::INTR) => {}
            Ok(_) => {
                let stopped = fds.get(1).is_some_and(|stop| !stop.revents().is_empty());
                return Ok(!stopped);
            }
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
pub mod tests {
    use super::*;
    use std::os::fd::{AsFd, OwnedFd};
    use std::os::unix::net::UnixStream;
    use std::thread::JoinHandle;

    const PATIENCE: Duration = Duration::from_millis(500);

    /// A port whose other end is `peer`.
    fn port(stream: UnixStream) -> At {
        stream.set_nonblocking(true).unwrap();
        At::over(File::from(OwnedFd::from(stream)), None)
    }

    /// A modem that takes each octet string and answers the other, in order; anything else fails the test.
    pub fn scripted(
        script: &'static [(&'static str, &'static str)],
    ) -> (At, JoinHandle<UnixStream>) {
        let (ours, mut theirs) = UnixStream::pair().unwrap();
        let port = port(ours);
        let peer = std::thread::spawn(move || {
            for (wanted, answer) in script {
                let mut got = vec![0; wanted.len()];
                theirs.read_exact(&mut got).unwrap();
                assert_eq!(String::from_utf8_lossy(&got), *wanted);
                theirs.write_all(answer.as_bytes()).unwrap();
            }
            theirs
        });
        (port, peer)
    }

    fn asked(
        answer: &'static [(&'static str, &'static str)],
        command: &str,
    ) -> Result<Answer, Error> {
        let (mut port, peer) = scripted(answer);
        let answer = port.ask(command, PATIENCE);
        drop(peer.join().unwrap());
        answer
    }

    #[test]
    fn the_answer_has_neither_echo_nor_result() {
        let answer = asked(
            &[("AT+CSQ\r", "AT+CSQ\r\r\n+CSQ: 20,99\r\n\r\nOK\r\n")],
            "AT+CSQ",
        )
        .unwrap();
        assert_eq!(
            (answer.lines.as_slice(), answer.result.as_str()),
            (&["+CSQ: 20,99".to_owned()][..], "OK")
        );
        assert_eq!(answer.values("+CSQ").collect::<Vec<_>>(), ["20,99"]);
    }

    #[test]
    fn error_results_have_their_code_and_words() {
        for (script, words) in [
            (&[("AT+X\r", "\r\nERROR\r\n")], "ERROR"),
            (&[("AT+X\r", "\r\n+CME ERROR: 10\r\n")], "+CME ERROR: 10"),
            (&[("AT+X\r", "\r\nNO CARRIER\r\n")], "NO CARRIER"),
        ] {
            let error = asked(script, "AT+X").unwrap_err();
            assert_eq!(error.exit, Exit::AtError);
            assert!(error.what.contains(words));
        }
    }

    #[test]
    fn silence_is_no_answer() {
        let error = asked(&[("AT\r", "\r\n+QIND: partial")], "AT").unwrap_err();
        assert_eq!(error.exit, Exit::NoAnswer);
    }

    #[test]
    fn stale_input_is_not_the_answer() {
        let (ours, mut theirs) = UnixStream::pair().unwrap();
        theirs.write_all(b"\r\nOK\r\n").unwrap();
        let error = port(ours)
            .ask("AT", Duration::from_millis(100))
            .unwrap_err();
        assert_eq!(error.exit, Exit::NoAnswer);
    }

    #[test]
    fn a_closed_port_is_told_from_silence() {
        let (ours, theirs) = UnixStream::pair().unwrap();
        let mut port = port(ours);
        drop(theirs);
        let error = port.ask("AT", Duration::from_secs(5)).unwrap_err();
        assert!(error.what.contains("gone"));
    }

    #[test]
    fn a_text_follows_the_prompt() {
        let (mut port, peer) = scripted(&[
            ("AT+CMGS=\"1\"\r", "\r\n> "),
            ("hello\x1a", "\r\n+CMGS: 7\r\n\r\nOK\r\n"),
        ]);
        let answer = port
            .run_with_text("AT+CMGS=\"1\"", "hello", PATIENCE)
            .unwrap();
        assert_eq!(
            (answer.ok, answer.lines),
            (true, vec!["+CMGS: 7".to_owned()])
        );
        drop(peer.join().unwrap());
    }

    #[test]
    fn a_text_that_comes_to_nothing_leaves_no_prompt() {
        for script in [
            &[("AT+CMGS=\"1\"\r", "")][..],
            &[("AT+CMGS=\"1\"\r", "\r\n> "), ("hello\x1a", "")],
        ] {
            let (mut port, peer) = scripted(script);
            let error = port.run_with_text("AT+CMGS=\"1\"", "hello", PATIENCE);
            assert_eq!(error.unwrap_err().exit, Exit::NoAnswer);
            drop(port);
            let mut octet = [0];
            peer.join().unwrap().read_exact(&mut octet).unwrap();
            assert_eq!(octet, [0x1b]);
        }
    }

    #[test]
    fn an_answer_that_comes_late_is_none_of_the_next_command() {
        let (ours, mut theirs) = UnixStream::pair().unwrap();
        let mut port = port(ours);
        let short = Duration::from_millis(100);
        theirs.write_all(b"\r\n+CSQ: 1,").unwrap();
        assert_eq!(port.ask("AT+CSQ", short).unwrap_err().exit, Exit::NoAnswer);
        theirs.write_all(b"99\r\n\r\nOK\r\n").unwrap();
        assert_eq!(port.ask("AT", short).unwrap_err().exit, Exit::NoAnswer);
    }

    #[test]
    fn listening_ends_in_time_or_when_told_to() {
        let (ours, mut theirs) = UnixStream::pair().unwrap();
        let mut port = port(ours);
        let (stop, mut stopper) = UnixStream::pair().unwrap();
        theirs
            .write_all(b"\r\n+CREG: 1\r\n\r\n+CREG: 5\r\n")
            .unwrap();
        let mut heard = Vec::new();
        let until = Some(Instant::now() + Duration::from_millis(100));
        port.listen(until, stop.as_fd(), |line| heard.push(line.to_owned()))
            .unwrap();
        assert_eq!(heard, ["+CREG: 1", "+CREG: 5"]);
        stopper.write_all(b"x").unwrap();
        port.listen(None, stop.as_fd(), |_| panic!()).unwrap();
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
}
