// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
//! The network around the modem: how it treats the subscriber, what it offers, how well it is received.

/// A carrier of a cell.
#[derive(Debug, Clone, Copy)]
pub struct Carrier {
    /// 3GPP's number of the band.
    pub band: u16,
    /// Channel number.
    pub channel: u32,
    /// Physical cell id.
    pub pci: u16,
    /// Width, MHz.
    pub width: u16,
}

/// What the network sends on: the carrier of the serving cell, and one that is added while there is a session.
pub const LTE: [Carrier; 2] = [
    Carrier {
        band: 3,
        channel: 1650,
        pci: 301,
        width: 20,
    },
    Carrier {
        band: 20,
        channel: 6300,
        pci: 17,
        width: 10,
    },
];
/// The same of 5G; the second one beside standalone 5G only.
pub const NR5G: [Carrier; 2] = [
    Carrier {
        band: 78,
        channel: 636_666,
        pci: 701,
        width: 100,
    },
    Carrier {
        band: 28,
        channel: 156_510,
        pci: 702,
        width: 20,
    },
];

/// An LTE cell besides the serving one.
#[derive(Debug, Clone, Copy)]
pub struct Neighbour {
    /// Channel number.
    pub channel: u32,
    /// Physical cell id.
    pub pci: u16,
    /// How well it is received.
    pub signal: Signal,
}

/// The network around the modem.
#[derive(Debug, Clone)]
pub struct Network {
    /// How it treats this subscriber.
    pub registration: Registration,
    /// The best technology on offer; preferences may exclude it.
    pub technology: Technology,
    /// Mobile country code, three digits.
    pub mcc: u16,
    /// Mobile network code, two digits.
    pub mnc: u16,
    /// Operator's name.
    pub name: String,
    /// LTE signal: RSSI dBm, RSRQ dB, RSRP dBm, SNR in tenths of a dB.
    pub lte: Signal,
    /// 5G signal, likewise; `rssi` has no meaning there.
    pub nr5g: Signal,
    /// LTE cells besides the serving one.
    pub neighbours: Vec<Neighbour>,
    /// Cell id.
    pub cell: u32,
    /// Tracking area code.
    pub tac: u16,
    /// MTU that it grants to sessions.
    pub mtu: u16,
    /// 3GPP cause with which every session is refused, if any.
    pub reject_apn: Option<i16>,
}

impl Default for Network {
    fn default() -> Self {
        Network {
            registration: Registration::Home,
            technology: Technology::Sa,
            mcc: 1,
            mnc: 1,
            name: "Test Network".to_owned(),
            lte: Signal {
                rssi: -61,
                rsrq: -11,
                rsrp: -90,
                snr: 182,
            },
            nr5g: Signal {
                rssi: 0,
                rsrq: -10,
                rsrp: -85,
                snr: 235,
            },
            neighbours: [(LTE[0].channel, 302, -104), (LTE[1].channel, 17, -98)]
                .map(|(channel, pci, rsrp)| Neighbour {
                    channel,
                    pci,
                    signal: Signal {
                        rssi: -70,
                        rsrq: -15,
                        rsrp,
                        snr: 20,
                    },
                })
                .to_vec(),
            cell: 0x0012_d687,
            tac: 0x00b4,
            mtu: 1500,
            reject_apn: None,
        }
    }
}

/// Signal of one carrier.
#[derive(Debug, Clone, Copy)]
pub struct Signal {
    /// Received signal strength, dBm.
    pub rssi: i8,
    /// Reference signal received quality, dB.
    pub rsrq: i8,
    /// Reference signal received power, dBm.
    pub rsrp: i16,
    /// Signal to noise ratio, tenths of a dB.
    pub snr: i16,
}

/// How the network treats this subscriber.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Registration {
    /// Registered at home.
    Home,
    /// Registered, roaming.
    Roaming,
    /// No network found yet.
    Searching,
    /// Refused.
    Denied,
}

/// Radio technology.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Technology {
    /// LTE alone.
    Lte,
    /// LTE anchor with a 5G carrier.
    Nsa,
    /// 5G standalone.
    Sa,
}
