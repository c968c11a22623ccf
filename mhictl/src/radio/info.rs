// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
//! `mhictl info`: what the modem is and how it is attached, by QMI, AT and sysfs. A modem whose ports are gone still has what
//! the kernel says of it.

use std::path::Path;

use qmi::{dms, uim, List8};
use serde_json::{json, Value};

use crate::cli::StatusArgs;
use crate::exit::Error;
use crate::modem::at::At;
use crate::modem::device::{self, read_trimmed, Kind, Modem, Roots};
use crate::modem::radio::Radio;
use crate::modem::talk::{body, Talk};
use crate::radio::quectel::fields;
use crate::show::{self, Lines, Show};
use crate::status::report;

/// What there is to show; what nobody says is none.
#[derive(Debug, Default)]
struct Info {
    modem: Modem,
    /// `modem_state` of our driver.
    state: Option<String>,
    link: Link,
    radio: Radio,
    manufacturer: Option<String>,
    hardware: Option<String>,
    iccid: Option<String>,
    mode: Option<String>,
    /// `pcie` or `usb`: where the modem's data goes.
    interface: Option<&'static str>,
    /// `qmi` or `mbim`: how it goes there.
    protocol: Option<&'static str>,
}

/// The PCI Express link: speeds in tenths of GT/s.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Link {
    speed: Option<u32>,
    width: Option<u32>,
    max_speed: Option<u32>,
    max_width: Option<u32>,
}

/// Prints it.
pub fn run(args: &StatusArgs, roots: &Roots) -> Result<(), Error> {
    show::print(args.json, look(args, roots))
}

fn look(args: &StatusArgs, roots: &Roots) -> Result<Info, Error> {
    let modem = device::find_function(roots, args.device.as_deref())?;
    let pci = roots.sys.join("bus/pci/devices").join(&modem.pci);
    let mut info = Info {
        state: read_trimmed(&pci.join("modem_state")),
        link: Link::of(&pci),
        modem,
        ..Info::default()
    };
    let mut asked = Ok(());
    if info.modem.port(Kind::Qmi).is_some() {
        let modem = info.modem.clone();
        info.protocol = Some("qmi");
        asked = Talk::with(roots, &modem, args.patience(), |talk| info.ask(talk));
    } else if info.modem.port(Kind::Mbim).is_some() {
        info.protocol = Some("mbim");
    }
    // The modem's own word on its data interface: nice to have.
    if let Ok(mut port) = At::open(roots, &info.modem, None) {
        let patience = args.patience();
        let mut configuration = |key: &str, at: usize| {
            let answer = port.run(&format!("AT+QCFG=\"{key}\""), patience).ok()?;
            let line = answer.values("+QCFG").next()?;
            fields(line).get(at)?.parse::<u8>().ok()
        };
        info.interface = configuration("data_interface", 1).and_then(|number| match number {
            0 => Some("usb"),
            1 => Some("pcie"),
            _ => None,
        });
        if configuration("pcie_mbim", 1) == Some(1) && info.interface == Some("pcie") {
            info.protocol = Some("mbim");
        }
    }
    // One in MBIM mode may have a QMI port that is silent.
    match asked {
        Err(error) if info.protocol != Some("mbim") => Err(error),
        _ => Ok(info),
    }
}

impl Info {
    /// Asks the modem; what it refuses stays unknown.
    fn ask(&mut self, talk: &mut Talk) -> Result<(), Error> {
        self.radio = talk.radio()?;
        let reply = talk.ask(&dms::GetManufacturer {})?;
        let said = body::<dms::Manufacturer<'_>>(&reply, "").ok();
        self.manufacturer = said.map(|said| said.manufacturer.to_string());
        let reply = talk.ask(&dms::GetHardwareRevision {})?;
        let said = body::<dms::HardwareRevision<'_>>(&reply, "").ok();
        self.hardware = said.map(|said| said.revision.to_string());
        let reply = talk.ask(&dms::GetOperatingMode {})?;
        let said = body::<dms::OperatingMode>(&reply, "").ok();
        self.mode = said.map(|said| said.mode.to_string());
        self.iccid = iccid(talk)?;
        Ok(())
    }
}

