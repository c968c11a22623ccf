// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
//! Who holds a port: the port is a plain character device whose openers steal each other's replies, so one process opens it
//! and only when nobody else has it. Lock files keep mhictl's instances apart, /proc shows everybody else.

use std::fs::{self, File};
use std::io::{Read, Seek, Write};
use std::os::unix::fs::{fchown, DirBuilderExt, MetadataExt};
use std::path::{Path, PathBuf};

use rustix::fs::{flock, open, FlockOperation, Mode, OFlags};
use rustix::io::Errno;

use crate::exit::{Error, Exit};
use crate::modem::device::{read_trimmed, Roots};
use crate::modem::manager;

/// Directory of locks and control sockets below the run-time root.
pub fn run_dir(roots: &Roots) -> PathBuf {
    roots.run.join("mhictl")
}

/// Makes the run-time directory, readable by its owner only.
pub fn make_run_dir(roots: &Roots) -> Result<PathBuf, Error> {
    let dir = run_dir(roots);
    fs::DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(&dir)
        .map_err(|error| Error::system(format_args!("create {}", dir.display()), &error))?;
    Ok(dir)
}

/// Exclusive use of one port, modem or mux id among mhictl's instances; released when dropped or when the process ends.
/// The file stays: removing it would let two holders lock two different files of one name.
#[derive(Debug)]
pub struct Lock {
    _file: File,
}

impl Lock {
    /// Takes the lock `NAME.lock` of `what`, or says who has it.
    pub fn take(roots: &Roots, name: &str, what: &str) -> Result<Lock, Error> {
        let path = make_run_dir(roots)?.join(format!("{name}.lock"));
        let failed =
            |error: &std::io::Error| Error::system(format_args!("open {}", path.display()), error);
        // The directory may be the services' user's, who must not lead root to other files by a link.
        let flags = OFlags::RDWR | OFlags::CREATE | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let mode = Mode::RUSR | Mode::WUSR;
        let opened = open(&path, flags, mode).map_err(|error| failed(&error.into()))?;
        let mut file = File::from(opened);
        let found = file.metadata().map_err(|error| failed(&error))?;
        if !found.is_file() || found.nlink() != 1 {
            let what = format!("{} is no lock of mhictl's", path.display());
            return Err(Error::new(Exit::Failure, what, "remove it"));
        }
        // Where the services' user has the directory, root leaves it no file that it cannot open.
        if let Ok(owner) = fs::metadata(run_dir(roots)) {
            let _ = fchown(&file, Some(owner.uid()), Some(owner.gid()));
        }
        match flock(&file, FlockOperation::NonBlockingLockExclusive) {
            Ok(()) => {}
            Err(Errno::WOULDBLOCK) => {
                let mut pid = String::new();
                let _ = (&mut file).take(16).read_to_string(&mut pid);
                let what = format!("port busy: mhictl (pid {}) uses {what}", pid.trim());
                return Err(Error::new(
                    Exit::PortBusy,
                    what,
                    "end that mhictl (kill PID), or ask it: mhictl status",
                ));
            }
            Err(error) => {
                return Err(Error::system(
                    format_args!("lock {}", path.display()),
                    &error.into(),
                ))
            }
        }
        let write = file
            .set_len(0)
            .and_then(|()| file.rewind())
            .and_then(|()| writeln!(file, "{}", std::process::id()));
        write.map_err(|error| Error::system(format_args!("write {}", path.display()), &error))?;
        Ok(Lock { _file: file })
    }
}

/// A process that has a port open.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Holder {
    /// Process id.
    pub pid: u32,
    /// Name, from /proc/PID/comm.
    pub name: String,
}

/// The processes, other than this one, that have `node` open.
pub fn holders(roots: &Roots, node: &Path) -> Vec<Holder> {
    let Ok(processes) = fs::read_dir(&roots.proc) else {
        return Vec::new();
    };
    let mut found = Vec::new();
    for process in processes.flatten() {
        let Some(pid) = process
            .file_name()
            .to_str()
            .and_then(|name| name.parse::<u32>().ok())
        else {
            continue;
        };
        if pid == std::process::id() {
            continue;
        }
        let Ok(files) = fs::read_dir(process.path().join("fd")) else {
            continue;
        };
        if files.flatten().any(|file| {
            fs::read_link(file.path()).is_ok_and(|target| target == node)
                && reads_or_writes(&process.path().join("fdinfo").join(file.file_name()))
        }) {
            found.push(Holder {
                pid,
                name: read_trimmed(&process.path().join("comm")).unwrap_or_default(),
            });
        }
    }
    found.sort_by_key(|holder| holder.pid);
    found
}

/// Whether the file descriptor of `/proc/PID/fdinfo/N` is there to read or write, as far as anybody can tell. One opened with `O_PATH` is
/// not: systemd's udev has it for a moment, to set the mode of a node that is new. Nor is one that has been closed since.
fn reads_or_writes(info: &Path) -> bool {
    match fs::read_to_string(info) {
        Ok(info) => {
            let flags = info.lines().find_map(|line| line.strip_prefix("flags:"));
            let flags = flags.and_then(|flags| u32::from_str_radix(flags.trim(), 8).ok());
            flags.is_none_or(|flags| flags & OFlags::PATH.bits() == 0)
        }
        Err(error) => ![Errno::NOENT, Errno::SRCH]
            .iter()
            .any(|gone| error.raw_os_error() == Some(gone.raw_os_error())),
    }
}

