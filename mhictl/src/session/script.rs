// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
//! A scripted modem and a rig without clocks, for the tests of `session`: frames in, frames out, time jumps to the next timer.

use std::collections::{HashMap, VecDeque};
use std::time::{Duration, Instant};

use qmi::nas::{self, NamedPlmn, ServiceStatus, Serving};
use qmi::uim::{App, AppState, Card, CardState, Cards};
use qmi::{
    ctl, dms, service, uim, wda, wds, Builder, CallEnd, ErrorCode, Frame, List8, Message, Verbose,
};

use super::table::{State, Trigger};
use super::{Claim, Output, Session};
use crate::cli::ConnectArgs;
use crate::config::Config;
use crate::exit::{Error, Exit};
use crate::hook::Event;

/// A message of the protocol: service and id.
pub type Which = (u8, u16);

/// The proxy's opening of the port.
pub const OPEN: Which = (service::CTL, 0xff00);
/// CTL client release.
pub const RELEASE: Which = (service::CTL, 0x23);
/// UIM PIN verification.
pub const VERIFY: Which = (service::UIM, 0x26);
/// WDS mux id.
pub const BIND: Which = (service::WDS, 0xa2);
/// WDS family.
pub const FAMILY: Which = (service::WDS, 0x4d);
/// WDS indications.
pub const INDICATIONS: Which = (service::WDS, 0x03);
/// WDS session start.
pub const START: Which = (service::WDS, 0x20);
/// WDS session stop.
pub const STOP: Which = (service::WDS, 0x21);
/// WDS session state.
pub const STATUS: Which = (service::WDS, 0x22);
/// WDS settings.
pub const SETTINGS: Which = (service::WDS, 0x2d);
/// WDA format.
pub const SET_FORMAT: Which = (service::WDA, 0x20);

/// What the scripted modem is like, and what it was asked.
pub struct Script {
    /// Requests in order.
    pub log: Vec<Which>,
    /// Messages that get no reply.
    pub silent: Vec<Which>,
    /// A message that gets no reply, once: the first time that it is asked, the second, and so on.
    pub silent_once: Option<(Which, usize)>,
    /// Messages that are refused.
    pub refused: HashMap<Which, ErrorCode>,
    /// Newest QMAP that it speaks.
    pub newest: wda::Aggregation,
    /// Why the proxy does not open the port.
    pub closed: Option<Exit>,
    /// Whether it has no QMAP format until one is set.
    pub raw: bool,
    /// Whether it echoes a format that nobody can use.
    pub absurd_format: bool,
    /// Card.
    pub card: CardState,
    /// Card application.
    pub app: AppState,
    /// Tries of the PIN.
    pub tries: u8,
    /// Its right PIN.
    pub pin: &'static str,
    /// Whether the card takes the right PIN without becoming ready at once.
    pub slow_pin: bool,
    /// Registration.
    pub registration: nas::Registration,
    /// Whether it is abroad.
    pub abroad: bool,
    /// Whether it says so with the registration, and with the technologies.
    pub tells_roaming: (bool, bool),
    /// Profiles that sessions were started with.
    pub profiles: Vec<Option<u8>>,
    /// Whether its radio is locked.
    pub radio_locked: bool,
    /// How often it refuses still to switch its radio on once that is unlocked.
    pub radio_sleepy: usize,
    /// Operating mode.
    pub mode: dms::Mode,
    /// Whether a session is in a state to be asked for.
    pub connection: wds::Connection,
    /// Authentications that sessions were asked for with.
    pub authentications: Vec<Option<u8>>,
    /// The only authentication that the network takes, if it is particular.
    pub only_authentication: Option<u8>,
    /// Why it refuses the others: verbose 3GPP reason; none says nothing.
    pub authentication_reason: Option<i16>,
    /// Families that the network refuses.
    pub refused_families: Vec<wds::Family>,
    /// Families that the modem does not know.
    pub unknown_families: Vec<wds::Family>,
    /// A family without settings, and whether the modem refuses to give them.
    pub unsettled: Option<(wds::Family, bool)>,
    /// Whether it forgets to give an address.
    pub no_address: bool,
    /// Added to the transaction ids of its replies.
    pub transaction_error: u16,
    /// Octets before each reply.
    pub garbage: Vec<u8>,
    /// Clients that it has given out and not taken back.
    pub clients: Vec<(u8, u8)>,
    /// Sessions that run.
    pub sessions: Vec<u8>,
    /// After how many requests it loses all of that, and the octets that tell of it, if any.
    pub forgets: Option<(usize, Vec<u8>)>,
    /// Clients that it has lost.
    lost: Vec<(u8, u8)>,
    pub families: HashMap<u8, wds::Family>,
    next_client: u8,
}

