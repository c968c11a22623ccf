// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
//! `mhictl connect` before its sessions: one runs here, several each in a process of its own, which is started anew when it
//! fails for a reason that may pass. Their processes share the modem's port as any others do.

use std::ffi::OsString;
use std::io::{BufRead, BufReader, Read, Write};
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::process::{Child, ExitStatus, Stdio};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use clap::CommandFactory;
use rustix::process::{kill_process, set_parent_process_death_signal, Pid, Signal};

use crate::cli::{Cli, ConnectArgs};
use crate::config::file::{self, Named};
use crate::config::Config;
use crate::connect;
use crate::exit::{Error, Exit};
use crate::hook::Hook;
use crate::lines;
use crate::modem::device::Roots;
use crate::notify::{self, Watchdog};
use crate::plan;
use crate::program;
use crate::session::backoff::{self, Backoff};
use crate::signals::Signals;

/// A session that ran this long starts the back-off anew.
const STEADY: Duration = Duration::from_secs(60);
/// How long the sessions' last lines may take to be passed on; what a session has started may keep its output open.
const LAST_LINES: Duration = Duration::from_secs(1);
/// Longest line of a session that is passed on in one piece, in octets.
const LINE_MAX: u64 = 4096;

/// Runs the sessions that the command line and the configuration file ask for.
pub fn run(args: ConnectArgs, roots: &Roots) -> Result<(), Error> {
    let signals = Signals::end(roots)?;
    if args.json {
        lines::use_json();
    }
    let words: Vec<OsString> = std::env::args_os().collect();
    let matches = Cli::command().try_get_matches_from(&words).ok();
    let matches = matches
        .as_ref()
        .and_then(|matches| matches.subcommand_matches("connect"));
    let Some(matches) = matches else {
        return connect::run(args, &signals, roots);
    };
    let hook = args.hook.clone().filter(|_| !args.dry_run);
    let mut sessions = match file::sessions(&words, args, matches, roots) {
        Ok(sessions) => sessions,
        Err(error) => {
            if let Some(hook) = hook {
                connect::last_words(Hook::new(&hook), &error, &signals);
            }
            return Err(error);
        }
    };
    if sessions.iter().any(|(_, args)| args.dry_run) {
        return plan::run(sessions, roots);
    }
    if sessions.len() > 1 {
        return supervise(check(sessions)?, &words, &signals);
    }
    let Some((_, args)) = sessions.pop() else {
        return Ok(());
    };
    if args.supervised {
        program::take_name();
        // Whatever becomes of the supervisor.
        let _ = set_parent_process_death_signal(Some(Signal::TERM));
    }
    connect::run(args, &signals, roots)
}

/// Resolves all of them before the first is started; no two may want one mux id of one modem.
pub fn check(sessions: Vec<Named>) -> Result<Vec<String>, Error> {
    let mut checked: Vec<(String, Config)> = Vec::new();
    for (name, args) in sessions {
        let name = name.unwrap_or_default();
        let config = connect::resolve(args)?;
        let same = |other: &&(String, Config)| {
            (other.1.mux, &other.1.device) == (config.mux, &config.device)
        };
        if let Some((other, _)) = checked.iter().find(same) {
            return Err(Error::new(
                Exit::Usage,
                format!(
                    "sessions {other} and {name} both have mux id {}",
                    config.mux
                ),
                format!("give one of them another one in [session.{name}]: mux = 130"),
            ));
        }
        checked.push((name, config));
    }
    Ok(checked.into_iter().map(|(name, _)| name).collect())
}

