// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
//! `mhictl cells`: the cells that serve the modem, and the LTE cells that it hears besides, by QMI (NAS Get Cell Location
//! Info). What that lacks of the 5G cell beside LTE comes from `AT+QENG="servingcell"`.

use qmi::nas::{self, CellLocation, GetCellLocation};
use serde_json::{json, Value};

use crate::cli::StatusArgs;
use crate::exit::Error;
use crate::modem::device::{self, Roots};
use crate::modem::radio::{Radio, Technology};
use crate::modem::talk::{self, Talk};
use crate::radio::quectel::{self, NsaCell};
use crate::show::{self, Lines, Show};
use crate::status::report;

/// A cell; what the modem does not say is none.
#[derive(Clone, Debug, Default, PartialEq)]
struct Cell {
    technology: &'static str,
    mcc: Option<String>,
    mnc: Option<String>,
    tac: Option<u32>,
    id: Option<u64>,
    pci: Option<u16>,
    channel: Option<u32>,
    band: Option<u16>,
    /// Strengths in tenths of dBm and dB.
    rssi: Option<i16>,
    rsrp: Option<i16>,
    rsrq: Option<i16>,
    snr: Option<i16>,
}

/// What there is to show.
#[derive(Debug, Default, PartialEq)]
struct Cells {
    device: String,
    serving: Vec<Cell>,
    neighbours: Vec<Cell>,
}

/// Prints the cells.
pub fn run(args: &StatusArgs, roots: &Roots) -> Result<(), Error> {
    show::print(args.json, look(args, roots))
}

fn look(args: &StatusArgs, roots: &Roots) -> Result<Cells, Error> {
    let modem = device::find(roots, args.device.as_deref())?;
    let (reply, radio) = Talk::with(roots, &modem, args.patience(), |talk| {
        Ok((talk.ask(&GetCellLocation {})?, talk.radio()?))
    })?;
    let mut cells = Cells {
        device: modem.wwan.clone(),
        ..Cells::default()
    };
    cells.take(&talk::body(&reply, "to tell its cells")?);
    if radio.technology == Some(Technology::Nsa) && !cells.serving.iter().any(Cell::is_5g) {
        let answer = quectel::ask(roots, &modem, "AT+QENG=\"servingcell\"", args.patience());
        cells.beside(answer.as_ref().and_then(quectel::nsa_cell), &radio);
    }
    cells.complete(&radio);
    Ok(cells)
}

impl Cells {
    /// Takes what the modem says by QMI.
    fn take(&mut self, said: &CellLocation<'_>) {
        if let Some(lte) = &said.lte {
            let (mcc, mnc) = digits(lte.plmn);
            let channel = said.lte_channel.unwrap_or(lte.channel.into());
            let mut serving = Cell {
                technology: "LTE",
                mcc,
                mnc,
                tac: Some(lte.tac.into()).filter(|&tac| tac != 0xffff),
                id: Some(lte.cell.into()).filter(|&id| id != 0xffff_ffff),
                pci: Some(lte.pci),
                channel: Some(channel),
                ..Cell::default()
            };
            for cell in lte.cells.iter() {
                if cell.pci == lte.pci {
                    (serving.rssi, serving.rsrp, serving.rsrq) =
                        (known(cell.rssi), known(cell.rsrp), known(cell.rsrq));
                } else {
                    self.neighbours.push(Cell::lte(channel, &cell));
                }
            }
            self.serving.push(serving);
        }
        let mut whole = said.lte_other_channels.iter().flat_map(|list| list.iter());
        for row in said
            .lte_others
            .iter()
            .flat_map(|others| others.channels.iter())
        {
            let channel = whole.next().unwrap_or(row.channel.into());
            let cells = row.cells.iter().map(|cell| Cell::lte(channel, &cell));
            self.neighbours.extend(cells);
        }
        if let Some(nr) = &said.nr5g {
            let (mcc, mnc) = digits(nr.plmn);
            let [a, b, c] = nr.tac;
            self.serving.push(Cell {
                technology: "5G",
                mcc,
                mnc,
                tac: Some(u32::from_be_bytes([0, a, b, c])).filter(|&tac| tac != 0xff_ffff),
                // Cell ids have 36 bits.
                id: Some(nr.cell).filter(|&id| id < 1 << 36),
                pci: Some(nr.pci).filter(|&pci| pci < 1008),
                channel: said.nr5g_channel,
                rsrp: known(nr.rsrp),
                rsrq: known(nr.rsrq),
                snr: known(nr.snr),
                ..Cell::default()
            });
        }
    }

