// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
//! The MBIM port against a host of the test's own.

use std::sync::{Arc, Mutex};
use std::time::Instant;

use mbim::message::kind;
use mbim::service::{basic, error, status, BASIC_CONNECT, INTERNET};
use mbim::{Reader, Uuid, Writer};

use super::{lock, Mbim};
use crate::port::Port;
use crate::session::{Modem, SimState};

struct Host {
    modem: Arc<Mutex<Modem>>,
    port: Mbim,
    transaction: u32,
    /// Bytes of a transfer, both ways.
    most: usize,
}

/// What the modem sent: kind, transaction, and the message without headers, put together.
type Message = (u32, u32, Vec<u8>);

impl Host {
    fn closed() -> Self {
        let mut modem = Modem::default();
        modem.mbim = true;
        let modem = Arc::new(Mutex::new(modem));
        Self {
            port: Mbim::new(Arc::clone(&modem)),
            modem,
            transaction: 0,
            most: 4096,
        }
    }

    fn open(most: u32) -> Self {
        let mut host = Self::closed();
        host.most = most as usize;
        host.send(kind::OPEN, &most.to_le_bytes());
        assert_eq!(host.next(), Some((kind::OPEN_DONE, 1, vec![0; 4])));
        host
    }

    fn send(&mut self, kind: u32, rest: &[u8]) {
        self.transaction += 1;
        self.send_as(kind, self.transaction, rest);
    }

    fn send_as(&mut self, kind: u32, transaction: u32, rest: &[u8]) {
        let words = [kind, 12 + rest.len() as u32, transaction];
        let message = [words.map(u32::to_le_bytes).concat(), rest.to_vec()].concat();
        self.port.receive(&message, Instant::now());
    }

    fn next(&mut self) -> Option<Message> {
        let mut whole: Option<Message> = None;
        loop {
            let transfer = self.port.poll(Instant::now())?;
            assert!(transfer.len() <= self.most, "{} bytes", transfer.len());
            let mut head = Reader::new(&transfer);
            let kind = head.u32()?;
            assert_eq!(head.u32(), Some(transfer.len() as u32));
            let transaction = head.u32()?;
            if !matches!(kind, kind::COMMAND_DONE | kind::INDICATE_STATUS) {
                return Some((kind, transaction, transfer[12..].to_vec()));
            }
            let (total, current) = (head.u32()?, head.u32()?);
            let message = whole.get_or_insert((kind, transaction, Vec::new()));
            assert_eq!((message.0, message.1), (kind, transaction));
            message.2.extend(&transfer[20..]);
            if current + 1 == total {
                return whole;
            }
        }
    }

    /// Asks or sets; status and information buffer.
    fn ask(&mut self, service: Uuid, cid: u32, set: bool, info: &[u8]) -> (u32, Vec<u8>) {
        let words = [cid, set.into(), info.len() as u32].map(u32::to_le_bytes);
        let message = [&service.0, words.concat().as_slice(), info].concat();
        self.transaction += 1;
        let parts: Vec<_> = message.chunks(self.most - 20).collect();
        for (part, current) in parts.iter().zip(0u32..) {
            let numbers = [parts.len() as u32, current].map(u32::to_le_bytes);
            let rest = [numbers.concat().as_slice(), part].concat();
            self.send_as(kind::COMMAND, self.transaction, &rest);
        }
        let (kind, transaction, answer) = self.next().expect("an answer");
        assert_eq!((kind, transaction), (kind::COMMAND_DONE, self.transaction));
        assert_eq!(answer[..16], service.0);
        let mut read = Reader::new(&answer[16..]);
        assert_eq!(read.u32(), Some(cid));
        let status = read.u32().expect("a status");
        assert_eq!(read.u32(), Some(answer.len() as u32 - 28));
        (status, answer[28..].to_vec())
    }

    fn query(&mut self, cid: u32) -> Vec<u8> {
        let (status, info) = self.ask(BASIC_CONNECT, cid, false, &[]);
        assert_eq!(status, status::SUCCESS);
        info
    }

