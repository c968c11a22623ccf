// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
//! The base interface and mux links of rtnl kind `rmnet`, through rtnetlink.
//! `interface` calls this; the kernel side is the driver's `link.rs` or mainline rmnet.

use std::io;

use netlink_packet_core::{
    NetlinkMessage, NetlinkPayload, NLM_F_APPEND, NLM_F_CREATE, NLM_F_DUMP, NLM_F_EXCL,
};
use netlink_packet_route::link::{
    AfSpecInet6, AfSpecUnspec, In6AddrGenMode, InfoData, InfoKind, InfoRmNet, InfoRmNetFlags,
    LinkAttribute, LinkFlags, LinkInfo, LinkMessage, Prop, RmNetFlags,
};
use netlink_packet_route::RouteNetlinkMessage;
use netlink_sys::protocols::NETLINK_ROUTE;
use netlink_sys::{Socket, SocketAddr};
use rustix::io::Errno;

use crate::config::Qmap;
use crate::network::netlink::{Fault, Netlink};

/// Bit of the group that hears of interfaces (linux/rtnetlink.h, RTMGRP_LINK).
const LINKS: u32 = 1;

/// Taken in a row before others get their turn.
const CHANGES_MAX: usize = 1024;

/// What mhictl needs to know of an interface.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Link {
    /// Interface index.
    pub index: u32,
    /// MTU in octets.
    pub mtu: u32,
    /// Whether it is administratively up.
    pub up: bool,
    /// Index of the base of a mux link.
    pub base: Option<u32>,
    /// Mux id of a link of kind `rmnet`.
    pub mux: Option<u16>,
}

/// Looks an interface up by name; none if there is no such interface.
pub fn get(netlink: &mut Netlink, name: &str) -> Result<Option<Link>, Fault> {
    let mut message = LinkMessage::default();
    message
        .attributes
        .push(LinkAttribute::IfName(name.to_owned()));
    match netlink.request(RouteNetlinkMessage::GetLink(message), 0) {
        Ok(answers) => Ok(answers.into_iter().find_map(|answer| match answer {
            RouteNetlinkMessage::NewLink(link) => Some(describe(&link)),
            _ => None,
        })),
        Err(fault) if fault.errno == Errno::NODEV.raw_os_error() => Ok(None),
        Err(fault) => Err(fault),
    }
}

/// All interfaces with their names.
pub fn list(netlink: &mut Netlink) -> Result<Vec<(String, Link)>, Fault> {
    let answers = netlink.request(
        RouteNetlinkMessage::GetLink(LinkMessage::default()),
        NLM_F_DUMP,
    )?;
    let named = answers.into_iter().filter_map(|answer| match answer {
        RouteNetlinkMessage::NewLink(link) => {
            let name = link
                .attributes
                .iter()
                .find_map(|attribute| match attribute {
                    LinkAttribute::IfName(name) => Some(name.clone()),
                    _ => None,
                });
            Some((name?, describe(&link)))
        }
        _ => None,
    });
    Ok(named.collect())
}

/// Makes the mux link `name` with id `mux` on the interface `base`, for the QMAP version that the modem speaks.
pub fn add_mux(
    netlink: &mut Netlink,
    base: u32,
    name: &str,
    mux: u8,
    version: Qmap,
) -> Result<(), Fault> {
    let message = RouteNetlinkMessage::NewLink(mux_message(base, name, mux, version));
    netlink
        .request(message, NLM_F_CREATE | NLM_F_EXCL)
        .map(drop)
}

/// Gives an interface one name more, by which programs find it, too.
pub fn add_name(netlink: &mut Netlink, index: u32, name: &str) -> Result<(), Fault> {
    let mut message = LinkMessage::default();
    message.header.index = index;
    message
        .attributes
        .push(LinkAttribute::PropList(vec![Prop::AltIfName(
            name.to_owned(),
        )]));
    let flags = NLM_F_CREATE | NLM_F_EXCL | NLM_F_APPEND;
    netlink
        .request(RouteNetlinkMessage::NewLinkProp(message), flags)
        .map(drop)
}

/// Removes an interface; one that is gone already is fine.
pub fn delete(netlink: &mut Netlink, index: u32) -> Result<(), Fault> {
    let mut message = LinkMessage::default();
    message.header.index = index;
    match netlink.request(RouteNetlinkMessage::DelLink(message), 0) {
        Err(fault) if fault.errno == Errno::NODEV.raw_os_error() => Ok(()),
        other => other.map(drop),
    }
}

/// Brings an interface up.
pub fn set_up(netlink: &mut Netlink, index: u32) -> Result<(), Fault> {
    let mut message = LinkMessage::default();
    message.header.index = index;
    message.header.flags = LinkFlags::Up;
    message.header.change_mask = LinkFlags::Up;
    netlink
        .request(RouteNetlinkMessage::SetLink(message), 0)
        .map(drop)
}

