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
mod interrupts;
mod memory;
mod mhi;
mod pci;
mod stats;
mod wake;

mod ip_ctrl;
mod loopback;
mod port;

use std::collections::BTreeMap;
use std::process::ExitCode;
use std::sync::Arc;
use std::thread;
use std::time::Instant;

use clap::Parser;

use crate::cli::Options;
use crate::device::{Device, Endpoints};
use crate::ip_ctrl::{IpCtrl, Signals};
use crate::loopback::Loopback;
use crate::port::{Data, Port};
use crate::shared::Shared;
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
    logger::start(options.log.as_deref(), options.verbose).map_err(|error| format!("log: {error}"))?;
    let device = Device::new(options, endpoints(options), Instant::now());
    let shared = Arc::new(Shared::new(device));
    if let Some(path) = &options.control {
        let start = control::start(path, Arc::clone(&shared));
        start.map_err(|error| format!("{}: {error}", path.display()))?;
    }
    let server = vfio::listen(&options.socket, options.msi);
    let server = server.map_err(|error| format!("{}: {error}", options.socket.display()))?;
    let worker = Arc::clone(&shared);
    thread::spawn(move || worker.work());
    log::info!("waiting for QEMU on {}", options.socket.display());
    server.run(&mut Backend(shared)).map_err(|error| error.to_string())
}

fn endpoints(options: &Options) -> Endpoints {
    let signals = Signals::new(options.require_rts.then_some(DUN));
    let mut ports: BTreeMap<u8, Box<dyn Port>> = BTreeMap::new();
    ports.insert(0, Box::new(Loopback::default()));
    ports.insert(14, Box::new(Loopback::default()));
    ports.insert(18, Box::new(IpCtrl::new(signals.clone())));
    Endpoints {
        ports,
        data: Box::new(Echo::default()),
        signals,
        restart: Box::new(|| {}),
    }
}

#[derive(Default)]
struct Echo(std::collections::VecDeque<Vec<u8>>);
impl Data for Echo {
    fn receive(&mut self, transfer: &[u8], _now: Instant) {
        let mut packet = transfer.to_vec();
        if packet.len() >= 28 && packet[0] == 0x45 && packet[9] == 1 && packet[20] == 8 {
            for i in 0..4 { packet.swap(12 + i, 16 + i); }
            packet[20] = 0;
            let sum = u16::from_be_bytes([packet[22], packet[23]]);
            let (mut s, c) = sum.overflowing_add(0x0800);
            if c { s += 1; }
            packet[22..24].copy_from_slice(&s.to_be_bytes());
            self.0.push_back(packet);
        }
    }
    fn poll(&mut self, _now: Instant) -> Option<Vec<u8>> { self.0.pop_front() }
    fn deadline(&self) -> Option<Instant> { None }
    fn reset(&mut self) { self.0.clear(); }
    fn command(&mut self, _words: &[&str]) -> Result<String, String> { Err("none".into()) }
}
