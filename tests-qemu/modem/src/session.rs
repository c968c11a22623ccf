// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
//! What the modem's parts share: SIM, registration, data format and data sessions, as `Arc<Mutex<Modem>>`.
//! The QMI services and the AT port change it, the data plane reads formats and sessions and counts traffic.

mod preferences;
mod profiles;

pub use preferences::Preferences;
pub use profiles::{Profile, Profiles};

use std::collections::BTreeMap;
use std::net::{Ipv4Addr, Ipv6Addr};

use qmi::Verbose;

/// The state of the modem. It holds no lock and calls nobody, so a caller may keep it locked for the length of one message.
#[derive(Debug)]
pub struct Modem {
    /// What the modem says that it is.
    pub identity: Identity,
    /// The most that it grants when the data format is negotiated.
    pub limits: Limits,
    /// The data format in use.
    pub format: Format,
    /// The SIM card.
    pub sim: Sim,
    /// The network around it.
    pub network: Network,
    /// What `AT+QNWPREFCFG` and QMI set; survives a reset of the modem.
    pub preferences: Preferences,
    /// Connection profiles; survive a reset of the modem too.
    pub profiles: Profiles,
    /// Whether the radio is on (`AT+CFUN=1`, DMS operating mode online).
    pub radio_on: bool,
    /// Set by `AT+CFUN=1,1` and the DMS operating mode "reset": the device takes it and restarts.
    pub restart: bool,
    sessions: BTreeMap<u8, Session>,
    ended: Vec<Ended>,
    generation: u8,
}

/// What the modem says that it is.
#[derive(Debug, Clone)]
pub struct Identity {
    /// Maker.
    pub manufacturer: String,
    /// Model.
    pub model: String,
    /// Hardware revision.
    pub hardware: String,
    /// IMEI, 15 digits.
    pub imei: String,
}

impl Identity {
    /// Firmware revision in the maker's pattern, e.g. `RM520NGLAAR03A03M4G`.
    pub fn revision(&self) -> String {
        format!("{}AAR03A03M4G", self.model.replace('-', ""))
    }
}

/// The most that the modem grants.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// Highest aggregation protocol.
    pub qmap: Qmap,
    /// Most packets in a downlink aggregate.
    pub dl_max_packets: u32,
    /// Most bytes in a downlink aggregate.
    pub dl_max_size: u32,
    /// Most packets in an uplink aggregate.
    pub ul_max_packets: u32,
    /// Most bytes in an uplink aggregate.
    pub ul_max_size: u32,
    /// Least padding between downlink packets, bytes.
    pub dl_padding: u32,
}

impl Default for Limits {
    /// Uplink and padding as a real RM500Q answered; downlink as much as ModemManager asks for.
    fn default() -> Self {
        Limits {
            qmap: Qmap::V5,
            dl_max_packets: 32,
            dl_max_size: 32768,
            ul_max_packets: 11,
            ul_max_size: 8192,
            dl_padding: 0,
        }
    }
}

/// Aggregation protocol, in ascending order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Qmap {
    /// Bare IP packets, one per transfer.
    None,
    /// MAP headers.
    V1,
    /// MAP headers, checksum trailer (DL) or header (UL).
    V4,
    /// MAP headers with next-header chains.
    V5,
}

/// The data format in use; the link layer is always raw IP.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Format {
    /// Uplink aggregation.
    pub ul: Qmap,
    /// Downlink aggregation.
    pub dl: Qmap,
    /// Most packets in a downlink aggregate.
    pub dl_max_packets: u32,
    /// Most bytes in a downlink aggregate.
    pub dl_max_size: u32,
    /// Most packets in an uplink aggregate.
    pub ul_max_packets: u32,
    /// Most bytes in an uplink aggregate.
    pub ul_max_size: u32,
    /// Least padding between downlink packets, bytes.
    pub dl_padding: u32,
}

impl Format {
    /// Raw IP, as after power-on.
    pub const RAW_IP: Format = Format {
        ul: Qmap::None,
        dl: Qmap::None,
        dl_max_packets: 0,
        dl_max_size: 0,
        ul_max_packets: 0,
        ul_max_size: 0,
        dl_padding: 0,
    };
}

/// The SIM card.
#[derive(Debug, Clone)]
pub struct Sim {
    /// State.
    pub state: SimState,
    /// Whether the card asks for its PIN.
    pub pin_enabled: bool,
    /// The PIN.
    pub pin: String,
    /// Attempts left.
    pub pin_retries: u8,
    /// The PUK.
    pub puk: String,
    /// Attempts left.
    pub puk_retries: u8,
    /// IMSI, 15 digits.
    pub imsi: String,
    /// ICCID, 19 digits.
    pub iccid: String,
}