impl Default for Script {
    fn default() -> Self {
        Script {
            log: Vec::new(),
            silent: Vec::new(),
            silent_once: None,
            refused: HashMap::new(),
            newest: wda::Aggregation::QmapV5,
            closed: None,
            raw: false,
            absurd_format: false,
            card: CardState::Present,
            app: AppState::Ready,
            tries: 3,
            pin: "1234",
            slow_pin: false,
            registration: nas::Registration::Registered,
            abroad: false,
            tells_roaming: (true, true),
            profiles: Vec::new(),
            radio_locked: false,
            radio_sleepy: 0,
            mode: dms::Mode::Online,
            connection: wds::Connection::Connected,
            authentications: Vec::new(),
            only_authentication: None,
            authentication_reason: Some(29),
            refused_families: Vec::new(),
            unknown_families: Vec::new(),
            unsettled: None,
            no_address: false,
            transaction_error: 0,
            garbage: Vec::new(),
            clients: Vec::new(),
            sessions: Vec::new(),
            forgets: None,
            lost: Vec::new(),
            families: HashMap::new(),
            next_client: 0,
        }
    }
}

impl Script {
    /// Answers one frame of the host; none is silence.
    pub fn reply(&mut self, frame: &[u8]) -> Option<Vec<u8>> {
        let (frame, rest) = Frame::parse(frame).expect("the host writes whole frames");
        assert!(rest.is_empty());
        let request = Message::parse(&frame).expect("the host writes messages");
        let which = (request.service, request.id);
        self.log.push(which);
        let count = self.log.iter().filter(|&&asked| asked == which).count();
        if self.silent.contains(&which) || self.silent_once == Some((which, count)) {
            return None;
        }
        let client = (request.service, request.client);
        let lost = self.lost.contains(&client);
        if which != OPEN && request.service != service::CTL {
            assert!(
                lost || self.clients.contains(&client),
                "{which:02x?} from a client that was never allocated"
            );
        }
        let mut room = [0; 1024];
        let transaction = request.transaction.wrapping_add(self.transaction_error);
        let to = Builder::response(
            &mut room,
            request.service,
            request.client,
            transaction,
            request.id,
        );
        let bytes = match self.refused.get(&which) {
            _ if lost => to.verdict(Err(ErrorCode::INVALID_CLIENT_ID)),
            Some(&code) => to.verdict(Err(code)),
            None => self.body(&request, to),
        };
        let mut octets = self.garbage.clone();
        octets.extend_from_slice(bytes.finish().expect("the reply fits"));
        let forgets = self.forgets.take_if(|(count, _)| self.log.len() >= *count);
        if let Some((_, told)) = forgets {
            self.lost.append(&mut self.clients);
            self.sessions.clear();
            octets.extend(told);
        }
        Some(octets)
    }

