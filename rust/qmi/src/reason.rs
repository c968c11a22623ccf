// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
//! Why a data call ended or never began: WDS TLVs 0x10 and 0x11, with words for the reasons that users meet.
//! Numbers as in libqmi's `QmiWdsCallEndReason` and `QmiWdsVerboseCallEndReason*`; the 3GPP ones are TS 24.301's.

use core::fmt;

body! {
    /// A call's end, from a refused Start Network response or a Packet Service Status indication.
    CallEnd {
        /// The old, coarse reason.
        reason: soft u16 = 0x10,
        /// The reason as type and number.
        verbose: soft Verbose = 0x11,
    }
}

value! {
    /// A verbose call end reason.
    Verbose {
        /// Which table `reason` is from.
        kind: Type,
        /// The number in that table.
        reason: i16,
    }
}

wire_enum! {
    /// Where a verbose reason comes from.
    Type: u16 {
        MobileIp = 1 => "mobile IP",
        Internal = 2 => "modem",
        CallManager = 3 => "call manager",
        Gpp = 6 => "network",
        Ppp = 7 => "PPP",
        Ehrpd = 8 => "EHRPD",
        Ipv6 = 9 => "IPv6",
    }
}

impl Verbose {
    /// A 3GPP cause.
    pub fn gpp(reason: i16) -> Self {
        Verbose {
            kind: Type::Gpp,
            reason,
        }
    }

    /// A reason of the modem's own.
    pub fn internal(reason: i16) -> Self {
        Verbose {
            kind: Type::Internal,
            reason,
        }
    }

    /// The reason in words, if it is known.
    pub fn words(self) -> Option<&'static str> {
        let table: &[(i16, &str)] = match self.kind {
            Type::Gpp => GPP,
            Type::Internal => INTERNAL,
            Type::CallManager => CALL_MANAGER,
            Type::Ppp => PPP,
            Type::Ipv6 => IPV6,
            _ => &[],
        };
        find(table, self.reason)
    }
}

impl CallEnd {
    /// Whether user and password, or the protocol that carried them, may be what was refused: it says so, or says nothing.
    pub fn may_be_authentication(&self) -> bool {
        match (self.verbose, self.reason) {
            (Some(verbose), _) => {
                matches!(
                    (verbose.kind, verbose.reason),
                    (Type::Gpp, 29) | (Type::Ppp, _)
                )
            }
            (None, Some(reason)) => matches!(reason, 1 | 10),
            (None, None) => true,
        }
    }
}

impl fmt::Display for Verbose {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.words() {
            Some(words) => write!(f, "{words} ({} reason {})", self.kind, self.reason),
            None => write!(f, "{} reason {}", self.kind, self.reason),
        }
    }
}

impl fmt::Display for CallEnd {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(verbose) = self.verbose {
            return verbose.fmt(f);
        }
        let Some(reason) = self.reason else {
            return f.write_str("no reason given");
        };
        match i16::try_from(reason).ok().and_then(|n| find(COARSE, n)) {
            Some(words) => write!(f, "{words} (reason {reason})"),
            None => write!(f, "reason {reason}"),
        }
    }
}