fn supervise(names: Vec<String>, words: &[OsString], signals: &Signals) -> Result<(), Error> {
    let now = Instant::now();
    let mut watchdog = Watchdog::from_environment(now);
    notify::clear_environment();
    let arrivals = Arc::new(Arrivals {
        missing: AtomicUsize::new(names.len()),
        any: AtomicBool::new(false),
    });
    let mut sessions: Vec<Session> = names
        .into_iter()
        .map(|name| Session::new(name, words, &arrivals, now))
        .collect();
    let mut ending = false;
    let mut result = Ok(());
    loop {
        let now = Instant::now();
        for session in &mut sessions {
            if let Err(error) = session.work(ending, now) {
                result = result.and(Err(error));
            }
        }
        if sessions
            .iter()
            .all(|session| matches!(session.state, State::Over))
        {
            last_lines(&sessions);
            return result;
        }
        if watchdog.as_mut().is_some_and(|watchdog| watchdog.due(now)) {
            lines::tell_manager("WATCHDOG", "1");
        }
        let wakeups = sessions.iter().filter_map(Session::wakeup);
        let wakeup = wakeups.chain(watchdog.as_ref().map(Watchdog::wakeup)).min();
        if signals.wait(wakeup.map(|at| at.saturating_duration_since(Instant::now()))) {
            ending = true;
            lines::tell_manager("STOPPING", "1");
            for session in &sessions {
                session.end();
            }
        }
    }
}

/// Waits until what the sessions have printed is passed on.
fn last_lines(sessions: &[Session]) {
    let until = Instant::now() + LAST_LINES;
    let relays = || sessions.iter().filter_map(|session| session.relay.as_ref());
    while relays().any(|relay| !relay.is_finished()) && Instant::now() < until {
        std::thread::sleep(Duration::from_millis(5));
    }
}

/// The command line of one session: that of all with its name alone.
fn words_for(name: &str, words: &[OsString]) -> Vec<OsString> {
    let mut own = Vec::new();
    let mut words = words.iter().skip(1);
    while let Some(word) = words.next() {
        let text = word.to_string_lossy();
        if text == "--pdn" {
            words.next();
        } else if !text.starts_with("--pdn=") {
            own.push(word.clone());
        }
    }
    own.extend([format!("--pdn={name}"), "--supervised".to_owned()].map(OsString::from));
    own
}

/// One session and its process.
struct Session {
    name: String,
    words: Vec<OsString>,
    state: State,
    backoff: Backoff,
    arrival: Arc<Arrival>,
    /// Passes on what the process prints.
    relay: Option<JoinHandle<()>>,
}

/// The sessions whose first outcome is open yet: when there are none, and any is up or may still be, the service manager hears of it.
/// It does not wait for one that is refused again and again, nor for a network that is not there when the machine boots.
#[derive(Debug)]
struct Arrivals {
    missing: AtomicUsize,
    any: AtomicBool,
}

/// Whether a session has been up, or has failed.
#[derive(Debug)]
struct Arrival {
    settled: AtomicBool,
    all: Arc<Arrivals>,
}

impl Arrival {
    fn note(&self, line: &[u8]) {
        let connected = line.starts_with(b"connected: ")
            || line.windows(CONNECTED.len()).any(|part| part == CONNECTED);
        if connected {
            self.settle(true);
        }
    }

    /// The first outcome is known; what follows is of no consequence. `lives`: it has been up, or will be tried again. Whether it was
    /// the last one, and not all are given up.
    fn settle(&self, lives: bool) -> bool {
        if lives {
            self.all.any.store(true, Ordering::Relaxed);
        }
        let last = !self.settled.swap(true, Ordering::Relaxed)
            && self.all.missing.fetch_sub(1, Ordering::Relaxed) == 1;
        let ready = last && self.all.any.load(Ordering::Relaxed);
        if ready {
            lines::tell_manager("READY", "1");
        }
        ready
    }
}

/// In a step's object.
const CONNECTED: &[u8] = b"\"event\":\"connected\"";

enum State {
    Runs {
        child: Child,
        since: Instant,
    },
    /// Until then.
    Rests(Instant),
    Over,
}

impl Session {
    fn new(name: String, words: &[OsString], arrivals: &Arc<Arrivals>, now: Instant) -> Self {
        Session {
            words: words_for(&name, words),
            name,
            state: State::Rests(now),
            backoff: Backoff::new(backoff::seed()),
            arrival: Arc::new(Arrival {
                settled: AtomicBool::new(false),
                all: Arc::clone(arrivals),
            }),
            relay: None,
        }
    }

