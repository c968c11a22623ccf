// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
//! `mhictl devices`: the modems of this machine with the names that other commands take. Nobody is asked but the kernel.

use std::fmt::Write as _;
use std::io::Write as _;

use serde::Serialize;

use crate::cli::DevicesArgs;
use crate::exit::Error;
use crate::modem::device::{self, Modem, Roots};

/// One modem, an element of `devices --json`.
#[derive(Debug, Serialize)]
struct Device<'m> {
    device: &'m str,
    pci: &'m str,
    driver: Option<&'m str>,
    base: Option<&'m str>,
    ports: Vec<Port<'m>>,
}

/// One of its ports.
#[derive(Debug, Serialize)]
struct Port<'m> {
    name: &'m str,
    #[serde(rename = "type")]
    kind: &'static str,
    node: String,
}

/// Prints the modems; none is no error.
pub fn run(args: &DevicesArgs, roots: &Roots) -> Result<(), Error> {
    let modems = device::modems(roots);
    // A reader that has gone away is no failure of ours.
    let _ = std::io::stdout()
        .lock()
        .write_all(render(&modems, args.json).as_bytes());
    Ok(())
}

fn render(modems: &[Modem], json: bool) -> String {
    let devices: Vec<Device<'_>> = modems.iter().map(Device::of).collect();
    if json {
        return serde_json::to_string(&devices)
            .map(|text| text + "\n")
            .unwrap_or_default();
    }
    let mut text = String::new();
    for device in &devices {
        let ports: Vec<&str> = device.ports.iter().map(|port| port.name).collect();
        // Writing to a String does not fail.
        let _ = writeln!(
            text,
            "{} {} driver {} netdev {} ports {}",
            device.device,
            device.pci,
            device.driver.unwrap_or("none"),
            device.base.unwrap_or("none"),
            ports.join(" ")
        );
    }
    text
}

impl<'m> Device<'m> {
    fn of(modem: &'m Modem) -> Self {
        let ports = modem.ports.iter().map(|port| Port {
            name: &port.name,
            kind: port.kind.name(),
            node: port.node.display().to_string(),
        });
        Device {
            device: &modem.wwan,
            pci: &modem.pci,
            driver: modem.driver.as_deref(),
            base: modem.netdev.as_deref(),
            ports: ports.collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::modem::device::tests::Tree;
    use crate::show;

    #[test]
    fn modems_are_listed_with_all_that_the_kernel_says() {
        let tree = Tree::new();
        assert_eq!(render(&device::modems(&tree.roots), true), "[]\n");
        assert_eq!(render(&device::modems(&tree.roots), false), "");
        tree.modem();
        let modems = device::modems(&tree.roots);
        let value: serde_json::Value = serde_json::from_str(&render(&modems, true)).unwrap();
        let node = tree.roots.dev.join("wwan0at0").display().to_string();
        let documented = show::tests::documented("devices");
        assert_eq!(show::tests::keys(&value), show::tests::keys(&documented));
        assert_eq!(value[0]["device"], "wwan0");
        assert_eq!(value[0]["pci"], "0000:00:04.0");
        assert!(value[0]["driver"].is_null());
        assert_eq!(value[0]["base"], "rmnet_mhi0");
        assert_eq!(
            value[0]["ports"][0],
            serde_json::json!({"name": "wwan0at0", "type": "AT", "node": node})
        );
        assert_eq!(
            render(&modems, false),
            "wwan0 0000:00:04.0 driver none netdev rmnet_mhi0 ports wwan0at0 wwan0qmi0\n"
        );
    }
}