    fn connect(&mut self, session: u32, activate: bool, apn: &str, ip: u32) -> (u32, Vec<u8>) {
        let mut info = vec![0; 512];
        let mut to = Writer::new(&mut info, 60);
        to.u32(session).u32(activate.into());
        to.string(apn).string("").string("");
        to.u32(0).u32(0).u32(ip).field(&INTERNET.0);
        let length = to.finish().expect("it fits");
        self.ask(BASIC_CONNECT, basic::CONNECT, true, &info[..length])
    }

    fn configuration(&mut self, session: u32) -> (u32, Vec<u8>) {
        let mut info = vec![0; 60];
        info[..4].copy_from_slice(&session.to_le_bytes());
        self.ask(BASIC_CONNECT, basic::IP_CONFIGURATION, false, &info)
    }
}

fn text(read: &mut Reader<'_>) -> String {
    read.string().expect("a string").chars().collect()
}

fn words(info: &[u8]) -> Vec<u32> {
    let mut read = Reader::new(info);
    std::iter::from_fn(|| read.u32()).collect()
}

#[test]
fn device_says_what_it_is() {
    let mut host = Host::open(4096);
    let info = host.query(basic::DEVICE_CAPS);
    let mut read = Reader::new(&info);
    let numbers: Vec<_> = (0..8).filter_map(|_| read.u32()).collect();
    assert_eq!(numbers, [1, 1, 1, 2, 0xe0, 3, 1, 64]);
    let texts: Vec<_> = (0..4).map(|_| text(&mut read)).collect();
    let expected = ["", "860000000000012", "RM520NGLAAR03A03M4G", "RM520N-GL"];
    assert_eq!(texts, expected);
}

#[test]
fn every_command_that_is_listed_is_answered() {
    let mut host = Host::open(4096);
    let info = host.query(basic::DEVICE_SERVICES);
    let mut read = Reader::new(&info);
    assert_eq!((read.u32(), read.u32()), (Some(1), Some(0)));
    let mut element = Reader::new(read.pointed().expect("an element"));
    assert_eq!(element.array(), Some(BASIC_CONNECT.0));
    assert_eq!((element.u32(), element.u32()), (Some(0), Some(0)));
    let count = element.u32().expect("a count");
    for _ in 0..count {
        let cid = element.u32().expect("a command");
        let set = cid == basic::SUBSCRIBE_LIST;
        let (status, _) = host.ask(BASIC_CONNECT, cid, set, &[0; 60]);
        let expected = match cid {
            basic::IP_CONFIGURATION => status::CONTEXT_NOT_ACTIVATED,
            _ => status::SUCCESS,
        };
        assert_eq!(status, expected, "{cid}");
    }
}

#[test]
fn unknown_commands_and_services_are_not_supported() {
    let mut host = Host::open(4096);
    let refused = (status::NO_DEVICE_SUPPORT, Vec::new());
    assert_eq!(host.ask(BASIC_CONNECT, 99, false, &[]), refused);
    assert_eq!(
        host.ask(BASIC_CONNECT, basic::DEVICE_CAPS, true, &[]),
        refused
    );
    assert_eq!(host.ask(Uuid([7; 16]), 1, false, &[]), refused);
}

#[test]
fn nothing_is_answered_before_open_and_after_close() {
    let mut host = Host::closed();
    let not_opened = error::NOT_OPENED.to_le_bytes().to_vec();
    host.send(kind::COMMAND, &[0; 36]);
    assert_eq!(
        host.next(),
        Some((kind::FUNCTION_ERROR, 1, not_opened.clone()))
    );
    let mut host = Host::open(4096);
    host.connect(0, true, "internet", 1);
    host.send(kind::CLOSE, &[]);
    assert_eq!(host.next(), Some((kind::CLOSE_DONE, 3, vec![0; 4])));
    assert!(lock(&host.modem).session(0).is_none());
    host.send(kind::COMMAND, &[0; 36]);
    assert_eq!(host.next(), Some((kind::FUNCTION_ERROR, 4, not_opened)));
}