    /// Starts the process, or sees whether it has ended; the error is that of an end for good.
    fn work(&mut self, ending: bool, now: Instant) -> Result<(), Error> {
        match &mut self.state {
            State::Over => Ok(()),
            State::Rests(_) if ending => {
                self.state = State::Over;
                Ok(())
            }
            State::Rests(until) if *until > now => Ok(()),
            State::Rests(_) => {
                match self.start() {
                    Ok(child) => self.state = State::Runs { child, since: now },
                    Err(error) => self.rest(&format!("cannot be started: {error}"), now),
                }
                Ok(())
            }
            State::Runs { child, since } => {
                let Ok(Some(status)) = child.try_wait() else {
                    return Ok(());
                };
                if now.duration_since(*since) >= STEADY {
                    self.backoff.reset();
                }
                self.ended(status, ending, now)
            }
        }
    }

    fn start(&mut self) -> std::io::Result<Child> {
        let mut child = program::itself()
            .args(&self.words)
            // The terminal's Ctrl-C is for the supervisor, which ends all of them.
            .process_group(0)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()?;
        if let Some(lines) = child.stdout.take() {
            let (name, arrival) = (self.name.clone(), Arc::clone(&self.arrival));
            self.relay = Some(std::thread::spawn(move || relay(&name, &arrival, lines)));
        }
        Ok(child)
    }

    fn ended(&mut self, status: ExitStatus, ending: bool, now: Instant) -> Result<(), Error> {
        // One that was not yet so far as to catch the signal that ends it has nothing to take back either.
        if status.success() || (ending && status.signal() == Some(Signal::TERM.as_raw())) {
            self.over();
            return Ok(());
        }
        let exit = status.code().and_then(|code| u8::try_from(code).ok());
        let exit = exit.and_then(Exit::from_code);
        let why = exit.map_or(status.to_string(), |exit| exit.meaning().to_owned());
        if ending || !exit.is_none_or(passes) {
            self.over();
            return Err(Error::new(
                exit.unwrap_or(Exit::Failure),
                format!("session {} has ended: {why}", self.name),
                "what it said stands above",
            ));
        }
        self.rest(&format!("has ended: {why}"), now);
        Ok(())
    }

    /// It is not started again.
    fn over(&mut self) {
        self.state = State::Over;
        self.arrival.settle(false);
    }

    /// Says why, and waits for the next start.
    fn rest(&mut self, why: &str, now: Instant) {
        let wait = self.backoff.next();
        let seconds = wait.as_secs_f64();
        lines::warn(format!(
            "session {} {why}; again in {seconds:.0} s",
            self.name
        ));
        self.state = State::Rests(now + wait);
        self.arrival.settle(true);
    }

    /// Has the process end the session.
    fn end(&self) {
        let State::Runs { child, .. } = &self.state else {
            return;
        };
        let process = i32::try_from(child.id()).ok().and_then(Pid::from_raw);
        if let Some(process) = process {
            let _ = kill_process(process, Signal::TERM);
        }
    }

    fn wakeup(&self) -> Option<Instant> {
        match self.state {
            State::Rests(until) => Some(until),
            _ => None,
        }
    }
}

/// Whether another attempt may end differently with nobody's doing anything. A SIM that refused its PIN is not asked again.
fn passes(exit: Exit) -> bool {
    !matches!(
        exit,
        Exit::Usage | Exit::SimLocked | Exit::Permission | Exit::AtError | Exit::Success
    )
}

/// Prints what a session prints, with its name: in front of a line, as the key `pdn` in an object of JSON.
fn relay(name: &str, arrival: &Arrival, lines: impl Read) {
    let mut lines = BufReader::new(lines);
    let mut line = Vec::new();
    while (&mut lines)
        .take(LINE_MAX)
        .read_until(b'\n', &mut line)
        .is_ok_and(|count| count > 0)
    {
        let mut out = std::io::stdout().lock();
        // A reader that has gone away does not end the session.
        let _ = out
            .write_all(&named(name, &line))
            .and_then(|()| out.flush());
        arrival.note(&line);
        line.clear();
    }
}

