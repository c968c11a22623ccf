// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
//! `mhictl proxy`: shares a modem's QMI port between the sessions of several mhictl and whoever else speaks the protocol of
//! libqmi's proxy, such as `qmicli -p`. Started by the first mhictl that needs it, it ends soon after the last one.
//! This file moves octets between ports and peers; `share` decides which go where, `peer` is one program, `door` is its side of it.

pub mod door;
mod peer;
mod share;

use std::fs::{self, File};
use std::io::{ErrorKind, Write};
use std::os::fd::AsFd;
use std::os::unix::net::UnixListener;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use qmi::{ctl, qmux, service, ErrorCode, Kind, Message, Request};
use rustix::event::{poll, PollFd, PollFlags, Timespec};
use rustix::net::sockopt::socket_peercred;
use rustix::net::UCred;
use rustix::process::setsid;
use rustix::stdio::dup2_stdout;

use self::peer::{may_open, trusted, Peer};
use self::share::Share;
use crate::cli::ProxyArgs;
use crate::exit::{Error, Exit};
use crate::lines;
use crate::modem::device::{self, Kind as PortKind, Roots};
use crate::modem::frames::{Frames, Received};
use crate::modem::holder::Lock;
use crate::modem::port::{Port, Stuck};
use crate::program;

/// Peers at a time.
const PEERS_MAX: usize = 32;
/// Ports at a time.
const PORTS_MAX: usize = 8;
/// How long an unused port stays open, and the proxy without peers.
const LINGER: Duration = Duration::from_secs(10);
/// How much longer a port stays open to take client ids back.
const LAST_RELEASES: Duration = Duration::from_secs(1);
/// How long a peer may take to say which port it wants.
const STRANGER_PATIENCE: Duration = Duration::from_secs(10);
/// How soon a full queue of the driver is tried again.
const FULL_RETRY: Duration = Duration::from_millis(20);
/// Longest path of a port.
const PATH_MAX: usize = 256;

/// Serves until nobody has needed it for a while, or on; if another proxy serves already, there is nothing to do.
pub fn run(args: &ProxyArgs, roots: &Roots) -> Result<(), Error> {
    // Away from the terminal and its signals. By hand this may fail, and does no harm.
    let _ = setsid();
    program::take_name();
    let failed = |error: std::io::Error| Error::system("listen for peers", &error);
    let address = door::address(roots).map_err(failed)?;
    let listener = match UnixListener::bind_addr(&address) {
        Err(error) if error.kind() == ErrorKind::AddrInUse => {
            listening("another proxy serves already");
            return Ok(());
        }
        listener => listener.map_err(failed)?,
    };
    listener.set_nonblocking(true).map_err(failed)?;
    let mut proxy = Proxy {
        roots,
        listener,
        peers: Vec::new(),
        ports: Vec::new(),
        names: 0,
        stays: args.stay,
        idle_since: Instant::now(),
    };
    listening(&format!("listening on @{}", roots.proxy));
    loop {
        while !proxy.over(Instant::now()) {
            proxy.turn(None)?;
        }
        // Closing the last port takes a while, in which somebody may have come.
        proxy.accept(Instant::now());
        if proxy.peers.is_empty() {
            return Ok(());
        }
    }
}

/// Tells whoever has started it, and lets go of the output: it may be a pipe of a program that ends earlier.
fn listening(text: &str) {
    lines::tell_manager("STATUS", text);
    lines::tell_manager("READY", "1");
    let _ = writeln!(std::io::stdout(), "{text}");
    if let Ok(null) = File::options().write(true).open("/dev/null") {
        let _ = dup2_stdout(null);
    }
}

struct Proxy<'r> {
    roots: &'r Roots,
    listener: UnixListener,
    peers: Vec<Peer>,
    ports: Vec<Shared>,
    names: share::Peer,
    /// Whether it serves on without peers.
    stays: bool,
    /// When the last peer left.
    idle_since: Instant,
}

struct Shared {
    node: PathBuf,
    port: Port,
    share: Share,
    /// When its last peer left.
    unused_since: Option<Instant>,
    stuck: bool,
    gone: bool,
    /// Dropped last: the port is closed before another proxy may open it.
    _lock: Lock,
}

