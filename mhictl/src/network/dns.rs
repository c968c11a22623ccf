// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
//! DNS servers of a session, given to whatever this machine has: resolvconf, systemd-resolved, or /etc/resolv.conf itself,
//! which is restored at the end. `interface` calls this.

use std::fs;
use std::io::{self, Write};
use std::net::IpAddr;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use rustix::fs::{flock, FlockOperation};
use rustix::process::geteuid;

use crate::modem::device::Roots;
use crate::modem::holder::{make_run_dir, run_dir};
use crate::network::files;

/// First line of a resolv.conf that mhictl wrote.
const MARK: &str = "# written by mhictl";
/// How long one of the programs may take. mhictl does nothing else meanwhile, and its watchdog under systemd is patient for longer,
/// also where three follow each other.
const PATIENCE: Duration = Duration::from_secs(10);

/// Who takes the servers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Backend {
    Resolvconf,
    Resolved,
    File,
}

impl Backend {
    fn name(self) -> &'static str {
        match self {
            Backend::Resolvconf => "resolvconf",
            Backend::Resolved => "systemd-resolved",
            Backend::File => "/etc/resolv.conf",
        }
    }
}

/// Where servers would go.
pub fn place(roots: &Roots) -> &'static str {
    detect(roots).name()
}

/// The servers of one interface, until [`Dns::withdraw`].
#[derive(Debug)]
pub struct Dns {
    backend: Backend,
    interface: String,
    roots: Roots,
}

impl Dns {
    /// Announces `servers` for `interface`.
    pub fn announce(roots: &Roots, interface: &str, servers: &[IpAddr]) -> io::Result<Dns> {
        let dns = Dns {
            backend: detect(roots),
            interface: interface.to_owned(),
            roots: roots.clone(),
        };
        match dns.set(servers) {
            Ok(()) => Ok(dns),
            Err(error) => {
                // Half of it may be done.
                let _ = dns.withdraw();
                Err(error)
            }
        }
    }

    fn set(&self, servers: &[IpAddr]) -> io::Result<()> {
        let interface = self.interface.as_str();
        match self.backend {
            Backend::Resolvconf => run("resolvconf", &["-a", interface], &resolv_conf(servers)),
            Backend::Resolved => {
                let servers: Vec<String> = servers.iter().map(IpAddr::to_string).collect();
                let mut arguments = vec!["dns", interface];
                arguments.extend(servers.iter().map(String::as_str));
                run("resolvectl", &arguments, "")?;
                run("resolvectl", &["default-route", interface, "yes"], "")
            }
            Backend::File => replace_file(&self.roots, interface, servers),
        }
    }

    /// Where the servers went, for the `dns` line.
    pub fn place(&self) -> &'static str {
        self.backend.name()
    }

    /// Takes the servers back.
    pub fn withdraw(self) -> io::Result<()> {
        match self.backend {
            Backend::Resolvconf => run("resolvconf", &["-d", &self.interface], ""),
            Backend::Resolved => run("resolvectl", &["revert", &self.interface], ""),
            Backend::File => restore_file(&self.roots, &self.interface),
        }
    }
}

fn detect(roots: &Roots) -> Backend {
    if find_program("resolvconf").is_some_and(|path| !is_resolvectl(&path)) {
        return Backend::Resolvconf;
    }
    if roots.run.join("systemd/resolve").is_dir() && find_program("resolvectl").is_some() {
        return Backend::Resolved;
    }
    Backend::File
}

/// Whether this resolvconf is systemd-resolved's imitation, which wants more rights than what it imitates needs.
fn is_resolvectl(path: &Path) -> bool {
    fs::canonicalize(path).is_ok_and(|path| path.ends_with("resolvectl"))
}

fn find_program(name: &str) -> Option<PathBuf> {
    ["/usr/sbin", "/usr/bin", "/sbin", "/bin"]
        .iter()
        .map(|dir| Path::new(dir).join(name))
        .find(|path| path.is_file())
}

fn run(program: &str, arguments: &[&str], input: &str) -> io::Result<()> {
    let path = find_program(program).ok_or(io::ErrorKind::NotFound)?;
    let mut child = Command::new(path)
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()?;
    if let Some(mut stdin) = child.stdin.take() {
        // A program that does not read its input is judged by its exit status.
        let _ = stdin.write_all(input.as_bytes());
    }
    let status = wait(&mut child)?;
    let why = match status {
        Some(status) if status.success() => return Ok(()),
        Some(status) => status.to_string(),
        None => format!("killed after {} s", PATIENCE.as_secs()),
    };
    let arguments = arguments.join(" ");
    Err(io::Error::other(format!("{program} {arguments}: {why}")))
}

