// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
//! One port shared by several peers, sans-IO: who owns which client id, who waits for which reply, and what goes where.
//! `proxy` moves the octets. The modem sees one host whose control transactions never collide.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use qmi::{ctl, qmux, service, Builder, ErrorCode, Kind, Message, Request};

use crate::modem::frames::{Frames, Received};

/// Names a peer; never used twice.
pub type Peer = u64;

/// Requests of one peer that may wait for replies.
const PENDING_MAX: usize = 32;
/// Client ids that one peer may own. A modem has 254 of each service at most, some far fewer.
const CLIENTS_MAX: usize = 32;
/// Client ids without an owner that are kept; the oldest go back to the modem.
const DISOWNED_MAX: usize = 32;
/// Octets that may wait for the driver.
const OUTGOING_MAX: usize = 256 * 1024;
/// How often the modem is asked to sync until it answers.
const SYNC_PERIOD: Duration = Duration::from_secs(2);
/// How long the modem may say nothing at all, not even unasked, once several requests wait.
const SILENCE: Duration = Duration::from_secs(15);
/// So many: one alone may be one that takes long, such as a scan for networks.
const SEVERAL: u32 = 2;
/// How long a request is remembered: as long as any client of libqmi's waits.
const PATIENCE: Duration = Duration::from_secs(300);
/// How long the modem has to take a client id back before it is asked again.
const RELEASE_PATIENCE: Duration = Duration::from_secs(10);
/// Client ids that go back to the modem at a time.
const RELEASES: usize = 8;
/// Where a control frame has its transaction id: behind the QMUX header and the message's flags.
const TRANSACTION_AT: usize = qmux::HEADER + 1;

#[derive(Debug)]
struct Member {
    peer: Peer,
    /// Whether its client ids go back to the modem when it vanishes. libqmi's clients hand theirs on to each other.
    release: bool,
}

#[derive(Debug)]
struct Pending {
    /// Who asked; none for the proxy itself, and when the peer is gone.
    peer: Option<Peer>,
    service: u8,
    client: u8,
    /// As the modem knows it.
    transaction: u16,
    /// As the peer knows it.
    theirs: u16,
    id: u16,
    /// A client id that the proxy itself gives back.
    released: Option<ctl::Client>,
    deadline: Instant,
}

impl Pending {
    /// Whether it is about such a message, with that transaction id at the modem.
    fn awaits(&self, message: &Message<'_>, transaction: u16) -> bool {
        (self.service, self.client, self.transaction, self.id)
            == (message.service, message.client, transaction, message.id)
    }
}

#[derive(Debug)]
struct Owned {
    client: ctl::Client,
    owner: Option<Peer>,
}

/// The port and its peers.
#[derive(Debug)]
pub struct Share {
    frames: Frames,
    members: Vec<Member>,
    pending: Vec<Pending>,
    clients: Vec<Owned>,
    /// Client ids that go back to the modem.
    releases: VecDeque<ctl::Client>,
    outgoing: VecDeque<Vec<u8>>,
    deliveries: VecDeque<(Peer, Vec<u8>)>,
    transactions: u8,
    /// When the modem is asked to sync again; none once it has answered.
    sync_at: Option<Instant>,
    /// Requests since the modem last said anything, and when the first of them was made.
    unheard: u32,
    unheard_since: Instant,
}

impl Share {
    /// A port that has just been opened: whatever clients the modem has of it are nobody's any more.
    pub fn new(now: Instant) -> Self {
        let mut share = Share {
            frames: Frames::new(qmux::FROM_MODEM),
            members: Vec::new(),
            pending: Vec::new(),
            clients: Vec::new(),
            releases: VecDeque::new(),
            outgoing: VecDeque::new(),
            deliveries: VecDeque::new(),
            transactions: 0,
            sync_at: Some(now),
            unheard: 0,
            unheard_since: now,
        };
        share.tick(now);
        share
    }

    /// Whether the modem has answered and peers may talk to it.
    pub fn ready(&self) -> bool {
        self.sync_at.is_none()
    }

    /// Takes a peer in, or notes what it wants now.
    pub fn join(&mut self, peer: Peer, release: bool) {
        match self.members.iter_mut().find(|member| member.peer == peer) {
            Some(member) => member.release = release,
            None => self.members.push(Member { peer, release }),
        }
    }

