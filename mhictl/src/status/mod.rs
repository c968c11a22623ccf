// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
//! `mhictl status`: asks every running `mhictl connect` of a modem over its control socket, and joins what they say with what
//! the kernel knows. What no session can say of the modem it asks the modem itself, with client ids of its own.

pub mod report;

use std::io::{Read, Write};
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::time::Duration;

use netlink_sys::protocols::NETLINK_ROUTE;
use serde::{Deserialize, Serialize};

use self::report::{Link, Report, Session};
use crate::cli::StatusArgs;
use crate::control;
use crate::exit::{Error, Exit};
use crate::modem::device::{self, read_trimmed, Modem, Roots};
use crate::modem::radio::Radio;
use crate::modem::talk::Talk;
use crate::network::address;
use crate::network::link;
use crate::network::netlink::Netlink;
use crate::show;

/// Largest answer that is taken from a control socket, in octets.
const ANSWER_MAX: u64 = 256 * 1024;

/// What a running `mhictl connect` answers.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Answer {
    /// WWAN device, as the session knew it last.
    pub device: Option<String>,
    /// What the modem says, if it was asked and could be.
    pub radio: Option<Radio>,
    /// The session.
    pub session: Session,
}

/// Prints the status.
pub fn run(args: &StatusArgs, roots: &Roots) -> Result<(), Error> {
    show::print(args.json, report(args, roots))
}

impl StatusArgs {
    /// How long the modem may take.
    pub fn patience(&self) -> Duration {
        patience(self.timeout)
    }
}

/// What an option means in seconds: not nothing, and not more than anybody waits for.
pub fn patience(seconds: u32) -> Duration {
    Duration::from_secs(seconds.clamp(1, 3600).into())
}

/// Everything there is to show.
pub fn report(args: &StatusArgs, roots: &Roots) -> Result<Report, Error> {
    let modem = device::find(roots, args.device.as_deref())?;
    let (radio, sessions) = gather(roots, &modem, args.patience())?;
    let links = modem
        .netdev
        .as_deref()
        .map(|base| links(roots, base))
        .unwrap_or_default();
    Ok(Report {
        modem,
        radio,
        sessions,
        links,
    })
}

/// What the modem says, by way of a running `connect` if there is one, and the sessions.
pub fn gather(
    roots: &Roots,
    modem: &Modem,
    patience: Duration,
) -> Result<(Radio, Vec<Session>), Error> {
    let (mut radio, mut sessions) = (None, Vec::new());
    for socket in control::sockets(roots, &modem.pci) {
        let request = if radio.is_none() {
            control::ALL
        } else {
            control::SESSION
        };
        if let Some(answer) = ask_running(&socket, request, patience)? {
            radio = radio.or(answer.radio);
            sessions.push(answer.session);
        }
    }
    let radio = match radio {
        Some(radio) => radio,
        None => match Talk::with(roots, modem, patience, Talk::radio) {
            // Sessions that wait for their modem are worth showing without it.
            Err(_) if !sessions.is_empty() => Radio::default(),
            asked => asked?,
        },
    };
    Ok((radio, sessions))
}

/// The mux links above a base interface.
fn links(roots: &Roots, base: &str) -> Vec<Link> {
    let class = roots.sys.join("class/net");
    let Ok(mut netlink) = Netlink::open(NETLINK_ROUTE) else {
        return Vec::new();
    };
    let Ok(Some(base)) = link::get(&mut netlink, base) else {
        return Vec::new();
    };
    let Ok(all) = link::list(&mut netlink) else {
        return Vec::new();
    };
    let mut found = Vec::new();
    for (name, link) in all {
        let Some(mux) = link.mux.filter(|_| link.base == Some(base.index)) else {
            continue;
        };
        let counter = |what: &str| {
            read_trimmed(&class.join(&name).join("statistics").join(what))
                .and_then(|text| text.parse().ok())
                .unwrap_or(0)
        };
        let addresses = address::list(&mut netlink, link.index).unwrap_or_default();
        found.push(Link {
            mux,
            up: link.up,
            mtu: link.mtu,
            addresses: addresses
                .iter()
                .map(|(address, prefix)| format!("{address}/{prefix}"))
                .collect(),
            rx_bytes: counter("rx_bytes"),
            rx_packets: counter("rx_packets"),
            tx_bytes: counter("tx_bytes"),
            tx_packets: counter("tx_packets"),
            name,
        });
    }
    found
}

/// The answer of a running `connect`; none if nobody listens there any more.
pub fn ask_running(
    socket: &Path,
    request: &str,
    patience: Duration,
) -> Result<Option<Answer>, Error> {
    let Ok(mut stream) = UnixStream::connect(socket) else {
        return Ok(None);
    };
    let mut answer = String::new();
    let asked = stream
        .set_read_timeout(Some(patience))
        .and_then(|()| stream.set_write_timeout(Some(patience)))
        .and_then(|()| stream.write_all(request.as_bytes()))
        .and_then(|()| stream.take(ANSWER_MAX).read_to_string(&mut answer));
    match asked {
        // It ended meanwhile.
        Ok(_) if answer.is_empty() => Ok(None),
        Ok(_) => serde_json::from_str(&answer).map(Some).map_err(|_| {
            Error::new(
                Exit::Failure,
                format!(
                    "{}: not an answer of this version of mhictl",
                    socket.display()
                ),
                "restart mhictl connect",
            )
        }),
        Err(_) => Err(Error::new(
            Exit::NoAnswer,
            "mhictl connect does not answer",
            "try a longer --timeout, or restart mhictl connect",
        )),
    }
}
