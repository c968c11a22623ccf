// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
//! The services of the internet, asked by the test's host.

use smoltcp::iface::SocketHandle;
use smoltcp::socket::{tcp, udp};
use smoltcp::wire::IpAddress;
use traffic::datagram::{Datagram, Received};
use traffic::pattern;

use super::host::Host;
use super::QMAPS;
use crate::session::Qmap;

const V4: [u8; 4] = [93, 184, 216, 34];
const V6: [u16; 8] = [0x2606, 0x2800, 0x220, 1, 0x248, 0x1893, 0x25c8, 0x1946];

fn addresses() -> [IpAddress; 2] {
    [IpAddress::Ipv4(V4.into()), IpAddress::Ipv6(V6.into())]
}

fn connect(host: &mut Host, address: IpAddress, port: u16) -> SocketHandle {
    let buffer = || tcp::SocketBuffer::new(vec![0; 256 * 1024]);
    let handle = host.sockets.add(tcp::Socket::new(buffer(), buffer()));
    let local = 40_000 + host.sockets.iter().count() as u16;
    host.with::<tcp::Socket<'_>, _>(handle, |socket, context| {
        socket.connect(context, (address, port), local).unwrap();
    });
    handle
}

/// Steps until `f` has a result.
fn until<R>(host: &mut Host, mut f: impl FnMut(&mut Host) -> Option<R>) -> R {
    for _ in 0..20_000 {
        host.step();
        if let Some(result) = f(host) {
            return result;
        }
    }
    panic!("nothing came: {}", host.command("stats").unwrap());
}

/// Sends the request, then what `data` gives for an offset, and returns all that came until the other end closed.
fn exchange(
    host: &mut Host,
    handle: SocketHandle,
    request: &str,
    upload: u64,
    seed: u64,
) -> Vec<u8> {
    let (mut said, mut sent, mut received) = (0, 0u64, Vec::new());
    until(host, |host| {
        host.with::<tcp::Socket<'_>, _>(handle, |socket, _| {
            if socket.can_send() && said < request.len() {
                said += socket.send_slice(&request.as_bytes()[said..]).unwrap();
            }
            while said == request.len() && socket.can_send() && sent < upload {
                let mut chunk = [0; 8192];
                let length = chunk.len().min((upload - sent) as usize);
                pattern::fill(seed, sent, &mut chunk[..length]);
                sent += socket.send_slice(&chunk[..length]).unwrap() as u64;
            }
            while socket.can_recv() {
                socket
                    .recv(|data| (data.len(), received.extend_from_slice(data)))
                    .unwrap();
            }
            (!socket.may_recv() && said > 0 && !socket.can_recv()).then(|| socket.close())
        })
    });
    received
}

fn assert_clean(host: &mut Host) {
    for name in [
        "ul_limit_violations",
        "ul_bad_frame",
        "ul_bad_pad",
        "ul_bad_ip",
        "ul_bad_source",
        "ul_bad_checksum",
        "ul_bad_offload",
        "ul_bad_seed",
        "dl_dropped",
    ] {
        assert_eq!(host.stat(name), 0, "{name}");
    }
}

#[test]
fn tcp_source_and_sink_in_every_format() {
    for qmap in QMAPS {
        for (offload, seeded, address) in [
            (false, false, addresses()[0]),
            (true, true, addresses()[0]),
            (true, false, addresses()[1]),
        ] {
            let mut host = Host::new(qmap, 0x81);
            (host.offload, host.seeded) = (offload, seeded);
            let source = connect(&mut host, address, traffic::TCP_SOURCE);
            let data = exchange(&mut host, source, "7 800001\n", 0, 0);
            assert_eq!(data.len(), 800_001);
            assert_eq!(pattern::verify(7, 0, &data), Ok(()));
            assert!(host.stat("dl_max_packets_in_transfer") > 8);

            let sink = connect(&mut host, address, traffic::TCP_SINK);
            let verdict = exchange(&mut host, sink, "9 800001\n", 800_001, 9);
            assert_eq!(verdict, b"ok 800001\n");
            assert!(host.stat("ul_max_packets_in_transfer") > 8);
            assert_clean(&mut host);
            assert_eq!(host.stat("ul_offloaded") > 0, offload && qmap != Qmap::V1);
            let seeds = match qmap {
                Qmap::V5 if seeded => host.stat("ul_offloaded"),
                _ => 0,
            };
            assert_eq!(host.stat("ul_seeded"), seeds);
        }
    }
}

