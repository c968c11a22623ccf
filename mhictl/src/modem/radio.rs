// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
//! What the modem says of itself, its SIM, its registration and its signal. `session` prints it while connecting,
//! `status` asks for it with [`Query`]; serialised it goes from a running `connect` to `status`.

use std::fmt;
use std::time::{Duration, Instant};

use qmi::nas::{Registration as Reg, Service};
use qmi::uim::{AppState, CardState};
use qmi::{dms, nas, service, uim, Message};
use serde::{Deserialize, Serialize};

use crate::modem::client::{Client, Token};

/// State of the registration; serialised as its name.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Registration {
    /// Not asked yet, or the modem does not say.
    #[default]
    Unknown,
    /// Registered at home.
    Home,
    /// Registered abroad.
    Roaming,
    /// Not registered, not searching.
    Idle,
    /// Searching.
    Searching,
    /// The network refuses.
    Denied,
}

impl fmt::Display for Registration {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Registration::Unknown => "unknown",
            Registration::Home => "home",
            Registration::Roaming => "roaming",
            Registration::Idle => "not registered",
            Registration::Searching => "searching",
            Registration::Denied => "denied",
        })
    }
}

/// What carries the data.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Technology {
    /// 5G alone.
    #[serde(rename = "5G-SA")]
    Sa,
    /// 5G beside LTE.
    #[serde(rename = "5G-NSA")]
    Nsa,
    /// LTE alone.
    #[serde(rename = "LTE")]
    Lte,
    /// UMTS.
    #[serde(rename = "UMTS")]
    Umts,
    /// GSM.
    #[serde(rename = "GSM")]
    Gsm,
}

impl Technology {
    /// As it is printed.
    pub fn name(self) -> &'static str {
        match self {
            Technology::Sa => "5G-SA",
            Technology::Nsa => "5G-NSA",
            Technology::Lte => "LTE",
            Technology::Umts => "UMTS",
            Technology::Gsm => "GSM",
        }
    }
}

/// A band in use.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Band {
    /// Radio: [`Technology::Sa`] stands for 5G of either kind.
    pub radio: Technology,
    /// 3GPP's number.
    pub band: u16,
    /// Channel number.
    pub channel: u32,
    /// Width in hundreds of kHz.
    pub width: Option<u32>,
}

/// What the SIM needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Sim {
    /// Nothing.
    Ready,
    /// Time.
    Starting,
    /// A card.
    Absent,
    /// Another card, or a better contact.
    Broken,
    /// Its PIN; so many tries are left.
    Pin(u8),
    /// Its PUK; so many tries are left.
    Puk(u8),
    /// A PUK does not help any more.
    Blocked,
}

impl Sim {
    /// From a card status: the application that registers with 3GPP networks counts.
    pub fn from_cards(cards: &uim::Cards<'_>) -> Sim {
        let Some((card, app)) = cards.primary() else {
            let mut states = cards.cards.iter().map(|card| card.state);
            return if states.any(|state| state == CardState::Present) {
                Sim::Starting
            } else if cards
                .cards
                .iter()
                .any(|card| card.state == CardState::Error)
            {
                Sim::Broken
            } else {
                Sim::Absent
            };
        };
        let (pin, puk) = if app.upin_replaces {
            (card.upin_retries, card.upuk_retries)
        } else {
            (app.pin1_retries, app.puk1_retries)
        };
        match (card.state, app.state) {
            (CardState::Absent, _) => Sim::Absent,
            (CardState::Error, _) => Sim::Broken,
            (_, AppState::Ready) => Sim::Ready,
            (_, AppState::PinRequired) => Sim::Pin(pin),
            (_, AppState::PukRequired) => Sim::Puk(puk),
            (_, AppState::PinBlocked) => Sim::Blocked,
            (_, AppState::Illegal) => Sim::Broken,
            _ => Sim::Starting,
        }
    }
}

