// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
//! Resolves the options of `connect`, which `file` may have completed, into values that are within the limits of modem and kernel.
//! Each refusal names the option and what it takes.

pub mod file;
mod keys;

use std::path::PathBuf;
use std::time::Duration;

use crate::cli::{AuthArg, ConnectArgs, Families, QmapArg, RoamingArg};
use crate::exit::{Error, Exit};

/// Longest APN that 3GPP TS 23.003 (9.1) allows, in octets.
const APN_MAX: usize = 100;
/// Longest user name or password that modems take, in octets.
const CREDENTIAL_MAX: usize = 127;
/// Name limit of the kernel: IFNAMSIZ less the terminator.
const IFNAME_MAX: usize = 15;

/// Variables of the environment that may hold what no command line should show.
pub const SECRETS: [&str; 2] = ["MHICTL_PASSWORD", "MHICTL_PIN"];

/// One IP family.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Family {
    /// IPv4
    V4,
    /// IPv6
    V6,
}

impl Family {
    /// `ipv4` or `ipv6`, as the printed lines say.
    pub fn name(self) -> &'static str {
        match self {
            Family::V4 => "ipv4",
            Family::V6 => "ipv6",
        }
    }
}

/// QMAP versions, newest first in preference.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Qmap {
    /// checksum header in front of each packet
    V5,
    /// checksum trailer behind each packet
    V4,
    /// no checksums
    V1,
}

impl Qmap {
    /// `qmapv5` and so on.
    pub fn name(self) -> &'static str {
        match self {
            Qmap::V5 => "qmapv5",
            Qmap::V4 => "qmapv4",
            Qmap::V1 => "qmapv1",
        }
    }
}

/// How to authenticate to the access point; bit 0 PAP, bit 1 CHAP as in QMI WDS.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Auth(pub u8);

/// What `--auth both` tries: as the modem likes, then each alone, since some networks refuse a modem that likes the other one.
const BOTH: &[Auth] = &[Auth(3), Auth(2), Auth(1)];

impl Auth {
    /// As `--auth` says it.
    pub fn name(self) -> &'static str {
        match self.0 {
            0 => "none",
            1 => "pap",
            2 => "chap",
            _ => "both",
        }
    }
}

/// A session as the user wants it, checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Config {
    /// APN, or none for the modem's default profile.
    pub apn: Option<String>,
    /// Number of the modem's profile, instead of an APN.
    pub profile: Option<u8>,
    /// Families in the order in which they are started; never empty.
    pub families: Vec<Family>,
    /// User name.
    pub user: Option<String>,
    /// Password.
    pub password: Option<String>,
    /// Ways to authenticate, in the order in which they are tried; empty if none is to be sent.
    pub auth: &'static [Auth],
    /// PIN, 4 to 8 digits.
    pub pin: Option<String>,
    /// Mux id, 1 to 254.
    pub mux: u8,
    /// Name of the mux link, unless it is that of the mux id.
    pub link: Option<String>,
    /// Which modem.
    pub device: Option<String>,
    /// Which base interface.
    pub netdev: Option<String>,
    /// MTU of the mux link.
    pub mtu: Option<u32>,
    /// Whether to connect abroad too.
    pub roaming: bool,
    /// Program to tell what happens.
    pub hook: Option<PathBuf>,
    /// Whether to set addresses; without them there are no routes and no DNS either.
    pub addresses: bool,
    /// LAN interface that gets the IPv6 prefix.
    pub share: Option<String>,
    /// Metric of the default route, or none for no default route.
    pub metric: Option<u32>,
    /// Whether to set DNS.
    pub dns: bool,
    /// QMAP versions to try in this order; never empty.
    pub qmap: &'static [Qmap],
    /// Time until the first connection must be up.
    pub timeout: Duration,
    /// Whether to show each message.
    pub verbose: bool,
}

impl TryFrom<ConnectArgs> for Config {
    type Error = Error;

