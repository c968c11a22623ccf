// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
//! Modems for laptops may keep their radio off until the host has shown who it is. How is the owner's to say: a program named
//! after the modem's PCI ids, as ModemManager has them. `connect` runs it when the modem refuses to switch its radio on.

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;

use crate::exit::{Error, Exit};
use crate::modem::device::{read_trimmed, Modem, Roots};
use crate::program::Program;

/// Folder of the programs, below `/etc/mhictl` for the owner's and `/usr/share/mhictl` for a distribution's.
const FOLDER: &str = "mhictl/fcc-unlock.d";

/// Runs the modem's program: `VENDOR:DEVICE SYSFS-PATH PORT...`.
pub fn start(roots: &Roots, modem: &Modem, now: Instant) -> Result<Program, Error> {
    let function = roots.sys.join("bus/pci/devices").join(&modem.pci);
    let path = find(roots, &ids(&function)?)?;
    let mut command = Command::new(&path);
    command
        .arg(fs::canonicalize(&function).unwrap_or(function))
        .args(modem.ports.iter().map(|port| &port.name));
    Program::start(&mut command, now).map_err(|error| unusable(&path, &error.to_string()))
}

/// `17cb:0308`, from sysfs's `0x17cb` and `0x0308`.
fn ids(function: &Path) -> Result<String, Error> {
    let id = |name: &str| {
        let text = read_trimmed(&function.join(name))?;
        text.strip_prefix("0x").map(str::to_owned)
    };
    match (id("vendor"), id("device")) {
        (Some(vendor), Some(device)) => Ok(format!("{vendor}:{device}")),
        _ => Err(Error::new(
            Exit::Modem,
            "the modem does not switch its radio on, and its PCI ids cannot be read",
            "see dmesg; is the modem still there?",
        )),
    }
}

/// The owner's program before a distribution's.
fn find(roots: &Roots, ids: &str) -> Result<PathBuf, Error> {
    let places = [&roots.etc, &roots.share].map(|root| root.join(FOLDER).join(ids));
    match places.iter().find(|path| path.exists()) {
        Some(path) => check(path).map(|()| path.clone()),
        None => Err(Error::new(
            Exit::Modem,
            format!("the modem does not switch its radio on, and there is no {} to unlock it", places[0].display()),
            "a modem for laptops wants such a program (README: A locked radio); or a W_DISABLE switch keeps it off: mhictl at 'AT+CFUN?'",
        )),
    }
}

/// It runs with mhictl's rights, so nobody else may have written it.
fn check(path: &Path) -> Result<(), Error> {
    let found = fs::metadata(path).map_err(|error| unusable(path, &error.to_string()))?;
    let owner = rustix::process::geteuid().as_raw();
    let fault = if !found.is_file() {
        "not a file"
    } else if found.uid() != 0 && found.uid() != owner {
        "owned by somebody else"
    } else if found.mode() & 0o022 != 0 {
        "others may write to it"
    } else if found.mode() & 0o100 == 0 {
        "not executable"
    } else {
        return Ok(());
    };
    Err(unusable(path, fault))
}

fn unusable(path: &Path, fault: &str) -> Error {
    Error::new(
        Exit::Modem,
        format!(
            "the radio is locked, and {} cannot be run: {fault}",
            path.display()
        ),
        format!("chown root {0}; chmod 755 {0}", path.display()),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::modem::device::tests::Tree;
    use crate::modem::device::{Kind, Port};
    use std::os::unix::fs::PermissionsExt;

    fn modem(tree: &Tree) -> Modem {
        let function = tree.roots.sys.join("bus/pci/devices/0000:01:00.0");
        fs::create_dir_all(&function).unwrap();
        fs::write(function.join("vendor"), "0x1eac\n").unwrap();
        fs::write(function.join("device"), "0x1001\n").unwrap();
        let port = |name: &str, kind| Port {
            name: name.into(),
            kind,
            node: tree.roots.dev.join(name),
        };
        Modem {
            wwan: "wwan0".into(),
            pci: "0000:01:00.0".into(),
            driver: None,
            ports: vec![port("wwan0at0", Kind::At), port("wwan0qmi0", Kind::Qmi)],
            netdev: None,
        }
    }

    fn program(root: &Path, text: &str, mode: u32) -> PathBuf {
        let path = root.join(FOLDER).join("1eac:1001");
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, format!("#!/bin/sh\n{text}")).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
        path
    }

    fn run(tree: &Tree) -> Result<(), String> {
        let mut program = start(&tree.roots, &modem(tree), Instant::now()).unwrap();
        loop {
            if let Some(end) = program.ended(Instant::now()) {
                return end;
            }
            std::thread::sleep(std::time::Duration::from_millis(5));
        }
    }

    #[test]
    fn the_owners_program_is_told_of_device_and_ports() {
        let tree = Tree::new();
        let told = tree.path.join("told");
        let text = format!("echo \"$@\" >{}\n", told.display());
        program(&tree.roots.share, "exit 9\n", 0o755);
        assert_eq!(run(&tree), Err("exit status: 9".to_owned()));
        program(&tree.roots.etc, &text, 0o755);
        assert_eq!(run(&tree), Ok(()));
        let function = fs::canonicalize(tree.roots.sys.join("bus/pci/devices/0000:01:00.0"));
        assert_eq!(
            fs::read_to_string(told).unwrap(),
            format!("{} wwan0at0 wwan0qmi0\n", function.unwrap().display())
        );
    }

    #[test]
    fn without_a_program_its_place_is_named() {
        let tree = Tree::new();
        let error = start(&tree.roots, &modem(&tree), Instant::now()).unwrap_err();
        assert_eq!(error.exit, Exit::Modem);
        assert!(
            error.what.contains("etc/mhictl/fcc-unlock.d/1eac:1001"),
            "{}",
            error.what
        );
    }

    #[test]
    fn a_program_that_others_may_change_is_not_run() {
        let tree = Tree::new();
        for (mode, fault) in [(0o777, "may write"), (0o644, "not executable")] {
            program(&tree.roots.etc, "exit 0\n", mode);
            let error = start(&tree.roots, &modem(&tree), Instant::now()).unwrap_err();
            assert!(error.what.contains(fault), "{}", error.what);
            assert!(error.next.contains("chmod 755"), "{}", error.next);
        }
    }
}
