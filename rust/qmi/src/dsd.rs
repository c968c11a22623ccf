// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
//! Data system determination: which radio carries the data, the modem's own answer to "is this 5G?".

use crate::List8;

body! {
    /// Asks which systems carry data.
    GetSystemStatus {}
}
request!(GetSystemStatus: DSD 0x0024 => SystemStatus<'a>);

body! {
    /// The systems that can carry data, the preferred one first.
    SystemStatus<'a> {
        /// Systems.
        systems: may List8<'a, System> = 0x10,
    }
}
indication!(SystemStatus<'a>: DSD 0x0026);

body! {
    /// Switches the status indication on or off.
    RegisterStatus {
        /// On or off.
        enable: may bool = 0x11,
    }
}
request!(RegisterStatus: DSD 0x0025);

value! {
    /// A system.
    System {
        /// 0 3GPP, 1 3GPP2, 2 WLAN.
        technology: u32,
        /// Radio.
        radio: Radio,
        /// Details as a bit mask.
        mask: u64,
    }
}

wire_enum! {
    /// Radio access technology.
    Radio: u32 {
        Unknown = 0 => "unknown",
        Wcdma = 1 => "WCDMA",
        Geran = 2 => "GERAN",
        Lte = 3 => "LTE",
        TdScdma = 4 => "TD-SCDMA",
        Wlan = 5 => "WLAN",
        Nr5g = 6 => "5G NR",
    }
}
