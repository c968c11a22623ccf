// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
//! UDP streams, and one DNS question.

use std::io::ErrorKind;
use std::net::{IpAddr, SocketAddr, UdpSocket};
use std::time::{Duration, Instant};

use nix::sys::socket::{setsockopt, sockopt::UdpGsoSegment};
use rustix::net::sockopt::set_socket_recv_buffer_size_force;
use socket2::{Domain, Protocol, Socket, Type};
use traffic::datagram::{Datagram, Received};

use crate::cli::{Link, Stream};
use crate::{uninterrupted, Outcome, Result};

/// How long to wait for stragglers once datagrams have come, and for each answer to a report.
const QUIET: Duration = Duration::from_secs(4);
const BUFFER: usize = 16 << 20;
const REQUESTS: usize = 5;

/// Asks a source for a stream and counts it.
pub fn get(link: &Link, stream: Stream) -> Result {
    let socket = connect(link)?;
    let Stream {
        seed,
        count,
        size,
        rate,
        ..
    } = stream;
    let line = format!("{seed} {count} {size} {rate}\n");
    // Only an unanswered request is repeated: each would start the stream.
    for _ in 0..REQUESTS {
        uninterrupted(|| socket.send(line.as_bytes()))
            .map_err(|error| format!("request: {error}"))?;
        let received = collect(&socket, stream, QUIET, QUIET)?;
        if received.good + received.bad > 0 {
            return judge(link, stream, &received);
        }
    }
    Err("no datagram came".to_owned())
}

/// Sends a stream and asks the sink what it got.
pub fn put(link: &Link, stream: Stream) -> Result {
    let socket = connect(link)?;
    send(&socket, stream, || Ok(()))?;
    socket
        .set_read_timeout(Some(QUIET))
        .map_err(|error| error.to_string())?;
    let line = format!("report {}\n", stream.seed);
    let mut answer = [0; 200];
    for _ in 0..REQUESTS {
        // Behind a full queue the last datagrams are still under way.
        std::thread::sleep(Duration::from_millis(200));
        uninterrupted(|| socket.send(line.as_bytes()))
            .map_err(|error| format!("report: {error}"))?;
        let Ok(length) = uninterrupted(|| socket.recv(&mut answer)) else {
            continue;
        };
        let text = String::from_utf8_lossy(&answer[..length]);
        let words: Vec<_> = text.split_whitespace().collect();
        if let ["received", good, "bad", bad, "duplicate", duplicate] = words[..] {
            let number = |word: &str| word.parse().map_err(|_| format!("report {text:?}"));
            let mut received = Received::default();
            (received.good, received.bad) = (number(good)?, number(bad)?);
            received.duplicate = number(duplicate)?;
            return judge(link, stream, &received);
        }
        return Err(format!("report {text:?}"));
    }
    Err("no answer to the report".to_owned())
}

/// Sends a stream and counts what comes back.
pub fn echo(link: &Link, stream: Stream) -> Result {
    let socket = connect(link)?;
    let mut received = Received::default();
    let mut buffer = vec![0; 65_536];
    socket
        .set_nonblocking(true)
        .map_err(|error| error.to_string())?;
    send(&socket, stream, || {
        while let Ok(length) = uninterrupted(|| socket.recv(&mut buffer)) {
            received.count(stream.seed, stream.count, &buffer[..length]);
        }
        Ok(())
    })?;
    socket
        .set_nonblocking(false)
        .map_err(|error| error.to_string())?;
    socket
        .set_read_timeout(Some(QUIET))
        .map_err(|error| error.to_string())?;
    while received.good < stream.count {
        let Ok(length) = uninterrupted(|| socket.recv(&mut buffer)) else {
            break;
        };
        received.count(stream.seed, stream.count, &buffer[..length]);
    }
    judge(link, stream, &received)
}

/// Counts a stream that comes by itself.
pub fn receive(link: &Link, stream: Stream) -> Result {
    let socket = open(link, link.peer)?;
    let received = collect(&socket, stream, link.timeout, QUIET)?;
    judge(link, stream, &received)
}

/// Asks for the addresses of a name.
pub fn dns(link: &Link, name: &str) -> Result {
    let socket = connect(link)?;
    socket
        .set_read_timeout(Some(QUIET))
        .map_err(|error| error.to_string())?;
    let mut addresses = Vec::new();
    let mut bytes = 0;
    for (kind, id) in [(1u16, 0x1234u16), (28, 0x1235)] {
        // RFC 1035 section 4.1: id, recursion desired, one question.
        let mut question = id.to_be_bytes().to_vec();
        question.extend([1, 0, 0, 1, 0, 0, 0, 0, 0, 0]);
        for label in name.split('.') {
            question.push(u8::try_from(label.len()).map_err(|_| "a label is too long")?);
            question.extend(label.as_bytes());
        }
        question.push(0);
        question.extend(kind.to_be_bytes());
        question.extend([0, 1]);
        let mut answer = [0; 512];
        let mut length = Err("no answer".to_owned());
        for _ in 0..REQUESTS {
            uninterrupted(|| socket.send(&question)).map_err(|error| error.to_string())?;
            if let Ok(got) = uninterrupted(|| socket.recv(&mut answer)) {
                length = Ok(got);
                break;
            }
        }
        let answer = &answer[..length?];
        bytes += answer.len() as u64;
        // The answer repeats the question and ends in the address of one record.
        let record = answer.get(question.len()..).unwrap_or_default();
        let same = answer.get(..2) == question.get(..2)
            && answer.get(12..question.len()) == question.get(12..);
        addresses.push(match (same, kind, record.get(12..)) {
            (true, 1, Some(address)) => <[u8; 4]>::try_from(address).map(IpAddr::from),
            (true, _, Some(address)) => <[u8; 16]>::try_from(address).map(IpAddr::from),
            _ => return Err(format!("answer {answer:02x?}")),
        });
    }
    let addresses: std::result::Result<Vec<_>, _> = addresses.into_iter().collect();
    let addresses = addresses.map_err(|_| "an address of another length".to_owned())?;
    let note = addresses
        .iter()
        .map(IpAddr::to_string)
        .collect::<Vec<_>>()
        .join(" ");
    Ok(Outcome { bytes, note })
}

