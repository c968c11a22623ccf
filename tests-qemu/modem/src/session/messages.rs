// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
//! Short messages: those that the modem keeps, and those that it has sent.

use std::collections::BTreeMap;

/// The modem keeps so many.
const MOST: u8 = 30;

/// Short messages; they survive a reset of the modem.
#[derive(Debug, Clone, Default)]
pub struct Messages {
    kept: BTreeMap<u8, Received>,
    news: Vec<u8>,
    /// Number and text of each that was sent.
    pub sent: Vec<(String, String)>,
}

/// A message that arrived.
#[derive(Debug, Clone)]
pub struct Received {
    /// Whether somebody has read it.
    pub read: bool,
    /// Whom it is from.
    pub number: String,
    /// When, as `yy/MM/dd,hh:mm:ss±zz`, the zone in quarters of an hour.
    pub time: &'static str,
    /// What it says.
    pub text: String,
}

impl Messages {
    /// Keeps a message; its number, or none if there is no room.
    pub fn arrive(&mut self, number: &str, text: &str) -> Option<u8> {
        let index = (0..MOST).find(|index| !self.kept.contains_key(index))?;
        let message = Received {
            read: false,
            number: number.to_owned(),
            time: "26/11/27,10:30:00+04",
            text: text.to_owned(),
        };
        self.kept.insert(index, message);
        self.news.push(index);
        Some(index)
    }

    /// The numbers of those that have arrived since the last call.
    pub fn take_news(&mut self) -> Vec<u8> {
        std::mem::take(&mut self.news)
    }

    /// Every message with its number.
    pub fn iter_mut(&mut self) -> impl Iterator<Item = (u8, &mut Received)> {
        self.kept
            .iter_mut()
            .map(|(&index, message)| (index, message))
    }

    /// A message by number.
    pub fn get_mut(&mut self, index: u8) -> Option<&mut Received> {
        self.kept.get_mut(&index)
    }

    /// Deletes a message. Returns whether there was one.
    pub fn remove(&mut self, index: u8) -> bool {
        self.kept.remove(&index).is_some()
    }
}
