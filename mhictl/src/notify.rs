// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
//! The service manager: whether it waits for `connect`, what it shows, and its watchdog; the protocol of systemd's sd_notify(3).
//! `lines` tells it what mhictl says, `connect` keeps its watchdog quiet.

use std::ffi::{OsStr, OsString};
use std::io;
use std::os::linux::net::SocketAddrExt;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::net::{SocketAddr, UnixDatagram};
use std::time::{Duration, Instant};

/// What the manager leaves in the environment.
const VARIABLES: [&str; 3] = ["NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID"];

/// Who has started this process and wants to hear of it.
#[derive(Debug)]
pub struct Manager {
    socket: UnixDatagram,
    address: SocketAddr,
}

impl Manager {
    /// The manager that the environment names, if any.
    pub fn from_environment() -> Option<Manager> {
        Manager::at(&std::env::var_os("NOTIFY_SOCKET")?)
    }

    fn at(name: &OsStr) -> Option<Manager> {
        let address = match name.as_bytes() {
            [b'@', rest @ ..] => SocketAddr::from_abstract_name(rest),
            _ => SocketAddr::from_pathname(name),
        };
        let socket = UnixDatagram::unbound().ok()?;
        // One that does not read must not hold mhictl up.
        socket.set_nonblocking(true).ok()?;
        Some(Manager {
            socket,
            address: address.ok()?,
        })
    }

    /// Tells `NAME=VALUE`; the value is one line.
    pub fn tell(&self, name: &str, value: &str) -> io::Result<()> {
        let value = value.replace('\n', " ");
        let text = format!("{name}={value}\n");
        self.socket
            .send_to_addr(text.as_bytes(), &self.address)
            .map(drop)
    }
}

/// When the manager's watchdog wants to hear something.
#[derive(Debug)]
pub struct Watchdog {
    period: Duration,
    next: Instant,
}

impl Watchdog {
    /// The watchdog of this process, if it has one: half of its time is the period, as sd_watchdog_enabled(3) has it.
    pub fn from_environment(now: Instant) -> Option<Watchdog> {
        let read = |name| std::env::var_os(name);
        Watchdog::of(read("WATCHDOG_USEC"), read("WATCHDOG_PID"), now)
    }

    fn of(time: Option<OsString>, pid: Option<OsString>, now: Instant) -> Option<Watchdog> {
        let number = |text: OsString| text.to_str()?.parse::<u64>().ok();
        if pid.is_some_and(|pid| number(pid) != Some(std::process::id().into())) {
            return None;
        }
        let micros = number(time?).filter(|&micros| micros > 0)?;
        Some(Watchdog {
            period: Duration::from_micros(micros) / 2,
            next: now,
        })
    }

    /// When it wants to hear something next.
    pub fn wakeup(&self) -> Instant {
        self.next
    }

    /// Whether it wants to hear something now.
    pub fn due(&mut self, now: Instant) -> bool {
        let due = self.next <= now;
        if due {
            self.next = now + self.period;
        }
        due
    }
}

/// Keeps what mhictl starts from taking itself for the manager's service.
pub fn clear_environment() {
    for name in VARIABLES {
        std::env::remove_var(name);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::modem::device::tests::Tree;

    fn heard(socket: &UnixDatagram) -> String {
        let mut buffer = [0; 256];
        let count = socket.recv(&mut buffer).unwrap();
        String::from_utf8_lossy(&buffer[..count]).into_owned()
    }

    #[test]
    fn a_manager_at_a_path_hears_one_line() {
        let tree = Tree::new();
        let path = tree.roots.run.join("notify");
        let socket = UnixDatagram::bind(&path).unwrap();
        let manager = Manager::at(path.as_os_str()).unwrap();
        manager.tell("STATUS", "a\nb").unwrap();
        assert_eq!(heard(&socket), "STATUS=a b\n");
    }

    #[test]
    fn a_manager_at_an_abstract_name_hears_too() {
        let name = format!("mhictl-notify-{}", std::process::id());
        let address = SocketAddr::from_abstract_name(&name).unwrap();
        let socket = UnixDatagram::bind_addr(&address).unwrap();
        let manager = Manager::at(OsStr::new(&format!("@{name}"))).unwrap();
        manager.tell("READY", "1").unwrap();
        assert_eq!(heard(&socket), "READY=1\n");
    }

    #[test]
    fn a_manager_that_is_gone_is_an_error_and_no_wait() {
        let manager = Manager::at(OsStr::new("/nonexistent/notify")).unwrap();
        assert!(manager.tell("READY", "1").is_err());
    }

    #[test]
    fn watchdog_is_due_at_once_and_then_twice_in_its_time() {
        let now = Instant::now();
        let mut watchdog = Watchdog::of(Some("4000000".into()), None, now).unwrap();
        assert!(watchdog.due(now) && !watchdog.due(now));
        assert_eq!(watchdog.wakeup(), now + Duration::from_secs(2));
        assert!(!watchdog.due(now + Duration::from_millis(1999)));
        assert!(watchdog.due(now + Duration::from_secs(2)));
    }

    #[test]
    fn watchdog_of_another_process_or_of_no_time_is_none_of_ours() {
        let now = Instant::now();
        let of = |time: Option<&str>, pid: Option<&str>| {
            Watchdog::of(time.map(Into::into), pid.map(Into::into), now).is_some()
        };
        assert!(of(Some("1"), Some(&std::process::id().to_string())));
        for (time, pid) in [
            (None, None),
            (Some("0"), None),
            (Some("x"), None),
            (Some("4000000"), Some("1")),
            (Some("4000000"), Some("x")),
        ] {
            assert!(!of(time, pid), "{time:?} {pid:?}");
        }
    }
}