    /// Whether the modem says nothing any more: the port is to be opened anew, which restarts its channel.
    pub fn silent(&self, now: Instant) -> bool {
        self.silent_at().is_some_and(|at| at <= now)
    }

    /// Whether nobody uses the port.
    pub fn deserted(&self) -> bool {
        self.members.is_empty()
    }

    /// A request from a peer.
    pub fn request(&mut self, peer: Peer, received: &Received, now: Instant) {
        let Ok(message) = received.message() else {
            return;
        };
        if message.kind != Kind::Request || !self.members.iter().any(|member| member.peer == peer) {
            return;
        }
        let ready = match message.service {
            service::CTL => self.control(peer, &message, now),
            _ => self.own(peer, &message),
        };
        match ready {
            Ok(true) => {
                if let Err(code) = self.forward(peer, received, &message, now) {
                    self.answer(peer, &message, Err(code));
                }
            }
            Ok(false) => self.answer(peer, &message, Ok(())),
            Err(code) => self.answer(peer, &message, Err(code)),
        }
    }

    /// A peer is gone.
    pub fn leave(&mut self, peer: Peer, now: Instant) {
        let Some(at) = self.members.iter().position(|member| member.peer == peer) else {
            return;
        };
        let member = self.members.swap_remove(at);
        for pending in &mut self.pending {
            pending.peer = pending.peer.filter(|of| *of != peer);
        }
        self.deliveries.retain(|(to, _)| *to != peer);
        if member.release {
            self.release_of(peer, now);
            return;
        }
        for owned in &mut self.clients {
            owned.owner = owned.owner.filter(|of| *of != peer);
        }
        while self.disowned().count() > DISOWNED_MAX {
            let Some(at) = self.clients.iter().position(|owned| owned.owner.is_none()) else {
                break;
            };
            self.releases.push_back(self.clients.remove(at).client);
        }
        self.issue_releases(now);
    }

    /// Gives back what nobody owns; says whether that is done.
    pub fn clear(&mut self, now: Instant) -> bool {
        let disowned: Vec<ctl::Client> = self.disowned().collect();
        self.clients.retain(|owned| owned.owner.is_some());
        self.releases.extend(disowned);
        self.issue_releases(now);
        let under_way = self
            .pending
            .iter()
            .any(|pending| pending.released.is_some());
        self.releases.is_empty() && !under_way
    }

    /// Octets from the port.
    pub fn receive(&mut self, octets: &[u8], now: Instant) {
        self.frames.receive(octets, now);
        self.sort(now);
    }

    /// Lets time pass.
    pub fn tick(&mut self, now: Instant) {
        self.frames.tick(now);
        self.sort(now);
        let (due, waiting): (Vec<Pending>, Vec<Pending>) = std::mem::take(&mut self.pending)
            .into_iter()
            .partition(|pending| pending.deadline <= now);
        self.pending = waiting;
        self.releases
            .extend(due.into_iter().filter_map(|pending| pending.released));
        if self.sync_at.is_some_and(|at| at <= now) {
            self.sync_at = Some(now + SYNC_PERIOD);
            self.call(&ctl::Sync {}, None, SYNC_PERIOD, now);
        }
        self.issue_releases(now);
    }

    /// When [`Share::tick`] has something to do.
    pub fn wakeup(&self) -> Option<Instant> {
        let deadlines = self.pending.iter().map(|pending| pending.deadline);
        deadlines
            .chain(self.frames.deadline())
            .chain(self.sync_at)
            .chain(self.silent_at())
            .min()
    }

    /// The next frame for the port; [`Share::sent`] removes it.
    pub fn outgoing(&self) -> Option<&[u8]> {
        self.outgoing.front().map(Vec::as_slice)
    }

    /// The frame of [`Share::outgoing`] is written.
    pub fn sent(&mut self) {
        self.outgoing.pop_front();
    }

    /// The next frame for a peer.
    pub fn delivery(&mut self) -> Option<(Peer, Vec<u8>)> {
        self.deliveries.pop_front()
    }

