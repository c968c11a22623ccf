// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
//! quectel-CM's command line, as its version 1.6 has it. `crate::cm` makes a line of `connect` of it.

use std::path::PathBuf;

use clap::Args;

/// Options of `mhictl cm`.
#[derive(Clone, Debug, Default, Args)]
pub struct CmArgs {
    /// Access point name, user, password and authentication: 0 none, 1 PAP, 2 CHAP
    #[arg(short = 's', num_args = 0..=4, value_names = ["APN", "USER", "PASSWORD", "AUTH"])]
    pub session: Option<Vec<String>>,
    /// PIN of the SIM, 4 to 8 digits; or a proxy's name, since mhictl shares the port anyway
    #[arg(short = 'p', value_name = "PIN|PROXY")]
    pub pin_or_proxy: Vec<String>,
    /// Add what is printed to this file as well
    #[arg(short = 'f', value_name = "FILE")]
    pub log: Option<PathBuf>,
    /// USB's log; there is none on PCIe
    #[arg(short = 'u', value_name = "FILE")]
    pub usb_log: Option<PathBuf>,
    /// Base interface, rmnet_mhi0: which modem, if there are several
    #[arg(short = 'i', value_name = "INTERFACE")]
    pub interface: Option<String>,
    /// IPv4 (default)
    #[arg(short = '4')]
    pub ipv4: bool,
    /// IPv6; with -4 both
    #[arg(short = '6')]
    pub ipv6: bool,
    /// The modem's profile of this number, unless -s names an access point; its mux link is rmnet_mhi0.N, unless -m says otherwise
    #[arg(short = 'n', value_name = "N")]
    pub pdn: Option<String>,
    /// End the session of -n N
    #[arg(short = 'k', value_name = "N")]
    pub kill: Option<String>,
    /// Mux link rmnet_mhi0.N, or a mux id of 129 (0x81) to 254 (0xfe)
    #[arg(short = 'm', value_name = "N")]
    pub mux: Option<String>,
    /// Bridge; refused: packets of a mobile network have no Ethernet header
    #[arg(short = 'b')]
    pub bridge: bool,
    /// Loopback test; refused
    #[arg(short = 'l', value_name = "FACTOR")]
    pub loopback: Option<String>,
    /// Detach USB's driver; there is none on PCIe
    #[arg(short = 'r')]
    pub reattach: bool,
    /// Addresses and DNS by QMI; mhictl never takes them from elsewhere
    #[arg(short = 'd')]
    pub no_dhcp: bool,
    /// Show each QMI message on stderr
    #[arg(short = 'v')]
    pub verbose: bool,
}
