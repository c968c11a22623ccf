// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
//! A program of the user's beside mhictl: in a process group of its own (the user's Ctrl-C is for mhictl), without mhictl's
//! secrets, its output on stderr; killed with all that it started when it takes too long. `hook` and `fcc` run such ones. And
//! mhictl itself once more, as which `supervisor` runs its sessions and `door` the proxy.

use std::io;
use std::os::fd::AsFd;
use std::os::unix::process::CommandExt;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use rustix::process::{kill_process_group, Pid, Signal};

use crate::config::SECRETS;

/// How long a program may take.
pub const PATIENCE: Duration = Duration::from_secs(30);

/// What mhictl is called: its command, and in /proc.
pub const NAME: &str = "mhictl";

/// mhictl once more, this very version: an upgrade may have put another one in its place.
pub fn itself() -> Command {
    let mut command = Command::new("/proc/self/exe");
    command.arg0(NAME);
    command
}

/// Gives a process that [`itself`] has started the name that everybody knows mhictl by.
pub fn take_name() {
    // A name in /proc is a convenience.
    let _ = std::fs::write("/proc/self/comm", NAME);
}

/// A program that runs.
#[derive(Debug)]
pub struct Program {
    child: Child,
    deadline: Instant,
    killed: bool,
    over: bool,
}

impl Program {
    /// Starts it. What it prints goes to stderr, since stdout has lines for programs.
    pub fn start(command: &mut Command, now: Instant) -> io::Result<Self> {
        command.stdin(Stdio::null()).process_group(0);
        if let Ok(stderr) = io::stderr().as_fd().try_clone_to_owned() {
            command.stdout(stderr);
        }
        for name in SECRETS {
            command.env_remove(name);
        }
        Ok(Program {
            child: command.spawn()?,
            deadline: now + PATIENCE,
            killed: false,
            over: false,
        })
    }

    /// How it ended, the error in words; none while it runs. Kills it when it takes too long.
    pub fn ended(&mut self, now: Instant) -> Option<Result<(), String>> {
        let status = match self.child.try_wait() {
            Ok(Some(status)) => status,
            Ok(None) => {
                if self.deadline <= now && !self.killed {
                    self.kill();
                }
                return None;
            }
            Err(error) => return Some(Err(error.to_string())),
        };
        self.over = true;
        Some(match (self.killed, status.success()) {
            (true, _) => Err(format!("killed after {} s", PATIENCE.as_secs())),
            (false, true) => Ok(()),
            (false, false) => Err(status.to_string()),
        })
    }

    /// When [`Program::ended`] has something to do; the program's end is a signal and needs no time.
    pub fn wakeup(&self) -> Option<Instant> {
        (!self.killed).then_some(self.deadline)
    }

    /// Kills it with all that it started.
    fn kill(&mut self) {
        self.killed = true;
        let group = i32::try_from(self.child.id()).ok().and_then(Pid::from_raw);
        if let Some(group) = group {
            let _ = kill_process_group(group, Signal::KILL);
        }
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        if !self.over {
            self.kill();
            let _ = self.child.wait();
        }
    }
}
