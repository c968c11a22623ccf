// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
//! IP_CTRL (channels 18/19): takes the host's DTR and RTS for each channel and answers with DCD and DSR.
//! [`Signals`] tells the device which channels are mute.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use ::mhi::ip_ctrl::{Device, Host, LEN};

use crate::port::Port;

/// Answers that wait at most.
const LIMIT: usize = 64;

/// The host's signals by uplink channel, shared by the port and the device.
#[derive(Clone, Default)]
pub struct Signals {
    hosts: Arc<Mutex<BTreeMap<u8, Host>>>,
    required: Option<u8>,
}

impl Signals {
    /// `required` names a channel that stays mute until RTS was raised.
    pub fn new(required: Option<u8>) -> Self {
        Self {
            required,
            ..Self::default()
        }
    }

    /// Whether nothing may be sent on the channel whose uplink has that number: RTS is down.
    pub fn is_mute(&self, channel: u8) -> bool {
        let hosts = self.hosts.lock().unwrap_or_else(PoisonError::into_inner);
        match hosts.get(&channel) {
            Some(host) => !host.rts,
            None => self.required == Some(channel),
        }
    }

    /// Forgets all signals.
    pub fn reset(&self) {
        self.hosts
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clear();
    }

    /// The signals in words.
    pub fn describe(&self) -> String {
        let hosts = self.hosts.lock().unwrap_or_else(PoisonError::into_inner);
        let words = hosts.values().map(|host| {
            format!(
                "{}:dtr={},rts={}",
                host.channel,
                u8::from(host.dtr),
                u8::from(host.rts)
            )
        });
        words.collect::<Vec<_>>().join(" ")
    }
}

/// The port.
pub struct IpCtrl {
    signals: Signals,
    answers: VecDeque<Vec<u8>>,
}

impl IpCtrl {
    /// A port that keeps `signals` up to date.
    pub fn new(signals: Signals) -> Self {
        Self {
            signals,
            answers: VecDeque::new(),
        }
    }

    fn answer(&mut self, device: &Device) {
        let mut message = [0; LEN];
        device.emit(&mut message);
        if self.answers.len() < LIMIT {
            self.answers.push_back(message.to_vec());
        }
    }
}

impl Port for IpCtrl {
    fn receive(&mut self, message: &[u8], _now: Instant) {
        let Some(host) = Host::parse(message) else {
            log::warn!("{} bytes that are no signal message", message.len());
            return;
        };
        log::info!("signals of the host: {host:?}");
        let Ok(channel) = u8::try_from(host.channel) else {
            return;
        };
        let mut hosts = self
            .signals
            .hosts
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        hosts.insert(channel, host);
        drop(hosts);
        self.answer(&Device {
            channel: host.channel,
            dcd: host.dtr,
            dsr: host.dtr,
            ri: false,
        });
    }

    fn poll(&mut self, _now: Instant) -> Option<Vec<u8>> {
        self.answers.pop_front()
    }

    fn reset(&mut self) {
        self.answers.clear();
        self.signals.reset();
    }

    fn command(&mut self, words: &[&str]) -> Result<String, String> {
        match words {
            [] => Ok(self.signals.describe()),
            [channel, signals @ ..] => {
                let channel = channel
                    .parse()
                    .map_err(|_| format!("not a channel: {channel}"))?;
                self.answer(&Device {
                    channel,
                    dcd: signals.contains(&"dcd"),
                    dsr: signals.contains(&"dsr"),
                    ri: signals.contains(&"ri"),
                });
                Ok(String::new())
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn say(port: &mut IpCtrl, rts: bool) {
        let mut message = [0; LEN];
        let host = Host {
            channel: 32,
            dtr: true,
            rts,
        };
        host.emit(&mut message);
        port.receive(&message, Instant::now());
    }

    #[test]
    fn channel_is_mute_while_rts_is_down() {
        let signals = Signals::new(None);
        let mut port = IpCtrl::new(signals.clone());
        assert!(!signals.is_mute(32));
        say(&mut port, false);
        assert!(signals.is_mute(32));
        assert!(!signals.is_mute(14));
        say(&mut port, true);
        assert!(!signals.is_mute(32));
    }

    #[test]
    fn required_channel_is_mute_until_rts_is_up() {
        let signals = Signals::new(Some(32));
        let mut port = IpCtrl::new(signals.clone());
        assert!(signals.is_mute(32));
        say(&mut port, true);
        assert!(!signals.is_mute(32));
        port.reset();
        assert!(signals.is_mute(32));
    }

    #[test]
    fn signals_are_answered_and_garbage_is_not() {
        let mut port = IpCtrl::new(Signals::new(None));
        port.receive(b"AT", Instant::now());
        assert_eq!(port.poll(Instant::now()), None);
        say(&mut port, true);
        let answer = port
            .poll(Instant::now())
            .and_then(|answer| Device::parse(&answer));
        assert_eq!(
            answer.map(|device| (device.channel, device.dcd)),
            Some((32, true))
        );
    }
}
