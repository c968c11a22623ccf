// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
//! `mhictl connect`: the event loop around a session. It owns port, interface, control socket and signals;
//! what to do with them is the session's to say.

use std::fs::File;
use std::io::Read;
use std::os::unix::net::UnixListener;
use std::time::{Duration, Instant};

use calloop::generic::Generic;
use calloop::{EventLoop, Interest, LoopHandle, Mode, PostAction, RegistrationToken};

use crate::cli::ConnectArgs;
use crate::config::{Config, SECRETS};
use crate::control::{Ask, Control};
use crate::exit::{Error, Exit};
use crate::fcc;
use crate::hook::{self, Facts, Hook};
use crate::lines::{self, say, Subject};
use crate::modem::device::{self, Kind, Modem, Roots};
use crate::modem::holder::Lock;
use crate::modem::manager;
use crate::modem::port::{Port, Stuck};
use crate::modem::uevents::Uevents;
use crate::network::interface::Interface;
use crate::notify::{self, Watchdog};
use crate::program::{self, Program};
use crate::proxy::door::Door;
use crate::session::{backoff, Claim, News, Output, Session};
use crate::signals::Signals;
use crate::status::{report, Answer};

/// How soon a full queue is tried again.
const FULL_RETRY: Duration = Duration::from_millis(20);

/// How long the hook may take for what it has not heard when everything else is done: what it is at, and one event more.
const LAST_WORDS: Duration = Duration::from_secs(60);

/// Connects and stays until a signal or a failure.
pub fn run(args: ConnectArgs, signals: &Signals, roots: &Roots) -> Result<(), Error> {
    if args.json {
        lines::use_json();
    }
    let watchdog = Watchdog::from_environment(Instant::now());
    notify::clear_environment();
    let hook = args.hook.as_deref().map(Hook::new);
    let config = resolve(args);
    // What mhictl starts has no business with them.
    for name in SECRETS {
        std::env::remove_var(name);
    }
    match config {
        Ok(config) => watch(config, hook, watchdog, signals, roots),
        Err(error) => {
            if let Some(hook) = hook {
                last_words(hook, &error, signals);
            }
            Err(error)
        }
    }
}

/// The options with what the environment adds to them, checked.
pub fn resolve(mut args: ConnectArgs) -> Result<Config, Error> {
    let origin = std::mem::take(&mut args.origin);
    args.complete(|name| std::env::var_os(name))
        .and_then(|()| Config::try_from(args))
        .map_err(|error| origin.blame(error))
}

fn watch(
    config: Config,
    hook: Option<Hook>,
    mut watchdog: Option<Watchdog>,
    signals: &Signals,
    roots: &Roots,
) -> Result<(), Error> {
    let mut event_loop = EventLoop::try_new().map_err(loop_error)?;
    let handle = event_loop.handle();
    watch_signals(&handle, signals)?;
    watch_ports(&handle);
    let mut connect = Connect {
        roots,
        signals,
        handle,
        session: Session::new(config.clone(), backoff::seed(), Instant::now()),
        config,
        hook,
        modem: None,
        port: None,
        stuck: false,
        door: Door::default(),
        lock: None,
        unlock: None,
        turn: None,
        claim: None,
        control: None,
        interface: None,
        finishing: None,
        result: None,
    };
    loop {
        connect.work();
        connect.finish();
        if let Some(result) = connect.result.take() {
            return result;
        }
        let now = Instant::now();
        // Only here: a turn that does not come to its end keeps nobody quiet.
        if watchdog.as_mut().is_some_and(|watchdog| watchdog.due(now)) {
            lines::tell_manager("WATCHDOG", "1");
        }
        let timeout = connect
            .wakeup(now)
            .into_iter()
            .chain(watchdog.as_ref().map(Watchdog::wakeup))
            .min()
            .map(|wakeup| wakeup.saturating_duration_since(now));
        event_loop
            .dispatch(timeout, &mut connect)
            .map_err(loop_error)?;
        let now = Instant::now();
        if let Some(hook) = &mut connect.hook {
            hook.work(now);
        }
        connect.door.reap();
        connect.unlocked(now);
        if let Some(control) = &mut connect.control {
            control.read(now);
            let (session, all) = (control.waits(Ask::Session), control.waits(Ask::All));
            if session {
                connect.answer_status(Ask::Session);
            }
            if all {
                connect.session.ask_status(now);
            }
        }
        connect.session.tick(now);
    }
}

