// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
//! What `status` shows, as one JSON object or as lines for people. The object's keys are documented in README.md: they are
//! all there always, null for what is not known, and more may be added.

use std::net::IpAddr;

use serde::{Deserialize, Serialize};
use serde_json::{json, Number, Value};

use crate::modem::addressing::Addressing;
use crate::modem::device::Modem;
use crate::modem::radio::{Band, Radio, Registration, Technology};
use crate::show::{Lines, Show};

/// Everything that `status` shows.
#[derive(Clone, Debug)]
pub struct Report {
    /// The modem as the kernel sees it.
    pub modem: Modem,
    /// What the modem says.
    pub radio: Radio,
    /// Sessions of all running `mhictl connect`.
    pub sessions: Vec<Session>,
    /// Mux links of the base, whoever made them.
    pub links: Vec<Link>,
}

/// One session, as its `mhictl connect` tells it.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Session {
    /// Mux link; empty before it is known.
    pub link: String,
    /// Mux id.
    pub mux: u8,
    /// Process id of its `mhictl connect`.
    pub pid: u32,
    /// `up` when traffic flows, else the step that it is at.
    pub state: String,
    /// Access point name, if one was given.
    pub apn: Option<String>,
    /// Profile, if one was given.
    pub profile: Option<u8>,
    /// Addresses that the network granted.
    pub granted: Vec<Addressing>,
    /// MTU of the link.
    pub mtu: Option<u32>,
    /// QMAP version.
    pub qmap: Option<String>,
    /// Seconds since it is up.
    pub up_seconds: Option<u64>,
    /// How often it came up again.
    pub reconnects: u32,
    /// Why the last attempt ended.
    pub last_error: Option<String>,
}

/// One mux link.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Link {
    /// Name.
    pub name: String,
    /// Mux id.
    pub mux: u16,
    /// Whether it is administratively up.
    pub up: bool,
    /// MTU in octets.
    pub mtu: u32,
    /// Addresses with prefix length.
    pub addresses: Vec<String>,
    /// Octets received.
    pub rx_bytes: u64,
    /// Packets received.
    pub rx_packets: u64,
    /// Octets sent.
    pub tx_bytes: u64,
    /// Packets sent.
    pub tx_packets: u64,
}

impl Show for Report {
    fn json(&self) -> Value {
        let (modem, radio) = (&self.modem, &self.radio);
        json!({
            "device": modem.wwan,
            "pci": modem.pci,
            "driver": modem.driver,
            "base": modem.netdev,
            "firmware": radio.firmware,
            "model": radio.model,
            "imei": radio.imei,
            "sim": {
                "state": radio.sim.map_or("unknown", |sim| sim.word()),
                "pin_tries": radio.pin_tries,
            },
            "registration": {
                "state": radio.registration,
                "technology": radio.technology,
                "operator": radio.operator,
                "mcc": radio.mcc,
                "mnc": radio.mnc,
                "roaming": radio.registration == Registration::Roaming,
                "reject_cause": radio.reject_cause(),
            },
            "signal": signal(radio),
            "bands": radio.bands.iter().map(band).collect::<Vec<Value>>(),
            "sessions": self.sessions.iter().map(|session| self.session(session)).collect::<Vec<Value>>(),
            "links": self.links,
        })
    }

    fn lines(&self) -> String {
        let mut text = Lines::default();
        let (modem, radio) = (&self.modem, &self.radio);
        text.add("modem", format_args!("{} {}", modem.wwan, modem.pci));
        text.maybe("driver", modem.driver.as_deref());
        text.maybe("netdev", modem.netdev.as_deref());
        text.maybe("model", radio.model.as_deref());
        text.maybe("firmware", radio.firmware.as_deref());
        text.maybe("imei", radio.imei.as_deref());
        let sim = radio
            .sim
            .map_or("unknown".to_owned(), |sim| sim.to_string());
        text.add("sim", format_args!("{sim}"));
        let network = match (&radio.operator, &radio.mcc, &radio.mnc) {
            (Some(operator), Some(mcc), Some(mnc)) => format!("{operator} ({mcc} {mnc})"),
            (Some(operator), _, _) => operator.clone(),
            _ => "none".to_owned(),
        };
        text.add("operator", format_args!("{network}"));
        text.add(
            "registration",
            format_args!("{}", radio.registration_words()),
        );
        text.signal(radio);
        for band in &radio.bands {
            let width =
                megahertz(band.width).map_or(String::new(), |width| format!(", {width} MHz"));
            text.add(
                "band",
                format_args!(
                    "{} {}, channel {}{width}",
                    carrier(band.radio),
                    band.band,
                    band.channel
                ),
            );
        }
        if self.sessions.is_empty() {
            text.add("session", format_args!("no mhictl connect runs"));
        }
        for session in &self.sessions {
            text.session(session);
        }
        for link in &self.links {
            text.link(link);
        }
        text.0
    }
}

