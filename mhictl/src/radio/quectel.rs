// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
//! Answers of Quectel's AT commands, taken apart: the carriers in use and the 5G cell beside LTE. Formats are those of the
//! network application note for RG50xQ and RM5xxQ, 1.0.0.

use std::time::Duration;

use serde::Serialize;
use serde_json::{json, Value};

use crate::exit::Error;
use crate::modem::at::{Answer, At};
use crate::modem::device::{Modem, Roots};
use crate::status::report;

/// What a carrier is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// Of the serving cell.
    Primary,
    /// Added to it.
    Secondary,
}

/// Whether a carrier is in use.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum State {
    /// In use.
    Active,
    /// Configured only.
    Inactive,
}

/// A carrier in use; what the modem does not say is none.
#[derive(Clone, Debug, PartialEq)]
pub struct Carrier {
    /// What it is for.
    pub role: Role,
    /// `LTE` or `5G`.
    pub technology: &'static str,
    /// 3GPP's number.
    pub band: u16,
    /// Channel number.
    pub channel: u32,
    /// Width in hundreds of kHz.
    pub width: Option<u32>,
    /// Whether it is in use.
    pub state: Option<State>,
    /// Physical cell id.
    pub pci: Option<u16>,
    /// dBm.
    pub rssi: Option<i16>,
    /// dBm.
    pub rsrp: Option<i16>,
    /// dB.
    pub rsrq: Option<i16>,
    /// dB.
    pub snr: Option<f64>,
}

/// The 5G cell beside LTE.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NsaCell {
    /// Physical cell id.
    pub pci: Option<u16>,
    /// Channel number.
    pub channel: Option<u32>,
    /// 3GPP's number of the band.
    pub band: Option<u16>,
}

impl Carrier {
    /// As `--json` has it.
    pub fn json(&self) -> Value {
        json!({
            "role": self.role,
            "technology": self.technology,
            "band": self.band,
            "channel": self.channel,
            "bandwidth_mhz": report::megahertz(self.width),
            "state": self.state,
            "pci": self.pci,
            "rssi": self.rssi,
            "rsrp": self.rsrp,
            "rsrq": self.rsrq,
            "snr": self.snr,
        })
    }
}

/// Asks one thing by AT that a command can do without: a port that is not there or busy is told in a warning.
pub fn ask(roots: &Roots, modem: &Modem, command: &str, patience: Duration) -> Option<Answer> {
    let asked = At::open(roots, modem, None).and_then(|mut port| port.run(command, patience));
    asked
        .map_err(|error| warn(command, &error))
        .ok()
        .filter(|answer| answer.ok)
}

fn warn(command: &str, error: &Error) {
    crate::lines::warn(format!("{command}: {}", error.what));
}

/// The carriers of `AT+QCAINFO`; lines of other shapes are left out.
pub fn carriers(answer: &Answer) -> Vec<Carrier> {
    answer.values("+QCAINFO").filter_map(carrier).collect()
}

fn carrier(line: &str) -> Option<Carrier> {
    let fields = fields(line);
    let role = match *fields.first()? {
        "PCC" => Role::Primary,
        "SCC" => Role::Secondary,
        _ => return None,
    };
    let (technology, band) = match fields.get(3)?.split_once(" BAND ")? {
        ("LTE", band) => ("LTE", band),
        ("NR5G", band) => ("5G", band),
        _ => return None,
    };
    let code = number(&fields, 2);
    let width = match technology {
        "LTE" => code.and_then(resource_blocks),
        _ => code.and_then(nr_width),
    };
    let mut carrier = Carrier {
        role,
        technology,
        band: band.parse().ok()?,
        channel: number(&fields, 1)?,
        width,
        state: None,
        pci: None,
        rssi: None,
        rsrp: None,
        rsrq: None,
        snr: None,
    };
    // A 5G line of five fields is that of the cell itself, be it the primary one or the one beside LTE: it has no state.
    if technology == "5G" && fields.len() == 5 {
        (carrier.state, carrier.pci) = (Some(State::Active), number(&fields, 4));
        return Some(carrier);
    }
    carrier.state = match (role, number(&fields, 4)) {
        (Role::Primary, _) | (_, Some(2u8)) => Some(State::Active),
        (_, Some(0 | 1)) => Some(State::Inactive),
        _ => None,
    };
    carrier.pci = number(&fields, 5);
    if technology == "LTE" {
        carrier.rsrp = strength(&fields, 6);
        carrier.rsrq = quality(&fields, 7);
        carrier.rssi = strength(&fields, 8);
        carrier.snr = number::<i16>(&fields, 9).map(f64::from);
    } else {
        // Three fields about the uplink stand between; these are there after AT+QCAINFO=1 only.
        carrier.rsrp = strength(&fields, 9);
        carrier.rsrq = quality(&fields, 10);
    }
    Some(carrier)
}

/// The 5G cell of `AT+QENG="servingcell"` beside LTE.
pub fn nsa_cell(answer: &Answer) -> Option<NsaCell> {
    let mut lines = answer.values("+QENG").map(fields);
    let fields = lines.find(|fields| fields.first() == Some(&"NR5G-NSA"))?;
    Some(NsaCell {
        pci: number(&fields, 3),
        channel: number(&fields, 7),
        band: number(&fields, 8),
    })
}

