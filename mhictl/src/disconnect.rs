// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
//! `mhictl disconnect`: ends running `mhictl connect` by SIGTERM, as Ctrl-C would, and waits until each has taken its link down.

use std::fs;
use std::os::unix::net::UnixStream;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use rustix::net::sockopt::socket_peercred;
use rustix::process::{kill_process, Pid, Signal};
use serde_json::{json, Value};

use crate::cli::DisconnectArgs;
use crate::config::parse_mux;
use crate::control;
use crate::exit::{Error, Exit};
use crate::modem::device::{self, Modem, Roots};
use crate::program;
use crate::show::{self, Show};
use crate::status;

/// How often a session that ends is looked at.
const PERIOD: Duration = Duration::from_millis(50);

/// Ends the sessions and says which.
pub fn run(args: &DisconnectArgs, roots: &Roots) -> Result<(), Error> {
    show::print(args.json, disconnect(args, roots))
}

#[derive(Debug, PartialEq, Eq)]
struct Ended {
    device: String,
    mux: u8,
    pid: u32,
}

fn disconnect(args: &DisconnectArgs, roots: &Roots) -> Result<Vec<Ended>, Error> {
    let wanted = args.mux.as_deref().map(parse_mux).transpose()?;
    let patience = status::patience(args.timeout);
    let mut ended = Vec::new();
    for Device { pci, name } in devices(args, roots, patience)? {
        for mux in 1..=254 {
            if wanted.is_none_or(|wanted| wanted == mux) {
                if let Some(pid) = holder(roots, &pci, mux) {
                    end(roots, &pci, mux, pid, patience)?;
                    ended.push(Ended {
                        device: name.clone(),
                        mux,
                        pid: pid.as_raw_nonzero().get().unsigned_abs(),
                    });
                }
            }
        }
    }
    match (ended.is_empty(), wanted) {
        (false, _) => Ok(ended),
        (true, Some(mux)) => Err(none(format!("no mhictl connect has mux id {mux}"))),
        (true, None) => Err(none("no mhictl connect runs".to_owned())),
    }
}

/// A modem that sessions may be of.
struct Device {
    /// PCI function.
    pci: String,
    /// WWAN device, or how else it is called while it is away.
    name: String,
}

/// The modem that is named, which may be away while its sessions wait for it; without a name, all that sessions may be of.
fn devices(args: &DisconnectArgs, roots: &Roots, patience: Duration) -> Result<Vec<Device>, Error> {
    let modems = device::modems(roots);
    let functions = control::functions(roots).into_iter();
    let Some(wanted) = &args.device else {
        let named = functions.map(|pci| {
            let modem = modems.iter().find(|modem| modem.pci == pci);
            let name = modem.map_or_else(|| pci.clone(), |modem| modem.wwan.clone());
            Device { pci, name }
        });
        return Ok(named.collect());
    };
    let error = match device::find(roots, Some(wanted)) {
        Ok(Modem { pci, wwan, .. }) => return Ok(vec![Device { pci, name: wwan }]),
        Err(error) => error,
    };
    let mut away = functions.filter(|pci| modems.iter().all(|modem| modem.pci != *pci));
    let pci = away
        .find(|pci| was_called(roots, pci, wanted, patience))
        .ok_or(error)?;
    let name = wanted.clone();
    Ok(vec![Device { pci, name }])
}

/// Whether a modem that is away was called so when its sessions saw it last.
fn was_called(roots: &Roots, pci: &str, wanted: &str, patience: Duration) -> bool {
    let names = |socket: PathBuf| {
        let answer = status::ask_running(&socket, control::SESSION, patience);
        answer.ok().flatten()?.device
    };
    let called = |name: String| name == wanted;
    pci == wanted
        || pci.strip_prefix("0000:") == Some(wanted)
        || control::sockets(roots, pci)
            .into_iter()
            .filter_map(names)
            .any(called)
}

