// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
//! The messages of the service, after libqmi's qmi-service-wms.json.

use qmi::{body, indication, request, value, List16, Text};

body! {
    /// Switches reports of messages that arrive on or off.
    SetEventReport {
        arrivals: may bool = 0x10,
    }
}
request!(SetEventReport: WMS 0x0001);

body! {
    /// A message has arrived.
    EventReport {
        place: may Place = 0x10,
        mode: may u8 = 0x12,
    }
}
indication!(EventReport: WMS 0x0001);

body! {
    /// Sends a message.
    RawSend<'a> {
        pdu: must Pdu<'a> = 0x01,
    }
}
request!(RawSend<'a>: WMS 0x0020 => Sent);

body! {
    /// The number of what was sent.
    Sent {
        id: must u16 = 0x01,
    }
}

body! {
    /// Asks for a message, which counts it as read.
    RawRead {
        place: must Place = 0x01,
    }
}
request!(RawRead: WMS 0x0022 => Stored<'a>);

body! {
    /// A message.
    Stored<'a> {
        message: must Tagged<'a> = 0x01,
    }
}

body! {
    /// Gives a message another tag.
    ModifyTag {
        to: must Tag = 0x01,
    }
}
request!(ModifyTag: WMS 0x0023);

body! {
    /// Deletes a message, those of a tag, or all.
    Delete {
        storage: must u8 = 0x01,
        index: may u32 = 0x10,
        tag: may u8 = 0x11,
    }
}
request!(Delete: WMS 0x0024);

body! {
    /// Asks for the protocol in use.
    GetProtocol {}
}
request!(GetProtocol: WMS 0x0030 => Protocol);

body! {
    /// The protocol in use.
    Protocol {
        protocol: must u8 = 0x01,
    }
}

body! {
    /// Asks for the messages in a storage, of one tag or of all.
    ListMessages {
        storage: must u8 = 0x01,
        tag: may u8 = 0x11,
    }
}
request!(ListMessages: WMS 0x0031 => MessageList<'a>);

body! {
    /// The messages in a storage.
    MessageList<'a> {
        messages: must Counted<'a> = 0x01,
    }
}

body! {
    /// Sets what happens to messages that arrive.
    SetRoutes<'a> {
        routes: must List16<'a, Route> = 0x01,
    }
}
request!(SetRoutes<'a>: WMS 0x0032);

body! {
    /// Asks what happens to messages that arrive.
    GetRoutes {}
}
request!(GetRoutes: WMS 0x0033 => Routes<'a>);

body! {
    /// What happens to messages that arrive.
    Routes<'a> {
        routes: must List16<'a, Route> = 0x01,
    }
}

value! {
    /// Where a message is.
    Place {
        storage: u8,
        index: u32,
    }
}

value! {
    /// A message to be sent.
    Pdu<'a> {
        format: u8,
        octets: List16<'a, u8>,
    }
}

value! {
    /// A message and what is known of it.
    Tagged<'a> {
        tag: u8,
        format: u8,
        octets: List16<'a, u8>,
    }
}

value! {
    /// A message's tag.
    Tag {
        storage: u8,
        index: u32,
        tag: u8,
    }
}

value! {
    /// Indexes (32 bits) and tags (8 bits) of so many messages.
    Counted<'a> {
        count: u32,
        entries: Text<'a>,
    }
}

value! {
    /// What happens to messages of a class.
    Route {
        kind: u8,
        class: u8,
        storage: u8,
        action: u8,
    }
}