    /// Adds the 5G cell beside LTE: which one it is by AT, how well it is received by QMI.
    fn beside(&mut self, cell: Option<NsaCell>, radio: &Radio) {
        let tenths = |db: i16| db.checked_mul(10);
        let (cell, nr) = match (cell, radio.nr5g) {
            (None, None) => return,
            both => both,
        };
        self.serving.push(Cell {
            technology: "5G",
            pci: cell.and_then(|cell| cell.pci),
            channel: cell.and_then(|cell| cell.channel),
            band: cell.and_then(|cell| cell.band),
            rsrp: nr.and_then(|nr| tenths(nr.rsrp)),
            rsrq: nr.and_then(|nr| nr.rsrq).and_then(tenths),
            // CAST: it was an i16 of tenths before it became a float.
            snr: nr.map(|nr| (nr.snr * 10.0).round() as i16),
            ..Cell::default()
        });
    }

    /// Adds the bands of channels in use, and the SNR of the serving LTE cell.
    fn complete(&mut self, radio: &Radio) {
        let in_use = |cell: &Cell| {
            let mut bands = radio.bands.iter();
            bands.find(|band| {
                report::carrier(band.radio) == cell.technology && cell.channel == Some(band.channel)
            })
        };
        for cell in self.serving.iter_mut().chain(&mut self.neighbours) {
            cell.band = cell.band.or(in_use(cell).map(|band| band.band));
        }
        let lte = self.serving.iter_mut().find(|cell| !cell.is_5g());
        if let (Some(cell), Some(lte)) = (lte, radio.lte) {
            cell.snr = Some((lte.snr * 10.0).round() as i16);
        }
    }
}

impl Cell {
    fn lte(channel: u32, cell: &nas::LteCell) -> Cell {
        Cell {
            technology: "LTE",
            pci: Some(cell.pci),
            channel: Some(channel),
            rssi: known(cell.rssi),
            rsrp: known(cell.rsrp),
            rsrq: known(cell.rsrq),
            ..Cell::default()
        }
    }

    fn is_5g(&self) -> bool {
        self.technology == "5G"
    }

    fn json(&self) -> Value {
        let decibels = |tenths: Option<i16>| tenths.map(report::from_tenths);
        json!({
            "technology": self.technology,
            "mcc": self.mcc,
            "mnc": self.mnc,
            "tac": self.tac,
            "cell_id": self.id,
            "pci": self.pci,
            "channel": self.channel,
            "band": self.band,
            "rssi": decibels(self.rssi),
            "rsrp": decibels(self.rsrp),
            "rsrq": decibels(self.rsrq),
            "snr": decibels(self.snr),
        })
    }

    fn line(&self) -> String {
        let mut parts = Vec::new();
        let mut add = |before: &str, value: Option<String>, unit: &str| {
            parts.extend(value.map(|value| format!("{before}{value}{unit}")));
        };
        let decibels =
            |tenths: Option<i16>| tenths.map(|tenths| format!("{:.1}", f64::from(tenths) / 10.0));
        add("cell ", self.pci.map(|pci| pci.to_string()), "");
        add(
            "channel ",
            self.channel.map(|channel| channel.to_string()),
            "",
        );
        add("RSRP ", decibels(self.rsrp), " dBm");
        add("RSRQ ", decibels(self.rsrq), " dB");
        add("SNR ", decibels(self.snr), " dB");
        add("RSSI ", decibels(self.rssi), " dBm");
        let plmn = self.mcc.as_ref().zip(self.mnc.as_ref());
        add(
            "network ",
            plmn.map(|(mcc, mnc)| format!("{mcc} {mnc}")),
            "",
        );
        add("area ", self.tac.map(|tac| tac.to_string()), "");
        add("id ", self.id.map(|id| format!("{id} ({id:#x})")), "");
        let band = self.band.map_or(String::new(), |band| format!(" {band}"));
        format!("{}{band}, {}", self.technology, parts.join(", "))
    }
}

/// Strengths that the modem does not know are far out of range.
fn known(tenths: i16) -> Option<i16> {
    Some(tenths).filter(|tenths| (-2000..2000).contains(tenths))
}

fn digits(plmn: [u8; 3]) -> (Option<String>, Option<String>) {
    let text = |digits: &[u8]| {
        digits
            .iter()
            .map(|digit| char::from(b'0' + digit))
            .collect()
    };
    match nas::plmn_digits(plmn) {
        Some((mcc, [a, b], third)) => {
            let mnc: Vec<u8> = [a, b].into_iter().chain(third).collect();
            (Some(text(&mcc)), Some(text(&mnc)))
        }
        None => (None, None),
    }
}

impl Show for Cells {
    fn json(&self) -> Value {
        let all = |cells: &[Cell]| cells.iter().map(Cell::json).collect::<Vec<Value>>();
        json!({
            "device": self.device,
            "serving": all(&self.serving),
            "neighbours": all(&self.neighbours),
        })
    }

