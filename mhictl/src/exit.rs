// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
//! What went wrong, in three parts: the exit code that scripts see, what happened, and what to do next.
//! Every module returns [`Error`]; `main` prints it and exits with its code.

use std::fmt;
use std::process::ExitCode;

/// The exit codes of mhictl. They are part of its interface: a number never changes its meaning.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Exit {
    /// Done, or ended by SIGTERM or SIGINT after a clean tear-down.
    Success = 0,
    /// The operating system refused something that no other code names.
    Failure = 1,
    /// The command line is wrong.
    Usage = 2,
    /// No modem, or none with the port that is needed.
    NoDevice = 3,
    /// Another program holds the port.
    PortBusy = 4,
    /// No SIM card, or one that cannot be read.
    SimAbsent = 5,
    /// The SIM wants a PIN or PUK.
    SimLocked = 6,
    /// No network has registered the modem within the time allowed.
    NotRegistered = 7,
    /// The network refused the session.
    Refused = 8,
    /// The modem does not answer.
    NoAnswer = 9,
    /// The modem answered with an error.
    Modem = 10,
    /// The kernel refused a link, an address or a route.
    Network = 11,
    /// The modem answered an AT command with ERROR.
    AtError = 12,
    /// The user may not open the port or change the network.
    Permission = 13,
}

impl Exit {
    /// All codes, in order.
    pub const ALL: [Exit; 14] = [
        Exit::Success,
        Exit::Failure,
        Exit::Usage,
        Exit::NoDevice,
        Exit::PortBusy,
        Exit::SimAbsent,
        Exit::SimLocked,
        Exit::NotRegistered,
        Exit::Refused,
        Exit::NoAnswer,
        Exit::Modem,
        Exit::Network,
        Exit::AtError,
        Exit::Permission,
    ];

    /// The code of this number.
    pub fn from_code(code: u8) -> Option<Exit> {
        Exit::ALL.into_iter().find(|exit| exit.code() == code)
    }

    /// The number that the shell sees.
    pub fn code(self) -> u8 {
        self as u8
    }

    /// The word for programs: in a hook's MHICTL_ERROR and in JSON. It never changes either.
    pub fn word(self) -> &'static str {
        match self {
            Exit::Success => "success",
            Exit::Failure => "failure",
            Exit::Usage => "usage",
            Exit::NoDevice => "no-device",
            Exit::PortBusy => "port-busy",
            Exit::SimAbsent => "sim-absent",
            Exit::SimLocked => "sim-locked",
            Exit::NotRegistered => "not-registered",
            Exit::Refused => "session-refused",
            Exit::NoAnswer => "no-answer",
            Exit::Modem => "modem-refused",
            Exit::Network => "network",
            Exit::AtError => "at-error",
            Exit::Permission => "permission",
        }
    }

    /// One line for the table in `mhictl --help`.
    pub fn meaning(self) -> &'static str {
        match self {
            Exit::Success => "done; also after SIGTERM or SIGINT",
            Exit::Failure => "the operating system refused something",
            Exit::Usage => "wrong command line",
            Exit::NoDevice => "no modem, or none with the needed port",
            Exit::PortBusy => "another program holds the port, or another mhictl the mux id",
            Exit::SimAbsent => "no SIM card, or it cannot be read",
            Exit::SimLocked => "the SIM wants a PIN or PUK",
            Exit::NotRegistered => "no network registered the modem in time",
            Exit::Refused => "the network refused the session (APN, user, ...)",
            Exit::NoAnswer => "the modem does not answer",
            Exit::Modem => "the modem answered with a QMI error",
            Exit::Network => "the kernel refused a link, address or route",
            Exit::AtError => "the modem answered an AT command with ERROR",
            Exit::Permission => "not allowed; run as root",
        }
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        ExitCode::from(exit.code())
    }
}

/// The exit-code table as `mhictl --help` shows it.
pub fn table() -> String {
    let mut text = String::from("Exit codes:\n");
    for exit in Exit::ALL {
        text.push_str(&format!("  {:>2}  {}\n", exit.code(), exit.meaning()));
    }
    text
}

/// A failure that ends a command.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Error {
    /// The exit code.
    pub exit: Exit,
    /// What happened, one line, no full stop.
    pub what: String,
    /// What to do next, one line; empty when there is nothing to do.
    pub next: String,
}