    /// What a control request means for the table: whether the modem is to get it, or whether the proxy answers it.
    fn control(
        &mut self,
        peer: Peer,
        message: &Message<'_>,
        now: Instant,
    ) -> Result<bool, ErrorCode> {
        match message.id {
            // To the modem it would mean everybody's clients.
            ctl::Sync::ID => {
                self.release_of(peer, now);
                Ok(false)
            }
            ctl::AllocateClient::ID => {
                let owned = self
                    .clients
                    .iter()
                    .filter(|owned| owned.owner == Some(peer));
                let under_way = self.pending.iter().filter(|pending| {
                    pending.peer == Some(peer) && pending.id == ctl::AllocateClient::ID
                });
                if owned.count() + under_way.count() >= CLIENTS_MAX {
                    return Err(ErrorCode::CLIENT_IDS_EXHAUSTED);
                }
                Ok(true)
            }
            ctl::ReleaseClient::ID => {
                let body = message.body::<ctl::ReleaseClient>();
                let client = body.map_err(|_| ErrorCode::MALFORMED_MESSAGE)?.client;
                self.belongs(peer, client)?;
                self.clients.retain(|owned| owned.client != client);
                Ok(true)
            }
            _ => Ok(true),
        }
    }

    /// A request with a client id: it must not be another peer's, and becomes the peer's if it has no owner.
    fn own(&mut self, peer: Peer, message: &Message<'_>) -> Result<bool, ErrorCode> {
        let client = ctl::Client {
            service: message.service,
            id: message.client,
        };
        self.belongs(peer, client)?;
        if let Some(owned) = self.clients.iter_mut().find(|owned| owned.client == client) {
            owned.owner = Some(peer);
        }
        Ok(true)
    }

    fn belongs(&self, peer: Peer, client: ctl::Client) -> Result<(), ErrorCode> {
        let known = self.clients.iter().find(|owned| owned.client == client);
        match known.and_then(|owned| owned.owner) {
            Some(owner) if owner != peer => Err(ErrorCode::INVALID_CLIENT_ID),
            _ => Ok(()),
        }
    }

    fn forward(
        &mut self,
        peer: Peer,
        received: &Received,
        message: &Message<'_>,
        now: Instant,
    ) -> Result<(), ErrorCode> {
        let waiting = self
            .pending
            .iter()
            .filter(|pending| pending.peer == Some(peer));
        let queued: usize = self.outgoing.iter().map(Vec::len).sum();
        let mut frame = received.octets().to_vec();
        if waiting.count() >= PENDING_MAX || queued + frame.len() > OUTGOING_MAX {
            return Err(ErrorCode::NO_MEMORY);
        }
        let mut transaction = message.transaction;
        if message.service == service::CTL {
            let free = self.free_transaction().ok_or(ErrorCode::NO_MEMORY)?;
            if let Some(at) = frame.get_mut(TRANSACTION_AT) {
                *at = free;
            }
            transaction = free.into();
        }
        self.send(frame, now);
        // An answer that never came to somebody who had the client id before does not take this one's.
        self.pending
            .retain(|pending| !pending.awaits(message, transaction));
        self.pending.push(Pending {
            peer: Some(peer),
            service: message.service,
            client: message.client,
            transaction,
            theirs: message.transaction,
            id: message.id,
            released: None,
            deadline: now + PATIENCE,
        });
        Ok(())
    }

    fn send(&mut self, frame: Vec<u8>, now: Instant) {
        self.outgoing.push_back(frame);
        if self.unheard == 0 {
            self.unheard_since = now;
        }
        self.unheard = self.unheard.saturating_add(1);
    }

    fn silent_at(&self) -> Option<Instant> {
        (self.unheard >= SEVERAL).then(|| self.unheard_since + SILENCE)
    }

    /// The modem's answer in the modem's stead.
    fn answer(&mut self, peer: Peer, message: &Message<'_>, verdict: Result<(), ErrorCode>) {
        let mut room = [0; 64];
        let frame = Builder::response(
            &mut room,
            message.service,
            message.client,
            message.transaction,
            message.id,
        )
        .verdict(verdict)
        .finish();
        if let Ok(frame) = frame {
            self.deliveries.push_back((peer, frame.to_vec()));
        }
    }

