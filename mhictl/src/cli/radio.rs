// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
//! The command lines of commands that talk to the modem: AT, bands, short messages, the live view, restarts.

use clap::{Args, Subcommand};

use super::StatusArgs;

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