/// Waits for the program's end; none if it had to be killed.
fn wait(child: &mut Child) -> io::Result<Option<ExitStatus>> {
    let until = Instant::now() + PATIENCE;
    loop {
        if let Some(status) = child.try_wait()? {
            return Ok(Some(status));
        }
        if Instant::now() >= until {
            child.kill()?;
            return child.wait().map(|_| None);
        }
        std::thread::sleep(Duration::from_millis(5));
    }
}

fn resolv_conf(servers: &[IpAddr]) -> String {
    let mut text = String::new();
    for server in servers {
        text.push_str("nameserver ");
        text.push_str(&server.to_string());
        text.push('\n');
    }
    text
}

/// Where the original is kept: beside the file, since a loss of power must not part them.
fn backup_path(file: &Path) -> PathBuf {
    file.with_file_name("resolv.conf.mhictl-saved")
}

/// Takes out what a session of that interface has left which was killed, or whose machine lost its power. Who calls has the mux id to
/// himself.
pub fn clean_up(roots: &Roots, interface: &str) {
    let ours = files::read(&resolv_path(roots)).is_ok_and(|text| text.starts_with(MARK));
    if ours || shares_dir(roots).join(interface).exists() {
        let _ = restore_file(roots, interface);
    }
}

/// Where the servers of each session are kept, a file for each interface.
fn shares_dir(roots: &Roots) -> PathBuf {
    run_dir(roots).join("dns")
}

/// Keeps other sessions from changing anything until it is dropped. What is kept in another user's directory may be anything.
fn hold(roots: &Roots) -> io::Result<fs::File> {
    let run = make_run_dir(roots).map_err(|error| io::Error::other(error.what))?;
    let owner = fs::symlink_metadata(&run)?.uid();
    if owner != geteuid().as_raw() {
        let run = run.display();
        return Err(io::Error::other(format!("{run} is user {owner}'s")));
    }
    let dir = shares_dir(roots);
    fs::create_dir_all(&dir)?;
    let held = fs::File::open(dir)?;
    flock(&held, FlockOperation::LockExclusive)?;
    Ok(held)
}

/// The servers of all sessions, those of interfaces that are gone left out.
fn shares(roots: &Roots) -> io::Result<String> {
    let entries = fs::read_dir(shares_dir(roots))?.flatten();
    let mut files: Vec<PathBuf> = entries.map(|entry| entry.path()).collect();
    files.sort();
    let mut text = String::new();
    for file in files {
        let interface = file.file_name().unwrap_or_default();
        if roots.sys.join("class/net").join(interface).exists() {
            text.push_str(&files::read(&file)?);
        } else {
            let _ = fs::remove_file(&file);
        }
    }
    Ok(text)
}

/// Writes resolv.conf through its symbolic links, after keeping the original; a file that an earlier mhictl left behind, or another
/// one of now, does not replace the original that it kept.
fn replace_file(roots: &Roots, interface: &str, servers: &[IpAddr]) -> io::Result<()> {
    let _held = hold(roots)?;
    files::replace(&shares_dir(roots).join(interface), &resolv_conf(servers))?;
    let path = resolv_path(roots);
    let backup = backup_path(&path);
    match files::read(&path) {
        Ok(old) if old.starts_with(MARK) => {}
        Ok(old) => files::replace(&backup, &old)?,
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            let _ = fs::remove_file(&backup);
        }
        Err(error) => return Err(error),
    }
    write_shares(&path, &shares(roots)?)
}

fn write_shares(path: &Path, shares: &str) -> io::Result<()> {
    let text = format!("{MARK}, which restores the old file when the session ends\n{shares}");
    write_in_place_or_atomically(path, &text)
}

