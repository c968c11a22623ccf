// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
//! Command line of the emulated modem.

use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

use ::mhi::ExecutionEnvironment;
use clap::Parser;

/// An emulated Quectel RM520N: a PCIe function with MHI, QMI or MBIM, AT and data channels and a small internet behind it,
/// for QEMU's `vfio-user-pci` device.
///
/// It listens on --socket, serves one QEMU and ends with status 0 when that closes the connection. The guest's memory must
/// be shared: -object memory-backend-memfd,id=mem,size=512M,share=on -machine q35,memory-backend=mem
#[derive(Clone, Debug, Parser)]
#[command(version, max_term_width = 110)]
pub struct Options {
    /// Unix socket that QEMU connects to; must not exist
    #[arg(long, value_name = "PATH", default_value = "modem.sock")]
    pub socket: PathBuf,
    /// Unix socket for control requests, a line each: try `help`
    #[arg(long, value_name = "PATH")]
    pub control: Option<PathBuf>,
    /// Write the log to this file instead of standard error
    #[arg(long, value_name = "FILE")]
    pub log: Option<PathBuf>,
    /// Log more: -v state changes, -vv channels and messages, -vvv every register and transfer
    #[arg(short, long, action = clap::ArgAction::Count)]
    pub verbose: u8,

    /// Sets the PCI ids of a model
    #[arg(long, value_enum, default_value_t = Model::Rm520n, help_heading = "PCI")]
    pub model: Model,
    /// Vendor and device id in hexadecimal, over --model's
    #[arg(long = "id", value_name = "VENDOR:DEVICE", help_heading = "PCI")]
    pub id: Option<Id>,
    /// Subsystem vendor and device id in hexadecimal, over --model's
    #[arg(long = "subsystem", value_name = "VENDOR:DEVICE", help_heading = "PCI")]
    pub subsystem: Option<Id>,
    /// MSI vectors offered: 1, 2, 4, 8, 16 or 32
    #[arg(long, value_name = "COUNT", default_value_t = 8, value_parser = parse_msi, help_heading = "PCI")]
    pub msi: u32,

    /// Execution environments that the modem shows after power-on and SOC reset, each for --boot-delay (pbl, sbl, amss ...)
    #[arg(long, value_name = "EE", default_value = "amss", value_parser = parse_ee, value_delimiter = ',', help_heading = "MHI")]
    pub boot_ee: Vec<ExecutionEnvironment>,
    /// Milliseconds that it stays in each of them on the way to mission mode and READY
    #[arg(long, value_name = "MS", default_value = "0", value_parser = parse_ms, help_heading = "MHI")]
    pub boot_delay: Duration,
    /// Milliseconds that an MHI reset takes
    #[arg(long, value_name = "MS", default_value = "2", value_parser = parse_ms, help_heading = "MHI")]
    pub reset_delay: Duration,
    /// Ask for light sleep (M1, then M2) after this many idle milliseconds
    #[arg(long, value_name = "MS", value_parser = parse_ms, help_heading = "MHI")]
    pub m1_after: Option<Duration>,
    /// Interrupt after every N data events instead of by timer, so that instruction counts repeat
    #[arg(long, value_name = "N", help_heading = "MHI")]
    pub interrupt_every: Option<u32>,

    /// Speak MBIM (channels 12/13) and NTB16 instead of QMI and QMAP, as after AT+QCFG="pcie_mbim",1
    #[arg(long, help_heading = "Data")]
    pub mbim: bool,
    /// Highest aggregation protocol granted
    #[arg(long, value_enum, default_value_t = Aggregation::V5, help_heading = "Data")]
    pub qmap: Aggregation,
    /// Most bytes granted in a downlink aggregate
    #[arg(
        long,
        value_name = "BYTES",
        default_value_t = 32768,
        help_heading = "Data"
    )]
    pub dl_max_size: u32,
    /// Most packets granted in a downlink aggregate
    #[arg(
        long,
        value_name = "COUNT",
        default_value_t = 32,
        help_heading = "Data"
    )]
    pub dl_max_packets: u32,
    /// Most bytes granted in an uplink aggregate
    #[arg(
        long,
        value_name = "BYTES",
        default_value_t = 8192,
        help_heading = "Data"
    )]
    pub ul_max_size: u32,
    /// Most packets granted in an uplink aggregate
    #[arg(
        long,
        value_name = "COUNT",
        default_value_t = 11,
        help_heading = "Data"
    )]
    pub ul_max_packets: u32,

    /// Obey a control request before QEMU connects; words separated by spaces or commas, as in qmi,sim,locked; repeatable
    #[arg(long = "request", value_name = "REQUEST")]
    pub requests: Vec<String>,
    /// When QEMU lets go of the modem, stay and wait for it to be plugged in again, switched off meanwhile
    #[arg(long)]
    pub replug: bool,
    /// Seed of everything random
    #[arg(long, default_value_t = 1)]
    pub seed: u64,
}