impl Report {
    fn session(&self, session: &Session) -> Value {
        let link = self.link_of(session);
        json!({
            "link": (!session.link.is_empty()).then_some(&session.link),
            "mux": session.mux,
            "pid": session.pid,
            "state": session.state,
            "apn": session.apn,
            "profile": session.profile,
            "ip4": family(&session.granted, true),
            "ip6": family(&session.granted, false),
            "mtu": session.mtu,
            "qmap": session.qmap,
            "up_seconds": session.up_seconds,
            "reconnects": session.reconnects,
            "rx_bytes": link.map_or(0, |link| link.rx_bytes),
            "tx_bytes": link.map_or(0, |link| link.tx_bytes),
            "rx_packets": link.map_or(0, |link| link.rx_packets),
            "tx_packets": link.map_or(0, |link| link.tx_packets),
            "last_error": session.last_error,
        })
    }

    fn link_of(&self, session: &Session) -> Option<&Link> {
        self.links.iter().find(|link| link.name == session.link)
    }
}

impl Lines {
    /// Technology, and how well it is received.
    pub fn signal(&mut self, radio: &Radio) {
        let technology = radio.technology.map_or("none", Technology::name);
        self.add("technology", format_args!("{technology}"));
        if let Some(lte) = radio.lte {
            self.add(
                "signal LTE",
                format_args!(
                    "RSRP {} dBm, RSRQ {} dB, SNR {:.1} dB, RSSI {} dBm, {} of 5 bars",
                    lte.rsrp,
                    lte.rsrq,
                    lte.snr,
                    lte.rssi,
                    bars(lte.rsrp)
                ),
            );
        }
        if let Some(nr) = radio.nr5g {
            let rsrq = nr
                .rsrq
                .map_or(String::new(), |rsrq| format!(", RSRQ {rsrq} dB"));
            self.add(
                "signal 5G",
                format_args!(
                    "RSRP {} dBm{rsrq}, SNR {:.1} dB, {} of 5 bars",
                    nr.rsrp,
                    nr.snr,
                    bars(nr.rsrp)
                ),
            );
        }
    }

    fn session(&mut self, session: &Session) {
        let name = if session.link.is_empty() {
            format!("mux {}", session.mux)
        } else {
            session.link.clone()
        };
        let qmap = session
            .qmap
            .as_ref()
            .map_or(String::new(), |qmap| format!(" {qmap}"));
        let since = session
            .up_seconds
            .map_or(String::new(), |seconds| format!(" for {seconds} s"));
        self.add(
            "session",
            format_args!("{name} {}{qmap}{since}", session.state),
        );
        self.maybe("apn", session.apn.as_deref());
        if let Some(profile) = session.profile {
            self.add("profile", format_args!("{profile}"));
        }
        for addressing in &session.granted {
            let gateway = addressing
                .gateway
                .map_or(String::new(), |gateway| format!(" gateway {gateway}"));
            self.add(
                "granted",
                format_args!("{}/{}{gateway}", addressing.address, addressing.prefix),
            );
            let servers: Vec<String> = addressing.dns.iter().map(IpAddr::to_string).collect();
            if !servers.is_empty() {
                self.add("dns", format_args!("{}", servers.join(" ")));
            }
        }
        if session.reconnects > 0 {
            self.add("reconnects", format_args!("{}", session.reconnects));
        }
        self.maybe("last error", session.last_error.as_deref());
    }

    fn link(&mut self, link: &Link) {
        let state = if link.up { "up" } else { "down" };
        self.add(
            "link",
            format_args!(
                "{} mux {} ({:#04x}) {state} mtu {}",
                link.name, link.mux, link.mux, link.mtu
            ),
        );
        for address in &link.addresses {
            self.maybe("address", Some(address));
        }
        self.add(
            "received",
            format_args!("{} octets, {} packets", link.rx_bytes, link.rx_packets),
        );
        self.add(
            "sent",
            format_args!("{} octets, {} packets", link.tx_bytes, link.tx_packets),
        );
    }
}

/// What the network granted for IPv4 or IPv6, as sessions and the step lines of `connect --json` show it.
pub fn family(granted: &[Addressing], v4: bool) -> Option<Value> {
    let mut found = granted
        .iter()
        .filter(|addressing| addressing.address.is_ipv4() == v4);
    found.next().map(|addressing| {
        json!({
            "address": addressing.address,
            "prefix": addressing.prefix,
            "network": addressing.network(),
            "gateway": addressing.gateway,
            "dns": addressing.dns,
        })
    })
}