/// Sets the MTU in octets.
pub fn set_mtu(netlink: &mut Netlink, index: u32, mtu: u32) -> Result<(), Fault> {
    let mut message = LinkMessage::default();
    message.header.index = index;
    message.attributes.push(LinkAttribute::Mtu(mtu));
    netlink
        .request(RouteNetlinkMessage::SetLink(message), 0)
        .map(drop)
}

/// Stops the kernel from making a link-local address and soliciting routers by itself: the modem says which addresses to use.
pub fn quiet_ipv6(netlink: &mut Netlink, index: u32) -> Result<(), Fault> {
    let mut message = LinkMessage::default();
    message.header.index = index;
    message
        .attributes
        .push(LinkAttribute::AfSpecUnspec(vec![AfSpecUnspec::Inet6(
            vec![AfSpecInet6::AddrGenMode(In6AddrGenMode::None)],
        )]));
    netlink
        .request(RouteNetlinkMessage::SetLink(message), 0)
        .map(drop)
}

/// What became of an interface, by its index.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change {
    /// It was taken down or removed, and may be back.
    Fell(u32),
    /// It went to another network namespace.
    Moved(u32),
    /// There was more than the kernel could keep for this process.
    Missed,
}

/// The kernel's words about interfaces that go down, also of those that come up again at once.
pub struct Changes {
    socket: Socket,
}

impl Changes {
    /// Listens.
    pub fn listen() -> io::Result<Changes> {
        let mut socket = Socket::new(NETLINK_ROUTE)?;
        socket.bind(&SocketAddr::new(0, LINKS))?;
        socket.set_non_blocking(true)?;
        Ok(Changes { socket })
    }

    /// What has come since the last time, or the first of it.
    pub fn read(&self) -> Vec<Change> {
        let mut changes = Vec::new();
        for _ in 0..CHANGES_MAX {
            match self.socket.recv_from_full() {
                Ok((message, _)) => changes.extend(change(&message)),
                Err(error) if error.raw_os_error() == Some(Errno::NOBUFS.raw_os_error()) => {
                    changes.push(Change::Missed);
                }
                Err(_) => break,
            }
        }
        changes
    }
}

/// What one message says; the kernel sends them one by one.
fn change(message: &[u8]) -> Option<Change> {
    let message = NetlinkMessage::<RouteNetlinkMessage>::deserialize(message).ok()?;
    match message.payload {
        NetlinkPayload::InnerMessage(RouteNetlinkMessage::DelLink(link)) => {
            let new = |attribute: &LinkAttribute| matches!(attribute, LinkAttribute::NewIfIndex(_));
            let index = link.header.index;
            Some(match link.attributes.iter().any(new) {
                true => Change::Moved(index),
                false => Change::Fell(index),
            })
        }
        NetlinkPayload::InnerMessage(RouteNetlinkMessage::NewLink(link)) => {
            let link = describe(&link);
            (!link.up).then_some(Change::Fell(link.index))
        }
        _ => None,
    }
}

fn mux_message(base: u32, name: &str, mux: u8, version: Qmap) -> LinkMessage {
    let flags = flags(version);
    // The mask covers every flag that a version may set, so that a base that had another version is switched.
    let mask = flags | flags_of_checksums();
    let mut message = LinkMessage::default();
    message.attributes.push(LinkAttribute::Link(base));
    message
        .attributes
        .push(LinkAttribute::IfName(name.to_owned()));
    message.attributes.push(LinkAttribute::LinkInfo(vec![
        LinkInfo::Kind(InfoKind::RmNet),
        LinkInfo::Data(InfoData::RmNet(vec![
            InfoRmNet::MuxId(mux.into()),
            InfoRmNet::Flags(InfoRmNetFlags::new(flags, mask)),
        ])),
    ]));
    message
}

fn flags(version: Qmap) -> RmNetFlags {
    // The kernel's own rmnet drops the modem's commands unless told to take them; this driver takes them always.
    RmNetFlags::IngressDeaggregation
        | RmNetFlags::IngressCommands
        | match version {
            Qmap::V5 => RmNetFlags::IngressMapCksumV5 | RmNetFlags::EgressMapCksumV5,
            Qmap::V4 => RmNetFlags::IngressMapCksumV4 | RmNetFlags::EgressMapCksumV4,
            Qmap::V1 => RmNetFlags::empty(),
        }
}

fn flags_of_checksums() -> RmNetFlags {
    RmNetFlags::IngressMapCksumV4
        | RmNetFlags::EgressMapCksumV4
        | RmNetFlags::IngressMapCksumV5
        | RmNetFlags::EgressMapCksumV5
}