#[test]
fn small_transfers_are_cut_both_ways() {
    let mut host = Host::open(64);
    let (status, _) = host.connect(3, true, "a.rather.long.name.for.an.access.point", 3);
    assert_eq!(status, status::SUCCESS);
    let (status, info) = host.configuration(3);
    assert_eq!((status, words(&info)[..3].to_vec()), (0, vec![3, 0xf, 0xf]));
    host.query(basic::DEVICE_SERVICES);
}

#[test]
fn fragments_out_of_order_are_an_error_and_end_the_command() {
    let mut host = Host::open(4096);
    let wrong = error::FRAGMENT_OUT_OF_SEQUENCE.to_le_bytes().to_vec();
    for numbers in [[[3u32, 0], [3, 2]], [[3, 0], [2, 1]], [[0, 0], [3, 1]]] {
        host.transaction += 1;
        for part in numbers {
            let rest = [part.map(u32::to_le_bytes).concat(), vec![0; 20]].concat();
            host.send_as(kind::COMMAND, host.transaction, &rest);
        }
        let told = (kind::FUNCTION_ERROR, host.transaction, wrong.clone());
        assert_eq!(host.next(), Some(told.clone()));
        while let Some(more) = host.next() {
            assert_eq!(more, told);
        }
    }
    host.query(basic::DEVICE_CAPS);
}

#[test]
fn command_without_end_is_not_kept() {
    let mut host = Host::open(4096);
    for current in 0..100u32 {
        let numbers = [u32::MAX, current].map(u32::to_le_bytes).concat();
        host.send_as(kind::COMMAND, 2, &[numbers, vec![0; 4000]].concat());
    }
    let most = error::MAX_TRANSFER.to_le_bytes().to_vec();
    assert_eq!(host.next(), Some((kind::FUNCTION_ERROR, 2, most)));
}

#[test]
fn session_has_the_addresses_that_it_is_told() {
    let mut host = Host::open(4096);
    let (status, info) = host.connect(5, true, "internet", 3);
    let state = words(&info);
    assert_eq!((status, &state[..4], state[8]), (0, &[5, 1, 0, 3][..], 0));
    let (_, info) = host.configuration(5);
    let fields = words(&info);
    assert_eq!(fields[..3], [5, 0xf, 0xf]);
    let at = |field: usize, length: usize| &info[fields[field] as usize..][..length];
    assert_eq!((fields[3], at(4, 8)), (1, &[28, 0, 0, 0, 10, 64, 5, 2][..]));
    assert_eq!(at(7, 4), [10, 64, 5, 3]);
    assert_eq!((fields[9], at(10, 8)), (2, &[1, 1, 1, 1, 8, 8, 8, 8][..]));
    assert_eq!(
        (fields[5], at(6, 8)),
        (1, &[64, 0, 0, 0, 0x20, 1, 0xd, 0xb8][..])
    );
    assert_eq!(fields[13..15], [1500, 1500]);

    assert_eq!(host.connect(5, true, "internet", 3).0, status::SUCCESS);
    assert_eq!(
        host.connect(5, true, "ims", 1).0,
        status::MAX_ACTIVATED_CONTEXTS
    );
    assert_eq!(host.connect(5, false, "", 0).0, status::SUCCESS);
    assert_eq!(
        host.connect(5, false, "", 0).0,
        status::CONTEXT_NOT_ACTIVATED
    );
    assert_eq!(host.configuration(5).0, status::CONTEXT_NOT_ACTIVATED);
    assert!(lock(&host.modem).session(5).is_none());
}

#[test]
fn refused_sessions_say_why() {
    let mut host = Host::open(4096);
    let (verdict, info) = host.connect(0, true, "unknown.test", 1);
    assert_eq!(
        (verdict, words(&info)[8]),
        (status::INVALID_ACCESS_STRING, 27)
    );
    let (verdict, info) = host.connect(0, true, "reject.test", 1);
    assert_eq!((verdict, words(&info)[8]), (status::FAILURE, 33));
    // Half of what was asked for is given, with the reason for the other.
    let (verdict, info) = host.connect(0, true, "v4only.test", 3);
    let state = words(&info);
    assert_eq!((verdict, state[1], state[3], state[8]), (0, 1, 1, 50));
    for (session, ip) in [(64, 1), (256, 1), (1, 9)] {
        let (verdict, _) = host.connect(session, true, "internet", ip);
        assert_eq!(verdict, status::INVALID_PARAMETERS, "{session} {ip}");
    }
}

