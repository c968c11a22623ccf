// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
//! `mhictl connect` before its sessions: one runs here, several each in a process of its own, which is started anew when it
//! fails for a reason that may pass. Their processes share the modem's port as any others do.

use std::ffi::OsString;
use std::io::{BufRead, BufReader, Read, Write};
use std::os::unix::net::UnixStream;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::Arc;
use std::time::{Duration, Instant};

use clap::CommandFactory;
use rustix::process::{kill_process, set_parent_process_death_signal, Pid, Signal};
use signal_hook::consts::{SIGCHLD, SIGHUP, SIGINT, SIGTERM};

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
use crate::session::backoff::{self, Backoff};

/// A session that ran this long starts the back-off anew.
const STEADY: Duration = Duration::from_secs(60);
/// Longest line of a session that is passed on in one piece, in octets.
const LINE_MAX: u64 = 4096;

/// Runs the sessions that the command line and the configuration file ask for.
pub fn run(args: ConnectArgs, roots: &Roots) -> Result<(), Error> {
    let words: Vec<OsString> = std::env::args_os().collect();
    let matches = Cli::command().try_get_matches_from(&words).ok();
    let matches = matches
        .as_ref()
        .and_then(|matches| matches.subcommand_matches("connect"));
    let Some(matches) = matches else {
        return connect::run(args, roots);
    };
    let hook = args.hook.clone();
    let mut sessions = match file::sessions(&words, args, matches, roots) {
        Ok(sessions) => sessions,
        Err(error) => {
            if let Some(hook) = hook {
                connect::last_words(Hook::new(&hook), &error);
            }
            return Err(error);
        }
    };
    if sessions.iter().any(|(_, args)| args.dry_run) {
        return plan::run(sessions, roots);
    }
    if sessions.len() > 1 {
        return supervise(check(sessions)?, &words);
    }
    let Some((_, args)) = sessions.pop() else {
        return Ok(());
    };
    if args.supervised {
        // Whatever becomes of the supervisor.
        let _ = set_parent_process_death_signal(Some(Signal::TERM));
    }
    connect::run(args, roots)
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

fn supervise(names: Vec<String>, words: &[OsString]) -> Result<(), Error> {
    let signals = Signals::watch()?;
    let now = Instant::now();
    let mut watchdog = Watchdog::from_environment(now);
    notify::clear_environment();
    let missing = Arc::new(AtomicUsize::new(names.len()));
    let mut sessions: Vec<Session> = names
        .into_iter()
        .map(|name| Session {
            words: words_for(&name, words),
            name,
            state: State::Rests(now),
            backoff: Backoff::new(backoff::seed()),
            arrival: Arc::new(Arrival {
                came_up: AtomicBool::new(false),
                missing: Arc::clone(&missing),
            }),
        })
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
}

/// Whether a session has ever been up, and how many have not: when none is missing, the service manager hears of it.
struct Arrival {
    came_up: AtomicBool,
    missing: Arc<AtomicUsize>,
}

impl Arrival {
    fn note(&self, line: &[u8]) {
        let connected = line.starts_with(b"connected: ")
            || line.windows(CONNECTED.len()).any(|part| part == CONNECTED);
        if connected
            && !self.came_up.swap(true, Ordering::Relaxed)
            && self.missing.fetch_sub(1, Ordering::Relaxed) == 1
        {
            lines::tell_manager("READY", "1");
        }
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
                let child = self.start().inspect_err(|_| self.state = State::Over)?;
                self.state = State::Runs { child, since: now };
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

    fn start(&self) -> Result<Child, Error> {
        let failed = |error| Error::system(format_args!("start session {}", self.name), &error);
        let mut child = Command::new(std::env::current_exe().map_err(failed)?)
            .args(&self.words)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()
            .map_err(failed)?;
        if let Some(lines) = child.stdout.take() {
            let (name, arrival) = (self.name.clone(), Arc::clone(&self.arrival));
            std::thread::spawn(move || relay(&name, &arrival, lines));
        }
        Ok(child)
    }

    fn ended(&mut self, status: ExitStatus, ending: bool, now: Instant) -> Result<(), Error> {
        if status.success() {
            self.state = State::Over;
            return Ok(());
        }
        let exit = status.code().and_then(|code| u8::try_from(code).ok());
        let exit = exit.and_then(Exit::from_code);
        let why = exit.map_or(status.to_string(), |exit| exit.meaning().to_owned());
        if ending || !exit.is_none_or(passes) {
            self.state = State::Over;
            return Err(Error::new(
                exit.unwrap_or(Exit::Failure),
                format!("session {} has ended: {why}", self.name),
                "what it said stands above",
            ));
        }
        let wait = self.backoff.next();
        eprintln!(
            "mhictl: warning: session {} has ended: {why}; again in {:.0} s",
            self.name,
            wait.as_secs_f64()
        );
        self.state = State::Rests(now + wait);
        Ok(())
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

/// Signals as something to wait for.
struct Signals {
    wakes: UnixStream,
    ends: Arc<AtomicBool>,
}

impl Signals {
    fn watch() -> Result<Self, Error> {
        let failed = |error| Error::system("watch signals", &error);
        let (wakes, writer) = UnixStream::pair().map_err(failed)?;
        let ends = Arc::new(AtomicBool::new(false));
        for signal in [SIGTERM, SIGINT, SIGHUP] {
            signal_hook::flag::register(signal, Arc::clone(&ends)).map_err(failed)?;
        }
        for signal in [SIGTERM, SIGINT, SIGHUP, SIGCHLD] {
            let writer = writer.try_clone().map_err(failed)?;
            signal_hook::low_level::pipe::register(signal, writer).map_err(failed)?;
        }
        Ok(Signals { wakes, ends })
    }

    /// Waits for any of them, for some time at most; whether it is to end.
    fn wait(&self, patience: Option<Duration>) -> bool {
        // No time at all would mean for ever.
        let patience = patience.map(|patience| patience.max(Duration::from_millis(1)));
        let mut wakes = &self.wakes;
        if wakes.set_read_timeout(patience).is_ok() {
            let _ = wakes.read(&mut [0; 16]);
        }
        self.ends.swap(false, Ordering::Relaxed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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

    #[test]
    fn a_session_arrives_once_however_often_it_comes_up() {
        let missing = Arc::new(AtomicUsize::new(2));
        let arrival = |missing: &Arc<AtomicUsize>| Arrival {
            came_up: AtomicBool::new(false),
            missing: Arc::clone(missing),
        };
        let (first, second) = (arrival(&missing), arrival(&missing));
        for line in [&b"modem: wwan0\n"[..], b"connected: a\n", b"connected: a\n"] {
            first.note(line);
        }
        assert_eq!(missing.load(Ordering::Relaxed), 1);
        second.note(b"{\"device\":\"wwan0\",\"event\":\"connected\",\"text\":\"x\"}\n");
        assert_eq!(missing.load(Ordering::Relaxed), 0);
    }

    #[test]
    fn what_does_not_pass_by_itself_is_not_tried_again() {
        for exit in Exit::ALL {
            let lasting = [0, 2, 6, 12, 13].contains(&exit.code());
            assert_eq!(passes(exit), !lasting, "{exit:?}");
        }
    }
}
