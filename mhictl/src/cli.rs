// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
//! The command line, declared. `config` turns it into values that cannot be wrong; `main` dispatches.

// Named, since tests and the manual pages' generator include this file.
#[path = "cli/cm.rs"]
mod cm;

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

use crate::config::file::Origin;

pub use cm::CmArgs;

/// `mhictl`'s arguments.
#[derive(Debug, Parser)]
#[command(
    name = "mhictl",
    version,
    about = "Mobile data sessions on MHI (PCIe) modems: QMI session, mux link, addresses, routes and DNS",
    after_help = crate::exit::table(),
    after_long_help = format!("{}\n{}", crate::exit::table(), LINES),
    disable_help_subcommand = true
)]
pub struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// What `connect` prints; also a section of its manual page.
pub const LINES: &str = "\
Lines that `connect` prints on stdout, each `WORD: TEXT`, in this order on success:
  modem          wwan device, PCI function, port and base interface
  sync           done, or by whose proxy: the port is open
  firmware       revision of the modem's firmware
  sim            ready, or why not
  registration   home, roaming, searching or denied; technology=, operator=
  format         QMAP version and limits that the modem echoed
  mux            mux link and its id
  session        ipv4 or ipv6: up, or why not
  address        each address, with gateway and MTU
  shared         the IPv6 prefix with the router's address in it, and on which LAN interface, with --share
  dns            servers, and where they were written
  connected      the mux link; traffic may flow
Later, as they happen:
  disconnected   why
  retry          seconds until the next attempt
  stopped        everything is taken down again
Warnings and errors go to stderr.
";

/// The subcommands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Bring a data session up and keep it up until SIGTERM or SIGINT
    Connect(ConnectArgs),
    /// End sessions that run, and wait until they are gone
    Disconnect(DisconnectArgs),
    /// Bring a data session up by quectel-CM's options; also done when mhictl is called quectel-CM
    Cm(CmArgs),
    /// Show operator, technology, signal, SIM, sessions, addresses and counters
    Status(StatusArgs),
    /// List the modems of this machine
    Devices(DevicesArgs),
    /// Show how well the network is received, for each technology and carrier
    Signal(StatusArgs),
    /// Show the cells that serve the modem, and their neighbours
    Cells(StatusArgs),
    /// Show or set which technologies and bands the modem may use
    Bands(BandsArgs),
    /// Show what the modem is and how it is attached
    Info(StatusArgs),
    /// List, read, send and delete short messages
    Sms(SmsArgs),
    /// Show the status again and again
    Watch(WatchArgs),
    /// Restart the modem
    Reset(ResetArgs),
    /// Bring the modem into emergency download, for a firmware update
    Edl(EdlArgs),
    /// Send AT commands and print the answers; listen to what the modem says unasked
    At(AtArgs),
    /// Share the QMI port; started by connect and status as they need it
    #[command(hide = true)]
    Proxy(ProxyArgs),
}

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
    /// One of several sessions; ends with its supervisor
    #[arg(long, hide = true)]
    pub supervised: bool,
    /// What came from the configuration file
    #[arg(skip)]
    pub origin: Origin,
    /// Show each QMI message on stderr
    #[arg(short, long)]
    pub verbose: bool,
}

/// Options of `mhictl disconnect`.
#[derive(Clone, Debug, Default, Args)]
pub struct DisconnectArgs {
    /// Only the session with this mux id; default: all sessions of the modem
    #[arg(long, aliases = ["mux-id", "muxid"])]
    pub mux: Option<String>,
    /// Modem: wwan0, /dev/wwan0qmi0 or a PCI function
    #[arg(long)]
    pub device: Option<String>,
    /// Seconds to wait for each session's end
    #[arg(long, default_value_t = 30)]
    pub timeout: u32,
    /// Print one JSON object
    #[arg(long)]
    pub json: bool,
}