    /// A control request of the proxy's own.
    fn call<'r, R: Request + qmi::Body<'r>>(
        &mut self,
        request: &R,
        released: Option<ctl::Client>,
        patience: Duration,
        now: Instant,
    ) -> bool {
        let Some(transaction) = self.free_transaction() else {
            return false;
        };
        let mut room = [0; 64];
        let Ok(frame) = Builder::call(&mut room, 0, transaction.into(), request).finish() else {
            return false;
        };
        self.send(frame.to_vec(), now);
        self.pending.push(Pending {
            peer: None,
            service: service::CTL,
            client: 0,
            transaction: transaction.into(),
            theirs: 0,
            id: R::ID,
            released,
            deadline: now + patience,
        });
        true
    }

    /// A control transaction id that nobody waits for; 0 is none.
    fn free_transaction(&mut self) -> Option<u8> {
        for _ in 0..=u8::MAX {
            self.transactions = self.transactions.checked_add(1).unwrap_or(1);
            let candidate = self.transactions;
            let taken = |pending: &Pending| {
                pending.service == service::CTL && pending.transaction == u16::from(candidate)
            };
            if !self.pending.iter().any(taken) {
                return Some(candidate);
            }
        }
        None
    }

    /// Gives a peer's client ids back to the modem.
    fn release_of(&mut self, peer: Peer, now: Instant) {
        let clients = std::mem::take(&mut self.clients);
        for owned in clients {
            if owned.owner == Some(peer) {
                self.releases.push_back(owned.client);
            } else {
                self.clients.push(owned);
            }
        }
        self.issue_releases(now);
    }

    fn issue_releases(&mut self, now: Instant) {
        let under_way = self
            .pending
            .iter()
            .filter(|pending| pending.released.is_some());
        for _ in under_way.count()..RELEASES {
            let Some(client) = self.releases.pop_front() else {
                return;
            };
            let request = ctl::ReleaseClient { client };
            if !self.call(&request, Some(client), RELEASE_PATIENCE, now) {
                self.releases.push_front(client);
                return;
            }
        }
    }