/// Quits as often as a signal says so. The loop looks after hook and proxy each time it wakes up, as it does when one of them ends.
fn watch_signals<'r>(
    handle: &LoopHandle<'static, Connect<'r>>,
    signals: &Signals,
) -> Result<(), Error> {
    for stream in signals.watched()? {
        let source = Generic::new(stream, Interest::READ, Mode::Level);
        let inserted = handle.insert_source(source, |_, _, connect: &mut Connect<'r>| {
            for _ in 0..connect.signals.take() {
                connect.quit();
            }
            Ok(PostAction::Continue)
        });
        inserted.map_err(|error| loop_error(error.error))?;
    }
    Ok(())
}

/// Looks for the port whenever one appears. Without uevents it is looked for all the same, every few moments.
fn watch_ports<'r>(handle: &LoopHandle<'static, Connect<'r>>) {
    let Ok(uevents) = Uevents::listen() else {
        return;
    };
    let source = Generic::new(uevents, Interest::READ, Mode::Level);
    let _ = handle.insert_source(source, |_, uevents, connect: &mut Connect<'r>| {
        if uevents.read() {
            connect.session.look(Instant::now());
        }
        Ok(PostAction::Continue)
    });
}

/// Tells the hook of an error before the session, and waits for it unless a signal asks for an end.
pub fn last_words(mut hook: Hook, error: &Error, signals: &Signals) {
    let facts = Facts {
        exit: Some(error.exit),
        reason: Some(error.what.clone()),
        ..Facts::default()
    };
    hook.tell(hook::Event::Failed, facts, Instant::now());
    while !hook.idle() {
        let wakeup = hook.wakeup();
        if signals.wait(wakeup.map(|at| at.saturating_duration_since(Instant::now()))) {
            return;
        }
        hook.work(Instant::now());
    }
}

struct Connect<'r> {
    roots: &'r Roots,
    signals: &'r Signals,
    handle: LoopHandle<'static, Connect<'r>>,
    config: Config,
    session: Session,
    hook: Option<Hook>,
    modem: Option<Modem>,
    port: Option<(Port, RegistrationToken)>,
    /// Whether the driver's queue was full at the last write.
    stuck: bool,
    door: Door,
    /// The mux id is this process's.
    lock: Option<Lock>,
    /// The program that unlocks the radio.
    unlock: Option<Program>,
    /// The SIM is this process's to give a PIN to.
    turn: Option<Lock>,
    /// The data format is this process's to agree on.
    claim: Option<Lock>,
    control: Option<Control>,
    interface: Option<Interface>,
    /// The end, while the hook has not heard of it, and until when it may take.
    finishing: Option<(Result<(), Error>, Instant)>,
    result: Option<Result<(), Error>>,
}

