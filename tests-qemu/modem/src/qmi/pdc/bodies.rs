// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
//! The messages of the service, after libqmi's qmi-service-pdc.json. What a request asks for comes as an indication of the same number, with
//! the request's token.

use qmi::{body, indication, request, value, List8, Text8};

body! {
    /// Asks to be told of changes.
    Register {
        changes: may bool = 0x10,
        refresh: may bool = 0x11,
    }
}
request!(Register: PDC 0x0020);

body! {
    /// Asks which configuration is in use.
    GetSelected {
        kind: must u32 = 0x01,
        token: may u32 = 0x10,
    }
}
request!(GetSelected: PDC 0x0022);

body! {
    /// Which configuration is in use.
    Selected<'a> {
        outcome: must u16 = 0x01,
        token: may u32 = 0x10,
        active: may Text8<'a> = 0x11,
        pending: may Text8<'a> = 0x12,
    }
}
indication!(Selected<'a>: PDC 0x0022);

body! {
    /// Sets which configuration is to be used.
    SetSelected<'a> {
        config: must Config<'a> = 0x01,
        token: may u32 = 0x10,
    }
}
request!(SetSelected<'a>: PDC 0x0023);

body! {
    /// Whether it was set.
    SelectedSet {
        outcome: must u16 = 0x01,
        token: may u32 = 0x10,
    }
}
indication!(SelectedSet: PDC 0x0023);

body! {
    /// Asks for all configurations.
    ListConfigs {
        token: may u32 = 0x10,
        kind: must u32 = 0x11,
    }
}
request!(ListConfigs: PDC 0x0024);

body! {
    /// All configurations.
    Configs<'a> {
        outcome: must u16 = 0x01,
        token: may u32 = 0x10,
        configs: may List8<'a, Config<'a>> = 0x11,
    }
}
indication!(Configs<'a>: PDC 0x0024);

body! {
    /// Puts the configuration that is to be used into use.
    Activate {
        kind: must u32 = 0x01,
        token: may u32 = 0x10,
    }
}
request!(Activate: PDC 0x0027);

body! {
    /// Whether it is in use.
    Activated {
        outcome: must u16 = 0x01,
        token: may u32 = 0x10,
    }
}
indication!(Activated: PDC 0x0027);

body! {
    /// Asks what a configuration is.
    GetInfo<'a> {
        config: must Config<'a> = 0x01,
        token: may u32 = 0x10,
    }
}
request!(GetInfo<'a>: PDC 0x0028);

body! {
    /// What a configuration is.
    Info<'a> {
        outcome: must u16 = 0x01,
        token: may u32 = 0x10,
        size: may u32 = 0x11,
        description: may Text8<'a> = 0x12,
        version: may u32 = 0x13,
    }
}
indication!(Info<'a>: PDC 0x0028);

value! {
    /// A configuration's name.
    Config<'a> {
        kind: u32,
        id: Text8<'a>,
    }
}
