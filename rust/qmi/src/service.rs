// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
//! Service numbers and their names, as in libqmi's `QmiService`.

macro_rules! services {
    ($($name:ident = $number:literal, $doc:literal;)*) => {
        $(#[doc = $doc] pub const $name: u8 = $number;)*

        /// The usual name of a service, if it has one.
        pub fn name(service: u8) -> Option<&'static str> {
            match service {
                $($number => Some(stringify!($name)),)*
                _ => None,
            }
        }
    };
}

services! {
    CTL = 0x00, "Control: client ids, versions, sync.";
    WDS = 0x01, "Wireless data: sessions and their settings.";
    DMS = 0x02, "Device management: model, firmware, operating mode.";
    NAS = 0x03, "Network access: registration, signal.";
    QOS = 0x04, "Quality of service.";
    WMS = 0x05, "Messages (SMS).";
    PDS = 0x06, "Position.";
    VOICE = 0x09, "Voice calls.";
    UIM = 0x0b, "SIM cards.";
    PBM = 0x0c, "Phone book.";
    LOC = 0x10, "Location.";
    SAR = 0x11, "Radio exposure.";
    WDA = 0x1a, "Data administration: format of the data channels.";
    PDC = 0x24, "Carrier configurations.";
    DSD = 0x2a, "Data system: which radio carries data.";
    OMA = 0xe2, "Device management of the operator.";
}