/// The card's own number: read from its file, as newer modems have it, else asked of DMS.
fn iccid(talk: &mut Talk) -> Result<Option<String>, Error> {
    // 3GPP TS 31.102: EF_ICCID below the master file.
    let read = uim::ReadTransparent {
        session: uim::Session::default(),
        file: uim::File {
            id: 0x2fe2,
            path: List8::new(&[0x00, 0x3f]),
        },
        range: uim::Range::default(),
    };
    let reply = talk.ask(&read)?;
    let content = body::<uim::FileContent<'_>>(&reply, "").ok();
    let content = content.and_then(|file| file.content);
    if let Some(octets) = content {
        return Ok(digits(octets.iter()));
    }
    let reply = talk.ask(&dms::GetIccid {})?;
    let said = body::<dms::Iccid<'_>>(&reply, "").ok();
    Ok(said.map(|said| said.iccid.to_string()))
}

/// Digits as cards have them: two in an octet, the low one first, up to the filler.
fn digits(octets: impl Iterator<Item = u8>) -> Option<String> {
    let nibbles = octets.flat_map(|octet| [octet & 15, octet >> 4]);
    let digits = nibbles.map_while(|nibble| char::from_digit(nibble.into(), 10));
    Some(digits.take(20).collect::<String>()).filter(|digits| !digits.is_empty())
}

impl Link {
    fn of(pci: &Path) -> Link {
        // `8.0 GT/s PCIe`, or `Unknown`.
        let speed = |name: &str| {
            let text = read_trimmed(&pci.join(name))?;
            let (number, _) = text.split_once(" GT/s")?;
            let (whole, tenth) = number.split_once('.').unwrap_or((number, "0"));
            let whole: u32 = whole.parse().ok()?;
            whole.checked_mul(10)?.checked_add(tenth.parse().ok()?)
        };
        // A link that is down has 255 lanes.
        let width = |name: &str| {
            let width = read_trimmed(&pci.join(name))?.parse().ok()?;
            (1..=32).contains(&width).then_some(width)
        };
        Link {
            speed: speed("current_link_speed"),
            width: width("current_link_width"),
            max_speed: speed("max_link_speed"),
            max_width: width("max_link_width"),
        }
    }

    fn json(self) -> Value {
        let transfers = |tenths: Option<u32>| tenths.map(report::from_tenths);
        json!({
            "speed_gts": transfers(self.speed),
            "width": self.width,
            "max_speed_gts": transfers(self.max_speed),
            "max_width": self.max_width,
        })
    }

    fn line(self) -> Option<String> {
        let one = |speed: u32, width| format!("{}.{} GT/s x{width}", speed / 10, speed % 10);
        let now = one(self.speed?, self.width?);
        let most = self.max_speed.zip(self.max_width);
        let most = most.map(|(speed, width)| format!(" (of {})", one(speed, width)));
        Some(now + &most.unwrap_or_default())
    }
}

impl Show for Info {
    fn json(&self) -> Value {
        let (modem, radio) = (&self.modem, &self.radio);
        json!({
            "device": (!modem.wwan.is_empty()).then_some(&modem.wwan),
            "pci": modem.pci,
            "driver": modem.driver,
            "driver_state": self.state,
            "base": modem.netdev,
            "pcie": self.link.json(),
            "manufacturer": self.manufacturer,
            "model": radio.model,
            "hardware": self.hardware,
            "firmware": radio.firmware,
            "imei": radio.imei,
            "iccid": self.iccid,
            "sim": radio.sim.map_or("unknown", |sim| sim.word()),
            "operating_mode": self.mode,
            "data_interface": self.interface,
            "data_mode": self.protocol,
        })
    }