/// Options of `mhictl status`.
#[derive(Clone, Debug, Default, Args)]
pub struct StatusArgs {
    /// Print one JSON object
    #[arg(long)]
    pub json: bool,
    /// Modem: wwan0, /dev/wwan0qmi0 or a PCI function
    #[arg(long)]
    pub device: Option<String>,
    /// Seconds to wait for the modem
    #[arg(long, default_value_t = 10)]
    pub timeout: u32,
}

/// Options of `mhictl devices`.
#[derive(Clone, Debug, Default, Args)]
pub struct DevicesArgs {
    /// Print one JSON array
    #[arg(long)]
    pub json: bool,
}

/// Options of `mhictl proxy`.
#[derive(Clone, Copy, Debug, Default, Args)]
pub struct ProxyArgs {
    /// Stay when nobody needs it any more, until SIGTERM; without it ends 10 seconds later
    #[arg(long)]
    pub stay: bool,
}

/// Options of `mhictl at`.
#[derive(Clone, Debug, Default, Args)]
pub struct AtArgs {
    /// The commands, for example 'AT+CSQ'
    #[arg(value_name = "COMMAND", required_unless_present = "listen")]
    pub commands: Vec<String>,
    /// Then print what the modem says unasked, until --timeout or Ctrl-C
    #[arg(long)]
    pub listen: bool,
    /// Seconds to wait for each final result, and to listen; default: 10, and until Ctrl-C
    #[arg(long)]
    pub timeout: Option<u32>,
    /// AT port, for example /dev/wwan0at0; default: the modem's first
    #[arg(long)]
    pub port: Option<String>,
    /// Print a JSON object for each answer and each unasked line
    #[arg(long)]
    pub json: bool,
}

/// Options of `mhictl bands`.
#[derive(Clone, Debug, Default, Args)]
pub struct BandsArgs {
    /// Technologies: AUTO, or some of WCDMA, LTE and NR5G, for example NR5G:LTE
    #[arg(long)]
    pub mode: Option<String>,
    /// LTE bands, for example 1,3,28, or all
    #[arg(long, value_name = "BANDS")]
    pub lte: Option<String>,
    /// Bands of standalone 5G
    #[arg(long, value_name = "BANDS")]
    pub sa: Option<String>,
    /// Bands of 5G beside LTE
    #[arg(long, value_name = "BANDS")]
    pub nsa: Option<String>,
    /// Options of all such commands
    #[command(flatten)]
    pub common: StatusArgs,
}

/// Options of `mhictl sms`.
#[derive(Clone, Debug, Args)]
pub struct SmsArgs {
    /// What to do
    #[command(subcommand)]
    pub command: SmsCommand,
    /// Print one JSON object
    #[arg(long, global = true)]
    pub json: bool,
    /// Modem: wwan0, /dev/wwan0qmi0 or a PCI function
    #[arg(long, global = true)]
    pub device: Option<String>,
    /// Seconds to wait for the modem
    #[arg(long, global = true, default_value_t = 10)]
    pub timeout: u32,
}

/// What to do with short messages.
#[derive(Clone, Debug, Subcommand)]
pub enum SmsCommand {
    /// List all that the modem keeps; it counts them as read then
    List,
    /// Show one of them
    Read {
        /// Its number in the list
        index: u32,
    },
    /// Send one
    Send {
        /// Telephone number
        number: String,
        /// Text: 160 characters, or 70 if one of them is not plain ASCII
        text: String,
    },
    /// Delete one
    Delete {
        /// Its number in the list
        index: u32,
    },
}

/// Options of `mhictl watch`.
#[derive(Clone, Debug, Default, Args)]
pub struct WatchArgs {
    /// Seconds between two views
    #[arg(long, default_value_t = 2)]
    pub interval: u32,
    /// End after so many views; default: at Ctrl-C
    #[arg(long)]
    pub count: Option<u32>,
    /// Options of all such commands
    #[command(flatten)]
    pub common: StatusArgs,
}

