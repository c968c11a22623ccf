// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
//! The cells that the modem hears, as NAS tells them: LTE's with their neighbours, and the serving one of standalone 5G.

use qmi::nas::{CellLocation, LteCell, LteChannel, LteOthers, LteServing, Nr5gServing};
use qmi::List8;

use super::reply::{reply, Answer};
use crate::session::{Modem, Signal, Technology, LTE, NR5G};

/// Answers Get Cell Location Info.
pub fn answer(modem: &Modem, technology: Technology) -> Answer {
    match technology {
        Technology::Sa => reply(&CellLocation {
            nr5g_channel: Some(NR5G[0].channel),
            nr5g: Some(nr5g(modem)),
            ..CellLocation::default()
        }),
        // What a modem says there of the 5G carrier beside LTE is not known.
        Technology::Lte | Technology::Nsa => lte(modem),
    }
}

fn lte(modem: &Modem) -> Answer {
    let network = &modem.network;
    let short = |channel| u16::try_from(channel).unwrap_or(u16::MAX);
    let on = |wanted: u32| {
        let others = network.neighbours.iter();
        let others = others.filter(move |other| other.channel == wanted);
        others.map(|other| cell(other.pci, &other.signal))
    };
    let serving = std::iter::once(cell(LTE[0].pci, &network.lte));
    let cells: Vec<LteCell> = serving.chain(on(LTE[0].channel)).collect();
    let other_cells: Vec<LteCell> = on(LTE[1].channel).collect();
    let idle = modem.sessions().next().is_none();
    let channels = [LteChannel {
        channel: short(LTE[1].channel),
        low: 0,
        high: 30,
        priority: 6,
        cells: List8::new(&other_cells),
    }];
    reply(&CellLocation {
        lte: Some(LteServing {
            idle,
            plmn: plmn(modem),
            tac: network.tac,
            cell: network.cell,
            channel: short(LTE[0].channel),
            pci: LTE[0].pci,
            priority: 7,
            search_others: 16,
            low: 6,
            search: 44,
            cells: List8::new(&cells),
        }),
        lte_others: Some(LteOthers {
            idle,
            channels: List8::new(&channels),
        }),
        lte_channel: Some(LTE[0].channel),
        lte_other_channels: Some(List8::new(&[LTE[1].channel])),
        ..CellLocation::default()
    })
}

fn cell(pci: u16, signal: &Signal) -> LteCell {
    LteCell {
        pci,
        rsrq: i16::from(signal.rsrq) * 10,
        rsrp: signal.rsrp * 10,
        rssi: i16::from(signal.rssi) * 10,
        level: 24,
    }
}

fn nr5g(modem: &Modem) -> Nr5gServing {
    let network = &modem.network;
    let [high, low] = network.tac.to_be_bytes();
    Nr5gServing {
        plmn: plmn(modem),
        tac: [0, high, low],
        cell: network.cell.into(),
        pci: NR5G[0].pci,
        rsrq: i16::from(network.nr5g.rsrq) * 10,
        rsrp: network.nr5g.rsrp * 10,
        snr: network.nr5g.snr,
    }
}

/// The operator as networks send it: 3GPP TS 24.008, 10.5.1.13; this one's network code has two digits.
fn plmn(modem: &Modem) -> [u8; 3] {
    let digit = |code: u16, unit: u16| u8::try_from(code / unit % 10).unwrap_or(0);
    let (mcc, mnc) = (modem.network.mcc, modem.network.mnc);
    [
        (digit(mcc, 10) << 4) | digit(mcc, 100),
        0xf0 | digit(mcc, 1),
        (digit(mnc, 1) << 4) | digit(mnc, 10),
    ]
}
