// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
//! The command line. Written by hand: the program goes into every guest image and has six short commands.

use std::net::{IpAddr, SocketAddr};
use std::str::FromStr;
use std::time::Duration;

pub const USAGE: &str = "usage:
  traffic tcp-get     ADDRESS PORT SEED BYTES            a TCP source (modem port 5001)
  traffic tcp-put     ADDRESS PORT SEED BYTES            a TCP sink (5002)
  traffic tcp-echo    ADDRESS PORT SEED BYTES            TCP echo (7)
  traffic udp-get     ADDRESS PORT SEED COUNT SIZE RATE  a UDP source (5003)
  traffic udp-put     ADDRESS PORT SEED COUNT SIZE RATE  a UDP sink (5004)
  traffic udp-echo    ADDRESS PORT SEED COUNT SIZE RATE  UDP echo (7)
  traffic udp-receive ADDRESS PORT SEED COUNT SIZE RATE  bind to ADDRESS PORT and count what comes
  traffic dns         ADDRESS PORT NAME                  ask for A and AAAA (53)
options:
  --bind-device IFACE   send and receive on this interface only
  --flows N             so many at once, with SEED, SEED+1, ... (default 1, at most 256)
  --timeout SECONDS     give up when nothing moves for so long (default 20)
  --segment N           udp-put: give the kernel N datagrams at once to cut up (UDP_SEGMENT; default 1)
  --loss PERCENT        UDP: so much may be missing (default 0); wrong content never may
SIZE counts the UDP payload, at least 16 and at most 65507; RATE is in datagrams a second, 0 for no limit.";

/// The resolved command line.
pub struct Options {
    pub action: Action,
    pub link: Link,
    pub flows: u32,
}

/// Where to and by which interface.
pub struct Link {
    pub peer: SocketAddr,
    pub device: Option<String>,
    pub timeout: Duration,
    /// Percent of datagrams that may be missing.
    pub loss: f64,
}

pub enum Action {
    TcpGet { seed: u64, bytes: u64 },
    TcpPut { seed: u64, bytes: u64 },
    TcpEcho { seed: u64, bytes: u64 },
    UdpGet(Stream),
    UdpPut(Stream),
    UdpEcho(Stream),
    UdpReceive(Stream),
    Dns { name: String },
}

/// A stream of datagrams.
#[derive(Clone, Copy)]
pub struct Stream {
    pub seed: u64,
    pub count: u64,
    pub size: usize,
    pub rate: u64,
    /// Datagrams given to the kernel at once.
    pub segment: usize,
}

impl Stream {
    /// The stream of one of several flows.
    pub fn flow(self, flow: u64) -> Self {
        Self {
            seed: self.seed + flow,
            ..self
        }
    }
}

pub fn parse(arguments: &[String]) -> Result<Options, String> {
    let mut words = Vec::new();
    let (mut device, mut flows, mut timeout, mut loss) = (None, 1, 20, 0.0);
    let mut segment = 1;
    let mut rest = arguments.iter();
    while let Some(argument) = rest.next() {
        let mut value = || rest.next().ok_or(format!("{argument} needs a value"));
        match argument.as_str() {
            "--bind-device" => device = Some(value()?.clone()),
            "--flows" => flows = number(value()?)?,
            "--timeout" => timeout = number(value()?)?,
            "--segment" => segment = number(value()?)?,
            "--loss" => loss = number(value()?)?,
            option if option.starts_with("--") => return Err(format!("unknown option {option}")),
            word => words.push(word),
        }
    }
    if !(1..=256).contains(&flows) {
        return Err(format!("--flows {flows}: 1 to 256"));
    }
    if !(1..=64).contains(&segment) {
        return Err(format!("--segment {segment}: 1 to 64"));
    }
    let [action, address, port, arguments @ ..] = &words[..] else {
        return Err("too few arguments".to_owned());
    };
    let peer = SocketAddr::new(number::<IpAddr>(address)?, number(port)?);
    let action = match (*action, arguments) {
        ("tcp-get", [seed, bytes]) => Action::TcpGet {
            seed: number(seed)?,
            bytes: number(bytes)?,
        },
        ("tcp-put", [seed, bytes]) => Action::TcpPut {
            seed: number(seed)?,
            bytes: number(bytes)?,
        },
        ("tcp-echo", [seed, bytes]) => Action::TcpEcho {
            seed: number(seed)?,
            bytes: number(bytes)?,
        },
        ("udp-get", stream) => Action::UdpGet(parse_stream(stream, segment)?),
        ("udp-put", stream) => Action::UdpPut(parse_stream(stream, segment)?),
        ("udp-echo", stream) => Action::UdpEcho(parse_stream(stream, segment)?),
        ("udp-receive", stream) => Action::UdpReceive(parse_stream(stream, segment)?),
        ("dns", [name]) => Action::Dns {
            name: (*name).to_owned(),
        },
        (action, _) => return Err(format!("unknown action or wrong arguments: {action}")),
    };
    let link = Link {
        peer,
        device,
        timeout: Duration::from_secs(timeout),
        loss,
    };
    Ok(Options {
        action,
        link,
        flows,
    })
}

fn parse_stream(words: &[&str], segment: usize) -> Result<Stream, String> {
    let [seed, count, size, rate] = words else {
        return Err("SEED COUNT SIZE RATE expected".to_owned());
    };
    let stream = Stream {
        seed: number(seed)?,
        count: number(count)?,
        size: number(size)?,
        rate: number(rate)?,
        segment,
    };
    if !(traffic::datagram::HEADER..=65_507).contains(&stream.size) {
        return Err(format!("SIZE {}: 16 to 65507", stream.size));
    }
    if segment > 1 && stream.size * segment > 65_507 {
        return Err(format!(
            "--segment {segment}: more than 65507 bytes at once"
        ));
    }
    Ok(stream)
}

fn number<T: FromStr>(word: &str) -> Result<T, String> {
    word.parse().map_err(|_| format!("cannot read {word:?}"))
}
