// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
//! The data plane against a host of the test's own, in every format.

mod blocks;
mod host;
mod services;

use std::time::Duration;

use host::Host;
use qmap::ip::{checksum, Transport};
use qmap::{acknowledge, Checksum, CommandKind, Deaggregate, Kind};

use traffic::pattern;

use crate::port::Data;
use crate::session::{Family, Qmap};

const QMAPS: [Qmap; 3] = [Qmap::V1, Qmap::V4, Qmap::V5];

/// An echo request of 10.64.`mux`.2 to 1.1.1.1 (RFC 791, RFC 792).
fn ping(mux: u8, length: u16) -> Vec<u8> {
    let mut packet = vec![0x45, 0];
    packet.extend(length.to_be_bytes());
    packet.extend([0, 0, 0, 0, 64, 1, 0, 0, 10, 64, mux, 2, 1, 1, 1, 1]);
    let sum = checksum(&packet);
    packet[10..12].copy_from_slice(&sum.to_be_bytes());
    packet.extend([8, 0, 0, 0, 0, 1, 0, 1]);
    packet.resize(usize::from(length), 0xa5);
    let sum = checksum(&packet[20..]);
    packet[22..24].copy_from_slice(&sum.to_be_bytes());
    packet
}

/// A V1 frame.
fn frame(mux: u8, pad: u8, packet: &[u8]) -> Vec<u8> {
    let mut out = vec![pad, mux];
    out.extend((packet.len() as u16 + u16::from(pad)).to_be_bytes());
    out.extend(packet);
    out.resize(out.len() + usize::from(pad), 0);
    out
}

#[test]
fn ping_passes_in_every_format() {
    for qmap in [Qmap::None, Qmap::V1, Qmap::V4, Qmap::V5] {
        let mut host = Host::new(qmap, if qmap == Qmap::None { 0 } else { 0x81 });
        for length in [28, 61, 84, 1500, 9000] {
            host.send(ping(host.mux, length));
            while let Some(transfer) = host.plane.poll(host.now) {
                let answer = match host::version(qmap) {
                    None => transfer,
                    Some(version) => {
                        assert_eq!(transfer.len() % 4, 0);
                        let mut frames = Deaggregate::new(version, &transfer);
                        frames.next().unwrap().unwrap().payload.to_vec()
                    }
                };
                assert_eq!(answer.len(), usize::from(length));
                assert_eq!((answer[20], checksum(&answer[20..])), (0, 0));
            }
        }
        assert_eq!((host.stat("dl_packets"), host.stat("ul_packets")), (5, 5));
        let traffic = *host.modem.lock().unwrap().traffic(host.mux).unwrap();
        assert_eq!((traffic.ul_packets, traffic.dl_packets), (5, 5));
        assert_eq!((traffic.ul_bytes, traffic.dl_bytes), (10673, 10673));
    }
}

#[test]
fn sessions_are_kept_apart() {
    let mut host = Host::new(Qmap::V1, 1);
    host.modem.lock().unwrap().start(2, Family::V4, "ims", 1);
    let transfer = [
        frame(1, 0, &ping(1, 84)),
        frame(2, 0, &ping(2, 84)),
        frame(1, 0, &ping(1, 84)),
    ];
    host.plane.receive(&transfer.concat(), host.now);
    // Neither another session's address nor a mux id without session.
    host.plane.receive(
        &[frame(1, 0, &ping(2, 84)), frame(3, 0, &ping(3, 84))].concat(),
        host.now,
    );

    let transfer = host.plane.poll(host.now).unwrap();
    let frames = Deaggregate::new(qmap::Version::V1, &transfer).map(Result::unwrap);
    let seen: Vec<_> = frames
        .map(|frame| (frame.mux_id, frame.payload[18]))
        .collect();
    assert_eq!(seen, [(1, 1), (2, 2), (1, 1)]);
    assert_eq!(
        (host.stat("ul_bad_source"), host.stat("ul_no_session")),
        (1, 1)
    );
    assert_eq!(host.modem.lock().unwrap().traffic(1).unwrap().ul_dropped, 1);

    // A session that went takes its packets with it.
    host.plane.receive(&frame(2, 0, &ping(2, 84)), host.now);
    host.modem.lock().unwrap().stop(2, Family::V4);
    assert_eq!(host.plane.poll(host.now), None);
}