impl Sim {
    /// One word for programs.
    pub fn word(self) -> &'static str {
        match self {
            Sim::Ready => "ready",
            Sim::Starting => "starting",
            Sim::Absent => "absent",
            Sim::Broken => "unusable",
            Sim::Pin(_) => "pin-required",
            Sim::Puk(_) => "puk-required",
            Sim::Blocked => "blocked",
        }
    }
}

impl fmt::Display for Sim {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Sim::Ready => f.write_str("ready"),
            Sim::Starting => f.write_str("starting"),
            Sim::Absent => f.write_str("absent"),
            Sim::Broken => f.write_str("unusable"),
            Sim::Pin(tries) => write!(f, "PIN required, {tries} tries left"),
            Sim::Puk(tries) => write!(f, "PUK required, {tries} tries left"),
            Sim::Blocked => f.write_str("blocked"),
        }
    }
}

/// LTE signal.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Lte {
    /// Received signal strength, dBm.
    pub rssi: i8,
    /// Reference signal received power, dBm.
    pub rsrp: i16,
    /// Reference signal received quality, dB.
    pub rsrq: i8,
    /// Signal to noise ratio, dB.
    pub snr: f32,
}

/// 5G signal.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Nr {
    /// Reference signal received power, dBm.
    pub rsrp: i16,
    /// Reference signal received quality, dB.
    pub rsrq: Option<i16>,
    /// Signal to noise ratio, dB.
    pub snr: f32,
}

/// All of it; what the modem has not said is none.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Radio {
    /// Revision of the firmware.
    pub firmware: Option<String>,
    /// Model.
    pub model: Option<String>,
    /// IMEI.
    pub imei: Option<String>,
    /// State of the SIM.
    pub sim: Option<Sim>,
    /// Tries that the PIN has left, asked for or not.
    pub pin_tries: Option<u8>,
    /// Registration.
    pub registration: Registration,
    /// Whether the modem says if that is abroad; if it does not, home is but a guess.
    #[serde(skip)]
    pub tells_roaming: bool,
    /// Whether it does so with the registration; else with the technologies.
    #[serde(skip)]
    pub serving_tells: bool,
    /// Why no network registers it: 3GPP's cause.
    pub reject: Option<u8>,
    /// Name of the operator, else its code.
    pub operator: Option<String>,
    /// Mobile country code, digits.
    pub mcc: Option<String>,
    /// Mobile network code, digits.
    pub mnc: Option<String>,
    /// What carries the data.
    pub technology: Option<Technology>,
    /// LTE signal.
    pub lte: Option<Lte>,
    /// 5G signal.
    pub nr5g: Option<Nr>,
    /// Bands in use.
    pub bands: Vec<Band>,
}

impl Radio {
    /// Whether a network has registered the modem.
    pub fn registered(&self) -> bool {
        matches!(
            self.registration,
            Registration::Home | Registration::Roaming
        )
    }

    /// Takes a serving system.
    pub fn serving(&mut self, serving: &nas::ServingSystem<'_>) {
        self.serving_tells = serving.roaming.is_some();
        self.registration = match (serving.system.registration, serving.roaming) {
            // TLV 0x10 is 1 at home; values above 1 are kinds of roaming indicators of 3GPP2.
            (Reg::Registered, Some(0)) => Registration::Roaming,
            (Reg::Registered, None) if self.registered() => self.registration,
            (Reg::Registered, _) => Registration::Home,
            (Reg::Searching, _) => Registration::Searching,
            (Reg::Denied, _) => Registration::Denied,
            (Reg::NotRegistered, _) => Registration::Idle,
            _ => Registration::Unknown,
        };
        if let Some(plmn) = serving.plmn {
            let (mcc, mnc) = (format!("{:03}", plmn.mcc), format!("{:02}", plmn.mnc));
            let name = plmn.name.to_string();
            let readable = !name.trim().is_empty() && !name.contains(char::REPLACEMENT_CHARACTER);
            self.operator = Some(if readable {
                name
            } else {
                format!("{mcc}{mnc}")
            });
            (self.mcc, self.mnc) = (Some(mcc), Some(mnc));
        }
        if self.registered() {
            self.reject = None;
        } else {
            (self.operator, self.mcc, self.mnc) = (None, None, None);
            (self.technology, self.lte, self.nr5g) = (None, None, None);
            self.bands.clear();
        }
    }

