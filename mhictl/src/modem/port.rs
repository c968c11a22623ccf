// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
//! The QMI port, itself or by way of a proxy: octets moved to and from a sans-IO client.

use std::fs::{File, OpenOptions};
use std::io::{ErrorKind, Read, Write};
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::os::unix::fs::OpenOptionsExt;
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::time::{Duration, Instant};

use qmi::qmux;
use rustix::fs::OFlags;
use rustix::io::Errno;

use crate::exit::{Error, Exit};
use crate::lines;
use crate::modem::client::describe;
use crate::modem::device::Roots;
use crate::modem::frames::Frames;
use crate::modem::holder;

/// Reads in a row before others get their turn.
const READS_MAX: usize = 64;

/// How long udev may take for a port that has appeared.
const UDEV_PATIENCE: Duration = Duration::from_secs(30);

/// An open QMI port.
#[derive(Debug)]
pub struct Port {
    file: File,
    /// What is left to write of a frame; a device takes it whole, a socket may not.
    rest: Vec<u8>,
    /// Shows what comes, frame by frame, if anything is to be shown.
    shown: Option<Frames>,
}

/// Why octets do not move.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stuck {
    /// The driver's queue is full: try again soon.
    Full,
    /// The device is gone.
    Gone,
}

/// Whether a node has appeared just now, so that udev may not have given it to its group.
fn is_new(node: &Path) -> bool {
    let appeared = std::fs::metadata(node).and_then(|node| node.modified());
    appeared.is_ok_and(|time| time.elapsed().is_ok_and(|age| age < UDEV_PATIENCE))
}

/// Opens a character device for reading and writing without blocking.
pub fn open_node(node: &Path) -> std::io::Result<File> {
    let flags = i32::try_from((OFlags::NONBLOCK | OFlags::NOCTTY).bits()).unwrap_or(0);
    OpenOptions::new()
        .read(true)
        .write(true)
        .custom_flags(flags)
        .open(node)
}

impl Port {
    /// Opens the device itself unless another process has it.
    pub fn open(roots: &Roots, node: &Path, wwan: &str) -> Result<Port, Error> {
        holder::refuse_if_held(roots, node, wwan, None)?;
        let file = open_node(node).map_err(|error| match Errno::from_io_error(&error) {
            // The modem restarts just now, or udev is not so far.
            Some(
                Errno::NODEV
                | Errno::NXIO
                | Errno::IO
                | Errno::TIMEDOUT
                | Errno::AGAIN
                | Errno::NOENT,
            ) => Error::new(
                Exit::NoDevice,
                format!("open {}: {error}", node.display()),
                "dmesg shows whether the modem is up; try again in a minute",
            ),
            Some(Errno::ACCESS) if is_new(node) => Error::new(
                Exit::NoDevice,
                format!("open {}: {error} (yet)", node.display()),
                "udev gives it to its group in a moment; if not, see its rules",
            ),
            _ => Error::system(format_args!("open {}", node.display()), &error),
        })?;
        Ok(Port {
            file,
            rest: Vec::new(),
            shown: None,
        })
    }

    /// A port by way of a proxy.
    pub fn through(proxy: UnixStream, verbose: bool) -> std::io::Result<Port> {
        proxy.set_nonblocking(true)?;
        Ok(Port {
            file: File::from(OwnedFd::from(proxy)),
            rest: Vec::new(),
            shown: verbose.then(|| Frames::new(qmux::FROM_MODEM)),
        })
    }

    /// A port for the event loop to watch.
    pub fn watched(&self) -> std::io::Result<File> {
        self.file.try_clone()
    }

