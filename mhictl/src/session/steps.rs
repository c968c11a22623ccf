// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
//! What the session does on each transition: the requests of QMI in the order of a connection, and the way down.

use std::time::{Duration, Instant};

use qmi::{ctl, dms, nas, service, uim, wda, wds, Body, Request};

use super::table::{Action, State, Trigger};
use super::{Network, Output, PinUse, Session};
use crate::config::Family;
use crate::hook;
use crate::modem::addressing::aggregation;

/// Patience for an ordinary request.
const PATIENCE: Duration = Duration::from_secs(10);
/// Patience for the proxy: the modem may still be starting. It is asked once on each connection; libqmi's does not survive more.
const ATTACH_PATIENCE: Duration = Duration::from_secs(20);
/// Patience for starting a network: it talks to the core network.
const START_PATIENCE: Duration = Duration::from_secs(60);
/// The same where the other family has its address already, which waits for it.
const START_BESIDE_PATIENCE: Duration = Duration::from_secs(20);
/// Patience on the way down.
const STOP_PATIENCE: Duration = Duration::from_secs(3);
/// How often the modem is asked whether the networks are still up, and the link looked after.
const BEAT: Duration = Duration::from_secs(15);
/// Its patience, shorter than its period.
const BEAT_PATIENCE: Duration = Duration::from_secs(5);

/// Downlink aggregates to ask for: what the vendor's own manager asks for, within the driver's buffers of 32 KiB.
const DOWNLINK: (u32, u32) = (32, 31744);
/// Uplink aggregates to ask for, by the vendor.
const UPLINK: (u32, u32) = (11, 8192);
/// Stops a network whoever started it.
pub const ANY_HANDLE: u32 = 0xffff_ffff;

impl Session {
    /// Services in the order in which their client ids are allocated.
    pub(super) fn wanted(&self) -> Vec<(u8, Option<Family>)> {
        let mut wanted = vec![
            (service::DMS, None),
            (service::UIM, None),
            (service::NAS, None),
            (service::WDA, None),
        ];
        wanted.extend(
            self.config
                .families
                .iter()
                .map(|&family| (service::WDS, Some(family))),
        );
        wanted
    }

    pub(super) fn id(&self, service: u8, family: Option<Family>) -> u8 {
        self.ids
            .iter()
            .find(|id| id.service == service && id.family == family)
            .map_or(0, |id| id.id)
    }

    /// The client of the network that is being worked on.
    fn data_id(&self) -> u8 {
        self.id(
            service::WDS,
            self.networks
                .get(self.current)
                .map(|network| network.family),
        )
    }

    fn ask<'r, R: Request + Body<'r>>(
        &mut self,
        client: u8,
        request: &R,
        patience: Duration,
        now: Instant,
    ) -> Option<Trigger> {
        if let Some(token) = self.step.take() {
            self.client.forget(token);
        }
        self.step = Some(self.client.request(client, request, patience, now));
        None
    }