    fn body<'b>(&mut self, request: &Message<'_>, to: Builder<'b>) -> Builder<'b> {
        let ok = |to: Builder<'b>| to.verdict(Ok(()));
        match (request.service, request.id) {
            OPEN if self.closed.is_some() => {
                let why = ctl::ProxyOpened {
                    exit: self.closed.map(Exit::code),
                    what: Some("the port is closed".into()),
                    next: None,
                };
                to.verdict(Err(ErrorCode::INTERNAL)).body(&why)
            }
            OPEN => {
                let path = request.body::<ctl::ProxyOpen<'_>>().unwrap().path;
                assert_eq!(path.to_string(), "/dev/wwan0qmi0");
                self.clients.clear();
                self.sessions.clear();
                ok(to)
            }
            (service::CTL, 0x21) => {
                let services: Vec<ctl::Version> = [
                    service::WDS,
                    service::DMS,
                    service::NAS,
                    service::UIM,
                    service::WDA,
                ]
                .map(|service| ctl::Version {
                    service,
                    major: 1,
                    minor: 0,
                })
                .to_vec();
                ok(to).body(&ctl::Versions {
                    services: List8::new(&services),
                })
            }
            (service::CTL, 0x22) => {
                let service = request.body::<ctl::AllocateClient>().unwrap().service;
                self.next_client = self.next_client.checked_add(1).unwrap_or(1);
                self.clients.push((service, self.next_client));
                ok(to).body(&ctl::Allocated {
                    client: ctl::Client {
                        service,
                        id: self.next_client,
                    },
                })
            }
            RELEASE => {
                let client = request.body::<ctl::ReleaseClient>().unwrap().client;
                self.clients
                    .retain(|&known| known != (client.service, client.id));
                ok(to).body(&ctl::Allocated { client })
            }
            (service::DMS, 0x23) => ok(to).body(&dms::Revision {
                revision: "TEST01".into(),
            }),
            (service::DMS, 0x2d) => ok(to).body(&dms::OperatingMode {
                mode: self.mode,
                ..Default::default()
            }),
            (service::DMS, 0x2e) if self.radio_locked => {
                to.verdict(Err(ErrorCode::INVALID_TRANSITION))
            }
            (service::DMS, 0x2e) if self.radio_sleepy > 0 => {
                self.radio_sleepy -= 1;
                to.verdict(Err(ErrorCode::INTERNAL))
            }
            (service::DMS, 0x2e) => {
                self.mode = dms::Mode::Online;
                ok(to)
            }
            (service::UIM, 0x2f) => {
                let apps = [App {
                    kind: uim::AppType::Usim,
                    state: self.app,
                    pin1_retries: self.tries,
                    puk1_retries: 10,
                    ..Default::default()
                }];
                let present = self.card == CardState::Present;
                let cards = [Card {
                    state: self.card,
                    apps: List8::new(if present { &apps } else { &[] }),
                    ..Default::default()
                }];
                let primary_gw = if present { 0 } else { 0xffff };
                ok(to).body(&uim::CardStatus {
                    status: Cards {
                        primary_gw,
                        cards: List8::new(&cards),
                        ..Default::default()
                    },
                })
            }
            VERIFY => {
                let pin = request
                    .body::<uim::VerifyPin<'_>>()
                    .unwrap()
                    .pin
                    .digits
                    .to_string();
                if pin == self.pin {
                    if !self.slow_pin {
                        self.app = AppState::Ready;
                    }
                    return ok(to);
                }
                self.tries -= 1;
                let retries = Some(uim::Retries {
                    verify: self.tries,
                    unblock: 10,
                });
                to.verdict(Err(ErrorCode::INCORRECT_PIN))
                    .body(&uim::PinResult { retries })
            }
            (service::NAS, 0x24) => ok(to).body(&nas::ServingSystem {
                system: Serving {
                    registration: self.registration,
                    ..Default::default()
                },
                roaming: self.tells_roaming.0.then_some(u8::from(!self.abroad)),
                plmn: Some(NamedPlmn {
                    mcc: 1,
                    mnc: 1,
                    name: "Test".into(),
                }),
                ..Default::default()
            }),
            (service::NAS, 0x4d) => {
                let served = self.registration == nas::Registration::Registered;
                let lte = served.then_some(ServiceStatus {
                    status: nas::Service::Available,
                    ..Default::default()
                });
                let denied = self.registration == nas::Registration::Denied;
                ok(to).body(&nas::SystemInfo {
                    lte,
                    lte_info: Some(nas::RadioInfo {
                        roaming_valid: self.tells_roaming.1,
                        roaming: self.abroad.into(),
                        reject_valid: denied,
                        reject_cause: if denied { 11 } else { 0 },
                        ..Default::default()
                    }),
                    ..Default::default()
                })
            }
            (service::NAS, 0x4f) => {
                let lte = Some(nas::LteSignal {
                    rssi: -60,
                    rsrq: -11,
                    rsrp: -92,
                    snr: 184,
                });
                ok(to).body(&nas::SignalInfo {
                    lte,
                    ..Default::default()
                })
            }
            SET_FORMAT => {
                let wanted = request.body::<wda::SetDataFormat>().unwrap();
                if u32::from(wanted.downlink.unwrap()) > self.newest.into() {
                    return to.verdict(Err(ErrorCode::INVALID_ARGUMENT));
                }
                self.raw = false;
                ok(to).body(&self.format())
            }
            (service::WDA, 0x21) if self.raw => ok(to).body(&wda::DataFormat {
                link_layer: Some(wda::LinkLayer::RawIp),
                uplink: Some(wda::Aggregation::Disabled),
                downlink: Some(wda::Aggregation::Disabled),
                ..Default::default()
            }),
            (service::WDA, 0x21) => ok(to).body(&self.format()),
            (service::WDS, 0x4d) => {
                let family = request.body::<wds::SetIpFamily>().unwrap().family;
                if self.unknown_families.contains(&family) {
                    return to.verdict(Err(ErrorCode::INVALID_IP_FAMILY_PREFERENCE));
                }
                self.families.insert(request.client, family);
                ok(to)
            }
            START => {
                let wanted = request.body::<wds::StartNetwork<'_>>().unwrap();
                self.profiles.push(wanted.profile);
                self.authentications.push(wanted.authentication);
                let family = wanted.family.unwrap();
                if self.only_authentication.is_some()
                    && self.only_authentication != wanted.authentication
                {
                    let end = CallEnd {
                        reason: None,
                        verbose: self.authentication_reason.map(Verbose::gpp),
                    };
                    return to.verdict(Err(ErrorCode::CALL_FAILED)).body(&end);
                }
                if self.refused_families.contains(&family) {
                    let end = CallEnd {
                        reason: None,
                        verbose: Some(Verbose::gpp(50)),
                    };
                    return to.verdict(Err(ErrorCode::CALL_FAILED)).body(&end);
                }
                self.sessions.push(request.client);
                ok(to).body(&wds::Started {
                    handle: 0x1234_0000 | u32::from(request.client),
                })
            }
            STOP => {
                let handle = request.body::<wds::StopNetwork>().unwrap().handle;
                assert_eq!(handle, 0x1234_0000 | u32::from(request.client));
                self.sessions.retain(|&client| client != request.client);
                ok(to)
            }
            STATUS => ok(to).body(&wds::Status {
                connection: self.connection,
            }),
            SETTINGS
                if self.unsettled.is_some_and(|(family, _)| {
                    self.families.get(&request.client) == Some(&family)
                }) =>
            {
                match self.unsettled {
                    Some((_, true)) => to.verdict(Err(ErrorCode::INTERNAL)),
                    _ => ok(to).body(&wds::Settings::default()),
                }
            }
            SETTINGS if self.no_address => ok(to).body(&wds::Settings::default()),
            SETTINGS => ok(to).body(&match self.families.get(&request.client) {
                Some(wds::Family::Ipv6) => wds::Settings {
                    address6: Some(wds::Ipv6Prefix {
                        address: "2001:db8:81::2".parse().unwrap(),
                        length: 64,
                    }),
                    dns6_1: Some("2606:4700:4700::1111".parse().unwrap()),
                    ..Default::default()
                },
                _ => wds::Settings {
                    address: Some("10.64.129.2".parse().unwrap()),
                    mask: Some("255.255.255.240".parse().unwrap()),
                    dns1: Some("1.1.1.1".parse().unwrap()),
                    mtu: Some(1430),
                    ..Default::default()
                },
            }),
            _ => ok(to),
        }
    }

