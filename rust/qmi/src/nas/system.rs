// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
//! Service on each radio: what says whether there is LTE, 5G, or both.

use crate::Text;

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
        let trim = |digits: &[u8; 3]| -> usize {
            let digits = digits.iter().take_while(|byte| byte.is_ascii_digit());
            digits.fold(0usize, |count, _| count.saturating_add(1))
        };
        let mcc = self.mcc.get(..trim(&self.mcc))?;
        let mnc = self.mnc.get(..trim(&self.mnc))?;
        self.plmn_valid.then_some((Text(mcc), Text(mnc)))
    }
}