fn find(table: &[(i16, &'static str)], reason: i16) -> Option<&'static str> {
    table.iter().find(|row| row.0 == reason).map(|row| row.1)
}

/// Why a network does not register a modem, in words, by the cause in a system info (EMM of TS 24.301, 5GMM of TS 24.501).
pub fn reject_words(cause: u8) -> Option<&'static str> {
    find(REJECT, cause.into())
}

const REJECT: &[(i16, &str)] = &[
    (2, "SIM unknown to its network"),
    (3, "SIM barred"),
    (5, "IMEI not accepted"),
    (6, "device barred"),
    (7, "data services not allowed"),
    (8, "no services allowed"),
    (11, "network not allowed"),
    (12, "area not allowed"),
    (13, "roaming not allowed in this area"),
    (14, "data services not allowed in this network"),
    (15, "no suitable cells in this area"),
    (17, "network failure"),
    (19, "the APN to attach with refused"),
    (20, "SIM failed the authentication"),
    (21, "SIM failed the authentication"),
    (22, "congestion"),
    (27, "5G standalone not allowed"),
    (31, "5G core required"),
    (42, "severe network failure"),
    (62, "no network slices available"),
    (73, "serving network not authorized"),
];

const GPP: &[(i16, &str)] = &[
    (8, "operator determined barring"),
    (25, "LLC or SNDCP failure"),
    (26, "insufficient resources"),
    (27, "missing or unknown APN"),
    (28, "unknown PDP type"),
    (29, "user authentication failed"),
    (30, "rejected by the gateway"),
    (31, "activation rejected, unspecified"),
    (32, "service option not supported"),
    (33, "service option not subscribed"),
    (34, "service option temporarily out of order"),
    (35, "NSAPI already used"),
    (36, "regular deactivation"),
    (37, "QoS not accepted"),
    (38, "network failure"),
    (39, "reattach required"),
    (40, "feature not supported"),
    (43, "unknown PDP context"),
    (50, "IPv4 only allowed"),
    (51, "IPv6 only allowed"),
    (52, "single address bearers only allowed"),
    (53, "ESM information not received"),
    (54, "PDN connection does not exist"),
    (55, "multiple connections to one APN not allowed"),
    (81, "invalid transaction"),
    (95, "semantically incorrect message"),
    (96, "invalid mandatory information"),
    (97, "message type not supported"),
    (98, "message not compatible with the state"),
    (111, "protocol error"),
    (112, "APN type conflict"),
    (115, "access barred"),
    (128, "detached by the device"),
];

const INTERNAL: &[(i16, &str)] = &[
    (201, "internal error"),
    (202, "call ended"),
    (203, "unknown internal cause"),
    (204, "unknown cause"),
    (205, "close in progress"),
    (206, "terminated by the network"),
    (207, "preempted by another application"),
    (208, "IPv4 call not allowed"),
    (209, "IPv4 call throttled"),
    (210, "IPv6 call not allowed"),
    (211, "IPv6 call throttled"),
    (212, "modem restart"),
    (217, "profile and bearer incompatible"),
    (218, "SIM card event"),
    (219, "low power mode or power down"),
    (220, "APN disabled"),
    (228, "too many IPv4 connections"),
    (229, "too many IPv6 connections"),
    (230, "APN mismatch"),
    (231, "IP version mismatch"),
    (233, "invalid profile"),
    (235, "invalid profile id"),
    (236, "call already present"),
    (237, "interface in use"),
    (238, "IP and PDP types differ"),
    (239, "APN not allowed when roaming"),
    (241, "interface in use with the same configuration"),
    (242, "empty APN not allowed"),
    (243, "modem too hot"),
    (245, "data switched off"),
    (246, "data roaming switched off"),
    (247, "invalid APN format"),
    (253, "invalid APN name"),
    (255, "call not allowed when roaming"),
    (262, "too many connections"),
    (263, "invalid APN"),
    (264, "slice not allowed"),
];

const CALL_MANAGER: &[(i16, &str)] = &[
    (500, "CDMA lock"),
    (1000, "configuration failed"),
    (1001, "incoming call rejected"),
    (1002, "no service"),
    (1003, "ended by the network"),
    (2000, "ended by the client"),
    (2001, "no service"),
    (2002, "signal lost"),
    (2003, "released"),
    (2004, "access attempt in progress"),
    (2005, "access failure"),
    (2006, "redirection or handoff"),
    (2500, "offline"),
    (2501, "emergency mode"),
    (2502, "phone in use"),
    (2503, "invalid mode"),
    (2504, "invalid SIM state"),
    (2506, "rejected by call control"),
];

const PPP: &[(i16, &str)] = &[
    (-1, "unknown"),
    (1, "timeout"),
    (2, "authentication failed"),
    (3, "options differ"),
    (31, "PAP failed"),
    (32, "CHAP failed"),
    (33, "close in progress"),
];

const IPV6: &[(i16, &str)] = &[
    (1, "no prefix available"),
    (2, "IPv6 disabled for HRPD"),
    (3, "IPv6 disabled"),
];

const COARSE: &[(i16, &str)] = &[
    (1, "unspecified"),
    (2, "ended by the client"),
    (3, "no service"),
    (4, "signal lost"),
    (5, "released"),
    (6, "access attempt in progress"),
    (7, "access failure"),
    (8, "redirection or handoff"),
    (9, "close in progress"),
    (10, "authentication failed"),
    (11, "internal error"),
    (1002, "no service"),
    (1003, "ended by the network"),
    (1005, "insufficient resources"),
    (1006, "service option temporarily out of order"),
    (1008, "regular deactivation"),
    (1009, "network failure"),
    (1010, "reattach required"),
    (1011, "protocol error"),
    (1012, "operator determined barring"),
    (1013, "missing or unknown APN"),
    (1014, "unknown PDP type"),
    (1015, "rejected by the gateway"),
    (1016, "activation rejected"),
    (1017, "service option not supported"),
    (1018, "service option not subscribed"),
    (1019, "QoS not accepted"),
];
