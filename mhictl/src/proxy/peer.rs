// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
//! A program at the proxy's socket: who it is, what it says and what waits for it. `proxy` owns them.

use std::fs;
use std::io::{ErrorKind, Read, Write};
use std::os::unix::fs::MetadataExt;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::time::Instant;

use qmi::{ctl, service, Builder, ErrorCode, Request};
use rustix::net::UCred;
use rustix::process::getuid;

use super::share::Peer as Name;
use crate::modem::frames::Frames;

/// Octets that may wait for a peer.
const QUEUE_MAX: usize = 256 * 1024;

/// A connected program.
#[derive(Debug)]
pub struct Peer {
    /// Its name in every [`super::share::Share`].
    pub name: Name,
    /// The connection.
    pub stream: UnixStream,
    /// Who it is, by the kernel.
    pub who: UCred,
    /// When it came.
    pub since: Instant,
    /// What it says.
    pub frames: Frames,
    /// What waits for it.
    pub queue: Vec<u8>,
    /// The port that it uses.
    pub node: Option<PathBuf>,
    /// Transaction of its opening message, while the modem has not answered yet.
    pub opening: Option<u16>,
    /// It hung up, or is to be dropped.
    pub gone: bool,
}

impl Peer {
    /// Reads what it says.
    pub fn read(&mut self, now: Instant) {
        let mut buffer = [0; 4096];
        match self.stream.read(&mut buffer) {
            Ok(0) => self.gone = true,
            Ok(count) => self
                .frames
                .receive(buffer.get(..count).unwrap_or_default(), now),
            Err(error) => {
                let kind = error.kind();
                self.gone = kind != ErrorKind::WouldBlock && kind != ErrorKind::Interrupted;
            }
        }
    }

    /// Has a frame wait for it; one that does not read them is dropped.
    pub fn queue(&mut self, frame: &[u8]) {
        self.queue.extend_from_slice(frame);
        self.gone |= self.queue.len() > QUEUE_MAX;
    }

    /// Writes what waits for it.
    pub fn write(&mut self) {
        while !self.queue.is_empty() && !self.gone {
            match self.stream.write(&self.queue) {
                Ok(count) => drop(self.queue.drain(..count)),
                Err(error) if error.kind() == ErrorKind::WouldBlock => return,
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(_) => self.gone = true,
            }
        }
    }

    /// The reply to its opening message.
    pub fn opened(
        &mut self,
        transaction: u16,
        verdict: Result<(), ErrorCode>,
        body: &ctl::ProxyOpened<'_>,
    ) {
        let mut room = [0; 2048];
        let frame = Builder::response(&mut room, service::CTL, 0, transaction, ctl::ProxyOpen::ID)
            .verdict(verdict)
            .body(body)
            .finish();
        match frame {
            Ok(frame) => self.queue(frame),
            Err(_) => self.gone = true,
        }
    }
}

/// Root, or the user that the proxy itself runs as.
pub fn trusted(who: &UCred) -> bool {
    who.uid.is_root() || who.uid == getuid()
}

/// Whether the node's group lets this process open the port itself.
pub fn may_open(who: &UCred, node: &Path) -> bool {
    fs::metadata(node)
        .is_ok_and(|node| node.mode() & 0o060 == 0o060 && node.gid() == who.gid.as_raw())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::modem::device::tests::Tree;

    #[test]
    fn the_group_of_the_port_may_come_in_and_others_may_not() {
        let tree = Tree::new();
        let node = tree.roots.dev.join("wwan0qmi0");
        fs::write(&node, "").unwrap();
        let gid = fs::metadata(&node).unwrap().gid();
        let who = |gid| UCred {
            pid: rustix::process::getpid(),
            uid: rustix::process::Uid::from_raw(65_534),
            gid: rustix::process::Gid::from_raw(gid),
        };
        let mode = |mode| {
            use std::os::unix::fs::PermissionsExt;
            fs::set_permissions(&node, fs::Permissions::from_mode(mode)).unwrap();
        };
        mode(0o660);
        assert!(may_open(&who(gid), &node) && !may_open(&who(gid + 1), &node));
        mode(0o640);
        assert!(!may_open(&who(gid), &node));
        assert!(!may_open(&who(gid), Path::new("/nonexistent")));
    }
}