#[test]
fn sessions_reach_each_other_where_the_network_lets_them() {
    let mut host = Host::new(Qmap::V1, 1);
    host.modem.lock().unwrap().start(2, Family::V4, "ims", 1);
    let mut packet = ping(1, 84);
    packet[10..12].fill(0);
    packet[16..20].copy_from_slice(&[10, 64, 2, 2]);
    let sum = checksum(&packet[..20]);
    packet[10..12].copy_from_slice(&sum.to_be_bytes());
    let seen = |host: &mut Host| {
        host.plane.receive(&frame(1, 0, &packet), host.now);
        let transfer = host.plane.poll(host.now).unwrap();
        let frame = Deaggregate::new(qmap::Version::V1, &transfer).next();
        let frame = frame.unwrap().unwrap();
        (frame.mux_id, frame.payload[20])
    };
    assert_eq!(seen(&mut host), (1, 0), "an answer");
    host.command("peers on").unwrap();
    assert_eq!(seen(&mut host), (2, 8), "the request itself");
    assert_eq!(host.stat("ul_to_peers"), 1);
}

#[test]
fn granted_limits_are_watched() {
    let mut host = Host::new(Qmap::V1, 1);
    let many = |count: usize, length| frame(1, 0, &ping(1, length)).repeat(count);
    host.plane.receive(&many(11, 84), host.now);
    host.plane.receive(&many(10, 1500), host.now);
    // One packet alone may be larger than an aggregate.
    host.plane.receive(&many(1, 20_000), host.now);
    assert_eq!(host.stat("ul_limit_violations"), 0);
    host.plane.receive(&many(12, 84), host.now);
    host.plane.receive(&many(11, 1600), host.now);
    assert_eq!(host.stat("ul_limit_violations"), 2);
    assert_eq!(host.stat("ul_max_packets_in_transfer"), 12);
    assert_eq!(host.stat("ul_max_bytes_in_transfer"), 20_004);
}

#[test]
fn bad_uplink_is_counted() {
    let mut host = Host::new(Qmap::V1, 1);
    let mut dirty = frame(1, 3, &ping(1, 85));
    *dirty.last_mut().unwrap() = 1;
    host.plane.receive(&dirty, host.now);
    host.plane.receive(&frame(1, 4, &ping(1, 84)), host.now);
    assert_eq!((host.stat("ul_bad_pad"), host.stat("ul_packets")), (2, 2));
    host.plane.receive(&[0, 1, 0xff, 0xff, 0x45], host.now);
    assert_eq!(host.stat("ul_bad_frame"), 1);
    for (length, faults) in [(1, 2), (4, 3)] {
        let mut long = frame(1, 0, &ping(1, 84));
        long.resize(long.len() + length, 0);
        host.plane.receive(&long, host.now);
        assert_eq!(host.stat("ul_bad_frame"), faults, "{length} zeros");
    }
    host.plane
        .receive(&frame(1, 0, &ping(1, 84)[..83]), host.now);
    host.plane.receive(&frame(1, 0, &[0x55; 40]), host.now);
    host.plane.receive(&frame(1, 0, &[0x45]), host.now);
    assert_eq!((host.stat("ul_bad_ip"), host.stat("ul_packets")), (3, 4));
}

/// Seeded bytes on all paths: headers that are right up to a point get far into the IP stack.
#[test]
fn hostile_uplink_ends_nothing() {
    for qmap in QMAPS {
        let mut host = Host::new(qmap, 1);
        for seed in 0..3000u64 {
            let mut packet = vec![0; 20 + (seed as usize * 37) % 1400];
            pattern::fill(seed, 0, &mut packet);
            let length = packet.len() as u16;
            if seed % 2 == 0 {
                packet[0] = 0x45;
                packet[2..4].copy_from_slice(&length.to_be_bytes());
                packet[6..8].copy_from_slice(&((seed as u16 % 8) << 10).to_be_bytes());
                packet[9] = [1, 6, 17, 2][seed as usize / 2 % 4];
                packet[12..16].copy_from_slice(&[10, 64, 1, 2]);
                packet[10..12].fill(0);
                let sum = checksum(&packet[..20]);
                packet[10..12].copy_from_slice(&sum.to_be_bytes());
            } else if packet.len() > 48 {
                packet[0] = 0x60;
                packet[4..6].copy_from_slice(&(length - 40).to_be_bytes());
                packet[6] = [6, 17, 58, 0, 44, 60][seed as usize / 2 % 6];
                packet[8..24]
                    .copy_from_slice(&[0x20, 1, 0xd, 0xb8, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2]);
            }
            // Most to a service, and with the checksum left to the modem where it can be.
            if let Ok(transport) = Transport::parse(&packet) {
                let (at, insert) = (transport.network.len(), transport.insert());
                let port = [7, 9, 53, 5001, 5003, 5004u16][seed as usize / 7 % 6];
                packet[at + 2..at + 4].copy_from_slice(&port.to_be_bytes());
                if insert == 6 {
                    let length = packet.len() - at;
                    packet[at + 4..at + 6].copy_from_slice(&(length as u16).to_be_bytes());
                }
                let value = Transport::parse(&packet).unwrap().computed();
                packet[at + insert..at + insert + 2].copy_from_slice(&value.to_be_bytes());
            }
            host.send(packet);
            let mut raw = vec![0; 200];
            pattern::fill(seed, 7, &mut raw);
            host.plane.receive(&raw, host.now);
            host.now += Duration::from_millis(5);
            while host.plane.poll(host.now).is_some() {}
        }
        assert!(host.stat("ul_packets") > 1000 && host.stat("dl_packets") > 100);
        host.send(ping(1, 84));
        assert!(host.plane.poll(host.now).is_some());
    }
}