    fn try_from(args: ConnectArgs) -> Result<Self, Error> {
        let apn = args
            .apn
            .map(|apn| check_apn(&apn).map(|()| apn))
            .transpose()?;
        if args.profile == Some(0) {
            return Err(usage(
                "--profile 0: the modem's profiles begin with 1",
                "mhictl at 'AT+CGDCONT?' lists them",
            ));
        }
        if args.profile.is_some() && apn.is_some() {
            return Err(usage(
                "--profile with --apn",
                "leave one of them out: the profile names its own access point",
            ));
        }
        let user = args
            .user
            .map(|user| check_credential("--user", &user).map(|()| user))
            .transpose()?;
        let password = args
            .password
            .map(|word| check_credential("--password", &word).map(|()| word))
            .transpose()?;
        let auth = resolve_auth(args.auth, user.is_some(), password.is_some())?;
        if let Some(pin) = &args.pin {
            check_pin(pin)?;
        }
        let families = match args.ip {
            Families::V4 => vec![Family::V4],
            Families::V6 => vec![Family::V6],
            Families::V4V6 => vec![Family::V4, Family::V6],
        };
        if let Some(mtu) = args.mtu {
            let least = if families.contains(&Family::V6) {
                1280
            } else {
                576
            };
            if !(least..=65535).contains(&mtu) {
                return Err(usage(
                    format!("--mtu {mtu}: must be {least} to 65535"),
                    "leave --mtu out to take the network's",
                ));
            }
        }
        if let Some(netdev) = &args.netdev {
            check_interface("--netdev", netdev)?;
        }
        if let Some(link) = &args.link {
            check_interface("--link", link)?;
        }
        if let Some(lan) = &args.share {
            check_interface("--share", lan)?;
            if !families.contains(&Family::V6) || args.no_address {
                return Err(usage(
                    "--share without an IPv6 address to be set",
                    "add --ip 6 or --ip 4+6, and leave --no-address out",
                ));
            }
        }
        if args.timeout == 0 || args.timeout > 86_400 {
            return Err(usage(
                format!("--timeout {}: must be 1 to 86400 seconds", args.timeout),
                "the default is 90",
            ));
        }
        Ok(Config {
            apn,
            profile: args.profile,
            families,
            user,
            password,
            auth,
            pin: args.pin,
            mux: parse_mux(&args.mux)?,
            link: args.link,
            device: args.device,
            netdev: args.netdev,
            mtu: args.mtu,
            roaming: args.roaming == RoamingArg::Allowed,
            hook: args.hook,
            addresses: !args.no_address,
            share: args.share,
            metric: (!args.no_route && !args.no_address).then_some(args.metric),
            dns: !args.no_dns && !args.no_address,
            qmap: match args.qmap {
                QmapArg::Auto | QmapArg::V5 => &[Qmap::V5, Qmap::V4, Qmap::V1],
                QmapArg::V4 => &[Qmap::V4, Qmap::V1],
                QmapArg::V1 => &[Qmap::V1],
            },
            timeout: Duration::from_secs(args.timeout.into()),
            verbose: args.verbose,
        })
    }
}

impl ConnectArgs {
    /// Takes what the command line does not say from the environment, where `ps` does not show it. Empty counts as absent.
    pub fn complete(
        &mut self,
        variable: impl Fn(&str) -> Option<std::ffi::OsString>,
    ) -> Result<(), Error> {
        for (name, value) in SECRETS.into_iter().zip([&mut self.password, &mut self.pin]) {
            let Some(text) = variable(name).filter(|text| !text.is_empty() && value.is_none())
            else {
                continue;
            };
            *value = Some(text.into_string().map_err(|_| {
                usage(
                    format!("{name}: not UTF-8"),
                    "set it again, or leave it unset",
                )
            })?);
        }
        Ok(())
    }
}

/// Name of the mux link: `BASE.n` with n = id - 0x80 from 0x81 on, as the vendor's users know it (rmnet_mhi0.1 for 0x81),
/// `BASE.mID` for smaller ids.
pub fn link_name(base: &str, mux: u8) -> Result<String, Error> {
    let name = match mux.checked_sub(0x80) {
        Some(n @ 1..) => format!("{base}.{n}"),
        _ => format!("{base}.m{mux}"),
    };
    if name.len() > IFNAME_MAX {
        return Err(usage(
            format!("{name}: longer than {IFNAME_MAX} characters, the kernel's limit"),
            "rename the base interface (ip link set NAME name rmnet_mhi0)",
        ));
    }
    Ok(name)
}

/// A mux id in decimal or, after 0x, in hexadecimal.
pub fn parse_mux(text: &str) -> Result<u8, Error> {
    let parsed = match text.strip_prefix("0x").or_else(|| text.strip_prefix("0X")) {
        Some(hex) => u8::from_str_radix(hex, 16),
        None => text.parse(),
    };
    match parsed {
        Ok(mux @ 1..=254) => Ok(mux),
        _ => Err(usage(
            format!("--mux {text}: must be 1 to 254 (0x01 to 0xfe)"),
            "use 129 (0x81), or 130 (0x82) for a second session",
        )),
    }
}

