// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
//! A host for the tests: sends requests to the port and sorts what comes back into answers and indications.

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::{Duration, Instant};

use qmi::{
    ctl, service, uim, wda, wds, Body, Builder, CallEnd, ErrorCode, Frame, Indication, Kind,
    Message, Request, Tlvs,
};

use crate::port::Port;
use crate::qmi::Qmi;
use crate::session::Modem;

/// A host with its modem.
pub struct Host {
    modem: Arc<Mutex<Modem>>,
    port: Qmi,
    transaction: u16,
    indications: Vec<Vec<u8>>,
}

/// The response to a request.
pub struct Response(Vec<u8>);

/// The refusal of a request.
pub struct Refused {
    code: ErrorCode,
    bytes: Vec<u8>,
}

impl Response {
    /// Its TLVs, typed.
    pub fn body<'a, B: Body<'a>>(&'a self) -> B {
        parse(&self.0).body().expect("response lacks a TLV")
    }
}

impl Refused {
    /// Its TLVs, typed.
    pub fn body<'a, B: Body<'a>>(&'a self) -> B {
        parse(&self.bytes).body().expect("refusal lacks a TLV")
    }
}

impl fmt::Debug for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.code.fmt(f)
    }
}

impl fmt::Debug for Response {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:x?}", self.0)
    }
}

impl PartialEq<ErrorCode> for Refused {
    fn eq(&self, other: &ErrorCode) -> bool {
        self.code == *other
    }
}

impl Host {
    /// A host and a fresh modem.
    pub fn new() -> Self {
        let modem = Arc::new(Mutex::new(Modem::default()));
        Host {
            port: Qmi::new(Arc::clone(&modem)),
            modem,
            transaction: 0,
            indications: Vec::new(),
        }
    }

