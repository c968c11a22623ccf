// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
//! `mhictl reset`: has the modem restart, by QMI (DMS operating modes) or else by `AT+CFUN=1,1`, and waits until it is back.
//! Sessions come back by themselves.

use std::os::unix::fs::MetadataExt;
use std::time::{Duration, Instant};

use qmi::dms::{Mode, SetOperatingMode};
use serde_json::{json, Value};

use crate::cli::ResetArgs;
use crate::exit::{Error, Exit};
use crate::modem::at::At;
use crate::modem::device::{self, read_trimmed, Kind, Modem, Roots};
use crate::modem::talk::{body, Talk};
use crate::show::{self, Lines, Show};
use crate::status;

/// What a single request may take.
const PATIENCE: Duration = Duration::from_secs(10);
/// Between two looks at whether the modem is back.
const LOOK: Duration = Duration::from_millis(100);

/// What has come of it.
#[derive(Debug, PartialEq)]
struct Reset {
    device: String,
    pci: String,
    /// `qmi` or `at`.
    by: &'static str,
    /// Seconds until it was back; none if nobody waited.
    seconds: Option<u64>,
}

/// Restarts the modem.
pub fn run(args: &ResetArgs, roots: &Roots) -> Result<(), Error> {
    show::print(args.json, restart(args, roots))
}

fn restart(args: &ResetArgs, roots: &Roots) -> Result<Reset, Error> {
    let modem = device::find(roots, args.device.as_deref())?;
    let before = incarnation(roots, &modem.pci);
    let by = match by_qmi(roots, &modem) {
        Ok(()) => "qmi",
        Err(refused) => {
            let asked = At::open(roots, &modem, None)
                .and_then(|mut port| port.ask("AT+CFUN=1,1", PATIENCE));
            // Why the first way was closed says more.
            asked.map_err(|_| refused)?;
            "at"
        }
    };
    let since = Instant::now();
    if !args.no_wait {
        let within = status::patience(args.timeout);
        wait(roots, &modem.pci, before, within)?;
    }
    Ok(Reset {
        device: modem.wwan,
        pci: modem.pci,
        by,
        seconds: (!args.no_wait).then(|| since.elapsed().as_secs()),
    })
}

/// Waits until the modem has other ports than before, and is up.
fn wait(roots: &Roots, pci: &str, before: Option<u64>, within: Duration) -> Result<(), Error> {
    let until = Instant::now() + within;
    loop {
        let now = incarnation(roots, pci);
        if now.is_some() && now != before && is_up(roots, pci) {
            return Ok(());
        }
        if Instant::now() >= until {
            let what = if now == before {
                "the modem did not restart"
            } else {
                "the modem is not back"
            };
            return Err(Error::new(
                Exit::NoAnswer,
                format!("{what} within {} seconds", within.as_secs()),
                "mhictl info and dmesg show what it does",
            ));
        }
        std::thread::sleep(LOOK);
    }
}

/// Modems want to be offline first, as ModemManager has it.
fn by_qmi(roots: &Roots, modem: &Modem) -> Result<(), Error> {
    Talk::with(roots, modem, PATIENCE, |talk| {
        let mode = Mode::Offline;
        let reply = talk.ask(&SetOperatingMode { mode })?;
        body::<()>(&reply, "to go offline")?;
        let mode = Mode::Resetting;
        match talk.ask(&SetOperatingMode { mode }) {
            Ok(reply) => body::<()>(&reply, "to restart").inspect_err(|_| {
                let mode = Mode::Online;
                let _ = talk.ask(&SetOperatingMode { mode });
            }),
            // It may be quicker than its answer.
            Err(error) if error.exit == Exit::NoAnswer => Ok(()),
            Err(error) => Err(error),
        }
    })
}

/// What tells a port from the one that the same modem had before: its folder's number in sysfs.
fn incarnation(roots: &Roots, pci: &str) -> Option<u64> {
    let modems = device::modems(roots);
    let modem = modems.iter().find(|modem| modem.pci == pci)?;
    let port = modem.port(Kind::Qmi).or_else(|| modem.port(Kind::At))?;
    let folder = roots.sys.join("class/wwan").join(&port.name);
    std::fs::metadata(folder).ok().map(|folder| folder.ino())
}

/// Whether the driver says so; one that says nothing is believed by its ports.
fn is_up(roots: &Roots, pci: &str) -> bool {
    let state = roots
        .sys
        .join("bus/pci/devices")
        .join(pci)
        .join("modem_state");
    read_trimmed(&state).is_none_or(|state| state == "up")
}

impl Show for Reset {
    fn json(&self) -> Value {
        json!({"device": self.device, "pci": self.pci, "by": self.by, "seconds": self.seconds})
    }

    fn lines(&self) -> String {
        let mut text = Lines::default();
        let back = match self.seconds {
            Some(seconds) => format!("back after {seconds} s"),
            None => "asked to restart".to_owned(),
        };
        text.add("reset", format_args!("{} {} {back}", self.device, self.pci));
        text.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::modem::device::tests::Tree;
    use crate::show::tests::assert_documented;

    #[test]
    fn json_is_the_documented_object() {
        let reset = Reset {
            device: "wwan0".into(),
            pci: "0000:01:00.0".into(),
            by: "qmi",
            seconds: Some(4),
        };
        assert_documented("reset", &reset);
        assert_eq!(
            reset.lines(),
            "reset          wwan0 0000:01:00.0 back after 4 s\n"
        );
    }

    #[test]
    fn a_port_that_came_again_is_another_one() {
        let tree = Tree::new();
        assert_eq!(incarnation(&tree.roots, "0000:00:04.0"), None);
        tree.modem();
        let before = incarnation(&tree.roots, "0000:00:04.0");
        assert!(before.is_some());
        assert_eq!(before, incarnation(&tree.roots, "0000:00:04.0"));
        assert!(is_up(&tree.roots, "0000:00:04.0"));
    }
}
