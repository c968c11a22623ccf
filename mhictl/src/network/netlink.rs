// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
//! One request and its answers over a netlink socket, with the kernel's own words on failure.
//! `link`, `address` and `ethtool` bring the messages.

use std::io;
use std::os::fd::{AsRawFd, BorrowedFd};
use std::time::Duration;

use netlink_packet_core::{
    ErrorMessage, NetlinkDeserializable, NetlinkHeader, NetlinkMessage, NetlinkPayload,
    NetlinkSerializable, NlasIterator, NLM_F_ACK, NLM_F_REQUEST,
};
use netlink_sys::{Socket, SocketAddr};
use rustix::net::sockopt::{set_socket_timeout, Timeout};

/// How long the kernel may take for one answer; a link that goes down waits for its NAPI and its rings.
const PATIENCE: Duration = Duration::from_secs(10);
/// Attribute of an extended acknowledgement that holds the kernel's message (linux/netlink.h, NLMSGERR_ATTR_MSG).
const EXT_ACK_MESSAGE: u16 = 1;

/// Why a request failed.
#[derive(Debug)]
pub struct Fault {
    /// Positive errno from the kernel, 0 if the answer itself was unreadable.
    pub errno: i32,
    /// The kernel's words, or those of the errno.
    pub text: String,
}

impl std::fmt::Display for Fault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.text)
    }
}

impl From<io::Error> for Fault {
    fn from(error: io::Error) -> Self {
        Fault {
            errno: error.raw_os_error().unwrap_or(0),
            text: error.to_string(),
        }
    }
}

/// A netlink socket of one protocol.
pub struct Netlink {
    socket: Socket,
    sequence: u32,
}

impl Netlink {
    /// Opens a socket of protocol `netlink_sys::protocols::NETLINK_*`.
    pub fn open(protocol: isize) -> Result<Self, Fault> {
        let mut socket = Socket::new(protocol)?;
        socket.bind_auto()?;
        socket.connect(&SocketAddr::new(0, 0))?;
        // Older kernels know neither; the errno alone is good enough then.
        let _ = socket.set_ext_ack(true);
        let _ = socket.set_cap_ack(true);
        set_timeout(&socket)?;
        Ok(Netlink {
            socket,
            sequence: 0,
        })
    }

    /// Sends `message` and returns the payloads that answer it, after the kernel's acknowledgement.
    pub fn request<T>(&mut self, message: T, flags: u16) -> Result<Vec<T>, Fault>
    where
        T: NetlinkSerializable + NetlinkDeserializable,
    {
        self.sequence = self.sequence.wrapping_add(1);
        let mut header = NetlinkHeader::default();
        header.flags = NLM_F_REQUEST | NLM_F_ACK | flags;
        header.sequence_number = self.sequence;
        let mut packet = NetlinkMessage::new(header, NetlinkPayload::InnerMessage(message));
        packet.finalize();
        let mut bytes = vec![0; packet.buffer_len()];
        packet.serialize(&mut bytes);
        self.socket.send(&bytes, 0)?;
        self.collect()
    }

    fn collect<T: NetlinkDeserializable>(&mut self) -> Result<Vec<T>, Fault> {
        let mut answers = Vec::new();
        loop {
            let (datagram, _) = self.socket.recv_from_full()?;
            let mut rest = datagram.as_slice();
            while !rest.is_empty() {
                let message = NetlinkMessage::<T>::deserialize(rest).map_err(|error| Fault {
                    errno: 0,
                    text: error.to_string(),
                })?;
                let length = usize::try_from(message.header.length)
                    .unwrap_or(usize::MAX)
                    .max(1)
                    .next_multiple_of(4);
                rest = rest.get(length..).unwrap_or_default();
                if message.header.sequence_number != self.sequence {
                    continue;
                }
                match message.payload {
                    NetlinkPayload::InnerMessage(answer) => answers.push(answer),
                    NetlinkPayload::Error(error) if error.code.is_some() => {
                        return Err(fault(&error))
                    }
                    NetlinkPayload::Error(_) | NetlinkPayload::Done(_) => return Ok(answers),
                    _ => {}
                }
            }
        }
    }
}

fn set_timeout(socket: &Socket) -> io::Result<()> {
    use std::os::fd::AsFd;
    let fd: BorrowedFd<'_> = socket.as_fd();
    debug_assert!(fd.as_raw_fd() >= 0);
    set_socket_timeout(fd, Timeout::Recv, Some(PATIENCE))?;
    Ok(())
}

fn fault(error: &ErrorMessage) -> Fault {
    let errno = error.raw_code().saturating_abs();
    let system = io::Error::from_raw_os_error(errno).to_string();
    let text = match kernel_words(&error.header) {
        Some(words) => format!("{words} ({system})"),
        None => system,
    };
    Fault { errno, text }
}

/// The message in an extended acknowledgement: attributes after the echoed header of the request.
fn kernel_words(echo: &[u8]) -> Option<String> {
    let attributes = echo.get(16..)?;
    let message = NlasIterator::new(attributes)
        .flatten()
        .find(|nla| nla.kind() == EXT_ACK_MESSAGE)?;
    let text = std::str::from_utf8(message.value())
        .ok()?
        .trim_end_matches('\0');
    (!text.is_empty() && !text.contains(|c: char| c.is_control())).then(|| text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::num::NonZeroI32;

    #[test]
    fn kernel_words_come_from_the_extended_acknowledgement() {
        // Header of 16 bytes as the kernel echoes it, then attribute 1 "no such mux": length 4 + 12, as in linux/netlink.h.
        let mut echo = vec![0; 16];
        echo.extend_from_slice(&16u16.to_ne_bytes());
        echo.extend_from_slice(&1u16.to_ne_bytes());
        echo.extend_from_slice(b"no such mux\0");
        assert_eq!(kernel_words(&echo).as_deref(), Some("no such mux"));
        assert_eq!(kernel_words(&echo[..18]), None);
        assert_eq!(kernel_words(&[]), None);
    }

    #[test]
    fn errno_is_positive_and_in_words() {
        let mut message = ErrorMessage::default();
        message.code = NonZeroI32::new(-95);
        let fault = fault(&message);
        assert_eq!(fault.errno, 95);
        assert!(fault.text.contains("not supported"), "{}", fault.text);
    }
}
