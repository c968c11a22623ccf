// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
//! Addresses and default routes of the mux link, through rtnetlink. `interface` calls this.

use std::net::IpAddr;

use netlink_packet_core::{NLM_F_CREATE, NLM_F_DUMP, NLM_F_EXCL, NLM_F_REPLACE};
use netlink_packet_route::address::{
    AddressAttribute, AddressFlags, AddressHeaderFlags, AddressMessage,
};
use netlink_packet_route::route::{
    RouteAttribute, RouteHeader, RouteMessage, RouteProtocol, RouteScope, RouteType,
};
use netlink_packet_route::{AddressFamily, RouteNetlinkMessage};

use crate::config::Family;
use crate::network::netlink::{Fault, Netlink};

/// Adds `address`/`prefix` to an interface; one that is there already is refreshed. IPv6 addresses skip duplicate
/// detection: the network assigned the whole prefix to this link.
pub fn add(netlink: &mut Netlink, index: u32, address: IpAddr, prefix: u8) -> Result<(), Fault> {
    netlink
        .request(
            RouteNetlinkMessage::NewAddress(address_message(index, address, prefix)),
            NLM_F_CREATE | NLM_F_REPLACE,
        )
        .map(drop)
}

/// Removes an address; one that is gone already is fine.
pub fn delete(netlink: &mut Netlink, index: u32, address: IpAddr, prefix: u8) -> Result<(), Fault> {
    match netlink.request(
        RouteNetlinkMessage::DelAddress(address_message(index, address, prefix)),
        0,
    ) {
        Err(fault) if fault.errno == rustix::io::Errno::ADDRNOTAVAIL.raw_os_error() => Ok(()),
        other => other.map(drop),
    }
}

/// The addresses of an interface with their prefix lengths.
pub fn list(netlink: &mut Netlink, index: u32) -> Result<Vec<(IpAddr, u8)>, Fault> {
    let answers = netlink.request(
        RouteNetlinkMessage::GetAddress(AddressMessage::default()),
        NLM_F_DUMP,
    )?;
    let ours = answers.into_iter().filter_map(|answer| match answer {
        RouteNetlinkMessage::NewAddress(message) if message.header.index == index => {
            let find = |wanted: fn(&AddressAttribute) -> Option<IpAddr>| {
                message.attributes.iter().find_map(wanted)
            };
            // IFA_LOCAL is the interface's own address where it differs from the peer's.
            let local = find(|attribute| {
                if let AddressAttribute::Local(address) = attribute {
                    Some(*address)
                } else {
                    None
                }
            });
            let address = find(|attribute| {
                if let AddressAttribute::Address(address) = attribute {
                    Some(*address)
                } else {
                    None
                }
            });
            Some((local.or(address)?, message.header.prefix_len))
        }
        _ => None,
    });
    Ok(ours.collect())
}

/// Adds a default route through the interface. The link is point to point, so it needs no gateway.
/// Fails with EEXIST if another default route has the same metric.
pub fn add_default_route(
    netlink: &mut Netlink,
    index: u32,
    family: Family,
    metric: u32,
) -> Result<(), Fault> {
    netlink
        .request(
            RouteNetlinkMessage::NewRoute(route_message(index, family, metric)),
            NLM_F_CREATE | NLM_F_EXCL,
        )
        .map(drop)
}

/// Removes that route; one that is gone already is fine.
pub fn delete_default_route(
    netlink: &mut Netlink,
    index: u32,
    family: Family,
    metric: u32,
) -> Result<(), Fault> {
    match netlink.request(
        RouteNetlinkMessage::DelRoute(route_message(index, family, metric)),
        0,
    ) {
        Err(fault) if fault.errno == rustix::io::Errno::SRCH.raw_os_error() => Ok(()),
        other => other.map(drop),
    }
}

fn address_message(index: u32, address: IpAddr, prefix: u8) -> AddressMessage {
    let mut message = AddressMessage::default();
    message.header.index = index;
    message.header.prefix_len = prefix;
    message.attributes.push(AddressAttribute::Address(address));
    match address {
        IpAddr::V4(_) => {
            message.header.family = AddressFamily::Inet;
            message.attributes.push(AddressAttribute::Local(address));
        }
        IpAddr::V6(_) => {
            message.header.family = AddressFamily::Inet6;
            message.header.flags = AddressHeaderFlags::Nodad;
            message
                .attributes
                .push(AddressAttribute::Flags(AddressFlags::Nodad));
        }
    }
    message
}

fn route_message(index: u32, family: Family, metric: u32) -> RouteMessage {
    let mut message = RouteMessage::default();
    message.header.address_family = match family {
        Family::V4 => AddressFamily::Inet,
        Family::V6 => AddressFamily::Inet6,
    };
    message.header.table = RouteHeader::RT_TABLE_MAIN;
    message.header.protocol = RouteProtocol::Static;
    message.header.scope = match family {
        Family::V4 => RouteScope::Link,
        Family::V6 => RouteScope::Universe,
    };
    message.header.kind = RouteType::Unicast;
    message.attributes.push(RouteAttribute::Oif(index));
    message.attributes.push(RouteAttribute::Priority(metric));
    message
}

#[cfg(all(test, target_endian = "little"))]
mod tests {
    use super::*;
    use netlink_packet_core::Emitable;

    #[test]
    fn ipv4_address_has_the_bytes_of_the_header_files() {
        // linux/if_addr.h: family, prefix, flags, scope, index; IFA_ADDRESS 1, IFA_LOCAL 2
        let message = address_message(9, "10.64.129.2".parse().unwrap(), 28);
        let mut bytes = vec![0; message.buffer_len()];
        message.emit(&mut bytes);
        assert_eq!(
            bytes,
            [2, 28, 0, 0, 9, 0, 0, 0, 8, 0, 1, 0, 10, 64, 129, 2, 8, 0, 2, 0, 10, 64, 129, 2]
        );
    }

    #[test]
    fn ipv6_address_skips_duplicate_detection() {
        let message = address_message(9, "2001:db8:81::1".parse().unwrap(), 64);
        assert_eq!(message.header.flags, AddressHeaderFlags::Nodad);
    }

    #[test]
    fn default_route_has_no_destination_and_no_gateway() {
        // linux/rtnetlink.h: family 2, table main 254, protocol static 4, scope link 253, type unicast 1; RTA_OIF 4, RTA_PRIORITY 6
        let message = route_message(9, Family::V4, 700);
        let mut bytes = vec![0; message.buffer_len()];
        message.emit(&mut bytes);
        assert_eq!(
            bytes,
            [
                2, 0, 0, 0, 254, 4, 253, 1, 0, 0, 0, 0, 8, 0, 4, 0, 9, 0, 0, 0, 8, 0, 6, 0, 0xbc,
                2, 0, 0
            ]
        );
    }
}