    fn format(&self) -> wda::DataFormat {
        wda::DataFormat {
            link_layer: Some(wda::LinkLayer::RawIp),
            uplink: Some(self.newest),
            downlink: Some(if self.absurd_format {
                wda::Aggregation::Mbim
            } else {
                self.newest
            }),
            downlink_max_packets: Some(32),
            downlink_max_size: Some(16384),
            uplink_max_packets: Some(11),
            uplink_max_size: Some(8192),
            ..Default::default()
        }
    }
}

/// A session with its modem, and what came of it.
pub struct Rig {
    /// The session.
    pub session: Session,
    /// The modem.
    pub modem: Script,
    /// Now.
    pub now: Instant,
    /// When it began.
    pub start: Instant,
    /// Printed lines, `word: text`.
    pub lines: Vec<String>,
    /// Work that was ordered, lines excepted.
    pub work: Vec<Output>,
    /// How opening the port fails.
    pub no_port: Option<(Error, bool)>,
    /// How the lock on the radio resists; none opens it.
    pub no_unlock: Option<Error>,
    /// How often the SIM is another session's before it is this one's.
    pub others_turns: usize,
    /// How the data channel is used, question by question; then alone.
    pub claims: VecDeque<Claim>,
    /// How the kernel refuses the link.
    pub no_link: Option<Error>,
    /// How the kernel refuses addresses.
    pub no_address: Option<Error>,
    /// What becomes of the link while it is up, look by look; then nothing.
    pub links: VecDeque<Result<bool, Error>>,
    /// The end.
    pub result: Option<Result<(), Error>>,
}

impl Rig {
    /// A session for IPv4 and APN `internet`.
    pub fn new(change: impl FnOnce(&mut ConnectArgs)) -> Self {
        let mut args = ConnectArgs {
            apn: Some("internet".into()),
            mux: "129".into(),
            timeout: 90,
            metric: 700,
            ..Default::default()
        };
        change(&mut args);
        let start = Instant::now();
        Rig {
            session: Session::new(Config::try_from(args).unwrap(), 0, start),
            modem: Script::default(),
            now: start,
            start,
            lines: Vec::new(),
            work: Vec::new(),
            no_port: None,
            no_unlock: None,
            others_turns: 0,
            claims: VecDeque::new(),
            no_link: None,
            no_address: None,
            links: VecDeque::new(),
            result: None,
        }
    }