/// The process that serves a session's control socket; one of another namespace has no number here.
fn holder(roots: &Roots, pci: &str, mux: u8) -> Option<Pid> {
    let stream = UnixStream::connect(control::path(roots, pci, mux)).ok()?;
    let pid = socket_peercred(&stream).ok()?.pid;
    (pid.as_raw_nonzero().get() > 0).then_some(pid)
}

/// Whether this is a mhictl: its socket is in a directory that may be another user's.
fn check(roots: &Roots, pid: Pid) -> Result<(), Error> {
    let path = roots.proc.join(pid.as_raw_nonzero().to_string());
    let target = fs::read_link(path.join("exe")).map_err(|error| {
        Error::system(format_args!("look at process {}", path.display()), &error)
    })?;
    let name = target.file_name().unwrap_or_default().to_string_lossy();
    // As the kernel says it of one that was upgraded meanwhile.
    if name.strip_suffix(" (deleted)").unwrap_or(&name) == program::NAME {
        return Ok(());
    }
    Err(Error::new(
        Exit::Failure,
        format!(
            "process {pid} has a session's socket, and is {name}",
            pid = pid.as_raw_nonzero()
        ),
        "end it as what it is",
    ))
}

fn end(roots: &Roots, pci: &str, mux: u8, pid: Pid, patience: Duration) -> Result<(), Error> {
    check(roots, pid)?;
    kill_process(pid, Signal::TERM).map_err(|error| {
        Error::system(
            format_args!("end mhictl (pid {})", pid.as_raw_nonzero()),
            &error.into(),
        )
    })?;
    let until = Instant::now() + patience;
    while holder(roots, pci, mux) == Some(pid) {
        if Instant::now() >= until {
            return Err(Error::new(
                Exit::NoAnswer,
                format!("mhictl (pid {}) does not end", pid.as_raw_nonzero()),
                "try a longer --timeout; its hook may still be at work",
            ));
        }
        std::thread::sleep(PERIOD);
    }
    Ok(())
}

fn none(what: String) -> Error {
    Error::new(Exit::Failure, what, "mhictl status shows the sessions")
}

impl Show for Vec<Ended> {
    fn json(&self) -> Value {
        let each = self
            .iter()
            .map(|ended| json!({"device": ended.device, "mux": ended.mux, "pid": ended.pid}));
        json!({ "disconnected": each.collect::<Vec<Value>>() })
    }

