// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
//! A session's runtime settings: addresses, gateway, DNS, MTU.

use core::net::{Ipv4Addr, Ipv6Addr};

use super::{Family, ProfileId};
use crate::{Cursor, Error, Text, Value, Writer};

/// Bits of [`GetSettings::requested`], as in libqmi's `QmiWdsRequestedSettings`.
pub mod requested {
    /// Profile id.
    pub const PROFILE_ID: u32 = 1 << 0;
    /// Profile name.
    pub const PROFILE_NAME: u32 = 1 << 1;
    /// PDP type.
    pub const PDP_TYPE: u32 = 1 << 2;
    /// APN.
    pub const APN: u32 = 1 << 3;
    /// DNS servers.
    pub const DNS: u32 = 1 << 4;
    /// User.
    pub const USER: u32 = 1 << 6;
    /// Authentication.
    pub const AUTHENTICATION: u32 = 1 << 7;
    /// Address.
    pub const ADDRESS: u32 = 1 << 8;
    /// Gateway and mask.
    pub const GATEWAY: u32 = 1 << 9;
    /// MTU.
    pub const MTU: u32 = 1 << 13;
    /// Domain names.
    pub const DOMAINS: u32 = 1 << 14;
    /// IP family.
    pub const FAMILY: u32 = 1 << 15;
    /// Technology.
    pub const TECHNOLOGY: u32 = 1 << 17;
    /// What a session needs: APN, DNS, address, gateway, MTU, family.
    pub const SESSION: u32 = APN | DNS | ADDRESS | GATEWAY | MTU | FAMILY;
}

body! {
    /// Asks for the session's settings.
    GetSettings {
        /// Which, see [`requested`].
        requested: may u32 = 0x10,
    }
}
request!(GetSettings: WDS 0x002d => Settings<'a>);

body! {
    /// A session's settings; IPv4 or IPv6 fields are there as its family has it.
    Settings<'a> {
        /// Profile's name.
        profile_name: soft Text<'a> = 0x10,
        /// PDP type: 0 IPv4, 2 IPv6, 3 both.
        pdp_type: soft u8 = 0x11,
        /// APN.
        apn: soft Text<'a> = 0x14,
        /// First DNS server.
        dns1: soft Ipv4Addr = 0x15,
        /// Second DNS server.
        dns2: soft Ipv4Addr = 0x16,
        /// User.
        user: soft Text<'a> = 0x1b,
        /// Authentication, [`super::PAP`] and [`super::CHAP`] bits.
        authentication: soft u8 = 0x1d,
        /// Address.
        address: soft Ipv4Addr = 0x1e,
        /// Profile.
        profile: soft ProfileId = 0x1f,
        /// Gateway.
        gateway: soft Ipv4Addr = 0x20,
        /// Mask of the subnet that address and gateway are in.
        mask: soft Ipv4Addr = 0x21,
        /// IPv6 address.
        address6: soft Ipv6Prefix = 0x25,
        /// IPv6 gateway.
        gateway6: soft Ipv6Prefix = 0x26,
        /// First IPv6 DNS server.
        dns6_1: soft Ipv6Addr = 0x27,
        /// Second IPv6 DNS server.
        dns6_2: soft Ipv6Addr = 0x28,
        /// MTU, bytes.
        mtu: soft u32 = 0x29,
        /// Family.
        family: soft Family = 0x2b,
        /// Technology, 34944 is EPC.
        technology: soft u16 = 0x2d,
    }
}

/// An IPv6 address with its prefix length.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ipv6Prefix {
    /// Address.
    pub address: Ipv6Addr,
    /// Prefix length, bits.
    pub length: u8,
}

impl<'a> Value<'a> for Ipv6Prefix {
    fn read(at: &mut Cursor<'a>) -> Result<Self, Error> {
        Ok(Ipv6Prefix {
            address: Ipv6Addr::read(at)?,
            length: at.u8()?,
        })
    }

    fn write(&self, to: &mut Writer<'_>) {
        self.address.write(to);
        self.length.write(to);
    }
}