#[test]
fn tcp_sink_finds_wrong_and_missing_content() {
    let mut host = Host::new(Qmap::V5, 1);
    let sink = connect(&mut host, addresses()[0], traffic::TCP_SINK);
    let verdict = exchange(&mut host, sink, "9 100000\n", 100_000, 10);
    assert_eq!(verdict, b"bad 0\n");

    let sink = connect(&mut host, addresses()[0], traffic::TCP_SINK);
    until(&mut host, |host| {
        host.with::<tcp::Socket<'_>, _>(sink, |socket, _| socket.can_send().then_some(()))
    });
    host.with::<tcp::Socket<'_>, _>(sink, |socket, _| {
        socket.send_slice(b"9 100000\n").unwrap();
        socket.send_slice(&[]).unwrap();
        socket.close();
    });
    let verdict = until(&mut host, |host| {
        host.with::<tcp::Socket<'_>, _>(sink, |socket, _| {
            socket
                .can_recv()
                .then(|| socket.recv(|data| (data.len(), data.to_vec())).unwrap())
        })
    });
    assert_eq!(verdict, b"short 0\n");

    let source = connect(&mut host, addresses()[0], traffic::TCP_SOURCE);
    assert_eq!(
        exchange(&mut host, source, "none of it\n", 0, 0),
        b"bad request\n"
    );
    let source = connect(&mut host, addresses()[0], traffic::TCP_SOURCE);
    assert_eq!(
        exchange(&mut host, source, &"1".repeat(60), 0, 0),
        b"bad request\n"
    );
}

#[test]
fn many_connections_at_once_survive_losses() {
    let mut host = Host::new(Qmap::V5, 1);
    let sockets: Vec<_> = (0..20)
        .map(|_| connect(&mut host, addresses()[0], traffic::TCP_SOURCE))
        .collect();
    let mut received: Vec<Vec<u8>> = vec![Vec::new(); sockets.len()];
    let mut asked = vec![false; sockets.len()];
    let mut rounds = 0;
    until(&mut host, |host| {
        rounds += 1;
        // Not for ever: in a quiet network it is the same retransmissions that are lost.
        if rounds < 40 {
            host.command("drop 3").unwrap();
        }
        let mut open = false;
        for (at, &handle) in sockets.iter().enumerate() {
            host.with::<tcp::Socket<'_>, _>(handle, |socket, _| {
                if socket.can_send() && !asked[at] {
                    socket
                        .send_slice(format!("{at} 200000\n").as_bytes())
                        .unwrap();
                    asked[at] = true;
                }
                while socket.can_recv() {
                    socket
                        .recv(|data| (data.len(), received[at].extend_from_slice(data)))
                        .unwrap();
                }
                open |= received[at].len() < 200_000;
            });
        }
        (!open).then_some(())
    });
    for (at, data) in received.iter().enumerate() {
        assert_eq!(
            (data.len(), pattern::verify(at as u64, 0, data)),
            (200_000, Ok(()))
        );
    }
    assert!(host.stat("dl_lost") > 0);
}

#[test]
fn tcp_echo_returns_everything() {
    let mut host = Host::new(Qmap::V4, 1);
    host.offload = true;
    let handle = connect(&mut host, addresses()[1], traffic::ECHO);
    let (mut sent, mut received) = (0, Vec::new());
    until(&mut host, |host| {
        host.with::<tcp::Socket<'_>, _>(handle, |socket, _| {
            if socket.can_send() && sent < 500_000 {
                let mut chunk = vec![0; 10_000.min(500_000 - sent)];
                pattern::fill(1, sent as u64, &mut chunk);
                sent += socket.send_slice(&chunk).unwrap();
            }
            if sent == 500_000 && socket.state() == tcp::State::Established {
                socket.close();
            }
            while socket.can_recv() {
                socket
                    .recv(|data| (data.len(), received.extend_from_slice(data)))
                    .unwrap();
            }
            (received.len() == 500_000).then_some(())
        })
    });
    assert_eq!(pattern::verify(1, 0, &received), Ok(()));
    assert_clean(&mut host);
}

