// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
//! The control service: client ids, versions, sync. It has no clients, and its transaction ids are 8 bits wide.

use crate::{List8, Text};

body! {
    /// Makes the modem forget all clients of this port.
    Sync {}
}
request!(Sync: CTL 0x0027);

body! {
    /// The modem restarted: all client ids are gone.
    Synced {}
}
indication!(Synced: CTL 0x0027);

body! {
    /// Asks which services there are.
    GetVersions {}
}
request!(GetVersions: CTL 0x0021 => Versions<'a>);

body! {
    /// The modem's services.
    Versions<'a> {
        /// One entry per service.
        services: must List8<'a, Version> = 0x01,
    }
}

value! {
    /// A service and its version.
    Version {
        /// Service number.
        service: u8,
        /// Major version.
        major: u16,
        /// Minor version.
        minor: u16,
    }
}

body! {
    /// Asks for a client id.
    AllocateClient {
        /// Of this service.
        service: must u8 = 0x01,
    }
}
request!(AllocateClient: CTL 0x0022 => Allocated);

body! {
    /// A client id.
    Allocated {
        /// The client.
        client: must Client = 0x01,
    }
}

body! {
    /// Gives a client id back.
    ReleaseClient {
        /// The client.
        client: must Client = 0x01,
    }
}
request!(ReleaseClient: CTL 0x0023 => Allocated);

body! {
    /// The modem revoked a client id.
    Revoked {
        /// The client.
        client: must Client = 0x01,
    }
}
indication!(Revoked: CTL 0x0024);

body! {
    /// Asks a proxy, never a modem, to open a port: the first message of a connection to libqmi's or mhictl's proxy.
    ProxyOpen<'a> {
        /// Device node.
        path: must Text<'a> = 0x01,
        /// Whether the client ids of this connection are to be released when it breaks; mhictl's own, libqmi ignores it.
        release: may bool = 0xe0,
    }
}
request!(ProxyOpen<'a>: CTL 0xff00 => ProxyOpened<'a>);

body! {
    /// The proxy has opened the port. In a refusal, mhictl's proxy says why.
    ProxyOpened<'a> {
        /// Exit code.
        exit: soft u8 = 0xe0,
        /// What happened.
        what: soft Text<'a> = 0xe1,
        /// What to do next.
        next: soft Text<'a> = 0xe2,
    }
}

value! {
    /// A client of a service.
    Client {
        /// Service number.
        service: u8,
        /// Client id.
        id: u8,
    }
}
