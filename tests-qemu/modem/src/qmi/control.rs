// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
//! Control requests to the QMI port: they change the world around the modem, or order faults.

use std::sync::Arc;

use qmi::Verbose;

use super::{lock, wds, Qmi};
use crate::session::{RadioLock, Registration, SimState, Technology, PIN_RETRIES, PUK_RETRIES};

impl Qmi {
    /// Obeys a control request.
    pub(super) fn obey(&mut self, words: &[&str]) -> Result<String, String> {
        match words {
            ["stats"] => Ok(self.stats()),
            ["sim", state] => self.set_sim(state),
            ["pin-tries", tries] => {
                let tries = tries.parse().ok().filter(|tries| *tries <= PIN_RETRIES);
                lock(&self.modem).sim.pin_retries = tries.ok_or("pin-tries 0..3")?;
                Ok(String::new())
            }
            ["fcc-lock", state] => self.set_radio_lock(state),
            ["registration", state] => self.set_registration(state),
            ["technology", technology] => self.set_technology(technology),
            ["network-release", mux] => self.network_release(mux, "36"),
            ["network-release", mux, reason] => self.network_release(mux, reason),
            ["reject-apn", reason] => self.reject_apn(reason),
            ["address-change"] => {
                let modem = Arc::clone(&self.modem);
                lock(&modem).change_addresses();
                wds::addresses_changed(&mut self.services);
                self.indicate();
                Ok(String::new())
            }
            ["mtu", mtu] => {
                let mtu = mtu.parse().ok().filter(|mtu| *mtu >= 576);
                lock(&self.modem).change_mtu(mtu.ok_or("mtu 576..65535")?);
                wds::addresses_changed(&mut self.services);
                self.indicate();
                Ok(String::new())
            }
            _ => self.faults.command(words),
        }
    }

    fn set_sim(&mut self, state: &str) -> Result<String, String> {
        let mut modem = lock(&self.modem);
        let sim = &mut modem.sim;
        (sim.state, sim.pin_enabled) = match state {
            "absent" => (SimState::Absent, sim.pin_enabled),
            "locked" => (SimState::Locked, true),
            "puk" => (SimState::PukRequired, true),
            "ready" => (SimState::Ready, false),
            _ => return Err("sim absent|locked|puk|ready".to_owned()),
        };
        sim.pin_retries = if state == "puk" { 0 } else { PIN_RETRIES };
        sim.puk_retries = PUK_RETRIES;
        // 218: SIM card event.
        modem.settle(Verbose::internal(218));
        Ok(String::new())
    }

    /// As if the modem had been switched on with a lock or without.
    fn set_radio_lock(&mut self, state: &str) -> Result<String, String> {
        let mut modem = lock(&self.modem);
        modem.radio_lock = match state {
            "on" => RadioLock::Shut,
            "off" => RadioLock::None,
            _ => return Err("fcc-lock on|off".to_owned()),
        };
        modem.radio_on = !modem.radio_lock.is_shut();
        modem.settle(Verbose::internal(219));
        Ok(String::new())
    }

    fn set_registration(&mut self, state: &str) -> Result<String, String> {
        let mut modem = lock(&self.modem);
        modem.network.registration = match state {
            "home" => Registration::Home,
            "roaming" => Registration::Roaming,
            "searching" => Registration::Searching,
            "denied" => Registration::Denied,
            _ => return Err("registration home|roaming|searching|denied".to_owned()),
        };
        // 206: terminated by the network.
        modem.settle(Verbose::internal(206));
        Ok(String::new())
    }

    fn set_technology(&mut self, technology: &str) -> Result<String, String> {
        let mut modem = lock(&self.modem);
        modem.network.technology = match technology {
            "lte" => Technology::Lte,
            "nsa" => Technology::Nsa,
            "sa" => Technology::Sa,
            _ => return Err("technology lte|nsa|sa".to_owned()),
        };
        modem.settle(Verbose::internal(206));
        Ok(String::new())
    }

    fn network_release(&mut self, mux: &str, reason: &str) -> Result<String, String> {
        let mux = mux
            .parse()
            .map_err(|_| "network-release MUX [3GPP-REASON]")?;
        let reason = reason
            .parse()
            .map_err(|_| "network-release MUX [3GPP-REASON]")?;
        match lock(&self.modem).release(mux, Verbose::gpp(reason)) {
            true => Ok(String::new()),
            false => Err(format!("no session on mux id {mux}")),
        }
    }

    fn reject_apn(&mut self, reason: &str) -> Result<String, String> {
        lock(&self.modem).network.reject_apn = match reason {
            "off" => None,
            _ => Some(reason.parse().map_err(|_| "reject-apn 3GPP-REASON|off")?),
        };
        Ok(String::new())
    }
}
