// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
//! The SIM card: its state, its PIN, a few of its files.

use qmi::uim::{
    App, AppState, AppType, Card, CardState, CardStatus, CardStatusChanged, Cards, Events,
    FileContent, GetCardStatus, PinResult, PinState, ReadTransparent, RegisterEvents, Retries,
    VerifyPin,
};
use qmi::{body, request, service, value, ErrorCode, List16, List8, Message, Request, Text8};

use super::reply::{ask, done, encode, reply, Answer, Event, Refusal};
use super::Services;
use crate::session::{Modem, PinError, Sim, SimState, PUK_RETRIES};

/// Unblocks a PIN with the PUK: session, then PIN id, PUK and new PIN.
const UNBLOCK_PIN: u16 = 0x0027;
/// Registrations for what a card does to its own files: this one never does.
const REFRESH_REGISTER: u16 = 0x002a;
const REFRESH_REGISTER_ALL: u16 = 0x0044;
/// Sent by clients that start over.
const RESET: u16 = 0x0000;
/// The USIM application's identifier (3GPP TS 31.102, shortened as cards may).
const USIM: &[u8] = &[
    0xa0, 0x00, 0x00, 0x00, 0x87, 0x10, 0x02, 0xff, 0xff, 0xff, 0xff, 0x89,
];
/// Bit of the card status indication.
const CARD_STATUS: u32 = 1;

/// Answers a request.
pub fn answer(services: &mut Services, modem: &mut Modem, message: &Message<'_>) -> Answer {
    match message.id {
        RESET | REFRESH_REGISTER | REFRESH_REGISTER_ALL => done(),
        GetSlotStatus::ID => slots(&modem.sim),
        GetCardStatus::ID => with_cards(&modem.sim, |status| reply(&CardStatus { status })),
        RegisterEvents::ID => {
            let RegisterEvents { mask } = ask(message)?;
            if let Some(client) = services.clients.get(service::UIM, message.client) {
                client.card_status = mask & CARD_STATUS != 0;
            }
            reply(&Events {
                mask: Some(mask & CARD_STATUS),
            })
        }
        VerifyPin::ID => {
            let VerifyPin { pin, .. } = ask(message)?;
            verify(modem, pin.id, pin.digits)
        }
        UNBLOCK_PIN => {
            let value = message.tlvs.find(0x02).ok_or(ErrorCode::MISSING_ARGUMENT)?;
            let mut at = qmi::Cursor::new(value);
            let id = at.u8()?;
            let puk: Text8<'_> = qmi::Value::read(&mut at)?;
            let pin: Text8<'_> = qmi::Value::read(&mut at)?;
            if id != 1 {
                return Err(ErrorCode::INVALID_PIN_ID.into());
            }
            let outcome = modem.sim.unblock_pin(puk.0, pin.0);
            tried(&modem.sim, outcome)
        }
        ReadTransparent::ID => read(&modem.sim, &ask(message)?),
        _ => Err(ErrorCode::INVALID_QMI_COMMAND.into()),
    }
}

/// Tries PIN1; DMS does so too.
pub fn verify(modem: &mut Modem, id: u8, digits: Text8<'_>) -> Answer {
    if id != 1 {
        return Err(ErrorCode::INVALID_PIN_ID.into());
    }
    let outcome = modem.sim.verify_pin(digits.0);
    tried(&modem.sim, outcome)
}

/// Tells the clients that asked for it.
pub fn changed(services: &mut Services, modem: &Modem) {
    for client in services
        .clients
        .of(service::UIM, |client| client.card_status)
    {
        let event = with_cards(&modem.sim, |status| {
            Event::new(client, &CardStatusChanged { status })
        });
        services.events.push(event);
    }
}

/// State of PIN1, and the retries left of PIN and PUK.
pub fn pin1(sim: &Sim) -> (PinState, u8, u8) {
    let state = match sim.state {
        SimState::Absent => PinState::NotInitialized,
        SimState::Locked => PinState::NotVerified,
        SimState::PukRequired => PinState::Blocked,
        SimState::Blocked => PinState::PermanentlyBlocked,
        SimState::Ready if sim.pin_enabled => PinState::Verified,
        SimState::Ready => PinState::Disabled,
    };
    (state, sim.pin_retries, sim.puk_retries)
}

/// A response or refusal, either with the retries left.
fn tried(sim: &Sim, outcome: Result<(), PinError>) -> Answer {
    let code = match outcome {
        Ok(()) => None,
        Err(PinError::NoSim) => Some(ErrorCode::NO_SIM),
        Err(PinError::Incorrect) => Some(ErrorCode::INCORRECT_PIN),
        Err(PinError::Blocked) => Some(ErrorCode::PIN_BLOCKED),
        Err(PinError::NotEnabled) => Some(ErrorCode::NO_EFFECT),
    };
    let result = PinResult {
        retries: Some(Retries {
            verify: sim.pin_retries,
            unblock: sim.puk_retries,
        }),
    };
    match code {
        None => reply(&result),
        Some(code) => Err(Refusal {
            code,
            tlvs: encode(&result),
        }),
    }
}

