// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
//! `mhictl status`: asks a running `mhictl connect` over its control socket; without one it opens the port itself,
//! with client ids of its own and no sync, and leaves the port as it found it.

mod ask;

use std::io::{Read, Write};
use std::os::unix::net::UnixStream;
use std::time::{Duration, Instant};

use netlink_sys::protocols::NETLINK_ROUTE;
use serde::Serialize;

use crate::cli::StatusArgs;
use crate::control;
use crate::exit::{Error, Exit};
use crate::modem::device::{self, read_trimmed, Kind, Modem, Roots};
use crate::modem::radio::Radio;
use crate::network::address;
use crate::network::link;
use crate::network::netlink::Netlink;

/// Largest answer that is taken from a control socket, in octets.
const ANSWER_MAX: u64 = 256 * 1024;

/// Everything that `status` shows; serialised it is the object of `status --json`. Fields are only ever added.
#[derive(Clone, Debug, Serialize)]
pub struct Status {
    /// WWAN device.
    pub modem: String,
    /// PCI function.
    pub pci: String,
    /// QMI port's node.
    pub port: Option<String>,
    /// Base interface.
    pub netdev: Option<String>,
    /// Modem, SIM, registration, signal.
    #[serde(flatten)]
    pub radio: Radio,
    /// The session of a running `mhictl connect`.
    pub session: Option<SessionStatus>,
    /// Mux links of the base, whoever made them.
    pub links: Vec<LinkStatus>,
}

/// The session of a running `mhictl connect`.
#[derive(Clone, Debug, Serialize)]
pub struct SessionStatus {
    /// State of the state machine, in lower case; `up` when traffic flows.
    pub state: String,
    /// Mux link.
    pub link: String,
    /// QMAP version.
    pub qmap: Option<&'static str>,
    /// Seconds since it is up.
    pub up_seconds: Option<u64>,
    /// Addresses granted by the network.
    pub granted: Vec<crate::modem::addressing::Addressing>,
}

/// One mux link.
#[derive(Clone, Debug, Serialize)]
pub struct LinkStatus {
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
    /// Counters of the kernel.
    pub rx_bytes: u64,
    /// Packets received.
    pub rx_packets: u64,
    /// Octets sent.
    pub tx_bytes: u64,
    /// Packets sent.
    pub tx_packets: u64,
}

/// Prints the status.
pub fn run(args: &StatusArgs, roots: &Roots) -> Result<(), Error> {
    let modem = device::find(roots, args.device.as_deref())?;
    let patience = Duration::from_secs(args.timeout.clamp(1, 3600).into());
    if let Some(answer) = ask_running(roots, &modem, args.json, patience)? {
        print(&answer);
        return Ok(());
    }
    let radio = ask::modem(roots, &modem, Instant::now() + patience)?;
    print(&Status::collect(roots, &modem, radio, None).render(args.json));
    Ok(())
}

impl Status {
    /// Joins what the modem said with what the kernel knows.
    pub fn collect(
        roots: &Roots,
        modem: &Modem,
        radio: Radio,
        session: Option<SessionStatus>,
    ) -> Status {
        Status {
            modem: modem.wwan.clone(),
            pci: modem.pci.clone(),
            port: modem
                .port(Kind::Qmi)
                .map(|port| port.node.display().to_string()),
            netdev: modem.netdev.clone(),
            radio,
            session,
            links: modem
                .netdev
                .as_deref()
                .map(|base| links(roots, base))
                .unwrap_or_default(),
        }
    }

    /// JSON on one line, or lines for people.
    pub fn render(&self, json: bool) -> String {
        if json {
            return serde_json::to_string(self)
                .map(|mut text| {
                    text.push('\n');
                    text
                })
                .unwrap_or_default();
        }
        let mut text = String::new();
        let mut line = |word: &str, value: &str| text.push_str(&format!("{word:<14} {value}\n"));
        line("modem", &format!("{} {}", self.modem, self.pci));
        if let Some(firmware) = &self.radio.firmware {
            line("firmware", firmware);
        }
        line("sim", self.radio.sim.as_deref().unwrap_or("unknown"));
        line("operator", self.radio.operator.as_deref().unwrap_or("none"));
        line("registration", &self.radio.registration.to_string());
        line("technology", self.radio.technology.unwrap_or("none"));
        if let Some(lte) = self.radio.lte {
            line(
                "signal LTE",
                &format!(
                    "RSRP {} dBm, RSRQ {} dB, SNR {:.1} dB, RSSI {} dBm",
                    lte.rsrp, lte.rsrq, lte.snr, lte.rssi
                ),
            );
        }
        if let Some(nr) = self.radio.nr5g {
            let rsrq = nr
                .rsrq
                .map_or(String::new(), |rsrq| format!(", RSRQ {rsrq} dB"));
            line(
                "signal 5G",
                &format!("RSRP {} dBm{rsrq}, SNR {:.1} dB", nr.rsrp, nr.snr),
            );
        }
        match &self.session {
            Some(session) => {
                let qmap = session
                    .qmap
                    .map_or(String::new(), |qmap| format!(" {qmap}"));
                let since = session
                    .up_seconds
                    .map_or(String::new(), |seconds| format!(" for {seconds} s"));
                line(
                    "session",
                    &format!("{} {}{qmap}{since}", session.link, session.state),
                );
            }
            None => line("session", "no mhictl connect runs"),
        }
        for link in &self.links {
            let state = if link.up { "up" } else { "down" };
            line(
                "link",
                &format!(
                    "{} mux {} ({:#04x}) {state} mtu {}",
                    link.name, link.mux, link.mux, link.mtu
                ),
            );
            for address in &link.addresses {
                line("address", address);
            }
            line(
                "received",
                &format!("{} octets, {} packets", link.rx_bytes, link.rx_packets),
            );
            line(
                "sent",
                &format!("{} octets, {} packets", link.tx_bytes, link.tx_packets),
            );
        }
        text
    }
}