/// Each technology's signal.
pub fn signal(radio: &Radio) -> Vec<Value> {
    let lte = radio.lte.map(|lte| {
        json!({
            "technology": "LTE",
            "rssi": lte.rssi,
            "rsrp": lte.rsrp,
            "rsrq": lte.rsrq,
            "snr": tenths(lte.snr),
            "bars": bars(lte.rsrp),
        })
    });
    let nr5g = radio.nr5g.map(|nr| {
        json!({
            "technology": "5G",
            "rssi": null,
            "rsrp": nr.rsrp,
            "rsrq": nr.rsrq,
            "snr": tenths(nr.snr),
            "bars": bars(nr.rsrp),
        })
    });
    lte.into_iter().chain(nr5g).collect()
}

fn band(band: &Band) -> Value {
    json!({
        "technology": carrier(band.radio),
        "band": band.band,
        "channel": band.channel,
        "bandwidth_mhz": megahertz(band.width),
    })
}

/// What a carrier is, whatever else there is beside it.
pub fn carrier(radio: Technology) -> &'static str {
    match radio {
        Technology::Sa | Technology::Nsa => "5G",
        other => other.name(),
    }
}

/// MHz of hundreds of kHz, with a fraction only where there is one (1.4).
pub fn megahertz(width: Option<u32>) -> Option<Number> {
    let width = width?;
    match width % 10 {
        0 => Some((width / 10).into()),
        _ => Number::from_f64(from_tenths(width)),
    }
}

/// One decimal, as the modem gave it.
pub fn tenths(value: f32) -> f64 {
    from_tenths((f64::from(value) * 10.0).round())
}

/// A whole number of tenths.
pub fn from_tenths(tenths: impl Into<f64>) -> f64 {
    tenths.into() / 10.0
}

