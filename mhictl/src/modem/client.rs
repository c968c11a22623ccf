// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
//! QMI transactions, sans-IO: requests become frames to write, octets that were read become replies and indications,
//! and time turns requests without a reply into silence. `session` and `status` drive it, `port` moves its octets.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use qmi::{qmux, service, Body, Builder, Kind, Message, Request};

use crate::modem::frames::Frames;
pub use crate::modem::frames::Received;

/// Largest request that mhictl makes: three credentials of 127 octets and an APN of 100 fit.
const REQUEST_MAX: usize = 1024;
/// Requests that may wait for replies at once.
const PENDING_MAX: usize = 32;

/// Names one request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Token(u32);

/// What came of the octets and of time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// The reply to a request.
    Reply(Token, Received),
    /// No reply came in time; one that comes later is dropped.
    Silent(Token),
    /// The modem said something unasked.
    Indication(Received),
}

#[derive(Debug)]
struct Pending {
    token: Token,
    service: u8,
    client: u8,
    transaction: u16,
    id: u16,
    deadline: Instant,
}

/// The host's side of one QMI port.
#[derive(Debug)]
pub struct Client {
    frames: Frames,
    pending: Vec<Pending>,
    outgoing: VecDeque<Vec<u8>>,
    events: VecDeque<Event>,
    tokens: u32,
    transactions: u16,
    control_transactions: u8,
    /// Replies that no request waits for: late, or to somebody else.
    strays: u64,
}

impl Default for Client {
    fn default() -> Self {
        Client {
            frames: Frames::new(qmux::FROM_MODEM),
            pending: Vec::new(),
            outgoing: VecDeque::new(),
            events: VecDeque::new(),
            tokens: 0,
            transactions: 0,
            control_transactions: 0,
            strays: 0,
        }
    }
}

impl Client {
    /// Queues `request` for client id `client` (0 for the control service). Its reply, or silence after `patience`,
    /// comes back under the token. A request that cannot be sent is silent at once.
    pub fn request<'r, R: Request + Body<'r>>(
        &mut self,
        client: u8,
        request: &R,
        patience: Duration,
        now: Instant,
    ) -> Token {
        self.tokens = self.tokens.wrapping_add(1);
        let token = Token(self.tokens);
        let transaction = self.next_transaction(R::SERVICE);
        let mut room = [0; REQUEST_MAX];
        match Builder::call(&mut room, client, transaction, request).finish() {
            Ok(frame) if self.pending.len() < PENDING_MAX => {
                self.outgoing.push_back(frame.to_vec());
                let deadline = now + patience;
                self.pending.push(Pending {
                    token,
                    service: R::SERVICE,
                    client,
                    transaction,
                    id: R::ID,
                    deadline,
                });
            }
            _ => self.events.push_back(Event::Silent(token)),
        }
        token
    }

    /// Forgets a request: its reply will be a stray.
    pub fn forget(&mut self, token: Token) {
        self.pending.retain(|pending| pending.token != token);
        self.events.retain(
            |event| !matches!(event, Event::Reply(of, _) | Event::Silent(of) if *of == token),
        );
    }

    /// Forgets everything but the numbering: the port is another one now.
    pub fn reset(&mut self) {
        self.frames.reset();
        self.pending.clear();
        self.outgoing.clear();
        self.events.clear();
    }

    /// The next frame to write; [`Client::sent`] removes it.
    pub fn outgoing(&self) -> Option<&[u8]> {
        self.outgoing.front().map(Vec::as_slice)
    }

    /// The frame of [`Client::outgoing`] is written.
    pub fn sent(&mut self) {
        self.outgoing.pop_front();
    }

    /// Takes octets from the port; they may begin and end anywhere.
    pub fn receive(&mut self, octets: &[u8], now: Instant) {
        self.frames.receive(octets, now);
        self.sort();
    }

    /// Lets time pass.
    pub fn tick(&mut self, now: Instant) {
        let events = &mut self.events;
        self.pending.retain(|pending| {
            let waits = now < pending.deadline;
            if !waits {
                events.push_back(Event::Silent(pending.token));
            }
            waits
        });
        self.frames.tick(now);
        self.sort();
    }

    /// When [`Client::tick`] has something to do.
    pub fn deadline(&self) -> Option<Instant> {
        self.pending
            .iter()
            .map(|pending| pending.deadline)
            .chain(self.frames.deadline())
            .min()
    }

    /// The next event.
    pub fn event(&mut self) -> Option<Event> {
        self.events.pop_front()
    }

    /// Puts events that were taken out of turn back to the front.
    pub fn put_back(&mut self, events: Vec<Event>) {
        for event in events.into_iter().rev() {
            self.events.push_front(event);
        }
    }

    fn next_transaction(&mut self, service: u8) -> u16 {
        if service == service::CTL {
            self.control_transactions = self.control_transactions.checked_add(1).unwrap_or(1);
            return self.control_transactions.into();
        }
        self.transactions = self.transactions.checked_add(1).unwrap_or(1);
        self.transactions
    }

