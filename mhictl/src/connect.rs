// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
//! `mhictl connect`: the event loop around a session. It owns port, interface, control socket and signals;
//! what to do with them is the session's to say.

use std::fs::File;
use std::io::Write;
use std::os::unix::net::UnixListener;
use std::time::{Duration, Instant};

use calloop::generic::Generic;
use calloop::signals::{Signal, Signals};
use calloop::{EventLoop, Interest, LoopHandle, Mode, PostAction, RegistrationToken};

use crate::config::Config;
use crate::control::Control;
use crate::exit::{Error, Exit};
use crate::modem::device::{self, Kind, Modem, Roots};
use crate::modem::holder::Lock;
use crate::modem::port::{Port, Stuck};
use crate::network::interface::Interface;
use crate::session::{Output, Session};
use crate::status::{SessionStatus, Status};

/// How soon a full queue of the driver is tried again.
const FULL_RETRY: Duration = Duration::from_millis(20);

/// Connects and stays until a signal or a failure.
pub fn run(config: Config, roots: &Roots) -> Result<(), Error> {
    let mut event_loop = EventLoop::try_new().map_err(loop_error)?;
    let handle = event_loop.handle();
    let mut wanted = vec![Signal::SIGTERM, Signal::SIGINT];
    // A terminal that is gone is an end like the others, unless nohup said otherwise.
    if !ignores_hangup(roots) {
        wanted.push(Signal::SIGHUP);
    }
    let signals = Signals::new(&wanted).map_err(loop_error)?;
    handle
        .insert_source(signals, |_, (), connect: &mut Connect<'_>| {
            connect.session.quit(Instant::now())
        })
        .map_err(|error| loop_error(error.error))?;
    let mut connect = Connect {
        roots,
        handle,
        session: Session::new(config.clone(), Instant::now()),
        config,
        modem: None,
        port: None,
        stuck: false,
        lock: None,
        control: None,
        interface: None,
        result: None,
    };
    loop {
        connect.work();
        if let Some(result) = connect.result.take() {
            return result;
        }
        let now = Instant::now();
        let stuck = connect.stuck.then(|| now + FULL_RETRY);
        let control = connect
            .control
            .as_ref()
            .and_then(|control| control.wakeup(now));
        let wakeup = [connect.session.wakeup(), stuck, control]
            .into_iter()
            .flatten()
            .min();
        let timeout = wakeup.map(|wakeup| wakeup.saturating_duration_since(now));
        event_loop
            .dispatch(timeout, &mut connect)
            .map_err(loop_error)?;
        let now = Instant::now();
        if connect
            .control
            .as_mut()
            .is_some_and(|control| control.read(now))
        {
            connect.session.ask_status(now);
        }
        connect.session.tick(now);
    }
}

struct Connect<'r> {
    roots: &'r Roots,
    handle: LoopHandle<'static, Connect<'r>>,
    config: Config,
    session: Session,
    modem: Option<Modem>,
    port: Option<(Port, RegistrationToken)>,
    /// Whether the driver's queue was full at the last write.
    stuck: bool,
    lock: Option<Lock>,
    control: Option<Control>,
    interface: Option<Interface>,
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
                Output::MakeLink(format) => {
                    let result = self
                        .interface()
                        .and_then(|interface| interface.make_link(format));
                    self.session.link_made(result, Instant::now());
                }
                Output::Configure(granted) => {
                    let result = self
                        .interface()
                        .and_then(|interface| interface.configure(&granted));
                    self.session.configured(result, Instant::now());
                }
                Output::Withdraw => {
                    if let Some(interface) = &mut self.interface {
                        interface.withdraw();
                    }
                }
                Output::Line(word, text) => say(word, &text),
                Output::Log(text) => {
                    if self.config.verbose {
                        eprintln!("mhictl: {text}");
                    }
                }
                Output::StatusReady => self.answer_status(),
                Output::Finish(result) => {
                    if let Some(interface) = &mut self.interface {
                        interface.remove();
                    }
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
                    return;
                }
            }
        }
    }

    fn write(&mut self) {
        self.stuck = false;
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
            Ok(line) => {
                if let Some(line) = line {
                    say("modem", &line);
                }
                self.session.opened(Instant::now());
            }
            Err(error) => {
                let there = || {
                    device::booting(self.roots)
                        || device::find(self.roots, self.config.device.as_deref()).is_ok()
                };
                let later = error.exit == Exit::NoDevice && there();
                self.session.not_open(error, later, Instant::now());
            }
        }
    }

    /// Finds the modem and opens its port; returns the `modem` line the first time.
    fn try_open(&mut self) -> Result<Option<String>, Error> {
        // After a crash the modem is the same PCI function, whatever its ports are called then.
        let wanted = self
            .modem
            .as_ref()
            .map(|modem| modem.pci.clone())
            .or_else(|| self.config.device.clone());
        let modem = device::find(self.roots, wanted.as_deref())?;
        let node = &device::need_port(&modem, Kind::Qmi)?.node;
        if self.lock.is_none() {
            self.lock = Some(Lock::take(self.roots, &modem.wwan)?);
        }
        let port = Port::open(self.roots, node, &modem.wwan, self.config.verbose)?;
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
            self.listen(&modem.wwan)?;
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
        Ok(line)
    }

    fn listen(&mut self, wwan: &str) -> Result<(), Error> {
        let control = Control::listen(self.roots, wwan)?;
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
        if self.interface.is_none() {
            let found = self.modem.as_ref().and_then(|modem| modem.netdev.clone());
            let base = self.config.netdev.clone().or(found).ok_or_else(|| {
                Error::new(
                    Exit::Network,
                    "the modem has no network interface",
                    "load the data path (modprobe rmnet_mhi), or choose with --netdev",
                )
            })?;
            self.interface = Some(Interface::new(self.roots, &base, &self.config)?);
        }
        self.interface
            .as_mut()
            .ok_or_else(|| Error::new(Exit::Network, "no interface", ""))
    }

    fn answer_status(&mut self) {
        let Some(modem) = &self.modem else { return };
        let (networks, up_since) = self.session.networks();
        let session = SessionStatus {
            state: format!("{:?}", self.session.state()).to_lowercase(),
            link: self
                .interface
                .as_ref()
                .map(|interface| interface.name().to_owned())
                .unwrap_or_default(),
            qmap: self.session.format().map(|format| format.version.name()),
            up_seconds: up_since.map(|since| since.elapsed().as_secs()),
            granted: networks
                .iter()
                .filter_map(|network| network.addressing.clone())
                .collect(),
        };
        let status = Status::collect(self.roots, modem, self.session.radio.clone(), Some(session));
        if let Some(control) = &mut self.control {
            control.answer(|ask| status.render(ask == crate::control::Ask::Json));
        }
    }
}

/// Whether this process was started with SIGHUP ignored: bit 0 of the mask in /proc/self/status.
fn ignores_hangup(roots: &Roots) -> bool {
    let status = std::fs::read_to_string(roots.proc.join("self/status")).unwrap_or_default();
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok())
        .is_some_and(|mask| mask & 1 != 0)
}

/// Prints a line of the protocol at once, also into a pipe; a reader that has gone away does not end the session.
fn say(word: &str, text: &str) {
    let mut out = std::io::stdout().lock();
    let _ = writeln!(out, "{word}: {text}").and_then(|()| out.flush());
}

fn loop_error(error: impl std::fmt::Display) -> Error {
    Error::new(Exit::Failure, format!("event loop: {error}"), "")
}
