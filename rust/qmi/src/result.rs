// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
//! The verdict of a response: TLV 0x02, a result and an error code.

use core::fmt;

/// The TLV of the verdict.
pub const TLV: u8 = 0x02;

value! {
    /// The verdict on the wire: 0 and 0 for success, 1 and an error code for failure.
    Verdict {
        /// 0 success, 1 failure.
        result: u16,
        /// Error code.
        error: u16,
    }
}

impl Verdict {
    /// Success, or the modem's reason against it.
    pub fn outcome(self) -> Result<(), ErrorCode> {
        match self.result {
            0 => Ok(()),
            _ => Err(ErrorCode(self.error)),
        }
    }
}

impl From<Result<(), ErrorCode>> for Verdict {
    fn from(outcome: Result<(), ErrorCode>) -> Self {
        match outcome {
            Ok(()) => Verdict {
                result: 0,
                error: 0,
            },
            Err(ErrorCode(error)) => Verdict { result: 1, error },
        }
    }
}

/// A QMI error code; the constants are named as in libqmi's `QmiProtocolError`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ErrorCode(pub u16);

impl fmt::Display for ErrorCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.words() {
            Some(words) => write!(f, "{words} (QMI error {})", self.0),
            None => write!(f, "QMI error {}", self.0),
        }
    }
}

impl core::error::Error for ErrorCode {}

macro_rules! errors {
    ($($name:ident = $number:literal, $words:literal;)*) => {
        impl ErrorCode {
            $(#[doc = $words] pub const $name: ErrorCode = ErrorCode($number);)*

            /// The code in words, if it is known.
            pub fn words(self) -> Option<&'static str> {
                match self.0 {
                    $($number => Some($words),)*
                    _ => None,
                }
            }
        }
    };
}

errors! {
    NONE = 0, "no error";
    MALFORMED_MESSAGE = 1, "malformed message";
    NO_MEMORY = 2, "no memory";
    INTERNAL = 3, "internal error";
    ABORTED = 4, "aborted";
    CLIENT_IDS_EXHAUSTED = 5, "client ids exhausted";
    UNABORTABLE_TRANSACTION = 6, "transaction cannot be aborted";
    INVALID_CLIENT_ID = 7, "invalid client id";
    NO_THRESHOLDS_PROVIDED = 8, "no thresholds given";
    INVALID_HANDLE = 9, "invalid handle";
    INVALID_PROFILE = 10, "invalid profile";
    INVALID_PIN_ID = 11, "invalid PIN id";
    INCORRECT_PIN = 12, "incorrect PIN";
    NO_NETWORK_FOUND = 13, "no network found";
    CALL_FAILED = 14, "call failed";
    OUT_OF_CALL = 15, "no call";
    NOT_PROVISIONED = 16, "not provisioned";
    MISSING_ARGUMENT = 17, "missing argument";
    ARGUMENT_TOO_LONG = 19, "argument too long";
    INVALID_TRANSACTION_ID = 22, "invalid transaction id";
    DEVICE_IN_USE = 23, "device in use";
    NETWORK_UNSUPPORTED = 24, "not supported by the network";
    DEVICE_UNSUPPORTED = 25, "not supported by the device";
    NO_EFFECT = 26, "no effect: already so";
    NO_FREE_PROFILE = 27, "no free profile";
    INVALID_PDP_TYPE = 28, "invalid PDP type";
    INVALID_TECHNOLOGY_PREFERENCE = 29, "invalid technology preference";
    INVALID_PROFILE_TYPE = 30, "invalid profile type";
    INVALID_SERVICE_TYPE = 31, "invalid service type";
    INVALID_REGISTER_ACTION = 32, "invalid register action";
    INVALID_PS_ATTACH_ACTION = 33, "invalid attach action";
    AUTHENTICATION_FAILED = 34, "authentication failed";
    PIN_BLOCKED = 35, "PIN blocked";
    PIN_ALWAYS_BLOCKED = 36, "PIN blocked for good";
    UIM_UNINITIALIZED = 37, "SIM not initialized";
    INTERFACE_NOT_FOUND = 43, "interface not found";
    FLOW_SUSPENDED = 44, "flow suspended";
    INVALID_DATA_FORMAT = 45, "invalid data format";
    GENERAL_ERROR = 46, "general error";
    UNKNOWN_ERROR = 47, "unknown error";
    INVALID_ARGUMENT = 48, "invalid argument";
    INVALID_INDEX = 49, "invalid index";
    NO_ENTRY = 50, "no such entry";
    DEVICE_STORAGE_FULL = 51, "storage full";
    DEVICE_NOT_READY = 52, "device not ready";
    NETWORK_NOT_READY = 53, "network not ready";
    AUTHENTICATION_LOCK = 59, "authentication locked";
    INVALID_TRANSITION = 60, "invalid transition";
    INVALID_IP_FAMILY_PREFERENCE = 64, "invalid IP family";
    SESSION_INACTIVE = 65, "session inactive";
    SESSION_INVALID = 66, "session invalid";
    SESSION_OWNERSHIP = 67, "session belongs to another";
    INSUFFICIENT_RESOURCES = 68, "insufficient resources";
    DISABLED = 69, "disabled";
    INVALID_OPERATION = 70, "invalid operation";
    INVALID_QMI_COMMAND = 71, "message unknown to the modem";
    INFORMATION_UNAVAILABLE = 74, "information unavailable";
    SEGMENT_TOO_LONG = 75, "segment too long";
    SEGMENT_ORDER = 76, "segments out of order";
    OPERATION_PARTIAL_FAILURE = 78, "partly failed";
    POLICY_MISMATCH = 79, "policy mismatch";
    SIM_FILE_NOT_FOUND = 80, "SIM file not found";
    EXTENDED_INTERNAL = 81, "extended internal error";
    ACCESS_DENIED = 82, "access denied";
    HARDWARE_RESTRICTED = 83, "restricted by a hardware switch";
    INCOMPATIBLE_STATE = 90, "not possible in this state";
    NO_RADIO = 93, "no radio";
    NOT_SUPPORTED = 94, "not supported";
    NO_SUBSCRIPTION = 95, "no subscription";
    NETWORK_ABORTED = 97, "aborted by the network";
    INVALID_SESSION_TYPE = 100, "invalid session type";
    NO_SIM = 102, "no SIM";
    PIN_RESTRICTION = 104, "PIN required";
    PUK_RESTRICTION = 106, "PUK required";
    NO_PERMISSION = 115, "no permission";
    TOO_SOON = 116, "too soon";
    OPERATION_IN_PROGRESS = 118, "in progress";
}