    fn lines(&self) -> String {
        let each = self.iter().map(|ended| {
            let Ended { device, mux, pid } = ended;
            format!("disconnected: {device} mux {mux} ({mux:#04x}), mhictl pid {pid}\n")
        });
        each.collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::control::{Ask, Control};
    use crate::modem::device::tests::Tree;
    use crate::status::report::Session;
    use crate::status::Answer;
    use std::os::unix::fs::symlink;

    const PCI: &str = "0000:01:00.0";

    #[test]
    fn a_session_is_found_by_its_socket() {
        let tree = Tree::new();
        assert_eq!(holder(&tree.roots, PCI, 129), None);
        let control = Control::listen(&tree.roots, PCI, 129).unwrap();
        let pid = holder(&tree.roots, PCI, 129).unwrap();
        assert_eq!(pid, rustix::process::getpid());
        assert_eq!(control::functions(&tree.roots), [PCI]);
        drop(control);
        assert_eq!(holder(&tree.roots, PCI, 129), None);
    }

    /// Answers one request as a session of a modem that it knew as wwan0.
    fn serve(mut control: Control) {
        loop {
            control.accept(Instant::now());
            control.read(Instant::now());
            if control.waits(Ask::Session) {
                let answer = Answer {
                    device: Some("wwan0".into()),
                    radio: None,
                    session: Session::default(),
                };
                control.answer(Ask::Session, &serde_json::to_string(&answer).unwrap());
                return;
            }
            std::thread::sleep(Duration::from_millis(1));
        }
    }

    #[test]
    fn a_modem_that_took_another_ones_name_keeps_its_own_sessions() {
        let tree = Tree::new();
        // The session's modem is away, and the modem that is there has its name.
        let control = Control::listen(&tree.roots, PCI, 129).unwrap();
        let named = |name: &str| {
            let args = DisconnectArgs {
                device: Some(name.into()),
                ..DisconnectArgs::default()
            };
            let found = devices(&args, &tree.roots, Duration::from_secs(9));
            found.map(|found| {
                let each = found.into_iter().map(|device| (device.pci, device.name));
                each.collect::<Vec<_>>()
            })
        };
        let pair = |pci: &str, name: &str| vec![(pci.to_owned(), name.to_owned())];
        assert_eq!(named(PCI).unwrap(), pair(PCI, PCI));
        assert_eq!(named("01:00.0").unwrap(), pair(PCI, "01:00.0"));
        let session = std::thread::spawn(move || serve(control));
        assert_eq!(named("wwan0").unwrap(), pair(PCI, "wwan0"));
        session.join().unwrap();
        let control = Control::listen(&tree.roots, PCI, 129).unwrap();
        let session = std::thread::spawn(move || serve(control));
        assert_eq!(named("wwan7").unwrap_err().exit, Exit::NoDevice);
        session.join().unwrap();

        let _control = Control::listen(&tree.roots, PCI, 129).unwrap();
        tree.modem();
        assert_eq!(named("wwan0").unwrap(), pair("0000:00:04.0", "wwan0"));
        let all = devices(&DisconnectArgs::default(), &tree.roots, Duration::ZERO).unwrap();
        let names: Vec<&str> = all.iter().map(|device| device.name.as_str()).collect();
        assert_eq!(names, [PCI]);
    }

    #[test]
    fn only_a_mhictl_is_ended() {
        let tree = Tree::new();
        let pid = rustix::process::getpid();
        let folder = tree.roots.proc.join(pid.as_raw_nonzero().to_string());
        fs::create_dir_all(&folder).unwrap();
        assert_eq!(check(&tree.roots, pid).unwrap_err().exit, Exit::Failure);
        for (program, ends) in [
            ("/usr/bin/mhictl", true),
            ("/usr/bin/mhictl (deleted)", true),
            ("/usr/sbin/mhictld", false),
            ("/bin/mhictl/sshd", false),
        ] {
            let _ = fs::remove_file(folder.join("exe"));
            symlink(program, folder.join("exe")).unwrap();
            assert_eq!(check(&tree.roots, pid).is_ok(), ends, "{program}");
        }
        // What has the socket is this test, which such an end would be the end of.
        let control = Control::listen(&tree.roots, PCI, 129).unwrap();
        let error = disconnect(&DisconnectArgs::default(), &tree.roots).unwrap_err();
        assert!(error.what.contains("sshd"), "{}", error.what);
        drop(control);
    }

    #[test]
    fn nothing_to_end_is_an_error_that_says_so() {
        let tree = Tree::new();
        let mut args = DisconnectArgs::default();
        let error = disconnect(&args, &tree.roots).unwrap_err();
        assert_eq!(
            (error.exit, error.what.as_str()),
            (Exit::Failure, "no mhictl connect runs")
        );
        args.mux = Some("0x82".into());
        let error = disconnect(&args, &tree.roots).unwrap_err();
        assert_eq!(error.what, "no mhictl connect has mux id 130");
        args.mux = Some("255".into());
        assert_eq!(
            disconnect(&args, &tree.roots).unwrap_err().exit,
            Exit::Usage
        );
    }

    #[test]
    fn what_ended_is_told_in_both_ways() {
        let ended = vec![Ended {
            device: "wwan0".into(),
            mux: 129,
            pid: 7,
        }];
        assert_eq!(
            ended.lines(),
            "disconnected: wwan0 mux 129 (0x81), mhictl pid 7\n"
        );
        show::tests::assert_documented("disconnect", &ended);
    }
}
