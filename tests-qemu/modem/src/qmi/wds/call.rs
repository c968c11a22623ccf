// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
//! Starts and stops sessions, and says why not.

use qmi::wds::{Connection, StartNetwork, Started};
use qmi::{reason, service, CallEnd, ErrorCode, Message, Verbose};

use super::super::calls::{Call, Key};
use super::super::reply::{ask, done, reply, Answer, Refusal};
use super::super::Services;
use super::{tell, tell_one, wanted_family};
use crate::session::{Modem, NOT_SUBSCRIBED, UNKNOWN_APN};

/// Stops a call whoever started it.
const GLOBAL_HANDLE: u32 = 0xffff_ffff;

/// Starts a session, or joins one that is up.
pub fn start(
    services: &mut Services,
    modem: &mut Modem,
    key: Key,
    message: &Message<'_>,
) -> Answer {
    let wanted: StartNetwork<'_> = ask(message)?;
    let family = wanted.family.map_or(Ok(key.1), wanted_family)?;
    if let Some(client) = services.clients.get(service::WDS, message.client) {
        client.family = family;
    }
    let key = (key.0, family);
    if let Some(call) = services.calls.get(key) {
        if call.holders.contains_key(&message.client) {
            return Err(ErrorCode::NO_EFFECT.into());
        }
    }
    let profile = wanted.profile.unwrap_or(1);
    let stored = match (modem.profiles.get(profile), wanted.profile) {
        (None, Some(_)) => return Err(ErrorCode::INVALID_PROFILE.into()),
        (stored, _) => stored,
    };
    let apn = wanted
        .apn
        .map_or_else(|| stored.map_or(&[][..], |stored| &stored.apn), |apn| apn.0);
    let user = wanted.user.map_or_else(
        || stored.map_or(&[][..], |stored| &stored.user),
        |user| user.0,
    );
    let password = wanted.password.map_or_else(
        || stored.map_or(&[][..], |stored| &stored.password),
        |password| password.0,
    );
    let apn = std::str::from_utf8(apn)
        .map_err(|_| ErrorCode::INVALID_ARGUMENT)?
        .to_owned();
    if apn.len() > 100 {
        return Err(ErrorCode::ARGUMENT_TOO_LONG.into());
    }
    let authentication = wanted
        .authentication
        .or(stored.map(|stored| stored.authentication));
    modem
        .admit(family, &apn, (user, password), authentication.unwrap_or(0))
        .map_err(refused)?;
    if let Some(call) = services.calls.get(key) {
        if call.apn != apn {
            // 237: interface in use.
            return Err(refused(Verbose::internal(237)));
        }
    }
    let user = String::from_utf8_lossy(user).into_owned();
    modem.start(key.0, family, &apn, profile);
    let handle = services.calls.join(key, message.client, || Call {
        apn,
        user,
        profile,
        ..Call::default()
    });
    tell(services, key, Connection::Connected, None);
    reply(&Started { handle })
}

fn refused(verbose: Verbose) -> Refusal {
    Refusal::with(
        ErrorCode::CALL_FAILED,
        &CallEnd {
            reason: Some(coarse(verbose)),
            verbose: Some(verbose),
        },
    )
}

/// Stops a session, or leaves it to those who still hold it.
pub fn stop(
    services: &mut Services,
    modem: &mut Modem,
    key: Key,
    client: u8,
    handle: u32,
) -> Answer {
    let key = match handle {
        GLOBAL_HANDLE => key,
        _ => services
            .calls
            .of_handle(client, handle)
            .ok_or(ErrorCode::INVALID_HANDLE)?,
    };
    let over = match handle {
        GLOBAL_HANDLE if services.calls.get(key).is_none() => {
            return Err(ErrorCode::NO_EFFECT.into())
        }
        GLOBAL_HANDLE => services.calls.end(key),
        _ => services.calls.leave(key, client),
    };
    // 2000: ended by the client.
    let reason = Verbose {
        kind: reason::Type::CallManager,
        reason: 2000,
    };
    if over {
        modem.stop(key.0, key.1);
        tell(services, key, Connection::Disconnected, Some(reason));
    } else {
        tell_one(
            services,
            client,
            key,
            Connection::Disconnected,
            false,
            Some(reason),
        );
    }
    done()
}

/// The old reason for a verbose one.
pub fn coarse(verbose: Verbose) -> u16 {
    match (verbose.kind, verbose.reason) {
        (reason::Type::Gpp, 8) => 1012,
        (reason::Type::Gpp, UNKNOWN_APN) => 1013,
        (reason::Type::Gpp, NOT_SUBSCRIBED) => 1018,
        (reason::Type::Gpp, 36) => 1008,
        (reason::Type::CallManager, 2000) => 2,
        (reason::Type::CallManager, 2001) => 3,
        _ => 1,
    }
}
