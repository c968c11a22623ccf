// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
//! Connection profiles kept in the modem: APN, type and credentials by number.

use crate::{List8, Text, Text8};

wire_enum! {
    /// Type of a packet data protocol.
    PdpType: u8 {
        Ipv4 = 0 => "IPv4",
        Ppp = 1 => "PPP",
        Ipv6 = 2 => "IPv6",
        Ipv4v6 = 3 => "IPv4v6",
        NonIp = 4 => "non-IP",
    }
}

value! {
    /// A profile's name to the modem.
    ProfileId {
        /// 0 3GPP, 1 3GPP2.
        kind: u8,
        /// Number.
        index: u8,
    }
}

body! {
    /// Asks for the profiles.
    ListProfiles {
        /// 0 3GPP, 1 3GPP2.
        kind: may u8 = 0x10,
    }
}
request!(ListProfiles: WDS 0x002a => ProfileList<'a>);

body! {
    /// The profiles.
    ProfileList<'a> {
        /// One entry per profile.
        profiles: must List8<'a, ProfileEntry<'a>> = 0x01,
    }
}

value! {
    /// A profile in the list.
    ProfileEntry<'a> {
        /// 0 3GPP, 1 3GPP2.
        kind: u8,
        /// Number.
        index: u8,
        /// Name.
        name: Text8<'a>,
    }
}

body! {
    /// Asks for a profile.
    GetProfile {
        /// Which.
        profile: must ProfileId = 0x01,
    }
}
request!(GetProfile: WDS 0x002b => Profile<'a>);

body! {
    /// A profile.
    Profile<'a> {
        /// Name.
        name: soft Text<'a> = 0x10,
        /// Type.
        pdp_type: soft PdpType = 0x11,
        /// APN.
        apn: soft Text<'a> = 0x14,
        /// User.
        user: soft Text<'a> = 0x1b,
        /// Password.
        password: soft @secret Text<'a> = 0x1c,
        /// Authentication, [`super::PAP`] and [`super::CHAP`] bits.
        authentication: soft u8 = 0x1d,
        /// Number of its PDP context.
        context: soft u8 = 0x25,
    }
}

body! {
    /// Makes a profile.
    CreateProfile<'a> {
        /// 0 3GPP, 1 3GPP2.
        kind: must u8 = 0x01,
        /// Name.
        name: may Text<'a> = 0x10,
        /// Type.
        pdp_type: may PdpType = 0x11,
        /// APN.
        apn: may Text<'a> = 0x14,
        /// User.
        user: may Text<'a> = 0x1b,
        /// Password.
        password: may @secret Text<'a> = 0x1c,
        /// Authentication.
        authentication: may u8 = 0x1d,
    }
}
request!(CreateProfile<'a>: WDS 0x0027 => CreatedProfile);

body! {
    /// The new profile.
    CreatedProfile {
        /// Which.
        profile: must ProfileId = 0x01,
    }
}

body! {
    /// Changes a profile; what is absent stays.
    ModifyProfile<'a> {
        /// Which.
        profile: must ProfileId = 0x01,
        /// Name.
        name: may Text<'a> = 0x10,
        /// Type.
        pdp_type: may PdpType = 0x11,
        /// APN.
        apn: may Text<'a> = 0x14,
        /// User.
        user: may Text<'a> = 0x1b,
        /// Password.
        password: may @secret Text<'a> = 0x1c,
        /// Authentication.
        authentication: may u8 = 0x1d,
    }
}
request!(ModifyProfile<'a>: WDS 0x0028);

body! {
    /// Deletes a profile.
    DeleteProfile {
        /// Which.
        profile: must ProfileId = 0x01,
    }
}
request!(DeleteProfile: WDS 0x0029);

body! {
    /// Asks which profile is used when none is named.
    GetDefaultProfile {
        /// 0 3GPP and 0 embedded, 1 tethered.
        family: must [u8; 2] = 0x01,
    }
}
request!(GetDefaultProfile: WDS 0x0049 => ProfileIndex);

body! {
    /// A profile's number.
    ProfileIndex {
        /// Number.
        index: must u8 = 0x01,
    }
}