fn describe(message: &LinkMessage) -> Link {
    let mut link = Link {
        index: message.header.index,
        up: message.header.flags.contains(LinkFlags::Up),
        ..Link::default()
    };
    for attribute in &message.attributes {
        match attribute {
            LinkAttribute::Mtu(mtu) => link.mtu = *mtu,
            LinkAttribute::Link(base) => link.base = Some(*base),
            LinkAttribute::LinkInfo(infos) => link.mux = infos.iter().find_map(mux_id),
            _ => {}
        }
    }
    link
}

fn mux_id(info: &LinkInfo) -> Option<u16> {
    let LinkInfo::Data(InfoData::RmNet(data)) = info else {
        return None;
    };
    data.iter().find_map(|item| match item {
        InfoRmNet::MuxId(mux) => Some(*mux),
        _ => None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use netlink_packet_core::{Emitable, Parseable};
    use netlink_sys::protocols::NETLINK_ROUTE;

    #[test]
    fn newlink_has_the_attributes_that_iproute2_sends() {
        // linux/if_link.h: IFLA_LINKINFO 18 { IFLA_INFO_KIND 1 "rmnet", IFLA_INFO_DATA 2 { IFLA_RMNET_MUX_ID 1 u16, IFLA_RMNET_FLAGS 2 {flags, mask} } }
        let message = mux_message(7, "rmnet_mhi0.1", 0x81, Qmap::V5);
        let mut bytes = vec![0; message.buffer_len()];
        message.emit(&mut bytes);
        let mut data = Vec::new();
        data.extend_from_slice(&6u16.to_ne_bytes());
        data.extend_from_slice(&1u16.to_ne_bytes());
        data.extend_from_slice(&[0x81, 0, 0, 0]);
        data.extend_from_slice(&12u16.to_ne_bytes());
        data.extend_from_slice(&2u16.to_ne_bytes());
        data.extend_from_slice(&0x33u32.to_ne_bytes());
        data.extend_from_slice(&0x3fu32.to_ne_bytes());
        assert!(
            bytes.windows(data.len()).any(|window| window == data),
            "{bytes:02x?}"
        );
        assert!(bytes
            .windows(6)
            .any(|window| window == b"rmnet\0" || window == b"rmnet_"));
    }

    #[test]
    fn flags_follow_the_version() {
        // linux/if_link.h, RMNET_FLAGS_*
        assert_eq!(flags(Qmap::V1).bits(), 0x03);
        assert_eq!(flags(Qmap::V4).bits(), 0x0f);
        assert_eq!(flags(Qmap::V5).bits(), 0x33);
    }

    #[test]
    fn this_machines_loopback_is_found_and_listed() {
        let mut netlink = Netlink::open(NETLINK_ROUTE).unwrap();
        let lo = get(&mut netlink, "lo").unwrap().unwrap();
        assert!(list(&mut netlink).unwrap().contains(&("lo".to_owned(), lo)));
        assert_eq!(get(&mut netlink, "no-such-if").unwrap(), None);
    }

    #[test]
    fn a_link_that_falls_is_told_from_one_that_moves() {
        let says = |attributes: Vec<LinkAttribute>, flags, gone| {
            let mut message = LinkMessage::default();
            (message.header.index, message.header.flags) = (9, flags);
            message.attributes = attributes;
            let message = if gone {
                RouteNetlinkMessage::DelLink(message)
            } else {
                RouteNetlinkMessage::NewLink(message)
            };
            let mut packet = NetlinkMessage::from(message);
            packet.finalize();
            let mut bytes = vec![0; packet.buffer_len()];
            packet.serialize(&mut bytes);
            change(&bytes)
        };
        let (up, down) = (LinkFlags::Up, LinkFlags::empty());
        assert_eq!(says(Vec::new(), up, false), None);
        assert_eq!(says(Vec::new(), down, false), Some(Change::Fell(9)));
        assert_eq!(says(Vec::new(), up, true), Some(Change::Fell(9)));
        let new = vec![LinkAttribute::NewIfIndex(3)];
        assert_eq!(says(new, down, true), Some(Change::Moved(9)));
        assert_eq!(change(&[1, 2, 3]), None);
    }

    #[test]
    fn own_message_describes_itself() {
        let mut message = mux_message(7, "rmnet_mhi0.1", 0x81, Qmap::V4);
        message.attributes.push(LinkAttribute::Mtu(1500));
        message.header.index = 9;
        let mut bytes = vec![0; message.buffer_len()];
        message.emit(&mut bytes);
        let link = describe(&LinkMessage::parse(&bytes[..]).unwrap());
        assert_eq!(
            link,
            Link {
                index: 9,
                mtu: 1500,
                up: false,
                base: Some(7),
                mux: Some(0x81)
            }
        );
    }
}