/// State of the SIM card.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SimState {
    /// No card.
    Absent,
    /// Waits for its PIN.
    Locked,
    /// Waits for its PUK.
    PukRequired,
    /// Blocked for good.
    Blocked,
    /// Usable.
    Ready,
}

/// Attempts at a PIN before the card asks for the PUK.
pub const PIN_RETRIES: u8 = 3;
/// Attempts at a PUK before the card is blocked for good.
pub const PUK_RETRIES: u8 = 10;

impl Sim {
    /// Tries a PIN.
    ///
    /// # Errors
    ///
    /// Says why not; the retries left are then in `self`.
    pub fn verify_pin(&mut self, pin: &[u8]) -> Result<(), PinError> {
        match self.state {
            SimState::Absent => Err(PinError::NoSim),
            SimState::PukRequired | SimState::Blocked => Err(PinError::Blocked),
            SimState::Ready if !self.pin_enabled => Err(PinError::NotEnabled),
            SimState::Ready | SimState::Locked => {
                if pin == self.pin.as_bytes() {
                    self.pin_retries = PIN_RETRIES;
                    self.state = SimState::Ready;
                    return Ok(());
                }
                self.pin_retries = self.pin_retries.saturating_sub(1);
                if self.pin_retries == 0 {
                    self.state = SimState::PukRequired;
                    return Err(PinError::Blocked);
                }
                Err(PinError::Incorrect)
            }
        }
    }

    /// Tries a PUK and sets a new PIN.
    ///
    /// # Errors
    ///
    /// Says why not; the retries left are then in `self`.
    pub fn unblock_pin(&mut self, puk: &[u8], new_pin: &[u8]) -> Result<(), PinError> {
        match self.state {
            SimState::Absent => Err(PinError::NoSim),
            SimState::Blocked => Err(PinError::Blocked),
            SimState::Ready | SimState::Locked => Err(PinError::NotEnabled),
            SimState::PukRequired => {
                let new_pin = std::str::from_utf8(new_pin)
                    .ok()
                    .filter(|pin| (4..=8).contains(&pin.len()))
                    .filter(|pin| pin.bytes().all(|digit| digit.is_ascii_digit()));
                let Some(new_pin) = new_pin else {
                    return Err(PinError::Incorrect);
                };
                if puk == self.puk.as_bytes() {
                    self.pin = new_pin.to_owned();
                    self.pin_retries = PIN_RETRIES;
                    self.puk_retries = PUK_RETRIES;
                    self.state = SimState::Ready;
                    return Ok(());
                }
                self.puk_retries = self.puk_retries.saturating_sub(1);
                if self.puk_retries == 0 {
                    self.state = SimState::Blocked;
                    return Err(PinError::Blocked);
                }
                Err(PinError::Incorrect)
            }
        }
    }
}

/// Why a PIN was not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PinError {
    /// No card.
    NoSim,
    /// Wrong digits.
    Incorrect,
    /// No attempt left.
    Blocked,
    /// The card asks for none.
    NotEnabled,
}

/// The network around the modem.
#[derive(Debug, Clone)]
pub struct Network {
    /// How it treats this subscriber.
    pub registration: Registration,
    /// The best technology on offer; preferences may exclude it.
    pub technology: Technology,
    /// Mobile country code, three digits.
    pub mcc: u16,
    /// Mobile network code, two digits.
    pub mnc: u16,
    /// Operator's name.
    pub name: String,
    /// LTE signal: RSSI dBm, RSRQ dB, RSRP dBm, SNR in tenths of a dB.
    pub lte: Signal,
    /// 5G signal, likewise; `rssi` has no meaning there.
    pub nr5g: Signal,
    /// Cell id.
    pub cell: u32,
    /// Tracking area code.
    pub tac: u16,
    /// 3GPP cause with which every session is refused, if any.
    pub reject_apn: Option<i16>,
}

/// Signal of one carrier.
#[derive(Debug, Clone, Copy)]
pub struct Signal {
    /// Received signal strength, dBm.
    pub rssi: i8,
    /// Reference signal received quality, dB.
    pub rsrq: i8,
    /// Reference signal received power, dBm.
    pub rsrp: i16,
    /// Signal to noise ratio, tenths of a dB.
    pub snr: i16,
}

/// How the network treats this subscriber.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Registration {
    /// Registered at home.
    Home,
    /// Registered, roaming.
    Roaming,
    /// No network found yet.
    Searching,
    /// Refused.
    Denied,
}

/// Radio technology.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Technology {
    /// LTE alone.
    Lte,
    /// LTE anchor with a 5G carrier.
    Nsa,
    /// 5G standalone.
    Sa,
}

/// IP family of a session.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Family {
    /// IPv4.
    V4,
    /// IPv6.
    V6,
}