#[test]
fn host_is_told_when_the_network_ends_a_session() {
    let mut host = Host::open(4096);
    host.connect(2, true, "internet", 3);
    assert_eq!(
        host.port.command(&["network-release", "2"]),
        Ok(String::new())
    );
    let (kind, transaction, message) = host.next().expect("an indication");
    assert_eq!((kind, transaction), (kind::INDICATE_STATUS, 0));
    let state = words(&message[24..]);
    assert_eq!((state[0], state[1], state[8]), (2, 3, 36));
    assert_eq!(host.next(), None);
}

#[test]
fn pin_unlocks_the_card_and_that_is_told() {
    let mut host = Host::open(4096);
    {
        let mut modem = lock(&host.modem);
        modem.sim.state = SimState::Locked;
        modem.sim.pin_enabled = true;
    }
    while host.next().is_some() {}
    assert_eq!(words(&host.query(basic::PIN)), [2, 1, 3]);
    assert_eq!(words(&host.query(basic::SUBSCRIBER_READY_STATUS))[0], 6);
    let enter = |host: &mut Host, pin| {
        let mut info = vec![0; 64];
        let mut to = Writer::new(&mut info, 24);
        to.u32(2).u32(0).string(pin).string("");
        let length = to.finish().expect("it fits");
        let (status, info) = host.ask(BASIC_CONNECT, basic::PIN, true, &info[..length]);
        (status, words(&info))
    };
    assert_eq!(enter(&mut host, "0000"), (status::FAILURE, vec![2, 1, 2]));
    assert_eq!(enter(&mut host, "1234"), (status::SUCCESS, vec![2, 0, 3]));
    let told: Vec<_> = std::iter::from_fn(|| host.next())
        .map(|(_, _, message)| message[16])
        .collect();
    assert_eq!(told, [2, 9, 10], "ready, registered, attached");
}

#[test]
fn radio_off_ends_the_sessions() {
    let mut host = Host::open(4096);
    host.connect(0, true, "internet", 1);
    let (_, info) = host.ask(BASIC_CONNECT, basic::RADIO_STATE, true, &[0; 4]);
    assert_eq!(words(&info), [1, 0]);
    let told: Vec<_> = std::iter::from_fn(|| host.next())
        .map(|(_, _, message)| message[16])
        .collect();
    assert_eq!(told, [3, 9, 10, 12]);
    assert_eq!(
        host.connect(0, true, "internet", 1).0,
        status::RADIO_POWER_OFF
    );
}

#[test]
fn lengths_that_lie_are_answered_by_an_error() {
    let mut host = Host::open(4096);
    host.port
        .receive(&[3, 0, 0, 0, 13, 0, 0, 0, 9, 0, 0, 0], Instant::now());
    let mismatch = error::LENGTH_MISMATCH.to_le_bytes().to_vec();
    assert_eq!(host.next(), Some((kind::FUNCTION_ERROR, 9, mismatch)));
    host.port.receive(&[3, 0, 0], Instant::now());
    assert_eq!(host.next(), None);
}

#[test]
fn random_information_buffers_are_survived() {
    let mut host = Host::open(4096);
    let mut state = 1u64;
    let mut random = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state >> 32) as u32
    };
    for _ in 0..20_000 {
        let info: Vec<u8> = (0..random() % 20)
            .flat_map(|_| (random() % 80).to_le_bytes())
            .collect();
        let (cid, set) = (random() % 24, random() % 2 == 1);
        host.ask(BASIC_CONNECT, cid, set, &info);
        while host.next().is_some() {}
    }
    host.query(basic::DEVICE_CAPS);
}