    /// Takes a system info.
    pub fn systems(&mut self, info: &nas::SystemInfo) {
        let available = |status: Option<nas::ServiceStatus>| {
            status.is_some_and(|status| status.status == Service::Available)
        };
        let (lte, nr5g) = (available(info.lte), available(info.nr5g));
        self.technology = if lte && (nr5g || info.endc == Some(true)) {
            Some(Technology::Nsa)
        } else if nr5g {
            Some(Technology::Sa)
        } else if lte {
            Some(Technology::Lte)
        } else if available(info.wcdma) {
            Some(Technology::Umts)
        } else if available(info.gsm) {
            Some(Technology::Gsm)
        } else {
            None
        };
        let details = if lte { info.lte_info } else { info.nr5g_info };
        if let Some((mcc, mnc)) = details.as_ref().and_then(nas::RadioInfo::plmn) {
            // Digits tell codes of two and three digits apart, numbers do not.
            if self.technology.is_some() && !mcc.0.is_empty() && !mnc.0.is_empty() {
                (self.mcc, self.mnc) = (Some(mcc.to_string()), Some(mnc.to_string()));
            }
        }
        let known = self.registered() || self.registration == Registration::Unknown;
        if self.technology.is_some() && known {
            let roaming = details.filter(|details| details.roaming_valid);
            self.tells_roaming = self.serving_tells || roaming.is_some();
            self.registration = match (self.registration, roaming) {
                (said, _) if self.serving_tells && said != Registration::Unknown => said,
                (_, Some(details)) if details.roaming != 0 => Registration::Roaming,
                (Registration::Roaming, None) => Registration::Roaming,
                _ => Registration::Home,
            };
        }
        if !self.registered() {
            let all = [info.lte_info, info.nr5g_info];
            let rejects = all.into_iter().flatten().filter(|info| info.reject_valid);
            let mut causes = rejects.map(|info| info.reject_cause);
            self.reject = causes.find(|&cause| cause != 0);
        }
    }

    /// Takes the signal's figures.
    pub fn signal(&mut self, info: &nas::SignalInfo) {
        let tenths = |value: i16| f32::from(value) / 10.0;
        self.lte = info.lte.map(|lte| Lte {
            rssi: lte.rssi,
            rsrp: lte.rsrp,
            rsrq: lte.rsrq,
            snr: tenths(lte.snr),
        });
        // -32768 is how modems say that there is no 5G carrier.
        let carrier = info.nr5g.filter(|nr| nr.rsrp != i16::MIN);
        self.nr5g = carrier.map(|nr| Nr {
            rsrp: nr.rsrp,
            rsrq: info.nr5g_rsrq.filter(|&rsrq| rsrq != i16::MIN),
            snr: tenths(nr.snr),
        });
    }

    /// Takes a card status.
    pub fn card(&mut self, status: &uim::CardStatus<'_>) -> Sim {
        let sim = Sim::from_cards(&status.status);
        self.sim = Some(sim);
        self.pin_tries = status.status.primary().map(|(card, app)| {
            if app.upin_replaces {
                card.upin_retries
            } else {
                app.pin1_retries
            }
        });
        sim
    }

