// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
//! Network access: registration, operator, signal.

use crate::{List16, List8, Text, Text8};

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

wire_enum! {
    /// Service on one radio.
    Service: u8 {
        None = 0 => "no service",
        Limited = 1 => "limited",
        Available = 2 => "available",
        LimitedRegional = 3 => "limited, regional",
        PowerSave = 4 => "power save",
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
    /// Asks for the system info.
    GetSystemInfo {}
}
request!(GetSystemInfo: NAS 0x004d => SystemInfo);

body! {
    /// Service on each radio, as a response.
    SystemInfo {
        /// GSM.
        gsm: soft ServiceStatus = 0x12,
        /// WCDMA.
        wcdma: soft ServiceStatus = 0x13,
        /// LTE.
        lte: soft ServiceStatus = 0x14,
        /// LTE details.
        lte_info: soft RadioInfo = 0x19,
        /// 0 SIM unavailable, 1 available, 2 to 4 rejected by the network.
        sim_reject: soft u32 = 0x27,
        /// 5G.
        nr5g: soft ServiceStatus = 0x4a,
        /// 5G details.
        nr5g_info: soft RadioInfo = 0x4b,
        /// LTE cell with a 5G carrier beside it (non-standalone).
        endc: soft bool = 0x4e,
        /// Whether the network forbids dual connectivity to this device.
        dcnr_restricted: soft bool = 0x4f,
        /// 5G tracking area code, big endian.
        nr5g_tac: soft [u8; 3] = 0x50,
    }
}

body! {
    /// Service on each radio, as an indication: the late TLVs have other numbers than in the response.
    SystemInfoChanged {
        /// GSM.
        gsm: soft ServiceStatus = 0x12,
        /// WCDMA.
        wcdma: soft ServiceStatus = 0x13,
        /// LTE.
        lte: soft ServiceStatus = 0x14,
        /// LTE details.
        lte_info: soft RadioInfo = 0x19,
        /// 0 SIM unavailable, 1 available, 2 to 4 rejected by the network.
        sim_reject: soft u32 = 0x28,
        /// 5G.
        nr5g: soft ServiceStatus = 0x4c,
        /// 5G details.
        nr5g_info: soft RadioInfo = 0x4d,
        /// LTE cell with a 5G carrier beside it (non-standalone).
        endc: soft bool = 0x50,
        /// Whether the network forbids dual connectivity to this device.
        dcnr_restricted: soft bool = 0x51,
        /// 5G tracking area code, big endian.
        nr5g_tac: soft [u8; 3] = 0x52,
    }
}
indication!(SystemInfoChanged: NAS 0x004e);

impl From<SystemInfoChanged> for SystemInfo {
    fn from(changed: SystemInfoChanged) -> Self {
        SystemInfo {
            gsm: changed.gsm,
            wcdma: changed.wcdma,
            lte: changed.lte,
            lte_info: changed.lte_info,
            sim_reject: changed.sim_reject,
            nr5g: changed.nr5g,
            nr5g_info: changed.nr5g_info,
            endc: changed.endc,
            dcnr_restricted: changed.dcnr_restricted,
            nr5g_tac: changed.nr5g_tac,
        }
    }
}

impl From<SystemInfo> for SystemInfoChanged {
    fn from(info: SystemInfo) -> Self {
        SystemInfoChanged {
            gsm: info.gsm,
            wcdma: info.wcdma,
            lte: info.lte,
            lte_info: info.lte_info,
            sim_reject: info.sim_reject,
            nr5g: info.nr5g,
            nr5g_info: info.nr5g_info,
            endc: info.endc,
            dcnr_restricted: info.dcnr_restricted,
            nr5g_tac: info.nr5g_tac,
        }
    }
}

value! {
    /// Service on one radio.
    ServiceStatus {
        /// Service as it counts.
        status: Service,
        /// Service as it is.
        true_status: Service,
        /// Whether this radio is preferred for data.
        preferred_data_path: bool,
    }
}

value! {
    /// Details of LTE or 5G service; each group has a flag that says whether it holds.
    RadioInfo {
        /// Whether `domain` holds.
        domain_valid: bool,
        /// 0 none, 1 circuit switched, 2 packet switched, 3 both, 4 camped.
        domain: u8,
        /// Whether `capability` holds.
        capability_valid: bool,
        /// As `domain`.
        capability: u8,
        /// Whether `roaming` holds.
        roaming_valid: bool,
        /// 0 home, else roaming.
        roaming: u8,
        /// Whether `forbidden` holds.
        forbidden_valid: bool,
        /// Whether the network is on the forbidden list.
        forbidden: bool,
        /// Whether `lac` holds.
        lac_valid: bool,
        /// Location area code.
        lac: u16,
        /// Whether `cid` holds.
        cid_valid: bool,
        /// Cell id.
        cid: u32,
        /// Whether the reject fields hold.
        reject_valid: bool,
        /// Domain that was rejected.
        reject_domain: u8,
        /// 3GPP reject cause.
        reject_cause: u8,
        /// Whether `mcc` and `mnc` hold.
        plmn_valid: bool,
        /// Mobile country code, digits.
        mcc: [u8; 3],
        /// Mobile network code, digits; 0xff fills up two-digit codes.
        mnc: [u8; 3],
        /// Whether `tac` holds.
        tac_valid: bool,
        /// Tracking area code.
        tac: u16,
    }
}

impl RadioInfo {
    /// Mobile country and network code as digits, if they hold.
    pub fn plmn(&self) -> Option<(Text<'_>, Text<'_>)> {
        let trim = |digits: &'_ [u8; 3]| -> usize {
            digits
                .iter()
                .take_while(|byte| byte.is_ascii_digit())
                .count()
        };
        let mcc = self.mcc.get(..trim(&self.mcc))?;
        let mnc = self.mnc.get(..trim(&self.mnc))?;
        self.plmn_valid.then_some((Text(mcc), Text(mnc)))
    }
}