fn open(host: &mut Host) -> SocketHandle {
    let buffer =
        || udp::PacketBuffer::new(vec![udp::PacketMetadata::EMPTY; 256], vec![0; 256 * 1024]);
    let mut socket = udp::Socket::new(buffer(), buffer());
    socket
        .bind(30_000 + host.sockets.iter().count() as u16)
        .unwrap();
    host.sockets.add(socket)
}

#[test]
fn udp_source_is_paced_and_complete() {
    for (qmap, address) in [
        (Qmap::V1, addresses()[0]),
        (Qmap::V4, addresses()[1]),
        (Qmap::V5, addresses()[0]),
    ] {
        let mut host = Host::new(qmap, 1);
        let handle = open(&mut host);
        host.with::<udp::Socket<'_>, _>(handle, |socket, _| {
            socket
                .send_slice(b"3 1000 1400 20000\n", (address, traffic::UDP_SOURCE))
                .unwrap();
        });
        let mut received = Received::default();
        let mut rounds = 0;
        until(&mut host, |host| {
            rounds += 1;
            host.with::<udp::Socket<'_>, _>(handle, |socket, _| {
                while let Ok((data, from)) = socket.recv() {
                    assert_eq!(from.endpoint.addr, address);
                    received.count(3, 1000, data);
                }
            });
            (received.good == 1000).then_some(())
        });
        assert!((45..60).contains(&rounds), "{rounds} ms for 50");
        assert_eq!((received.bad, received.duplicate), (0, 0));
    }
}

#[test]
fn udp_sink_reports() {
    for qmap in QMAPS {
        let mut host = Host::new(qmap, 1);
        host.offload = true;
        let handle = open(&mut host);
        let peer = (addresses()[1], traffic::UDP_SINK);
        let mut number = 0;
        let report = until(&mut host, |host| {
            host.with::<udp::Socket<'_>, _>(handle, |socket, _| {
                let limit = 500.min(number + 50);
                while number < limit {
                    let mut data = [0; 1001];
                    Datagram { seed: 4, number }.write(&mut data);
                    number += 1;
                    // One is missing, one wrong, one twice.
                    match number {
                        100 => continue,
                        200 => data[999] ^= 1,
                        300 => socket.send_slice(&data, peer).unwrap(),
                        _ => {}
                    }
                    socket.send_slice(&data, peer).unwrap();
                }
                if number >= 500 && socket.send_queue() == 0 {
                    socket.send_slice(b"report 4\n", peer).unwrap();
                }
                socket
                    .recv()
                    .ok()
                    .map(|(data, _)| String::from_utf8(data.to_vec()).unwrap())
            })
        });
        assert_eq!(report, "received 498 bad 1 duplicate 1\n");
        assert_clean(&mut host);
    }
}

#[test]
fn wrong_seed_of_a_v4_offload_shows() {
    let mut host = Host::new(Qmap::V4, 1);
    let mut packet = vec![
        0x45, 0, 0, 29, 0, 0, 0, 0, 64, 17, 0, 0, 10, 64, 1, 2, 1, 1, 1, 1,
    ];
    let sum = qmap::ip::checksum(&packet);
    packet[10..12].copy_from_slice(&sum.to_be_bytes());
    packet.extend([0x80, 0, 0, 7, 0, 9, 0, 0, b'x']);
    // What CHECKSUM_PARTIAL leaves, without the complement that version 4 wants.
    let pseudo = qmap::ip::Transport::parse(&packet).unwrap().pseudo().fold();
    let mut send = |seed: u16, insert: u8| {
        packet[26..28].copy_from_slice(&seed.to_be_bytes());
        let mut transfer = vec![0, 1, 0, 29, 0, 20, 0xc0, insert];
        transfer.extend(&packet);
        crate::port::Data::receive(&mut host.plane, &transfer, host.now);
        let answered = crate::port::Data::poll(&mut host.plane, host.now).is_some();
        (
            answered,
            host.stat("ul_bad_seed"),
            host.stat("ul_bad_offload"),
        )
    };
    assert_eq!(send(pseudo, 6), (false, 1, 0));
    assert_eq!(send(!pseudo, 6), (true, 1, 0));
    assert_eq!(send(!pseudo, 16), (false, 1, 1));
}