impl Proxy<'_> {
    fn over(&self, now: Instant) -> bool {
        self.end().is_some_and(|end| now >= end)
    }

    /// When it ends if nobody comes.
    fn end(&self) -> Option<Instant> {
        let idle = !self.stays && self.peers.is_empty() && self.ports.is_empty();
        idle.then(|| self.idle_since + LINGER)
    }

    /// Waits for something to happen, or until `end`, and deals with it.
    fn turn(&mut self, end: Option<Instant>) -> Result<(), Error> {
        let ready = self.wait(end)?;
        let now = Instant::now();
        let mut ready = ready.into_iter();
        if ready.next() == Some(true) {
            self.accept(now);
        }
        for at in 0..self.peers.len().min(ready.len()) {
            if ready.next() == Some(true) {
                self.read_peer(at, now);
            }
        }
        for shared in &mut self.ports {
            shared.read(now);
            shared.share.tick(now);
        }
        self.welcome();
        for shared in &mut self.ports {
            while let Some((name, frame)) = shared.share.delivery() {
                if let Some(peer) = self.peers.iter_mut().find(|peer| peer.name == name) {
                    peer.queue(&frame);
                }
            }
            shared.write();
        }
        for peer in &mut self.peers {
            peer.write();
        }
        self.clean_up(now);
        Ok(())
    }

    /// Polls listener, peers and ports; says which of listener and peers have something to read.
    fn wait(&self, end: Option<Instant>) -> Result<Vec<bool>, Error> {
        let mut fds = vec![PollFd::new(&self.listener, PollFlags::IN)];
        for peer in &self.peers {
            let wanted = if peer.queue.is_empty() {
                PollFlags::IN
            } else {
                PollFlags::IN | PollFlags::OUT
            };
            fds.push(PollFd::new(&peer.stream, wanted));
        }
        for shared in &self.ports {
            fds.push(PollFd::from_borrowed_fd(shared.port.as_fd(), PollFlags::IN));
        }
        let now = Instant::now();
        let wakeup = self.wakeup(now).into_iter().chain(end).min();
        let timeout = wakeup
            .and_then(|wakeup| Timespec::try_from(wakeup.saturating_duration_since(now)).ok());
        match poll(&mut fds, timeout.as_ref()) {
            Ok(_) | Err(rustix::io::Errno::INTR) => {}
            Err(error) => return Err(Error::system("poll", &error.into())),
        }
        let readable = |fd: &PollFd<'_>| {
            fd.revents()
                .intersects(PollFlags::IN | PollFlags::HUP | PollFlags::ERR)
        };
        Ok(fds
            .iter()
            .take(self.peers.len() + 1)
            .map(readable)
            .collect())
    }

    fn wakeup(&self, now: Instant) -> Option<Instant> {
        let ports = self.ports.iter().flat_map(|shared| {
            let linger = shared.unused_since.map(|since| match now < since + LINGER {
                true => since + LINGER,
                // Client ids are on their way back.
                false => now + FULL_RETRY,
            });
            let stuck = shared.stuck.then(|| now + FULL_RETRY);
            [shared.share.wakeup(), linger, stuck].into_iter().flatten()
        });
        let strangers = self.peers.iter().filter(|peer| peer.node.is_none());
        let strangers = strangers.map(|peer| peer.since + STRANGER_PATIENCE);
        ports.chain(strangers).chain(self.end()).min()
    }

    /// Takes new peers; those beyond the bound and those who have no business here are closed. So many at most: everybody may knock, and
    /// the others wait meanwhile.
    fn accept(&mut self, now: Instant) {
        for _ in 0..PEERS_MAX {
            let Ok((stream, _)) = self.listener.accept() else {
                return;
            };
            let Ok(who) = socket_peercred(&stream) else {
                continue;
            };
            if self.peers.len() >= PEERS_MAX {
                continue;
            }
            let may = |port: &device::Port| may_open(&who, &port.node);
            let modems = || device::modems(self.roots).into_iter();
            let welcome = trusted(&who) || modems().any(|modem| modem.ports.iter().any(may));
            if !welcome || stream.set_nonblocking(true).is_err() {
                continue;
            }
            self.names += 1;
            self.peers.push(Peer {
                name: self.names,
                stream,
                who,
                since: now,
                frames: Frames::new(qmux::FROM_HOST),
                queue: Vec::new(),
                node: None,
                opening: None,
                gone: false,
            });
        }
    }

    fn read_peer(&mut self, at: usize, now: Instant) {
        if let Some(peer) = self.peers.get_mut(at) {
            peer.read(now);
        }
        loop {
            let Some(peer) = self.peers.get_mut(at).filter(|peer| !peer.gone) else {
                return;
            };
            let Some(received) = peer.frames.frame() else {
                // A program on this machine that does not know where its frames begin is not understood later either.
                peer.gone = peer.frames.garbage > 0;
                return;
            };
            self.serve(at, &received, now);
        }
    }

    /// One request of a peer.
    fn serve(&mut self, at: usize, received: &Received, now: Instant) {
        let (Ok(message), Some(peer)) = (received.message(), self.peers.get_mut(at)) else {
            return;
        };
        if message.kind == Kind::Request
            && message.service == service::CTL
            && message.id == ctl::ProxyOpen::ID
        {
            return self.open(at, &message, now);
        }
        let (name, node) = (peer.name, peer.node.clone());
        let shared = self
            .ports
            .iter_mut()
            .find(|shared| node.as_ref() == Some(&shared.node));
        match shared {
            Some(shared) if shared.share.ready() => shared.share.request(name, received, now),
            _ => peer.gone = true,
        }
    }

    /// A peer wants a port.
    fn open(&mut self, at: usize, message: &Message<'_>, now: Instant) {
        let Some(peer) = self.peers.get(at) else {
            return;
        };
        let (who, before) = (peer.who, peer.node.clone());
        let result = self.port_for(&who, message, before.as_deref(), now);
        let Some(peer) = self.peers.get_mut(at) else {
            return;
        };
        match result {
            Ok((node, release)) => {
                if let Some(shared) = self.ports.iter_mut().find(|shared| shared.node == node) {
                    shared.share.join(peer.name, release);
                    shared.unused_since = None;
                }
                peer.node = Some(node);
                peer.opening = Some(message.transaction);
            }
            Err(error) => {
                let why = ctl::ProxyOpened {
                    exit: Some(error.exit.code()),
                    what: Some(error.what.as_str().into()),
                    next: Some(error.next.as_str().into()),
                };
                peer.opened(message.transaction, Err(ErrorCode::INTERNAL), &why);
            }
        }
    }

    /// The port that a peer means, opened, and whether the peer's client ids go back when it vanishes.
    fn port_for(
        &mut self,
        who: &UCred,
        message: &Message<'_>,
        before: Option<&Path>,
        now: Instant,
    ) -> Result<(PathBuf, bool), Error> {
        let absent =
            |what: String| Error::new(Exit::NoDevice, what, "mhictl devices lists what there is");
        let body = message.body::<ctl::ProxyOpen<'_>>();
        let body = body.map_err(|error| absent(format!("no port is named: {error}")))?;
        let path = std::str::from_utf8(body.path.0)
            .ok()
            .filter(|path| path.len() <= PATH_MAX && path.starts_with('/'))
            .ok_or_else(|| absent("the port's name is not a path".to_owned()))?;
        let node = fs::canonicalize(path).map_err(|error| absent(format!("{path}: {error}")))?;
        let modem = device::modems(self.roots).into_iter().find(|modem| {
            let mut ports = modem.ports.iter();
            ports.any(|port| port.kind == PortKind::Qmi && port.node == node)
        });
        let modem = modem.ok_or_else(|| absent(format!("{path} is no QMI port of a PCI modem")))?;
        if !trusted(who) && !may_open(who, &node) {
            let denied = std::io::Error::from(ErrorKind::PermissionDenied);
            return Err(Error::system(path, &denied));
        }
        if before.is_some_and(|before| before != node) {
            let next = "open another connection for another port";
            return Err(Error::new(Exit::PortBusy, "one port is open already", next));
        }
        if !self.ports.iter().any(|shared| shared.node == node) {
            if self.ports.len() >= PORTS_MAX {
                return Err(Error::new(Exit::Failure, "too many ports are open", ""));
            }
            let lock = Lock::take(self.roots, &modem.pci, &modem.wwan)?;
            let port = Port::open(self.roots, &node, &modem.wwan)?;
            self.ports.push(Shared {
                node: node.clone(),
                port,
                share: Share::new(now),
                unused_since: None,
                stuck: false,
                gone: false,
                _lock: lock,
            });
        }
        Ok((node, body.release == Some(true)))
    }

    /// Tells those who wait for the modem's first answer.
    fn welcome(&mut self) {
        for peer in &mut self.peers {
            let ready =
                |shared: &Shared| peer.node.as_ref() == Some(&shared.node) && shared.share.ready();
            if peer.opening.is_some() && self.ports.iter().any(ready) {
                let transaction = peer.opening.take().unwrap_or(0);
                peer.opened(transaction, Ok(()), &ctl::ProxyOpened::default());
            }
        }
    }

    /// Lets go of peers and ports that are gone or unused.
    fn clean_up(&mut self, now: Instant) {
        for shared in &mut self.ports {
            shared.gone |= shared.share.silent(now);
            if let Some(since) = shared.unused_since {
                let waited = now.duration_since(since);
                if waited >= LINGER {
                    let clear = shared.share.clear(now);
                    shared.gone |= clear || waited >= LINGER + LAST_RELEASES;
                }
            }
        }
        let dead: Vec<PathBuf> = self
            .ports
            .iter()
            .filter(|shared| shared.gone)
            .map(|shared| shared.node.clone())
            .collect();
        self.ports.retain(|shared| !shared.gone);
        let had_peers = !self.peers.is_empty();
        let ports = &mut self.ports;
        self.peers.retain(|peer| {
            let stranger = peer.node.is_none() && now >= peer.since + STRANGER_PATIENCE;
            let lost = peer.node.as_ref().is_some_and(|node| dead.contains(node));
            let stays = !peer.gone && !stranger && !lost;
            if !stays {
                for shared in ports.iter_mut() {
                    shared.share.leave(peer.name, now);
                }
            }
            stays
        });
        for shared in &mut self.ports {
            if shared.share.deserted() {
                shared.unused_since.get_or_insert(now);
            }
            // What the peers that left have caused to be given back.
            shared.write();
        }
        if had_peers && self.peers.is_empty() {
            self.idle_since = now;
        }
    }
}

