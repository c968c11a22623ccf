// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
//! ModemManager beside mhictl: two managers of one modem take its links and its data format from each other, so one is refused
//! its work or warned of, with how to hand the modem over. What udev knows says whether ModemManager leaves the modem alone.

use std::fs;

use crate::exit::{Error, Exit};
use crate::modem::device::{read_trimmed, Modem, Roots};

/// The process, as /proc/PID/comm has it.
pub const NAME: &str = "ModemManager";
/// libqmi's proxy, through which ModemManager has its QMI ports.
pub const LIBQMI_PROXY: &str = "qmi-proxy";

/// Refuses a modem that ModemManager has by way of libqmi's proxy, and returns a warning if it may take it later.
pub fn check(roots: &Roots, modem: &Modem, proxy: &str) -> Result<Option<String>, Error> {
    let Some(pid) = running(roots).filter(|_| !ignored(roots, modem)) else {
        return Ok(None);
    };
    let Modem { wwan, .. } = modem;
    if proxy == LIBQMI_PROXY {
        return Err(Error::new(
            Exit::PortBusy,
            format!("port busy: {NAME} (pid {pid}) manages {wwan}, by way of {LIBQMI_PROXY}"),
            hand_over(wwan),
        ));
    }
    Ok(Some(format!(
        "{NAME} (pid {pid}) runs and may take {wwan}; {}",
        hand_over(wwan)
    )))
}

/// How ModemManager is made to let go of a modem.
pub fn hand_over(wwan: &str) -> String {
    format!(
        "systemctl stop {NAME}, or make it leave {wwan} alone: enable 78-mhictl-modemmanager.rules (README: mhictl), which sets \
         ID_MM_DEVICE_IGNORE=1 on its PCI device"
    )
}

/// Its process, if it runs.
fn running(roots: &Roots) -> Option<u32> {
    let processes = fs::read_dir(&roots.proc).ok()?.flatten();
    let mut pids = processes.filter_map(|process| process.file_name().to_str()?.parse().ok());
    pids.find(|pid: &u32| {
        let comm = roots.proc.join(pid.to_string()).join("comm");
        read_trimmed(&comm).as_deref() == Some(NAME)
    })
}

/// Whether ModemManager was told to leave the modem alone. Without udev it learns of modems from scripts, which know better.
fn ignored(roots: &Roots, modem: &Modem) -> bool {
    let udev = roots.run.join("udev/data");
    if !udev.exists() {
        return true;
    }
    let properties = fs::read_to_string(udev.join(format!("+pci:{}", modem.pci)));
    properties.is_ok_and(|text| {
        let mut values = text
            .lines()
            .filter_map(|line| line.strip_prefix("E:ID_MM_DEVICE_IGNORE="));
        values.any(|value| matches!(value.to_ascii_lowercase().as_str(), "1" | "true" | "yes"))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::modem::device::{self, tests::Tree};

    fn tree(with_manager: bool, with_udev: bool) -> (Tree, Modem) {
        let tree = Tree::new();
        tree.modem();
        if with_manager {
            let process = tree.roots.proc.join("4000007");
            fs::create_dir_all(&process).unwrap();
            fs::write(process.join("comm"), "ModemManager\n").unwrap();
        }
        if with_udev {
            fs::create_dir_all(tree.roots.run.join("udev/data")).unwrap();
        }
        let modem = device::find(&tree.roots, None).unwrap();
        (tree, modem)
    }

    #[test]
    fn a_modem_that_modemmanager_has_is_refused_with_the_way_out() {
        let (tree, modem) = tree(true, true);
        let error = check(&tree.roots, &modem, LIBQMI_PROXY).unwrap_err();
        assert_eq!(error.exit, Exit::PortBusy);
        assert!(error
            .what
            .contains("ModemManager (pid 4000007) manages wwan0"));
        assert!(error.next.contains("systemctl stop") && error.next.contains(".rules"));
        assert!(!error.to_string().contains("  "), "{error}");
    }

    #[test]
    fn one_that_it_may_take_is_warned_of() {
        let (tree, modem) = tree(true, true);
        let warning = check(&tree.roots, &modem, "mhictl").unwrap().unwrap();
        assert!(warning.contains("may take wwan0"), "{warning}");
    }

    #[test]
    fn no_word_where_it_leaves_the_modem_alone_or_does_not_run() {
        for proxy in ["mhictl", LIBQMI_PROXY] {
            let (there, modem) = tree(true, true);
            let data = there
                .roots
                .run
                .join(format!("udev/data/+pci:{}", modem.pci));
            fs::write(&data, "I:12\nE:ID_MM_DEVICE_IGNORE=1\nG:systemd\n").unwrap();
            assert_eq!(check(&there.roots, &modem, proxy), Ok(None));
            fs::write(&data, "E:ID_MM_DEVICE_IGNORE=0\n").unwrap();
            assert_ne!(check(&there.roots, &modem, proxy), Ok(None));
            for (manager, udev) in [(false, true), (true, false)] {
                let (tree, modem) = tree(manager, udev);
                assert_eq!(check(&tree.roots, &modem, proxy), Ok(None));
            }
        }
    }
}