    /// Does what is ordered until nothing is left to do without time passing.
    pub fn settle(&mut self) {
        for _ in 0..10_000 {
            if let Some(output) = self.session.output() {
                self.work(output);
            } else if let Some(frame) = self.session.outgoing().map(<[u8]>::to_vec) {
                self.session.sent();
                if let Some(octets) = self.modem.reply(&frame) {
                    self.session.receive(&octets, self.now);
                }
            } else {
                return;
            }
        }
        panic!("the session never settles");
    }

    fn work(&mut self, output: Output) {
        match output.clone() {
            Output::Open => match self.no_port.clone() {
                Some((error, later)) => self.session.not_open(error, later, self.now),
                None => self.session.opened("/dev/wwan0qmi0".into(), None, self.now),
            },
            Output::UnlockRadio => {
                let result = self.no_unlock.clone().map_or(Ok(()), Err);
                if result.is_ok() {
                    self.modem.radio_locked = false;
                }
                self.session.radio_unlocked(result, self.now);
            }
            Output::TakeTurn => {
                let free = self.others_turns == 0;
                self.others_turns = self.others_turns.saturating_sub(1);
                self.session.turn_taken(Ok(free), self.now);
            }
            Output::Claim => {
                let claim = self.claims.pop_front().unwrap_or(Claim::Alone);
                self.session.claimed(Ok(claim), self.now);
            }
            Output::MakeLink(_) => {
                let result = self
                    .no_link
                    .clone()
                    .map_or(Ok("rmnet_mhi0.1".to_owned()), Err);
                self.session.link_made(result, self.now);
            }
            Output::Configure(granted) => {
                let lines = granted
                    .iter()
                    .map(|addressing| ("address", addressing.line(1430)))
                    .collect();
                self.session
                    .configured(self.no_address.clone().map_or(Ok(lines), Err), self.now);
            }
            Output::CheckLink => {
                let result = self.links.pop_front().unwrap_or(Ok(false));
                self.session.link_checked(result, self.now);
            }
            Output::Line(word, text) => {
                self.lines.push(format!("{word}: {text}"));
                return;
            }
            Output::Finish(result) => self.result = Some(result),
            _ => {}
        }
        self.work.push(output);
    }

    /// Lets time pass from timer to timer until `done`, for an hour at most.
    pub fn run_until(&mut self, done: impl Fn(&Rig) -> bool) {
        let end = self.now + Duration::from_secs(3600);
        loop {
            self.settle();
            if done(self) {
                return;
            }
            let wakeup = self
                .session
                .wakeup()
                .expect("a session that waits has a timer");
            assert!(
                wakeup < end,
                "nothing came of it in an hour, state {:?}",
                self.session.state()
            );
            self.now = self.now.max(wakeup);
            self.session.tick(self.now);
        }
    }

    /// Until traffic flows.
    pub fn run_up(&mut self) {
        self.run_until(|rig| rig.session.state() == State::Up || rig.result.is_some());
        assert_eq!(self.result, None, "{:?}", self.lines);
    }

    /// Until it ends; returns how.
    pub fn run_out(&mut self) -> Result<(), Error> {
        self.run_until(|rig| rig.result.is_some());
        self.result.clone().unwrap()
    }

    /// Until it ends with an error; returns its code and text.
    pub fn run_down(&mut self) -> (Exit, String) {
        let error = self.run_out().unwrap_err();
        (error.exit, error.what)
    }

    /// Octets from the modem.
    pub fn receive(&mut self, octets: &[u8]) {
        self.session.receive(octets, self.now);
        self.settle();
    }

    /// What the hook was told: event, exit code, addresses.
    pub fn told(&self) -> Vec<(Event, Option<Exit>, usize)> {
        self.work
            .iter()
            .filter_map(|output| match output {
                Output::Tell(event, news) => Some((*event, news.exit, news.granted.len())),
                _ => None,
            })
            .collect()
    }

    /// Seconds since the beginning.
    pub fn seconds(&self) -> u64 {
        self.now.duration_since(self.start).as_secs()
    }

    /// Rows taken so far.
    pub fn history(&self) -> &[(State, Trigger)] {
        &self.session.history
    }

    /// How often a message was asked.
    pub fn asked(&self, which: Which) -> usize {
        self.modem
            .log
            .iter()
            .filter(|&&asked| asked == which)
            .count()
    }
}
