// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
//! Networks of a session, one per IP family: started, refused, given their addresses, released. One family may be refused and
//! the session go on with the other. `answers` calls this.

use std::time::Instant;

use qmi::{service, wds, CallEnd, ErrorCode, Message};

use super::table::{State, Trigger};
use super::{ClientId, Network, Session};
use crate::config::Family;
use crate::exit::{Error, Exit};
use crate::modem::addressing::Addressing;

impl Session {
    pub(super) fn started(&mut self, handle: u32) -> Option<Trigger> {
        let network = self.networks.get_mut(self.current)?;
        network.handle = Some(handle);
        Some(Trigger::Done)
    }

    pub(super) fn start_refused(&self, code: ErrorCode, message: &Message<'_>) -> Error {
        let apn = match (&self.config.apn, self.config.profile) {
            (Some(apn), _) => format!("APN {apn}"),
            (None, Some(profile)) => format!("profile {profile}"),
            (None, None) => "the default APN".to_owned(),
        };
        let reason = match message.body::<CallEnd>() {
            Ok(end) if end.reason.is_some() || end.verbose.is_some() => end.to_string(),
            _ => code.to_string(),
        };
        Error::new(
            Exit::Refused,
            format!("{apn} refused: {reason}"),
            "check --apn, --ip, --user and --password with the operator",
        )
    }

    /// Whether there is another way to authenticate, which then is the next to be tried.
    pub(super) fn authenticate_otherwise(&mut self, error: &Error, message: &Message<'_>) -> bool {
        let end = message.body::<CallEnd>().unwrap_or_default();
        if !end.may_be_authentication() {
            return false; // what the network takes is no worse for it
        }
        let Some(next) = self.config.auth.get(self.auth + 1) else {
            self.auth = 0;
            return false;
        };
        self.auth += 1;
        if let Some(network) = self.networks.get(self.current) {
            let name = network.family.name();
            let text = format!("{name} {}; trying {}", error.what, next.name());
            self.line("session", text);
        }
        true
    }

    /// One family does not come up: the other one may.
    pub(super) fn family_refused(&mut self, error: Error) -> Option<Trigger> {
        if let Some(network) = self.networks.get(self.current) {
            let name = network.family.name();
            self.line("session", format!("{name} {}", error.what));
        }
        self.refusal.get_or_insert(error);
        self.next_family(match self.state {
            State::Settings => Trigger::Done, // with it or without, the other one is configured next
            _ => Trigger::Enough,
        })
    }

    /// On to the next family; behind the last one `enough`, if any family has an address.
    pub(super) fn next_family(&mut self, enough: Trigger) -> Option<Trigger> {
        self.current += 1;
        if self.current < self.networks.len() {
            return Some(Trigger::Again);
        }
        if self.has_address() {
            return Some(enough);
        }
        let error = self
            .refusal
            .take()
            .unwrap_or_else(|| Error::new(Exit::Refused, "no family came up", ""));
        self.failed(error)
    }

    pub(super) fn settings(&mut self, message: &Message<'_>) -> Option<Trigger> {
        let refreshing = self.state == State::Refresh;
        let body = message.body::<wds::Settings<'_>>();
        let network = self.networks.get_mut(self.current)?;
        let family = network.family;
        match body
            .map_err(|error| error.to_string())
            .and_then(|settings| Addressing::check(family, &settings))
        {
            Ok(addressing) => {
                network.addressing = Some(addressing);
                if !refreshing {
                    self.line("session", format!("{} up", family.name()));
                }
            }
            // It had none before, and the session is the other family's.
            Err(_) if refreshing && network.addressing.is_none() => {}
            Err(why) if refreshing => return self.failed(Error::new(Exit::Refused, why, "")),
            Err(why) => {
                return self.family_refused(Error::new(
                    Exit::Refused,
                    why,
                    "try another --ip, or ask the operator what the APN supports",
                ));
            }
        }
        if !refreshing {
            return self.next_family(Trigger::Done);
        }
        self.refreshed()
    }

    /// Whether any family has an address.
    pub(super) fn has_address(&self) -> bool {
        let mut networks = self.networks.iter();
        networks.any(|network| network.addressing.is_some())
    }

    /// Whether the current family has been started and has no address.
    pub(super) fn lacks_address(&self) -> bool {
        let network = self.networks.get(self.current);
        network.is_some_and(|network| network.addressing.is_none())
    }

    /// On to the next family's settings.
    pub(super) fn refreshed(&mut self) -> Option<Trigger> {
        match self.next_live(self.current + 1) {
            Some(next) => {
                self.current = next;
                Some(Trigger::Again)
            }
            None => Some(Trigger::Done),
        }
    }

    pub(super) fn session_status(
        &mut self,
        client: u8,
        status: &wds::StatusIndication,
        now: Instant,
    ) {
        let is_ours =
            |id: &ClientId| id.service == service::WDS && (id.id == client || client == 0xff);
        let of: Vec<_> = self
            .ids
            .iter()
            .filter(|id| is_ours(id))
            .filter_map(|id| id.family)
            .collect();
        let family = status.family.and_then(|family| match family {
            wds::Family::Ipv4 => Some(Family::V4),
            wds::Family::Ipv6 => Some(Family::V6),
            _ => None,
        });
        let hit = |network: &Network| {
            network.handle.is_some()
                && of.contains(&network.family)
                && (client != 0xff || family.is_none_or(|family| family == network.family))
        };
        let Some(at) = self.networks.iter().position(hit) else {
            return;
        };
        match status.status.connection {
            wds::Connection::Disconnected
                if !matches!(self.state, State::Stop | State::Release | State::Rest) =>
            {
                let others = self.has_address();
                if let Some(network) = self.networks.get_mut(at) {
                    network.handle = None;
                    let is_up = matches!(self.state, State::Up | State::Refresh);
                    if is_up && others && network.addressing.is_none() {
                        return; // the session was never this one's
                    }
                }
                let end = status.call_end();
                let known = end.reason.is_some() || end.verbose.is_some();
                let why = if known {
                    format!(": {end}")
                } else {
                    String::new()
                };
                self.fail(
                    Error::new(
                        Exit::Refused,
                        format!("the network released the session{why}"),
                        "",
                    ),
                    now,
                );
            }
            wds::Connection::Connected if status.status.reconfigure && self.state == State::Up => {
                self.fire(Trigger::Changed, now)
            }
            _ => {}
        }
    }
}
