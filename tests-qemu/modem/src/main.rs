// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
//! An emulated Quectel RM520N: the modules in the order of a packet's way, from QEMU to the internet behind the modem.

mod cli;
mod control;
mod logger;
mod shared;
mod vfio;

mod bus;
mod device;
mod fault;
mod glitch;
mod interrupts;
mod memory;
mod mhi;
mod pci;
mod stats;
mod wake;

mod at;
mod diag;
mod ip_ctrl;
mod loopback;
mod mbim;
mod port;
mod qmi;
mod session;
mod sink;

mod data;
mod internet;

use std::collections::BTreeMap;
use std::process::ExitCode;
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Instant;

use clap::Parser;
use vfio_user::Error;

use crate::at::At;
use crate::cli::{Aggregation, Options};
use crate::data::DataPlane;
use crate::device::{Device, Endpoints, MBIM, QMI};
use crate::diag::Diag;
use crate::ip_ctrl::{IpCtrl, Signals};
use crate::loopback::Loopback;
use crate::mbim::Mbim;
use crate::port::Port;
use crate::qmi::Qmi;
use crate::session::{Modem, Qmap};
use crate::shared::Shared;
use crate::sink::Sink;
use crate::vfio::Backend;

/// Uplink channel of the AT port.
const DUN: u8 = 32;

fn main() -> ExitCode {
    match run(&Options::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("modem: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run(options: &Options) -> Result<(), String> {
    logger::start(options.log.as_deref(), options.verbose)
        .map_err(|error| format!("log: {error}"))?;
    let mut device = Device::new(options, endpoints(options), Instant::now());
    device.heed_notices();
    for request in &options.requests {
        let words: Vec<_> = request
            .split([' ', ','])
            .filter(|word| !word.is_empty())
            .collect();
        control::request(&mut device, &words, Instant::now())
            .map_err(|error| format!("{request}: {error}"))?;
    }
    let shared = Arc::new(Shared::new(device));
    if let Some(path) = &options.control {
        let start = control::start(path, Arc::clone(&shared));
        start.map_err(|error| format!("{}: {error}", path.display()))?;
    }
    let mut server = vfio::listen(&options.socket, options.msi);
    let worker = Arc::clone(&shared);
    thread::spawn(move || worker.work());
    loop {
        let listening = server.map_err(|error| format!("{}: {error}", options.socket.display()))?;
        shared.access().bus.stats.count("listens");
        log::info!("waiting for QEMU on {}", options.socket.display());
        match listening.run(&mut Backend(Arc::clone(&shared))) {
            Ok(()) => log::info!("QEMU closed the connection"),
            Err(error @ Error::SocketAccept(_)) => return Err(error.to_string()),
            // The transport only ends with an error when the stream does: QEMU was killed.
            Err(error) => log::warn!("QEMU is gone: {error}"),
        }
        if !options.replug {
            break;
        }
        shared.access().unplug(Instant::now());
        drop(listening);
        let _ = std::fs::remove_file(&options.socket);
        server = vfio::listen(&options.socket, options.msi);
    }
    if let Some(path) = &options.control {
        let _ = std::fs::remove_file(path);
    }
    Ok(())
}

fn endpoints(options: &Options) -> Endpoints {
    let signals = Signals::new(Some(DUN));
    let modem = Arc::new(Mutex::new(modem(options)));
    let mut ports: BTreeMap<u8, Box<dyn Port>> = BTreeMap::new();
    ports.insert(0, Box::new(Loopback::default()));
    ports.insert(4, Box::new(Diag::new(Arc::clone(&modem))));
    ports.insert(MBIM, Box::new(Mbim::new(Arc::clone(&modem))));
    ports.insert(QMI, Box::new(Qmi::new(Arc::clone(&modem))));
    for unserved in [20, 46] {
        ports.insert(unserved, Box::<Sink>::default());
    }
    ports.insert(18, Box::new(IpCtrl::new(signals.clone())));
    ports.insert(DUN, Box::new(At::new(Arc::clone(&modem))));
    // FIREHOSE, which hosts open while the flash programmer runs: it gives back what it gets.
    ports.insert(34, Box::new(Loopback::default()));
    Endpoints {
        ports,
        data: Box::new(DataPlane::new(Arc::clone(&modem), options.seed)),
        signals,
        modem,
    }
}

fn modem(options: &Options) -> Modem {
    let mut modem = Modem::default();
    modem.mbim = options.mbim;
    modem.mbim_next = options.mbim;
    modem.identity.model = options.model.name().to_owned();
    let limits = &mut modem.limits;
    limits.qmap = match options.qmap {
        Aggregation::None => Qmap::None,
        Aggregation::V1 => Qmap::V1,
        Aggregation::V4 => Qmap::V4,
        Aggregation::V5 => Qmap::V5,
    };
    limits.dl_max_size = options.dl_max_size;
    limits.dl_max_packets = options.dl_max_packets;
    limits.ul_max_size = options.ul_max_size;
    limits.ul_max_packets = options.ul_max_packets;
    modem
}
