// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
//! The session's /64 on a LAN (RFC 7278): networks give one to a modem and none for behind it, so the link keeps its address
//! alone, as /128, and the LAN gets the prefix with another address of it for the router. What is on a LAN stands in a file
//! beside the locks, so that what a mhictl that was killed left there goes with the next one. `interface` calls this.

use std::fs;
use std::net::{IpAddr, Ipv6Addr};
use std::path::PathBuf;

use crate::lines::warn;
use crate::modem::addressing::Addressing;
use crate::modem::device::{read_trimmed, Roots};
use crate::modem::holder::{make_run_dir, run_dir};
use crate::network::netlink::Netlink;
use crate::network::{address, files, link};

/// Longest prefix that machines on a LAN can make addresses from.
const PREFIX: u8 = 64;

/// Addresses that are for networks of one's own: those of the whole internet, and private ones (RFC 4291, RFC 4193).
const SHAREABLE: [(Ipv6Addr, u32); 2] = [
    (Ipv6Addr::new(0x2000, 0, 0, 0, 0, 0, 0, 0), 3),
    (Ipv6Addr::new(0xfc00, 0, 0, 0, 0, 0, 0, 0), 7),
];

/// The prefix of one session on one interface.
pub struct Share {
    lan: String,
    /// The file that tells of it.
    record: PathBuf,
    /// Index of the interface and the router's address there.
    set: Option<(u32, Ipv6Addr)>,
}

impl Share {
    /// For the interface of this name, by the session of this link; touches nothing yet.
    pub fn new(lan: String, session: &str, roots: &Roots) -> Self {
        Share {
            lan,
            record: record(roots, session),
            set: None,
        }
    }

    /// Puts the granted prefix on the LAN in place of an earlier one; says what it set. What goes wrong is a warning: the session
    /// itself is good without.
    pub fn give(
        &mut self,
        netlink: &mut Netlink,
        roots: &Roots,
        granted: &Addressing,
    ) -> Option<String> {
        let Some(router) = router(granted) else {
            self.take_back(netlink);
            let (address, prefix) = (granted.address, granted.prefix);
            warn(format!("{}: no /64 for it in {address}/{prefix}", self.lan));
            return None;
        };
        let index = match link::get(netlink, &self.lan) {
            Ok(Some(lan)) => lan.index,
            Ok(None) => {
                self.set = None;
                warn(format!(
                    "{}: there is no such interface to share the prefix with",
                    self.lan
                ));
                return None;
            }
            Err(fault) => {
                warn(format!("{}: {fault}", self.lan));
                return None;
            }
        };
        if self.set.is_some_and(|set| set != (index, router)) {
            self.take_back(netlink);
        }
        let kept = make_run_dir(roots)
            .map_err(|error| error.what)
            .and_then(|_| {
                files::replace(&self.record, &format!("{} {router}\n", self.lan))
                    .map_err(|error| error.to_string())
            });
        if let Err(why) = kept {
            warn(format!(
                "{}: {router}/{PREFIX} stays there if mhictl is killed: {why}",
                self.lan
            ));
        }
        if let Err(fault) = address::add(netlink, index, router.into(), PREFIX) {
            warn(format!("{}: {router}/{PREFIX} not set: {fault}", self.lan));
            return None;
        }
        self.set = Some((index, router));
        let forwarding = roots.proc.join("sys/net/ipv6/conf/all/forwarding");
        if read_trimmed(&forwarding).is_some_and(|on| on == "0") {
            warn(format!(
                "{}: this machine does not forward IPv6: sysctl net.ipv6.conf.all.forwarding=1",
                self.lan
            ));
        }
        Some(format!("{router}/{PREFIX} on {}", self.lan))
    }

    /// Takes the prefix back.
    pub fn take_back(&mut self, netlink: &mut Netlink) {
        if let Some((index, router)) = self.set.take() {
            // It may be gone with its interface.
            let _ = address::delete(netlink, index, router.into(), PREFIX);
            let _ = fs::remove_file(&self.record);
        }
    }
}