fn print(text: &str) {
    // A reader that has gone away is no failure of ours.
    let _ = std::io::stdout().lock().write_all(text.as_bytes());
}

/// The mux links above a base interface.
fn links(roots: &Roots, base: &str) -> Vec<LinkStatus> {
    let class = roots.sys.join("class/net");
    let Ok(mut netlink) = Netlink::open(NETLINK_ROUTE) else {
        return Vec::new();
    };
    let Ok(Some(base)) = link::get(&mut netlink, base) else {
        return Vec::new();
    };
    let Ok(all) = link::list(&mut netlink) else {
        return Vec::new();
    };
    let mut found = Vec::new();
    for (name, link) in all {
        let Some(mux) = link.mux.filter(|_| link.base == Some(base.index)) else {
            continue;
        };
        let counter = |what: &str| {
            read_trimmed(&class.join(&name).join("statistics").join(what))
                .and_then(|text| text.parse().ok())
                .unwrap_or(0)
        };
        let addresses = address::list(&mut netlink, link.index).unwrap_or_default();
        found.push(LinkStatus {
            mux,
            up: link.up,
            mtu: link.mtu,
            addresses: addresses
                .iter()
                .map(|(address, prefix)| format!("{address}/{prefix}"))
                .collect(),
            rx_bytes: counter("rx_bytes"),
            rx_packets: counter("rx_packets"),
            tx_bytes: counter("tx_bytes"),
            tx_packets: counter("tx_packets"),
            name,
        });
    }
    found
}

/// The answer of a running `connect`; none if there is none.
fn ask_running(
    roots: &Roots,
    modem: &Modem,
    json: bool,
    patience: Duration,
) -> Result<Option<String>, Error> {
    let Ok(mut stream) = UnixStream::connect(control::path(roots, &modem.wwan)) else {
        return Ok(None);
    };
    let request = if json { "status json\n" } else { "status\n" };
    let mut answer = String::new();
    let asked = stream
        .set_read_timeout(Some(patience))
        .and_then(|()| stream.set_write_timeout(Some(patience)))
        .and_then(|()| stream.write_all(request.as_bytes()))
        .and_then(|()| stream.take(ANSWER_MAX).read_to_string(&mut answer));
    match asked {
        Ok(_) if !answer.is_empty() => Ok(Some(answer)),
        Ok(_) => Ok(None),
        Err(_) => Err(Error::new(
            Exit::NoAnswer,
            "mhictl connect does not answer",
            "try a longer --timeout, or restart mhictl connect",
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::modem::radio;

    fn status() -> Status {
        Status {
            modem: "wwan0".into(),
            pci: "0000:00:04.0".into(),
            port: Some("/dev/wwan0qmi0".into()),
            netdev: Some("rmnet_mhi0".into()),
            radio: Radio {
                firmware: Some("RM520NGLAAR01A07M4G".into()),
                sim: Some("ready".into()),
                registration: radio::Registration::Home,
                operator: Some("Test \"Net\"".into()),
                plmn: Some("00101".into()),
                technology: Some("5G-NSA"),
                lte: Some(radio::Lte {
                    rssi: -60,
                    rsrp: -92,
                    rsrq: -11,
                    snr: 18.5,
                }),
                nr5g: Some(radio::Nr {
                    rsrp: -88,
                    rsrq: Some(-10),
                    snr: 20.0,
                }),
            },
            session: Some(SessionStatus {
                state: "up".into(),
                link: "rmnet_mhi0.1".into(),
                qmap: Some("qmapv5"),
                up_seconds: Some(3),
                granted: Vec::new(),
            }),
            links: vec![LinkStatus {
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
    fn json_has_the_documented_names() {
        let text = status().render(true);
        let value: serde_json::Value = serde_json::from_str(&text).unwrap();
        assert_eq!(value["operator"], "Test \"Net\"");
        assert_eq!(value["registration"], "home");
        assert_eq!(value["lte"]["rsrp"], -92);
        assert_eq!(value["nr5g"]["snr"], 20.0);
        assert_eq!(value["session"]["state"], "up");
        assert_eq!(value["links"][0]["addresses"][0], "10.64.129.2/28");
        assert_eq!(text.matches('\n').count(), 1);
    }

    #[test]
    fn lines_show_what_people_look_for() {
        let text = status().render(false);
        for part in [
            "5G-NSA",
            "RSRP -92 dBm",
            "RSRQ -10 dB",
            "rmnet_mhi0.1 up qmapv5 for 3 s",
            "10.64.129.2/28",
            "mux 129 (0x81)",
        ] {
            assert!(text.contains(part), "{part}\n{text}");
        }
    }

    #[test]
    fn an_unknown_modem_still_has_all_lines() {
        let mut bare = status();
        (bare.radio, bare.session) = (Radio::default(), None);
        bare.links.clear();
        let text = bare.render(false);
        assert!(text.contains("operator       none") && text.contains("no mhictl connect runs"));
    }
}
