// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
//! The network, in the words of Basic Connect: provider, registration, packet service.

use mbim::service::status;
use mbim::Reader;

use super::basic::{data_class, GSM};
use super::{info, refused, Answer};
use crate::session::{Modem, Registration, SimState};

fn id(modem: &Modem) -> String {
    format!("{:03}{:02}", modem.network.mcc, modem.network.mnc)
}

/// HOME_PROVIDER.
pub(super) fn home(modem: &Modem) -> Vec<u8> {
    info(32, |to| {
        // Home.
        to.string(&id(modem)).u32(1).string(&modem.network.name);
        to.u32(GSM).u32(99).u32(99);
    })
}

/// REGISTER_STATE.
pub(super) fn registration(modem: &Modem) -> Vec<u8> {
    let class = data_class(modem.technology());
    let state = match modem.network.registration {
        _ if !modem.radio_on || modem.sim.state != SimState::Ready => 1,
        Registration::Denied => 6,
        Registration::Searching => 2,
        // Registered with no technology that is allowed.
        _ if class == 0 => 2,
        Registration::Home => 3,
        Registration::Roaming => 4,
    };
    let registered = state == 3 || state == 4;
    let text = |text: String| if registered { text } else { String::new() };
    // 8: no GPRS and non-GPRS services allowed (TS 24.008).
    let error = if state == 6 { 8 } else { 0 };
    info(48, |to| {
        to.u32(error).u32(state);
        // Automatic.
        to.u32(1).u32(class).u32(if registered { GSM } else { 0 });
        to.string(&text(id(modem)))
            .string(&text(modem.network.name.clone()))
            .string("");
        // Attached without being asked for it.
        to.u32(if registered { 2 } else { 0 });
    })
}

/// Sets how to register; there is one network, so only the automatic way and that one's id are taken.
pub(super) fn register(modem: &Modem, mut read: Reader<'_>) -> Answer {
    let (Some(provider), Some(action)) = (read.string(), read.u32()) else {
        return refused(status::INVALID_PARAMETERS);
    };
    let provider: String = provider.chars().collect();
    match action {
        0 => Ok(registration(modem)),
        1 if provider == id(modem) => Ok(registration(modem)),
        1 => Err((status::NOT_REGISTERED, registration(modem))),
        _ => refused(status::INVALID_PARAMETERS),
    }
}

/// PACKET_SERVICE.
pub(super) fn packet_service(modem: &Modem) -> Vec<u8> {
    let class = data_class(modem.technology());
    let state = if class == 0 { 4 } else { 2 };
    let highest = class.checked_ilog2().map_or(0, |bit| 1 << bit);
    // Bits a second of a good day: 500 Mbit/s up, 2.5 Gbit/s down.
    let (up, down) = if class == 0 {
        (0, 0)
    } else {
        (500_000_000, 2_500_000_000)
    };
    info(28, |to| {
        to.u32(0).u32(state).u32(highest);
        to.u64(up).u64(down);
    })
}

/// Attaches; it always is, where there is a network.
pub(super) fn attach(modem: &Modem, mut read: Reader<'_>) -> Answer {
    match read.u32() {
        Some(0) if modem.technology().is_some() => Ok(packet_service(modem)),
        Some(0) => Err((status::NOT_REGISTERED, packet_service(modem))),
        Some(1) => refused(status::NO_DEVICE_SUPPORT),
        _ => refused(status::INVALID_PARAMETERS),
    }
}
