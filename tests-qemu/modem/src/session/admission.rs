// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
//! Whether modem and network let a session begin.

use qmi::wds::{CHAP, PAP};
use qmi::{reason, Verbose};

use super::{Family, Modem, Registration, SimState};

/// 3GPP cause (TS 24.301 annex B): missing or unknown APN.
pub const UNKNOWN_APN: i16 = 27;
/// User authentication failed.
pub const AUTHENTICATION_FAILED: i16 = 29;
/// Requested service option not subscribed.
pub const NOT_SUBSCRIBED: i16 = 33;
/// PDN type IPv4 only allowed.
const IPV4_ONLY: i16 = 50;
/// PDN type IPv6 only allowed.
const IPV6_ONLY: i16 = 51;
/// User and password that `auth.test` wants, `pap.test` by PAP and `chap.test` by CHAP.
const CREDENTIALS: (&[u8], &[u8]) = (b"user", b"secret");

impl Modem {
    /// Whether a session may begin. The names of the difficult APNs end in `.test`, which is nobody's.
    ///
    /// # Errors
    ///
    /// Why not.
    pub fn admit(
        &self,
        family: Family,
        apn: &str,
        credentials: (&[u8], &[u8]),
        authentication: u8,
    ) -> Result<(), Verbose> {
        // Where the host leaves it to the modem, that one prefers CHAP.
        let protocol = match authentication {
            bits if bits & CHAP != 0 => CHAP,
            bits => bits & PAP,
        };
        let call_manager = |reason| Verbose {
            kind: reason::Type::CallManager,
            reason,
        };
        if !self.radio_on {
            return Err(Verbose::internal(219));
        }
        if self.sim.state != SimState::Ready {
            return Err(call_manager(2504));
        }
        if self.technology().is_none() {
            return Err(match self.network.registration {
                Registration::Denied => Verbose::gpp(8),
                _ => call_manager(2001),
            });
        }
        if let Some(reason) = self.network.reject_apn {
            return Err(Verbose::gpp(reason));
        }
        match (apn, family) {
            ("unknown.test", _) => Err(Verbose::gpp(UNKNOWN_APN)),
            ("reject.test", _) => Err(Verbose::gpp(NOT_SUBSCRIBED)),
            ("auth.test" | "pap.test" | "chap.test", _) if credentials != CREDENTIALS => {
                Err(Verbose::gpp(AUTHENTICATION_FAILED))
            }
            ("pap.test", _) if protocol != PAP => Err(Verbose::gpp(AUTHENTICATION_FAILED)),
            ("chap.test", _) if protocol != CHAP => Err(Verbose::gpp(AUTHENTICATION_FAILED)),
            ("v4only.test", Family::V6) => Err(Verbose::gpp(IPV4_ONLY)),
            ("v6only.test", Family::V4) => Err(Verbose::gpp(IPV6_ONLY)),
            _ => Ok(()),
        }
    }
}
