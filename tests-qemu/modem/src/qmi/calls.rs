// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
//! Data calls: which WDS clients hold which session. A call lives as long as one client holds it.

use std::collections::BTreeMap;

use crate::session::Family;

/// What a call is known by.
pub type Key = (u8, Family);

/// The calls in progress.
#[derive(Default)]
pub struct Calls {
    calls: BTreeMap<Key, Call>,
    handles: u32,
}

/// One call.
#[derive(Debug, Default)]
pub struct Call {
    /// APN.
    pub apn: String,
    /// User.
    pub user: String,
    /// Profile that it was started with.
    pub profile: u8,
    /// Handle by client.
    pub holders: BTreeMap<u8, u32>,
}

impl Calls {
    /// A call.
    pub fn get(&self, key: Key) -> Option<&Call> {
        self.calls.get(&key)
    }

    /// Lets a client hold a call, which begins if it must, and returns the client's handle.
    pub fn join(&mut self, key: Key, client: u8, new: impl FnOnce() -> Call) -> u32 {
        self.handles = self.handles.wrapping_add(0x10);
        // Handles of real modems look like addresses; 0 and 0xffffffff have meanings.
        let handle = 0x2a00_0000 | self.handles & 0x00ff_fff0;
        let call = self.calls.entry(key).or_insert_with(new);
        call.holders.insert(client, handle);
        handle
    }

    /// Takes a call away from a client. Returns whether it ended thereby.
    pub fn leave(&mut self, key: Key, client: u8) -> bool {
        let Some(call) = self.calls.get_mut(&key) else {
            return false;
        };
        call.holders.remove(&client).is_some() && call.holders.is_empty() && self.end(key)
    }

    /// Ends a call, whoever holds it. Returns whether there was one.
    pub fn end(&mut self, key: Key) -> bool {
        self.calls.remove(&key).is_some()
    }

    /// The call that a client has this handle of.
    pub fn of_handle(&self, client: u8, handle: u32) -> Option<Key> {
        let mut calls = self.calls.iter();
        calls
            .find(|(_, call)| call.holders.get(&client) == Some(&handle))
            .map(|(&key, _)| key)
    }

    /// The calls that a client holds.
    pub fn of_client(&self, client: u8) -> Vec<Key> {
        let held = self
            .calls
            .iter()
            .filter(|(_, call)| call.holders.contains_key(&client));
        held.map(|(&key, _)| key).collect()
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.calls.len()
    }
}