    fn disowned(&self) -> impl Iterator<Item = ctl::Client> + '_ {
        let disowned = self.clients.iter().filter(|owned| owned.owner.is_none());
        disowned.map(|owned| owned.client)
    }

    /// What the modem said.
    fn sort(&mut self, now: Instant) {
        while let Some(received) = self.frames.frame() {
            self.unheard = 0;
            let Ok(message) = received.message() else {
                continue;
            };
            match message.kind {
                Kind::Response => self.reply(&received, &message, now),
                Kind::Indication => self.indication(&received, &message),
                Kind::Request => {}
            }
        }
    }

    fn reply(&mut self, received: &Received, message: &Message<'_>, now: Instant) {
        if message.service == service::CTL && message.id == ctl::Sync::ID {
            // Nobody but the proxy syncs, and whatever the modem thinks of it, and however late: it talks.
            self.sync_at = None;
            self.pending
                .retain(|pending| (pending.service, pending.id) != (service::CTL, ctl::Sync::ID));
            return;
        }
        let ours = |pending: &Pending| pending.awaits(message, message.transaction);
        let Some(at) = self.pending.iter().position(ours) else {
            return;
        };
        let pending = self.pending.swap_remove(at);
        if pending.service != service::CTL {
            if let Some(peer) = pending.peer {
                self.deliveries
                    .push_back((peer, received.octets().to_vec()));
            }
            return;
        }
        if pending.id == ctl::AllocateClient::ID {
            self.allocated(pending.peer, message);
        }
        self.issue_releases(now);
        let Some(peer) = pending.peer else { return };
        let mut frame = received.octets().to_vec();
        if let (Some(at), Ok(theirs)) =
            (frame.get_mut(TRANSACTION_AT), u8::try_from(pending.theirs))
        {
            *at = theirs;
        }
        self.deliveries.push_back((peer, frame));
    }

    /// A client id for somebody, who may be gone already.
    fn allocated(&mut self, peer: Option<Peer>, message: &Message<'_>) {
        let allocated = message.verdict() == Ok(Ok(()));
        let Ok(body) = message.body::<ctl::Allocated>() else {
            return;
        };
        if !allocated || body.client.id == 0 {
            return;
        }
        self.clients.retain(|owned| owned.client != body.client);
        match peer {
            Some(peer) => self.clients.push(Owned {
                client: body.client,
                owner: Some(peer),
            }),
            None => self.releases.push_back(body.client),
        }
    }

    fn indication(&mut self, received: &Received, message: &Message<'_>) {
        let mut owner = None;
        if message.indication::<ctl::Synced>().is_some() {
            if !self.ready() {
                return;
            }
            // The modem restarted: nobody owns anything, and no reply will come.
            self.clients.clear();
            self.releases.clear();
            self.pending.clear();
        } else if let Some(Ok(revoked)) = message.indication::<ctl::Revoked>() {
            let at = self
                .clients
                .iter()
                .position(|owned| owned.client == revoked.client);
            let Some(at) = at else { return };
            owner = self.clients.remove(at).owner;
            if owner.is_none() {
                return;
            }
        } else if message.service != service::CTL && message.client != 0xff {
            let client = ctl::Client {
                service: message.service,
                id: message.client,
            };
            let known = self.clients.iter().find(|owned| owned.client == client);
            owner = known.and_then(|owned| owned.owner);
            if owner.is_none() {
                return;
            }
        }
        let to = self.members.iter().map(|member| member.peer);
        let to = to.filter(|peer| owner.is_none_or(|owner| owner == *peer));
        self.deliveries
            .extend(to.map(|peer| (peer, received.octets().to_vec())));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use qmi::{dms, nas, wds};

    type Delivered = (Peer, u16, u16, Option<Result<(), ErrorCode>>);

    struct Rig {
        share: Share,
        now: Instant,
    }

    impl Rig {
        fn new() -> Self {
            let now = Instant::now();
            let mut rig = Rig {
                share: Share::new(now),
                now,
            };
            assert!(!rig.share.ready());
            let (_, transaction, id) = rig.written().pop().unwrap();
            assert_eq!(id, ctl::Sync::ID);
            rig.reply(0, 0, transaction, ctl::Sync::ID, &());
            assert!(rig.share.ready());
            for peer in [1, 2] {
                rig.share.join(peer, true);
            }
            rig.share.join(3, false);
            rig
        }

        fn ask<'r, R: Request + qmi::Body<'r>>(
            &mut self,
            peer: Peer,
            client: u8,
            transaction: u16,
            request: &R,
        ) {
            let mut room = [0; 256];
            let frame = Builder::call(&mut room, client, transaction, request)
                .finish()
                .unwrap();
            let mut frames = Frames::new(qmux::FROM_HOST);
            frames.receive(frame, self.now);
            let received = frames.frame().unwrap();
            self.share.request(peer, &received, self.now);
        }

        /// What was written to the port: service, transaction, message.
        fn written(&mut self) -> Vec<(u8, u16, u16)> {
            let mut written = Vec::new();
            while let Some(frame) = self.share.outgoing().map(<[u8]>::to_vec) {
                self.share.sent();
                let (parsed, _) = qmi::Frame::parse(&frame).unwrap();
                let message = Message::parse(&parsed).unwrap();
                assert_eq!(message.kind, Kind::Request);
                written.push((message.service, message.transaction, message.id));
            }
            written
        }

        fn reply<'b>(
            &mut self,
            service: u8,
            client: u8,
            transaction: u16,
            id: u16,
            body: &impl qmi::Body<'b>,
        ) {
            let mut room = [0; 256];
            let frame = Builder::response(&mut room, service, client, transaction, id)
                .verdict(Ok(()))
                .body(body)
                .finish()
                .unwrap();
            self.share.receive(frame, self.now);
        }

        fn indicate<'b>(&mut self, service: u8, client: u8, id: u16, body: &impl qmi::Body<'b>) {
            let mut room = [0; 256];
            let frame = Builder::indication(&mut room, service, client, id)
                .body(body)
                .finish()
                .unwrap();
            self.share.receive(frame, self.now);
        }

        /// What peers got: peer, transaction, message, verdict.
        fn delivered(&mut self) -> Vec<Delivered> {
            let mut delivered = Vec::new();
            while let Some((peer, frame)) = self.share.delivery() {
                let (parsed, _) = qmi::Frame::parse(&frame).unwrap();
                let message = Message::parse(&parsed).unwrap();
                delivered.push((
                    peer,
                    message.transaction,
                    message.id,
                    message.verdict().ok(),
                ));
            }
            delivered
        }

        /// Gives a peer the client id `id` of a service.
        fn allocate(&mut self, peer: Peer, service: u8, id: u8) {
            self.ask(peer, 0, 1, &ctl::AllocateClient { service });
            let (_, transaction, message) = self.written().pop().unwrap();
            assert_eq!(message, ctl::AllocateClient::ID);
            let client = ctl::Client { service, id };
            self.reply(
                0,
                0,
                transaction,
                ctl::AllocateClient::ID,
                &ctl::Allocated { client },
            );
            let delivered = self.delivered();
            assert_eq!(
                delivered,
                [(peer, 1, ctl::AllocateClient::ID, Some(Ok(())))]
            );
        }
    }

    #[test]
    fn sync_is_repeated_until_the_modem_answers() {
        let now = Instant::now();
        let mut rig = Rig {
            share: Share::new(now),
            now,
        };
        assert_eq!(rig.written().len(), 1);
        assert_eq!(rig.share.wakeup(), Some(now + SYNC_PERIOD));
        rig.share.tick(now + SYNC_PERIOD);
        let (_, _, id) = rig.written().pop().unwrap();
        assert_eq!(id, ctl::Sync::ID);
        rig.indicate(0, 0, 0x27, &ctl::Synced {});
        assert!(!rig.share.ready());
        // The answer to the first one, late.
        rig.reply(0, 0, 1, ctl::Sync::ID, &());
        assert!(rig.share.ready());
        assert_eq!(rig.share.wakeup(), None);
    }

    #[test]
    fn control_transactions_of_peers_do_not_collide_and_come_back_as_they_were() {
        let mut rig = Rig::new();
        rig.ask(1, 0, 7, &ctl::GetVersions {});
        rig.ask(2, 0, 7, &ctl::GetVersions {});
        let written = rig.written();
        let (first, second) = (written[0].1, written[1].1);
        assert_ne!(first, second);
        rig.reply(0, 0, second, 0x21, &());
        rig.reply(0, 0, first, 0x21, &());
        assert_eq!(
            rig.delivered(),
            [(2, 7, 0x21, Some(Ok(()))), (1, 7, 0x21, Some(Ok(())))]
        );
        // A reply that nobody waits for goes nowhere.
        rig.reply(0, 0, first, 0x21, &());
        assert_eq!(rig.delivered(), []);
    }

    #[test]
    fn service_replies_go_to_who_asked_and_indications_to_the_owner() {
        let mut rig = Rig::new();
        rig.allocate(1, service::WDS, 5);
        rig.allocate(2, service::WDS, 6);
        rig.ask(1, 5, 300, &wds::GetStatus {});
        rig.ask(2, 6, 300, &wds::GetStatus {});
        rig.reply(service::WDS, 6, 300, 0x22, &());
        rig.reply(service::WDS, 5, 300, 0x22, &());
        assert_eq!(
            rig.delivered(),
            [(2, 300, 0x22, Some(Ok(()))), (1, 300, 0x22, Some(Ok(())))]
        );
        rig.indicate(service::WDS, 6, 0x22, &wds::StatusIndication::default());
        assert_eq!(rig.delivered(), [(2, 0, 0x22, None)]);
        rig.indicate(service::WDS, 9, 0x22, &wds::StatusIndication::default());
        assert_eq!(rig.delivered(), []);
        rig.indicate(service::NAS, 0xff, 0x24, &nas::ServingSystem::default());
        let to: Vec<Peer> = rig.delivered().iter().map(|delivery| delivery.0).collect();
        assert_eq!(to, [1, 2, 3]);
    }

    #[test]
    fn an_answer_that_never_came_takes_nobody_elses() {
        let mut rig = Rig::new();
        rig.allocate(1, service::WDS, 5);
        rig.ask(1, 5, 3, &wds::GetStatus {});
        rig.reply(service::WDS, 5, 4, 0x22, &()); // of another transaction
        rig.share.leave(1, rig.now);
        // The modem gives the id out again, and the next one counts from the beginning, too.
        rig.allocate(2, service::WDS, 5);
        rig.ask(2, 5, 3, &wds::GetStatus {});
        rig.reply(service::WDS, 5, 3, 0x22, &());
        assert_eq!(rig.delivered(), [(2, 3, 0x22, Some(Ok(())))]);
    }

    #[test]
    fn a_client_id_is_its_owners_alone() {
        let mut rig = Rig::new();
        rig.allocate(1, service::WDS, 5);
        rig.ask(2, 5, 9, &wds::GetStatus {});
        let client = ctl::Client {
            service: service::WDS,
            id: 5,
        };
        rig.ask(2, 0, 9, &ctl::ReleaseClient { client });
        assert_eq!(rig.written(), []);
        let refused = Some(Err(ErrorCode::INVALID_CLIENT_ID));
        assert_eq!(
            rig.delivered(),
            [
                (2, 9, 0x22, refused),
                (2, 9, ctl::ReleaseClient::ID, refused)
            ]
        );
        rig.ask(1, 0, 9, &ctl::ReleaseClient { client });
        assert_eq!(rig.written().len(), 1);
    }

    #[test]
    fn a_peers_sync_releases_its_own_clients_only() {
        let mut rig = Rig::new();
        rig.allocate(1, service::WDS, 5);
        rig.allocate(2, service::WDS, 6);
        rig.ask(1, 0, 3, &ctl::Sync {});
        assert_eq!(rig.delivered(), [(1, 3, ctl::Sync::ID, Some(Ok(())))]);
        let written = rig.written();
        assert_eq!(written.len(), 1);
        assert_eq!(written[0].2, ctl::ReleaseClient::ID);
        rig.ask(2, 6, 4, &wds::GetStatus {});
        assert_eq!(rig.written().len(), 1);
    }

    #[test]
    fn a_vanished_peers_client_ids_go_back_even_to_a_modem_that_is_slow() {
        let mut rig = Rig::new();
        for id in 1..=20 {
            rig.allocate(1, service::WDS, id);
        }
        // One more is under way when it vanishes.
        rig.ask(
            1,
            0,
            9,
            &ctl::AllocateClient {
                service: service::NAS,
            },
        );
        let (_, late, _) = rig.written().pop().unwrap();
        rig.share.leave(1, rig.now);
        let mut asked = 0;
        loop {
            let written = rig.written();
            assert!(written.len() <= RELEASES);
            if written.is_empty() {
                break;
            }
            for (_, transaction, id) in written {
                assert_eq!(id, ctl::ReleaseClient::ID);
                asked += 1;
                rig.reply(0, 0, transaction, id, &());
            }
        }
        assert_eq!(asked, 20);
        let client = ctl::Client {
            service: service::NAS,
            id: 7,
        };
        rig.reply(
            0,
            0,
            late,
            ctl::AllocateClient::ID,
            &ctl::Allocated { client },
        );
        assert_eq!(rig.written().len(), 1);
        rig.share.tick(rig.now + RELEASE_PATIENCE);
        assert_eq!(rig.written().len(), 1);
        assert_eq!(rig.delivered(), []);
    }

    #[test]
    fn a_client_of_libqmis_hands_its_client_id_on() {
        let mut rig = Rig::new();
        rig.allocate(3, service::WDS, 5);
        rig.share.leave(3, rig.now);
        assert_eq!(rig.written(), []);
        rig.share.join(4, false);
        rig.ask(4, 5, 2, &wds::GetStatus {});
        assert_eq!(rig.written().len(), 1);
        rig.ask(2, 5, 2, &wds::GetStatus {});
        assert_eq!(rig.written(), []);
        rig.delivered();
        rig.share.leave(4, rig.now);
        assert!(!rig.share.clear(rig.now));
        let (_, transaction, id) = rig.written().pop().unwrap();
        assert_eq!(id, ctl::ReleaseClient::ID);
        rig.reply(0, 0, transaction, id, &());
        assert!(rig.share.clear(rig.now));
    }

    #[test]
    fn client_ids_without_an_owner_are_bounded() {
        let mut rig = Rig::new();
        for peer in 10..=12 {
            rig.share.join(peer, false);
            for id in 1..=20u8 {
                rig.allocate(peer, peer as u8, id);
            }
            rig.share.leave(peer, rig.now);
        }
        assert_eq!(rig.share.disowned().count(), DISOWNED_MAX);
        let under_way = |pending: &&Pending| pending.released.is_some();
        assert_eq!(rig.share.pending.iter().filter(under_way).count(), RELEASES);
        assert_eq!(rig.share.releases.len(), 60 - DISOWNED_MAX - RELEASES);
    }

    #[test]
    fn a_restarted_modem_is_told_to_all_and_nobody_owns_anything() {
        let mut rig = Rig::new();
        rig.allocate(1, service::WDS, 5);
        rig.ask(1, 5, 2, &wds::GetStatus {});
        rig.indicate(0, 0, 0x27, &ctl::Synced {});
        let to: Vec<Peer> = rig.delivered().iter().map(|delivery| delivery.0).collect();
        assert_eq!(to, [1, 2, 3]);
        rig.share.leave(1, rig.now);
        assert_eq!(rig.written().len(), 1, "the request, and no release");
    }

    #[test]
    fn a_revoked_client_id_is_told_to_its_owner() {
        let mut rig = Rig::new();
        rig.allocate(2, service::WDS, 5);
        let client = ctl::Client {
            service: service::WDS,
            id: 5,
        };
        rig.indicate(0, 0, 0x24, &ctl::Revoked { client });
        assert_eq!(rig.delivered().len(), 1);
        rig.indicate(0, 0, 0x24, &ctl::Revoked { client });
        assert_eq!(rig.delivered(), []);
    }

    #[test]
    fn a_greedy_peer_is_refused_and_hinders_nobody() {
        let mut rig = Rig::new();
        for transaction in 1..=100 {
            rig.ask(1, 1, transaction, &dms::GetRevision {});
        }
        assert_eq!(rig.written().len(), PENDING_MAX);
        let refused = rig.delivered();
        assert_eq!(refused.len(), 100 - PENDING_MAX);
        assert!(refused
            .iter()
            .all(|delivery| delivery.3 == Some(Err(ErrorCode::NO_MEMORY))));
        rig.ask(2, 1, 1, &dms::GetRevision {});
        assert_eq!(rig.written().len(), 1);
        // Requests are forgotten in the end, and a late reply then is nobody's.
        rig.share.tick(rig.now + PATIENCE);
        assert!(rig.share.pending.is_empty());
        for id in 0..CLIENTS_MAX as u8 {
            rig.allocate(1, service::NAS, id + 1);
        }
        rig.ask(
            1,
            0,
            1,
            &ctl::AllocateClient {
                service: service::NAS,
            },
        );
        assert_eq!(rig.written(), []);
        assert_eq!(
            rig.delivered()[0].3,
            Some(Err(ErrorCode::CLIENT_IDS_EXHAUSTED))
        );
    }

    #[test]
    fn strangers_and_responses_are_not_forwarded() {
        let mut rig = Rig::new();
        rig.ask(99, 0, 1, &ctl::GetVersions {});
        assert_eq!((rig.written(), rig.delivered()), (vec![], vec![]));
    }

    #[test]
    fn noise_from_the_modem_is_delivered_to_nobody() {
        // A linear congruential generator (Knuth, MMIX) as seeded noise.
        let mut rig = Rig::new();
        rig.allocate(1, service::WDS, 1);
        let mut seed = 3u64;
        for _ in 0..200 {
            let octets: Vec<u8> = (0..1000)
                .map(|_| {
                    seed = seed
                        .wrapping_mul(6_364_136_223_846_793_005)
                        .wrapping_add(1_442_695_040_888_963_407);
                    (seed >> 56) as u8 & 0x83
                })
                .collect();
            rig.share.receive(&octets, rig.now);
        }
        rig.share.tick(rig.now + SYNC_PERIOD);
        assert!(rig.share.frames.incomplete() == 0 && rig.share.clients.len() <= 1);
    }

    #[test]
    fn a_modem_that_says_nothing_is_found_silent_and_one_slow_request_is_none() {
        let mut rig = Rig::new();
        rig.ask(1, 7, 1, &dms::GetRevision {});
        assert!(!rig.share.silent(rig.now + PATIENCE));
        rig.ask(2, 8, 1, &dms::GetRevision {});
        assert!(!rig.share.silent(rig.now + SILENCE / 2));
        assert!(rig.share.silent(rig.now + SILENCE));
        assert!(rig.share.wakeup().unwrap() <= rig.now + SILENCE);
        rig.reply(service::DMS, 8, 1, dms::GetRevision::ID, &());
        assert!(!rig.share.silent(rig.now + PATIENCE));
    }
}