impl Shared {
    fn read(&mut self, now: Instant) {
        let share = &mut self.share;
        self.gone |= self.port.read(|octets| share.receive(octets, now)).is_err();
    }

    fn write(&mut self) {
        self.stuck = false;
        while let Some(frame) = self.share.outgoing() {
            match self.port.write(frame) {
                Ok(()) => self.share.sent(),
                Err(Stuck::Full) => {
                    self.stuck = true;
                    return;
                }
                Err(Stuck::Gone) => {
                    self.gone = true;
                    return;
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::modem::device::tests::Tree;
    use qmi::Builder;
    use std::io::{Read, Write};
    use std::os::unix::net::UnixStream;

    /// A proxy of a tree, which is let run by hand.
    fn proxy(tree: &Tree) -> Proxy<'_> {
        let listener = UnixListener::bind_addr(&door::address(&tree.roots).unwrap()).unwrap();
        listener.set_nonblocking(true).unwrap();
        Proxy {
            roots: &tree.roots,
            listener,
            peers: Vec::new(),
            ports: Vec::new(),
            names: 0,
            stays: false,
            idle_since: Instant::now(),
        }
    }

    fn turn(proxy: &mut Proxy<'_>) {
        let end = Instant::now() + Duration::from_millis(20);
        proxy.turn(Some(end)).unwrap();
    }

    fn connect(tree: &Tree) -> UnixStream {
        let stream = UnixStream::connect_addr(&door::address(&tree.roots).unwrap()).unwrap();
        stream
            .set_read_timeout(Some(Duration::from_secs(5)))
            .unwrap();
        stream
    }

    fn open_message(path: &str) -> Vec<u8> {
        let mut room = [0; 1024];
        let request = ctl::ProxyOpen {
            path: path.into(),
            release: None,
        };
        Builder::call(&mut room, 0, 9, &request)
            .finish()
            .unwrap()
            .to_vec()
    }

    /// A modem at the other end of a socket: answers each request with success, and client ids with the next number.
    struct Modem {
        stream: UnixStream,
        ids: u8,
        log: Vec<(u8, u16)>,
    }

    impl Modem {
        fn answer(&mut self) {
            let mut octets = [0; 4096];
            let count = self.stream.read(&mut octets).unwrap_or(0);
            let mut rest = &octets[..count];
            while let Ok((frame, behind)) = qmi::Frame::parse(rest) {
                rest = behind;
                let request = Message::parse(&frame).unwrap();
                self.log.push((request.service, request.id));
                let mut room = [0; 256];
                let mut reply = Builder::response(
                    &mut room,
                    request.service,
                    request.client,
                    request.transaction,
                    request.id,
                )
                .verdict(Ok(()));
                if let (ctl::AllocateClient::ID, Ok(body)) =
                    (request.id, request.body::<ctl::AllocateClient>())
                {
                    self.ids += 1;
                    reply = reply.body(&ctl::Allocated {
                        client: ctl::Client {
                            service: body.service,
                            id: self.ids,
                        },
                    });
                }
                self.stream.write_all(reply.finish().unwrap()).unwrap();
            }
        }
    }

    #[test]
    fn peers_share_a_port_from_its_opening_to_its_end() {
        let tree = Tree::new();
        tree.modem();
        let node = tree.roots.dev.join("wwan0qmi0");
        fs::write(&node, "").unwrap();
        let node = fs::canonicalize(node).unwrap();
        let mut proxy = proxy(&tree);
        let (ours, theirs) = UnixStream::pair().unwrap();
        theirs.set_nonblocking(true).unwrap();
        proxy.ports.push(Shared {
            node: node.clone(),
            port: Port::through(ours, false).unwrap(),
            share: Share::new(Instant::now()),
            unused_since: None,
            stuck: false,
            gone: false,
            _lock: Lock::take(&tree.roots, "0000:00:04.0", "wwan0").unwrap(),
        });
        let mut modem = Modem {
            stream: theirs,
            ids: 0,
            log: Vec::new(),
        };
        let turns = |proxy: &mut Proxy<'_>, modem: &mut Modem| {
            for _ in 0..4 {
                turn(proxy);
                modem.answer();
            }
        };
        let read = |stream: &mut UnixStream| {
            let mut octets = [0; 256];
            let count = stream.read(&mut octets).unwrap();
            let (frame, _) = qmi::Frame::parse(&octets[..count]).unwrap();
            let message = Message::parse(&frame).unwrap();
            assert_eq!(message.verdict(), Ok(Ok(())));
            (message.transaction, message.id)
        };
        let mut streams = [connect(&tree), connect(&tree)];
        for stream in &mut streams {
            let path = node.display().to_string();
            let mut room = [0; 512];
            let request = ctl::ProxyOpen {
                path: path.as_str().into(),
                release: Some(true),
            };
            let frame = Builder::call(&mut room, 0, 9, &request).finish().unwrap();
            stream.write_all(frame).unwrap();
        }
        turns(&mut proxy, &mut modem);
        assert_eq!(modem.log, [(service::CTL, ctl::Sync::ID)]);
        for stream in &mut streams {
            assert_eq!(read(stream), (9, ctl::ProxyOpen::ID));
            let mut room = [0; 64];
            let request = ctl::AllocateClient {
                service: service::WDS,
            };
            let frame = Builder::call(&mut room, 0, 7, &request).finish().unwrap();
            stream.write_all(frame).unwrap();
        }
        turns(&mut proxy, &mut modem);
        for stream in &mut streams {
            assert_eq!(read(stream), (7, ctl::AllocateClient::ID));
        }
        // One vanishes, and its client id goes back.
        let [first, mut second] = streams;
        drop(first);
        turns(&mut proxy, &mut modem);
        assert_eq!(
            modem.log.last(),
            Some(&(service::CTL, ctl::ReleaseClient::ID))
        );
        assert_eq!(proxy.peers.len(), 1);
        // The port ends, and with it the connection.
        drop(modem);
        turn(&mut proxy);
        assert_eq!(second.read(&mut [0; 16]).unwrap(), 0);
        assert!(proxy.ports.is_empty() && proxy.peers.is_empty());
        assert!(proxy.over(Instant::now() + LINGER));
    }

    #[test]
    fn what_is_no_port_is_refused_with_words() {
        let tree = Tree::new();
        tree.modem();
        fs::write(tree.roots.dev.join("wwan0at0"), "").unwrap();
        let mut proxy = proxy(&tree);
        let at = tree.roots.dev.join("wwan0at0").display().to_string();
        for (path, words) in [
            ("/dev/null", "no QMI port"),
            (at.as_str(), "no QMI port"),
            ("/nonexistent", "No such file"),
            ("wwan0qmi0", "not a path"),
            ("", "not a path"),
        ] {
            let mut stream = connect(&tree);
            stream.write_all(&open_message(path)).unwrap();
            turn(&mut proxy);
            turn(&mut proxy);
            let mut reply = [0; 1024];
            let count = stream.read(&mut reply).unwrap();
            let (frame, _) = qmi::Frame::parse(&reply[..count]).unwrap();
            let message = Message::parse(&frame).unwrap();
            assert_eq!((message.id, message.transaction), (0xff00, 9));
            assert!(message.verdict().unwrap().is_err());
            let why = message.body::<ctl::ProxyOpened<'_>>().unwrap();
            assert_eq!(why.exit, Some(Exit::NoDevice.code()));
            let what = why.what.unwrap().to_string();
            assert!(what.contains(words), "{path}: {what}");
        }
    }

    #[test]
    fn garbage_and_requests_without_a_port_end_the_connection() {
        let tree = Tree::new();
        let mut proxy = proxy(&tree);
        let mut room = [0; 64];
        let request = Builder::call(&mut room, 0, 1, &ctl::GetVersions {})
            .finish()
            .unwrap();
        for octets in [&b"GET / HTTP/1.0\r\n\r\n"[..], request] {
            let mut stream = connect(&tree);
            stream.write_all(octets).unwrap();
            turn(&mut proxy);
            turn(&mut proxy);
            assert_eq!(stream.read(&mut [0; 16]).unwrap_or(0), 0, "{octets:?}");
            assert!(proxy.peers.is_empty());
        }
    }

    #[test]
    fn peers_are_bounded_and_strangers_are_not_kept() {
        let tree = Tree::new();
        let mut proxy = proxy(&tree);
        let streams: Vec<UnixStream> = (0..PEERS_MAX + 8).map(|_| connect(&tree)).collect();
        turn(&mut proxy);
        assert_eq!(proxy.peers.len(), PEERS_MAX);
        let later = Instant::now() + STRANGER_PATIENCE;
        assert!(proxy.wakeup(later).is_some());
        proxy.clean_up(later);
        assert!(proxy.peers.is_empty());
        assert!(!proxy.over(later) && proxy.over(later + LINGER));
        drop(streams);
    }

    #[test]
    fn one_that_stays_has_nothing_to_wake_up_for_without_peers() {
        let tree = Tree::new();
        let mut proxy = proxy(&tree);
        let later = Instant::now() + LINGER * 2;
        assert!(proxy.over(later) && proxy.wakeup(later).is_some());
        proxy.stays = true;
        assert!(!proxy.over(later) && proxy.wakeup(later).is_none());
    }

    #[test]
    fn a_peer_that_does_not_read_is_dropped() {
        let tree = Tree::new();
        let mut proxy = proxy(&tree);
        let _stream = connect(&tree);
        turn(&mut proxy);
        let peer = proxy.peers.first_mut().unwrap();
        for _ in 0..64 {
            peer.queue(&[0; qmux::MAX_FRAME]);
        }
        proxy.clean_up(Instant::now());
        assert!(proxy.peers.is_empty());
    }
}