/// The data session of one mux id; mux id 0 is that of raw IP. It exists while it is up in one family at least.
#[derive(Debug, Clone)]
pub struct Session {
    /// APN.
    pub apn: String,
    /// Number of the profile that it was started with.
    pub profile: u8,
    /// IPv4 side, if that is up.
    pub ipv4: Option<Ipv4>,
    /// IPv6 side, if that is up.
    pub ipv6: Option<Ipv6>,
    /// MTU, bytes.
    pub mtu: u16,
    /// What it carried.
    pub traffic: Traffic,
}

/// IPv4 side of a session.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ipv4 {
    /// The host's address.
    pub address: Ipv4Addr,
    /// Gateway: address + 1, as real modems have it.
    pub gateway: Ipv4Addr,
    /// Length of the subnet's prefix, bits.
    pub prefix: u8,
    /// DNS servers.
    pub dns: [Ipv4Addr; 2],
}

/// IPv6 side of a session.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ipv6 {
    /// The host's address.
    pub address: Ipv6Addr,
    /// Gateway.
    pub gateway: Ipv6Addr,
    /// Length of the prefix, bits.
    pub prefix: u8,
    /// DNS servers.
    pub dns: [Ipv6Addr; 2],
}

/// Counters of a session, seen from the modem: uplink is what the host sent.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Traffic {
    /// Uplink packets.
    pub ul_packets: u64,
    /// Uplink bytes.
    pub ul_bytes: u64,
    /// Uplink packets dropped.
    pub ul_dropped: u64,
    /// Downlink packets.
    pub dl_packets: u64,
    /// Downlink bytes.
    pub dl_bytes: u64,
    /// Downlink packets dropped.
    pub dl_dropped: u64,
}

/// A session that ended without its client's asking.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ended {
    /// Mux id.
    pub mux: u8,
    /// Family.
    pub family: Family,
    /// Why.
    pub reason: Verbose,
}

impl Default for Modem {
    fn default() -> Self {
        Modem {
            identity: Identity {
                manufacturer: "Quectel".to_owned(),
                model: "RM520N-GL".to_owned(),
                hardware: "10000".to_owned(),
                imei: "860000000000012".to_owned(),
            },
            limits: Limits::default(),
            format: Format::RAW_IP,
            sim: Sim {
                state: SimState::Ready,
                pin_enabled: false,
                pin: "1234".to_owned(),
                pin_retries: PIN_RETRIES,
                puk: "12345678".to_owned(),
                puk_retries: PUK_RETRIES,
                imsi: "001010123456789".to_owned(),
                iccid: "8900101012345678901".to_owned(),
            },
            network: Network {
                registration: Registration::Home,
                technology: Technology::Sa,
                mcc: 1,
                mnc: 1,
                name: "Test Network".to_owned(),
                lte: Signal {
                    rssi: -61,
                    rsrq: -11,
                    rsrp: -90,
                    snr: 182,
                },
                nr5g: Signal {
                    rssi: 0,
                    rsrq: -10,
                    rsrp: -85,
                    snr: 235,
                },
                cell: 0x0012_d687,
                tac: 0x00b4,
                reject_apn: None,
            },
            preferences: Preferences::default(),
            profiles: Profiles::default(),
            radio_on: true,
            restart: false,
            sessions: BTreeMap::new(),
            ended: Vec::new(),
            generation: 0,
        }
    }
}

impl Modem {
    /// The sessions that are up, by mux id.
    pub fn sessions(&self) -> impl Iterator<Item = (u8, &Session)> {
        self.sessions.iter().map(|(&mux, session)| (mux, session))
    }

    /// The session of a mux id, if it is up.
    pub fn session(&self, mux: u8) -> Option<&Session> {
        self.sessions.get(&mux)
    }

    /// The counters of a session that is up.
    pub fn traffic(&mut self, mux: u8) -> Option<&mut Traffic> {
        self.sessions
            .get_mut(&mux)
            .map(|session| &mut session.traffic)
    }

    /// The technology in use, if the modem is registered.
    pub fn technology(&self) -> Option<Technology> {
        let registered = matches!(
            self.network.registration,
            Registration::Home | Registration::Roaming
        );
        if !registered || !self.radio_on || self.sim.state != SimState::Ready {
            return None;
        }
        let lte = self.preferences.allows("LTE");
        let nr5g = self.preferences.allows("NR5G");
        // nr5g_disable_mode: 1 forbids standalone, 2 non-standalone.
        let disabled = self.preferences.get("nr5g_disable_mode").unwrap_or("0");
        match self.network.technology {
            Technology::Sa if nr5g && disabled != "1" => Some(Technology::Sa),
            Technology::Sa | Technology::Nsa if nr5g && lte && disabled != "2" => {
                Some(Technology::Nsa)
            }
            _ if lte => Some(Technology::Lte),
            _ => None,
        }
    }

