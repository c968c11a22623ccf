// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
//! Commands about cells and signal.

use super::commands::WRONG_PARAMETERS;
use super::network::plmn;
use super::{At, Failure, Form, Outcome};
use crate::session::{Carrier, Modem, Registration, Signal, Technology, LTE, NR5G};

/// `AT+CSQ`: (RSSI + 113) / 2; unknown outside LTE, whose RSSI it is.
pub fn quality(_: &mut At, modem: &mut Modem, form: &Form) -> Outcome {
    if *form != Form::Run {
        return Err(WRONG_PARAMETERS);
    }
    let quality = match modem.technology() {
        Some(Technology::Lte | Technology::Nsa) => {
            ((i16::from(modem.network.lte.rssi) + 113) / 2).clamp(0, 31)
        }
        _ => 99,
    };
    Ok(vec![format!("+CSQ: {quality},99")])
}

/// `AT+QNWINFO`: access technology, operator, band, channel.
pub fn info(_: &mut At, modem: &mut Modem, form: &Form) -> Outcome {
    if *form != Form::Run {
        return Err(WRONG_PARAMETERS);
    }
    let plmn = plmn(modem);
    let (lte, nr5g) = (LTE[0], NR5G[0]);
    let lte = format!(
        "+QNWINFO: \"FDD LTE\",\"{plmn}\",\"LTE BAND {}\",{}",
        lte.band, lte.channel
    );
    let nr5g = format!(
        "+QNWINFO: \"TDD NR5G\",\"{plmn}\",\"NR5G BAND {}\",{}",
        nr5g.band, nr5g.channel
    );
    Ok(match modem.technology() {
        None => vec!["+QNWINFO: No Service".to_owned()],
        Some(Technology::Lte) => vec![lte],
        Some(Technology::Nsa) => vec![lte, nr5g],
        Some(Technology::Sa) => vec![nr5g],
    })
}

/// `AT+QENG="servingcell"` and `AT+QENG="neighbourcell"`.
pub fn engineering(_: &mut At, modem: &mut Modem, form: &Form) -> Outcome {
    let Form::Set(arguments) = form else {
        return Err(WRONG_PARAMETERS);
    };
    match arguments.as_slice() {
        [what] if what == "servingcell" => serving(modem),
        [what] if what == "neighbourcell" => Ok(neighbours(modem)),
        _ => Err(WRONG_PARAMETERS),
    }
}

/// Neighbours are LTE's only; the serving cell is among those of its channel.
fn neighbours(modem: &Modem) -> Vec<String> {
    let network = &modem.network;
    if !matches!(modem.technology(), Some(Technology::Lte | Technology::Nsa)) {
        return Vec::new();
    }
    let line = |channel: u32, pci: u16, signal: &Signal| {
        let (kind, rest) = match channel == LTE[0].channel {
            // Priority, and three thresholds.
            true => ("intra", "7,16,6,44"),
            // Two thresholds, and the priority.
            false => ("inter", "0,30,6"),
        };
        // Channel, cell, RSRQ, RSRP, RSSI, SINR, Srxlev.
        format!(
            "+QENG: \"neighbourcell {kind}\",\"LTE\",{channel},{pci},{},{},{},0,24,{rest}",
            signal.rsrq, signal.rsrp, signal.rssi
        )
    };
    let serving = line(LTE[0].channel, LTE[0].pci, &network.lte);
    let others = network.neighbours.iter();
    let others = others.map(|other| line(other.channel, other.pci, &other.signal));
    std::iter::once(serving).chain(others).collect()
}

