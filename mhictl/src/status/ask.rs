// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
//! A conversation with the modem for `status` alone: by way of the proxy, with client ids of its own, which are given back.

use std::time::{Duration, Instant};

use qmi::{ctl, service};
use rustix::event::{poll, PollFd, PollFlags, Timespec};

use crate::exit::{Error, Exit};
use crate::modem::client::{Client, Event, Received, Token};
use crate::modem::device::{self, Kind, Modem, Roots};
use crate::modem::port::{Port, Stuck};
use crate::modem::radio::{self, Radio};
use crate::proxy::door::Door;

/// Asks the modem itself.
///
/// # Errors
///
/// The port is busy or gone, or the modem silent.
pub fn modem(roots: &Roots, modem: &Modem, deadline: Instant) -> Result<Radio, Error> {
    let node = &device::need_port(modem, Kind::Qmi)?.node;
    let (port, _) = Door::default().wait(roots, node, &modem.wwan)?;
    let mut talk = Talk {
        port,
        client: Client::default(),
        deadline,
    };
    talk.attach(&node.display().to_string())?;
    let mut ids = Vec::new();
    let asked = talk.radio(&mut ids);
    // Whatever happened, ids go back: a modem has few of them. A modem that is silent gets no second chance to be slow.
    talk.deadline = talk
        .deadline
        .max(Instant::now() + Duration::from_millis(500));
    for (service, id) in ids {
        let request = ctl::ReleaseClient {
            client: ctl::Client { service, id },
        };
        let token = talk
            .client
            .request(0, &request, Duration::from_millis(500), Instant::now());
        if !matches!(talk.reply(token), Ok(Some(_))) {
            break;
        }
    }
    asked
}

/// A conversation with the modem that waits for each answer.
struct Talk {
    port: Port,
    client: Client,
    deadline: Instant,
}

impl Talk {
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
        if message.verdict() == Ok(Ok(())) {
            return Ok(());
        }
        let why = message.body::<ctl::ProxyOpened<'_>>().unwrap_or_default();
        let what = why.what.map_or_else(
            || format!("the QMI proxy does not open {node}"),
            |what| what.to_string(),
        );
        Err(Error::new(
            why.exit.and_then(Exit::from_code).unwrap_or(Exit::NoDevice),
            what,
            why.next.map_or(String::new(), |next| next.to_string()),
        ))
    }

    fn radio(&mut self, ids: &mut Vec<(u8, u8)>) -> Result<Radio, Error> {
        let mut radio = Radio::default();
        for service in [service::DMS, service::UIM, service::NAS] {
            let token = self.client.request(
                0,
                &ctl::AllocateClient { service },
                self.left(),
                Instant::now(),
            );
            let Some(reply) = self.reply(token)? else {
                return Err(silent());
            };
            let client = reply
                .message()
                .and_then(|message| message.body::<ctl::Allocated>().map(|body| body.client));
            if let Ok(client) = client {
                if client.service == service && client.id != 0 {
                    ids.push((service, client.id));
                }
            }
        }
        let id_of = |wanted| {
            ids.iter()
                .find(|(service, _)| *service == wanted)
                .map(|(_, id)| *id)
        };
        let patience = self.left();
        for (token, query) in radio::ask(&mut self.client, &radio, id_of, patience, Instant::now())
        {
            if let Some(reply) = self.reply(token)? {
                let _ = reply.message().map(|message| radio.absorb(query, &message));
            }
        }
        Ok(radio)
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

fn silent() -> Error {
    Error::new(
        Exit::NoAnswer,
        "no answer from the modem",
        "see dmesg; mhictl at AT shows whether it answers there",
    )
}
