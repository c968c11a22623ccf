// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
//! `mhictl signal`: how well the network is received, for each technology by QMI (NAS Get Signal Info), and for each carrier
//! by `AT+QCAINFO`, where there is an AT port that nobody else uses.

use serde_json::{json, Value};

use crate::cli::StatusArgs;
use crate::exit::Error;
use crate::modem::device::{self, Roots};
use crate::modem::radio::Radio;
use crate::radio::quectel::{self, Carrier, Role};
use crate::show::{self, Lines, Show};
use crate::status::{gather, report};

/// What there is to show.
#[derive(Debug)]
struct Signal {
    device: String,
    radio: Radio,
    carriers: Option<Vec<Carrier>>,
}

/// Prints the signal.
pub fn run(args: &StatusArgs, roots: &Roots) -> Result<(), Error> {
    show::print(args.json, look(args, roots))
}

fn look(args: &StatusArgs, roots: &Roots) -> Result<Signal, Error> {
    let modem = device::find(roots, args.device.as_deref())?;
    let (radio, _) = gather(roots, &modem, args.patience())?;
    let carriers = quectel::ask(roots, &modem, "AT+QCAINFO", args.patience())
        .map(|answer| with_cell(quectel::carriers(&answer), &radio));
    Ok(Signal {
        device: modem.wwan,
        radio,
        carriers,
    })
}

/// The modem does not say there how well the 5G cell itself is received: the technology's figures are those of its carrier.
fn with_cell(mut carriers: Vec<Carrier>, radio: &Radio) -> Vec<Carrier> {
    let mut of_5g = carriers
        .iter_mut()
        .filter(|carrier| carrier.technology == "5G");
    if let (Some(cell), Some(nr)) = (of_5g.next(), radio.nr5g) {
        cell.rsrp = cell.rsrp.or(Some(nr.rsrp));
        cell.rsrq = cell.rsrq.or(nr.rsrq);
        cell.snr = cell.snr.or(Some(report::tenths(nr.snr)));
    }
    carriers
}

impl Show for Signal {
    fn json(&self) -> Value {
        json!({
            "device": self.device,
            "technology": self.radio.technology,
            "signal": report::signal(&self.radio),
            "carriers": self.carriers.as_ref().map(|carriers| {
                carriers.iter().map(Carrier::json).collect::<Vec<Value>>()
            }),
        })
    }

    fn lines(&self) -> String {
        let mut text = Lines::default();
        text.signal(&self.radio);
        for carrier in self.carriers.iter().flatten() {
            text.add("carrier", format_args!("{}", line(carrier)));
        }
        text.0
    }
}

fn line(carrier: &Carrier) -> String {
    let role = match carrier.role {
        Role::Primary => "primary",
        Role::Secondary => "secondary",
    };
    let mut line = format!(
        "{role} {} {}, channel {}",
        carrier.technology, carrier.band, carrier.channel
    );
    let mut add = |before: &str, value: Option<String>, unit: &str| {
        if let Some(value) = value {
            line.push_str(&format!(", {before}{value}{unit}"));
        }
    };
    let width = report::megahertz(carrier.width);
    add("", width.map(|mhz| mhz.to_string()), " MHz");
    add("cell ", carrier.pci.map(|pci| pci.to_string()), "");
    add("RSRP ", carrier.rsrp.map(|rsrp| rsrp.to_string()), " dBm");
    add("RSRQ ", carrier.rsrq.map(|rsrq| rsrq.to_string()), " dB");
    add("SNR ", carrier.snr.map(|snr| format!("{snr:.1}")), " dB");
    if carrier.state == Some(quectel::State::Inactive) {
        line.push_str(", inactive");
    }
    line
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::modem::radio::{self, Technology};
    use crate::radio::quectel::tests::answer;
    use crate::show::tests::assert_documented;

    fn signal() -> Signal {
        let radio = Radio {
            technology: Some(Technology::Nsa),
            ..radio::tests::beside_lte()
        };
        let carriers = quectel::carriers(&answer(&[
            "+QCAINFO: \"PCC\",1650,100,\"LTE BAND 3\",1,301,-90,-11,-61,18",
            "+QCAINFO: \"SCC\",6300,50,\"LTE BAND 20\",1,17,-98,-15,-70,2,0,-,-",
            "+QCAINFO: \"SCC\",636666,12,\"NR5G BAND 78\",701",
        ]));
        Signal {
            device: "wwan0".into(),
            carriers: Some(with_cell(carriers, &radio)),
            radio,
        }
    }

    #[test]
    fn json_is_the_documented_object() {
        assert_documented("signal", &signal());
    }

    #[test]
    fn keys_stay_when_nothing_is_known() {
        let bare = Signal {
            device: "wwan0".into(),
            radio: Radio::default(),
            carriers: None,
        };
        let expected =
            json!({"device": "wwan0", "technology": null, "signal": [], "carriers": null});
        assert_eq!(bare.json(), expected);
    }

    #[test]
    fn lines_have_each_carrier() {
        let text = signal().lines();
        for part in [
            "signal LTE     RSRP -90 dBm, RSRQ -11 dB, SNR 18.2 dB, RSSI -61 dBm, 4 of 5 bars\n",
            "carrier        primary LTE 3, channel 1650, 20 MHz, cell 301, RSRP -90 dBm, RSRQ -11 dB, SNR 18.0 dB\n",
            "carrier        secondary LTE 20, channel 6300, 10 MHz, cell 17, RSRP -98 dBm, RSRQ -15 dB, SNR 2.0 dB, inactive\n",
            "carrier        secondary 5G 78, channel 636666, 100 MHz, cell 701, RSRP -85 dBm, RSRQ -10 dB, SNR 23.5 dB\n",
        ] {
            assert!(text.contains(part), "{part}\n{text}");
        }
    }
}