fn serving(modem: &Modem) -> Outcome {
    let network = &modem.network;
    let (lte, nr5g) = (network.lte, network.nr5g);
    let (mcc, mnc) = (format!("{:03}", network.mcc), format!("{:02}", network.mnc));
    let (cell, tac) = (network.cell, network.tac);
    let connected = match modem.sessions().next() {
        Some(_) => "CONNECT",
        None => "NOCONN",
    };
    // Duplex, network, cell, PCI, EARFCN, band, bandwidths, TAC, RSRP, RSRQ, RSSI, SINR, CQI, power, Srxlev.
    let lte = format!(
        "\"LTE\",\"FDD\",{mcc},{mnc},{cell:X},{},{},{},5,5,{tac:X},{},{},{},{},15,-,48",
        LTE[0].pci,
        LTE[0].channel,
        LTE[0].band,
        lte.rsrp,
        lte.rsrq,
        lte.rssi,
        // SINR in dB is twice this minus 20.
        (lte.snr / 10 + 20) / 2
    );
    Ok(match modem.technology() {
        None => vec!["+QENG: \"servingcell\",\"SEARCH\"".to_owned()],
        Some(Technology::Lte) => vec![format!("+QENG: \"servingcell\",\"{connected}\",{lte}")],
        Some(Technology::Nsa) => vec![
            format!("+QENG: \"servingcell\",\"{connected}\""),
            format!("+QENG: {lte}"),
            // Network, PCI, RSRP, SINR, RSRQ, ARFCN, band, bandwidth, subcarrier spacing.
            format!(
                "+QENG: \"NR5G-NSA\",{mcc},{mnc},{},{},{},{},{},{},12,1",
                NR5G[0].pci,
                nr5g.rsrp,
                nr5g.snr / 10,
                nr5g.rsrq,
                NR5G[0].channel,
                NR5G[0].band
            ),
        ],
        // Duplex, network, cell, PCI, TAC, ARFCN, band, bandwidth, RSRP, RSRQ, SINR, spacing, Srxlev.
        Some(Technology::Sa) => vec![format!(
            "+QENG: \"servingcell\",\"{connected}\",\"NR5G-SA\",\"TDD\",{mcc},{mnc},{cell:X},{},{tac:X},{},{},12,\
             {},{},{},1,40",
            NR5G[0].pci,
            NR5G[0].channel,
            NR5G[0].band,
            nr5g.rsrp,
            nr5g.rsrq,
            nr5g.snr / 10
        )],
    })
}

/// `AT+QCAINFO`: the carriers in use. `AT+QCAINFO=1` has 5G's secondary ones with their strength.
pub fn carriers(at: &mut At, modem: &mut Modem, form: &Form) -> Outcome {
    match form {
        Form::Run => {}
        Form::Read => return Ok(vec![format!("+QCAINFO: {}", u8::from(at.carrier_strength))]),
        Form::Set(arguments) => {
            at.carrier_strength = match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..]
            {
                ["0"] => false,
                ["1"] => true,
                _ => return Err(WRONG_PARAMETERS),
            };
            return Ok(Vec::new());
        }
        Form::Test => return Err(WRONG_PARAMETERS),
    }
    let Some(technology) = modem.technology() else {
        return Err(Failure::Error);
    };
    let network = &modem.network;
    let aggregated = modem.sessions().next().is_some();
    let lte = |carrier: Carrier, state: u8, signal: Signal| {
        let Carrier {
            band,
            channel,
            pci,
            width,
        } = carrier;
        format!(
            "{channel},{},\"LTE BAND {band}\",{state},{pci},{},{},{},{}",
            width * 5,
            signal.rsrp,
            signal.rsrq,
            signal.rssi,
            signal.snr / 10
        )
    };
    let nr5g = |carrier: Carrier, state: &str| {
        let Carrier {
            band,
            channel,
            pci,
            width,
        } = carrier;
        // Codes of 20 and of 100 MHz.
        let width = if width == 20 { 3 } else { 12 };
        format!("{channel},{width},\"NR5G BAND {band}\",{state}{pci}")
    };
    let registered = match network.registration {
        Registration::Roaming => 5,
        _ => 1,
    };
    let mut lines = Vec::new();
    if technology == Technology::Sa {
        lines.push(format!("+QCAINFO: \"PCC\",{}", nr5g(NR5G[0], "")));
        if aggregated {
            let strength = match at.carrier_strength {
                true => ",-101,-12",
                false => "",
            };
            // Configured and active; no uplink.
            lines.push(format!(
                "+QCAINFO: \"SCC\",{},0,-,-{strength}",
                nr5g(NR5G[1], "2,")
            ));
        }
        return Ok(lines);
    }
    lines.push(format!(
        "+QCAINFO: \"PCC\",{}",
        lte(LTE[0], registered, network.lte)
    ));
    let second = network
        .neighbours
        .iter()
        .find(|cell| cell.pci == LTE[1].pci);
    if let Some(second) = second.filter(|_| aggregated) {
        lines.push(format!(
            "+QCAINFO: \"SCC\",{},0,-,-",
            lte(LTE[1], 2, second.signal)
        ));
    }
    if technology == Technology::Nsa {
        lines.push(format!("+QCAINFO: \"SCC\",{}", nr5g(NR5G[0], "")));
    }
    Ok(lines)
}
