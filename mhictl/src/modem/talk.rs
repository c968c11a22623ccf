// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
//! A conversation with the modem that one command has for itself: by way of the proxy, with client ids of its own, which
//! are given back.

use std::time::{Duration, Instant};

use qmi::{ctl, service, Body, Request};
use rustix::event::{poll, PollFd, PollFlags, Timespec};

use crate::exit::{Error, Exit};
use crate::modem::client::{Client, Event, Received, Token};
use crate::modem::device::{self, Kind, Modem, Roots};
use crate::modem::port::{Port, Stuck};
use crate::modem::radio::{self, Radio};
use crate::proxy::door::{not_opened, Door};

/// A conversation with the modem that waits for each answer.
pub struct Talk {
    port: Port,
    client: Client,
    deadline: Instant,
    /// Services with their client ids.
    ids: Vec<(u8, u8)>,
}

impl Talk {
    /// Talks about what `about` does, and gives the client ids back, whatever came of it.
    ///
    /// # Errors
    ///
    /// The port is busy or gone, the modem silent, or `about` fails.
    pub fn with<T>(
        roots: &Roots,
        modem: &Modem,
        patience: Duration,
        about: impl FnOnce(&mut Talk) -> Result<T, Error>,
    ) -> Result<T, Error> {
        let node = &device::need_port(modem, Kind::Qmi)?.node;
        let deadline = Instant::now() + patience;
        let (port, _) = Door::default().wait(roots, node, &modem.wwan)?;
        let mut talk = Talk {
            port,
            client: Client::default(),
            deadline,
            ids: Vec::new(),
        };
        talk.attach(&node.display().to_string())?;
        let result = about(&mut talk);
        talk.release();
        result
    }

    /// What the modem says to all questions of `status`.
    ///
    /// # Errors
    ///
    /// The port is gone, or the modem silent.
    pub fn radio(&mut self) -> Result<Radio, Error> {
        for service in [service::DMS, service::UIM, service::NAS] {
            self.id(service)?;
        }
        let mut radio = Radio::default();
        let (ids, patience) = (self.ids.clone(), self.left());
        let id_of = |wanted| ids.iter().find(|row| row.0 == wanted).map(|row| row.1);
        let asked = radio::ask(&mut self.client, &radio, id_of, patience, Instant::now());
        for (token, query) in asked {
            if let Some(reply) = self.reply(token)? {
                let _ = reply.message().map(|message| radio.absorb(query, &message));
            }
        }
        Ok(radio)
    }

    /// Asks for one thing. What the reply has is read with [`body`].
    ///
    /// # Errors
    ///
    /// The port is gone, the modem silent or without this service.
    pub fn ask<'r, R: Request + Body<'r>>(&mut self, request: &R) -> Result<Received, Error> {
        let Some(id) = self.id(R::SERVICE)? else {
            let name = service::name(R::SERVICE).unwrap_or("?");
            return Err(Error::new(
                Exit::Modem,
                format!("the modem has no QMI service {name} for us"),
                "",
            ));
        };
        let patience = self.left();
        let token = self.client.request(id, request, patience, Instant::now());
        self.reply(token)?.ok_or_else(silent)
    }

    /// The client id for a service, asked for once; none if the modem has none for us.
    fn id(&mut self, service: u8) -> Result<Option<u8>, Error> {
        if let Some(row) = self.ids.iter().find(|row| row.0 == service) {
            return Ok(Some(row.1));
        }
        let request = ctl::AllocateClient { service };
        let patience = self.left();
        let token = self.client.request(0, &request, patience, Instant::now());
        let reply = self.reply(token)?.ok_or_else(silent)?;
        let client = reply
            .message()
            .and_then(|message| message.body::<ctl::Allocated>().map(|body| body.client));
        let id = client
            .ok()
            .filter(|client| client.service == service && client.id != 0)
            .map(|client| client.id);
        self.ids.extend(id.map(|id| (service, id)));
        Ok(id)
    }