/// Calls `then` with the card status: one slot, one USIM application.
fn with_cards<T>(sim: &Sim, then: impl FnOnce(Cards<'_>) -> T) -> T {
    let present = sim.state != SimState::Absent;
    let (pin1_state, pin1_retries, puk1_retries) = pin1(sim);
    let apps = [App {
        kind: AppType::Usim,
        state: match sim.state {
            SimState::Absent => AppState::Unknown,
            SimState::Locked => AppState::PinRequired,
            SimState::PukRequired => AppState::PukRequired,
            SimState::Blocked => AppState::PinBlocked,
            SimState::Ready => AppState::Ready,
        },
        // Personalization ready, no feature in particular.
        perso_state: 2,
        perso_feature: 11,
        aid: Text8(USIM),
        pin1_state,
        pin1_retries,
        puk1_retries,
        pin2_state: PinState::NotVerified,
        pin2_retries: 3,
        puk2_retries: PUK_RETRIES,
        ..App::default()
    }];
    let cards = [Card {
        state: match present {
            true => CardState::Present,
            false => CardState::Absent,
        },
        // 3: no answer to reset.
        error: if present { 0 } else { 3 },
        apps: List8::new(if present { &apps } else { &[] }),
        ..Card::default()
    }];
    then(Cards {
        primary_gw: if present { 0 } else { 0xffff },
        primary_1x: 0xffff,
        secondary_gw: 0xffff,
        secondary_1x: 0xffff,
        cards: List8::new(&cards),
    })
}

/// Two slots, the second one empty and not in use.
fn slots(sim: &Sim) -> Answer {
    let iccid = match sim.state {
        SimState::Absent => Vec::new(),
        _ => iccid(sim),
    };
    let slot = |active, iccid| Slot {
        // 1 absent, 2 present.
        card: match iccid {
            Text8([]) => 1,
            _ => 2,
        },
        active: u32::from(active),
        logical: u8::from(active),
        iccid,
    };
    reply(&SlotStatus {
        slots: List8::new(&[slot(true, Text8(&iccid)), slot(false, Text8(&[]))]),
    })
}

/// EF_ICCID's octets.
fn iccid(sim: &Sim) -> Vec<u8> {
    swapped(&format!("{:f<20}", sim.iccid))
}

fn read(sim: &Sim, wanted: &ReadTransparent<'_>) -> Answer {
    // 3GPP TS 31.102: EF_ICCID is open, the others need PIN1.
    const ICCID: u16 = 0x2fe2;
    const IMSI: u16 = 0x6f07;
    const AD: u16 = 0x6fad;
    let content = match (wanted.file.id, sim.state) {
        (_, SimState::Absent) => return Err(ErrorCode::NO_SIM.into()),
        (ICCID, _) => iccid(sim),
        (IMSI | AD, SimState::Locked | SimState::PukRequired | SimState::Blocked) => {
            return Err(ErrorCode::PIN_RESTRICTION.into());
        }
        // Length byte, then parity nibble 9 and the digits.
        (IMSI, SimState::Ready) => [vec![8], swapped(&format!("9{}", sim.imsi))].concat(),
        // Normal operation, two-digit network codes.
        (AD, SimState::Ready) => vec![0, 0, 0, 2],
        _ => return Err(ErrorCode::SIM_FILE_NOT_FOUND.into()),
    };
    let start = usize::from(wanted.range.offset);
    let part = content.get(start..).ok_or(ErrorCode::INVALID_ARGUMENT)?;
    let part = match usize::from(wanted.range.length) {
        0 => part,
        length => part.get(..length.min(part.len())).unwrap_or_default(),
    };
    reply(&FileContent {
        card: Some([0x90, 0x00]),
        content: Some(List16::new(part)),
    })
}

/// Digits as cards store them, and messages: two to a byte, the first in the low nibble.
pub fn swapped(digits: &str) -> Vec<u8> {
    let nibbles: Vec<u8> = digits
        .chars()
        .filter_map(|c| c.to_digit(16))
        .map(|nibble| nibble as u8)
        .collect();
    nibbles
        .chunks(2)
        .map(|pair| pair[0] | (pair.get(1).unwrap_or(&0xf) << 4))
        .collect()
}

// After libqmi's qmi-service-uim.json; the other messages are in the crate `qmi`.

body! {
    /// Asks for the card slots.
    GetSlotStatus {}
}
request!(GetSlotStatus: UIM 0x0047 => SlotStatus<'a>);

body! {
    /// The card slots.
    SlotStatus<'a> {
        slots: must List8<'a, Slot<'a>> = 0x10,
    }
}

value! {
    /// A card slot.
    Slot<'a> {
        card: u32,
        active: u32,
        logical: u8,
        iccid: Text8<'a>,
    }
}
