// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
//! The control socket of a running `connect`, /run/mhictl/0000:01:00.0-129.sock: one request line, one answer, end.
//! It is root's alone; requests, connections and time are bounded nevertheless.

use std::fs;
use std::io::{ErrorKind, Read, Write};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use rustix::fs::{fchmod, Mode};
use rustix::net::{
    bind, listen, socket_with, AddressFamily, SocketAddrUnix, SocketFlags, SocketType,
};

use crate::exit::Error;
use crate::modem::device::Roots;
use crate::modem::holder::{make_run_dir, run_dir};

/// Longest request, with its newline.
const REQUEST_MAX: usize = 64;
/// Connections at a time.
const CONNECTIONS_MAX: usize = 4;
/// Connections that wait to be taken.
const BACKLOG: i32 = 16;
/// How long a connection may take to say what it wants.
const PATIENCE: Duration = Duration::from_secs(5);

/// Where the socket of a session is. It goes by the modem's PCI function: two modems that restart may exchange their wwanN.
pub fn path(roots: &Roots, pci: &str, mux: u8) -> PathBuf {
    run_dir(roots).join(format!("{pci}-{mux}.sock"))
}

/// The sockets of a modem's sessions by mux id; some may be dead.
pub fn sockets(roots: &Roots, pci: &str) -> Vec<PathBuf> {
    let paths = (1..=254).map(|mux| path(roots, pci, mux));
    paths.filter(|path| path.exists()).collect()
}

/// The PCI functions of the modems that sessions have sockets for, in order; some may be dead.
pub fn functions(roots: &Roots) -> Vec<String> {
    let entries = fs::read_dir(run_dir(roots)).into_iter().flatten().flatten();
    let mut found: Vec<String> = entries
        .filter_map(|entry| {
            let name = entry.file_name().into_string().ok()?;
            let (pci, _) = name.strip_suffix(".sock")?.rsplit_once('-')?;
            Some(pci.to_owned())
        })
        .collect();
    found.sort();
    found.dedup();
    found
}

/// The request for session and modem.
pub const ALL: &str = "status\n";
/// The request for the session alone, which is answered at once.
pub const SESSION: &str = "session\n";

/// What a connection wants.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ask {
    /// The session, and what the modem says.
    All,
    /// The session.
    Session,
}

#[derive(Debug)]
struct Connection {
    stream: UnixStream,
    request: Vec<u8>,
    ask: Option<Ask>,
    deadline: Instant,
}

/// The listening socket with its connections; removed when dropped.
#[derive(Debug)]
pub struct Control {
    listener: UnixListener,
    path: PathBuf,
    connections: Vec<Connection>,
}

impl Control {
    /// Listens. The caller holds the mux id's lock, so a socket that is there is a dead one.
    pub fn listen(roots: &Roots, pci: &str, mux: u8) -> Result<Control, Error> {
        make_run_dir(roots)?;
        let path = path(roots, pci, mux);
        let _ = fs::remove_file(&path);
        let listener = private(&path).map_err(|error| {
            Error::system(format_args!("listen on {}", path.display()), &error.into())
        })?;
        Ok(Control {
            listener,
            path,
            connections: Vec::new(),
        })
    }

    /// A copy of the socket for the event loop to watch.
    pub fn watched(&self) -> std::io::Result<UnixListener> {
        self.listener.try_clone()
    }

    /// Takes new connections; those beyond the bound are closed.
    pub fn accept(&mut self, now: Instant) {
        while let Ok((stream, _)) = self.listener.accept() {
            if self.connections.len() < CONNECTIONS_MAX && stream.set_nonblocking(true).is_ok() {
                self.connections.push(Connection {
                    stream,
                    request: Vec::new(),
                    ask: None,
                    deadline: now + PATIENCE,
                });
            }
        }
    }

    /// Reads what connections want.
    pub fn read(&mut self, now: Instant) {
        self.connections
            .retain_mut(|connection| connection.deadline > now && connection.read());
    }

    /// Whether anybody waits for this.
    pub fn waits(&self, ask: Ask) -> bool {
        self.connections
            .iter()
            .any(|connection| connection.ask == Some(ask))
    }

    /// When connections that have not said what they want are looked at again; they are too short-lived for a place in the event loop.
    pub fn wakeup(&self, now: Instant) -> Option<Instant> {
        let waits = self
            .connections
            .iter()
            .any(|connection| connection.ask.is_none());
        waits.then(|| now + Duration::from_millis(20))
    }

    /// Answers everybody who waits for this, and hangs up.
    pub fn answer(&mut self, ask: Ask, text: &str) {
        self.connections.retain_mut(|connection| {
            let waits = connection.ask == Some(ask);
            if waits {
                // The answer is far smaller than a socket's buffer; a reader that has gone away misses it.
                let _ = connection.stream.write_all(text.as_bytes());
            }
            !waits
        });
    }
}

