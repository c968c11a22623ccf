// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
//! The kernel's side of one session: mux link, addresses, default routes, MTU and DNS, and how to undo them.
//! `connect` calls this for what `session` orders; the link outlives the modem's crashes and goes when the session ends.

use std::net::IpAddr;

use netlink_sys::protocols::NETLINK_ROUTE;
use rustix::io::Errno;

use crate::config::{link_name, Config, Family};
use crate::exit::{Error, Exit};
use crate::lines::warn;
use crate::modem::addressing::{Addressing, Format};
use crate::modem::device::Roots;
use crate::network::address;
use crate::network::dns::{self, Dns};
use crate::network::ethtool;
use crate::network::link::{self, Change, Changes, Link};
use crate::network::netlink::{Fault, Netlink};
use crate::network::share::{self, Share};

/// Least MTU of the base, in octets: it must not be smaller than what its mux links carry, and no MTU applies to its aggregates.
const BASE_MTU: u32 = 16384;
/// MTU when neither user nor network says one.
const DEFAULT_MTU: u32 = 1500;
/// Shortest prefixes that become a route: what a network has of its own is longer, and one of these would take other networks' traffic.
const SHORTEST_V4: u8 = 8;
const SHORTEST_V6: u8 = 48;

/// The mux link and what was put on it.
pub struct Interface {
    netlink: Netlink,
    roots: Roots,
    base: String,
    name: String,
    /// What a link of this mux id is called unless the user says otherwise.
    usual: String,
    mux: u8,
    mtu: Option<u32>,
    metric: Option<u32>,
    wants_addresses: bool,
    wants_dns: bool,
    /// MTU that the link got.
    link_mtu: Option<u32>,
    /// Index and format of the link that this process made.
    made: Option<(u32, Format)>,
    /// Whether somebody has moved it to another network namespace since.
    moved: bool,
    /// What becomes of interfaces; none where the kernel does not tell.
    changes: Option<Changes>,
    addresses: Vec<(IpAddr, u8)>,
    routes: Vec<Family>,
    dns: Option<Dns>,
    share: Option<Share>,
}

impl Interface {
    /// Prepares for a mux link on `base`, whose mux id is this process's; touches nothing yet but what an earlier one has left on a LAN.
    pub fn new(roots: &Roots, base: &str, config: &Config) -> Result<Self, Error> {
        let mut netlink = Netlink::open(NETLINK_ROUTE)
            .map_err(|fault| network("open a netlink socket", &fault))?;
        let usual = link_name(base, config.mux)?;
        let name = config.link.clone().unwrap_or_else(|| usual.clone());
        share::clean_up(&mut netlink, roots, &name);
        dns::clean_up(roots, &name);
        let lan = config.share.clone();
        Ok(Interface {
            netlink,
            roots: roots.clone(),
            base: base.to_owned(),
            mux: config.mux,
            mtu: config.mtu,
            metric: config.metric,
            wants_addresses: config.addresses,
            wants_dns: config.dns,
            link_mtu: None,
            made: None,
            moved: false,
            changes: Changes::listen().ok(),
            addresses: Vec::new(),
            routes: Vec::new(),
            dns: None,
            share: lan.map(|lan| Share::new(lan, &name, roots)),
            name,
            usual,
        })
    }

    /// Name of the mux link.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Name of the base interface.
    pub fn base(&self) -> &str {
        &self.base
    }

    /// MTU that the link got, in octets.
    pub fn link_mtu(&self) -> Option<u32> {
        self.link_mtu
    }

    /// Whether the base has mux links that are not this one, whoever made them.
    pub fn has_neighbours(&mut self) -> Result<bool, Error> {
        let look_up = format!("look up the links of {}", self.base);
        let base = link::get(&mut self.netlink, &self.base)
            .map_err(|fault| network(&look_up, &fault))?
            .map(|base| base.index);
        let links = link::list(&mut self.netlink).map_err(|fault| network(&look_up, &fault))?;
        Ok(links.iter().any(|(_, link)| {
            link.mux.is_some_and(|mux| mux != u16::from(self.mux))
                && base.is_some()
                && link.base == base
        }))
    }

