// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
//! Client ids: who talks to which service, and what each wants to be told.

use std::collections::BTreeMap;

use crate::session::Family;

/// The clients of all services.
#[derive(Default)]
pub struct Clients {
    clients: BTreeMap<(u8, u8), Client>,
}

/// What a client asked for.
#[derive(Debug, Clone)]
pub struct Client {
    /// NAS serving system indications; on without asking, as real modems have it.
    pub serving_system: bool,
    /// NAS system info indications.
    pub system_info: bool,
    /// UIM card status indications.
    pub card_status: bool,
    /// DMS operating mode reports.
    pub operating_mode: bool,
    /// DSD system status indications.
    pub system_status: bool,
    /// WMS reports of messages that arrive.
    pub arrivals: bool,
    /// LOC sentences about the modem's place.
    pub sentences: bool,
    /// WDS changed-configuration indications.
    pub ip_config: bool,
    /// WDS: the mux id that it is bound to.
    pub mux: u8,
    /// WDS: its IP family.
    pub family: Family,
}

impl Default for Client {
    fn default() -> Self {
        Client {
            serving_system: true,
            system_info: false,
            card_status: false,
            operating_mode: false,
            system_status: false,
            arrivals: false,
            sentences: false,
            ip_config: false,
            mux: 0,
            family: Family::V4,
        }
    }
}

impl Clients {
    /// Gives out the lowest free id of a service, none if all are taken.
    pub fn allocate(&mut self, service: u8) -> Option<u8> {
        let id = (1..=0xfe).find(|&id| !self.has(service, id))?;
        self.clients.insert((service, id), Client::default());
        Some(id)
    }

    /// Takes an id back. Returns whether it was given out.
    pub fn release(&mut self, service: u8, id: u8) -> bool {
        self.clients.remove(&(service, id)).is_some()
    }

    /// Whether an id is given out.
    pub fn has(&self, service: u8, id: u8) -> bool {
        self.clients.contains_key(&(service, id))
    }

    /// A client.
    pub fn get(&mut self, service: u8, id: u8) -> Option<&mut Client> {
        self.clients.get_mut(&(service, id))
    }

    /// The ids of a service's clients of a kind.
    pub fn of(&self, service: u8, wanted: impl Fn(&Client) -> bool) -> Vec<u8> {
        let clients = self
            .clients
            .iter()
            .filter(|(key, client)| key.0 == service && wanted(client));
        clients.map(|(key, _)| key.1).collect()
    }

    /// Service and id of every client.
    pub fn list(&self) -> Vec<(u8, u8)> {
        self.clients.keys().copied().collect()
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.clients.len()
    }
}