/// A socket for its owner only, from the first moment on: Linux takes over the mode that it has before it has a name.
fn private(path: &Path) -> rustix::io::Result<UnixListener> {
    let flags = SocketFlags::CLOEXEC | SocketFlags::NONBLOCK;
    let socket = socket_with(AddressFamily::UNIX, SocketType::STREAM, flags, None)?;
    fchmod(&socket, Mode::RUSR | Mode::WUSR)?;
    bind(&socket, &SocketAddrUnix::new(path)?)?;
    listen(&socket, BACKLOG)?;
    Ok(socket.into())
}

impl Drop for Control {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.path);
    }
}

impl Connection {
    /// Reads the request; false hangs up.
    fn read(&mut self) -> bool {
        if self.ask.is_some() {
            return true;
        }
        let mut buffer = [0; REQUEST_MAX];
        match self.stream.read(&mut buffer) {
            Ok(0) => return false,
            Ok(count) => self
                .request
                .extend_from_slice(buffer.get(..count).unwrap_or_default()),
            Err(error) => {
                return error.kind() == ErrorKind::WouldBlock
                    || error.kind() == ErrorKind::Interrupted
            }
        }
        match self.request.as_slice() {
            request if request == ALL.as_bytes() => self.ask = Some(Ask::All),
            request if request == SESSION.as_bytes() => self.ask = Some(Ask::Session),
            request if request.contains(&b'\n') || request.len() > REQUEST_MAX => {
                let _ = self.stream.write_all(b"error: unknown request\n");
                return false;
            }
            _ => {}
        }
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::modem::device::tests::Tree;
    use std::os::unix::fs::PermissionsExt;

    fn ask(tree: &Tree, control: &mut Control, request: &[u8]) -> String {
        let mut stream = UnixStream::connect(path(&tree.roots, "0000:01:00.0", 129)).unwrap();
        stream.write_all(request).unwrap();
        let now = Instant::now();
        control.accept(now);
        control.read(now);
        for ask in [Ask::All, Ask::Session] {
            if control.waits(ask) {
                control.answer(ask, &format!("{ask:?}"));
            }
        }
        control.connections.clear();
        let mut answer = String::new();
        let _ = stream.read_to_string(&mut answer);
        answer
    }

    #[test]
    fn requests_are_answered_and_others_refused() {
        let tree = Tree::new();
        let mut control = Control::listen(&tree.roots, "0000:01:00.0", 129).unwrap();
        assert_eq!(ask(&tree, &mut control, b"status\n"), "All");
        assert_eq!(ask(&tree, &mut control, b"session\n"), "Session");
        assert_eq!(
            ask(&tree, &mut control, b"reboot\n"),
            "error: unknown request\n"
        );
        assert_eq!(ask(&tree, &mut control, &[b'x'; 100]), "");
        assert_eq!(ask(&tree, &mut control, b""), "");
    }

    #[test]
    fn sockets_are_listed_by_modem_and_mux_id() {
        let tree = Tree::new();
        assert!(sockets(&tree.roots, "0000:01:00.0").is_empty());
        let others = [
            ("0000:01:00.0", 130),
            ("0000:01:00.0", 129),
            ("0000:02:00.0", 129),
        ]
        .map(|(pci, mux)| Control::listen(&tree.roots, pci, mux).unwrap());
        let expected = [129, 130].map(|mux| path(&tree.roots, "0000:01:00.0", mux));
        assert_eq!(sockets(&tree.roots, "0000:01:00.0"), expected);
        drop(others);
    }

    #[test]
    fn socket_is_the_owners_and_goes_with_the_listener() {
        let tree = Tree::new();
        let control = Control::listen(&tree.roots, "0000:01:00.0", 129).unwrap();
        let path = path(&tree.roots, "0000:01:00.0", 129);
        assert_eq!(
            fs::metadata(&path).unwrap().permissions().mode() & 0o777,
            0o600
        );
        assert_eq!(
            fs::metadata(path.parent().unwrap())
                .unwrap()
                .permissions()
                .mode()
                & 0o777,
            0o700
        );
        drop(control);
        assert!(!path.exists());
    }

    #[test]
    fn connections_are_bounded_in_number_and_time() {
        let tree = Tree::new();
        let mut control = Control::listen(&tree.roots, "0000:01:00.0", 129).unwrap();
        let streams: Vec<UnixStream> = (0..10)
            .map(|_| UnixStream::connect(path(&tree.roots, "0000:01:00.0", 129)).unwrap())
            .collect();
        let now = Instant::now();
        control.accept(now);
        assert_eq!(control.connections.len(), CONNECTIONS_MAX);
        control.read(now + PATIENCE);
        assert!(control.connections.is_empty());
        drop(streams);
    }
}
