// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
//! Whether a session is up, and what it carried.

use super::Family;
use crate::reason::Verbose;

wire_enum! {
    /// State of a session.
    Connection: u8 {
        Unknown = 0 => "unknown",
        Disconnected = 1 => "disconnected",
        Connected = 2 => "connected",
        Suspended = 3 => "suspended",
        Authenticating = 4 => "authenticating",
    }
}

body! {
    /// Asks for the session's state.
    GetStatus {}
}
request!(GetStatus: WDS 0x0022 => Status);

body! {
    /// The session's state.
    Status {
        /// State.
        connection: must Connection = 0x01,
    }
}

body! {
    /// The session's state changed.
    StatusIndication {
        /// State.
        status: must StatusChanged = 0x01,
        /// Why it ended, coarsely.
        reason: soft u16 = 0x10,
        /// Why it ended.
        verbose: soft Verbose = 0x11,
        /// Whose state: a client without a family hears of both.
        family: soft Family = 0x12,
    }
}
indication!(StatusIndication: WDS 0x0022);

impl StatusIndication {
    /// Why the session ended.
    pub fn call_end(&self) -> crate::CallEnd {
        crate::CallEnd {
            reason: self.reason,
            verbose: self.verbose,
        }
    }
}

value! {
    /// New state of a session.
    StatusChanged {
        /// State.
        connection: Connection,
        /// Whether the host must fetch the settings again.
        reconfigure: bool,
    }
}

body! {
    /// Asks for the session's counters.
    GetPacketStatistics {
        /// Bits 0/1 packets sent/received, 2/3 errors, 4/5 overflows, 6/7 bytes, 8/9 drops.
        mask: must u32 = 0x01,
    }
}
request!(GetPacketStatistics: WDS 0x0024 => PacketStatistics);

body! {
    /// The session's counters, from the modem's view: "sent" is the uplink.
    PacketStatistics {
        /// Packets sent.
        tx_packets: may u32 = 0x10,
        /// Packets received.
        rx_packets: may u32 = 0x11,
        /// Packets that could not be sent.
        tx_errors: may u32 = 0x12,
        /// Packets received with errors.
        rx_errors: may u32 = 0x13,
        /// Packets not sent for lack of room.
        tx_overflows: may u32 = 0x14,
        /// Packets lost for lack of room.
        rx_overflows: may u32 = 0x15,
        /// Bytes sent.
        tx_bytes: may u64 = 0x19,
        /// Bytes received.
        rx_bytes: may u64 = 0x1a,
        /// Packets dropped before sending.
        tx_dropped: may u32 = 0x1d,
        /// Packets dropped after receiving.
        rx_dropped: may u32 = 0x1e,
    }
}

body! {
    /// Asks for the rates of the radio bearer.
    GetChannelRates {}
}
request!(GetChannelRates: WDS 0x0023 => ChannelRates);

body! {
    /// Rates of the radio bearer.
    ChannelRates {
        /// Rates.
        rates: must Rates = 0x01,
    }
}

value! {
    /// Rates, bit/s.
    Rates {
        /// Uplink at present.
        tx: u32,
        /// Downlink at present.
        rx: u32,
        /// Highest uplink.
        tx_max: u32,
        /// Highest downlink.
        rx_max: u32,
    }
}