impl Connect<'_> {
    /// Does what the session orders, and writes what it sends.
    fn work(&mut self) {
        loop {
            self.write();
            let Some(output) = self.session.output() else {
                return;
            };
            match output {
                Output::Open => self.open(),
                Output::Close => self.close(),
                Output::UnlockRadio => self.unlock(),
                Output::TakeTurn => {
                    let result = self.take_turn();
                    self.session.turn_taken(result, Instant::now());
                }
                Output::LeaveTurn => self.turn = None,
                Output::Claim => {
                    let result = self.claim();
                    self.session.claimed(result, Instant::now());
                }
                Output::MakeLink(format) => {
                    let result = self
                        .interface()
                        .and_then(|interface| interface.make_link(format));
                    // From here on the link itself tells others that there is a format.
                    self.claim = None;
                    self.session.link_made(result, Instant::now());
                }
                Output::Configure(granted) => {
                    let result = self
                        .interface()
                        .and_then(|interface| interface.configure(&granted));
                    self.session.configured(result, Instant::now());
                }
                Output::CheckLink => {
                    let interface = self.interface.as_mut();
                    let result = interface.map_or(Ok(false), Interface::check);
                    if let (Err(_), Some(modem)) = (&result, &self.modem) {
                        if let Ok(Some(text)) = manager::check(self.roots, modem, program::NAME) {
                            lines::warn(text);
                        }
                    }
                    self.session.link_checked(result, Instant::now());
                }
                Output::Withdraw => {
                    (self.claim, self.turn, self.unlock) = (None, None, None);
                    if let Some(interface) = &mut self.interface {
                        interface.withdraw();
                    }
                }
                Output::Line(word, text) => {
                    lines::about(self.subject());
                    say(word, &text);
                }
                Output::Tell(event, news) => self.tell(event, news),
                Output::Log(text) => {
                    if self.config.verbose {
                        lines::explain(&text);
                    }
                }
                Output::StatusReady => self.answer_status(Ask::All),
                Output::Finish(result) => {
                    lines::tell_manager("STOPPING", "1");
                    if let Some(hook) = &mut self.hook {
                        hook.hurry();
                    }
                    self.finishing = Some((result, Instant::now() + LAST_WORDS));
                    return;
                }
            }
        }
    }

    /// Takes the link down and ends, once the hook has heard of it.
    fn finish(&mut self) {
        let Some((_, until)) = &self.finishing else {
            return;
        };
        if self.hook.as_ref().is_some_and(|hook| !hook.idle()) && Instant::now() < *until {
            return;
        }
        let Some((result, _)) = self.finishing.take() else {
            return;
        };
        self.hook = None;
        self.interface = None;
        self.close();
        self.control = None;
        if self.modem.is_some() {
            say(
                "stopped",
                if result.is_ok() {
                    "on request"
                } else {
                    "with an error"
                },
            );
        }
        self.result = Some(result);
    }

    /// The user wants an end; while the hook is waited for, at once.
    fn quit(&mut self) {
        if self.finishing.is_some() {
            self.hook = None;
        }
        lines::tell_manager("STOPPING", "1");
        self.session.quit(Instant::now());
    }

    fn wakeup(&self, now: Instant) -> Option<Instant> {
        let stuck = self.stuck.then(|| now + FULL_RETRY);
        let control = self
            .control
            .as_ref()
            .and_then(|control| control.wakeup(now));
        let hook = self.hook.as_ref().and_then(Hook::wakeup);
        let unlock = self.unlock.as_ref().and_then(Program::wakeup);
        let end = self.finishing.as_ref().map(|(_, until)| *until);
        [self.session.wakeup(), stuck, control, hook, unlock, end]
            .into_iter()
            .flatten()
            .min()
    }

    fn subject(&self) -> Subject {
        let (modem, interface) = (self.modem.as_ref(), self.interface.as_ref());
        let (networks, _) = self.session.networks();
        Subject {
            device: modem.map(|modem| modem.wwan.clone()),
            pci: modem.map(|modem| modem.pci.clone()),
            link: interface.map(|interface| interface.name().to_owned()),
            mux: Some(self.config.mux),
            mtu: interface.and_then(Interface::link_mtu),
            granted: networks
                .iter()
                .filter_map(|network| network.addressing.clone())
                .collect(),
        }
    }

    fn tell(&mut self, event: hook::Event, news: News) {
        let Some(hook) = &mut self.hook else { return };
        let (modem, interface) = (self.modem.as_ref(), self.interface.as_ref());
        let facts = Facts {
            device: modem.map(|modem| modem.wwan.clone()),
            pci: modem.map(|modem| modem.pci.clone()),
            base: interface.map(|interface| interface.base().to_owned()),
            link: interface.map(|interface| interface.name().to_owned()),
            mux: self.config.mux,
            mtu: interface.and_then(Interface::link_mtu),
            granted: news.granted,
            exit: news.exit,
            reason: news.reason,
        };
        hook.tell(event, facts, Instant::now());
    }

    fn write(&mut self) {
        self.stuck = false;
        if let Some((port, _)) = &mut self.port {
            // The end of the port shows when it is read.
            self.stuck = port.flush() == Err(Stuck::Full);
        }
        while let (Some((port, _)), Some(frame)) = (&mut self.port, self.session.outgoing()) {
            match port.write(frame) {
                Ok(()) => self.session.sent(),
                Err(Stuck::Full) => {
                    self.stuck = true;
                    return;
                }
                Err(Stuck::Gone) => {
                    self.close();
                    self.session.lost(Instant::now());
                }
            }
        }
    }

    fn read(&mut self) {
        let Some((port, _)) = &mut self.port else {
            return;
        };
        let session = &mut self.session;
        if port
            .read(|octets| session.receive(octets, Instant::now()))
            .is_err()
        {
            self.close();
            self.session.lost(Instant::now());
        }
    }

    fn open(&mut self) {
        match self.try_open() {
            Ok(()) => {}
            Err(error) => {
                let there = || {
                    device::booting(self.roots)
                        || device::find(self.roots, self.config.device.as_deref())
                            .is_ok_and(|modem| !modem.speaks_mbim())
                };
                let later = error.exit == Exit::NoDevice && there();
                self.session.not_open(error, later, Instant::now());
            }
        }
    }

    /// Finds the modem and the way to its port.
    fn try_open(&mut self) -> Result<(), Error> {
        // After a crash the modem is the same PCI function, whatever its ports are called then.
        let wanted = self
            .modem
            .as_ref()
            .map(|modem| modem.pci.clone())
            .or_else(|| self.config.device.clone());
        let modem = device::find(self.roots, wanted.as_deref())?;
        let node = &device::need_port(&modem, Kind::Qmi)?.node;
        if self.lock.is_none() {
            let (mux, pci) = (self.config.mux, &modem.pci);
            let what = format!("mux id {mux} of {}", modem.wwan);
            self.lock = Some(Lock::take(self.roots, &format!("{pci}-{mux}"), &what)?);
        }
        let opened = self
            .door
            .open(self.roots, node, &modem.wwan, self.config.verbose)?;
        let Some((port, proxy)) = opened else {
            self.wait_for_proxy();
            return Err(Error::new(
                Exit::NoDevice,
                "the QMI proxy is still starting",
                "see what it says: mhictl proxy",
            ));
        };
        if self.modem.is_none() {
            if let Some(text) = manager::check(self.roots, &modem, &proxy.name)? {
                lines::warn(text);
            }
        }
        let proxy =
            (proxy.name != program::NAME).then(|| format!("{} (pid {})", proxy.name, proxy.pid));
        let path = node.display().to_string();
        let watched: Generic<File> = Generic::new(
            port.watched()
                .map_err(|error| Error::system("watch the port", &error))?,
            Interest::READ,
            Mode::Level,
        );
        let inserted = self
            .handle
            .insert_source(watched, |_, _, connect: &mut Connect<'_>| {
                connect.read();
                Ok(PostAction::Continue)
            });
        let token = inserted.map_err(|error| loop_error(error.error))?;
        self.port = Some((port, token));
        if self.control.is_none() {
            self.listen(&modem.pci)?;
        }
        let line = self.modem.is_none().then(|| {
            let netdev = self
                .config
                .netdev
                .as_deref()
                .or(modem.netdev.as_deref())
                .unwrap_or("none");
            format!(
                "{} {} port {} netdev {netdev}",
                modem.wwan,
                modem.pci,
                node.display()
            )
        });
        self.modem = Some(modem);
        if let Some(line) = line {
            lines::about(self.subject());
            say("modem", &line);
        }
        self.session.opened(path, proxy, Instant::now());
        Ok(())
    }

    /// Goes through the proxy as soon as it listens.
    fn wait_for_proxy(&mut self) {
        let Some(output) = self.door.starting() else {
            return;
        };
        let source = Generic::new(output, Interest::READ, Mode::Level);
        let _ = self
            .handle
            .insert_source(source, |_, output, connect: &mut Connect<'_>| {
                // One that ends without a word is tried again later.
                let mut output: &File = output;
                if output.read(&mut [0; 64]).is_ok_and(|count| count > 0) {
                    connect.session.look(Instant::now());
                }
                Ok(PostAction::Remove)
            });
    }

    /// Runs the program that unlocks the radio; [`Connect::unlocked`] looks after it.
    fn unlock(&mut self) {
        let Some(modem) = &self.modem else { return };
        match fcc::start(self.roots, modem, Instant::now()) {
            Ok(program) => self.unlock = Some(program),
            Err(error) => self.session.radio_unlocked(Err(error), Instant::now()),
        }
    }

    fn unlocked(&mut self, now: Instant) {
        let Some(end) = self.unlock.as_mut().and_then(|program| program.ended(now)) else {
            return;
        };
        self.unlock = None;
        let result = end.map_err(|why| {
            Error::new(
                Exit::Modem,
                format!("the radio is locked, and its program ended with: {why}"),
                "what it says stands above",
            )
        });
        self.session.radio_unlocked(result, now);
    }

    /// Makes the SIM this process's, if no other one is at it.
    fn take_turn(&mut self) -> Result<bool, Error> {
        let Some(modem) = &self.modem else {
            return Ok(false);
        };
        match Lock::take(self.roots, &format!("{}-sim", modem.pci), "the SIM") {
            Ok(lock) => self.turn = Some(lock),
            Err(error) if error.exit == Exit::PortBusy => return Ok(false),
            Err(error) => return Err(error),
        }
        Ok(true)
    }

    /// Makes the data format this process's to agree on, and finds out whether others use it already.
    fn claim(&mut self) -> Result<Claim, Error> {
        let Some(modem) = &self.modem else {
            return Ok(Claim::Busy);
        };
        let name = format!("{}-format", modem.pci);
        match Lock::take(self.roots, &name, "the data format") {
            Ok(lock) => self.claim = Some(lock),
            Err(error) if error.exit == Exit::PortBusy => return Ok(Claim::Busy),
            Err(error) => return Err(error),
        }
        let neighbours = self.interface()?.has_neighbours()?;
        Ok(if neighbours {
            Claim::Shared
        } else {
            Claim::Alone
        })
    }

    fn listen(&mut self, pci: &str) -> Result<(), Error> {
        let control = Control::listen(self.roots, pci, self.config.mux)?;
        let watched: Generic<UnixListener> = Generic::new(
            control
                .watched()
                .map_err(|error| Error::system("watch the control socket", &error))?,
            Interest::READ,
            Mode::Level,
        );
        let inserted = self
            .handle
            .insert_source(watched, |_, _, connect: &mut Connect<'_>| {
                if let Some(control) = &mut connect.control {
                    control.accept(Instant::now());
                }
                Ok(PostAction::Continue)
            });
        inserted.map_err(|error| loop_error(error.error))?;
        self.control = Some(control);
        Ok(())
    }

    fn close(&mut self) {
        if let Some((_, token)) = self.port.take() {
            self.handle.remove(token);
        }
    }

    fn interface(&mut self) -> Result<&mut Interface, Error> {
        let Some(modem) = &self.modem else {
            return Err(Error::new(Exit::NoDevice, "no modem", ""));
        };
        let base = device::need_base(modem, self.config.netdev.as_deref())?;
        // A modem whose function was bound anew may have another one, and another modem the one that it had.
        if self
            .interface
            .as_ref()
            .is_none_or(|before| before.base() != base)
        {
            self.interface = None;
            self.interface = Some(Interface::new(self.roots, &base, &self.config)?);
        }
        self.interface
            .as_mut()
            .ok_or_else(|| Error::new(Exit::Network, "no interface", ""))
    }

    fn answer_status(&mut self, ask: Ask) {
        let (networks, up_since) = self.session.networks();
        let interface = self.interface.as_ref();
        let format = self.session.format();
        let session = report::Session {
            link: interface.map_or(String::new(), |interface| interface.name().to_owned()),
            mux: self.config.mux,
            pid: std::process::id(),
            state: self.session.state().name().to_owned(),
            apn: self.config.apn.clone(),
            profile: self.config.profile,
            granted: networks
                .iter()
                .filter_map(|network| network.addressing.clone())
                .collect(),
            mtu: interface.and_then(Interface::link_mtu),
            qmap: format.map(|format| format.version.name().to_owned()),
            up_seconds: up_since.map(|since| since.elapsed().as_secs()),
            reconnects: self.session.reconnects(),
            last_error: self.session.last_error().map(str::to_owned),
        };
        let asked = ask == Ask::All && self.session.has_modem();
        let radio = asked.then(|| self.session.radio.clone());
        let device = self.modem.as_ref().map(|modem| modem.wwan.clone());
        let answer = serde_json::to_string(&Answer {
            device,
            radio,
            session,
        });
        if let (Some(control), Ok(text)) = (&mut self.control, answer) {
            control.answer(ask, &text);
        }
    }
}

fn loop_error(error: impl std::fmt::Display) -> Error {
    Error::new(Exit::Failure, format!("event loop: {error}"), "")
}