impl Options {
    /// Vendor and device id.
    pub fn id(&self) -> Id {
        self.id.unwrap_or(self.model.ids().0)
    }

    /// Subsystem vendor and device id.
    pub fn subsystem(&self) -> Id {
        self.subsystem.unwrap_or(self.model.ids().1)
    }
}

/// Modules whose ids are known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Model {
    /// RM500Q (SDX55)
    Rm500q,
    /// RM520N-GL (SDX62)
    Rm520n,
    /// RM520N-GL under Quectel's own vendor id
    Rm520nEac,
    /// RM551E (SDX75)
    Rm551e,
    /// RM255C (SDX35)
    Rm255c,
}

impl Model {
    /// What the modem calls itself.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Rm500q => "RM500Q-GL",
            Self::Rm520n | Self::Rm520nEac => "RM520N-GL",
            Self::Rm551e => "RM551E-GL",
            Self::Rm255c => "RM255C-GL",
        }
    }

    const fn ids(self) -> (Id, Id) {
        match self {
            Self::Rm500q => (Id::new(0x17cb, 0x0306), Id::new(0x17cb, 0x5003)),
            Self::Rm520n => (Id::new(0x17cb, 0x0308), Id::new(0x17cb, 0x5201)),
            Self::Rm520nEac => (Id::new(0x1eac, 0x1004), Id::new(0x1eac, 0xb001)),
            Self::Rm551e => (Id::new(0x17cb, 0x0309), Id::new(0x17cb, 0x5201)),
            Self::Rm255c => (Id::new(0x17cb, 0x011a), Id::new(0x17cb, 0x5201)),
        }
    }
}

/// Aggregation protocols.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Aggregation {
    /// Bare IP packets
    None,
    /// MAP headers
    V1,
    /// MAP headers and checksum trailers
    V4,
    /// MAP headers and checksum headers
    V5,
}

/// A pair of PCI ids.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Id {
    /// Vendor.
    pub vendor: u16,
    /// Device.
    pub device: u16,
}

impl Id {
    const fn new(vendor: u16, device: u16) -> Self {
        Self { vendor, device }
    }
}

impl FromStr for Id {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let pair = text.split_once(':').and_then(|(vendor, device)| {
            let vendor = u16::from_str_radix(vendor, 16).ok()?;
            let device = u16::from_str_radix(device, 16).ok()?;
            Some(Self { vendor, device })
        });
        pair.ok_or_else(|| "two hexadecimal numbers with a colon, as in 17cb:0308".to_string())
    }
}

fn parse_msi(text: &str) -> Result<u32, String> {
    match text.parse() {
        Ok(count @ (1 | 2 | 4 | 8 | 16 | 32)) => Ok(count),
        _ => Err("1, 2, 4, 8, 16 or 32".to_string()),
    }
}

/// An execution environment by name.
///
/// # Errors
///
/// The names that there are.
pub fn parse_ee(text: &str) -> Result<ExecutionEnvironment, String> {
    ExecutionEnvironment::from_name(text)
        .ok_or_else(|| "pbl, sbl, amss, rddm, wfw, pthru, edl or fp".to_string())
}

fn parse_ms(text: &str) -> Result<Duration, String> {
    text.parse()
        .map(Duration::from_millis)
        .map_err(|error| error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn command_line_is_consistent() {
        Options::command().debug_assert();
    }

    #[test]
    fn wrong_values_are_refused() {
        for arguments in [
            ["--id", "17cb"],
            ["--id", "17cb:zz"],
            ["--msi", "3"],
            ["--msi", "64"],
            ["--boot-ee", "linux"],
            ["--boot-delay", "-1"],
        ] {
            assert!(
                Options::try_parse_from([["modem"].as_slice(), &arguments].concat()).is_err(),
                "{arguments:?}"
            );
        }
    }
}