    /// The modem's state.
    pub fn modem(&self) -> MutexGuard<'_, Modem> {
        self.modem.lock().unwrap()
    }

    /// The port itself.
    pub fn port(&mut self) -> &mut Qmi {
        &mut self.port
    }

    /// One transfer to the modem.
    pub fn send(&mut self, bytes: &[u8]) {
        self.port.receive(bytes, Instant::now());
    }

    /// One transfer from the modem.
    pub fn receive(&mut self) -> Option<Vec<u8>> {
        self.port.poll(Instant::now())
    }

    /// What comes a moment later.
    pub fn later(&mut self) {
        let now = Instant::now() + Duration::from_secs(1);
        while let Some(bytes) = self.port.poll(now) {
            self.indications.push(bytes);
        }
    }

    /// A control request.
    pub fn command(&mut self, words: &str) -> Result<String, String> {
        self.port.command(&words.split(' ').collect::<Vec<_>>())
    }

    /// The port's counters.
    pub fn stats(&mut self) -> String {
        self.command("stats").unwrap()
    }

    /// A typed request and its response.
    pub fn call<'r, R: Request + Body<'r>>(
        &mut self,
        client: u8,
        request: &R,
    ) -> Result<Response, Refused> {
        self.transaction = self.transaction % 255 + 1;
        let mut buffer = [0; 1024];
        let frame = Builder::call(&mut buffer, client, self.transaction, request)
            .finish()
            .unwrap()
            .to_vec();
        self.exchange(&frame)
    }

    /// A request by numbers and its response.
    pub fn raw(
        &mut self,
        service: u8,
        client: u8,
        id: u16,
        tlvs: &[u8],
    ) -> Result<Response, Refused> {
        self.transaction = self.transaction % 255 + 1;
        let mut buffer = [0; 1024];
        let tlvs = Tlvs::new(tlvs).expect("test's TLVs are broken");
        let frame = Builder::request(&mut buffer, service, client, self.transaction, id).tlvs(tlvs);
        let frame = frame.finish().unwrap().to_vec();
        self.exchange(&frame)
    }

    /// A captured request and its response.
    pub fn replay(&mut self, hex: &str) -> Result<Response, Refused> {
        self.exchange(&unhex(hex))
    }

    fn exchange(&mut self, request: &[u8]) -> Result<Response, Refused> {
        let asked = parse(request);
        self.send(request);
        let mut response = None;
        while let Some(bytes) = self.receive() {
            let message = parse(&bytes);
            if message.kind == Kind::Indication {
                self.indications.push(bytes);
                continue;
            }
            let (service, client, transaction, id) = (
                message.service,
                message.client,
                message.transaction,
                message.id,
            );
            assert_eq!((service, client), (asked.service, asked.client));
            assert_eq!((transaction, id), (asked.transaction, asked.id));
            assert!(response.is_none(), "two responses to one request");
            response = Some(
                match message.verdict().expect("response lacks its verdict") {
                    Ok(()) => Ok(Response(bytes)),
                    Err(code) => Err(Refused { code, bytes }),
                },
            );
        }
        response.expect("no response")
    }

    /// A new client of a service.
    pub fn client(&mut self, service: u8) -> u8 {
        let allocated: ctl::Allocated = self
            .call(0, &ctl::AllocateClient { service })
            .unwrap()
            .body();
        assert_eq!(allocated.client.service, service);
        allocated.client.id
    }

    /// How many indications of a kind came so far.
    pub fn indications<I: Indication>(&self) -> usize {
        self.kept::<I>().count()
    }

    /// The last indication of a kind.
    pub fn last<I: Indication>(&self) -> Option<Vec<u8>> {
        self.kept::<I>().last().cloned()
    }

    fn kept<I: Indication>(&self) -> impl Iterator<Item = &Vec<u8>> {
        self.indications.iter().filter(|bytes| {
            let message = parse(bytes);
            (message.service, message.id) == (I::SERVICE, I::ID)
        })
    }

    /// Binds a WDS client and starts an IPv4 session.
    pub fn start(&mut self, client: u8, mux: u8, apn: &str) -> Result<u32, Refused> {
        let bind = wds::BindMuxDataPort {
            endpoint: Some(wda::Endpoint::PCIE),
            mux_id: Some(mux),
            ..Default::default()
        };
        self.call(client, &bind)?;
        let start = wds::StartNetwork {
            apn: Some(apn.into()),
            family: Some(wds::Family::Ipv4),
            ..Default::default()
        };
        let started: wds::Started = self.call(client, &start)?.body();
        Ok(started.handle)
    }

    /// In what words a session is refused.
    pub fn refusal_of_start(&mut self, client: u8, apn: &str) -> String {
        let start = wds::StartNetwork {
            apn: Some(apn.into()),
            ..Default::default()
        };
        let refused = self.call(client, &start).unwrap_err();
        assert_eq!(refused, ErrorCode::CALL_FAILED);
        refused.body::<CallEnd>().to_string()
    }

    /// The SIM's application.
    pub fn app(&mut self, client: u8) -> uim::App<'static> {
        let answer = self.call(client, &uim::GetCardStatus {}).unwrap();
        let status: uim::CardStatus = answer.body();
        let (_, app) = status.status.primary().unwrap();
        uim::App {
            aid: Default::default(),
            ..app
        }
    }

    /// Settings of a client's session, IPv4.
    pub fn settings(&mut self, client: u8) -> Result<wds::Settings<'static>, Refused> {
        let wanted = wds::GetSettings {
            requested: Some(wds::requested::SESSION),
        };
        let answer = self.call(client, &wanted)?;
        let settings: wds::Settings = answer.body();
        Ok(wds::Settings {
            apn: None,
            profile_name: None,
            user: None,
            ..settings
        })
    }
}

/// A frame's message.
pub fn parse(bytes: &[u8]) -> Message<'_> {
    let (frame, rest) = Frame::parse(bytes).unwrap();
    assert!(rest.is_empty(), "more than a frame in a transfer");
    Message::parse(&frame).unwrap()
}

/// Bytes from hexadecimal digits; whatever else is in the text is ignored.
pub fn unhex(hex: &str) -> Vec<u8> {
    let digits: Vec<u8> = hex
        .chars()
        .filter_map(|c| c.to_digit(16))
        .map(|digit| digit as u8)
        .collect();
    digits
        .chunks(2)
        .map(|pair| (pair[0] << 4) | pair[1])
        .collect()
}

/// Services that have clients.
pub const SERVICES: [u8; 9] = [
    service::WDS,
    service::DMS,
    service::NAS,
    service::WMS,
    service::UIM,
    service::LOC,
    service::WDA,
    service::PDC,
    service::DSD,
];