fn connect(link: &Link) -> std::result::Result<UdpSocket, String> {
    let local: SocketAddr = if link.peer.is_ipv4() {
        ([0, 0, 0, 0], 0).into()
    } else {
        ([0u16; 8], 0).into()
    };
    let socket = open(link, local)?;
    socket
        .connect(link.peer)
        .map_err(|error| format!("connect to {}: {error}", link.peer))?;
    Ok(socket)
}

fn open(link: &Link, local: SocketAddr) -> std::result::Result<UdpSocket, String> {
    let open = || {
        let socket = Socket::new(Domain::for_address(local), Type::DGRAM, Some(Protocol::UDP))?;
        if let Some(device) = &link.device {
            socket.bind_device(Some(device.as_bytes()))?;
        }
        // An emulated guest is stopped at times and then gets everything at once. Root may exceed
        // net.core.rmem_max, others get as much as it allows.
        if set_socket_recv_buffer_size_force(&socket, BUFFER).is_err() {
            socket.set_recv_buffer_size(BUFFER)?;
        }
        socket.bind(&local.into())?;
        Ok(UdpSocket::from(socket))
    };
    open().map_err(|error: std::io::Error| format!("open {local}: {error}"))
}

/// Sends all datagrams at the stream's rate and calls `between` after each.
fn send(
    socket: &UdpSocket,
    stream: Stream,
    mut between: impl FnMut() -> std::result::Result<(), String>,
) -> std::result::Result<(), String> {
    let mut buffer = vec![0; stream.size * stream.segment];
    if stream.segment > 1 {
        let size = i32::try_from(stream.size).map_err(|error| error.to_string())?;
        setsockopt(socket, UdpGsoSegment, &size).map_err(|error| format!("segment: {error}"))?;
    }
    let start = Instant::now();
    for number in (0..stream.count).step_by(stream.segment) {
        if stream.rate > 0 {
            let due = start + Duration::from_secs_f64(number as f64 / stream.rate as f64);
            if let Some(early) = due.checked_duration_since(Instant::now()) {
                std::thread::sleep(early);
            }
        }
        let mut length = 0;
        for (number, datagram) in (number..stream.count).zip(buffer.chunks_mut(stream.size)) {
            Datagram {
                seed: stream.seed,
                number,
            }
            .write(datagram);
            length += stream.size;
        }
        loop {
            match uninterrupted(|| socket.send(&buffer[..length])) {
                Ok(_) => break,
                // A full queue: ENOBUFS, or EAGAIN on a socket that does not block.
                Err(error)
                    if error.kind() == ErrorKind::WouldBlock
                        || error.raw_os_error() == Some(105) =>
                {
                    std::thread::sleep(Duration::from_millis(1));
                }
                Err(error) => return Err(format!("send of datagram {number}: {error}")),
            }
            between()?;
        }
        between()?;
    }
    Ok(())
}

/// Receives until all is there or nothing comes for a while.
fn collect(
    socket: &UdpSocket,
    stream: Stream,
    first: Duration,
    later: Duration,
) -> std::result::Result<Received, String> {
    let mut received = Received::default();
    let mut buffer = vec![0; 65_536];
    let mut wait = first;
    while received.good < stream.count {
        socket
            .set_read_timeout(Some(wait))
            .map_err(|error| error.to_string())?;
        match uninterrupted(|| socket.recv(&mut buffer)) {
            Ok(length) => received.count(stream.seed, stream.count, &buffer[..length]),
            Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => {
                break
            }
            Err(error) => return Err(format!("receive: {error}")),
        }
        wait = later;
    }
    Ok(received)
}

fn judge(link: &Link, stream: Stream, received: &Received) -> Result {
    let Received {
        good,
        bad,
        duplicate,
        ..
    } = *received;
    let note = format!(
        "received {good} of {} bad {bad} duplicate {duplicate}",
        stream.count
    );
    let allowed = stream.count as f64 * link.loss / 100.0;
    if bad > 0 || duplicate > 0 || stream.count.saturating_sub(good) as f64 > allowed {
        return Err(note);
    }
    Ok(Outcome {
        bytes: good * stream.size as u64,
        note,
    })
}
