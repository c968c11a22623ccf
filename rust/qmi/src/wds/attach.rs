// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
//! The connection that LTE and 5G make at registration, before any session of the host's.

use crate::{List8, Text};

body! {
    /// Asks how the device attached.
    GetAttachParameters {}
}
request!(GetAttachParameters: WDS 0x0085 => AttachParameters<'a>);

body! {
    /// How the device attached.
    AttachParameters<'a> {
        /// APN.
        apn: may Text<'a> = 0x10,
        /// 0 IPv4, 1 IPv6, 2 both.
        support: may u8 = 0x11,
        /// Whether the network has confirmed it.
        over_the_air: may bool = 0x12,
    }
}

body! {
    /// Asks which profiles the device attaches with.
    GetAttachList {}
}
request!(GetAttachList: WDS 0x0094 => AttachList<'a>);

body! {
    /// The profiles that the device attaches with.
    AttachList<'a> {
        /// In force.
        current: may List8<'a, u16> = 0x10,
        /// In force from the next attach on.
        pending: may List8<'a, u16> = 0x11,
    }
}