body! {
    /// Asks for the signal's figures.
    GetSignalInfo {}
}
request!(GetSignalInfo: NAS 0x004f => SignalInfo);

body! {
    /// The signal's figures.
    SignalInfo {
        /// LTE.
        lte: soft LteSignal = 0x14,
        /// 5G.
        nr5g: soft Nr5gSignal = 0x17,
        /// 5G reference signal received quality, dB.
        nr5g_rsrq: soft i16 = 0x18,
    }
}
indication!(SignalInfo: NAS 0x0051);

value! {
    /// LTE signal.
    LteSignal {
        /// Received signal strength, dBm.
        rssi: i8,
        /// Reference signal received quality, dB.
        rsrq: i8,
        /// Reference signal received power, dBm.
        rsrp: i16,
        /// Signal to noise ratio, tenths of a dB.
        snr: i16,
    }
}

value! {
    /// 5G signal.
    Nr5gSignal {
        /// Reference signal received power, dBm.
        rsrp: i16,
        /// Signal to noise ratio, tenths of a dB.
        snr: i16,
    }
}

body! {
    /// Asks for the signal's strength, the older way.
    GetSignalStrength {
        /// Which figures, as a bit mask.
        mask: may u16 = 0x10,
    }
}
request!(GetSignalStrength: NAS 0x0020 => SignalStrength);

body! {
    /// The signal's strength.
    SignalStrength {
        /// Strength and radio.
        strength: must Strength = 0x01,
        /// Signal to noise ratio of LTE, tenths of a dB.
        lte_snr: soft i16 = 0x17,
        /// Reference signal received power of LTE, dBm.
        lte_rsrp: soft i16 = 0x18,
    }
}

value! {
    /// Strength on a radio.
    Strength {
        /// dBm.
        dbm: i8,
        /// Radio.
        radio: Radio,
    }
}

