// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
//! UDP services: echo, discard, DNS, source and sink (crate `traffic` has their ports and requests).

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use smoltcp::iface::{SocketHandle, SocketSet};
use smoltcp::socket::udp::{PacketBuffer, PacketMetadata, Socket, UdpMetadata};
use traffic::datagram::{Datagram, Received, HEADER};

use super::{dns, std_address};

const BUFFER: usize = 512 * 1024;
const DATAGRAMS: usize = 1024;
/// Streams and peers that are kept at the same time.
const STREAMS: usize = 64;
/// Datagrams of a counted stream: their marks take an eighth of the number in bytes.
const NUMBERS: u64 = 1 << 22;
/// Largest payload that the session's MTU of 1500 carries whole in IPv6 as in IPv4.
const SIZE: usize = 1452;

/// A paced stream that is later than this goes on at its rate instead of making up for it in a burst.
const LATE: Duration = Duration::from_millis(20);

/// The sockets of one session.
pub(super) struct Services {
    echo: SocketHandle,
    discard: SocketHandle,
    dns: SocketHandle,
    source: SocketHandle,
    sink: SocketHandle,
    streams: Vec<Stream>,
    peers: BTreeMap<Peer, Counted>,
}

/// A stream to the host.
struct Stream {
    peer: UdpMetadata,
    seed: u64,
    number: u64,
    count: u64,
    size: usize,
    /// Datagrams a second; 0: as many as go.
    rate: u64,
    start: Instant,
}

type Peer = (std::net::IpAddr, u16);

/// A stream from the host.
#[derive(Default)]
struct Counted {
    seed: u64,
    received: Received,
}

impl Services {
    pub(super) fn new(sockets: &mut SocketSet<'static>) -> Self {
        let mut open = |port: u16| {
            let buffer =
                || PacketBuffer::new(vec![PacketMetadata::EMPTY; DATAGRAMS], vec![0; BUFFER]);
            let mut socket = Socket::new(buffer(), buffer());
            socket
                .bind(port)
                .expect("a new socket binds to any port but 0");
            sockets.add(socket)
        };
        Self {
            echo: open(traffic::ECHO),
            discard: open(traffic::DISCARD),
            dns: open(traffic::DNS),
            source: open(traffic::UDP_SOURCE),
            sink: open(traffic::UDP_SINK),
            streams: Vec::new(),
            peers: BTreeMap::new(),
        }
    }

    /// Lets every socket work; true if any did something.
    pub(super) fn run(&mut self, sockets: &mut SocketSet<'static>, now: Instant) -> bool {
        let mut busy = respond(sockets.get_mut(self.echo), |data, _| Some(data.to_vec()));
        busy |= respond(sockets.get_mut(self.discard), |_, _| None);
        busy |= respond(sockets.get_mut(self.dns), |data, _| dns::answer(data));
        let streams = &mut self.streams;
        busy |= respond(sockets.get_mut(self.source), |data, peer| {
            if let Some(stream) =
                Stream::requested(data, peer, now).filter(|_| streams.len() < STREAMS)
            {
                streams.push(stream);
            }
            None
        });
        let peers = &mut self.peers;
        busy |= respond(sockets.get_mut(self.sink), |data, peer| {
            count(peers, data, peer)
        });

        let socket = sockets.get_mut(self.source);
        self.streams.retain_mut(|stream| {
            busy |= stream.send(socket, now);
            stream.number < stream.count
        });
        busy
    }

    /// When the next paced datagram is due.
    pub(super) fn deadline(&self) -> Option<Instant> {
        self.streams
            .iter()
            .filter(|stream| stream.rate > 0)
            .map(Stream::due)
            .min()
    }
}

impl Stream {
    /// Reads `SEED COUNT SIZE RATE`.
    fn requested(request: &[u8], peer: UdpMetadata, now: Instant) -> Option<Self> {
        let numbers: Option<Vec<u64>> = std::str::from_utf8(request)
            .ok()?
            .split_whitespace()
            .map(|word| word.parse().ok())
            .collect();
        let [seed, count, size, rate] = numbers?[..] else {
            return None;
        };
        let size = usize::try_from(size)
            .ok()
            .filter(|size| (HEADER..=SIZE).contains(size))?;
        Some(Self {
            peer,
            seed,
            number: 0,
            count,
            size,
            rate,
            start: now,
        })
    }

    fn due(&self) -> Instant {
        self.start + Duration::from_secs_f64(self.number as f64 / self.rate.max(1) as f64)
    }

    /// Sends what is due and finds room.
    fn send(&mut self, socket: &mut Socket<'_>, now: Instant) -> bool {
        let late = now.saturating_duration_since(self.due());
        if self.rate > 0 && late > LATE {
            self.start += late - LATE;
        }
        let first = self.number;
        while self.number < self.count && (self.rate == 0 || self.due() <= now) {
            let Ok(out) = socket.send(self.size, self.peer) else {
                break;
            };
            Datagram {
                seed: self.seed,
                number: self.number,
            }
            .write(out);
            self.number += 1;
        }
        self.number > first
    }
}

/// Takes every datagram and sends what `answer` makes of it back to where it came from.
fn respond(
    socket: &mut Socket<'_>,
    mut answer: impl FnMut(&[u8], UdpMetadata) -> Option<Vec<u8>>,
) -> bool {
    let mut busy = false;
    // A socket without room keeps its requests, and drops new ones when that is full too.
    while socket.can_recv() && socket.can_send() {
        let Ok((data, peer)) = socket.recv() else {
            break;
        };
        busy = true;
        if let Some(answer) = answer(data, peer) {
            // Fails for unroutable peers and ones without port, which get nothing.
            let _ = socket.send_slice(&answer, peer);
        }
    }
    busy
}

fn count(peers: &mut BTreeMap<Peer, Counted>, data: &[u8], from: UdpMetadata) -> Option<Vec<u8>> {
    let peer = (std_address(from.endpoint.addr), from.endpoint.port);
    if let Some(seed) = data.strip_prefix(b"report ") {
        let seed = std::str::from_utf8(seed)
            .ok()?
            .trim_end()
            .parse::<u64>()
            .ok()?;
        let none = Received::default();
        let counted = peers.get(&peer).filter(|counted| counted.seed == seed);
        let Received {
            good,
            bad,
            duplicate,
            ..
        } = counted.map_or(&none, |counted| &counted.received);
        return Some(format!("received {good} bad {bad} duplicate {duplicate}\n").into_bytes());
    }
    if peers.len() >= STREAMS && !peers.contains_key(&peer) {
        // Any one: a stream is seldom asked about after so many others.
        peers.pop_first();
    }
    let counted = peers.entry(peer).or_default();
    if let Some(datagram) = Datagram::parse(data).filter(|datagram| datagram.seed != counted.seed) {
        *counted = Counted {
            seed: datagram.seed,
            received: Received::default(),
        };
    }
    counted.received.count(counted.seed, NUMBERS, data);
    None
}