    /// Makes the mux link, or keeps the one of an earlier attempt, and brings base and link up.
    pub fn make_link(&mut self, format: Format) -> Result<String, Error> {
        let base = link::get(&mut self.netlink, &self.base)
            .map_err(|fault| network(&format!("look up {}", self.base), &fault))?
            .ok_or_else(|| {
                Error::new(
                    Exit::Network,
                    format!("there is no interface {}", self.base),
                    "ip link shows the interfaces; choose with --netdev",
                )
            })?;
        let index = self.link_index(base.index, format)?;
        if base.mtu < BASE_MTU {
            if let Err(fault) = link::set_mtu(&mut self.netlink, base.index, BASE_MTU) {
                warn(format!("{}: MTU stays at {}: {fault}", self.base, base.mtu));
            }
        }
        link::set_up(&mut self.netlink, base.index)
            .map_err(|fault| network(&format!("bring {} up", self.base), &fault))?;
        if let Err(fault) = link::quiet_ipv6(&mut self.netlink, index) {
            // A kernel without IPv6.
            if fault.errno != Errno::AFNOSUPPORT.raw_os_error()
                && fault.errno != Errno::OPNOTSUPP.raw_os_error()
            {
                warn(format!(
                    "{}: the kernel keeps its own IPv6 addresses: {fault}",
                    self.name
                ));
            }
        }
        link::set_up(&mut self.netlink, index)
            .map_err(|fault| network(&format!("bring {} up", self.name), &fault))?;
        self.set_aggregation(format);
        // On its way up it was down.
        self.news();
        Ok(self.name.clone())
    }

    /// Looks after link and base, which anybody may take down, brings them up again and says whether [`Interface::configure`] is to
    /// put back what has gone with it. A link that is gone is an error: who removes it may have changed the modem's format, too.
    pub fn check(&mut self) -> Result<bool, Error> {
        let Some((index, _)) = self.made else {
            return Ok(false);
        };
        let news = self.news();
        self.moved |= news.contains(&Change::Moved(index));
        if self.moved {
            return Ok(false);
        }
        let links = link::list(&mut self.netlink)
            .map_err(|fault| network(&format!("look up {}", self.name), &fault))?;
        let Some((_, link)) = links.iter().find(|(_, link)| link.index == index) else {
            let what = format!("somebody has removed {}", self.name);
            return Err(Error::new(Exit::Network, what, "does another manager run?"));
        };
        let base = links
            .iter()
            .find(|(name, base)| *name == self.base && Some(base.index) == link.base);
        let both = [base.map(|(_, base)| base), Some(link)];
        let down: Vec<_> = both.into_iter().flatten().filter(|one| !one.up).collect();
        for one in &down {
            link::set_up(&mut self.netlink, one.index)
                .map_err(|fault| network(&format!("bring {} up again", self.name), &fault))?;
        }
        if !down.is_empty() {
            let (name, base) = (&self.name, &self.base);
            warn(format!(
                "somebody has taken {name} or {base} down: up again"
            ));
        }
        // Down for a moment, it has lost routes and addresses all the same; those of another manager are its business.
        let fell = news.contains(&Change::Fell(index)) || news.contains(&Change::Missed);
        Ok(!down.is_empty() || (fell && self.wants_addresses))
    }

    fn news(&self) -> Vec<Change> {
        self.changes.as_ref().map(Changes::read).unwrap_or_default()
    }

    /// Sets these addresses and no others, with routes, MTU and DNS; returns the lines to print.
    pub fn configure(
        &mut self,
        granted: &[Addressing],
    ) -> Result<Vec<(&'static str, String)>, Error> {
        let Some((index, _)) = self.made else {
            return Err(Error::new(Exit::Network, "there is no mux link", ""));
        };
        let mtu = self
            .mtu
            .or_else(|| granted.iter().filter_map(|addressing| addressing.mtu).min())
            .unwrap_or(DEFAULT_MTU);
        if let Err(fault) = link::set_mtu(&mut self.netlink, index, mtu) {
            warn(format!("{}: MTU {mtu} not set: {fault}", self.name));
        }
        self.link_mtu = Some(mtu);
        let wanted: Vec<(IpAddr, u8)> = granted
            .iter()
            .map(|addressing| (addressing.address, prefix(addressing, self.share.is_some())))
            .collect();
        for &(old, prefix) in self.addresses.iter().filter(|old| !wanted.contains(old)) {
            let _ = address::delete(&mut self.netlink, index, old, prefix);
        }
        self.addresses.retain(|old| wanted.contains(old));
        let mut lines = Vec::new();
        let four = granted.iter().any(|other| other.address.is_ipv4());
        let mut no_six = false;
        for addressing in granted {
            let (new, prefix) = (addressing.address, prefix(addressing, self.share.is_some()));
            if !self.wants_addresses {
                lines.push(("address", format!("{} (not set)", addressing.line(mtu))));
                continue;
            }
            if let Err(fault) = address::add(&mut self.netlink, index, new, prefix) {
                // IPv6 is switched off here, or the MTU is too small for it: that is no reason to do without IPv4.
                if new.is_ipv6() && four {
                    warn(format!("{}: no IPv6: {new} not set: {fault}", self.name));
                    no_six = true;
                    continue;
                }
                return Err(network(
                    &format!("add {new}/{prefix} to {}", self.name),
                    &fault,
                ));
            }
            if !self.addresses.contains(&(new, prefix)) {
                self.addresses.push((new, prefix));
            }
            lines.push(("address", addressing.line(mtu)));
            self.add_route(
                index,
                if new.is_ipv4() {
                    Family::V4
                } else {
                    Family::V6
                },
            );
        }
        if let Some(share) = &mut self.share {
            let six = granted.iter().find(|granted| granted.address.is_ipv6());
            match six.filter(|_| !no_six) {
                Some(granted) => {
                    let line = share.give(&mut self.netlink, &self.roots, granted);
                    lines.extend(line.map(|line| ("shared", line)));
                }
                None => share.take_back(&mut self.netlink),
            }
        }
        lines.push(("dns", self.announce_dns(granted)));
        Ok(lines)
    }

