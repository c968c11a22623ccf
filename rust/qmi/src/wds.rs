// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
//! Wireless data: one client per session and IP family binds to a mux id, starts the network and reads its settings.

mod attach;
mod profile;
mod settings;
mod status;

pub use attach::{AttachList, AttachParameters, GetAttachList, GetAttachParameters};
pub use profile::{
    CreateProfile, CreatedProfile, DeleteProfile, GetDefaultProfile, GetProfile, ListProfiles,
    ModifyProfile, PdpType, Profile, ProfileEntry, ProfileId, ProfileIndex, ProfileList,
};
pub use settings::{requested, GetSettings, Ipv6Prefix, Settings};
pub use status::{
    ChannelRates, Connection, GetChannelRates, GetPacketStatistics, GetStatus, PacketStatistics,
    Rates, Status, StatusChanged, StatusIndication,
};

use crate::{wda::Endpoint, Text};

wire_enum! {
    /// IP family.
    Family: u8 {
        Unknown = 0 => "unknown",
        Ipv4 = 4 => "IPv4",
        Ipv6 = 6 => "IPv6",
        Unspecified = 8 => "unspecified",
    }
}

/// Authentication with PAP, a bit of [`StartNetwork::authentication`].
pub const PAP: u8 = 1;
/// Authentication with CHAP, a bit of [`StartNetwork::authentication`].
pub const CHAP: u8 = 2;

body! {
    /// Forgets the client's registrations.
    Reset {}
}
request!(Reset: WDS 0x0000);

body! {
    /// Binds the client to a mux id of a data channel.
    BindMuxDataPort {
        /// Data channel.
        endpoint: may Endpoint = 0x10,
        /// Mux id.
        mux_id: may u8 = 0x11,
        /// 1 for a tethered call.
        client_type: may u32 = 0x13,
    }
}
request!(BindMuxDataPort: WDS 0x00a2);

body! {
    /// Sets the client's IP family.
    SetIpFamily {
        /// Family.
        family: must Family = 0x01,
    }
}
request!(SetIpFamily: WDS 0x004d);

body! {
    /// Starts a session.
    StartNetwork<'a> {
        /// APN; none leaves the choice to profile or network.
        apn: may Text<'a> = 0x14,
        /// [`PAP`] and [`CHAP`] bits.
        authentication: may u8 = 0x16,
        /// User.
        user: may Text<'a> = 0x17,
        /// Password.
        password: may @secret Text<'a> = 0x18,
        /// IP family.
        family: may Family = 0x19,
        /// Technology: bit 0 3GPP.
        technology: may u8 = 0x30,
        /// 3GPP profile.
        profile: may u8 = 0x31,
        /// Whether the modem is to connect by itself from now on.
        autoconnect: may bool = 0x33,
    }
}
request!(StartNetwork<'a>: WDS 0x0020 => Started);

body! {
    /// A session started. A refusal carries a [`crate::CallEnd`] instead.
    Started {
        /// Names the session when it is stopped.
        handle: must u32 = 0x01,
    }
}

body! {
    /// Stops a session.
    StopNetwork {
        /// From [`Started`]; 0xffffffff stops it whoever started it.
        handle: must u32 = 0x01,
        /// Whether the modem is not to connect by itself any more.
        disable_autoconnect: may bool = 0x10,
    }
}
request!(StopNetwork: WDS 0x0021);

body! {
    /// Asks for event reports.
    SetEventReport {
        /// Data bearer technology.
        bearer: may bool = 0x12,
        /// Dormancy.
        dormancy: may bool = 0x13,
        /// Current data bearer technology.
        current_bearer: may bool = 0x15,
        /// State of the data call.
        call: may bool = 0x17,
        /// Data systems.
        systems: may bool = 0x1a,
    }
}
request!(SetEventReport: WDS 0x0001);

body! {
    /// Asks for indications about the session's configuration.
    RegisterIndications {
        /// Changed addresses and the like, indication 0x8c.
        extended_ip_config: may bool = 0x12,
        /// Changed profiles.
        profiles: may bool = 0x19,
    }
}
request!(RegisterIndications: WDS 0x0003);

body! {
    /// The session's configuration changed: ask for the settings again.
    ConfigChanged {
        /// Which, bits as in [`requested`].
        changed: may u32 = 0x10,
    }
}
indication!(ConfigChanged: WDS 0x008c);

body! {
    /// Asks whether the modem connects by itself.
    GetAutoconnect {}
}
request!(GetAutoconnect: WDS 0x0034 => Autoconnect);

body! {
    /// Whether the modem connects by itself.
    Autoconnect {
        /// 0 off, 1 on, 2 paused.
        status: must u8 = 0x01,
        /// 0 also when roaming, 1 at home only.
        roaming: may u8 = 0x10,
    }
}

body! {
    /// Sets whether the modem connects by itself.
    SetAutoconnect {
        /// 0 off, 1 on, 2 paused.
        status: must u8 = 0x01,
        /// 0 also when roaming, 1 at home only.
        roaming: may u8 = 0x10,
    }
}
request!(SetAutoconnect: WDS 0x0051);