    /// Carries an action out; returns what follows at once.
    pub(super) fn act(&mut self, action: Action, now: Instant) -> Option<Trigger> {
        match action {
            Action::Nothing => None,
            Action::Wait => {
                let wait = match self.state {
                    State::Claim | State::Turn => 100,
                    State::Opening => 250,
                    State::Sim | State::Power => 500,
                    _ => 1000,
                };
                self.timer = Some(now + Duration::from_millis(wait));
                None
            }
            Action::Open => {
                self.outputs.push_back(Output::Open);
                None
            }
            Action::Reopen => {
                self.forget_modem();
                self.client.reset();
                self.outputs.extend([Output::Withdraw, Output::Close]);
                self.act(Action::Wait, now)
            }
            Action::Attach => {
                let node = self.node.clone();
                let request = ctl::ProxyOpen {
                    path: node.as_str().into(),
                    release: Some(true),
                };
                self.ask(0, &request, ATTACH_PATIENCE, now)
            }
            Action::AskVersions => {
                self.failure = None;
                let proxy = self.proxy.as_ref();
                let how = proxy.map_or("done".to_owned(), |proxy| format!("by {proxy}"));
                self.line("sync", how);
                self.ask(0, &ctl::GetVersions {}, PATIENCE, now)
            }
            Action::Allocate => match self.wanted().get(self.ids.len()) {
                Some(&(service, _)) => self.ask(0, &ctl::AllocateClient { service }, PATIENCE, now),
                None => Some(Trigger::Done),
            },
            Action::AskFirmware => self.ask(
                self.id(service::DMS, None),
                &dms::GetRevision {},
                PATIENCE,
                now,
            ),
            Action::AskMode => self.ask(
                self.id(service::DMS, None),
                &dms::GetOperatingMode {},
                PATIENCE,
                now,
            ),
            Action::SetOnline => {
                let request = dms::SetOperatingMode {
                    mode: dms::Mode::Online,
                };
                self.ask(self.id(service::DMS, None), &request, PATIENCE, now)
            }
            Action::UnlockRadio => {
                self.outputs.push_back(Output::UnlockRadio);
                None
            }
            // Without a PIN there is nothing that another session's could collide with.
            Action::TakeTurn if self.config.pin.is_none() => Some(Trigger::Done),
            Action::TakeTurn => {
                self.outputs.push_back(Output::TakeTurn);
                None
            }
            Action::AskSim => self.ask(
                self.id(service::UIM, None),
                &uim::GetCardStatus {},
                PATIENCE,
                now,
            ),
            Action::VerifyPin => {
                self.pin = PinUse::Taken;
                let pin = self.config.pin.clone().unwrap_or_default();
                let request = uim::VerifyPin {
                    session: uim::Session::default(),
                    pin: uim::Pin {
                        id: 1,
                        digits: pin.as_str().into(),
                    },
                };
                self.ask(self.id(service::UIM, None), &request, PATIENCE, now)
            }
            Action::Subscribe => {
                self.outputs.push_back(Output::LeaveTurn);
                let request = nas::RegisterIndications {
                    serving_system: Some(true),
                    system_info: Some(true),
                    ..Default::default()
                };
                self.ask(self.id(service::NAS, None), &request, PATIENCE, now)
            }
            Action::AskServing => self.ask(
                self.id(service::NAS, None),
                &nas::GetServingSystem {},
                PATIENCE,
                now,
            ),
            Action::AskSystems => self.ask(
                self.id(service::NAS, None),
                &nas::GetSystemInfo {},
                PATIENCE,
                now,
            ),
            Action::Claim => {
                self.outputs.push_back(Output::Claim);
                None
            }
            Action::SetFormat => self.set_format(now),
            Action::AskFormat => {
                let request = wda::GetDataFormat {
                    endpoint: Some(wda::Endpoint::PCIE),
                };
                self.ask(self.id(service::WDA, None), &request, PATIENCE, now)
            }
            Action::MakeLink => {
                let format = self.format?;
                self.line("format", format.line());
                let families = self.config.families.iter();
                self.networks = families
                    .map(|&family| Network {
                        family,
                        handle: None,
                        addressing: None,
                    })
                    .collect();
                (self.current, self.refusal) = (0, None);
                self.outputs.push_back(Output::MakeLink(format));
                None
            }
            Action::Bind => {
                let request = wds::BindMuxDataPort {
                    endpoint: Some(wda::Endpoint::PCIE),
                    mux_id: Some(self.config.mux),
                    client_type: Some(1),
                };
                self.ask(self.data_id(), &request, PATIENCE, now)
            }
            Action::SetFamily => {
                // Whatever it answers: not all modems know it, and there is the indication of the session's state as well.
                let changes = wds::RegisterIndications {
                    extended_ip_config: Some(true),
                    ..Default::default()
                };
                self.client.request(self.data_id(), &changes, PATIENCE, now);
                let request = wds::SetIpFamily {
                    family: self.wire_family(),
                };
                self.ask(self.data_id(), &request, PATIENCE, now)
            }
            Action::StartNetwork => self.start_network(now),
            Action::AskSettings => self.ask_settings(now),
            Action::AskSettingsAgain => {
                self.current = self.next_live(0)?;
                self.ask_settings(now)
            }
            Action::Configure => {
                let granted = self
                    .networks
                    .iter()
                    .filter_map(|network| network.addressing.clone())
                    .collect();
                self.outputs.push_back(Output::Configure(granted));
                None
            }
            Action::Announce => {
                (self.deadline, self.failure) = (None, None);
                if self.up_since.is_none() {
                    (self.up_since, self.was_up) = (Some(now), true);
                    self.ups = self.ups.saturating_add(1);
                    self.line("connected", self.link.clone());
                    self.tell(hook::Event::Up, None, None);
                } else {
                    self.tell(hook::Event::Change, None, None);
                }
                self.timer = Some(now + BEAT);
                None
            }
            Action::Watch => self.watch(now),
            Action::TakeDown => {
                if self.deadline.is_some() {
                    self.ending = true;
                }
                self.outputs.push_back(Output::Withdraw);
                self.drop_questions();
                self.act(Action::StopNetwork, now)
            }
            Action::StopNetwork => self.stop_network(now),
            Action::ReleaseClient => match self.ids.pop() {
                Some(id) => {
                    let request = ctl::ReleaseClient {
                        client: ctl::Client {
                            service: id.service,
                            id: id.id,
                        },
                    };
                    self.ask(0, &request, STOP_PATIENCE, now)
                }
                None if self.ending => Some(Trigger::Over),
                None => Some(Trigger::Done),
            },
            Action::Rest => {
                let failure = self.failure.take();
                if let Some(error) = failure.as_ref().filter(|_| !self.was_up) {
                    self.tell_failed(error);
                }
                let why = failure.map(|error| error.what).unwrap_or_default();
                let wait = self.backoff.next();
                self.forget_modem();
                self.line("retry", format!("in {:.0} s: {why}", wait.as_secs_f64()));
                self.timer = Some(now + wait);
                None
            }
            Action::Finish => {
                self.drop_questions();
                let result = self.failure.take().map_or(Ok(()), Err);
                if let Err(error) = &result {
                    self.tell_failed(error);
                }
                self.outputs.push_back(Output::Finish(result));
                None
            }
        }
    }

