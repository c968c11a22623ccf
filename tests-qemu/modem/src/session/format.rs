// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
//! The format of the data channels, as WDA negotiates it and the data plane uses it.

/// The most that the modem grants.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// Highest aggregation protocol.
    pub qmap: Qmap,
    /// Most packets in a downlink aggregate.
    pub dl_max_packets: u32,
    /// Most bytes in a downlink aggregate.
    pub dl_max_size: u32,
    /// Most packets in an uplink aggregate.
    pub ul_max_packets: u32,
    /// Most bytes in an uplink aggregate.
    pub ul_max_size: u32,
    /// Least padding between downlink packets, bytes.
    pub dl_padding: u32,
}

impl Default for Limits {
    /// Uplink and padding as a real RM500Q answered; downlink as much as ModemManager asks for.
    fn default() -> Self {
        Limits {
            qmap: Qmap::V5,
            dl_max_packets: 32,
            dl_max_size: 32768,
            ul_max_packets: 11,
            ul_max_size: 8192,
            dl_padding: 0,
        }
    }
}

/// Aggregation protocol, in ascending order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Qmap {
    /// Bare IP packets, one per transfer.
    None,
    /// MAP headers.
    V1,
    /// MAP headers, checksum trailer (DL) or header (UL).
    V4,
    /// MAP headers with next-header chains.
    V5,
}

/// The data format in use; the link layer is always raw IP.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Format {
    /// Uplink aggregation.
    pub ul: Qmap,
    /// Downlink aggregation.
    pub dl: Qmap,
    /// Most packets in a downlink aggregate.
    pub dl_max_packets: u32,
    /// Most bytes in a downlink aggregate.
    pub dl_max_size: u32,
    /// Most packets in an uplink aggregate.
    pub ul_max_packets: u32,
    /// Most bytes in an uplink aggregate.
    pub ul_max_size: u32,
    /// Least padding between downlink packets, bytes.
    pub dl_padding: u32,
}

impl Format {
    /// Raw IP, as after power-on.
    pub const RAW_IP: Format = Format {
        ul: Qmap::None,
        dl: Qmap::None,
        dl_max_packets: 0,
        dl_max_size: 0,
        ul_max_packets: 0,
        ul_max_size: 0,
        dl_padding: 0,
    };
}