/// Options of `mhictl reset`.
#[derive(Clone, Debug, Default, Args)]
pub struct ResetArgs {
    /// Do not wait until the modem is back
    #[arg(long)]
    pub no_wait: bool,
    /// Print one JSON object
    #[arg(long)]
    pub json: bool,
    /// Modem: wwan0, /dev/wwan0qmi0 or a PCI function
    #[arg(long)]
    pub device: Option<String>,
    /// Seconds until the modem must be back
    #[arg(long, default_value_t = 90)]
    pub timeout: u32,
}

/// Options of `mhictl edl`.
#[derive(Clone, Debug, Default, Args)]
pub struct EdlArgs {
    /// Really: the modem is off the network until it is flashed or reset
    #[arg(long)]
    pub yes: bool,
    /// Print one JSON object
    #[arg(long)]
    pub json: bool,
    /// Modem: wwan0, /dev/wwan0qmi0 or a PCI function
    #[arg(long)]
    pub device: Option<String>,
    /// Seconds until the modem must be there
    #[arg(long, default_value_t = 30)]
    pub timeout: u32,
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

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn declaration_is_consistent() {
        Cli::command().debug_assert();
    }

    #[test]
    fn connect_defaults_are_the_documented_ones() {
        let cli = Cli::try_parse_from(["mhictl", "connect"]).unwrap();
        let Command::Connect(args) = cli.command else {
            panic!("connect")
        };
        assert_eq!(
            (args.ip, args.mux.as_str(), args.metric, args.timeout),
            (Families::V4, "129", 700, 90)
        );
        assert_eq!(args.qmap, QmapArg::Auto);
        assert!(args.apn.is_none() && args.auth.is_none() && !args.no_route && !args.no_dns);
    }

    #[test]
    fn families_have_their_spellings() {
        for (text, families) in [
            ("4", Families::V4),
            ("6", Families::V6),
            ("4+6", Families::V4V6),
            ("46", Families::V4V6),
            ("ip", Families::V4),
            ("ipv6", Families::V6),
            ("ipv4v6", Families::V4V6),
        ] {
            let cli = Cli::try_parse_from(["mhictl", "connect", "--ip", text]).unwrap();
            let Command::Connect(args) = cli.command else {
                panic!("connect")
            };
            assert_eq!(args.ip, families);
        }
    }

    #[test]
    fn names_of_uqmi_and_openwrt_mean_the_same() {
        let line = [
            "mhictl",
            "connect",
            "--apn=internet",
            "--pdptype=ipv4v6",
            "--username=me",
            "--auth-type=pap",
            "--pincode=1234",
            "--mux-id=130",
        ];
        let cli = Cli::try_parse_from(line).unwrap();
        let Command::Connect(args) = cli.command else {
            panic!("connect")
        };
        assert_eq!((args.ip, args.auth), (Families::V4V6, Some(AuthArg::Pap)));
        assert_eq!(args.user.as_deref(), Some("me"));
        assert_eq!(
            (args.pin.as_deref(), args.mux.as_str()),
            (Some("1234"), "130")
        );
    }

    #[test]
    fn wrong_lines_are_usage_errors() {
        for line in [
            &["mhictl"][..],
            &["mhictl", "fly"],
            &["mhictl", "at"],
            &["mhictl", "connect", "--ip", "5"],
            &["mhictl", "connect", "--mtu", "many"],
            &["mhictl", "connect", "--auth", "kerberos"],
            &["mhictl", "status", "--timeout", "-1"],
        ] {
            let error = Cli::try_parse_from(line).unwrap_err();
            assert_eq!(error.exit_code(), 2, "{line:?}");
        }
    }

    #[test]
    fn help_shows_the_exit_codes() {
        let help = Cli::command().render_help().to_string();
        assert!(help.contains(" 8  the network refused the session"));
    }
}