    /// Takes the bands.
    pub fn bands(&mut self, bands: &nas::RfBands<'_>) {
        let wide = bands.extended.iter().flat_map(|list| list.iter());
        let narrow = bands.bands.iter().flat_map(|list| list.iter());
        let mut found: Vec<(nas::Radio, u16, u32)> = wide
            .map(|band| (band.radio, band.class, band.channel))
            .collect();
        if found.is_empty() {
            found.extend(narrow.map(|band| (band.radio, band.class, band.channel.into())));
        }
        // The nth width of a radio belongs to its nth carrier.
        let mut widths: Vec<nas::RfWidth> =
            bands.widths.iter().flat_map(|list| list.iter()).collect();
        self.bands = found
            .into_iter()
            .filter_map(|(radio, class, channel)| {
                let at = widths.iter().position(|width| width.radio == radio);
                let width = at.and_then(|at| nas::bandwidth(widths.remove(at).code));
                let radio = match radio {
                    nas::Radio::Nr5g => Technology::Sa,
                    nas::Radio::Lte => Technology::Lte,
                    nas::Radio::Umts => Technology::Umts,
                    _ => return None,
                };
                Some(Band {
                    radio,
                    band: nas::band_number(class)?,
                    channel,
                    width,
                })
            })
            .collect();
    }

    /// Why the network refuses, as a cause of 3GPP TS 24.008 (24.301 and 24.501 use its numbers); `None` where it does not.
    pub fn reject_cause(&self) -> Option<u8> {
        self.reject.filter(|_| !self.registered())
    }

    /// The registration, and why there is none.
    pub fn registration_words(&self) -> String {
        match self.reject_cause() {
            Some(cause) => {
                let words = qmi::reject_words(cause).unwrap_or("rejected by the network");
                format!("{}: {words} (cause {cause})", self.registration)
            }
            None => self.registration.to_string(),
        }
    }

    /// The `registration` line.
    pub fn registration_line(&self) -> String {
        let mut line = self.registration_words();
        if let Some(technology) = self.technology {
            line.push_str(&format!(" technology={}", technology.name()));
        }
        if let Some(operator) = &self.operator {
            line.push_str(&format!(" operator={operator:?}"));
        }
        line
    }
}

/// A question of `status`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Query {
    /// SIM.
    Card,
    /// Registration and operator.
    Serving,
    /// Technologies.
    Systems,
    /// Signal.
    Signal,
    /// Bands.
    Bands,
    /// Revision of the firmware.
    Firmware,
    /// Model.
    Model,
    /// IMEI.
    Ids,
}

/// Asks everything that changes, and what `known` lacks of the rest; the tokens say which reply is which.
pub fn ask(
    client: &mut Client,
    known: &Radio,
    id_of: impl Fn(u8) -> Option<u8>,
    patience: Duration,
    now: Instant,
) -> Vec<(Token, Query)> {
    let mut asked = Vec::new();
    if let Some(id) = id_of(service::DMS) {
        if known.firmware.is_none() {
            let token = client.request(id, &dms::GetRevision {}, patience, now);
            asked.push((token, Query::Firmware));
        }
        if known.model.is_none() {
            let token = client.request(id, &dms::GetModel {}, patience, now);
            asked.push((token, Query::Model));
        }
        if known.imei.is_none() {
            let token = client.request(id, &dms::GetIds {}, patience, now);
            asked.push((token, Query::Ids));
        }
    }
    if let Some(id) = id_of(service::UIM) {
        asked.push((
            client.request(id, &uim::GetCardStatus {}, patience, now),
            Query::Card,
        ));
    }
    if let Some(id) = id_of(service::NAS) {
        asked.push((
            client.request(id, &nas::GetServingSystem {}, patience, now),
            Query::Serving,
        ));
        asked.push((
            client.request(id, &nas::GetSystemInfo {}, patience, now),
            Query::Systems,
        ));
        asked.push((
            client.request(id, &nas::GetSignalInfo {}, patience, now),
            Query::Signal,
        ));
        asked.push((
            client.request(id, &nas::GetRfBands {}, patience, now),
            Query::Bands,
        ));
    }
    asked
}

