// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
//! The command line, declared. `config` turns it into values that cannot be wrong; `main` dispatches.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

use crate::config::file::Origin;

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

const LINES: &str = "\
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
#[expect(
    clippy::large_enum_variant,
    reason = "there is one, made when mhictl starts"
)]
pub enum Command {
    /// Bring a data session up and keep it up until SIGTERM or SIGINT
    Connect(ConnectArgs),
    /// Show operator, technology, signal, SIM, sessions, addresses and counters
    Status(StatusArgs),
    /// List the modems of this machine
    Devices(DevicesArgs),
    /// Send one AT command and print the answer
    At(AtArgs),
    /// Share the QMI port; started by connect and status as they need it
    #[command(hide = true)]
    Proxy,
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
    #[arg(long, value_enum, default_value_t)]
    pub ip: Families,
    /// User name for the access point
    #[arg(long)]
    pub user: Option<String>,
    /// Password for the access point; better in the environment as MHICTL_PASSWORD, which `ps` does not show
    #[arg(long)]
    pub password: Option<String>,
    /// Authentication; default: both when a user name is given, else none
    #[arg(long, value_enum)]
    pub auth: Option<AuthArg>,
    /// PIN of the SIM, 4 to 8 digits, or MHICTL_PIN in the environment; a refused one is not tried again, and the last try is never used
    #[arg(long)]
    pub pin: Option<String>,
    /// Mux id of the session, 1 to 254; 129 (0x81) becomes rmnet_mhi0.1, 130 rmnet_mhi0.2, 5 rmnet_mhi0.m5
    #[arg(long, default_value = "129")]
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

/// Options of `mhictl at`.
#[derive(Clone, Debug, Default, Args)]
pub struct AtArgs {
    /// The command, for example 'AT+CSQ'
    pub command: String,
    /// Seconds to wait for the final result
    #[arg(long, default_value_t = 10)]
    pub timeout: u32,
    /// AT port, for example /dev/wwan0at0; default: the modem's first
    #[arg(long)]
    pub port: Option<String>,
}

/// `--ip`
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum Families {
    /// IPv4
    #[default]
    #[value(name = "4")]
    V4,
    /// IPv6
    #[value(name = "6")]
    V6,
    /// both, on one mux link
    #[value(name = "4+6", alias = "46", alias = "6+4")]
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
        ] {
            let cli = Cli::try_parse_from(["mhictl", "connect", "--ip", text]).unwrap();
            let Command::Connect(args) = cli.command else {
                panic!("connect")
            };
            assert_eq!(args.ip, families);
        }
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