    /// Takes addresses, routes and DNS back; the link stays.
    pub fn withdraw(&mut self) {
        self.withdraw_dns();
        if let Some(share) = &mut self.share {
            share.take_back(&mut self.netlink);
        }
        let Some((index, _)) = self.made else { return };
        for family in std::mem::take(&mut self.routes) {
            let _ = address::delete_default_route(
                &mut self.netlink,
                index,
                family,
                self.metric.unwrap_or(0),
            );
        }
        for (old, prefix) in std::mem::take(&mut self.addresses) {
            let _ = address::delete(&mut self.netlink, index, old, prefix);
        }
    }

    /// The index of a mux link in this format: the one made before, or a new one in place of what is left of a killed mhictl.
    fn link_index(&mut self, base: u32, format: Format) -> Result<u32, Error> {
        let look_up = format!("look up {}", self.name);
        let ours = |link: &Link| link.base == Some(base) && link.mux == Some(self.mux.into());
        let mut there =
            link::get(&mut self.netlink, &self.name).map_err(|fault| network(&look_up, &fault))?;
        if there.is_none() {
            there = link::get(&mut self.netlink, &self.usual)
                .map_err(|fault| network(&look_up, &fault))?
                .filter(ours);
        }
        if let Some(link) = there {
            if self.made == Some((link.index, format)) && link.base == Some(base) {
                return Ok(link.index);
            }
            if !ours(&link) {
                let what = format!(
                    "{} exists and is no link of {} with mux id {}",
                    self.name, self.base, self.mux
                );
                return Err(Error::new(
                    Exit::Network,
                    what,
                    format!(
                        "remove it (ip link del {}) or choose another --mux",
                        self.name
                    ),
                ));
            }
            link::delete(&mut self.netlink, link.index)
                .map_err(|fault| network(&format!("replace {}", self.name), &fault))?;
            self.addresses.clear();
            self.routes.clear();
        }
        link::add_mux(
            &mut self.netlink,
            base,
            &self.name,
            self.mux,
            format.version,
        )
        .map_err(|fault| self.no_link(&fault))?;
        let made =
            link::get(&mut self.netlink, &self.name).map_err(|fault| network(&look_up, &fault))?;
        let index = made.map(|link| link.index).ok_or_else(|| {
            Error::new(
                Exit::Network,
                format!("{} vanished", self.name),
                "does another manager run?",
            )
        })?;
        if self.name != self.usual {
            if let Err(fault) = link::add_name(&mut self.netlink, index, &self.usual) {
                warn(format!(
                    "{} is not called {} too: {fault}",
                    self.name, self.usual
                ));
            }
        }
        (self.made, self.moved) = (Some((index, format)), false);
        Ok(index)
    }

    fn no_link(&self, fault: &Fault) -> Error {
        let what = format!(
            "make {} with mux id {} on {}",
            self.name, self.mux, self.base
        );
        let next = match Errno::from_raw_os_error(fault.errno) {
            Errno::OPNOTSUPP => "the kernel knows no links of kind rmnet: modprobe rmnet_mhi",
            Errno::EXIST => "another link has this mux id: ip -d link shows it; remove it or choose another --mux",
            _ => "see dmesg",
        };
        match Errno::from_raw_os_error(fault.errno) {
            Errno::PERM => Error::system(what, &std::io::Error::from_raw_os_error(fault.errno)),
            _ => Error::new(Exit::Network, format!("{what}: {fault}"), next),
        }
    }

