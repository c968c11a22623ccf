// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
//! The WDS messages about connection profiles.

use qmi::wds::{
    CreateProfile, CreatedProfile, DeleteProfile, GetDefaultProfile, GetProfile, ListProfiles,
    ModifyProfile, PdpType, Profile as Described, ProfileEntry, ProfileId, ProfileIndex,
    ProfileList,
};
use qmi::{ErrorCode, List8, Message, Request, Text, Text8};

use super::reply::{ask, done, reply, Answer};
use crate::session::{Profile, Profiles};

/// Answers a request; none if it is not about profiles.
pub fn answer(profiles: &mut Profiles, message: &Message<'_>) -> Option<Answer> {
    Some(match message.id {
        ListProfiles::ID => list(profiles),
        GetProfile::ID => show(profiles, message),
        CreateProfile::ID => create(profiles, message),
        ModifyProfile::ID => modify(profiles, message),
        DeleteProfile::ID => delete(profiles, message),
        GetDefaultProfile::ID => reply(&ProfileIndex { index: 1 }),
        _ => return None,
    })
}

fn list(profiles: &Profiles) -> Answer {
    let entry = |(index, profile)| {
        let profile: &Profile = profile;
        ProfileEntry {
            kind: 0,
            index,
            name: Text8(&profile.name),
        }
    };
    let entries: Vec<ProfileEntry<'_>> = profiles.iter().map(entry).collect();
    reply(&ProfileList {
        profiles: List8::new(&entries),
    })
}

fn show(profiles: &Profiles, message: &Message<'_>) -> Answer {
    let GetProfile { profile: id } = ask(message)?;
    let profile = find(profiles, id)?;
    reply(&Described {
        name: Some(Text(&profile.name)),
        pdp_type: Some(profile.pdp_type),
        apn: Some(Text(&profile.apn)),
        user: Some(Text(&profile.user)),
        password: Some(Text(&profile.password)),
        authentication: Some(profile.authentication),
        context: Some(id.index),
    })
}

fn find(profiles: &Profiles, id: ProfileId) -> Result<&Profile, ErrorCode> {
    match (id.kind, profiles.get(id.index)) {
        (0, Some(profile)) => Ok(profile),
        (0, None) => Err(ErrorCode::INVALID_PROFILE),
        _ => Err(ErrorCode::INVALID_PROFILE_TYPE),
    }
}

fn create(profiles: &mut Profiles, message: &Message<'_>) -> Answer {
    let wanted: CreateProfile<'_> = ask(message)?;
    if wanted.kind != 0 {
        return Err(ErrorCode::INVALID_PROFILE_TYPE.into());
    }
    let index = profiles.free().ok_or(ErrorCode::NO_FREE_PROFILE)?;
    let text = |text: Option<Text<'_>>| text.unwrap_or_default().0.to_vec();
    let profile = Profile {
        name: text(wanted.name),
        pdp_type: wanted.pdp_type.unwrap_or(PdpType::Ipv4v6),
        apn: text(wanted.apn),
        user: text(wanted.user),
        password: text(wanted.password),
        authentication: wanted.authentication.unwrap_or(0),
    };
    match profiles.set(index, profile) {
        true => reply(&CreatedProfile {
            profile: ProfileId { kind: 0, index },
        }),
        false => Err(ErrorCode::ARGUMENT_TOO_LONG.into()),
    }
}

fn modify(profiles: &mut Profiles, message: &Message<'_>) -> Answer {
    let wanted: ModifyProfile<'_> = ask(message)?;
    let mut profile = find(profiles, wanted.profile)?.clone();
    let change = |field: &mut Vec<u8>, text: Option<Text<'_>>| {
        if let Some(text) = text {
            *field = text.0.to_vec();
        }
    };
    change(&mut profile.name, wanted.name);
    change(&mut profile.apn, wanted.apn);
    change(&mut profile.user, wanted.user);
    change(&mut profile.password, wanted.password);
    profile.pdp_type = wanted.pdp_type.unwrap_or(profile.pdp_type);
    profile.authentication = wanted.authentication.unwrap_or(profile.authentication);
    match profiles.set(wanted.profile.index, profile) {
        true => done(),
        false => Err(ErrorCode::ARGUMENT_TOO_LONG.into()),
    }
}

fn delete(profiles: &mut Profiles, message: &Message<'_>) -> Answer {
    let DeleteProfile { profile: id } = ask(message)?;
    find(profiles, id)?;
    profiles.remove(id.index);
    done()
}
