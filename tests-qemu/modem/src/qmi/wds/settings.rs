// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
//! What a session has: addresses, gateway, DNS, MTU, counters.

use qmi::wds::{
    requested, Family as WireFamily, Ipv6Prefix, PacketStatistics, ProfileId, Settings,
};
use qmi::{ErrorCode, Text};

use super::super::calls::Key;
use super::super::reply::{reply, Answer};
use super::super::Services;
use crate::session::{Family, Modem};

/// The settings that `wanted` asks for.
pub fn settings(services: &Services, modem: &Modem, key: Key, wanted: u32) -> Answer {
    let (Some(call), Some(session)) = (services.calls.get(key), modem.session(key.0)) else {
        return Err(ErrorCode::OUT_OF_CALL.into());
    };
    let wants = |bit: u32| wanted & bit != 0;
    let mut settings = Settings {
        profile: wants(requested::PROFILE_ID).then_some(ProfileId {
            kind: 0,
            index: call.profile,
        }),
        apn: wants(requested::APN).then_some(Text::from(session.apn.as_str())),
        user: wants(requested::USER).then_some(Text::from(call.user.as_str())),
        mtu: wants(requested::MTU).then_some(u32::from(session.mtu)),
        technology: wants(requested::TECHNOLOGY).then_some(34944),
        ..Settings::default()
    };
    match (key.1, session.ipv4, session.ipv6) {
        (Family::V4, Some(ipv4), _) => {
            let [dns1, dns2] = ipv4.dns;
            settings.dns1 = wants(requested::DNS).then_some(dns1);
            settings.dns2 = wants(requested::DNS).then_some(dns2);
            settings.address = wants(requested::ADDRESS).then_some(ipv4.address);
            settings.gateway = wants(requested::GATEWAY).then_some(ipv4.gateway);
            settings.mask = wants(requested::GATEWAY).then_some(ipv4.mask());
            settings.pdp_type = wants(requested::PDP_TYPE).then_some(0);
            settings.family = wants(requested::FAMILY).then_some(WireFamily::Ipv4);
        }
        (Family::V6, _, Some(ipv6)) => {
            let [dns1, dns2] = ipv6.dns;
            let with_prefix = |address| Ipv6Prefix {
                address,
                length: ipv6.prefix,
            };
            settings.dns6_1 = wants(requested::DNS).then_some(dns1);
            settings.dns6_2 = wants(requested::DNS).then_some(dns2);
            settings.address6 = wants(requested::ADDRESS).then(|| with_prefix(ipv6.address));
            settings.gateway6 = wants(requested::GATEWAY).then(|| with_prefix(ipv6.gateway));
            settings.pdp_type = wants(requested::PDP_TYPE).then_some(2);
            settings.family = wants(requested::FAMILY).then_some(WireFamily::Ipv6);
        }
        _ => return Err(ErrorCode::OUT_OF_CALL.into()),
    }
    reply(&settings)
}

/// The counters that `mask` asks for.
pub fn statistics(modem: &Modem, mux: u8, mask: u32) -> Answer {
    let traffic = modem.session(mux).ok_or(ErrorCode::OUT_OF_CALL)?.traffic;
    let wants = |bit: u32| mask & (1 << bit) != 0;
    // The counters on the wire wrap.
    let packets = |bit, count: u64| wants(bit).then_some(count as u32);
    reply(&PacketStatistics {
        tx_packets: packets(0, traffic.ul_packets),
        rx_packets: packets(1, traffic.dl_packets),
        tx_errors: packets(2, 0),
        rx_errors: packets(3, 0),
        tx_overflows: packets(4, 0),
        rx_overflows: packets(5, 0),
        tx_bytes: wants(6).then_some(traffic.ul_bytes),
        rx_bytes: wants(7).then_some(traffic.dl_bytes),
        tx_dropped: packets(8, traffic.ul_dropped),
        rx_dropped: packets(9, traffic.dl_dropped),
    })
}