/// Bars for a reference signal received power in dBm: 5 from -85 on, one less for each 10 dB, as telephones show it.
fn bars(rsrp: i16) -> u8 {
    match rsrp {
        -85.. => 5,
        -95.. => 4,
        -105.. => 3,
        -115.. => 2,
        -125.. => 1,
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::modem::device::tests::modem;
    use crate::modem::radio::{Lte, Nr, Sim};
    use crate::show::tests::{documented, keys};

    fn report() -> Report {
        Report {
            modem: modem(),
            radio: Radio {
                firmware: Some("RM520NGLAAR01A07M4G".into()),
                model: Some("RM520N-GL".into()),
                imei: Some("860000000000012".into()),
                sim: Some(Sim::Ready),
                pin_tries: Some(3),
                registration: Registration::Home,
                operator: Some("Test \"Net\"".into()),
                mcc: Some("001".into()),
                mnc: Some("01".into()),
                technology: Some(Technology::Nsa),
                lte: Some(Lte {
                    rssi: -60,
                    rsrp: -92,
                    rsrq: -11,
                    snr: 18.2,
                }),
                nr5g: Some(Nr {
                    rsrp: -88,
                    rsrq: Some(-10),
                    snr: 20.0,
                }),
                bands: vec![
                    Band {
                        radio: Technology::Lte,
                        band: 3,
                        channel: 1650,
                        width: Some(14),
                    },
                    Band {
                        radio: Technology::Sa,
                        band: 78,
                        channel: 636_666,
                        width: Some(1000),
                    },
                ],
                ..Radio::default()
            },
            sessions: vec![Session {
                link: "rmnet_mhi0.1".into(),
                mux: 129,
                pid: 7,
                state: "up".into(),
                apn: Some("internet".into()),
                profile: None,
                granted: vec![Addressing {
                    address: "10.64.129.2".parse().unwrap(),
                    prefix: 28,
                    gateway: Some("10.64.129.3".parse().unwrap()),
                    dns: vec!["1.1.1.1".parse().unwrap()],
                    mtu: Some(1500),
                }],
                mtu: Some(1500),
                qmap: Some("qmapv5".into()),
                up_seconds: Some(3),
                reconnects: 1,
                last_error: Some("the port is gone".into()),
            }],
            links: vec![Link {
                name: "rmnet_mhi0.1".into(),
                mux: 129,
                up: true,
                mtu: 1500,
                addresses: vec!["10.64.129.2/28".into()],
                rx_bytes: 1,
                rx_packets: 2,
                tx_bytes: 3,
                tx_packets: 4,
            }],
        }
    }

    #[test]
    fn json_is_the_documented_object() {
        let expected = json!({
            "device": "wwan0",
            "pci": "0000:01:00.0",
            "driver": "mhi_net",
            "base": "rmnet_mhi0",
            "firmware": "RM520NGLAAR01A07M4G",
            "model": "RM520N-GL",
            "imei": "860000000000012",
            "sim": {"state": "ready", "pin_tries": 3},
            "registration": {
                "state": "home", "technology": "5G-NSA", "operator": "Test \"Net\"", "mcc": "001", "mnc": "01", "roaming": false,
                "reject_cause": null,
            },
            "signal": [
                {"technology": "LTE", "rssi": -60, "rsrp": -92, "rsrq": -11, "snr": 18.2, "bars": 4},
                {"technology": "5G", "rssi": null, "rsrp": -88, "rsrq": -10, "snr": 20.0, "bars": 4},
            ],
            "bands": [
                {"technology": "LTE", "band": 3, "channel": 1650, "bandwidth_mhz": 1.4},
                {"technology": "5G", "band": 78, "channel": 636_666, "bandwidth_mhz": 100},
            ],
            "sessions": [{
                "link": "rmnet_mhi0.1", "mux": 129, "pid": 7, "state": "up", "apn": "internet", "profile": null,
                "ip4": {"address": "10.64.129.2", "prefix": 28, "network": "10.64.129.0/28", "gateway": "10.64.129.3", "dns": ["1.1.1.1"]},
                "ip6": null, "mtu": 1500, "qmap": "qmapv5", "up_seconds": 3, "reconnects": 1,
                "rx_bytes": 1, "tx_bytes": 3, "rx_packets": 2, "tx_packets": 4, "last_error": "the port is gone",
            }],
            "links": [{
                "name": "rmnet_mhi0.1", "mux": 129, "up": true, "mtu": 1500, "addresses": ["10.64.129.2/28"],
                "rx_bytes": 1, "rx_packets": 2, "tx_bytes": 3, "tx_packets": 4,
            }],
        });
        assert_eq!(report().json(), expected);
        assert_eq!(keys(&expected), keys(&documented("status")));
    }

    #[test]
    fn what_is_not_known_is_null_and_never_missing() {
        let mut bare = report();
        (bare.radio, bare.sessions) = (Radio::default(), Vec::new());
        (bare.modem.driver, bare.modem.netdev) = (None, None);
        let (bare, full) = (bare.json(), report().json());
        let keys =
            |value: &Value| -> Vec<String> { value.as_object().unwrap().keys().cloned().collect() };
        assert_eq!(keys(&bare), keys(&full));
        for part in ["sim", "registration"] {
            assert_eq!(keys(&bare[part]), keys(&full[part]));
        }
        let mut waiting = report();
        waiting.sessions = vec![Session::default()];
        let waiting = waiting.json();
        assert_eq!(
            keys(&waiting["sessions"][0]),
            keys(&report().json()["sessions"][0])
        );
        assert!(waiting["sessions"][0]["link"].is_null());
        assert_eq!(bare["sim"]["state"], "unknown");
        assert_eq!(bare["registration"]["state"], "unknown");
        assert_eq!(
            (&bare["signal"], &bare["sessions"]),
            (&json!([]), &json!([]))
        );
    }

    #[test]
    fn lines_show_what_people_look_for() {
        let text = report().lines();
        for part in [
            "model          RM520N-GL",
            "operator       Test \"Net\" (001 01)",
            "5G-NSA",
            "RSRP -92 dBm",
            "RSRQ -10 dB",
            "band           5G 78, channel 636666, 100 MHz",
            "rmnet_mhi0.1 up qmapv5 for 3 s",
            "apn            internet",
            "granted        10.64.129.2/28 gateway 10.64.129.3",
            "reconnects     1",
            "last error     the port is gone",
            "10.64.129.2/28",
            "mux 129 (0x81)",
        ] {
            assert!(text.contains(part), "{part}\n{text}");
        }
    }

    #[test]
    fn an_unknown_modem_still_has_all_lines() {
        let mut bare = report();
        (bare.radio, bare.sessions) = (Radio::default(), Vec::new());
        bare.links.clear();
        let text = bare.lines();
        assert!(text.contains("operator       none") && text.contains("no mhictl connect runs"));
    }

    #[test]
    fn bars_fall_with_the_signal() {
        let shown: Vec<u8> = [-60, -85, -86, -96, -106, -116, -126, i16::MIN]
            .map(bars)
            .to_vec();
        assert_eq!(shown, [5, 5, 4, 3, 2, 1, 0, 0]);
    }
}