    /// The modem's uplink limits, to the base (this module) or the link (mainline rmnet); a kernel without them sends packet by packet.
    fn set_aggregation(&mut self, format: Format) {
        let (frames, octets) = match (format.uplink_packets, format.uplink_octets) {
            // What an earlier session was granted is not for this one. Beside others there are limits, whatever the modem says of them.
            (0..=1, _) | (_, 0) if self.has_neighbours().unwrap_or(true) => return,
            (0..=1, _) | (_, 0) => (1, None),
            (packets, octets) => (packets, Some(octets)),
        };
        for interface in [&self.base, &self.name] {
            match ethtool::set_tx_aggregation(interface, octets, frames) {
                Ok(()) => return,
                Err(fault) if fault.errno == Errno::OPNOTSUPP.raw_os_error() => {}
                Err(fault) => {
                    return warn(format!("{interface}: uplink aggregation not set: {fault}"))
                }
            }
        }
    }

    /// Also one that was set before: the kernel drops it with the interface's last address.
    fn add_route(&mut self, index: u32, family: Family) {
        let Some(metric) = self.metric else {
            return;
        };
        let set = self.routes.contains(&family);
        match address::add_default_route(&mut self.netlink, index, family, metric) {
            Ok(()) if set => {}
            Ok(()) => self.routes.push(family),
            Err(fault) if set && fault.errno == Errno::EXIST.raw_os_error() => {}
            Err(fault) if fault.errno == Errno::EXIST.raw_os_error() => {
                warn(format!("another {} default route has metric {metric}: none set; choose another --metric", family.name()));
            }
            Err(fault) => warn(format!("{} default route not set: {fault}", family.name())),
        }
    }

    fn withdraw_dns(&mut self) {
        if let Some(dns) = self.dns.take() {
            if let Err(error) = dns.withdraw() {
                warn(format!("DNS not restored: {error}"));
            }
        }
    }

    fn announce_dns(&mut self, granted: &[Addressing]) -> String {
        let servers: Vec<IpAddr> = granted
            .iter()
            .flat_map(|addressing| addressing.dns.iter().copied())
            .collect();
        if servers.is_empty() {
            self.withdraw_dns();
            return "none from the network".to_owned();
        }
        let list = servers
            .iter()
            .map(IpAddr::to_string)
            .collect::<Vec<_>>()
            .join(" ");
        if !self.wants_dns {
            return format!("{list} (not set)");
        }
        match Dns::announce(&self.roots, &self.name, &servers) {
            Ok(dns) => {
                let line = format!("{list} ({})", dns.place());
                self.dns = Some(dns);
                line
            }
            Err(error) => {
                // With the new servers the old ones are withdrawn, too.
                self.dns = None;
                warn(format!("DNS not set: {error}"));
                format!("{list} (not set)")
            }
        }
    }
}

/// Takes everything back, the link too.
impl Drop for Interface {
    fn drop(&mut self) {
        self.withdraw();
        if let Some((index, _)) = self.made.take() {
            match link::delete(&mut self.netlink, index) {
                Err(fault) if fault.errno != Errno::NODEV.raw_os_error() => {
                    warn(format!("{} not removed: {fault}", self.name));
                }
                _ => {} // or it went with its base
            }
        }
    }
}

/// The prefix of an address on the link. One that is on a LAN is not on the link, too.
fn prefix(granted: &Addressing, shared: bool) -> u8 {
    let six = granted.address.is_ipv6();
    let (shortest, whole) = if six {
        (SHORTEST_V6, 128)
    } else {
        (SHORTEST_V4, 32)
    };
    if (six && shared) || granted.prefix < shortest {
        return whole;
    }
    granted.prefix
}

fn network(doing: &str, fault: &Fault) -> Error {
    if fault.errno == Errno::PERM.raw_os_error() || fault.errno == Errno::ACCESS.raw_os_error() {
        return Error::system(doing, &std::io::Error::from_raw_os_error(fault.errno));
    }
    Error::new(
        Exit::Network,
        format!("{doing}: {fault}"),
        "see dmesg, and whether another manager runs",
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_prefix_that_is_too_short_or_on_a_lan_is_none_of_the_links() {
        for (address, granted, shared, expected) in [
            ("10.0.0.2", 28, false, 28),
            ("10.0.0.2", 28, true, 28),
            ("10.0.0.2", 8, false, 8),
            ("10.0.0.2", 7, false, 32),
            ("2001:db8::2", 64, false, 64),
            ("2001:db8::2", 64, true, 128),
            ("2001:db8::2", 48, false, 48),
            ("2001:db8::2", 47, false, 128),
        ] {
            let addressing = Addressing {
                address: address.parse().unwrap(),
                prefix: granted,
                gateway: None,
                dns: Vec::new(),
                mtu: None,
            };
            let on_link = prefix(&addressing, shared);
            assert_eq!(on_link, expected, "{address}/{granted} {shared}");
        }
    }
}