    fn set_format(&mut self, now: Instant) -> Option<Trigger> {
        self.adopting = false;
        let version = self.config.qmap.get(self.proposal).copied()?;
        let request = wda::SetDataFormat {
            qos: Some(false),
            link_layer: Some(wda::LinkLayer::RawIp),
            uplink: Some(aggregation(version)),
            downlink: Some(aggregation(version)),
            downlink_max_packets: Some(DOWNLINK.0),
            downlink_max_size: Some(DOWNLINK.1),
            endpoint: Some(wda::Endpoint::PCIE),
            uplink_max_packets: Some(UPLINK.0),
            uplink_max_size: Some(UPLINK.1),
            ..Default::default()
        };
        self.ask(self.id(service::WDA, None), &request, PATIENCE, now)
    }

    fn wire_family(&self) -> wds::Family {
        match self
            .networks
            .get(self.current)
            .map(|network| network.family)
        {
            Some(Family::V6) => wds::Family::Ipv6,
            _ => wds::Family::Ipv4,
        }
    }

    fn start_network(&mut self, now: Instant) -> Option<Trigger> {
        let (apn, user, password) = (
            self.config.apn.clone(),
            self.config.user.clone(),
            self.config.password.clone(),
        );
        let request = wds::StartNetwork {
            apn: apn.as_deref().map(Into::into),
            authentication: self.config.auth.get(self.auth).map(|auth| auth.0),
            user: user.as_deref().map(Into::into),
            password: password.as_deref().map(Into::into),
            family: Some(self.wire_family()),
            profile: self.config.profile,
            ..Default::default()
        };
        let patience = match self.has_address() {
            true => START_BESIDE_PATIENCE,
            false => START_PATIENCE,
        };
        self.ask(self.data_id(), &request, patience, now)
    }

    fn ask_settings(&mut self, now: Instant) -> Option<Trigger> {
        let request = wds::GetSettings {
            requested: Some(wds::requested::SESSION),
        };
        self.ask(self.data_id(), &request, PATIENCE, now)
    }

    /// The first started network from `from` on.
    pub(super) fn next_live(&self, from: usize) -> Option<usize> {
        self.networks
            .iter()
            .enumerate()
            .skip(from)
            .find(|(_, network)| network.handle.is_some())
            .map(|(at, _)| at)
    }

    fn watch(&mut self, now: Instant) -> Option<Trigger> {
        let live: Vec<Family> = self
            .networks
            .iter()
            .filter(|network| network.handle.is_some() && network.addressing.is_some())
            .map(|network| network.family)
            .collect();
        for family in live {
            let id = self.id(service::WDS, Some(family));
            let token = self
                .client
                .request(id, &wds::GetStatus {}, BEAT_PATIENCE, now);
            self.beats.push(token);
        }
        self.outputs.push_back(Output::CheckLink);
        self.timer = Some(now + BEAT);
        None
    }

    fn stop_network(&mut self, now: Instant) -> Option<Trigger> {
        let Some(at) = self.next_live(0) else {
            return Some(Trigger::Done);
        };
        self.current = at;
        let handle = self
            .networks
            .get_mut(at)
            .and_then(|network| network.handle.take())
            .unwrap_or(ANY_HANDLE);
        self.ask(
            self.data_id(),
            &wds::StopNetwork {
                handle,
                disable_autoconnect: None,
            },
            STOP_PATIENCE,
            now,
        )
    }

    /// The modem has forgotten this host, or will at the next sync.
    fn forget_modem(&mut self) {
        if let Some(token) = self.step.take() {
            self.client.forget(token);
        }
        self.ids.clear();
        self.networks.clear();
        self.format = None;
        (self.proposal, self.adopting) = (0, false);
        (self.was_up, self.radio_refusals) = (false, 0);
        self.said_registration.clear();
        if self.pin == PinUse::Taken {
            self.pin = PinUse::Unused;
        }
        self.drop_questions();
    }
}