    fn lines(&self) -> String {
        let mut text = Lines::default();
        for (word, cells) in [("serving", &self.serving), ("neighbour", &self.neighbours)] {
            for cell in cells {
                text.add(word, format_args!("{}", cell.line()));
            }
        }
        text.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::modem::radio::{self, Band};
    use crate::show::tests::assert_documented;
    use qmi::nas::{LteCell, LteChannel, LteOthers, LteServing, Nr5gServing};
    use qmi::List8;

    fn cell(pci: u16, rsrp: i16) -> LteCell {
        LteCell {
            pci,
            rsrq: -110,
            rsrp,
            rssi: -610,
            level: 24,
        }
    }

    fn beside_lte() -> Cells {
        let (here, there) = ([cell(301, -900), cell(302, -1045)], [cell(17, -980)]);
        let channels = [LteChannel {
            channel: 6300,
            cells: List8::new(&there),
            ..Default::default()
        }];
        let mut cells = Cells {
            device: "wwan0".into(),
            ..Cells::default()
        };
        cells.take(&CellLocation {
            lte: Some(LteServing {
                plmn: [0x00, 0xf1, 0x10],
                tac: 180,
                cell: 0x0012_d687,
                channel: 1650,
                pci: 301,
                cells: List8::new(&here),
                ..Default::default()
            }),
            lte_others: Some(LteOthers {
                idle: true,
                channels: List8::new(&channels),
            }),
            ..Default::default()
        });
        let radio = Radio {
            bands: vec![Band {
                radio: Technology::Lte,
                band: 3,
                channel: 1650,
                width: None,
            }],
            ..radio::tests::beside_lte()
        };
        let beside = NsaCell {
            pci: Some(701),
            channel: Some(636_666),
            band: Some(78),
        };
        cells.beside(Some(beside), &radio);
        cells.complete(&radio);
        cells
    }

    #[test]
    fn json_is_the_documented_object() {
        assert_documented("cells", &beside_lte());
    }

    #[test]
    fn lines_have_each_cell() {
        let text = beside_lte().lines();
        for part in [
            "serving        LTE 3, cell 301, channel 1650, RSRP -90.0 dBm, RSRQ -11.0 dB, SNR 18.2 dB, RSSI -61.0 dBm, \
             network 001 01, area 180, id 1234567 (0x12d687)\n",
            "serving        5G 78, cell 701, channel 636666, RSRP -85.0 dBm, RSRQ -10.0 dB, SNR 23.5 dB\n",
            "neighbour      LTE 3, cell 302, channel 1650, RSRP -104.5 dBm, RSRQ -11.0 dB, RSSI -61.0 dBm\n",
            "neighbour      LTE, cell 17, channel 6300, RSRP -98.0 dBm, RSRQ -11.0 dB, RSSI -61.0 dBm\n",
        ] {
            assert!(text.contains(part), "{part}\n{text}");
        }
    }

    #[test]
    fn standalone_5g_has_its_own_cell_and_what_is_unknown_is_none() {
        let mut cells = Cells::default();
        cells.take(&CellLocation {
            nr5g_channel: Some(636_666),
            nr5g: Some(Nr5gServing {
                plmn: [0x13, 0x00, 0x14],
                tac: [0x69, 0x0e, 0x0f],
                cell: 0x1_9013_b004,
                pci: 299,
                rsrq: -130,
                rsrp: -1070,
                snr: i16::MIN,
            }),
            ..Default::default()
        });
        let [cell] = &cells.serving[..] else {
            panic!("{cells:?}")
        };
        assert_eq!(
            (cell.mcc.as_deref(), cell.mnc.as_deref()),
            (Some("310"), Some("410"))
        );
        assert_eq!(
            (cell.tac, cell.id, cell.snr),
            (Some(0x69_0e0f), Some(0x1_9013_b004), None)
        );
        assert_eq!(cell.rsrp, Some(-1070));
        let mut unknown = Cells::default();
        unknown.take(&CellLocation {
            nr5g: Some(Nr5gServing {
                plmn: [0xff; 3],
                tac: [0xff; 3],
                cell: u64::MAX,
                pci: 0xffff,
                rsrq: i16::MIN,
                rsrp: i16::MIN,
                snr: i16::MIN,
            }),
            ..Default::default()
        });
        let expected = Cell {
            technology: "5G",
            ..Cell::default()
        };
        assert_eq!(unknown.serving, [expected]);
    }

    #[test]
    fn a_long_channel_number_is_taken_where_the_modem_gives_it() {
        let channels = [LteChannel::default()];
        let mut cells = Cells::default();
        cells.take(&CellLocation {
            lte: Some(LteServing {
                channel: 0xffff,
                ..Default::default()
            }),
            lte_channel: Some(66_486),
            lte_others: Some(LteOthers {
                idle: true,
                channels: List8::new(&channels),
            }),
            ..Default::default()
        });
        assert_eq!(cells.serving[0].channel, Some(66_486));
        assert!(cells.neighbours.is_empty());
    }
}
