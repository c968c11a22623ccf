// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
//! Services and their commands, status codes of answers, errors of the protocol itself.
#![expect(missing_docs, reason = "the specification's names")]

/// A service or the type of a context, in the order of the wire.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Uuid(pub [u8; 16]);

/// a289cc33-bcbb-8b4f-b6b0-133ec2aae6df
pub const BASIC_CONNECT: Uuid = Uuid([
    0xa2, 0x89, 0xcc, 0x33, 0xbc, 0xbb, 0x8b, 0x4f, 0xb6, 0xb0, 0x13, 0x3e, 0xc2, 0xaa, 0xe6, 0xdf,
]);
/// Context type "internet": 7e5e2a7e-4e6f-7272-736b-656e7e5e2a7e
pub const INTERNET: Uuid = Uuid([
    0x7e, 0x5e, 0x2a, 0x7e, 0x4e, 0x6f, 0x72, 0x72, 0x73, 0x6b, 0x65, 0x6e, 0x7e, 0x5e, 0x2a, 0x7e,
]);

/// Commands of [`BASIC_CONNECT`].
pub mod basic {
    pub const DEVICE_CAPS: u32 = 1;
    pub const SUBSCRIBER_READY_STATUS: u32 = 2;
    pub const RADIO_STATE: u32 = 3;
    pub const PIN: u32 = 4;
    pub const PIN_LIST: u32 = 5;
    pub const HOME_PROVIDER: u32 = 6;
    pub const REGISTER_STATE: u32 = 9;
    pub const PACKET_SERVICE: u32 = 10;
    pub const SIGNAL_STATE: u32 = 11;
    pub const CONNECT: u32 = 12;
    pub const PROVISIONED_CONTEXTS: u32 = 13;
    pub const IP_CONFIGURATION: u32 = 15;
    pub const DEVICE_SERVICES: u32 = 16;
    pub const SUBSCRIBE_LIST: u32 = 19;
    pub const PACKET_STATISTICS: u32 = 20;
}

/// Status of an answer.
pub mod status {
    pub const SUCCESS: u32 = 0;
    pub const FAILURE: u32 = 2;
    pub const SIM_NOT_INSERTED: u32 = 3;
    pub const PIN_REQUIRED: u32 = 5;
    pub const PIN_DISABLED: u32 = 6;
    pub const NOT_REGISTERED: u32 = 7;
    pub const NO_DEVICE_SUPPORT: u32 = 9;
    pub const MAX_ACTIVATED_CONTEXTS: u32 = 13;
    pub const CONTEXT_NOT_ACTIVATED: u32 = 16;
    pub const INVALID_ACCESS_STRING: u32 = 18;
    pub const INVALID_USER_NAME_PWD: u32 = 19;
    pub const RADIO_POWER_OFF: u32 = 20;
    pub const INVALID_PARAMETERS: u32 = 21;
}

/// Errors of the protocol: what FUNCTION_ERROR says.
pub mod error {
    pub const FRAGMENT_OUT_OF_SEQUENCE: u32 = 2;
    pub const LENGTH_MISMATCH: u32 = 3;
    pub const NOT_OPENED: u32 = 5;
    pub const UNKNOWN: u32 = 6;
    pub const MAX_TRANSFER: u32 = 8;
}
