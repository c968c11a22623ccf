// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
//! What the modem says of itself, its SIM, its registration and its signal. `session` prints it while connecting,
//! `status` asks for it with [`Query`]; serialised it is part of `status --json`.

use std::fmt;
use std::time::{Duration, Instant};

use qmi::nas::{Registration as Reg, Service};
use qmi::uim::{AppState, CardState};
use qmi::{nas, service, uim, Message};
use serde::Serialize;

use crate::modem::client::{Client, Token};

/// State of the registration; serialised as its name.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
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

/// What the SIM needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
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
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
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
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Nr {
    /// Reference signal received power, dBm.
    pub rsrp: i16,
    /// Reference signal received quality, dB.
    pub rsrq: Option<i16>,
    /// Signal to noise ratio, dB.
    pub snr: f32,
}

/// All of it; what the modem has not said is none.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Radio {
    /// Revision of the firmware.
    pub firmware: Option<String>,
    /// State of the SIM in words.
    pub sim: Option<String>,
    /// Registration.
    pub registration: Registration,
    /// Name of the operator, else its code.
    pub operator: Option<String>,
    /// Mobile country and network code.
    pub plmn: Option<String>,
    /// `LTE`, `5G-NSA`, `5G-SA`, `UMTS` or `GSM`.
    pub technology: Option<&'static str>,
    /// LTE signal.
    pub lte: Option<Lte>,
    /// 5G signal.
    pub nr5g: Option<Nr>,
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
        self.registration = match (serving.system.registration, serving.roaming) {
            // TLV 0x10 is 1 at home; values above 1 are kinds of roaming indicators of 3GPP2.
            (Reg::Registered, Some(0)) => Registration::Roaming,
            (Reg::Registered, _) => Registration::Home,
            (Reg::Searching, _) => Registration::Searching,
            (Reg::Denied, _) => Registration::Denied,
            (Reg::NotRegistered, _) => Registration::Idle,
            _ => Registration::Unknown,
        };
        if let Some(plmn) = serving.plmn {
            let code = format!("{:03}{:02}", plmn.mcc, plmn.mnc);
            let name = plmn.name.to_string();
            let readable = !name.trim().is_empty() && !name.contains(char::REPLACEMENT_CHARACTER);
            self.operator = Some(if readable { name } else { code.clone() });
            self.plmn = Some(code);
        }
        if !self.registered() {
            (self.operator, self.plmn, self.technology) = (None, None, None);
        }
    }

    /// Takes a system info.
    pub fn systems(&mut self, info: &nas::SystemInfo) {
        let available = |status: Option<nas::ServiceStatus>| {
            status.is_some_and(|status| status.status == Service::Available)
        };
        let (lte, nr5g) = (available(info.lte), available(info.nr5g));
        self.technology = if lte && (nr5g || info.endc == Some(true)) {
            Some("5G-NSA")
        } else if nr5g {
            Some("5G-SA")
        } else if lte {
            Some("LTE")
        } else if available(info.wcdma) {
            Some("UMTS")
        } else if available(info.gsm) {
            Some("GSM")
        } else {
            None
        };
        if self.technology.is_some() && self.registration == Registration::Unknown {
            let details = if lte { info.lte_info } else { info.nr5g_info };
            let roams =
                details.is_some_and(|details| details.roaming_valid && details.roaming != 0);
            self.registration = if roams {
                Registration::Roaming
            } else {
                Registration::Home
            };
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
        self.sim = Some(sim.to_string());
        sim
    }

    /// The `registration` line.
    pub fn registration_line(&self) -> String {
        let mut line = self.registration.to_string();
        if let Some(technology) = self.technology {
            line.push_str(&format!(" technology={technology}"));
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
}

/// Asks everything that changes; the tokens say which reply is which.
pub fn ask(
    client: &mut Client,
    id_of: impl Fn(u8) -> Option<u8>,
    patience: Duration,
    now: Instant,
) -> Vec<(Token, Query)> {
    let mut asked = Vec::new();
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
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use qmi::nas::{NamedPlmn, ServiceStatus, Serving};
    use qmi::uim::{App, Card, Cards};
    use qmi::List8;

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
        assert_eq!(technology(available(), None, None), Some("LTE"));
        assert_eq!(technology(available(), available(), None), Some("5G-NSA"));
        assert_eq!(technology(None, available(), None), Some("5G-SA"));
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
