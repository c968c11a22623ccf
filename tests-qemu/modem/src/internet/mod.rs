// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
//! The internet behind one data session: every address answers ping and offers the services of crate `traffic`.
//! The data plane gives it the session's uplink packets and takes its downlink packets.

mod dns;
mod icmp;
mod tcp;
mod udp;
mod wire;

use std::time::{Duration, Instant};

use smoltcp::iface::{Config, Interface, PollResult, SocketSet};
use smoltcp::time::Instant as Time;
use smoltcp::wire::{HardwareAddress, IpAddress, IpCidr, Ipv4Cidr, Ipv6Cidr};

use crate::session::{Ipv4, Ipv6};
use wire::Wire;

/// What the session has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Addresses {
    /// IPv4 side, if it is up.
    pub ipv4: Option<Ipv4>,
    /// IPv6 side, if it is up.
    pub ipv6: Option<Ipv6>,
    /// MTU, bytes.
    pub mtu: u16,
}

/// One session's internet. Sessions share nothing, so a packet cannot come back on another mux id.
pub struct Internet {
    addresses: Addresses,
    epoch: Instant,
    wire: Wire,
    interface: Interface,
    sockets: SocketSet<'static>,
    tcp: tcp::Services,
    udp: udp::Services,
    deadline: Option<Instant>,
}

impl Internet {
    /// Starts it; `seed` makes TCP's sequence numbers.
    pub fn new(addresses: Addresses, seed: u64, now: Instant) -> Self {
        let mut wire = Wire::new(usize::from(addresses.mtu));
        let mut config = Config::new(HardwareAddress::Ip);
        config.random_seed = seed;
        let mut interface = Interface::new(config, &mut wire, Time::ZERO);
        interface.update_ip_addrs(|own| {
            // Three places are configured (Cargo.toml), two needed.
            let ipv4 = addresses
                .ipv4
                .map(|ip| IpCidr::Ipv4(Ipv4Cidr::new(ip.gateway, ip.prefix)));
            let ipv6 = addresses
                .ipv6
                .map(|ip| IpCidr::Ipv6(Ipv6Cidr::new(ip.gateway, ip.prefix)));
            own.extend(ipv4.into_iter().chain(ipv6));
        });
        // A packet for any address is taken if the route to it leads through an address of our own.
        interface.set_any_ip(true);
        let routes = interface.routes_mut();
        let full = "the table of routes holds a default route of either family";
        if let Some(ip) = addresses.ipv4 {
            routes.add_default_ipv4_route(ip.gateway).expect(full);
        }
        if let Some(ip) = addresses.ipv6 {
            routes.add_default_ipv6_route(ip.gateway).expect(full);
        }
        let mut sockets = SocketSet::new(Vec::new());
        let udp = udp::Services::new(&mut sockets);
        let tcp = tcp::Services::default();
        Self {
            addresses,
            epoch: now,
            wire,
            interface,
            sockets,
            tcp,
            udp,
            deadline: None,
        }
    }

    /// What it was started with.
    pub fn addresses(&self) -> Addresses {
        self.addresses
    }

    /// Takes one uplink packet. [`Self::run`] then lets the services work.
    pub fn receive(&mut self, packet: &[u8], now: Instant) {
        if let Some(answer) = icmp::answer(packet, &self.addresses) {
            self.wire.send(answer);
            return;
        }
        self.tcp.prepare(packet, &mut self.sockets);
        self.wire.receive(packet);
        let time = self.time(now);
        self.interface
            .poll_ingress_single(time, &mut self.wire, &mut self.sockets);
    }

    /// Lets the services work until they wait for the host, for time to pass, or for room downlink.
    pub fn run(&mut self, now: Instant) {
        let time = self.time(now);
        loop {
            let mut busy = self.tcp.run(&mut self.sockets);
            busy |= self.udp.run(&mut self.sockets, now);
            // Sends one segment for each socket.
            let sent = self
                .interface
                .poll_egress(time, &mut self.wire, &mut self.sockets);
            busy |= sent == PollResult::SocketStateChanged;
            if !busy || self.wire.is_full() {
                break;
            }
        }
        self.deadline = None;
        // While downlink packets wait, the next poll comes with the room for them.
        if !self.wire.is_full() {
            let stack = self.interface.poll_at(time, &self.sockets).map(|at| {
                let micros = at.total_micros().saturating_sub(time.total_micros());
                now + Duration::from_micros(u64::try_from(micros).unwrap_or(0))
            });
            self.deadline = stack.into_iter().chain(self.udp.deadline()).min();
        }
    }

    /// When to run again although nothing was received.
    pub fn deadline(&self) -> Option<Instant> {
        self.deadline
    }

    /// Downlink packets that wait, and their bytes.
    pub fn pending(&self) -> (usize, usize) {
        self.wire.pending()
    }

    /// Length of the next downlink packet.
    pub fn next_len(&self) -> Option<usize> {
        self.wire.next_len()
    }

    /// The next downlink packet.
    pub fn next(&mut self) -> Option<Vec<u8>> {
        self.wire.next()
    }

    /// Puts a downlink packet into the queue; false if there is no room.
    #[must_use]
    pub fn send(&mut self, packet: Vec<u8>) -> bool {
        self.wire.offer(packet)
    }

    /// Answers dropped because the host did not take its downlink packets.
    pub fn take_dropped(&mut self) -> u64 {
        std::mem::take(&mut self.wire.dropped)
    }

    fn time(&self, now: Instant) -> Time {
        let micros = now.saturating_duration_since(self.epoch).as_micros();
        Time::from_micros(i64::try_from(micros).unwrap_or(i64::MAX))
    }
}

/// The IP address of the standard library.
fn std_address(address: IpAddress) -> std::net::IpAddr {
    match address {
        IpAddress::Ipv4(address) => address.into(),
        IpAddress::Ipv6(address) => address.into(),
    }
}
