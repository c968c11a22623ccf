// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
//! Device management: what the modem is, and whether its radio is on.

use crate::{List16, List8, Text, Text8};

body! {
    /// Asks for the maker.
    GetManufacturer {}
}
request!(GetManufacturer: DMS 0x0021 => Manufacturer<'a>);

body! {
    /// The maker.
    Manufacturer<'a> {
        /// E.g. `Quectel`.
        manufacturer: must Text<'a> = 0x01,
    }
}

body! {
    /// Asks for the model.
    GetModel {}
}
request!(GetModel: DMS 0x0022 => Model<'a>);

body! {
    /// The model.
    Model<'a> {
        /// E.g. `RM520N-GL`.
        model: must Text<'a> = 0x01,
    }
}

body! {
    /// Asks for the firmware revision.
    GetRevision {}
}
request!(GetRevision: DMS 0x0023 => Revision<'a>);

body! {
    /// The firmware revision.
    Revision<'a> {
        /// E.g. `RM520NGLAAR01A07M4G`.
        revision: must Text<'a> = 0x01,
    }
}

body! {
    /// Asks for the subscriber's number.
    GetMsisdn {}
}
request!(GetMsisdn: DMS 0x0024 => Msisdn<'a>);

body! {
    /// The subscriber's number.
    Msisdn<'a> {
        /// Digits.
        number: must Text<'a> = 0x01,
    }
}

body! {
    /// Asks for the device's identities.
    GetIds {}
}
request!(GetIds: DMS 0x0025 => Ids<'a>);

body! {
    /// The device's identities.
    Ids<'a> {
        /// ESN, of CDMA devices.
        esn: may Text<'a> = 0x10,
        /// IMEI.
        imei: may Text<'a> = 0x11,
        /// MEID, of CDMA devices.
        meid: may Text<'a> = 0x12,
        /// Software version of the IMEI.
        imei_version: may Text<'a> = 0x13,
    }
}

body! {
    /// Asks for the hardware revision.
    GetHardwareRevision {}
}
request!(GetHardwareRevision: DMS 0x002c => HardwareRevision<'a>);

body! {
    /// The hardware revision.
    HardwareRevision<'a> {
        /// As the maker writes it.
        revision: must Text<'a> = 0x01,
    }
}

body! {
    /// Asks what the device can do.
    GetCapabilities {}
}
request!(GetCapabilities: DMS 0x0020 => Capabilities<'a>);

body! {
    /// What the device can do.
    Capabilities<'a> {
        /// Rates and radios.
        info: must CapabilityInfo<'a> = 0x01,
    }
}

value! {
    /// Rates and radios.
    CapabilityInfo<'a> {
        /// Highest uplink rate, bit/s.
        tx_rate: u32,
        /// Highest downlink rate, bit/s.
        rx_rate: u32,
        /// 1 circuit switched, 2 packet switched, 3 both at once, 4 one at a time.
        data_service: u8,
        /// 1 no SIM, 2 SIM.
        sim: u8,
        /// 4 GSM, 5 UMTS, 8 LTE, 10 5G NR.
        radios: List8<'a, u8>,
    }
}

wire_enum! {
    /// Operating mode.
    Mode: u8 {
        Online = 0 => "online",
        LowPower = 1 => "low power",
        FactoryTest = 2 => "factory test",
        Offline = 3 => "offline",
        Resetting = 4 => "resetting",
        ShuttingDown = 5 => "shutting down",
        PersistentLowPower = 6 => "persistent low power",
        ModeOnlyLowPower = 7 => "mode-only low power",
    }
}

body! {
    /// Asks for the operating mode.
    GetOperatingMode {}
}
request!(GetOperatingMode: DMS 0x002d => OperatingMode);

body! {
    /// The operating mode.
    OperatingMode {
        /// Mode.
        mode: must Mode = 0x01,
        /// Why the device is offline, as a bit mask.
        offline_reason: may u16 = 0x10,
        /// Whether a switch keeps the radio off.
        hardware_restricted: may bool = 0x11,
    }
}

body! {
    /// Sets the operating mode.
    SetOperatingMode {
        /// Mode.
        mode: must Mode = 0x01,
    }
}
request!(SetOperatingMode: DMS 0x002e);

body! {
    /// Takes away the lock that keeps the radio of some makers' laptops off until the host has shown who it is.
    SetFccAuthentication {}
}
request!(SetFccAuthentication: DMS 0x555f);

body! {
    /// Asks for the bands of the hardware.
    GetBands {}
}
request!(GetBands: DMS 0x0045 => Bands<'a>);

body! {
    /// The bands of the hardware.
    Bands<'a> {
        /// 2G and 3G bands as a bit mask.
        bands: must u64 = 0x01,
        /// LTE bands 1 to 64 as a bit mask, bit 0 = band 1.
        lte: may u64 = 0x10,
        /// LTE bands by number.
        lte_extended: may List16<'a, u16> = 0x12,
        /// 5G bands by number.
        nr5g: may List16<'a, u16> = 0x13,
    }
}

body! {
    /// Verifies a PIN through the older of two ways; see [`crate::uim::VerifyPin`].
    VerifyPin<'a> {
        /// Which PIN, and its digits.
        pin: must @secret Pin<'a> = 0x01,
    }
}
request!(VerifyPin<'a>: DMS 0x0028 => PinRetries);

value! {
    /// A PIN to verify.
    Pin<'a> {
        /// 1 for PIN1, 2 for PIN2.
        id: u8,
        /// Digits.
        digits: Text8<'a>,
    }
}

body! {
    /// Retries left, also in a refusal.
    PinRetries {
        /// Retries left.
        retries: may crate::uim::Retries = 0x10,
    }
}

body! {
    /// Asks for the PINs' states.
    GetPinStatus {}
}
request!(GetPinStatus: DMS 0x002b => PinStatus);

body! {
    /// The PINs' states.
    PinStatus {
        /// PIN1.
        pin1: may PinInfo = 0x11,
        /// PIN2.
        pin2: may PinInfo = 0x12,
    }
}

value! {
    /// A PIN's state.
    PinInfo {
        /// State.
        state: crate::uim::PinState,
        /// Attempts left before the PIN is blocked.
        verify: u8,
        /// Attempts left to unblock it.
        unblock: u8,
    }
}

body! {
    /// Asks for the SIM's ICCID.
    GetIccid {}
}
request!(GetIccid: DMS 0x003c => Iccid<'a>);

body! {
    /// The SIM's ICCID.
    Iccid<'a> {
        /// Digits.
        iccid: must Text<'a> = 0x01,
    }
}

body! {
    /// Asks for the SIM's IMSI.
    GetImsi {}
}
request!(GetImsi: DMS 0x0043 => Imsi<'a>);

body! {
    /// The SIM's IMSI.
    Imsi<'a> {
        /// Digits.
        imsi: must Text<'a> = 0x01,
    }
}