impl Radio {
    /// Takes the reply to a question; a refusal leaves things as they are.
    pub fn absorb(&mut self, query: Query, message: &Message<'_>) {
        if message.verdict() != Ok(Ok(())) {
            return;
        }
        match query {
            Query::Card => {
                let _ = message
                    .body()
                    .map(|body: uim::CardStatus<'_>| self.card(&body));
            }
            Query::Serving => {
                let _ = message
                    .body()
                    .map(|body: nas::ServingSystem<'_>| self.serving(&body));
            }
            Query::Systems => {
                let _ = message
                    .body()
                    .map(|body: nas::SystemInfo| self.systems(&body));
            }
            Query::Signal => {
                let _ = message
                    .body()
                    .map(|body: nas::SignalInfo| self.signal(&body));
            }
            Query::Bands => {
                let _ = message
                    .body()
                    .map(|body: nas::RfBands<'_>| self.bands(&body));
            }
            Query::Firmware => {
                let body = message.body::<dms::Revision<'_>>();
                self.firmware = body.ok().map(|body| body.revision.to_string());
            }
            Query::Model => {
                let body = message.body::<dms::Model<'_>>();
                self.model = body.ok().map(|body| body.model.to_string());
            }
            Query::Ids => {
                let imei = message.body::<dms::Ids<'_>>().ok().and_then(|ids| ids.imei);
                self.imei = imei.map(|imei| imei.to_string());
            }
        }
    }
}

#[cfg(test)]
pub mod tests {
    use super::*;
    use qmi::nas::{NamedPlmn, ServiceStatus, Serving};
    use qmi::uim::{App, Card, Cards};
    use qmi::List8;

    /// A 5G carrier beside LTE, with the signals of README.md's examples.
    pub fn beside_lte() -> Radio {
        Radio {
            lte: Some(Lte {
                rssi: -61,
                rsrp: -90,
                rsrq: -11,
                snr: 18.2,
            }),
            nr5g: Some(Nr {
                rsrp: -85,
                rsrq: Some(-10),
                snr: 23.5,
            }),
            ..Radio::default()
        }
    }

    fn serving(registration: Reg, roaming: u8, name: &'static str) -> nas::ServingSystem<'static> {
        nas::ServingSystem {
            system: Serving {
                registration,
                ..Default::default()
            },
            roaming: Some(roaming),
            plmn: Some(NamedPlmn {
                mcc: 1,
                mnc: 1,
                name: name.into(),
            }),
            ..Default::default()
        }
    }

    fn available() -> Option<ServiceStatus> {
        Some(ServiceStatus {
            status: Service::Available,
            ..Default::default()
        })
    }

    #[test]
    fn registration_line_names_operator_and_technology() {
        let mut radio = Radio::default();
        radio.serving(&serving(Reg::Registered, 1, "Test Net"));
        radio.systems(&nas::SystemInfo {
            lte: available(),
            endc: Some(true),
            ..Default::default()
        });
        assert_eq!(
            radio.registration_line(),
            "home technology=5G-NSA operator=\"Test Net\""
        );
        radio.serving(&serving(Reg::Registered, 0, ""));
        assert_eq!(
            radio.registration_line(),
            "roaming technology=5G-NSA operator=\"00101\""
        );
        radio.serving(&serving(Reg::Denied, 1, "Test Net"));
        assert_eq!(radio.registration_line(), "denied");
    }

    #[test]
    fn technology_is_the_newest_that_carries_data() {
        let technology = |lte, nr5g, endc| {
            let mut radio = Radio::default();
            radio.systems(&nas::SystemInfo {
                lte,
                nr5g,
                endc,
                ..Default::default()
            });
            radio.technology
        };
        assert_eq!(technology(available(), None, None), Some(Technology::Lte));
        assert_eq!(
            technology(available(), available(), None),
            Some(Technology::Nsa)
        );
        assert_eq!(technology(None, available(), None), Some(Technology::Sa));
        assert_eq!(technology(None, None, Some(true)), None);
    }

    #[test]
    fn system_info_alone_counts_as_registered() {
        let mut radio = Radio::default();
        radio.systems(&nas::SystemInfo {
            lte: available(),
            ..Default::default()
        });
        assert!(radio.registered());
    }

    /// LTE with details that say, or do not say, whether this is abroad.
    fn systems(roaming: Option<u8>) -> nas::SystemInfo {
        nas::SystemInfo {
            lte: available(),
            lte_info: Some(nas::RadioInfo {
                roaming_valid: roaming.is_some(),
                roaming: roaming.unwrap_or(0),
                ..Default::default()
            }),
            ..Default::default()
        }
    }

    #[test]
    fn abroad_is_what_either_message_says() {
        use Registration::{Home, Roaming};
        for (with_registration, with_technologies, expected, told) in [
            (Some(1), Some(0), Home, true),
            (Some(0), Some(0), Roaming, true),
            (Some(1), Some(1), Home, true),
            (Some(1), None, Home, true),
            (None, Some(1), Roaming, true),
            (None, Some(0), Home, true),
            (None, None, Home, false),
        ] {
            let mut radio = Radio::default();
            let mut registered = serving(Reg::Registered, 0, "Test Net");
            registered.roaming = with_registration;
            radio.serving(&registered);
            radio.systems(&systems(with_technologies));
            let found = (radio.registration, radio.tells_roaming);
            let case = (with_registration, with_technologies);
            assert_eq!(found, (expected, told), "{case:?}");
        }
        // Across the border, with nothing but the technologies to tell of it, and no word of it with the next registration.
        let mut radio = Radio::default();
        let mut registered = serving(Reg::Registered, 0, "Test Net");
        registered.roaming = None;
        for (technologies, expected) in [(Some(0), Home), (Some(1), Roaming), (Some(0), Home)] {
            radio.systems(&systems(technologies));
            radio.serving(&registered);
            assert_eq!(radio.registration, expected);
        }
    }

    #[test]
    fn a_rejected_registration_has_its_cause_in_words() {
        let mut radio = Radio::default();
        radio.serving(&serving(Reg::Denied, 1, "Test Net"));
        let mut info = nas::SystemInfo {
            lte_info: Some(nas::RadioInfo {
                reject_valid: true,
                reject_cause: 7,
                ..Default::default()
            }),
            ..Default::default()
        };
        radio.systems(&info);
        let line = "denied: data services not allowed (cause 7)";
        assert_eq!(radio.registration_line(), line);
        assert_eq!(radio.reject_cause(), Some(7));
        info.lte_info = None;
        radio.systems(&info);
        assert_eq!(radio.registration_line(), "denied");
        assert_eq!(radio.reject_cause(), None);
        info.nr5g_info = Some(nas::RadioInfo {
            reject_valid: true,
            reject_cause: 200,
            ..Default::default()
        });
        radio.systems(&info);
        let line = "denied: rejected by the network (cause 200)";
        assert_eq!(radio.registration_line(), line);
        radio.serving(&serving(Reg::Registered, 1, "Test Net"));
        assert_eq!(radio.registration_line(), "home operator=\"Test Net\"");
    }

    fn sim(state: CardState, app: AppState) -> Sim {
        let apps = [App {
            state: app,
            pin1_retries: 3,
            puk1_retries: 10,
            ..Default::default()
        }];
        let cards = [Card {
            state,
            apps: List8::new(&apps),
            ..Default::default()
        }];
        Sim::from_cards(&Cards {
            primary_gw: 0,
            cards: List8::new(&cards),
            ..Default::default()
        })
    }

    #[test]
    fn sim_states_are_told_apart() {
        assert_eq!(sim(CardState::Present, AppState::Ready), Sim::Ready);
        assert_eq!(sim(CardState::Present, AppState::PinRequired), Sim::Pin(3));
        assert_eq!(sim(CardState::Present, AppState::PukRequired), Sim::Puk(10));
        assert_eq!(sim(CardState::Present, AppState::PinBlocked), Sim::Blocked);
        assert_eq!(sim(CardState::Present, AppState::Detected), Sim::Starting);
        assert_eq!(sim(CardState::Error, AppState::Unknown), Sim::Broken);
    }

    #[test]
    fn no_application_means_absent_or_starting() {
        let absent = [Card::default()];
        let present = [
            Card::default(),
            Card {
                state: CardState::Present,
                ..Default::default()
            },
        ];
        let cards = |cards| Cards {
            primary_gw: 0xffff,
            cards: List8::new(cards),
            ..Default::default()
        };
        assert_eq!(Sim::from_cards(&cards(&absent)), Sim::Absent);
        assert_eq!(Sim::from_cards(&cards(&present)), Sim::Starting);
        assert_eq!(Sim::from_cards(&cards(&[])), Sim::Absent);
    }

    #[test]
    fn three_digit_networks_are_told_by_their_digits() {
        let mut radio = Radio::default();
        radio.serving(&serving(Reg::Registered, 1, "Test Net"));
        assert_eq!(
            (radio.mcc.as_deref(), radio.mnc.as_deref()),
            (Some("001"), Some("01"))
        );
        radio.systems(&nas::SystemInfo {
            nr5g: available(),
            nr5g_info: Some(nas::RadioInfo {
                plmn_valid: true,
                mcc: *b"310",
                mnc: *b"026",
                ..Default::default()
            }),
            ..Default::default()
        });
        assert_eq!(
            (radio.mcc.as_deref(), radio.mnc.as_deref()),
            (Some("310"), Some("026"))
        );
    }

    #[test]
    fn bands_have_numbers_channels_and_widths() {
        let class = |radio, band| nas::band_class(radio, band).unwrap();
        let narrow = [nas::RfBand {
            radio: nas::Radio::Lte,
            class: class(nas::Radio::Lte, 3),
            channel: 1650,
        }];
        let wide = [
            nas::RfBandExtended {
                radio: nas::Radio::Lte,
                class: class(nas::Radio::Lte, 3),
                channel: 1650,
            },
            nas::RfBandExtended {
                radio: nas::Radio::Nr5g,
                class: class(nas::Radio::Nr5g, 78),
                channel: 636_666,
            },
            nas::RfBandExtended {
                radio: nas::Radio::Nr5g,
                class: 999,
                channel: 1,
            },
        ];
        let widths = [nas::RfWidth {
            radio: nas::Radio::Nr5g,
            code: 17,
        }];
        let mut radio = Radio::default();
        radio.bands(&nas::RfBands {
            bands: Some(List8::new(&narrow)),
            extended: Some(List8::new(&wide)),
            widths: Some(List8::new(&widths)),
        });
        let (lte, nr5g) = (
            Band {
                radio: Technology::Lte,
                band: 3,
                channel: 1650,
                width: None,
            },
            Band {
                radio: Technology::Sa,
                band: 78,
                channel: 636_666,
                width: Some(1000),
            },
        );
        assert_eq!(radio.bands, [lte, nr5g]);
        radio.bands(&nas::RfBands {
            bands: Some(List8::new(&narrow)),
            ..Default::default()
        });
        assert_eq!(radio.bands, [lte]);
    }

    #[test]
    fn signal_is_in_decibels_and_a_missing_carrier_is_none() {
        let mut radio = Radio::default();
        let lte = nas::LteSignal {
            rssi: -60,
            rsrq: -11,
            rsrp: -92,
            snr: 184,
        };
        radio.signal(&nas::SignalInfo {
            lte: Some(lte),
            nr5g: Some(nas::Nr5gSignal {
                rsrp: i16::MIN,
                snr: 0,
            }),
            nr5g_rsrq: None,
        });
        assert_eq!(
            radio.lte,
            Some(Lte {
                rssi: -60,
                rsrp: -92,
                rsrq: -11,
                snr: 18.4
            })
        );
        assert_eq!(radio.nr5g, None);
    }
}