    /// Reads what is there and gives it to `take`.
    pub fn read(&mut self, mut take: impl FnMut(&[u8])) -> Result<(), Stuck> {
        let mut buffer = [0; 16384];
        for _ in 0..READS_MAX {
            match self.file.read(&mut buffer) {
                Ok(0) => return Err(Stuck::Gone),
                Ok(count) => {
                    let octets = buffer.get(..count).unwrap_or_default();
                    if let Some(frames) = &mut self.shown {
                        frames.receive(octets, Instant::now());
                        while let Some(received) = frames.frame() {
                            lines::explain(&format!("< {}", describe(received.octets())));
                        }
                    }
                    take(octets);
                }
                Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(()),
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(_) => return Err(Stuck::Gone),
            }
        }
        Ok(())
    }

    /// Writes one frame, once nothing is left of the one before: a driver makes one transfer of each write.
    pub fn write(&mut self, frame: &[u8]) -> Result<(), Stuck> {
        self.flush()?;
        let count = self.write_some(frame)?;
        self.rest.extend(frame.get(count..).unwrap_or_default());
        if self.shown.is_some() {
            lines::explain(&format!("> {}", describe(frame)));
        }
        Ok(())
    }

    /// Writes what is left of the last frame.
    pub fn flush(&mut self) -> Result<(), Stuck> {
        while !self.rest.is_empty() {
            let rest = std::mem::take(&mut self.rest);
            let written = self.write_some(&rest);
            self.rest = rest
                .get(written.unwrap_or(0)..)
                .unwrap_or_default()
                .to_vec();
            written?;
        }
        Ok(())
    }

    fn write_some(&mut self, octets: &[u8]) -> Result<usize, Stuck> {
        loop {
            match self.file.write(octets) {
                Ok(count) => return Ok(count),
                Err(error) if error.kind() == ErrorKind::WouldBlock => return Err(Stuck::Full),
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(_) => return Err(Stuck::Gone),
            }
        }
    }
}

impl AsFd for Port {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.file.as_fd()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pair() -> (Port, UnixStream) {
        let (ours, theirs) = UnixStream::pair().unwrap();
        (Port::through(ours, false).unwrap(), theirs)
    }

    #[test]
    fn octets_move_both_ways_and_an_empty_port_is_no_error() {
        let (mut port, mut theirs) = pair();
        assert_eq!(port.read(|_| panic!()), Ok(()));
        theirs.write_all(b"abc").unwrap();
        let mut got = Vec::new();
        assert_eq!(port.read(|octets| got.extend_from_slice(octets)), Ok(()));
        assert_eq!(got, b"abc");
        port.write(b"xyz").unwrap();
        let mut back = [0; 3];
        theirs.read_exact(&mut back).unwrap();
        assert_eq!(&back, b"xyz");
    }

    #[test]
    fn a_node_is_new_for_a_while() {
        let tree = crate::modem::device::tests::Tree::new();
        let node = tree.roots.dev.join("wwan0qmi0");
        assert!(!is_new(&node));
        let file = File::create(&node).unwrap();
        assert!(is_new(&node));
        let before = std::time::SystemTime::now() - UDEV_PATIENCE;
        file.set_modified(before).unwrap();
        assert!(!is_new(&node));
    }

    #[test]
    fn a_port_that_is_gone_says_so() {
        let (mut port, theirs) = pair();
        drop(theirs);
        assert_eq!(port.read(|_| panic!()), Err(Stuck::Gone));
        assert_eq!(port.write(b"x"), Err(Stuck::Gone));
    }

    #[test]
    fn a_full_queue_says_so_and_frames_stay_whole() {
        let (mut port, mut theirs) = pair();
        let frame = [7; 65536];
        let mut taken = 0;
        while port.write(&frame) == Ok(()) {
            taken += 1;
            assert!(taken < 1000);
        }
        assert_eq!(port.flush(), Err(Stuck::Full));
        // What was taken arrives to the last octet.
        theirs.set_nonblocking(true).unwrap();
        let (mut arrived, mut buffer) = (0, [0; 65536]);
        while arrived < taken * frame.len() {
            arrived += theirs.read(&mut buffer).unwrap_or(0);
            let _ = port.flush();
        }
        assert_eq!(arrived, taken * frame.len());
    }
}