#[test]
fn transfers_are_held_until_full_or_due() {
    let mut host = Host::new(Qmap::V1, 1);
    host.command("aggregate 4 32768 50").unwrap();
    for _ in 0..3 {
        host.send(ping(1, 84));
    }
    assert_eq!(host.plane.poll(host.now), None);
    let due = host.now + Duration::from_millis(50);
    assert_eq!(host.plane.deadline(), Some(due));
    host.send(ping(1, 84));
    assert_eq!(host.plane.poll(host.now).unwrap().len(), 4 * 88);
    host.send(ping(1, 84));
    assert_eq!(host.plane.poll(host.now), None);
    assert_eq!(host.plane.poll(due).unwrap().len(), 88);
    host.command("aggregate 64 200").unwrap();
    for _ in 0..3 {
        host.send(ping(1, 84));
    }
    assert_eq!(host.plane.poll(host.now).unwrap().len(), 176);
    assert_eq!(host.plane.poll(host.now).unwrap().len(), 88);
}

#[test]
fn flow_control_is_a_conversation() {
    for qmap in QMAPS {
        let mut host = Host::new(qmap, 1);
        let transaction = host.command("flow disable 1").unwrap();
        host.send(ping(1, 84));
        assert_eq!(host.stat("ul_while_disabled"), 0);
        assert_eq!(
            host.command(&format!("flow status {transaction}")).unwrap(),
            "pending"
        );
        host.step();
        let request = host.commands.pop().unwrap();
        let mut answer = [0; 32];
        let length = acknowledge(&request, &mut answer, CommandKind::Acknowledge).unwrap();
        // Cut short, with another sequence number, for another bearer.
        let mut short = answer[..12].to_vec();
        short[3] = 8;
        let (mut sequence, mut bearer) = (answer, answer);
        sequence[15] ^= 1;
        bearer[16] ^= 1;
        for wrong in [&short, &sequence[..length], &bearer[..length]] {
            host.plane.receive(wrong, host.now);
        }
        assert_eq!((host.stat("acks"), host.stat("stray_acks")), (0, 3));
        host.plane.receive(&answer[..length], host.now);
        assert_eq!(
            host.command(&format!("flow status {transaction}")).unwrap(),
            "acknowledged"
        );
        host.plane.receive(&answer[..length], host.now);
        assert_eq!((host.stat("acks"), host.stat("stray_acks")), (1, 4));

        host.send(ping(1, 84));
        assert_eq!(host.stat("ul_while_disabled"), 1);
        let transaction = host.command("flow enable 1").unwrap();
        host.send(ping(1, 84));
        assert_eq!(host.stat("ul_while_disabled"), 1);
        host.step();
        let request = host.commands.pop().unwrap();
        let length = acknowledge(&request, &mut answer, CommandKind::Unsupported).unwrap();
        host.plane.receive(&answer[..length], host.now);
        assert_eq!(
            host.command(&format!("flow status {transaction}")).unwrap(),
            "unsupported"
        );
        assert_eq!(host.stat("nacks"), 1);

        // What comes behind the command in version 4 is no part of it.
        host.command("flow disable 1").unwrap();
        let mut whole = host.plane.poll(host.now).unwrap();
        whole[5] |= CommandKind::Acknowledge as u8;
        host.plane.receive(&whole, host.now);
        assert_eq!(host.stat("ul_bad_frame"), u64::from(qmap == Qmap::V4));

        host.command("stats reset").unwrap();
        assert_eq!(host.stat("acks"), 0);
        assert_eq!(
            host.command("faults-of-host").unwrap(),
            "ul_while_disabled=1 nacks=1 stray_acks=4"
        );
    }
}

