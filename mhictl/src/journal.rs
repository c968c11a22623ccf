// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
//! systemd's journal by its native protocol, so that a line has fields to search for. `lines` writes to it where the journal
//! reads stdout or stderr, as the environment's JOURNAL_STREAM says; everywhere else there are plain lines.

use std::io;
use std::os::fd::AsFd;
use std::os::unix::net::UnixDatagram;
use std::path::{Path, PathBuf};

use rustix::fs::fstat;

/// Where the journal listens.
const SOCKET: &str = "/run/systemd/journal/socket";

/// A way to the journal.
#[derive(Debug)]
pub struct Journal {
    socket: UnixDatagram,
    path: PathBuf,
    /// Device and inode of what it reads.
    stream: (u64, u64),
}

/// How much a line matters: the syslog's numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Priority {
    /// It failed.
    Error = 3,
    /// Something is not as it should be.
    Warning = 4,
    /// A turn that matters.
    Notice = 5,
    /// A step on the way.
    Info = 6,
    /// For those who look for a mistake.
    Debug = 7,
}

impl Journal {
    /// The journal, if the environment says that it reads a stream of this process.
    pub fn from_environment() -> Option<Journal> {
        let stream = parse_stream(std::env::var_os("JOURNAL_STREAM")?.to_str()?)?;
        Journal::at(Path::new(SOCKET), stream)
    }

    fn at(path: &Path, stream: (u64, u64)) -> Option<Journal> {
        let socket = UnixDatagram::unbound().ok()?;
        Some(Journal {
            socket,
            path: path.to_owned(),
            stream,
        })
    }

    /// Whether this is the stream that it reads.
    pub fn reads(&self, stream: impl AsFd) -> bool {
        fstat(stream).is_ok_and(|stat| (stat.st_dev, stat.st_ino) == self.stream)
    }

    /// Writes one entry.
    pub fn write(
        &self,
        priority: Priority,
        message: &str,
        fields: &[(&str, String)],
    ) -> io::Result<()> {
        let mut entry = Vec::new();
        add(&mut entry, "MESSAGE", message);
        add(&mut entry, "PRIORITY", &(priority as u8).to_string());
        add(&mut entry, "SYSLOG_IDENTIFIER", "mhictl");
        for (name, value) in fields {
            add(&mut entry, name, value);
        }
        self.socket.send_to(&entry, &self.path).map(drop)
    }
}

/// `NAME=VALUE`; a value of several lines has its length in front instead.
fn add(entry: &mut Vec<u8>, name: &str, value: &str) {
    entry.extend(name.as_bytes());
    if value.contains('\n') {
        entry.push(b'\n');
        entry.extend((value.len() as u64).to_le_bytes());
    } else {
        entry.push(b'=');
    }
    entry.extend(value.as_bytes());
    entry.push(b'\n');
}

/// `DEVICE:INODE`
fn parse_stream(text: &str) -> Option<(u64, u64)> {
    let (device, inode) = text.split_once(':')?;
    Some((device.parse().ok()?, inode.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::modem::device::tests::Tree;
    use std::fs::File;
    use std::os::unix::fs::MetadataExt;

    #[test]
    fn an_entry_is_one_datagram_with_its_fields() {
        let tree = Tree::new();
        let path = tree.roots.run.join("socket");
        let socket = UnixDatagram::bind(&path).unwrap();
        let journal = Journal::at(&path, (0, 0)).unwrap();
        let fields = [("MHICTL_MUX", "129".to_owned())];
        journal
            .write(Priority::Warning, "DNS not set: no", &fields)
            .unwrap();
        let mut buffer = [0; 256];
        let count = socket.recv(&mut buffer).unwrap();
        assert_eq!(
            String::from_utf8_lossy(&buffer[..count]),
            "MESSAGE=DNS not set: no\nPRIORITY=4\nSYSLOG_IDENTIFIER=mhictl\nMHICTL_MUX=129\n"
        );
    }

    #[test]
    fn what_a_modem_says_makes_no_field_of_its_own() {
        let mut entry = Vec::new();
        add(&mut entry, "MESSAGE", "a\nPRIORITY=0");
        assert_eq!(entry, b"MESSAGE\n\x0c\0\0\0\0\0\0\0a\nPRIORITY=0\n");
    }

    #[test]
    fn the_stream_is_the_one_that_the_environment_names() {
        let tree = Tree::new();
        let path = tree.roots.run.join("out");
        let file = File::create(&path).unwrap();
        let stat = file.metadata().unwrap();
        let text = format!("{}:{}", stat.dev(), stat.ino());
        let journal = Journal::at(&path, parse_stream(&text).unwrap()).unwrap();
        assert!(journal.reads(&file));
        assert!(!journal.reads(File::open("/dev/null").unwrap()));
        for text in ["", "1", "1:", ":1", "1:x", "1:2:3"] {
            assert_eq!(parse_stream(text), None, "{text}");
        }
    }
}