fn check_apn(apn: &str) -> Result<(), Error> {
    if apn.is_empty()
        || apn.len() > APN_MAX
        || !apn
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b"-._".contains(&b))
    {
        return Err(usage(
            format!("--apn {apn:?}: must be 1 to {APN_MAX} letters, digits, '-', '.' or '_'"),
            "ask the operator for the access point name, or leave --apn out",
        ));
    }
    Ok(())
}

fn check_credential(option: &str, text: &str) -> Result<(), Error> {
    if text.is_empty() || text.len() > CREDENTIAL_MAX || text.bytes().any(|b| b.is_ascii_control())
    {
        return Err(usage(
            format!("{option}: must be 1 to {CREDENTIAL_MAX} octets without control characters"),
            format!("leave {option} out if the operator asks for none"),
        ));
    }
    Ok(())
}

fn check_pin(pin: &str) -> Result<(), Error> {
    if !(4..=8).contains(&pin.len()) || !pin.bytes().all(|b| b.is_ascii_digit()) {
        return Err(usage(
            "--pin: must be 4 to 8 digits",
            "nothing was sent to the SIM",
        ));
    }
    Ok(())
}

fn check_interface(option: &str, name: &str) -> Result<(), Error> {
    if name.is_empty()
        || name.len() > IFNAME_MAX
        || name == "."
        || name == ".."
        || name.bytes().any(|b| b == b'/' || b.is_ascii_whitespace())
    {
        return Err(usage(
            format!("{option} {name:?}: not an interface name"),
            "ip link shows the interfaces",
        ));
    }
    Ok(())
}

fn resolve_auth(
    auth: Option<AuthArg>,
    user: bool,
    password: bool,
) -> Result<&'static [Auth], Error> {
    if password && !user {
        return Err(usage("--password without --user", "give both, or neither"));
    }
    match auth {
        None if user => Ok(BOTH),
        None => Ok(&[]),
        Some(AuthArg::None) if user => {
            Err(usage("--auth none with --user", "leave one of them out"))
        }
        Some(AuthArg::None) => Ok(&[Auth(0)]),
        Some(_) if !user => Err(usage(
            "--auth without --user",
            "give --user and --password, or leave --auth out",
        )),
        Some(AuthArg::Pap) => Ok(&[Auth(1)]),
        Some(AuthArg::Chap) => Ok(&[Auth(2)]),
        Some(AuthArg::Both) => Ok(BOTH),
    }
}