    /// Gives the client ids back: a modem has few of them. One that is silent gets no second chance to be slow.
    fn release(&mut self) {
        let patience = Duration::from_millis(500);
        self.deadline = self.deadline.max(Instant::now() + patience);
        for (service, id) in std::mem::take(&mut self.ids) {
            let client = ctl::Client { service, id };
            let request = ctl::ReleaseClient { client };
            let token = self.client.request(0, &request, patience, Instant::now());
            if !matches!(self.reply(token), Ok(Some(_))) {
                break;
            }
        }
    }

    /// Has the proxy open the port.
    fn attach(&mut self, node: &str) -> Result<(), Error> {
        let request = ctl::ProxyOpen {
            path: node.into(),
            release: Some(true),
        };
        let token = self
            .client
            .request(0, &request, self.left(), Instant::now());
        let reply = self.reply(token)?.ok_or_else(silent)?;
        let Ok(message) = reply.message() else {
            return Err(silent());
        };
        match message.verdict() {
            Ok(Ok(())) => Ok(()),
            Ok(Err(code)) => Err(not_opened(node, code, &message)),
            Err(_) => Err(silent()),
        }
    }

    fn left(&self) -> Duration {
        self.deadline.saturating_duration_since(Instant::now())
    }

    /// The reply to `token`, or none for silence. Replies to later questions are kept for them.
    fn reply(&mut self, token: Token) -> Result<Option<Received>, Error> {
        let mut others = Vec::new();
        let result = loop {
            match self.client.event() {
                Some(Event::Reply(of, received)) if of == token => break Ok(Some(received)),
                Some(Event::Silent(of)) if of == token => break Ok(None),
                Some(Event::Indication(_)) => {}
                Some(other) => others.push(other),
                None => {
                    if let Err(error) = self.pump() {
                        break Err(error);
                    }
                }
            }
        };
        self.client.put_back(others);
        result
    }

    /// Moves octets until something happens.
    fn pump(&mut self) -> Result<(), Error> {
        let gone = || {
            Error::new(
                Exit::NoAnswer,
                "the port is gone: the modem restarts or was removed",
                "see dmesg, and try again when it is back",
            )
        };
        let mut full = self.port.flush() == Err(Stuck::Full);
        while let Some(frame) = self.client.outgoing().map(<[u8]>::to_vec) {
            match self.port.write(&frame) {
                Ok(()) => self.client.sent(),
                Err(Stuck::Full) => {
                    full = true;
                    break;
                }
                Err(Stuck::Gone) => return Err(gone()),
            }
        }
        let until = self.client.deadline().unwrap_or(self.deadline);
        let timeout = Timespec::try_from(until.saturating_duration_since(Instant::now())).ok();
        let wanted = if full {
            PollFlags::IN | PollFlags::OUT
        } else {
            PollFlags::IN
        };
        match poll(&mut [PollFd::new(&self.port, wanted)], timeout.as_ref()) {
            Ok(_) | Err(rustix::io::Errno::INTR) => {}
            Err(error) => return Err(Error::system("poll", &error.into())),
        }
        let now = Instant::now();
        let client = &mut self.client;
        self.port
            .read(|octets| client.receive(octets, now))
            .map_err(|_| gone())?;
        self.client.tick(now);
        Ok(())
    }
}

/// What a reply has, or how the modem refuses `what`.
///
/// # Errors
///
/// A refusal, or a reply that is none.
pub fn body<'r, B: Body<'r>>(reply: &'r Received, what: &str) -> Result<B, Error> {
    let refused = |why: String| {
        Error::new(
            Exit::Modem,
            format!("the modem refused {what}: {why}"),
            "mhictl status shows SIM and registration",
        )
    };
    let message = reply
        .message()
        .map_err(|error| refused(error.to_string()))?;
    match message.verdict() {
        Ok(Ok(())) => message.body().map_err(|error| refused(error.to_string())),
        Ok(Err(code)) => Err(refused(code.to_string())),
        Err(error) => Err(refused(error.to_string())),
    }
}

fn silent() -> Error {
    Error::new(
        Exit::NoAnswer,
        "no answer from the modem",
        "see dmesg; mhictl at AT shows whether it answers there",
    )
}
