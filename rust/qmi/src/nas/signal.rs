// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
//! How well the network is received.

use super::Radio;

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
