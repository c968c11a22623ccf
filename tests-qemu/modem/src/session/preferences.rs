// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
//! Which radios and bands the user allows: set through `AT+QNWPREFCFG` or NAS, kept over restarts.

use std::collections::BTreeMap;

/// What the user prefers, in the words of `AT+QNWPREFCFG`.
#[derive(Debug, Clone)]
pub struct Preferences {
    values: BTreeMap<&'static str, String>,
}

/// The keys of `AT+QNWPREFCFG` that hold a preference, and what a module from the factory has (RM520N-GL AT manual).
const PREFERENCES: &[(&str, &str)] = &[
    ("mode_pref", "AUTO"),
    ("nr5g_disable_mode", "0"),
    ("roam_pref", "255"),
    ("ue_usage_setting", "1"),
    ("rat_acq_order", "NR5G:LTE:WCDMA"),
    ("srv_domain", "1"),
    ("gw_band", "1:2:4:5:6:8:19"),
    (
        "lte_band",
        "1:2:3:4:5:7:8:12:13:14:17:18:19:20:25:26:28:29:30:32:34:38:39:40:41:42:43:46:48:66:71",
    ),
    (
        "nsa_nr5g_band",
        "1:2:3:5:7:8:12:13:14:18:20:25:26:28:29:30:38:40:41:48:66:70:71:75:76:77:78:79",
    ),
    (
        "nr5g_band",
        "1:2:3:5:7:8:12:13:14:18:20:25:26:28:29:30:38:40:41:48:66:70:71:75:76:77:78:79",
    ),
];

impl Default for Preferences {
    fn default() -> Self {
        let values = PREFERENCES
            .iter()
            .map(|&(key, value)| (key, value.to_owned()))
            .collect();
        Preferences { values }
    }
}

impl Preferences {
    /// Every preference with its value.
    pub fn iter(&self) -> impl Iterator<Item = (&'static str, &str)> {
        self.values
            .iter()
            .map(|(&key, value)| (key, value.as_str()))
    }

    /// A preference's value.
    pub fn get(&self, key: &str) -> Option<&str> {
        self.values.get(key).map(String::as_str)
    }

    /// A preference as it comes from the factory; for bands, all that the hardware has.
    pub fn hardware(&self, key: &str) -> &'static str {
        PREFERENCES
            .iter()
            .find(|row| row.0 == key)
            .map_or("", |row| row.1)
    }

    /// Sets a preference. Returns false, and changes nothing, if key or value is unknown.
    #[must_use]
    pub fn set(&mut self, key: &str, value: &str) -> bool {
        let Some((known, default)) = PREFERENCES.iter().find(|row| row.0 == key) else {
            return false;
        };
        let valid = match *known {
            "mode_pref" | "rat_acq_order" => value
                .split(':')
                .all(|mode| ["AUTO", "WCDMA", "LTE", "NR5G"].contains(&mode)),
            // Bands must be the hardware's.
            "gw_band" | "lte_band" | "nsa_nr5g_band" | "nr5g_band" => value
                .split(':')
                .all(|band| default.split(':').any(|known| known == band)),
            _ => value.parse::<u8>().is_ok(),
        };
        if valid {
            self.values.insert(known, value.to_owned());
        }
        valid
    }

    /// The keys of bands with all that the hardware has: the policy of a subscription that forbids none.
    pub fn policy() -> impl Iterator<Item = (&'static str, &'static str)> {
        PREFERENCES
            .iter()
            .filter(|row| row.0.ends_with("_band"))
            .copied()
    }

    /// Allows all bands again.
    pub fn restore_bands(&mut self) {
        for (key, all) in Preferences::policy() {
            self.values.insert(key, all.to_owned());
        }
    }

    /// Whether a preference allows a band.
    pub fn has_band(&self, key: &str, band: u16) -> bool {
        let bands = self.get(key).unwrap_or_default();
        bands.split(':').any(|allowed| allowed.parse() == Ok(band))
    }

    /// Whether the mode preference allows a technology: `WCDMA`, `LTE` or `NR5G`.
    pub fn allows(&self, mode: &str) -> bool {
        let modes = self.get("mode_pref").unwrap_or("AUTO");
        modes.split(':').any(|m| m == "AUTO" || m == mode)
    }
}
