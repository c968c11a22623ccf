// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
//! Messages in words, on one line, for logs: service, message, and each TLV by name with its value. What this crate has no
//! name for is shown as numbers and octets, and a PIN or a password never.

use core::fmt;

use crate::{ctl, dms, dsd, nas, uim, wda, wds, Body, Indication, Request};
use crate::{result, service, Cursor, Kind, Message, Tlv, Value};

/// Most octets of one value that are shown.
const OCTETS_MAX: usize = 32;

/// A TLV of a body: its number, the name of the Rust field, and how its value is shown.
#[derive(Debug, Clone, Copy)]
pub struct Field<'a> {
    /// Number.
    pub tlv: u8,
    /// Name.
    pub name: &'static str,
    /// Shows a value.
    pub show: fn(&'a [u8], &mut fmt::Formatter<'_>) -> fmt::Result,
}

/// Shows a value by its type, and octets that do not belong to it as such.
pub fn show<'a, V: Value<'a> + fmt::Debug>(
    value: &'a [u8],
    f: &mut fmt::Formatter<'_>,
) -> fmt::Result {
    let mut at = Cursor::new(value);
    match V::read(&mut at) {
        Ok(read) => write!(f, "{read:?}")?,
        Err(_) => return octets(value, f),
    }
    match at.rest() {
        [] => Ok(()),
        more => octets(more, f),
    }
}

/// In place of a secret's value.
pub fn hide(_: &[u8], f: &mut fmt::Formatter<'_>) -> fmt::Result {
    f.write_str("***")
}

fn octets(value: &[u8], f: &mut fmt::Formatter<'_>) -> fmt::Result {
    f.write_str("[")?;
    for (at, octet) in value.iter().take(OCTETS_MAX).enumerate() {
        write!(f, "{}{octet:02x}", if at == 0 { "" } else { " " })?;
    }
    if value.len() > OCTETS_MAX {
        write!(f, " ... {} octets", value.len())?;
    }
    f.write_str("]")
}

/// Something to be done with a message whose body has one of many types.
pub trait Visitor {
    /// What comes of it.
    type Output<'a>;

