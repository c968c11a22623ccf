// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
//! Uevents of WWAN ports: a port that appears is opened at once and not at the next look. `connect` watches them.

use std::io;
use std::os::fd::{AsFd, BorrowedFd};

use netlink_sys::protocols::NETLINK_KOBJECT_UEVENT;
use netlink_sys::{Socket, SocketAddr};

/// The kernel's own, and udev's once it has given the node its owner: bits of the group mask.
const GROUPS: u32 = 1 | 2;
/// Largest that is looked at, in octets; the kernel's end at 2048.
const UEVENT_MAX: usize = 8192;
/// Taken in a row before others get their turn.
const UEVENTS_MAX: usize = 64;

/// The kernel's uevents, from now on.
pub struct Uevents {
    socket: Socket,
}

impl Uevents {
    /// Listens.
    pub fn listen() -> io::Result<Uevents> {
        let mut socket = Socket::new(NETLINK_KOBJECT_UEVENT)?;
        socket.bind(&SocketAddr::new(0, GROUPS))?;
        socket.set_non_blocking(true)?;
        Ok(Uevents { socket })
    }

    /// Reads what has come; says whether it was about a port.
    pub fn read(&self) -> bool {
        let mut found = false;
        for _ in 0..UEVENTS_MAX {
            let mut uevent = Vec::with_capacity(UEVENT_MAX);
            match self.socket.recv(&mut uevent, 0) {
                Ok(_) => found |= is_port(&uevent),
                // Too many at once: one of those that are lost may be the one.
                Err(error) if error.raw_os_error() == Some(OVERRUN) => found = true,
                Err(_) => break,
            }
        }
        found
    }
}

const OVERRUN: i32 = rustix::io::Errno::NOBUFS.raw_os_error();

impl AsFd for Uevents {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.socket.as_fd()
    }
}

/// Whether a uevent, a head and `NAME=VALUE` with a NUL behind each, is about a WWAN port.
fn is_port(uevent: &[u8]) -> bool {
    uevent
        .split(|&octet| octet == 0)
        .any(|field| field == b"SUBSYSTEM=wwan")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ports_are_told_from_others() {
        // As the kernel sends it.
        let kernel = b"add@/devices/pci0000:00/0000:00:02.0/0000:01:00.0/mhi0/wwan/wwan0/wwan0qmi0\0ACTION=add\0SUBSYSTEM=wwan\0SEQNUM=9\0";
        assert!(is_port(kernel));
        // As udev does: a binary head first.
        let udev = b"libudev\0\xfe\xed\xca\xfe(\0\0\0UDEV\0ACTION=add\0SUBSYSTEM=wwan\0";
        assert!(is_port(udev));
        for other in [
            &b""[..],
            b"add@/x\0SUBSYSTEM=wwan_hwsim\0",
            b"add@/x\0X=SUBSYSTEM=wwan\0",
        ] {
            assert!(!is_port(other));
        }
    }
}