#[test]
fn injected_transfers_come_first_and_as_they_are() {
    let mut host = Host::new(Qmap::V5, 1);
    host.send(ping(1, 84));
    host.command("inject 0081ffFF45").unwrap();
    host.command("inject-random 7 100 2").unwrap();
    assert_eq!(host.command("pending").unwrap(), "3");
    assert_eq!(
        host.plane.poll(host.now).unwrap(),
        [0, 0x81, 0xff, 0xff, 0x45]
    );
    for seed in [7, 8] {
        let transfer = host.plane.poll(host.now).unwrap();
        assert_eq!(
            (transfer.len(), traffic::pattern::verify(seed, 0, &transfer)),
            (100, Ok(()))
        );
    }
    assert_eq!(host.plane.poll(host.now).unwrap().len(), 92);
    host.command("frame 1 450102 1 valid").unwrap();
    let transfer = host.plane.poll(host.now).unwrap();
    assert_eq!(transfer, [0x41, 1, 0, 4, 4, 0x80, 0, 0, 0x45, 1, 2, 0]);
    for wrong in [
        "inject",
        "inject 0",
        "inject xy",
        "inject-random 1 0 1",
        "pad 64",
        "flow status 9",
        "frame 1 45 64",
    ] {
        assert!(host.command(wrong).is_err(), "{wrong}");
    }
}

#[test]
fn lies_and_damage_are_what_was_asked_for() {
    for qmap in [Qmap::V4, Qmap::V5] {
        let mut host = Host::new(qmap, 1);
        host.command("corrupt checksum 1").unwrap();
        host.command("blast 1 100 3 0 5").unwrap();
        let transfer = host.plane.poll(host.now).unwrap();
        let version = host::version(qmap).unwrap();
        let verdicts: Vec<bool> = Deaggregate::new(version, &transfer)
            .map(|frame| {
                let frame = frame.unwrap();
                let transport = qmap::ip::Transport::parse(frame.payload).unwrap();
                assert!(transport.is_valid());
                match frame.kind {
                    Kind::Data(Checksum::Trailer(trailer)) => {
                        qmap::verify_v4(frame.payload, trailer) == qmap::Verdict::Valid
                    }
                    Kind::Data(checksum) => checksum == Checksum::Valid,
                    Kind::Command(_) => panic!("none was sent"),
                }
            })
            .collect();
        assert_eq!(verdicts, [false, true, true]);
        host.command("corrupt packet 1").unwrap();
        host.command("drop 1").unwrap();
        host.command("blast 1 100 3 0 5").unwrap();
        let transfer = host.plane.poll(host.now).unwrap();
        let valid: Vec<bool> = Deaggregate::new(version, &transfer)
            .map(|frame| {
                qmap::ip::Transport::parse(frame.unwrap().payload)
                    .unwrap()
                    .is_valid()
            })
            .collect();
        assert_eq!(valid, [false, true]);
        assert_eq!((host.stat("dl_lost"), host.stat("dl_corrupted")), (1, 2));
    }
}

#[test]
fn blast_is_paced() {
    let mut host = Host::new(Qmap::V1, 1);
    host.command("blast 1 200 10 1000").unwrap();
    let mut sent = Vec::new();
    for _ in 0..12 {
        while host.plane.poll(host.now).is_some() {}
        sent.push(host.stat("dl_packets"));
        host.now = host
            .plane
            .deadline()
            .unwrap_or(host.now + Duration::from_millis(1));
    }
    assert_eq!(sent[..10], [1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
    assert_eq!(host.stat("dl_packets"), 10);
}

#[test]
fn reset_forgets_what_waits() {
    let mut host = Host::new(Qmap::V1, 1);
    host.send(ping(1, 84));
    host.command("inject 00").unwrap();
    host.command("flow disable 1").unwrap();
    host.plane.reset();
    assert_eq!(
        (host.plane.poll(host.now), host.plane.deadline()),
        (None, None)
    );
}