    /// Does it.
    fn body<'a, B: Body<'a>>(self, message: &Message<'a>) -> Self::Output<'a>;
}

struct Fields;

impl Visitor for Fields {
    type Output<'a> = &'a [Field<'a>];

    fn body<'a, B: Body<'a>>(self, _: &Message<'a>) -> &'a [Field<'a>] {
        B::FIELDS
    }
}

macro_rules! messages {
    (
        requests { $($request:ident :: $asks:ident $(<$rlt:lifetime>)?,)* }
        indications { $($indication:ident :: $tells:ident $(<$ilt:lifetime>)?,)* }
    ) => {
        /// Every request of this crate: service, message id, name.
        pub const REQUESTS: &[(u8, u16, &str)] = &[$((
            <$request::$asks as Request>::SERVICE,
            <$request::$asks as Request>::ID,
            stringify!($asks),
        ),)*];

        /// Every indication of this crate: service, message id, name.
        pub const INDICATIONS: &[(u8, u16, &str)] = &[$((
            <$indication::$tells as Indication>::SERVICE,
            <$indication::$tells as Indication>::ID,
            stringify!($tells),
        ),)*];

        /// Shows `visitor` the type of a message's body, if this crate knows the message.
        pub fn visit<'a, V: Visitor>(message: &Message<'a>, visitor: V) -> Option<V::Output<'a>> {
            match (message.kind, message.service, message.id) {
                $((kind, <$request::$asks as Request>::SERVICE, <$request::$asks as Request>::ID)
                    if kind != Kind::Indication =>
                {
                    Some(if kind == Kind::Request {
                        visitor.body::<$request::$asks $(<$rlt>)?>(message)
                    } else {
                        visitor.body::<<$request::$asks as Request>::Reply<'a>>(message)
                    })
                })*
                $((
                    Kind::Indication,
                    <$indication::$tells as Indication>::SERVICE,
                    <$indication::$tells as Indication>::ID,
                ) => Some(visitor.body::<$indication::$tells $(<$ilt>)?>(message)),)*
                _ => None,
            }
        }
    };
}

messages! {
    requests {
        ctl::GetVersions, ctl::AllocateClient, ctl::ReleaseClient, ctl::Sync, ctl::ProxyOpen<'a>,
        wds::Reset, wds::SetEventReport, wds::RegisterIndications, wds::StartNetwork<'a>, wds::StopNetwork,
        wds::GetStatus, wds::GetChannelRates, wds::GetPacketStatistics, wds::CreateProfile<'a>,
        wds::ModifyProfile<'a>, wds::DeleteProfile, wds::ListProfiles, wds::GetProfile, wds::GetSettings,
        wds::GetAutoconnect, wds::GetDefaultProfile, wds::SetIpFamily, wds::SetAutoconnect,
        wds::GetAttachParameters, wds::GetAttachList, wds::BindMuxDataPort,
        dms::GetCapabilities, dms::GetManufacturer, dms::GetModel, dms::GetRevision, dms::GetMsisdn, dms::GetIds,
        dms::VerifyPin<'a>, dms::GetPinStatus, dms::GetHardwareRevision, dms::GetOperatingMode,
        dms::SetOperatingMode, dms::GetIccid, dms::GetImsi, dms::GetBands,
        dms::SetFccAuthentication,
        nas::RegisterIndications, nas::GetSignalStrength, nas::GetServingSystem, nas::GetHomeNetwork,
        nas::GetPreferredNetworks, nas::GetTechnologyPreference, nas::GetRfBands, nas::SetSelectionPreference,
        nas::GetSelectionPreference, nas::GetCellLocation, nas::GetPlmnName, nas::GetSystemInfo, nas::GetSignalInfo,
        uim::ReadTransparent<'a>, uim::VerifyPin<'a>, uim::RegisterEvents, uim::GetCardStatus,
        wda::SetDataFormat, wda::GetDataFormat,
        dsd::GetSystemStatus, dsd::RegisterStatus,
    }
    indications {
        ctl::Revoked, ctl::Synced,
        wds::StatusIndication, wds::ConfigChanged,
        nas::ServingSystem<'a>, nas::SystemInfoChanged, nas::SignalInfo,
        uim::CardStatusChanged<'a>,
        dsd::SystemStatus<'a>,
    }
}

/// A message that can be shown.
#[derive(Debug, Clone, Copy)]
pub struct Decoded<'m, 'a>(pub &'m Message<'a>);

impl Decoded<'_, '_> {
    /// The message's name, if this crate knows it.
    pub fn name(&self) -> Option<&'static str> {
        let all = match self.0.kind {
            Kind::Indication => INDICATIONS,
            _ => REQUESTS,
        };
        let mut all = all.iter();
        let found = all.find(|(service, id, _)| (*service, *id) == (self.0.service, self.0.id));
        found.map(|(_, _, name)| *name)
    }
}

impl fmt::Display for Decoded<'_, '_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let message = self.0;
        match service::name(message.service) {
            Some(service) => f.write_str(service)?,
            None => write!(f, "service {:#04x}", message.service)?,
        }
        match self.name() {
            Some(name) => write!(f, " {name}")?,
            None => write!(f, " {:#06x}", message.id)?,
        }
        let kind = match message.kind {
            Kind::Request => "request",
            Kind::Response => "response",
            Kind::Indication => "indication",
        };
        write!(
            f,
            " {kind} client {} transaction {}",
            message.client, message.transaction
        )?;
        let fields = visit(message, Fields).unwrap_or_default();
        for tlv in message.tlvs {
            match fields.iter().find(|field| field.tlv == tlv.kind) {
                Some(field) => {
                    write!(f, " {}=", field.name)?;
                    (field.show)(tlv.value, f)?;
                }
                None => other(message, tlv, f)?,
            }
        }
        Ok(())
    }
}

/// A TLV that the message's body does not have. Of what a host sends it may be a secret.
fn other(message: &Message<'_>, tlv: Tlv<'_>, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    match (message.kind, tlv.kind) {
        (Kind::Response, result::TLV) => match message.verdict() {
            Ok(Ok(())) => f.write_str(" ok"),
            Ok(Err(code)) => write!(f, " refused: {code}"),
            Err(_) => {
                f.write_str(" verdict=")?;
                octets(tlv.value, f)
            }
        },
        (Kind::Request, kind) => write!(f, " {kind:#04x}={} octets", tlv.value.len()),
        (_, kind) => {
            write!(f, " {kind:#04x}=")?;
            octets(tlv.value, f)
        }
    }
}
