// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
//! TCP services: echo, discard, source and sink (crate `traffic` has their ports and request lines). smoltcp's
//! sockets hold one connection each, so one is made for every SYN.

use qmap::ip::{Transport, TCP};
use smoltcp::iface::{SocketHandle, SocketSet};
use smoltcp::socket::tcp::{CongestionControl, Socket, SocketBuffer, State};
use smoltcp::time::Duration;
use traffic::pattern;

const CONNECTIONS: usize = 256;
const BUFFER: usize = 512 * 1024;
/// Longest request line: two numbers of 20 digits, a space and the line's end.
const LINE: usize = 42;
/// A connection whose host is gone is forgotten after so long.
const TIMEOUT: Duration = Duration::from_secs(30);
/// A host whose word that it can take more was lost is asked for it after so long.
const KEEP_ALIVE: Duration = Duration::from_secs(3);

/// The connections of one session.
#[derive(Default)]
pub(super) struct Services {
    connections: Vec<Connection>,
}

struct Connection {
    handle: SocketHandle,
    service: Service,
}

enum Service {
    Echo,
    Discard,
    Request {
        sink: bool,
        line: Vec<u8>,
    },
    Source {
        seed: u64,
        sent: u64,
        total: u64,
    },
    Sink {
        seed: u64,
        got: u64,
        total: u64,
    },
    /// Says a last word, then closes.
    Closing(Vec<u8>),
}

impl Services {
    /// Makes a listening socket for a packet that opens a connection to a service.
    pub(super) fn prepare(&mut self, packet: &[u8], sockets: &mut SocketSet<'static>) {
        let Some(port) = opened_port(packet) else {
            return;
        };
        let service = match port {
            traffic::ECHO => Service::Echo,
            traffic::DISCARD => Service::Discard,
            traffic::TCP_SOURCE => Service::Request {
                sink: false,
                line: Vec::new(),
            },
            traffic::TCP_SINK => Service::Request {
                sink: true,
                line: Vec::new(),
            },
            _ => return,
        };
        self.forget(sockets, |state| {
            matches!(state, State::Closed | State::Listen)
        });
        if self.connections.len() >= CONNECTIONS {
            self.forget(sockets, |state| state == State::TimeWait);
        }
        if self.connections.len() >= CONNECTIONS {
            return;
        }
        let buffer = || SocketBuffer::new(vec![0; BUFFER]);
        let mut socket = Socket::new(buffer(), buffer());
        socket.set_congestion_control(CongestionControl::Reno);
        socket.set_timeout(Some(TIMEOUT));
        // smoltcp does not probe a window of zero before 0.13, whose rustc Debian 13 has not.
        socket.set_keep_alive(Some(KEEP_ALIVE));
        socket.set_nagle_enabled(false);
        // Fails for port 0 and open sockets only.
        if socket.listen(port).is_ok() {
            let handle = sockets.add(socket);
            self.connections.push(Connection { handle, service });
        }
    }

    /// Lets every connection work; true if any did something.
    pub(super) fn run(&mut self, sockets: &mut SocketSet<'static>) -> bool {
        self.forget(sockets, |state| state == State::Closed);
        let mut busy = false;
        for connection in &mut self.connections {
            busy |= connection.service.run(sockets.get_mut(connection.handle));
        }
        busy
    }

