// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
//! SIM cards: is there one, does it want a PIN, what is on it.

use crate::{List16, List8, Text8};

wire_enum! {
    /// Whether there is a card.
    CardState: u8 {
        Absent = 0 => "absent",
        Present = 1 => "present",
        Error = 2 => "error",
    }
}

wire_enum! {
    /// State of a PIN.
    PinState: u8 {
        NotInitialized = 0 => "not initialized",
        NotVerified = 1 => "enabled, not verified",
        Verified = 2 => "enabled, verified",
        Disabled = 3 => "disabled",
        Blocked = 4 => "blocked",
        PermanentlyBlocked = 5 => "permanently blocked",
    }
}

wire_enum! {
    /// Kind of a card application.
    AppType: u8 {
        Unknown = 0 => "unknown",
        Sim = 1 => "SIM",
        Usim = 2 => "USIM",
        Ruim = 3 => "RUIM",
        Csim = 4 => "CSIM",
        Isim = 5 => "ISIM",
    }
}

wire_enum! {
    /// State of a card application.
    AppState: u8 {
        Unknown = 0 => "unknown",
        Detected = 1 => "detected",
        PinRequired = 2 => "PIN required",
        PukRequired = 3 => "PUK required",
        CheckPersonalization = 4 => "checking personalization",
        PinBlocked = 5 => "PIN blocked",
        Illegal = 6 => "illegal",
        Ready = 7 => "ready",
    }
}

body! {
    /// Asks for the cards' state.
    GetCardStatus {}
}
request!(GetCardStatus: UIM 0x002f => CardStatus<'a>);

body! {
    /// The cards' state.
    CardStatus<'a> {
        /// Cards and primary applications.
        status: must Cards<'a> = 0x10,
    }
}

body! {
    /// The cards' state changed.
    CardStatusChanged<'a> {
        /// Cards and primary applications.
        status: must Cards<'a> = 0x10,
    }
}
indication!(CardStatusChanged<'a>: UIM 0x0032);

value! {
    /// The cards and which of their applications are in use. An index is `slot << 8 | application`, 0xffff for none.
    Cards<'a> {
        /// Application for 3GPP networks.
        primary_gw: u16,
        /// Application for CDMA networks.
        primary_1x: u16,
        /// Second application for 3GPP networks.
        secondary_gw: u16,
        /// Second application for CDMA networks.
        secondary_1x: u16,
        /// One entry per slot.
        cards: List8<'a, Card<'a>>,
    }
}

impl<'a> Cards<'a> {
    /// The card and application that 3GPP networks are registered with, if any.
    pub fn primary(&self) -> Option<(Card<'a>, App<'a>)> {
        let [app, slot] = self.primary_gw.to_le_bytes();
        let card = self.cards.iter().nth(usize::from(slot))?;
        let app = card.apps.iter().nth(usize::from(app))?;
        Some((card, app))
    }
}

value! {
    /// A card slot.
    Card<'a> {
        /// Whether there is a card.
        state: CardState,
        /// State of the universal PIN.
        upin_state: PinState,
        /// Its retries left.
        upin_retries: u8,
        /// Retries left to unblock it.
        upuk_retries: u8,
        /// Why `state` is an error: 1 power down, 2 poll, 3 no answer to reset, 4 voltage, 5 parity, 6 removed, 7 technical.
        error: u8,
        /// The card's applications.
        apps: List8<'a, App<'a>>,
    }
}

value! {
    /// A card application.
    App<'a> {
        /// Kind.
        kind: AppType,
        /// State.
        state: AppState,
        /// Personalization: 2 ready, 3 code required.
        perso_state: u8,
        /// Personalization feature that the state is about.
        perso_feature: u8,
        /// Retries left of the personalization code.
        perso_retries: u8,
        /// Retries left to unblock it.
        perso_unblock_retries: u8,
        /// Application identifier.
        aid: Text8<'a>,
        /// Whether the universal PIN replaces PIN1.
        upin_replaces: bool,
        /// State of PIN1.
        pin1_state: PinState,
        /// Retries left of PIN1.
        pin1_retries: u8,
        /// Retries left of PUK1.
        puk1_retries: u8,
        /// State of PIN2.
        pin2_state: PinState,
        /// Retries left of PIN2.
        pin2_retries: u8,
        /// Retries left of PUK2.
        puk2_retries: u8,
    }
}

value! {
    /// How the card is accessed.
    Session<'a> {
        /// 0 primary 3GPP provisioning, 4 non-provisioning on slot 1, 6 card on slot 1.
        kind: u8,
        /// Application identifier, empty for provisioning sessions.
        aid: Text8<'a>,
    }
}

body! {
    /// Verifies a PIN.
    VerifyPin<'a> {
        /// How the card is accessed.
        session: must Session<'a> = 0x01,
        /// Which PIN, and its digits.
        pin: must @secret Pin<'a> = 0x02,
    }
}
request!(VerifyPin<'a>: UIM 0x0026 => PinResult);

value! {
    /// A PIN to verify.
    Pin<'a> {
        /// 1 PIN1, 2 PIN2, 3 universal PIN.
        id: u8,
        /// Digits.
        digits: Text8<'a>,
    }
}

body! {
    /// What came of a PIN operation; a refusal carries it too.
    PinResult {
        /// Retries left.
        retries: may Retries = 0x10,
    }
}

value! {
    /// Retries left.
    Retries {
        /// Of the PIN.
        verify: u8,
        /// Of the PUK.
        unblock: u8,
    }
}

body! {
    /// Asks for indications.
    RegisterEvents {
        /// Bit 0 card status, bit 4 physical slot status.
        mask: must u32 = 0x01,
    }
}
request!(RegisterEvents: UIM 0x002e => Events);

body! {
    /// The indications granted.
    Events {
        /// As in the request.
        mask: may u32 = 0x10,
    }
}

body! {
    /// Reads a transparent file.
    ReadTransparent<'a> {
        /// How the card is accessed.
        session: must Session<'a> = 0x01,
        /// File.
        file: must File<'a> = 0x02,
        /// Offset and length; length 0 reads all.
        range: must Range = 0x03,
    }
}
request!(ReadTransparent<'a>: UIM 0x0020 => FileContent<'a>);

value! {
    /// A file on the card.
    File<'a> {
        /// File id, e.g. 0x2fe2 for the ICCID.
        id: u16,
        /// Path, each element little endian.
        path: List8<'a, u8>,
    }
}

value! {
    /// Part of a file.
    Range {
        /// First byte.
        offset: u16,
        /// Bytes.
        length: u16,
    }
}

body! {
    /// A file's content.
    FileContent<'a> {
        /// The card's status words, 0x90 0x00 for success.
        card: may [u8; 2] = 0x10,
        /// Bytes.
        content: may List16<'a, u8> = 0x11,
    }
}