/// Takes the interface's servers out, and behind the last one puts the original back, unless somebody else has written the file meanwhile.
fn restore_file(roots: &Roots, interface: &str) -> io::Result<()> {
    let path = resolv_path(roots);
    let backup = backup_path(&path);
    let _held = hold(roots)?;
    let _ = fs::remove_file(shares_dir(roots).join(interface));
    let others = shares(roots)?;
    if files::read(&path).is_ok_and(|text| text.starts_with(MARK)) {
        if !others.is_empty() {
            return write_shares(&path, &others);
        }
        match files::read(&backup) {
            Ok(old) => write_in_place_or_atomically(&path, &old)?,
            Err(_) => fs::remove_file(&path)?,
        }
    }
    match fs::remove_file(&backup) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

fn resolv_path(roots: &Roots) -> PathBuf {
    let path = roots.etc.join("resolv.conf");
    fs::canonicalize(&path).unwrap_or_else(|_| match fs::read_link(&path) {
        // The link is somebody's who is not at work; it stays.
        Ok(target) => roots.etc.join(target),
        Err(_) => path,
    })
}

/// A file that is a mount point, as in containers, cannot be renamed over: it is then written in place.
fn write_in_place_or_atomically(path: &Path, text: &str) -> io::Result<()> {
    match files::replace(path, text) {
        Err(error) if error.raw_os_error() == Some(rustix::io::Errno::BUSY.raw_os_error()) => {
            fs::write(path, text)
        }
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::modem::device::tests::Tree;
    use std::os::unix::fs::symlink;

    const SERVERS: [IpAddr; 1] = [IpAddr::V4(std::net::Ipv4Addr::new(1, 1, 1, 1))];

    const WAN: &str = "rmnet_mhi0.1";
    const IMS: &str = "rmnet_mhi0.2";

    /// Trees with the interfaces of two sessions.
    fn tree() -> Tree {
        let tree = Tree::new();
        for interface in [WAN, IMS] {
            fs::create_dir_all(tree.roots.sys.join("class/net").join(interface)).unwrap();
        }
        tree
    }

    fn read(tree: &Tree) -> String {
        fs::read_to_string(tree.roots.etc.join("resolv.conf")).unwrap()
    }

    #[test]
    fn the_old_file_comes_back() {
        let tree = tree();
        fs::write(tree.roots.etc.join("resolv.conf"), "nameserver 192.0.2.1\n").unwrap();
        replace_file(&tree.roots, WAN, &SERVERS).unwrap();
        assert!(read(&tree).ends_with("nameserver 1.1.1.1\n"));
        restore_file(&tree.roots, WAN).unwrap();
        assert_eq!(read(&tree), "nameserver 192.0.2.1\n");
        assert!(!backup_path(&resolv_path(&tree.roots)).exists());
    }

    #[test]
    fn resolveds_resolvconf_is_none() {
        let tree = Tree::new();
        let (real, other) = (
            tree.roots.run.join("resolvectl"),
            tree.roots.run.join("resolvconf"),
        );
        fs::write(&real, "").unwrap();
        symlink("resolvectl", &other).unwrap();
        assert!(is_resolvectl(&other));
        assert!(!is_resolvectl(&tree.roots.run.join("openresolv")));
    }

    #[test]
    fn a_second_announcement_keeps_the_first_original() {
        let tree = tree();
        fs::write(tree.roots.etc.join("resolv.conf"), "nameserver 192.0.2.1\n").unwrap();
        replace_file(&tree.roots, WAN, &SERVERS).unwrap();
        replace_file(&tree.roots, WAN, &["2001:db8::1".parse().unwrap()]).unwrap();
        assert!(read(&tree).ends_with("nameserver 2001:db8::1\n"));
        restore_file(&tree.roots, WAN).unwrap();
        assert_eq!(read(&tree), "nameserver 192.0.2.1\n");
    }

    #[test]
    fn two_sessions_share_the_file_and_the_last_one_restores_it() {
        let tree = tree();
        fs::write(tree.roots.etc.join("resolv.conf"), "nameserver 192.0.2.1\n").unwrap();
        replace_file(&tree.roots, WAN, &SERVERS).unwrap();
        replace_file(&tree.roots, IMS, &["192.0.2.7".parse().unwrap()]).unwrap();
        assert!(read(&tree).ends_with("nameserver 1.1.1.1\nnameserver 192.0.2.7\n"));
        restore_file(&tree.roots, WAN).unwrap();
        assert!(read(&tree).starts_with(MARK) && !read(&tree).contains("1.1.1.1"));
        restore_file(&tree.roots, IMS).unwrap();
        assert_eq!(read(&tree), "nameserver 192.0.2.1\n");
        // What a session that was killed has left counts no longer when its link is gone.
        replace_file(&tree.roots, IMS, &["192.0.2.7".parse().unwrap()]).unwrap();
        fs::remove_dir(tree.roots.sys.join("class/net").join(IMS)).unwrap();
        replace_file(&tree.roots, WAN, &SERVERS).unwrap();
        assert!(!read(&tree).contains("192.0.2.7"));
        restore_file(&tree.roots, WAN).unwrap();
        assert_eq!(read(&tree), "nameserver 192.0.2.1\n");
    }

    #[test]
    fn a_file_that_another_program_wrote_stays() {
        let tree = tree();
        fs::write(tree.roots.etc.join("resolv.conf"), "nameserver 192.0.2.1\n").unwrap();
        replace_file(&tree.roots, WAN, &SERVERS).unwrap();
        fs::write(tree.roots.etc.join("resolv.conf"), "nameserver 192.0.2.9\n").unwrap();
        restore_file(&tree.roots, WAN).unwrap();
        assert_eq!(read(&tree), "nameserver 192.0.2.9\n");
    }

    #[test]
    fn what_cannot_be_announced_leaves_nothing_behind() {
        let tree = tree();
        let original = "nameserver 192.0.2.1\n";
        fs::write(tree.roots.etc.join("resolv.conf"), original).unwrap();
        let dns = |interface: &str| Dns {
            backend: Backend::File,
            interface: interface.to_owned(),
            roots: tree.roots.clone(),
        };
        // The file cannot be kept: what it would be kept as is a folder that is not empty.
        fs::create_dir_all(backup_path(&resolv_path(&tree.roots)).join("x")).unwrap();
        dns(WAN).set(&SERVERS).unwrap_err();
        let share = shares_dir(&tree.roots).join(WAN);
        assert!(share.exists());
        let _ = dns(WAN).withdraw();
        assert!(!share.exists());
        assert_eq!(read(&tree), original);
    }

    #[test]
    fn another_users_directory_is_not_trusted() {
        let tree = tree();
        let dir = make_run_dir(&tree.roots).unwrap();
        // Only root can give it away.
        if std::os::unix::fs::chown(dir, Some(4711), None).is_ok() {
            let error = replace_file(&tree.roots, WAN, &SERVERS).unwrap_err();
            assert!(error.to_string().contains("user 4711's"), "{error}");
            assert!(!tree.roots.etc.join("resolv.conf").exists());
        }
    }

    #[test]
    fn what_is_left_of_a_session_is_taken_out_by_the_next_one() {
        let tree = tree();
        fs::write(tree.roots.etc.join("resolv.conf"), "nameserver 192.0.2.1\n").unwrap();
        // It was killed: its link may be there anew.
        replace_file(&tree.roots, WAN, &SERVERS).unwrap();
        clean_up(&tree.roots, WAN);
        assert_eq!(read(&tree), "nameserver 192.0.2.1\n");
        // The machine lost its power, and all that was in memory.
        replace_file(&tree.roots, WAN, &SERVERS).unwrap();
        fs::remove_dir_all(run_dir(&tree.roots)).unwrap();
        clean_up(&tree.roots, IMS);
        assert_eq!(read(&tree), "nameserver 192.0.2.1\n");
        // Another session's stays.
        replace_file(&tree.roots, IMS, &SERVERS).unwrap();
        clean_up(&tree.roots, WAN);
        assert!(read(&tree).ends_with("nameserver 1.1.1.1\n"));
    }

    #[test]
    fn a_link_into_nowhere_stays() {
        let tree = tree();
        let (path, nowhere) = (
            tree.roots.etc.join("resolv.conf"),
            tree.roots.run.join("gone/stub-resolv.conf"),
        );
        symlink(&nowhere, &path).unwrap();
        replace_file(&tree.roots, WAN, &SERVERS).unwrap_err();
        let _ = restore_file(&tree.roots, WAN);
        assert_eq!(fs::read_link(&path).unwrap(), nowhere);
    }

    #[test]
    fn no_file_before_means_none_after() {
        let tree = tree();
        replace_file(&tree.roots, WAN, &SERVERS).unwrap();
        restore_file(&tree.roots, WAN).unwrap();
        assert!(!tree.roots.etc.join("resolv.conf").exists());
    }

    #[test]
    fn a_symbolic_link_stays_a_link() {
        let tree = tree();
        let target = tree.roots.run.join("real.conf");
        fs::write(&target, "nameserver 192.0.2.1\n").unwrap();
        symlink(&target, tree.roots.etc.join("resolv.conf")).unwrap();
        replace_file(&tree.roots, WAN, &SERVERS).unwrap();
        assert!(fs::read_to_string(&target).unwrap().contains("1.1.1.1"));
        restore_file(&tree.roots, WAN).unwrap();
        assert_eq!(
            fs::read_to_string(&target).unwrap(),
            "nameserver 192.0.2.1\n"
        );
        assert!(fs::symlink_metadata(tree.roots.etc.join("resolv.conf"))
            .unwrap()
            .is_symlink());
    }
}
