// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
//! The data format: the modem grants the lesser of what is asked and what it can.

use qmi::wda::{Aggregation, DataFormat, Endpoint, GetDataFormat, LinkLayer, SetDataFormat};
use qmi::{ErrorCode, Message, Request};

use super::reply::{ask, reply, Answer};
use super::Services;
use crate::session::{Format, Limits, Modem, Qmap};

/// Answers a request.
pub fn answer(_: &mut Services, modem: &mut Modem, message: &Message<'_>) -> Answer {
    match message.id {
        SetDataFormat::ID => {
            let wanted: SetDataFormat = ask(message)?;
            check(wanted.endpoint)?;
            modem.format = grant(modem.format, modem.limits, &wanted);
            reply(&describe(&modem.format))
        }
        GetDataFormat::ID => {
            let GetDataFormat { endpoint } = ask(message)?;
            check(endpoint)?;
            reply(&describe(&modem.format))
        }
        _ => Err(ErrorCode::INVALID_QMI_COMMAND.into()),
    }
}

/// The only data channel is the PCIe one, interface 4; a request without an endpoint means it too.
fn check(endpoint: Option<Endpoint>) -> Result<(), ErrorCode> {
    match endpoint {
        Some(endpoint) if endpoint != Endpoint::PCIE => Err(ErrorCode::INVALID_ARGUMENT),
        _ => Ok(()),
    }
}

fn grant(current: Format, limits: Limits, wanted: &SetDataFormat) -> Format {
    let ul = wanted
        .uplink
        .map_or(current.ul, |protocol| granted(protocol, limits));
    let dl = wanted
        .downlink
        .map_or(current.dl, |protocol| granted(protocol, limits));
    // Without aggregation there are no limits to speak of.
    let limit = |on: bool, wanted: Option<u32>, own: u32| match (on, wanted) {
        (false, _) => 0,
        (true, None | Some(0)) => own,
        (true, Some(wanted)) => wanted.min(own),
    };
    Format {
        ul,
        dl,
        dl_max_packets: limit(
            dl != Qmap::None,
            wanted.downlink_max_packets,
            limits.dl_max_packets,
        ),
        dl_max_size: limit(
            dl != Qmap::None,
            wanted.downlink_max_size,
            limits.dl_max_size,
        ),
        ul_max_packets: limit(
            ul != Qmap::None,
            wanted.uplink_max_packets,
            limits.ul_max_packets,
        ),
        ul_max_size: limit(ul != Qmap::None, wanted.uplink_max_size, limits.ul_max_size),
        dl_padding: match dl {
            Qmap::None => 0,
            _ => limits.dl_padding,
        },
    }
}

/// The best protocol up to the one asked for; what is no QMAP at all becomes none.
fn granted(wanted: Aggregation, limits: Limits) -> Qmap {
    let wanted = match wanted {
        Aggregation::Qmap | Aggregation::QmapV2 | Aggregation::QmapV3 => Qmap::V1,
        Aggregation::QmapV4 => Qmap::V4,
        Aggregation::QmapV5 => Qmap::V5,
        _ => Qmap::None,
    };
    wanted.min(limits.qmap)
}

fn describe(format: &Format) -> DataFormat {
    let protocol = |qmap| match qmap {
        Qmap::None => Aggregation::Disabled,
        Qmap::V1 => Aggregation::Qmap,
        Qmap::V4 => Aggregation::QmapV4,
        Qmap::V5 => Aggregation::QmapV5,
    };
    DataFormat {
        qos: Some(false),
        link_layer: Some(LinkLayer::RawIp),
        uplink: Some(protocol(format.ul)),
        downlink: Some(protocol(format.dl)),
        ndp_signature: Some(0),
        downlink_max_packets: Some(format.dl_max_packets),
        downlink_max_size: Some(format.dl_max_size),
        uplink_max_packets: Some(format.ul_max_packets),
        uplink_max_size: Some(format.ul_max_size),
        downlink_padding: Some(format.dl_padding),
    }
}
