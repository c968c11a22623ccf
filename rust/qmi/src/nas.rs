// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
//! Network access: registration, operator, signal, cells.

mod band;
mod cell;
mod operator;
mod preference;
mod signal;
mod system;

pub use band::{
    band_class, band_number, bandwidth, GetRfBands, RfBand, RfBandExtended, RfBands, RfWidth,
};
pub use cell::{
    plmn_digits, CellLocation, GetCellLocation, LteCell, LteChannel, LteOthers, LteServing,
    Nr5gServing,
};
pub use operator::{GetHomeNetwork, GetPlmnName, HomeNetwork, OperatorNames, PlmnName};
pub use preference::{
    ActiveTechnology, GetPreferredNetworks, GetSelectionPreference, GetTechnologyPreference,
    PreferredNetwork, PreferredNetworks, SelectionPreference, SetSelectionPreference,
    TechnologyPreference,
};
pub use signal::{
    GetSignalInfo, GetSignalStrength, LteSignal, Nr5gSignal, SignalInfo, SignalStrength, Strength,
};
pub use system::{GetSystemInfo, RadioInfo, Service, ServiceStatus, SystemInfo, SystemInfoChanged};

use crate::{List8, Text8};

wire_enum! {
    /// Registration.
    Registration: u8 {
        NotRegistered = 0 => "not registered",
        Registered = 1 => "registered",
        Searching = 2 => "searching",
        Denied = 3 => "denied",
        Unknown = 4 => "unknown",
    }
}

wire_enum! {
    /// Attachment to a domain.
    Attach: u8 {
        Unknown = 0 => "unknown",
        Attached = 1 => "attached",
        Detached = 2 => "detached",
    }
}

wire_enum! {
    /// Radio interface.
    Radio: u8 {
        None = 0 => "none",
        Cdma = 1 => "CDMA 1x",
        Evdo = 2 => "CDMA EV-DO",
        Amps = 3 => "AMPS",
        Gsm = 4 => "GSM",
        Umts = 5 => "UMTS",
        Lte = 8 => "LTE",
        TdScdma = 9 => "TD-SCDMA",
        Nr5g = 12 => "5G NR",
    }
}

value! {
    /// Mobile country and network code as numbers.
    Plmn {
        /// Mobile country code.
        mcc: u16,
        /// Mobile network code.
        mnc: u16,
    }
}

value! {
    /// An operator with its name.
    NamedPlmn<'a> {
        /// Mobile country code.
        mcc: u16,
        /// Mobile network code.
        mnc: u16,
        /// Name, in the modem's encoding.
        name: Text8<'a>,
    }
}

body! {
    /// Asks for the serving system.
    GetServingSystem {}
}
request!(GetServingSystem: NAS 0x0024 => ServingSystem<'a>);

body! {
    /// The serving system, as response and as indication (a few late TLVs, not listed here, differ).
    ServingSystem<'a> {
        /// Registration and radios.
        system: must Serving<'a> = 0x01,
        /// 0 roaming, 1 home.
        roaming: soft u8 = 0x10,
        /// Data capabilities, 11 is LTE.
        data: soft List8<'a, u8> = 0x11,
        /// Operator.
        plmn: soft NamedPlmn<'a> = 0x12,
    }
}
indication!(ServingSystem<'a>: NAS 0x0024);

value! {
    /// Registration and radios.
    Serving<'a> {
        /// Registration.
        registration: Registration,
        /// Circuit-switched domain.
        cs: Attach,
        /// Packet-switched domain.
        ps: Attach,
        /// 1 3GPP2, 2 3GPP.
        network: u8,
        /// Radios in use.
        radios: List8<'a, Radio>,
    }
}

body! {
    /// Switches indications on and off.
    RegisterIndications {
        /// Serving system (0x24).
        serving_system: may bool = 0x13,
        /// Network time.
        network_time: may bool = 0x17,
        /// System info (0x4e).
        system_info: may bool = 0x18,
        /// Signal info (0x51).
        signal_info: may bool = 0x19,
    }
}
request!(RegisterIndications: NAS 0x0003);
