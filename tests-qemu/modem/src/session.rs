// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
//! What the modem's parts share: SIM, registration, data format and data sessions, as `Arc<Mutex<Modem>>`.
//! The QMI services and the AT port change it, the data plane reads formats and sessions and counts traffic.

mod admission;
mod data;
mod format;
mod messages;
mod network;
mod preferences;
mod profiles;
mod radio;
mod sim;

pub use admission::{AUTHENTICATION_FAILED, NOT_SUBSCRIBED, UNKNOWN_APN};
pub use data::{Ended, Family, Ipv4, Ipv6, Session, Traffic};
pub use format::{Format, Limits, Qmap};
pub use messages::{Messages, Received};
pub use network::{Carrier, Network, Registration, Signal, Technology, LTE, NR5G};
pub use preferences::Preferences;
pub use profiles::{Profile, Profiles};
pub use radio::RadioLock;
pub use sim::{PinError, Sim, SimState, PIN_RETRIES, PUK_RETRIES};

use std::collections::BTreeMap;

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
    /// Short messages.
    pub messages: Messages,
    /// Whether it speaks MBIM and NTB16 instead of QMI and QMAP, as after `AT+QCFG="pcie_mbim",1`.
    pub mbim: bool,
    /// The same from its next restart on.
    pub mbim_next: bool,
    /// Whether the radio is on (`AT+CFUN=1`, DMS operating mode online).
    pub radio_on: bool,
    /// What may keep it off.
    pub radio_lock: RadioLock,
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
            sim: Sim::default(),
            network: Network::default(),
            preferences: Preferences::default(),
            profiles: Profiles::default(),
            messages: Messages::default(),
            mbim: false,
            mbim_next: false,
            radio_on: true,
            radio_lock: RadioLock::None,
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
        let preferences = &self.preferences;
        let lte = preferences.allows("LTE") && preferences.has_band("lte_band", LTE[0].band);
        let nr5g = |key| preferences.allows("NR5G") && preferences.has_band(key, NR5G[0].band);
        // nr5g_disable_mode: 1 forbids standalone, 2 non-standalone.
        let disabled = preferences.get("nr5g_disable_mode").unwrap_or("0");
        match self.network.technology {
            Technology::Sa if nr5g("nr5g_band") && disabled != "1" => Some(Technology::Sa),
            Technology::Sa | Technology::Nsa if nr5g("nsa_nr5g_band") && lte && disabled != "2" => {
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
            mtu: self.network.mtu,
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

    /// The network has another MTU for every session.
    pub fn change_mtu(&mut self, mtu: u16) {
        self.network.mtu = mtu;
        for session in self.sessions.values_mut() {
            session.mtu = mtu;
        }
    }

    /// The modem restarts: sessions, data format and PIN verification are gone, preferences stay.
    pub fn reset(&mut self) {
        self.sessions.clear();
        self.ended.clear();
        self.format = Format::RAW_IP;
        self.radio_lock.reset();
        self.radio_on = !self.radio_lock.is_shut();
        self.restart = false;
        self.mbim = self.mbim_next;
        if self.sim.pin_enabled && self.sim.state == SimState::Ready {
            self.sim.state = SimState::Locked;
        }
    }
}
