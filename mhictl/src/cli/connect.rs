// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
//! The command line of `connect`. `config` resolves it.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use crate::config::file::Origin;

/// Options of `mhictl connect`.
#[derive(Clone, Debug, Default, Args)]
pub struct ConnectArgs {
    /// Access point name; without it the modem's default profile is used
    #[arg(long)]
    pub apn: Option<String>,
    /// The modem's profile of this number instead of an access point name
    #[arg(long)]
    pub profile: Option<u8>,
    /// IP families of the session
    #[arg(long, value_enum, default_value_t, aliases = ["ip-family", "pdptype", "pdp-type"])]
    pub ip: Families,
    /// User name for the access point
    #[arg(long, alias = "username")]
    pub user: Option<String>,
    /// Password for the access point; better in the environment as MHICTL_PASSWORD, which `ps` does not show
    #[arg(long)]
    pub password: Option<String>,
    /// Authentication; default: both when a user name is given, else none
    #[arg(long, value_enum, alias = "auth-type")]
    pub auth: Option<AuthArg>,
    /// PIN of the SIM, 4 to 8 digits, or MHICTL_PIN in the environment; a refused one is not tried again, and the last try is never used
    #[arg(long, aliases = ["pincode", "verify-pin1", "uim-verify-pin1"])]
    pub pin: Option<String>,
    /// Mux id of the session, 1 to 254; 129 (0x81) becomes rmnet_mhi0.1, 130 rmnet_mhi0.2, 5 rmnet_mhi0.m5
    #[arg(long, default_value = "129", aliases = ["mux-id", "muxid"])]
    pub mux: String,
    /// Another name for the mux link, which keeps that of its mux id as an alternative name
    #[arg(long, value_name = "NAME")]
    pub link: Option<String>,
    /// Modem: wwan0, /dev/wwan0qmi0 or a PCI function such as 0000:01:00.0
    #[arg(long)]
    pub device: Option<String>,
    /// Base interface; default: the one of the modem's PCI function
    #[arg(long)]
    pub netdev: Option<String>,
    /// MTU of the mux link; default: what the network says, else 1500
    #[arg(long)]
    pub mtu: Option<u32>,
    /// Whether to connect through a network abroad
    #[arg(long, value_enum, default_value_t)]
    pub roaming: RoamingArg,
    /// Program to run when the session comes up, changes, goes down or fails; its argument is the event, the rest is in MHICTL_*
    #[arg(long)]
    pub hook: Option<PathBuf>,
    /// Leave addresses, routes and DNS to the hook
    #[arg(long)]
    pub no_address: bool,
    /// LAN interface that gets the session's IPv6 prefix (RFC 7278); the link keeps its address as /128
    #[arg(long, value_name = "INTERFACE")]
    pub share: Option<String>,
    /// Do not set a default route
    #[arg(long)]
    pub no_route: bool,
    /// Metric of the default route
    #[arg(long, default_value_t = 700)]
    pub metric: u32,
    /// Leave DNS alone
    #[arg(long)]
    pub no_dns: bool,
    /// Newest QMAP version to ask for; the modem may answer with an older one
    #[arg(long, value_enum, default_value_t)]
    pub qmap: QmapArg,
    /// Seconds until the first connection must be up
    #[arg(long, default_value_t = 90)]
    pub timeout: u32,
    /// Print each step as a JSON object on a line of its own
    #[arg(long)]
    pub json: bool,
    /// Configuration file [default: /etc/mhictl/config.toml, if it is there]; what the command line says wins
    #[arg(long, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// Session of the configuration file; several times for several sessions at once, `all` for all of them
    #[arg(long, value_name = "NAME")]
    pub pdn: Vec<String>,
    /// Say what would be done, and do nothing
    #[arg(long)]
    pub dry_run: bool,
    /// Ends with its parent: one of several sessions, or one of netifd's
    #[arg(long, hide = true)]
    pub supervised: bool,
    /// What came from the configuration file
    #[arg(skip)]
    pub origin: Origin,
    /// Show each QMI message on stderr
    #[arg(short, long)]
    pub verbose: bool,
}

/// `--ip`
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum Families {
    /// IPv4
    #[default]
    #[value(name = "4", aliases = ["ip", "ipv4"])]
    V4,
    /// IPv6
    #[value(name = "6", alias = "ipv6")]
    V6,
    /// both, on one mux link
    #[value(name = "4+6", aliases = ["46", "6+4", "ipv4v6"])]
    V4V6,
}

/// `--auth`
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum AuthArg {
    /// no authentication
    None,
    /// PAP
    Pap,
    /// CHAP
    Chap,
    /// PAP or CHAP as the network likes
    Both,
}

/// `--roaming`
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum RoamingArg {
    /// at home and abroad
    #[default]
    Allowed,
    /// at home only
    Forbidden,
}

/// `--qmap`
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum QmapArg {
    /// v5, then v4, then v1
    #[default]
    Auto,
    /// QMAPv5
    V5,
    /// QMAPv4
    V4,
    /// QMAPv1
    V1,
}
