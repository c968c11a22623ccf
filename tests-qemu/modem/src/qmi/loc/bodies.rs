// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
//! The messages of the service, after libqmi's qmi-service-loc.json. What a request asks for comes as an indication of the same number.

use qmi::{body, indication, request, Text};

body! {
    /// Sets what a client is told of.
    RegisterEvents {
        mask: must u64 = 0x01,
    }
}
request!(RegisterEvents: LOC 0x0021);

body! {
    /// Starts a session.
    Start {
        session: must u8 = 0x01,
    }
}
request!(Start: LOC 0x0022);

body! {
    /// Stops a session.
    Stop {
        session: must u8 = 0x01,
    }
}
request!(Stop: LOC 0x0023);

body! {
    /// A sentence of NMEA 0183.
    Nmea<'a> {
        sentence: must Text<'a> = 0x01,
    }
}
indication!(Nmea<'a>: LOC 0x0026);

body! {
    /// Sets which sentences are sent.
    SetNmeaTypes {
        types: must u32 = 0x01,
    }
}
request!(SetNmeaTypes: LOC 0x003e);

body! {
    /// Whether they were set.
    NmeaTypesSet {
        status: must u32 = 0x01,
    }
}
indication!(NmeaTypesSet: LOC 0x003e);

body! {
    /// Asks which sentences are sent.
    GetNmeaTypes {}
}
request!(GetNmeaTypes: LOC 0x003f);

body! {
    /// Which sentences are sent.
    NmeaTypes {
        status: must u32 = 0x01,
        types: may u32 = 0x10,
    }
}
indication!(NmeaTypes: LOC 0x003f);

body! {
    /// Sets the server that helps with finding the place.
    SetServer<'a> {
        kind: must u32 = 0x01,
        url: may Text<'a> = 0x12,
    }
}
request!(SetServer<'a>: LOC 0x0042);

body! {
    /// Whether it was set.
    ServerSet {
        status: must u32 = 0x01,
    }
}
indication!(ServerSet: LOC 0x0042);

body! {
    /// Asks for that server.
    GetServer {
        kind: must u32 = 0x01,
    }
}
request!(GetServer: LOC 0x0043);

body! {
    /// That server.
    Server<'a> {
        status: must u32 = 0x01,
        kind: must u32 = 0x02,
        url: may Text<'a> = 0x12,
    }
}
indication!(Server<'a>: LOC 0x0043);

body! {
    /// Sets how the place is found.
    SetMode {
        mode: must u32 = 0x01,
    }
}
request!(SetMode: LOC 0x004a);

body! {
    /// Whether it was set.
    ModeSet {
        status: must u32 = 0x01,
    }
}
indication!(ModeSet: LOC 0x004a);

body! {
    /// Asks how the place is found.
    GetMode {}
}
request!(GetMode: LOC 0x004b);

body! {
    /// How the place is found.
    Mode {
        status: must u32 = 0x01,
        mode: may u32 = 0x10,
    }
}
indication!(Mode: LOC 0x004b);