    fn forget(&mut self, sockets: &mut SocketSet<'static>, which: impl Fn(State) -> bool) {
        self.connections.retain(|connection| {
            let gone = which(sockets.get::<Socket<'_>>(connection.handle).state());
            if gone {
                sockets.remove(connection.handle);
            }
            !gone
        });
    }
}

impl Service {
    /// One round; true if anything moved.
    fn run(&mut self, socket: &mut Socket<'_>) -> bool {
        if !socket.is_active() {
            return false;
        }
        match self {
            Self::Echo => echo(socket),
            Self::Discard => {
                let moved = discard(socket);
                close_if_finished(socket) || moved
            }
            Self::Request { sink, line } => {
                let Some(request) = read_line(socket, line) else {
                    return close_if_finished(socket);
                };
                *self = match (request, *sink) {
                    (Some((seed, total)), false) => Self::Source {
                        seed,
                        sent: 0,
                        total,
                    },
                    (Some((seed, total)), true) => Self::Sink {
                        seed,
                        got: 0,
                        total,
                    },
                    (None, _) => Self::Closing(b"bad request\n".to_vec()),
                };
                true
            }
            Self::Source { seed, sent, total } => {
                let moved = source(socket, *seed, sent, *total);
                discard(socket);
                if sent == total {
                    *self = Self::Closing(Vec::new());
                    return true;
                }
                moved
            }
            Self::Sink { seed, got, total } => {
                let (moved, verdict) = sink(socket, *seed, got, *total);
                if let Some(verdict) = verdict {
                    *self = Self::Closing(verdict.into_bytes());
                    return true;
                }
                moved
            }
            Self::Closing(word) => {
                let moved = discard(socket);
                let said = socket.send_slice(word).unwrap_or(word.len());
                word.drain(..said);
                if word.is_empty() && socket.may_send() {
                    socket.close();
                    return true;
                }
                moved
            }
        }
    }
}

fn echo(socket: &mut Socket<'_>) -> bool {
    let room = socket.send_capacity() - socket.send_queue();
    if room == 0 || !socket.can_recv() {
        return close_if_finished(socket);
    }
    let taken = socket.recv(|data| {
        let length = data.len().min(room);
        (length, data[..length].to_vec())
    });
    match taken {
        Ok(data) => socket.send_slice(&data).is_ok_and(|sent| sent > 0),
        Err(_) => false,
    }
}

fn discard(socket: &mut Socket<'_>) -> bool {
    socket.can_recv()
        && socket
            .recv(|data| (data.len(), !data.is_empty()))
            .unwrap_or(false)
}

/// Closes our side once the host has closed its own.
fn close_if_finished(socket: &mut Socket<'_>) -> bool {
    let finished = socket.state() == State::CloseWait && !socket.can_recv();
    if finished {
        socket.close();
    }
    finished
}

fn source(socket: &mut Socket<'_>, seed: u64, sent: &mut u64, total: u64) -> bool {
    if !socket.can_send() {
        // The host closed or reset: nobody wants the rest.
        if !socket.may_send() {
            *sent = total;
        }
        return false;
    }
    let moved = socket.send(|space| {
        let left = usize::try_from(total - *sent).unwrap_or(usize::MAX);
        let length = space.len().min(left);
        pattern::fill(seed, *sent, &mut space[..length]);
        (length, length)
    });
    let moved = moved.unwrap_or(0);
    *sent += moved as u64;
    moved > 0
}

fn sink(socket: &mut Socket<'_>, seed: u64, got: &mut u64, total: u64) -> (bool, Option<String>) {
    let mut wrong = None;
    let taken = socket.recv(|data| {
        let left = usize::try_from(total - *got).unwrap_or(usize::MAX);
        let length = data.len().min(left);
        wrong = pattern::verify(seed, *got, &data[..length]).err();
        (length, length)
    });
    let taken = taken.unwrap_or(0);
    *got += taken as u64;
    let verdict = match wrong {
        Some(offset) => Some(format!("bad {offset}\n")),
        None if *got == total => Some(format!("ok {got}\n")),
        None if !socket.may_recv() && !socket.can_recv() => Some(format!("short {got}\n")),
        None => None,
    };
    (taken > 0, verdict)
}

/// Reads the request line bit by bit. `Some(None)`: it is wrong.
#[expect(clippy::option_option, reason = "not yet, wrong, right")]
fn read_line(socket: &mut Socket<'_>, line: &mut Vec<u8>) -> Option<Option<(u64, u64)>> {
    let whole = socket.recv(|data| {
        let end = data.iter().position(|&byte| byte == b'\n');
        let taken = end.map_or(data.len(), |end| end + 1).min(LINE);
        line.extend(&data[..taken]);
        (taken, line.ends_with(b"\n") || line.len() >= LINE)
    });
    if !whole.unwrap_or(false) {
        return None;
    }
    let text = std::str::from_utf8(line).ok();
    let words: Vec<&str> = text.unwrap_or_default().split_whitespace().collect();
    Some(match words[..] {
        [seed, total] => seed.parse().ok().zip(total.parse().ok()),
        _ => None,
    })
}

/// The destination port of a TCP segment with SYN and without ACK.
fn opened_port(packet: &[u8]) -> Option<u16> {
    let transport = Transport::parse(packet)
        .ok()
        .filter(|transport| transport.protocol == TCP)?;
    let flags = transport.segment.get(13)?;
    let &[_, _, p0, p1] = transport.segment.first_chunk()?;
    (flags & 0x12 == 0x02).then_some(u16::from_be_bytes([p0, p1]))
}

#[cfg(test)]
mod tests {
    use std::time::{Duration as StdDuration, Instant};