/// Refuses a port that another process than `proxy` has open, with what to do about that process.
pub fn refuse_if_held(
    roots: &Roots,
    node: &Path,
    wwan: &str,
    proxy: Option<u32>,
) -> Result<(), Error> {
    let mut holders = holders(roots, node);
    holders.retain(|holder| Some(holder.pid) != proxy);
    if holders.is_empty() {
        return Ok(());
    }
    let who = holders
        .iter()
        .map(|holder| format!("{} (pid {})", holder.name, holder.pid))
        .collect::<Vec<_>>()
        .join(", ");
    let next = if holders
        .iter()
        .any(|holder| holder.name == manager::NAME || holder.name == manager::LIBQMI_PROXY)
    {
        format!(
            "{}; a {} that is left ends by: kill PID",
            manager::hand_over(wwan),
            manager::LIBQMI_PROXY
        )
    } else {
        "end that program, then try again".to_owned()
    };
    Err(Error::new(
        Exit::PortBusy,
        format!("port busy: {who} has {} open", node.display()),
        next,
    ))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::modem::device::tests::Tree;
    use std::os::unix::fs::symlink;

    /// `O_RDWR | O_CLOEXEC`, as /proc prints it on 64-bit machines.
    const OPEN: &str = "02100002";

    fn process(tree: &Tree, pid: u32, name: &str, node: &Path, flags: &str) {
        let dir = tree.roots.proc.join(pid.to_string());
        fs::create_dir_all(dir.join("fd")).unwrap();
        fs::create_dir_all(dir.join("fdinfo")).unwrap();
        let info = format!("pos:\t0\nflags:\t{flags}\nmnt_id:\t6\nino:\t400\n");
        fs::write(dir.join("fdinfo/7"), info).unwrap();
        fs::write(dir.join("comm"), format!("{name}\n")).unwrap();
        symlink("/dev/null", dir.join("fd/0")).unwrap();
        symlink(node, dir.join("fd/7")).unwrap();
    }

    #[test]
    fn holder_is_named_with_its_pid() {
        let tree = Tree::new();
        let node = tree.roots.dev.join("wwan0qmi0");
        assert_eq!(refuse_if_held(&tree.roots, &node, "wwan0", None), Ok(()));
        process(&tree, 4_000_001, "qmi-proxy", &node, OPEN);
        process(&tree, 4_000_000, "other", Path::new("/dev/zero"), OPEN);
        let error = refuse_if_held(&tree.roots, &node, "wwan0", None).unwrap_err();
        assert_eq!(error.exit, Exit::PortBusy);
        assert!(
            error.what.contains("qmi-proxy (pid 4000001)"),
            "{}",
            error.what
        );
        assert!(error.next.contains("ID_MM_DEVICE_IGNORE"));
        // The proxy through which the port is shared does not count.
        assert_eq!(
            refuse_if_held(&tree.roots, &node, "wwan0", Some(4_000_001)),
            Ok(())
        );
    }

    #[test]
    fn an_unknown_holder_is_named_too() {
        let tree = Tree::new();
        let node = tree.roots.dev.join("wwan0qmi0");
        process(&tree, 4_000_002, "cat", &node, OPEN);
        let error = refuse_if_held(&tree.roots, &node, "wwan0", None).unwrap_err();
        assert!(error.what.contains("cat (pid 4000002)") && !error.next.contains("ModemManager"));
    }

    #[test]
    fn a_look_at_the_node_does_not_count() {
        let tree = Tree::new();
        let node = tree.roots.dev.join("wwan0qmi0");
        process(&tree, 4_000_003, "(udev-worker)", &node, "012100000");
        assert_eq!(refuse_if_held(&tree.roots, &node, "wwan0", None), Ok(()));
        process(&tree, 4_000_005, "gone", &node, OPEN);
        fs::remove_file(tree.roots.proc.join("4000005/fdinfo/7")).unwrap();
        assert!(holders(&tree.roots, &node).is_empty());
        process(&tree, 4_000_004, "cat", &node, "0100000");
        process(&tree, 4_000_006, "unknown", &node, "?");
        let held = holders(&tree.roots, &node);
        assert_eq!(
            held.iter().map(|it| it.pid).collect::<Vec<_>>(),
            [4_000_004, 4_000_006]
        );
    }

    #[test]
    fn our_own_descriptors_do_not_count() {
        let tree = Tree::new();
        let node = tree.roots.dev.join("wwan0qmi0");
        process(&tree, std::process::id(), "mhictl", &node, OPEN);
        assert!(holders(&tree.roots, &node).is_empty());
    }

    #[test]
    fn a_lock_that_leads_elsewhere_is_refused_and_nothing_happens_there() {
        let tree = Tree::new();
        let dir = make_run_dir(&tree.roots).unwrap();
        let other = tree.path.join("other");
        fs::write(&other, "mine").unwrap();
        symlink(&other, dir.join("symbolic.lock")).unwrap();
        fs::hard_link(&other, dir.join("hard.lock")).unwrap();
        fs::create_dir(dir.join("folder.lock")).unwrap();
        for name in ["symbolic", "hard", "folder"] {
            let error = Lock::take(&tree.roots, name, "the modem").unwrap_err();
            assert_eq!(error.exit, Exit::Failure, "{name}");
        }
        assert_eq!(fs::read_to_string(&other).unwrap(), "mine");
    }

    #[test]
    fn a_second_lock_is_busy_until_the_first_goes() {
        let tree = Tree::new();
        let first = Lock::take(&tree.roots, "wwan0", "the modem").unwrap();
        let error = Lock::take(&tree.roots, "wwan0", "the modem").unwrap_err();
        assert_eq!(error.exit, Exit::PortBusy);
        assert!(error.what.contains(&format!("pid {}", std::process::id())));
        Lock::take(&tree.roots, "wwan1", "the modem").unwrap();
        drop(first);
        Lock::take(&tree.roots, "wwan0", "the modem").unwrap();
    }
}
