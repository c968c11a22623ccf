// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
//! The way to a port: through the proxy that runs, be it libqmi's or mhictl's, or through one of mhictl's that is started here.
//! `connect` and `status` come this way.

use std::fs::File;
use std::io::ErrorKind;
use std::os::fd::OwnedFd;
use std::os::linux::net::SocketAddrExt;
use std::os::unix::net::{SocketAddr, UnixStream};
use std::path::Path;
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use qmi::{ctl, ErrorCode, Message};
use rustix::net::sockopt::socket_peercred;

use crate::exit::{Error, Exit};
use crate::modem::device::{read_trimmed, Roots};
use crate::modem::holder;
use crate::modem::port::Port;
use crate::program;
use crate::proxy::peer::{may_open, trusted};

/// How long a proxy may take to listen.
const START_PATIENCE: Duration = Duration::from_secs(5);
/// How often a proxy that starts is looked for by those who wait.
const START_PERIOD: Duration = Duration::from_millis(20);

/// The proxy at the other end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Server {
    /// Process id.
    pub pid: u32,
    /// Name, from /proc/PID/comm.
    pub name: String,
}

/// The door, with the proxy that was started for it.
#[derive(Debug, Default)]
pub struct Door {
    child: Option<Child>,
    output: Option<File>,
}

impl Door {
    /// The port by way of a proxy; without one, one is started, and none returned: it listens in a moment.
    ///
    /// # Errors
    ///
    /// Somebody else has the port, or no proxy can be had.
    pub fn open(
        &mut self,
        roots: &Roots,
        node: &Path,
        wwan: &str,
        verbose: bool,
    ) -> Result<Option<(Port, Server)>, Error> {
        let connected = connect(roots, node)?;
        let proxy = connected.as_ref().map(|(_, server)| server.pid);
        holder::refuse_if_held(roots, node, wwan, proxy)?;
        let Some((stream, server)) = connected else {
            self.start()?;
            return Ok(None);
        };
        let port = Port::through(stream, verbose)
            .map_err(|error| Error::system("connect to the QMI proxy", &error))?;
        Ok(Some((port, server)))
    }

    /// The same for those who can wait.
    pub fn wait(
        &mut self,
        roots: &Roots,
        node: &Path,
        wwan: &str,
    ) -> Result<(Port, Server), Error> {
        let until = Instant::now() + START_PATIENCE;
        loop {
            if let Some(opened) = self.open(roots, node, wwan, false)? {
                return Ok(opened);
            }
            if Instant::now() >= until {
                return Err(Error::new(
                    Exit::Failure,
                    "the QMI proxy does not start",
                    "see what it says: mhictl proxy",
                ));
            }
            std::thread::sleep(START_PERIOD);
        }
    }

    /// The output of a proxy that was started: it prints a line once it listens, and nothing more.
    pub fn starting(&mut self) -> Option<File> {
        self.output.take()
    }

    /// Takes note of a proxy's end: one of mhictl's that is not needed ends by itself.
    pub fn reap(&mut self) {
        if let Some(child) = &mut self.child {
            if !matches!(child.try_wait(), Ok(None)) {
                self.child = None;
            }
        }
    }

    fn start(&mut self) -> Result<(), Error> {
        self.reap();
        if self.child.is_some() {
            return Ok(());
        }
        let failed = |error: std::io::Error| Error::system("start the QMI proxy", &error);
        // It outlives this process, so it must not hold on to anything of it: it closes its output once it listens.
        let mut child = program::itself()
            .arg("proxy")
            .current_dir("/")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .map_err(failed)?;
        let output = child.stdout.take().map(OwnedFd::from);
        self.output = output.map(File::from);
        self.child = Some(child);
        Ok(())
    }
}

impl Drop for Door {
    /// One that runs on is waited for beside what this process does next: `cm` opens a door with each attempt.
    fn drop(&mut self) {
        self.reap();
        if let Some(mut child) = self.child.take() {
            std::thread::spawn(move || child.wait());
        }
    }
}

/// The error of a proxy that does not open the port. One of mhictl's says why, libqmi's does not.
pub fn not_opened(node: &str, code: ErrorCode, message: &Message<'_>) -> Error {
    let why = message.body::<ctl::ProxyOpened<'_>>().unwrap_or_default();
    let what = why.what.map_or_else(
        || format!("the QMI proxy does not open {node}: {code}"),
        |what| what.to_string(),
    );
    let next = why.next.map_or(String::new(), |next| next.to_string());
    let exit = why.exit.and_then(Exit::from_code);
    Error::new(exit.unwrap_or(Exit::NoDevice), what, next)
}

/// The proxy's address: an abstract one, in libqmi's manner.
pub fn address(roots: &Roots) -> std::io::Result<SocketAddr> {
    SocketAddr::from_abstract_name(roots.proxy.as_bytes())
}

/// A connection to the proxy that runs, if any does.
fn connect(roots: &Roots, node: &Path) -> Result<Option<(UnixStream, Server)>, Error> {
    let failed = |error: std::io::Error| Error::system("connect to the QMI proxy", &error);
    let address = address(roots).map_err(failed)?;
    let stream = match UnixStream::connect_addr(&address) {
        Ok(stream) => stream,
        Err(error) if error.kind() == ErrorKind::ConnectionRefused => return Ok(None),
        Err(error) => return Err(failed(error)),
    };
    let who = socket_peercred(&stream).map_err(|error| failed(error.into()))?;
    let pid = u32::try_from(who.pid.as_raw_nonzero().get()).unwrap_or(0);
    // Anybody may take an abstract name, and a PIN or a password is not for anybody; those who may open the port itself see it anyway.
    if !trusted(&who) && !may_open(&who, node) {
        let uid = who.uid.as_raw();
        return Err(Error::new(
            Exit::PortBusy,
            format!("the QMI proxy (pid {pid}) belongs to user {uid}, who is neither root nor in the port's group"),
            "end that program, then try again",
        ));
    }
    let comm = roots.proc.join(pid.to_string()).join("comm");
    let name = read_trimmed(&comm).unwrap_or_default();
    Ok(Some((stream, Server { pid, name })))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::modem::device::tests::Tree;
    use std::os::unix::net::UnixListener;

    #[test]
    fn a_proxy_that_runs_is_found_with_its_pid() {
        let tree = Tree::new();
        let node = tree.roots.dev.join("wwan0qmi0");
        assert!(connect(&tree.roots, &node).unwrap().is_none());
        let listener = UnixListener::bind_addr(&address(&tree.roots).unwrap()).unwrap();
        let (_, server) = connect(&tree.roots, &node).unwrap().unwrap();
        assert_eq!(server.pid, std::process::id());
        drop(listener);
        assert!(connect(&tree.roots, &node).unwrap().is_none());
    }
}