    fn lines(&self) -> String {
        let mut text = Lines::default();
        let (modem, radio) = (&self.modem, &self.radio);
        let name = if modem.wwan.is_empty() {
            "no ports"
        } else {
            &modem.wwan
        };
        text.add("modem", format_args!("{name} {}", modem.pci));
        text.maybe("driver", modem.driver.as_deref());
        text.maybe("driver state", self.state.as_deref());
        text.maybe("netdev", modem.netdev.as_deref());
        text.maybe("PCIe link", self.link.line().as_deref());
        text.maybe("manufacturer", self.manufacturer.as_deref());
        text.maybe("model", radio.model.as_deref());
        text.maybe("hardware", self.hardware.as_deref());
        text.maybe("firmware", radio.firmware.as_deref());
        text.maybe("imei", radio.imei.as_deref());
        text.maybe("iccid", self.iccid.as_deref());
        text.maybe("sim", radio.sim.map(|sim| sim.to_string()).as_deref());
        text.maybe("mode", self.mode.as_deref());
        let over = self
            .interface
            .map_or(String::new(), |over| format!(" over {over}"));
        let data = self.protocol.map(|protocol| format!("{protocol}{over}"));
        text.maybe("data", data.as_deref());
        text.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::modem::device::tests::{modem, Tree};
    use crate::modem::radio::Sim;
    use crate::show::tests::assert_documented;
    use std::fs;

    fn info() -> Info {
        Info {
            modem: modem(),
            state: Some("up".into()),
            link: Link {
                speed: Some(80),
                width: Some(1),
                max_speed: Some(80),
                max_width: Some(2),
            },
            radio: Radio {
                model: Some("RM520N-GL".into()),
                firmware: Some("RM520NGLAAR03A03M4G".into()),
                imei: Some("860000000000012".into()),
                sim: Some(Sim::Ready),
                ..Radio::default()
            },
            manufacturer: Some("Quectel".into()),
            hardware: Some("10000".into()),
            iccid: Some("8900101012345678901".into()),
            mode: Some("online".into()),
            interface: Some("pcie"),
            protocol: Some("qmi"),
        }
    }

    #[test]
    fn json_is_the_documented_object() {
        assert_documented("info", &info());
    }

    #[test]
    fn keys_stay_when_nothing_is_known() {
        let keys = |info: Info| {
            info.json()
                .as_object()
                .unwrap()
                .keys()
                .cloned()
                .collect::<Vec<_>>()
        };
        assert_eq!(keys(Info::default()), keys(info()));
        assert!(Info::default().json()["device"].is_null());
    }

    #[test]
    fn lines_have_link_and_data_mode() {
        let text = info().lines();
        assert!(
            text.contains("PCIe link      8.0 GT/s x1 (of 8.0 GT/s x2)\n"),
            "{text}"
        );
        assert!(text.contains("data           qmi over pcie\n"), "{text}");
        assert!(Info::default()
            .lines()
            .starts_with("modem          no ports "));
    }

    #[test]
    fn the_link_is_read_from_sysfs_and_an_unknown_one_is_none() {
        let tree = Tree::new();
        assert_eq!(Link::of(&tree.path), Link::default());
        for (name, value) in [
            ("current_link_speed", "8.0 GT/s PCIe\n"),
            ("current_link_width", "1\n"),
            ("max_link_speed", "Unknown\n"),
            ("max_link_width", "255\n"),
        ] {
            fs::write(tree.path.join(name), value).unwrap();
        }
        let expected = Link {
            speed: Some(80),
            width: Some(1),
            ..Link::default()
        };
        assert_eq!(Link::of(&tree.path), expected);
        assert_eq!(expected.line().unwrap(), "8.0 GT/s x1");
    }

    #[test]
    fn card_numbers_end_at_the_filler() {
        let octets = [0x98, 0x00, 0x01, 0xf1];
        assert_eq!(digits(octets.into_iter()).unwrap(), "8900101");
        assert_eq!(digits([0xff; 10].into_iter()), None);
        assert_eq!(digits([0x11; 40].into_iter()).unwrap().len(), 20);
    }
}
