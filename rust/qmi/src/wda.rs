// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
//! Wireless data administration: the format of the data channels, negotiated once before the first session.

wire_enum! {
    /// What a packet on the data channel starts with.
    LinkLayer: u32 {
        Unknown = 0 => "unknown",
        Ethernet = 1 => "802.3",
        RawIp = 2 => "raw IP",
    }
}

wire_enum! {
    /// How packets are aggregated.
    Aggregation: u32 {
        Disabled = 0 => "disabled",
        Tlp = 1 => "TLP",
        Ncm = 2 => "NCM",
        Mbim = 3 => "MBIM",
        Rndis = 4 => "RNDIS",
        Qmap = 5 => "QMAP v1",
        QmapV2 = 6 => "QMAP v2",
        QmapV3 = 7 => "QMAP v3",
        QmapV4 = 8 => "QMAP v4",
        QmapV5 = 9 => "QMAP v5",
    }
}

wire_enum! {
    /// What the data channel runs over.
    EndpointType: u32 {
        Unknown = 0 => "unknown",
        Hsic = 1 => "HSIC",
        Usb = 2 => "USB",
        Pcie = 3 => "PCIe",
        Embedded = 4 => "embedded",
        BamDmux = 5 => "BAM-DMUX",
    }
}

value! {
    /// A data channel.
    Endpoint {
        /// Its bus.
        kind: EndpointType,
        /// Its number there; Quectel's PCIe modules use 4.
        interface: u32,
    }
}

impl Endpoint {
    /// The data channels 100 and 101 of Quectel's PCIe modules.
    pub const PCIE: Endpoint = Endpoint {
        kind: EndpointType::Pcie,
        interface: 4,
    };
}

body! {
    /// Asks for a data format.
    SetDataFormat {
        /// QoS headers before each packet.
        qos: may bool = 0x10,
        /// Link layer.
        link_layer: may LinkLayer = 0x11,
        /// Uplink aggregation.
        uplink: may Aggregation = 0x12,
        /// Downlink aggregation.
        downlink: may Aggregation = 0x13,
        /// Signature of NCM datagrams.
        ndp_signature: may u32 = 0x14,
        /// Most packets in a downlink aggregate.
        downlink_max_packets: may u32 = 0x15,
        /// Most bytes in a downlink aggregate.
        downlink_max_size: may u32 = 0x16,
        /// The data channel meant.
        endpoint: may Endpoint = 0x17,
        /// Least padding between downlink packets, bytes.
        downlink_padding: may u32 = 0x19,
        /// Most packets in an uplink aggregate.
        uplink_max_packets: may u32 = 0x1b,
        /// Most bytes in an uplink aggregate.
        uplink_max_size: may u32 = 0x1c,
    }
}
request!(SetDataFormat: WDA 0x0020 => DataFormat);

body! {
    /// Asks for the data format in use.
    GetDataFormat {
        /// The data channel meant.
        endpoint: may Endpoint = 0x10,
    }
}
request!(GetDataFormat: WDA 0x0021 => DataFormat);

body! {
    /// The data format in use: what the modem granted, to be obeyed. Its TLV numbers differ from the request's.
    DataFormat {
        /// QoS headers before each packet.
        qos: may bool = 0x10,
        /// Link layer.
        link_layer: may LinkLayer = 0x11,
        /// Uplink aggregation.
        uplink: may Aggregation = 0x12,
        /// Downlink aggregation.
        downlink: may Aggregation = 0x13,
        /// Signature of NCM datagrams.
        ndp_signature: may u32 = 0x14,
        /// Most packets in a downlink aggregate.
        downlink_max_packets: may u32 = 0x15,
        /// Most bytes in a downlink aggregate.
        downlink_max_size: may u32 = 0x16,
        /// Most packets in an uplink aggregate.
        uplink_max_packets: may u32 = 0x17,
        /// Most bytes in an uplink aggregate.
        uplink_max_size: may u32 = 0x18,
        /// Least padding between downlink packets, bytes.
        downlink_padding: may u32 = 0x1a,
    }
}