impl Error {
    /// An error of class `exit`.
    pub fn new(exit: Exit, what: impl Into<String>, next: impl Into<String>) -> Self {
        Error {
            exit,
            what: what.into(),
            next: next.into(),
        }
    }

    /// An error from the operating system while doing `what`: EACCES and EPERM become [`Exit::Permission`].
    pub fn system(what: impl fmt::Display, error: &std::io::Error) -> Self {
        if error.kind() == std::io::ErrorKind::PermissionDenied {
            return Error::new(
                Exit::Permission,
                format!("{what}: {error}"),
                "run mhictl as root (or with CAP_NET_ADMIN and access to the port)",
            );
        }
        Error::new(Exit::Failure, format!("{what}: {error}"), "")
    }
}

/// A wrong command line is told on one line, everything else on one for what happened and one for what to do next.
impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kind = if self.exit == Exit::Usage {
            "usage error"
        } else {
            "error"
        };
        write!(f, "mhictl: {kind}: {}", self.what)?;
        match self.exit {
            _ if self.next.is_empty() => Ok(()),
            Exit::Usage => write!(f, ": {}", self.next),
            _ => write!(f, "\nmhictl: next: {}", self.next),
        }
    }
}

impl std::error::Error for Error {}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io;

    #[test]
    fn codes_never_change() {
        let codes: Vec<u8> = Exit::ALL.iter().map(|exit| exit.code()).collect();
        assert_eq!(codes, (0..14).collect::<Vec<u8>>());
        assert_eq!(
            [
                Exit::Usage,
                Exit::NoDevice,
                Exit::PortBusy,
                Exit::SimAbsent,
                Exit::SimLocked
            ]
            .map(Exit::code),
            [2, 3, 4, 5, 6]
        );
        assert_eq!(
            [
                Exit::NotRegistered,
                Exit::Refused,
                Exit::NoAnswer,
                Exit::Modem,
                Exit::Network
            ]
            .map(Exit::code),
            [7, 8, 9, 10, 11]
        );
    }

    #[test]
    fn words_are_distinct_and_fit_a_shell() {
        let mut words: Vec<&str> = Exit::ALL.iter().map(|exit| exit.word()).collect();
        assert!(words
            .iter()
            .all(|word| word.bytes().all(|b| b.is_ascii_lowercase() || b == b'-')));
        words.sort_unstable();
        words.dedup();
        assert_eq!(words.len(), Exit::ALL.len());
    }

    #[test]
    fn table_names_every_code() {
        let table = table();
        for exit in Exit::ALL {
            assert!(table.contains(&format!("{:>2}  {}", exit.code(), exit.meaning())));
        }
    }

    #[test]
    fn readme_has_every_code_and_word() {
        let readme = include_str!("../../README.md");
        let rows = readme
            .lines()
            .skip_while(|line| *line != "| exit code | meaning |");
        let rows = rows.take_while(|line| line.starts_with('|')).skip(2);
        let codes: Vec<u8> = rows
            .filter_map(|row| row.split('|').nth(1))
            .flat_map(|codes| codes.split(','))
            .map(|code| code.trim().parse().unwrap())
            .collect();
        assert_eq!(codes, Exit::ALL.map(Exit::code));
        for exit in &Exit::ALL[1..] {
            assert!(
                readme.contains(&format!("`{}`", exit.word())),
                "{}",
                exit.word()
            );
        }
    }

    #[test]
    fn denied_access_has_its_own_code() {
        let denied = Error::system("open", &io::Error::from(io::ErrorKind::PermissionDenied));
        assert_eq!(denied.exit, Exit::Permission);
        let other = Error::system("open", &io::Error::from(io::ErrorKind::NotFound));
        assert_eq!(other.exit, Exit::Failure);
    }

    #[test]
    fn display_has_what_and_next_on_a_line_each() {
        let error = Error::new(Exit::NoDevice, "no modem", "load the module");
        assert_eq!(
            error.to_string(),
            "mhictl: error: no modem\nmhictl: next: load the module"
        );
        let error = Error::new(Exit::Usage, "--mtu 7: must be 576 to 65535", "leave it out");
        assert_eq!(
            error.to_string(),
            "mhictl: usage error: --mtu 7: must be 576 to 65535: leave it out"
        );
        assert_eq!(
            Error::new(Exit::NoDevice, "no modem", "").to_string(),
            "mhictl: error: no modem"
        );
    }
}