fn usage(what: impl Into<String>, next: impl Into<String>) -> Error {
    Error::new(Exit::Usage, what, next)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn args() -> ConnectArgs {
        ConnectArgs {
            mux: "129".into(),
            timeout: 90,
            metric: 700,
            ..Default::default()
        }
    }

    fn refused(change: impl FnOnce(&mut ConnectArgs)) -> String {
        let mut args = args();
        change(&mut args);
        let error = Config::try_from(args).unwrap_err();
        assert_eq!(error.exit, Exit::Usage);
        assert!(!error.next.is_empty());
        error.what
    }

    #[test]
    fn defaults_resolve() {
        let config = Config::try_from(args()).unwrap();
        assert_eq!(
            (config.mux, config.metric, config.auth),
            (0x81, Some(700), &[][..])
        );
        assert_eq!(config.qmap, [Qmap::V5, Qmap::V4, Qmap::V1]);
        assert_eq!(config.families, [Family::V4]);
    }

    #[test]
    fn mux_takes_both_notations_and_its_range() {
        assert_eq!(parse_mux("0x81").unwrap(), 129);
        assert_eq!(parse_mux("1").unwrap(), 1);
        assert_eq!(parse_mux("254").unwrap(), 254);
        for text in ["0", "255", "256", "0x", "-1", "", "0x1ff", "x"] {
            assert!(parse_mux(text).is_err(), "{text}");
        }
    }

    #[test]
    fn link_names_follow_the_mux() {
        assert_eq!(link_name("rmnet_mhi0", 0x81).unwrap(), "rmnet_mhi0.1");
        assert_eq!(link_name("rmnet_mhi0", 0xfe).unwrap(), "rmnet_mhi0.126");
        assert_eq!(link_name("rmnet_mhi0", 0x80).unwrap(), "rmnet_mhi0.m128");
        assert_eq!(link_name("rmnet_mhi0", 5).unwrap(), "rmnet_mhi0.m5");
        assert_eq!(
            link_name("rmnet_mhi1000", 0xfe).unwrap_err().exit,
            Exit::Usage
        );
    }

    #[test]
    fn link_names_are_distinct() {
        let mut names: Vec<String> = (1..=254)
            .map(|mux| link_name("rmnet_mhi0", mux).unwrap())
            .collect();
        names.sort();
        names.dedup();
        assert_eq!(names.len(), 254);
    }

    #[test]
    fn bad_values_name_their_option() {
        assert!(refused(|a| a.apn = Some(String::new())).starts_with("--apn"));
        assert!(refused(|a| a.apn = Some("a b".into())).starts_with("--apn"));
        assert!(refused(|a| a.apn = Some("x".repeat(101))).starts_with("--apn"));
        assert!(refused(|a| a.pin = Some("12a4".into())).starts_with("--pin"));
        assert!(refused(|a| a.pin = Some("123".into())).starts_with("--pin"));
        assert!(refused(|a| a.mtu = Some(100)).starts_with("--mtu"));
        assert!(refused(|a| a.netdev = Some("a/b".into())).starts_with("--netdev"));
        assert!(refused(|a| a.link = Some("rmnet_mhi0_1_long".into())).starts_with("--link"));
        assert!(refused(|a| a.share = Some("br-lan".into())).starts_with("--share without"));
        let six = |a: &mut ConnectArgs, lan: &str| {
            (a.ip, a.share) = (Families::V6, Some(lan.into()));
        };
        assert!(refused(|a| six(a, "a/b")).starts_with("--share"));
        assert!(refused(|a| {
            six(a, "br-lan");
            a.no_address = true;
        })
        .starts_with("--share without"));
        assert!(refused(|a| a.timeout = 0).starts_with("--timeout"));
        assert!(refused(|a| a.user = Some("\n".into())).starts_with("--user"));
    }

    #[test]
    fn secrets_come_from_the_environment_unless_the_line_says_them() {
        let variable = |name: &str| match name {
            "MHICTL_PASSWORD" => Some("secret".into()),
            "MHICTL_PIN" => Some("1234".into()),
            _ => None,
        };
        let mut both = args();
        both.complete(variable).unwrap();
        assert_eq!(
            (both.password.as_deref(), both.pin.as_deref()),
            (Some("secret"), Some("1234"))
        );
        let mut line = args();
        line.pin = Some("9999".into());
        line.complete(variable).unwrap();
        assert_eq!(line.pin.as_deref(), Some("9999"));
        let mut empty = args();
        empty.complete(|_| Some("".into())).unwrap();
        assert_eq!((empty.password, empty.pin), (None, None));
        let broken: std::ffi::OsString = std::os::unix::ffi::OsStringExt::from_vec(vec![0xff]);
        let error = args().complete(|_| Some(broken.clone())).unwrap_err();
        assert_eq!(error.exit, Exit::Usage);
        assert!(error.what.starts_with("MHICTL_PASSWORD"));
    }

    #[test]
    fn a_profile_stands_alone() {
        let mut profile = args();
        profile.profile = Some(3);
        assert_eq!(Config::try_from(profile).unwrap().profile, Some(3));
        assert!(refused(|a| a.profile = Some(0)).starts_with("--profile"));
        let both = |a: &mut ConnectArgs| (a.profile, a.apn) = (Some(3), Some("internet".into()));
        assert!(refused(both).contains("--apn"));
    }

    #[test]
    fn without_addresses_there_are_no_routes_and_no_dns() {
        let mut bare = args();
        bare.no_address = true;
        let config = Config::try_from(bare).unwrap();
        assert_eq!(
            (config.addresses, config.metric, config.dns),
            (false, None, false)
        );
        assert!(Config::try_from(args()).unwrap().addresses);
    }

    #[test]
    fn ipv6_needs_its_least_mtu() {
        let what = refused(|a| {
            a.mtu = Some(1000);
            a.ip = Families::V4V6;
        });
        assert!(what.contains("1280"));
    }

    #[test]
    fn auth_follows_the_credentials() {
        assert_eq!(resolve_auth(None, true, true).unwrap(), BOTH);
        assert_eq!(
            resolve_auth(Some(AuthArg::Chap), true, true).unwrap(),
            [Auth(2)]
        );
        assert_eq!(
            resolve_auth(Some(AuthArg::Pap), true, false).unwrap(),
            [Auth(1)]
        );
        assert!(resolve_auth(None, false, true).is_err());
        assert!(resolve_auth(Some(AuthArg::Pap), false, false).is_err());
        assert!(resolve_auth(Some(AuthArg::None), true, false).is_err());
    }

    #[test]
    fn the_pin_is_not_repeated_in_the_error() {
        assert!(!refused(|a| a.pin = Some("99x9".into())).contains("99x9"));
    }
}
