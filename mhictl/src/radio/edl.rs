// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
//! `mhictl edl`: brings the modem into emergency download by the MHI bus's `trigger_edl`. It is off the network until it is
//! flashed or reset, so the command line must say yes.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use serde_json::{json, Value};

use crate::cli::EdlArgs;
use crate::exit::{Error, Exit};
use crate::modem::device::{self, read_trimmed, Roots};
use crate::show::{self, Lines, Show};
use crate::status;

/// What has come of it.
#[derive(Debug, PartialEq)]
struct Edl {
    pci: String,
    /// `modem_state`.
    state: String,
}

/// Brings the modem there.
pub fn run(args: &EdlArgs, roots: &Roots) -> Result<(), Error> {
    show::print(args.json, enter(args, roots))
}

fn enter(args: &EdlArgs, roots: &Roots) -> Result<Edl, Error> {
    if !args.yes {
        return Err(Error::new(
            Exit::Usage,
            "emergency download takes the modem off the network until it is flashed or reset",
            "if that is what you want: mhictl edl --yes",
        ));
    }
    let modem = device::find_function(roots, args.device.as_deref())?;
    let folder = roots.sys.join("bus/pci/devices").join(&modem.pci);
    let trigger = trigger(&folder).ok_or_else(|| {
        Error::new(
            Exit::NoDevice,
            format!("{}: the kernel's MHI bus has no trigger_edl", modem.pci),
            "Linux 6.12 has it; dmesg shows whether the modem is on the MHI bus",
        )
    })?;
    std::fs::write(&trigger, "1")
        .map_err(|error| Error::system(format_args!("write {}", trigger.display()), &error))?;
    let until = Instant::now() + status::patience(args.timeout);
    loop {
        let (pci, state) = (&modem.pci, read_trimmed(&folder.join("modem_state")));
        let what = match state {
            Some(state) if state == "download" => {
                let pci = pci.clone();
                return Ok(Edl { pci, state });
            }
            Some(_) => format!("{pci} is not in emergency download"),
            // Another driver has the modem.
            None => format!("{pci}: nothing tells whether it is in emergency download"),
        };
        if Instant::now() >= until {
            return Err(Error::new(Exit::NoAnswer, what, "dmesg shows what it does"));
        }
        std::thread::sleep(Duration::from_millis(100));
    }
}

/// The switch of the modem's MHI device, `mhiN` below the PCI function.
fn trigger(folder: &Path) -> Option<PathBuf> {
    let mut entries = std::fs::read_dir(folder).ok()?.flatten();
    entries.find_map(|entry| {
        let is_mhi = entry.file_name().to_str()?.starts_with("mhi");
        let trigger = entry.path().join("trigger_edl");
        (is_mhi && trigger.exists()).then_some(trigger)
    })
}

impl Show for Edl {
    fn json(&self) -> Value {
        json!({"pci": self.pci, "driver_state": self.state})
    }

    fn lines(&self) -> String {
        let mut text = Lines::default();
        text.add("edl", format_args!("{} in emergency download", self.pci));
        text.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::modem::device::tests::Tree;
    use crate::show::tests::assert_documented;
    use std::fs;

    #[test]
    fn json_is_the_documented_object() {
        let edl = Edl {
            pci: "0000:01:00.0".into(),
            state: "download".into(),
        };
        assert_documented("edl --yes", &edl);
    }

    #[test]
    fn nothing_happens_without_a_yes() {
        let tree = Tree::new();
        let error = enter(&EdlArgs::default(), &tree.roots).unwrap_err();
        assert_eq!(error.exit, Exit::Usage);
        assert!(error.next.contains("--yes"));
    }

    #[test]
    fn only_a_modem_that_says_so_is_there() {
        for (state, exit) in [
            (Some("download\n"), None),
            (Some("up\n"), Some(Exit::NoAnswer)),
            (None, Some(Exit::NoAnswer)),
        ] {
            let tree = Tree::new();
            tree.modem();
            let folder = tree.roots.sys.join("bus/pci/devices/0000:00:04.0");
            fs::create_dir_all(folder.join("mhi0")).unwrap();
            fs::write(folder.join("mhi0/trigger_edl"), "").unwrap();
            if let Some(state) = state {
                fs::write(folder.join("modem_state"), state).unwrap();
            }
            let args = EdlArgs {
                yes: true,
                timeout: 1,
                ..EdlArgs::default()
            };
            let result = enter(&args, &tree.roots);
            assert_eq!(result.err().map(|error| error.exit), exit, "{state:?}");
            let written = fs::read_to_string(folder.join("mhi0/trigger_edl"));
            assert_eq!(written.unwrap(), "1");
        }
    }

    #[test]
    fn the_switch_is_that_of_the_mhi_device() {
        let tree = Tree::new();
        assert_eq!(trigger(&tree.path), None);
        for (folder, file) in [("net", "trigger_edl"), ("mhi0", "soc_reset")] {
            fs::create_dir_all(tree.path.join(folder)).unwrap();
            fs::write(tree.path.join(folder).join(file), "").unwrap();
        }
        assert_eq!(trigger(&tree.path), None);
        let wanted = tree.path.join("mhi0/trigger_edl");
        fs::write(&wanted, "").unwrap();
        assert_eq!(trigger(&tree.path), Some(wanted));
    }
}