    /// Tells replies from indications, and finds the request of each reply.
    fn sort(&mut self) {
        while let Some(received) = self.frames.frame() {
            let Ok(message) = received.message() else {
                continue;
            };
            let at = self.pending.iter().position(|pending| {
                (
                    pending.service,
                    pending.client,
                    pending.transaction,
                    pending.id,
                ) == (
                    message.service,
                    message.client,
                    message.transaction,
                    message.id,
                )
            });
            match (message.kind, at) {
                (Kind::Indication, _) => self.events.push_back(Event::Indication(received)),
                (Kind::Response, Some(at)) => {
                    let token = self.pending.swap_remove(at).token;
                    self.events.push_back(Event::Reply(token, received));
                }
                _ => self.strays += 1,
            }
        }
    }
}

/// One line about a frame for `--verbose`, without PIN and password.
pub fn describe(frame: &[u8]) -> String {
    let parsed = qmi::Frame::parse(frame).and_then(|(frame, _)| Message::parse(&frame));
    match parsed {
        Ok(message) => qmi::Decoded(&message).to_string(),
        Err(error) => format!("{} octets: {error}", frame.len()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::modem::frames::PARTIAL_PATIENCE;
    use qmi::{ctl, nas, wds};

    const PATIENCE: Duration = Duration::from_secs(2);

    fn sync(client: &mut Client, now: Instant) -> Token {
        client.request(0, &ctl::Sync {}, PATIENCE, now)
    }

    /// The frame of a control response to Sync, by hand: marker, length, flags, service, client, kind, transaction, id, TLV length, verdict.
    fn sync_reply(transaction: u8) -> Vec<u8> {
        vec![
            0x01,
            0x12,
            0x00,
            0x80,
            0x00,
            0x00,
            0x01,
            transaction,
            0x27,
            0x00,
            0x07,
            0x00,
            0x02,
            0x04,
            0x00,
            0x00,
            0x00,
            0x00,
            0x00,
        ]
    }

    fn noise(client: &Client) -> (u64, u64, u64) {
        (
            client.frames.garbage,
            client.frames.malformed,
            client.strays,
        )
    }

    fn replied(client: &mut Client) -> Option<Token> {
        match client.event() {
            Some(Event::Reply(token, _)) => Some(token),
            None => None,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn request_goes_out_and_its_reply_comes_back() {
        let (mut client, now) = (Client::default(), Instant::now());
        let token = sync(&mut client, now);
        assert_eq!(
            client.outgoing(),
            Some(&[0x01, 0x0b, 0x00, 0x00, 0x00, 0x00, 0x00, 0x01, 0x27, 0x00, 0x00, 0x00][..])
        );
        client.sent();
        assert_eq!(client.outgoing(), None);
        client.receive(&sync_reply(1), now);
        assert_eq!(replied(&mut client), Some(token));
        assert_eq!(noise(&client), (0, 0, 0));
        assert_eq!(client.deadline(), None);
    }

    #[test]
    fn reply_may_come_octet_by_octet() {
        let (mut client, now) = (Client::default(), Instant::now());
        let token = sync(&mut client, now);
        for octet in sync_reply(1) {
            assert_eq!(client.event(), None);
            client.receive(&[octet], now);
        }
        assert_eq!(replied(&mut client), Some(token));
    }

    #[test]
    fn garbage_around_a_reply_is_skipped_and_counted() {
        let (mut client, now) = (Client::default(), Instant::now());
        let token = sync(&mut client, now);
        let mut octets = vec![0xff, 0x00, 0x01, 0x01, 0x7f];
        octets.extend(sync_reply(1));
        octets.extend([0xde, 0xad]);
        client.receive(&octets, now);
        assert_eq!(replied(&mut client), Some(token));
        assert_eq!(client.frames.garbage, 7);
    }

    #[test]
    fn wrong_transaction_client_service_or_message_is_a_stray() {
        let (mut client, now) = (Client::default(), Instant::now());
        let token = client.request(7, &nas::GetSystemInfo {}, PATIENCE, now);
        let mut room = [0; 64];
        for (service, id, transaction, message) in [
            (3, 7, 2, 0x4d),
            (3, 8, 1, 0x4d),
            (1, 7, 1, 0x4d),
            (3, 7, 1, 0x4e),
        ] {
            let frame = Builder::response(&mut room, service, id, transaction, message)
                .verdict(Ok(()))
                .finish()
                .unwrap();
            client.receive(frame, now);
            assert_eq!(client.event(), None);
        }
        assert_eq!(client.strays, 4);
        let frame = Builder::response(&mut room, 3, 7, 1, 0x4d)
            .verdict(Ok(()))
            .finish()
            .unwrap();
        client.receive(frame, now);
        assert_eq!(replied(&mut client), Some(token));
    }

    #[test]
    fn silence_is_reported_once_and_a_late_reply_is_a_stray() {
        let (mut client, now) = (Client::default(), Instant::now());
        let token = sync(&mut client, now);
        client.tick(now + PATIENCE - Duration::from_millis(1));
        assert_eq!(client.event(), None);
        assert_eq!(client.deadline(), Some(now + PATIENCE));
        client.tick(now + PATIENCE);
        assert_eq!(client.event(), Some(Event::Silent(token)));
        client.receive(&sync_reply(1), now + PATIENCE);
        assert_eq!((client.event(), client.strays), (None, 1));
    }

    #[test]
    fn a_frame_cut_short_does_not_swallow_the_next_reply() {
        let (mut client, now) = (Client::default(), Instant::now());
        let token = sync(&mut client, now);
        client.receive(&sync_reply(1)[..15], now);
        client.receive(&sync_reply(1), now);
        client.tick(now + PARTIAL_PATIENCE);
        assert_eq!(replied(&mut client), Some(token));
        assert_eq!(client.frames.garbage, 15);
    }

    #[test]
    fn a_partial_frame_times_out() {
        let (mut client, now) = (Client::default(), Instant::now());
        client.receive(&sync_reply(1)[..10], now);
        assert_eq!(client.deadline(), Some(now + PARTIAL_PATIENCE));
        client.tick(now + PARTIAL_PATIENCE);
        assert_eq!((client.deadline(), client.frames.garbage), (None, 10));
    }

    #[test]
    fn frames_from_a_host_are_not_replies() {
        let (mut client, now) = (Client::default(), Instant::now());
        sync(&mut client, now);
        let mut reply = sync_reply(1);
        reply[3] = 0;
        client.receive(&reply, now);
        assert_eq!((client.event(), client.frames.malformed), (None, 1));
    }

    #[test]
    fn indications_come_through() {
        let (mut client, now) = (Client::default(), Instant::now());
        let mut room = [0; 64];
        let body = wds::StatusIndication {
            status: wds::StatusChanged {
                connection: wds::Connection::Disconnected,
                reconfigure: false,
            },
            ..Default::default()
        };
        let frame = Builder::indication(&mut room, 1, 9, 0x22)
            .body(&body)
            .finish()
            .unwrap();
        client.receive(frame, now);
        let Some(Event::Indication(received)) = client.event() else {
            panic!()
        };
        let message = received.message().unwrap();
        assert_eq!(message.client, 9);
        assert_eq!(
            message
                .indication::<wds::StatusIndication>()
                .unwrap()
                .unwrap()
                .status
                .connection,
            wds::Connection::Disconnected
        );
    }

    #[test]
    fn requests_are_bounded_and_forgotten_ones_stay_silent() {
        let (mut client, now) = (Client::default(), Instant::now());
        let tokens: Vec<Token> = (0..PENDING_MAX).map(|_| sync(&mut client, now)).collect();
        let refused = sync(&mut client, now);
        assert_eq!(client.event(), Some(Event::Silent(refused)));
        for token in tokens {
            client.forget(token);
        }
        client.tick(now + PATIENCE);
        assert_eq!(client.event(), None);
    }

    #[test]
    fn transaction_ids_skip_zero_when_they_wrap() {
        let (mut client, now) = (Client::default(), Instant::now());
        for expected in (1..=255).chain(1..=3) {
            let token = sync(&mut client, now);
            assert_eq!(client.outgoing().unwrap()[7], expected);
            client.sent();
            client.forget(token);
        }
    }

    #[test]
    fn noise_of_any_kind_ends_and_leaves_no_event() {
        // A linear congruential generator (Knuth, MMIX) as seeded noise.
        let (mut client, now) = (Client::default(), Instant::now());
        let mut seed = 1u64;
        let mut noise = || {
            seed = seed
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695_040_888_963_407);
            (seed >> 56) as u8
        };
        for _ in 0..200 {
            let octets: Vec<u8> = (0..1000).map(|_| noise() & 0x83).collect();
            client.receive(&octets, now);
            assert!(client.frames.incomplete() <= qmux::MAX_FRAME);
        }
        client.tick(now + PARTIAL_PATIENCE);
        assert_eq!(client.frames.incomplete(), 0);
        while let Some(event) = client.event() {
            assert!(matches!(event, Event::Indication(_)));
        }
    }

    #[test]
    fn description_has_names_and_values_but_no_secrets() {
        let mut room = [0; 64];
        let request = wds::StartNetwork {
            apn: Some("internet".into()),
            password: Some("secret".into()),
            ..Default::default()
        };
        let line = describe(Builder::call(&mut room, 3, 9, &request).finish().unwrap());
        assert_eq!(
            line,
            "WDS StartNetwork request client 3 transaction 9 apn=\"internet\" password=***"
        );
        assert_eq!(describe(b"\x02"), "1 octets: no QMUX marker");
    }
}
