// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
//! The command line, declared. `config` turns it into values that cannot be wrong; `main` dispatches.

// Named, since tests and the manual pages' generator include this file.
#[path = "cli/cm.rs"]
mod cm;
#[path = "cli/connect.rs"]
mod connect;
#[path = "cli/radio.rs"]
mod radio;

use clap::{Args, Parser, Subcommand};

pub use cm::CmArgs;
pub use connect::{AuthArg, ConnectArgs, Families, QmapArg, RoamingArg};
pub use radio::{AtArgs, BandsArgs, EdlArgs, ResetArgs, SmsArgs, SmsCommand, WatchArgs};

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

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn declaration_is_consistent() {
        Cli::command().debug_assert();
    }

    #[test]
    fn other_programs_names_are_those_of_the_readme() {
        let readme = include_str!("../../README.md");
        let head = "`connect` takes option names of `uqmi`";
        let paragraph = readme.split("\n\n").find(|text| text.starts_with(head));
        let words: Vec<&str> = paragraph.unwrap().split('`').skip(1).step_by(2).collect();
        let cli = Cli::command();
        let connect = cli.find_subcommand("connect").unwrap();
        let arguments: Vec<_> = connect.get_arguments().collect();
        fn aliases(argument: &clap::Arg) -> Vec<&str> {
            argument.get_all_aliases().unwrap_or_default()
        }
        let options = words.iter().filter_map(|word| word.strip_prefix("--"));
        for option in options.clone() {
            let takes = |argument: &&&clap::Arg| {
                argument.get_long() == Some(option) || aliases(argument).contains(&option)
            };
            assert!(
                arguments.iter().any(|argument| takes(&argument)),
                "{option}"
            );
        }
        for alias in arguments.iter().flat_map(|argument| aliases(argument)) {
            assert!(options.clone().any(|option| option == alias), "{alias}");
        }
        for value in ["ip", "ipv4", "ipv6", "ipv4v6"] {
            assert!(words.contains(&value), "{value}");
            let line = ["mhictl", "connect", "--pdptype", value];
            assert!(Cli::try_parse_from(line).is_ok(), "{value}");
        }
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