/// Takes back what an earlier mhictl has left on a LAN for the session of this link.
pub fn clean_up(netlink: &mut Netlink, roots: &Roots, session: &str) {
    let record = record(roots, session);
    let Ok(text) = files::read(&record) else {
        return;
    };
    if let Some((lan, router)) = parse(&text) {
        if let Ok(Some(lan)) = link::get(netlink, lan) {
            let _ = address::delete(netlink, lan.index, router.into(), PREFIX);
        }
    }
    let _ = fs::remove_file(&record);
}

fn record(roots: &Roots, session: &str) -> PathBuf {
    run_dir(roots).join(format!("{session}.lan"))
}

/// A record: the LAN and the router's address there.
fn parse(text: &str) -> Option<(&str, Ipv6Addr)> {
    let (lan, router) = text.trim_end().split_once(' ')?;
    Some((lan, router.parse().ok()?))
}

/// The first address of the /64 that neither session nor network has; none if there is no /64, or none that is for a LAN.
fn router(granted: &Addressing) -> Option<Ipv6Addr> {
    let IpAddr::V6(own) = granted.address else {
        return None;
    };
    let within = |(range, prefix): (Ipv6Addr, u32)| {
        (u128::from(own) ^ u128::from(range)).leading_zeros() >= prefix
    };
    if !SHAREABLE.into_iter().any(within) {
        return None;
    }
    let network = u128::from(own) & !u128::from(u64::MAX);
    let free = |&address: &Ipv6Addr| address != own && granted.gateway != Some(IpAddr::V6(address));
    let mut hosts = (1..=3).map(|host| Ipv6Addr::from(network | host));
    hosts.find(free).filter(|_| granted.prefix <= PREFIX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::modem::device::tests::Tree;
    use netlink_sys::protocols::NETLINK_ROUTE;

    fn granted(address: &str, prefix: u8, gateway: Option<&str>) -> Addressing {
        Addressing {
            address: address.parse().unwrap(),
            prefix,
            gateway: gateway.map(|gateway| gateway.parse().unwrap()),
            dns: Vec::new(),
            mtu: None,
        }
    }

    #[test]
    fn the_router_has_an_address_that_nobody_else_has() {
        for (address, prefix, gateway, expected) in [
            ("2001:db8::abcd", 64, None, Some("2001:db8::1")),
            ("2001:db8::abcd", 56, None, Some("2001:db8::1")),
            ("2001:db8::1", 64, None, Some("2001:db8::2")),
            ("2001:db8::2", 64, Some("2001:db8::1"), Some("2001:db8::3")),
            ("2001:db8::2", 64, Some("fe80::1"), Some("2001:db8::1")),
            ("2001:db8::2", 128, None, None),
            ("10.0.0.1", 8, None, None),
            ("3fff:ffff::2", 64, None, Some("3fff:ffff::1")),
            ("fd00::2", 64, None, Some("fd00::1")),
            ("fe80::2", 64, None, None),
            ("64:ff9b::2", 64, None, None),
            ("4000::2", 64, None, None),
        ] {
            let router = router(&granted(address, prefix, gateway));
            let expected = expected.map(|text| text.parse().unwrap());
            assert_eq!(router, expected, "{address}/{prefix}");
        }
    }

    #[test]
    fn a_record_is_a_lan_and_an_address_or_nothing() {
        let router = "2001:db8::1".parse().unwrap();
        assert_eq!(parse("br-lan 2001:db8::1\n"), Some(("br-lan", router)));
        for text in ["", "br-lan", "br-lan 10.0.0.1\n", "br-lan 2001:db8::1 x\n"] {
            assert_eq!(parse(text), None, "{text}");
        }
    }

    #[test]
    fn a_record_goes_with_what_it_tells_of() {
        let tree = Tree::new();
        make_run_dir(&tree.roots).unwrap();
        let path = record(&tree.roots, "rmnet_mhi0.1");
        let mut netlink = Netlink::open(NETLINK_ROUTE).unwrap();
        // There is no such LAN: its address is gone with it.
        fs::write(&path, "mhictl-none 2001:db8::1\n").unwrap();
        clean_up(&mut netlink, &tree.roots, "rmnet_mhi0.1");
        assert!(!path.exists());
        clean_up(&mut netlink, &tree.roots, "rmnet_mhi0.1");
    }
}