body! {
    /// Asks for an operator's name.
    GetPlmnName {
        /// Operator.
        plmn: must Plmn = 0x01,
    }
}
request!(GetPlmnName: NAS 0x0044 => PlmnName<'a>);

body! {
    /// An operator's name.
    PlmnName<'a> {
        /// Names.
        names: may OperatorNames<'a> = 0x10,
    }
}

value! {
    /// An operator's names.
    OperatorNames<'a> {
        /// Encoding of the provider's name: 0 8-bit, 1 UCS2.
        provider_encoding: u8,
        /// Provider's name.
        provider: Text8<'a>,
        /// Encoding of the short name.
        short_encoding: u8,
        /// Whether the country's initials are shown.
        short_initials: u8,
        /// Spare bits at the end of the short name.
        short_spare: u8,
        /// Short name.
        short: Text8<'a>,
        /// Encoding of the long name.
        long_encoding: u8,
        /// Whether the country's initials are shown.
        long_initials: u8,
        /// Spare bits at the end of the long name.
        long_spare: u8,
        /// Long name.
        long: Text8<'a>,
    }
}

body! {
    /// Asks for the home network.
    GetHomeNetwork {}
}
request!(GetHomeNetwork: NAS 0x0025 => HomeNetwork<'a>);

body! {
    /// The home network.
    HomeNetwork<'a> {
        /// Operator.
        plmn: must NamedPlmn<'a> = 0x01,
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

body! {
    /// Asks for the preferences of network selection.
    GetSelectionPreference {}
}
request!(GetSelectionPreference: NAS 0x0034 => SelectionPreference);

body! {
    /// Preferences of network selection.
    SelectionPreference {
        /// Emergency mode.
        emergency: may bool = 0x10,
        /// Radios allowed: bit 2 GSM, 3 UMTS, 4 LTE, 6 5G.
        mode: may u16 = 0x11,
        /// 2G and 3G bands allowed.
        bands: may u64 = 0x12,
        /// 1 home only, 0xff any.
        roaming: may u16 = 0x14,
        /// LTE bands 1 to 64 allowed.
        lte_bands: may u64 = 0x15,
        /// 0 automatic, 1 manual.
        selection: may u8 = 0x16,
        /// Domain: 0 circuit switched, 1 packet switched, 2 both.
        domain: may u32 = 0x18,
        /// Order of WCDMA and GSM: 0 automatic.
        acquisition: may u32 = 0x19,
    }
}

body! {
    /// Sets preferences of network selection.
    SetSelectionPreference {
        /// Radios allowed: bit 2 GSM, 3 UMTS, 4 LTE, 6 5G.
        mode: may u16 = 0x11,
    }
}
request!(SetSelectionPreference: NAS 0x0033);

body! {
    /// Asks for the technology preference.
    GetTechnologyPreference {}
}
request!(GetTechnologyPreference: NAS 0x002b => TechnologyPreference);

body! {
    /// Technology preference.
    TechnologyPreference {
        /// In force.
        active: must ActiveTechnology = 0x01,
        /// Kept over restarts.
        persistent: may u16 = 0x10,
    }
}

value! {
    /// Technology preference in force.
    ActiveTechnology {
        /// 0 automatic, else a bit mask: bit 5 LTE.
        preference: u16,
        /// 0 permanent.
        duration: u8,
    }
}

body! {
    /// Asks for the preferred networks on the SIM.
    GetPreferredNetworks {}
}
request!(GetPreferredNetworks: NAS 0x0026 => PreferredNetworks<'a>);

body! {
    /// Preferred networks on the SIM.
    PreferredNetworks<'a> {
        /// Networks in order.
        networks: may List16<'a, PreferredNetwork> = 0x10,
    }
}

value! {
    /// A preferred network.
    PreferredNetwork {
        /// Mobile country code.
        mcc: u16,
        /// Mobile network code.
        mnc: u16,
        /// Access technologies, bits as on the SIM.
        technology: u16,
    }
}
