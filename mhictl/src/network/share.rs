// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
//! The session's /64 on a LAN (RFC 7278): networks give one to a modem and none for behind it, so the link keeps its address
//! alone, as /128, and the LAN gets the prefix with another address of it for the router. `interface` calls this.

use std::net::{IpAddr, Ipv6Addr};

use crate::lines::warn;
use crate::modem::addressing::Addressing;
use crate::modem::device::{read_trimmed, Roots};
use crate::network::netlink::Netlink;
use crate::network::{address, link};

/// Longest prefix that machines on a LAN can make addresses from.
const PREFIX: u8 = 64;

/// The prefix of one session on one interface.
pub struct Share {
    lan: String,
    /// Index of the interface and the router's address there.
    set: Option<(u32, Ipv6Addr)>,
}

impl Share {
    /// For the interface of this name; touches nothing yet.
    pub fn new(lan: String) -> Self {
        Share { lan, set: None }
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
        }
    }
}

/// The first address of the /64 that neither session nor network has; none if there is no /64.
fn router(granted: &Addressing) -> Option<Ipv6Addr> {
    let IpAddr::V6(own) = granted.address else {
        return None;
    };
    let network = u128::from(own) & !u128::from(u64::MAX);
    let free = |&address: &Ipv6Addr| address != own && granted.gateway != Some(IpAddr::V6(address));
    let mut hosts = (1..=3).map(|host| Ipv6Addr::from(network | host));
    hosts.find(free).filter(|_| granted.prefix <= PREFIX)
}

#[cfg(test)]
mod tests {
    use super::*;

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
        ] {
            let router = router(&granted(address, prefix, gateway));
            let expected = expected.map(|text| text.parse().unwrap());
            assert_eq!(router, expected, "{address}/{prefix}");
        }
    }
}
