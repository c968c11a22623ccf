// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
//! Connection profiles: WDS knows them by number, `AT+CGDCONT` as PDP contexts.

use std::collections::BTreeMap;

use qmi::wds::PdpType;

/// The modem has 16.
const MOST: u8 = 16;
/// Longest string kept in a profile.
const LONGEST: usize = 100;

/// The 3GPP profiles by number.
#[derive(Debug, Clone)]
pub struct Profiles {
    profiles: BTreeMap<u8, Profile>,
}

/// A profile.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Profile {
    /// Name.
    pub name: Vec<u8>,
    /// Type.
    pub pdp_type: PdpType,
    /// APN.
    pub apn: Vec<u8>,
    /// User.
    pub user: Vec<u8>,
    /// Password.
    pub password: Vec<u8>,
    /// PAP and CHAP bits.
    pub authentication: u8,
}

impl Profile {
    /// A profile with no more than an APN.
    pub fn new(pdp_type: PdpType, apn: &[u8]) -> Self {
        Profile {
            name: Vec::new(),
            pdp_type,
            apn: apn.to_vec(),
            user: Vec::new(),
            password: Vec::new(),
            authentication: 0,
        }
    }

    fn fits(&self) -> bool {
        let texts = [&self.name, &self.apn, &self.user, &self.password];
        texts.iter().all(|text| text.len() <= LONGEST)
    }
}

impl Default for Profiles {
    /// As from the factory: data, IMS, emergency.
    fn default() -> Self {
        let row = |apn: &str| Profile::new(PdpType::Ipv4v6, apn.as_bytes());
        Profiles {
            profiles: BTreeMap::from([(1, row("")), (2, row("ims")), (3, row("sos"))]),
        }
    }
}

impl Profiles {
    /// Every profile with its number.
    pub fn iter(&self) -> impl Iterator<Item = (u8, &Profile)> {
        self.profiles
            .iter()
            .map(|(&index, profile)| (index, profile))
    }

    /// A profile by number.
    pub fn get(&self, index: u8) -> Option<&Profile> {
        self.profiles.get(&index)
    }

    /// The lowest free number.
    pub fn free(&self) -> Option<u8> {
        (1..=MOST).find(|index| !self.profiles.contains_key(index))
    }

    /// Keeps a profile. Returns false, and changes nothing, if its number or a string is out of range.
    #[must_use]
    pub fn set(&mut self, index: u8, profile: Profile) -> bool {
        let fits = (1..=MOST).contains(&index) && profile.fits();
        if fits {
            self.profiles.insert(index, profile);
        }
        fits
    }

    /// Forgets a profile. Returns whether there was one.
    pub fn remove(&mut self, index: u8) -> bool {
        self.profiles.remove(&index).is_some()
    }
}
