// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
//! Uplink aggregation limits through ethtool's generic netlink family, as `ethtool -C IF tx-aggr-max-bytes N
//! tx-aggr-max-frames M` sets them. `interface` calls this with what the modem echoed.

use netlink_packet_core::{
    DecodeError, DefaultNla, Emitable, NetlinkDeserializable, NetlinkHeader, NetlinkSerializable,
    NlasIterator, NLA_F_NESTED,
};
use netlink_sys::protocols::NETLINK_GENERIC;

use crate::network::netlink::{Fault, Netlink};

// linux/genetlink.h
const GENL_ID_CTRL: u16 = 0x10;
const CTRL_CMD_GETFAMILY: u8 = 3;
const CTRL_ATTR_FAMILY_ID: u16 = 1;
const CTRL_ATTR_FAMILY_NAME: u16 = 2;
// linux/ethtool_netlink.h
const ETHTOOL_MSG_COALESCE_SET: u8 = 20;
const ETHTOOL_A_COALESCE_HEADER: u16 = 1;
const ETHTOOL_A_HEADER_DEV_NAME: u16 = 2;
const ETHTOOL_A_COALESCE_TX_AGGR_MAX_BYTES: u16 = 26;
const ETHTOOL_A_COALESCE_TX_AGGR_MAX_FRAMES: u16 = 27;

/// Sets how many packets the interface may put into one uplink transfer, and how many octets; without, those stay.
pub fn set_tx_aggregation(interface: &str, bytes: Option<u32>, frames: u32) -> Result<(), Fault> {
    let mut netlink = Netlink::open(NETLINK_GENERIC)?;
    let family = family_id(&mut netlink, "ethtool")?;
    netlink
        .request(coalesce_set(family, interface, bytes, frames), 0)
        .map(drop)
}

/// A generic netlink message: command, version 1 and raw attributes.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Generic {
    family: u16,
    command: u8,
    attributes: Vec<u8>,
}

impl NetlinkSerializable for Generic {
    fn message_type(&self) -> u16 {
        self.family
    }

    fn buffer_len(&self) -> usize {
        4 + self.attributes.len()
    }

    fn serialize(&self, buffer: &mut [u8]) {
        if let Some((header, body)) = buffer.split_first_chunk_mut::<4>() {
            *header = [self.command, 1, 0, 0];
            body.copy_from_slice(&self.attributes);
        }
    }
}

impl NetlinkDeserializable for Generic {
    type Error = DecodeError;

    fn deserialize(header: &NetlinkHeader, payload: &[u8]) -> Result<Self, DecodeError> {
        match payload.split_first_chunk::<4>() {
            Some(([command, _, _, _], attributes)) => Ok(Generic {
                family: header.message_type,
                command: *command,
                attributes: attributes.to_vec(),
            }),
            None => Err(DecodeError::from("generic netlink header cut short")),
        }
    }
}

fn family_id(netlink: &mut Netlink, name: &str) -> Result<u16, Fault> {
    let query = Generic {
        family: GENL_ID_CTRL,
        command: CTRL_CMD_GETFAMILY,
        attributes: emit(&[text(CTRL_ATTR_FAMILY_NAME, name)]),
    };
    let answers = netlink.request(query, 0)?;
    let id = answers.iter().find_map(|answer| {
        let attribute = NlasIterator::new(answer.attributes.as_slice())
            .flatten()
            .find(|nla| nla.kind() == CTRL_ATTR_FAMILY_ID)?;
        attribute
            .value()
            .first_chunk::<2>()
            .map(|id| u16::from_ne_bytes(*id))
    });
    id.ok_or_else(|| Fault {
        errno: 0,
        text: format!("the kernel does not say the id of the netlink family {name}"),
    })
}

fn coalesce_set(family: u16, interface: &str, bytes: Option<u32>, frames: u32) -> Generic {
    let number = |kind, value: u32| DefaultNla::new(kind, value.to_ne_bytes().to_vec());
    let header = emit(&[text(ETHTOOL_A_HEADER_DEV_NAME, interface)]);
    let mut attributes = vec![DefaultNla::new(
        ETHTOOL_A_COALESCE_HEADER | NLA_F_NESTED,
        header,
    )];
    attributes.extend(bytes.map(|bytes| number(ETHTOOL_A_COALESCE_TX_AGGR_MAX_BYTES, bytes)));
    attributes.push(number(ETHTOOL_A_COALESCE_TX_AGGR_MAX_FRAMES, frames));
    Generic {
        family,
        command: ETHTOOL_MSG_COALESCE_SET,
        attributes: emit(&attributes),
    }
}

fn text(kind: u16, value: &str) -> DefaultNla {
    let mut bytes = value.as_bytes().to_vec();
    bytes.push(0);
    DefaultNla::new(kind, bytes)
}

fn emit(attributes: &[DefaultNla]) -> Vec<u8> {
    let mut bytes = vec![0; attributes.buffer_len()];
    attributes.emit(&mut bytes);
    bytes
}

#[cfg(all(test, target_endian = "little"))]
mod tests {
    use super::*;

    #[test]
    fn coalesce_set_has_the_bytes_of_the_header_files() {
        // Layout by linux/ethtool_netlink.h and linux/netlink.h: nested header {name}, two u32.
        let message = coalesce_set(0x15, "rmnet_mhi0", Some(8192), 11);
        let mut bytes = vec![0; NetlinkSerializable::buffer_len(&message)];
        message.serialize(&mut bytes);
        let mut expected = vec![20, 1, 0, 0, 20, 0, 1, 0x80, 15, 0, 2, 0];
        expected.extend_from_slice(b"rmnet_mhi0\0\0");
        expected.extend_from_slice(&[8, 0, 26, 0, 0x00, 0x20, 0, 0]);
        expected.extend_from_slice(&[8, 0, 27, 0, 11, 0, 0, 0]);
        assert_eq!(bytes, expected);
        let frames_only = coalesce_set(0x15, "rmnet_mhi0", None, 1);
        assert_eq!(
            frames_only.attributes,
            [&expected[4..24], &[8, 0, 27, 0, 1, 0, 0, 0]].concat()
        );
    }

    #[test]
    fn short_answer_is_refused() {
        assert!(Generic::deserialize(&NetlinkHeader::default(), &[1, 2]).is_err());
    }
}