    /// Whether the subscriber is abroad.
    pub fn roaming(&self) -> bool {
        self.network.registration == Registration::Roaming
    }

    /// Brings a session up in one family.
    pub fn start(&mut self, mux: u8, family: Family, apn: &str, profile: u8) {
        let generation = self.generation;
        let session = self.sessions.entry(mux).or_insert_with(|| Session {
            apn: apn.to_owned(),
            profile,
            ipv4: None,
            ipv6: None,
            mtu: 1500,
            traffic: Traffic::default(),
        });
        match family {
            Family::V4 => session.ipv4 = Some(Ipv4::of(mux, generation)),
            Family::V6 => session.ipv6 = Some(Ipv6::of(mux, generation)),
        }
    }

    /// Takes a session down in one family. Returns whether it was up.
    pub fn stop(&mut self, mux: u8, family: Family) -> bool {
        let Some(session) = self.sessions.get_mut(&mux) else {
            return false;
        };
        let was_up = match family {
            Family::V4 => session.ipv4.take().is_some(),
            Family::V6 => session.ipv6.take().is_some(),
        };
        if session.ipv4.is_none() && session.ipv6.is_none() {
            self.sessions.remove(&mux);
        }
        was_up
    }

    /// The network takes a session down in both families. Returns whether it was up.
    pub fn release(&mut self, mux: u8, reason: Verbose) -> bool {
        let mut was_up = false;
        for family in [Family::V4, Family::V6] {
            if self.stop(mux, family) {
                was_up = true;
                self.ended.push(Ended {
                    mux,
                    family,
                    reason,
                });
            }
        }
        was_up
    }

    /// Ends every session if the modem has lost its registration: to be called after a change of SIM, radio or network.
    pub fn settle(&mut self, reason: Verbose) {
        if self.technology().is_none() {
            let muxes: Vec<u8> = self.sessions.keys().copied().collect();
            for mux in muxes {
                self.release(mux, reason);
            }
        }
    }

    /// The sessions that ended without their clients' asking since the last call; the WDS service tells the clients.
    pub fn take_ended(&mut self) -> Vec<Ended> {
        std::mem::take(&mut self.ended)
    }

    /// The network gives every session another address.
    pub fn change_addresses(&mut self) {
        self.generation = self.generation.wrapping_add(1) % 8;
        for (&mux, session) in &mut self.sessions {
            if let Some(ipv4) = &mut session.ipv4 {
                *ipv4 = Ipv4::of(mux, self.generation);
            }
            if let Some(ipv6) = &mut session.ipv6 {
                *ipv6 = Ipv6::of(mux, self.generation);
            }
        }
    }

    /// The modem restarts: sessions, data format and PIN verification are gone, preferences stay.
    pub fn reset(&mut self) {
        self.sessions.clear();
        self.ended.clear();
        self.format = Format::RAW_IP;
        self.radio_on = true;
        self.restart = false;
        if self.sim.pin_enabled && self.sim.state == SimState::Ready {
            self.sim.state = SimState::Locked;
        }
    }
}

impl Session {
    /// Whether the session is up in a family.
    pub fn up(&self, family: Family) -> bool {
        match family {
            Family::V4 => self.ipv4.is_some(),
            Family::V6 => self.ipv6.is_some(),
        }
    }
}

impl Ipv4 {
    fn of(mux: u8, generation: u8) -> Self {
        // One /28 per generation, the host's address its third.
        let host = generation.wrapping_mul(16).wrapping_add(2);
        Ipv4 {
            address: Ipv4Addr::new(10, 64, mux, host),
            gateway: Ipv4Addr::new(10, 64, mux, host.wrapping_add(1)),
            prefix: 28,
            dns: [Ipv4Addr::new(1, 1, 1, 1), Ipv4Addr::new(8, 8, 8, 8)],
        }
    }

    /// The subnet's mask.
    pub fn mask(&self) -> Ipv4Addr {
        let host_bits = 32u32.saturating_sub(u32::from(self.prefix));
        Ipv4Addr::from(u32::MAX.checked_shl(host_bits).unwrap_or(0))
    }
}

impl Ipv6 {
    fn of(mux: u8, generation: u8) -> Self {
        let prefix = [0x2001, 0xdb8, u16::from(mux), u16::from(generation)];
        let [a, b, c, d] = prefix;
        Ipv6 {
            address: Ipv6Addr::new(a, b, c, d, 0, 0, 0, 2),
            gateway: Ipv6Addr::new(a, b, c, d, 0, 0, 0, 1),
            prefix: 64,
            dns: [
                Ipv6Addr::new(0x2606, 0x4700, 0x4700, 0, 0, 0, 0, 0x1111),
                Ipv6Addr::new(0x2001, 0x4860, 0x4860, 0, 0, 0, 0, 0x8888),
            ],
        }
    }
}
