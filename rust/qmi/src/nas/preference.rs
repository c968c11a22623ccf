// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
//! Which networks and radios the device is to use.

use crate::List16;

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
