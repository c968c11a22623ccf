// SPDX-License-Identifier: GPL-2.0-only
//! Driver for Quectel's 5G modems over PCIe (MHI), with a QMAP muxer.
//!
//! A packet's way down: `data` (buffer from the modem) -> `rx` (transfer) -> `frames` (and `merge`) -> `link` (the interface) ->
//! stack.
//! A packet's way up: stack -> `link` -> `tx` (who sends when) -> `transfers` -> `aggregate` (frames in one) -> the modem.
//!
//! Lock order, outermost first: rtnl; the network core's lock of a queue that sends; `rx` state or `tx` state; the MHI core's locks; the
//! done queues of `rx` and `tx`. Sockets that look at what passes the base (`show`) take theirs under the `tx` state.
//! The MHI core calls back with its own locks held, so callbacks take only the done queues. `data` and `watchdog` run with or
//! take the driver core's lock of the channels, under which rtnl is never taken. The lock of a port's stopped channels is taken
//! alone. Whoever wants `recovery` or `watchdog` between two looks (`power`, with the device's lock held if the machine sleeps) waits for
//! their look to end; so a look never waits for that lock: resets by function and bus try it, and runtime power management is asked, not
//! waited for.

#![no_std]
#![forbid(unsafe_code)]

mod account;
mod aggregate;
mod buffers;
mod controller;
mod data;
mod dump;
mod ethtool;
mod flow;
mod format;
mod frames;
mod headers;
mod health;
mod link;
mod merge;
mod modem;
mod netdev;
mod pci;
mod power;
mod protocol;
mod queue;
mod recovery;
mod runs;
mod rx;
mod sender;
mod serial;
mod stats;
mod stopped;
mod transfers;
mod tx;
mod watchdog;

use kernel::module::{Module, ThisModule};
use kernel::net::rtnl;
use kernel::prelude::*;

/// All that the module registers. Fields are dropped in declaration order: modems first, then what serves them.
struct RmnetMhi {
    _pci: kernel::pci::Registration<pci::Pci>,
    _watch: kernel::mhi::Watch,
    _serial: kernel::mhi::Registration<serial::Serial>,
    _data: kernel::mhi::Registration<data::Data>,
    _links: Option<rtnl::Registration<link::Link>>,
    _taps: kernel::net::Taps,
}

impl Module for RmnetMhi {
    fn init(module: ThisModule) -> Result<Self> {
        let taps = kernel::net::Taps::new();
        let links = match rtnl::Registration::new() {
            Ok(links) => Some(links),
            Err(EEXIST) => {
                pr_info!("the kernel's rmnet module is loaded: links of kind rmnet are its own, on top of rmnet_mhi0");
                None
            }
            Err(error) => return Err(error),
        };
        let data = kernel::mhi::Registration::new(module)?;
        let serial = kernel::mhi::Registration::new(module)?;
        let watch = kernel::mhi::Watch::new::<controller::Host, _>(&data)?;
        let pci = kernel::pci::Registration::new(module)?;
        Ok(RmnetMhi {
            _pci: pci,
            _watch: watch,
            _serial: serial,
            _data: data,
            _links: links,
            _taps: taps,
        })
    }
}

kernel::module!(RmnetMhi);
kernel::pci_device_table!(modem::IDS);
