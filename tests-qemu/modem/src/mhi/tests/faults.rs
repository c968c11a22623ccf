// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
//! Faults that the control socket switches on.

use super::*;

#[test]
fn mute_at_port_keeps_its_answers_until_rts() {
    let mut host = Host::in_m0(&[]);
    open_port(&mut host, 18);
    open_port(&mut host, 32);
    let signal = |host: &mut Host, rts| {
        let mut message = [0; ::mhi::ip_ctrl::LEN];
        let signals = ::mhi::ip_ctrl::Host {
            channel: 32,
            dtr: true,
            rts,
        };
        signals.emit(&mut message);
        host.put(BUFFERS, &message);
        host.queue(18, transfer(BUFFERS, message.len() as u16));
        host.ring(18);
        host.run(MS);
        host.events(1);
    };
    signal(&mut host, false);
    host.queue(33, transfer(BUFFERS + 0x1000, 64));
    host.ring(33);
    host.queue(32, transfer(BUFFERS, 2));
    host.ring(32);
    host.run(MS);
    assert_eq!(host.events(1).len(), 1, "the uplink's completion only");
    signal(&mut host, true);
    assert_eq!(host.count("downlink_transfers"), 1);
}

#[test]
fn lies_are_told_as_often_as_asked() {
    let mut host = Host::in_m0(&[]);
    open_data(&mut host, 32);
    let mut at = BUFFERS;
    let mut one = |host: &mut Host| {
        at += 0x1000;
        let pointer = host.queue(101, transfer(at, 100));
        host.ring(101);
        put_down(host, vec![1; 60]);
        host.run(MS);
        (pointer, host.events(3))
    };
    host.request("lie-length 65535 2").expect("obeyed");
    for len in [65535, 65535, 60] {
        let (pointer, events) = one(&mut host);
        assert_eq!(events, [completion(101, pointer, len, Completion::EOT)]);
    }
    host.request("duplicate-completion").expect("obeyed");
    assert_eq!(one(&mut host).1.len(), 2);
    host.request("lose-completion").expect("obeyed");
    assert_eq!(one(&mut host).1.len(), 0);
    host.request("lie-pointer unaligned").expect("obeyed");
    let (pointer, events) = one(&mut host);
    assert_eq!(events, [completion(101, pointer + 8, 60, Completion::EOT)]);
    host.request("lie-pointer end").expect("obeyed");
    let (_, events) = one(&mut host);
    assert_eq!(
        events,
        [completion(
            101,
            0x10_0000 + 101 * 0x1000 + 32 * 16,
            60,
            Completion::EOT
        )]
    );
    host.request("lie-code 0x7f 1 101").expect("obeyed");
    assert_eq!(
        one(&mut host).1[0],
        completion(101, 0x10_0000 + 101 * 0x1000 + 7 * 16, 60, Completion(0x7f))
    );
    assert_eq!(one(&mut host).1.len(), 1);
}

#[test]
fn faults_are_counted_by_name_where_they_happen() {
    let mut host = Host::in_m0(&[]);
    let left = |host: &mut Host| {
        let answer = host.request("faults").expect("an answer");
        answer
            .rsplit_once("left=")
            .map(|(_, left)| left.to_string())
    };
    for line in [
        "read-as BHIOFF 0xffffffff",
        "deaf 16 2",
        "lose-event command",
        "lose-interrupts 1",
        "crash-at start",
    ] {
        host.request(line).expect("obeyed");
    }
    assert_eq!(left(&mut host).as_deref(), Some("5"));
    for verb in ["read-as", "deaf", "lose-event", "crash-at"] {
        assert_eq!(host.count(verb), 0, "{verb}");
    }
    assert_eq!(host.read(BHIOFF), u32::MAX);
    host.write64(CHDB + 8 * 16, 0);
    host.request("state-event 2").expect("obeyed");
    host.run(MS);
    assert_eq!(left(&mut host).as_deref(), Some("3"));
    for verb in ["read-as", "deaf", "lose-interrupts", "state-event"] {
        assert_eq!(host.count(verb), 1, "{verb}");
    }
    host.request("faults off").expect("obeyed");
    assert_eq!(left(&mut host).as_deref(), Some("0"));
}

#[test]
fn requests_that_make_no_sense_are_refused() {
    let mut host = Host::in_m0(&[]);
    for line in [
        "frobnicate",
        "lie-length",
        "lie-length 70000",
        "lie-pointer here",
        "event 12",
        "event 00000000000000000000000200002000 9",
        "mute 300",
        "port 99 x",
    ] {
        assert!(host.request(line).is_err(), "{line}");
    }
    assert_eq!(host.request("ping"), Ok("pong".to_string()));
    assert_eq!(host.request("data a b"), Ok("a+b".to_string()));
}

#[test]
fn stalled_modem_does_nothing_until_resumed() {
    let mut host = Host::in_m0(&[]);
    open_data(&mut host, 16);
    host.request("stall").expect("obeyed");
    host.queue(100, transfer(BUFFERS, 5));
    host.ring(100);
    host.run(10 * MS);
    assert_eq!(host.events(2), []);
    host.request("resume").expect("obeyed");
    host.run(MS);
    assert_eq!(host.events(2).len(), 1);
}

#[test]
fn stalled_modem_restarts_by_a_reset_of_its_processors_alone() {
    let mut host = Host::in_m0(&[]);
    host.request("stall").expect("obeyed");
    host.write(MHICTRL, CTRL_RESET);
    host.run(100 * MS);
    assert_eq!(host.read(MHICTRL), CTRL_RESET);
    host.write(SOC_RESET, 1);
    host.run(100 * MS);
    host.write(MHICTRL, CTRL_RESET);
    host.run(100 * MS);
    assert_eq!((host.state(), host.read(MHICTRL)), (State::READY, 0));
}

#[test]
fn storm_counts_what_fires() {
    let mut host = Host::in_m0(&["--msi", "8"]);
    for (vector, fires) in [(1, true), (99, false)] {
        let before = host.count("storm");
        host.request(&format!("storm {vector} 5")).expect("obeyed");
        host.run(10 * MS);
        assert_eq!(host.count("storm") > before, fires, "{vector}");
    }
}

#[test]
fn bogus_event_arrives_as_it_is() {
    let mut host = Host::in_m0(&[]);
    host.request("event 000102030405060708090a0b0c0d0e0f")
        .expect("obeyed");
    let [Event::Other(element)] = host.events(0)[..] else {
        panic!("no event, or a known one");
    };
    let bytes: Vec<u8> = (0..16).collect();
    assert_eq!(element.emit()[..], bytes);
}