    use smoltcp::phy::ChecksumCapabilities;
    use smoltcp::wire::{
        IpProtocol, Ipv4Packet, Ipv4Repr, TcpControl, TcpPacket, TcpRepr, TcpSeqNumber,
    };

    use crate::internet::{Addresses, Internet};
    use crate::session::Ipv4;

    const HOST: [u8; 4] = [10, 64, 0, 2];
    const SERVER: [u8; 4] = [192, 0, 2, 1];

    /// One packet of a host's, by hand.
    fn packet(
        control: TcpControl,
        seq: i32,
        ack: Option<i32>,
        window: u16,
        payload: &[u8],
    ) -> Vec<u8> {
        let checksums = ChecksumCapabilities::default();
        let tcp = TcpRepr {
            src_port: 40000,
            dst_port: traffic::TCP_SOURCE,
            control,
            seq_number: TcpSeqNumber(seq),
            ack_number: ack.map(TcpSeqNumber),
            window_len: window,
            window_scale: None,
            max_seg_size: None,
            sack_permitted: false,
            sack_ranges: [None; 3],
            timestamp: None,
            payload,
        };
        let ip = Ipv4Repr {
            src_addr: HOST.into(),
            dst_addr: SERVER.into(),
            next_header: IpProtocol::Tcp,
            payload_len: tcp.buffer_len(),
            hop_limit: 64,
        };
        let mut bytes = vec![0; ip.buffer_len() + tcp.buffer_len()];
        ip.emit(&mut Ipv4Packet::new_unchecked(&mut bytes), &checksums);
        let (from, to) = (ip.src_addr.into(), ip.dst_addr.into());
        let mut segment = TcpPacket::new_unchecked(&mut bytes[ip.buffer_len()..]);
        tcp.emit(&mut segment, &from, &to, &checksums);
        bytes
    }

    /// All that waits for the host; the number after the last byte, and whether anything came.
    fn take(internet: &mut Internet) -> Option<i32> {
        let mut last = None;
        while let Some(packet) = internet.next() {
            let ip = Ipv4Packet::new_checked(&packet[..]).expect("IPv4");
            let tcp = TcpPacket::new_checked(ip.payload()).expect("TCP");
            last = Some(tcp.seq_number().0.wrapping_add(tcp.segment_len() as i32));
        }
        last
    }

    #[test]
    fn a_lost_word_of_a_host_that_can_take_more_ends_no_transfer() {
        let mut now = Instant::now();
        let ipv4 = Ipv4 {
            address: HOST.into(),
            gateway: [10, 64, 0, 1].into(),
            prefix: 24,
            dns: [[1, 1, 1, 1].into(); 2],
        };
        let addresses = Addresses {
            ipv4: Some(ipv4),
            ipv6: None,
            mtu: 1500,
        };
        let mut internet = Internet::new(addresses, 1, now);
        let say = |internet: &mut Internet, packet: Vec<u8>, now| {
            internet.receive(&packet, now);
            internet.run(now);
            take(internet)
        };
        let syn = packet(TcpControl::Syn, 99, None, 2000, &[]);
        let next = say(&mut internet, syn, now).expect("an answer");
        let request = packet(TcpControl::Psh, 100, Some(next), 2000, b"1 10000\n");
        let next = say(&mut internet, request, now).expect("the beginning");
        let full = packet(TcpControl::None, 108, Some(next), 0, &[]);
        assert_eq!(say(&mut internet, full, now), None);
        // That there is room again gets lost.
        now += StdDuration::from_secs(4);
        internet.run(now);
        assert!(take(&mut internet).is_some(), "the host is asked");
        let room = packet(TcpControl::None, 108, Some(next), 2000, &[]);
        let more = say(&mut internet, room, now).expect("more");
        assert!(more.wrapping_sub(next) > 0);
    }
}
