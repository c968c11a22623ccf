// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
//! Commands about cells and signal.

use super::commands::WRONG_PARAMETERS;
use super::network::plmn;
use super::{At, Form, Outcome};
use crate::session::{Modem, Technology};

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
    let lte = format!("+QNWINFO: \"FDD LTE\",\"{plmn}\",\"LTE BAND 3\",1650");
    let nr5g = format!("+QNWINFO: \"TDD NR5G\",\"{plmn}\",\"NR5G BAND 78\",636666");
    Ok(match modem.technology() {
        None => vec!["+QNWINFO: No Service".to_owned()],
        Some(Technology::Lte) => vec![lte],
        Some(Technology::Nsa) => vec![lte, nr5g],
        Some(Technology::Sa) => vec![nr5g],
    })
}

/// `AT+QENG="servingcell"`.
pub fn serving(_: &mut At, modem: &mut Modem, form: &Form) -> Outcome {
    match form {
        Form::Set(arguments) if arguments.iter().map(String::as_str).eq(["servingcell"]) => {}
        _ => return Err(WRONG_PARAMETERS),
    }
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
        "\"LTE\",\"FDD\",{mcc},{mnc},{cell:X},301,1650,3,5,5,{tac:X},{},{},{},{},15,-,48",
        lte.rsrp,
        lte.rsrq,
        lte.rssi,
        lte.snr / 10
    );
    Ok(match modem.technology() {
        None => vec!["+QENG: \"servingcell\",\"SEARCH\"".to_owned()],
        Some(Technology::Lte) => vec![format!("+QENG: \"servingcell\",\"{connected}\",{lte}")],
        Some(Technology::Nsa) => vec![
            format!("+QENG: \"servingcell\",\"{connected}\""),
            format!("+QENG: {lte}"),
            // Network, PCI, RSRP, SINR, RSRQ, ARFCN, band, bandwidth, subcarrier spacing.
            format!(
                "+QENG: \"NR5G-NSA\",{mcc},{mnc},701,{},{},{},636666,78,12,1",
                nr5g.rsrp,
                nr5g.snr / 10,
                nr5g.rsrq
            ),
        ],
        // Duplex, network, cell, PCI, TAC, ARFCN, band, bandwidth, RSRP, RSRQ, SINR, spacing, Srxlev.
        Some(Technology::Sa) => vec![format!(
            "+QENG: \"servingcell\",\"{connected}\",\"NR5G-SA\",\"TDD\",{mcc},{mnc},{cell:X},701,{tac:X},636666,78,12,\
             {},{},{},1,40",
            nr5g.rsrp,
            nr5g.rsrq,
            nr5g.snr / 10
        )],
    })
}