/// A line's fields without quotes and blanks.
pub fn fields(line: &str) -> Vec<&str> {
    line.split(',')
        .map(|field| field.trim().trim_matches('"'))
        .collect()
}

/// A field as a number; `-` and what is not there are none.
fn number<T: std::str::FromStr>(fields: &[&str], at: usize) -> Option<T> {
    fields.get(at)?.parse().ok()
}

/// dBm; what no receiver says is none.
fn strength(fields: &[&str], at: usize) -> Option<i16> {
    number(fields, at).filter(|dbm| (-156..=-1).contains(dbm))
}

/// dB; what no receiver says is none.
fn quality(fields: &[&str], at: usize) -> Option<i16> {
    number(fields, at).filter(|db| (-43..=20).contains(db))
}

/// Hundreds of kHz of LTE's number of resource blocks.
fn resource_blocks(count: u32) -> Option<u32> {
    Some(match count {
        6 => 14,
        15 => 30,
        25 => 50,
        50 => 100,
        75 => 150,
        100 => 200,
        _ => return None,
    })
}

/// Hundreds of kHz of a code of 5G's widths.
fn nr_width(code: u32) -> Option<u32> {
    const WIDTHS: [u32; 17] = [
        5, 10, 15, 20, 25, 30, 40, 50, 60, 70, 80, 90, 100, 200, 400, 35, 45,
    ];
    WIDTHS.get(usize::try_from(code).ok()?).map(|mhz| mhz * 10)
}

#[cfg(test)]
pub mod tests {
    use super::*;

    /// An answer of these lines.
    pub fn answer(lines: &[&str]) -> Answer {
        Answer {
            lines: lines.iter().map(|line| (*line).to_owned()).collect(),
            result: "OK".into(),
            ok: true,
        }
    }

    #[test]
    fn lte_carriers_have_their_strength() {
        // The example of the application note, 3.2.3.
        let carriers = carriers(&answer(&[
            "+QCAINFO: \"PCC\",300,100,\"LTE BAND 1\",1,23,-66,-12,-34,30",
            "+QCAINFO: \"SCC\",1575,100,\"LTE BAND 3\",2,43,-64,-7,-24,30,0,-,-",
        ]));
        let first = Carrier {
            role: Role::Primary,
            technology: "LTE",
            band: 1,
            channel: 300,
            width: Some(200),
            state: Some(State::Active),
            pci: Some(23),
            rssi: Some(-34),
            rsrp: Some(-66),
            rsrq: Some(-12),
            snr: Some(30.0),
        };
        let second = Carrier {
            role: Role::Secondary,
            band: 3,
            channel: 1575,
            pci: Some(43),
            rssi: Some(-24),
            rsrp: Some(-64),
            rsrq: Some(-7),
            ..first.clone()
        };
        assert_eq!(carriers, [first, second]);
    }

    #[test]
    fn carriers_of_5g_have_strength_only_if_the_modem_says_it() {
        let carriers = carriers(&answer(&[
            "+QCAINFO: \"PCC\",620640,12,\"NR5G BAND 78\",538",
            "+QCAINFO: \"SCC\",156510,3,\"NR5G BAND 28\",1,702,0,-,-",
            "+QCAINFO: \"SCC\",156510,3,\"NR5G BAND 28\",2,702,1,3,156510,-101,-12",
            "+QCAINFO: \"SCC\",156510,3,\"NR5G BAND 28\",2,702,1,3,156510,-1010,-120",
        ]));
        let said: Vec<_> = carriers
            .iter()
            .map(|carrier| (carrier.state, carrier.pci, carrier.rsrp, carrier.rsrq))
            .collect();
        assert_eq!(
            said,
            [
                (Some(State::Active), Some(538), None, None),
                (Some(State::Inactive), Some(702), None, None),
                (Some(State::Active), Some(702), Some(-101), Some(-12)),
                (Some(State::Active), Some(702), None, None),
            ]
        );
        assert_eq!(carriers[0].width, Some(1000));
    }

    #[test]
    fn other_lines_are_no_carriers() {
        for line in [
            "+QCAINFO: ",
            "+QCAINFO: \"PCC\"",
            "+QCAINFO: \"PCC\",x,100,\"LTE BAND 1\",1,23",
            "+QCAINFO: \"PCC\",300,100,\"GSM BAND 1\",1,23",
            "+QCAINFO: \"PCC\",300,100,\"LTE BAND x\",1,23",
            "+QENG: \"PCC\",300,100,\"LTE BAND 1\",1,23",
        ] {
            assert_eq!(carriers(&answer(&[line])), [], "{line}");
        }
    }

    #[test]
    fn the_5g_cell_beside_lte_is_found() {
        // The example of the application note, 3.2.2.
        let found = nsa_cell(&answer(&[
            "+QENG: \"servingcell\",\"NOCONN\"",
            "+QENG: \"LTE\",\"FDD\",460,01,5F1EA15,12,1650,3,5,5,DE10,-99,-12,-67,11,9,230,-",
            "+QENG:\"NR5G-NSA\",460,01,747,-71,33,-11,627264,78,12,1",
        ]));
        let expected = NsaCell {
            pci: Some(747),
            channel: Some(627_264),
            band: Some(78),
        };
        assert_eq!(found, Some(expected));
        assert_eq!(
            nsa_cell(&answer(&["+QENG: \"servingcell\",\"SEARCH\""])),
            None
        );
    }
}