fn named(name: &str, line: &[u8]) -> Vec<u8> {
    let (head, rest) = match line.strip_prefix(b"{") {
        Some(rest) => (format!("{{\"pdn\":\"{name}\","), rest),
        None => (format!("{name} "), line),
    };
    [head.as_bytes(), rest].concat()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::net::UnixStream;

    #[test]
    fn a_session_keeps_the_command_line_but_for_the_names_of_the_others() {
        let words = [
            "mhictl",
            "connect",
            "--pdn",
            "a",
            "--config=x",
            "--pdn=b",
            "-v",
        ];
        let words = words.map(OsString::from);
        let own = ["connect", "--config=x", "-v", "--pdn=b", "--supervised"];
        assert_eq!(words_for("b", &words), own.map(OsString::from));
    }

    #[test]
    fn lines_bear_their_sessions_name() {
        assert_eq!(named("ims", b"dns: none\n"), b"ims dns: none\n");
        assert_eq!(named("ims", b"{\"a\":1}\n"), b"{\"pdn\":\"ims\",\"a\":1}\n");
    }

    fn sessions(count: usize) -> Vec<Session> {
        let arrivals = Arc::new(Arrivals {
            missing: AtomicUsize::new(count),
            any: AtomicBool::new(false),
        });
        let session = |_| Session::new("a".to_owned(), &[], &arrivals, Instant::now());
        (0..count).map(session).collect()
    }

    fn missing(session: &Session) -> usize {
        session.arrival.all.missing.load(Ordering::Relaxed)
    }

    #[test]
    fn a_session_arrives_once_however_often_it_comes_up() {
        let sessions = sessions(2);
        let [first, second] = [&sessions[0].arrival, &sessions[1].arrival];
        for line in [&b"modem: wwan0\n"[..], b"connected: a\n", b"connected: a\n"] {
            first.note(line);
        }
        assert_eq!(missing(&sessions[0]), 1);
        second.note(b"{\"device\":\"wwan0\",\"event\":\"connected\",\"text\":\"x\"}\n");
        assert_eq!(missing(&sessions[0]), 0);
    }

    #[test]
    fn one_that_is_given_up_keeps_no_other_from_being_ready() {
        let refused = ExitStatus::from_raw(i32::from(Exit::SimLocked.code()) << 8);
        let mut some = sessions(2);
        some[0].arrival.note(b"connected: a\n");
        let error = some[1].ended(refused, false, Instant::now()).unwrap_err();
        assert_eq!((error.exit, missing(&some[0])), (Exit::SimLocked, 0));
        // The last one makes the manager hear of it, unless there is nothing to be heard.
        for lives in [true, false] {
            let last = &sessions(1)[0].arrival;
            assert_eq!((last.settle(lives), last.settle(lives)), (lives, false));
        }
    }

    #[test]
    fn one_that_fails_at_first_is_not_waited_for() {
        let refused = ExitStatus::from_raw(i32::from(Exit::Refused.code()) << 8);
        let mut some = sessions(2);
        some[0].arrival.note(b"connected: a\n");
        some[1].ended(refused, false, Instant::now()).unwrap();
        assert_eq!(missing(&some[0]), 0);
        assert!(matches!(some[1].state, State::Rests(_)));
    }

    #[test]
    fn a_signal_ends_a_session_without_an_error_only_when_all_end() {
        let killed = ExitStatus::from_raw(Signal::TERM.as_raw());
        let now = Instant::now();
        for ending in [true, false] {
            let session = &mut sessions(1)[0];
            session.ended(killed, ending, now).unwrap();
            assert_eq!(matches!(session.state, State::Over), ending);
            assert_eq!(session.wakeup().is_some_and(|at| at > now), !ending);
        }
    }

    #[test]
    fn last_lines_are_waited_for_but_not_for_ever() {
        let mut sessions = sessions(2);
        let (first, writer) = UnixStream::pair().unwrap();
        let (second, _) = UnixStream::pair().unwrap();
        for (session, reader) in sessions.iter_mut().zip([first, second]) {
            let arrival = Arc::clone(&session.arrival);
            session.relay = Some(std::thread::spawn(move || relay("a", &arrival, reader)));
        }
        let start = Instant::now();
        last_lines(&sessions);
        assert!(start.elapsed() >= LAST_LINES);
        drop(writer);
        let start = Instant::now();
        last_lines(&sessions);
        assert!(start.elapsed() < LAST_LINES);
    }

    #[test]
    fn what_does_not_pass_by_itself_is_not_tried_again() {
        for exit in Exit::ALL {
            let lasting = [0, 2, 6, 12, 13].contains(&exit.code());
            assert_eq!(passes(exit), !lasting, "{exit:?}");
        }
    }
}
