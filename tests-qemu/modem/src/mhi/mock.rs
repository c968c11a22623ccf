// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
//! A host without a machine: plays the driver against a [`Device`] in memory and time of its own. Time only passes in
//! [`Host::run`], so every test repeats exactly.

mod rings;

use std::collections::{BTreeMap, VecDeque};
use std::fs::{File, OpenOptions};
use std::io::Read;
use std::os::fd::OwnedFd;
use std::os::unix::fs::FileExt;
use std::os::unix::net::UnixStream;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use ::mhi::register::*;
use ::mhi::{context, element, Command, Event, EventContext, RingContext, State, Transfer};
use clap::Parser;
use vfio_user::DmaMapFlags;

use crate::cli::Options;
use crate::device::{Device, Endpoints};
use crate::ip_ctrl::{IpCtrl, Signals};
use crate::loopback::Loopback;
use crate::port::{Data, Port};
use crate::session::Modem;
use crate::wake::Wake;

const CHANNELS: u64 = 0x1000;
const EVENTS: u64 = 0x3000;
const COMMAND: u64 = 0x3800;
const COMMAND_RING: u64 = 0x4000;
const EVENT_RINGS: u64 = 0x8000;
const TRANSFER_RINGS: u64 = 0x10_0000;
/// Where tests put their buffers.
pub const BUFFERS: u64 = 0x20_0000;
/// Memory comes in two pieces that meet here.
pub const SEAM: u64 = 0x28_0000;
/// Bytes of memory.
pub const MEMORY: u64 = 0x40_0000;
/// Elements of every event ring.
pub const EVENT_ELEMENTS: u64 = 32;
const COMMAND_ELEMENTS: u64 = 16;
const STEP: u64 = element::LEN as u64;

/// The data plane of the mock: keeps what comes, gives what the test put in.
#[derive(Clone, Default)]
pub struct Plane {
    /// Transfers from the host.
    pub up: Arc<Mutex<Vec<Vec<u8>>>>,
    /// How long each of them keeps it busy, and until when the last one does.
    pub pace: Arc<Mutex<(Duration, Option<Instant>)>>,
    /// Transfers for the host.
    pub down: Arc<Mutex<VecDeque<Vec<u8>>>>,
}

impl Data for Plane {
    fn receive(&mut self, transfer: &[u8], now: Instant) {
        let mut pace = self.pace.lock().expect("not poisoned");
        pace.1 = Some(now + pace.0);
        self.up
            .lock()
            .expect("not poisoned")
            .push(transfer.to_vec());
    }
    fn poll(&mut self, _now: Instant) -> Option<Vec<u8>> {
        self.down.lock().expect("not poisoned").pop_front()
    }
    fn deadline(&self) -> Option<Instant> {
        None
    }
    fn busy(&self, now: Instant) -> Option<Instant> {
        let free = self.pace.lock().expect("not poisoned").1;
        free.filter(|&free| free > now)
    }
    fn reset(&mut self) {}
    fn command(&mut self, words: &[&str]) -> Result<String, String> {
        Ok(words.join("+"))
    }
}

/// The host.
pub struct Host {
    /// What it plays against.
    pub device: Device,
    /// The device's data plane.
    pub plane: Plane,
    /// What its channels share.
    pub modem: Arc<Mutex<Modem>>,
    /// The time.
    pub now: Instant,
    memory: File,
    interrupts: Vec<UnixStream>,
    rings: BTreeMap<u8, (u64, u64)>,
    event_rp: BTreeMap<u32, u64>,
    command_wp: u64,
}

impl Host {
    /// A host whose firmware has found the function and switched on bus mastering and 8 MSI vectors.
    pub fn new(arguments: &[&str]) -> Self {
        let options = Options::parse_from([&["modem"], arguments].concat());
        let plane = Plane::default();
        let modem = Arc::new(Mutex::new(Modem::default()));
        let signals = Signals::new(None);
        let mut ports: BTreeMap<u8, Box<dyn Port>> = BTreeMap::new();
        ports.insert(0, Box::<Loopback>::default());
        ports.insert(18, Box::new(IpCtrl::new(signals.clone())));
        ports.insert(32, Box::<Loopback>::default());
        let endpoints = Endpoints {
            ports,
            data: Box::new(plane.clone()),
            signals,
            modem: Arc::clone(&modem),
        };
        let now = Instant::now();
        let mut device = Device::new(&options, endpoints, now);
        device.heed_notices();
        let memory = memory();
        let flags = DmaMapFlags::READ_WRITE;
        for (offset, size) in [(0, SEAM), (SEAM, MEMORY - SEAM)] {
            let file = memory.try_clone().expect("a descriptor");
            device
                .bus
                .memory
                .insert(flags, offset, offset, size, Some(file))
                .expect("mapped");
        }
        let (mine, its): (Vec<_>, Vec<_>) = (0..options.msi)
            .map(|_| UnixStream::pair().expect("a pair of sockets"))
            .map(|(mine, its)| (mine, File::from(OwnedFd::from(its))))
            .unzip();
        device.bus.interrupts.set(0, options.msi, its);
        device.write_config(4, &[6, 0], now);
        Self {
            device,
            plane,
            modem,
            now,
            memory,
            interrupts: mine,
            rings: BTreeMap::new(),
            event_rp: BTreeMap::new(),
            command_wp: COMMAND_RING,
        }
    }

    /// A host that has brought the device to M0 and opened nothing.
    pub fn in_m0(arguments: &[&str]) -> Self {
        let mut host = Self::new(arguments);
        host.start();
        assert_eq!(
            host.events(0),
            [
                Event::State(State::M0),
                Event::ExecutionEnvironment(::mhi::ExecutionEnvironment::AMSS)
            ]
        );
        host
    }

    /// Sets up 4 event rings (0, 1 without moderation, 2, 3 with 5 ms), the command ring, and asks for M0.
    pub fn start(&mut self) {
        self.event_rp.clear();
        self.rings.clear();
        self.command_wp = COMMAND_RING;
        for index in 0..4u32 {
            let base = EVENT_RINGS + u64::from(index) * 0x1000;
            let len = EVENT_ELEMENTS * STEP;
            let fields = EventContext {
                moderation_ms: if index < 2 { 0 } else { 5 },
                kind: 1,
                vector: index + 1,
                ring: RingContext {
                    base,
                    len,
                    rp: base,
                    wp: base + len - STEP,
                },
                ..EventContext::default()
            };
            let mut bytes = [0; context::LEN];
            fields.emit(&mut bytes);
            self.put(EVENTS + u64::from(index) * context::LEN as u64, &bytes);
            self.event_rp.insert(index, base);
        }
        let ring = RingContext {
            base: COMMAND_RING,
            len: COMMAND_ELEMENTS * STEP,
            rp: COMMAND_RING,
            wp: COMMAND_RING,
        };
        let mut bytes = [0; context::LEN];
        ring.emit(&mut bytes);
        self.put(COMMAND, &bytes);
        for (register, value) in [
            (CCABAP_LOWER, CHANNELS),
            (ECABAP_LOWER, EVENTS),
            (CRCBAP_LOWER, COMMAND),
        ] {
            self.write64(register, value);
        }
        self.write64(MHIDATABASE_LOWER, 0);
        self.write64(MHIDATALIMIT_LOWER, 0xffff_ffff);
        self.write(MHICFG, 0x0204_0000);
        self.ask(State::M0);
        self.run(Duration::from_millis(1));
    }

    /// Interrupts on a vector since the last call.
    pub fn interrupts(&mut self, vector: usize) -> usize {
        let stream = &mut self.interrupts[vector];
        stream.set_nonblocking(true).expect("a socket");
        let mut bytes = [0; 4096];
        stream.read(&mut bytes).map_or(0, |len| len / 8)
    }

    /// Lets time pass, serving the device whenever it asks for it.
    pub fn run(&mut self, duration: Duration) {
        let end = self.now + duration;
        for _ in 0..100_000 {
            match self.device.service(self.now) {
                Wake::Now => {}
                Wake::At(at) if at <= end => {
                    assert!(
                        at > self.now,
                        "a deadline in the past keeps the worker spinning"
                    );
                    self.now = at;
                }
                _ => {
                    self.now = end;
                    return;
                }
            }
        }
        panic!("the device is never done");
    }

    /// Asks for a state.
    pub fn ask(&mut self, state: State) {
        self.write(MHICTRL, u32::from(state.0) << STATE_SHIFT);
    }

    /// The state in MHISTATUS.
    pub fn state(&mut self) -> State {
        state(self.read(MHISTATUS))
    }

    /// Writes a register.
    pub fn write(&mut self, offset: u32, value: u32) {
        self.device
            .write_registers(offset.into(), &value.to_le_bytes(), self.now);
    }

    /// Writes a register of 64 bits as Linux does, the high word first.
    pub fn write64(&mut self, offset: u32, value: u64) {
        self.write(offset + 4, (value >> 32) as u32);
        self.write(offset, value as u32);
    }

    /// Reads a register.
    pub fn read(&mut self, offset: u32) -> u32 {
        let mut bytes = [0; 4];
        self.device.read_registers(offset.into(), &mut bytes);
        u32::from_le_bytes(bytes)
    }

    /// Writes memory.
    pub fn put(&self, address: u64, bytes: &[u8]) {
        self.memory.write_all_at(bytes, address).expect("written");
    }

    /// Reads memory.
    pub fn get(&self, address: u64, bytes: &mut [u8]) {
        self.memory.read_exact_at(bytes, address).expect("read");
    }

    /// A control request.
    pub fn request(&mut self, line: &str) -> Result<String, String> {
        let words: Vec<_> = line.split_whitespace().collect();
        crate::control::request(&mut self.device, &words, self.now)
    }

    /// A counter.
    pub fn count(&self, name: &str) -> u64 {
        self.device.bus.stats.get(name)
    }

    fn pointer(&self, address: u64) -> u64 {
        let mut bytes = [0; 8];
        self.get(address, &mut bytes);
        u64::from_le_bytes(bytes)
    }
}

/// A descriptor that wants a completion.
pub fn transfer(address: u64, len: u16) -> Transfer {
    Transfer {
        address,
        len,
        end_of_transfer: true,
        ..Transfer::default()
    }
}

fn next(pointer: u64, base: u64, len: u64) -> u64 {
    if pointer + STEP == base + len {
        base
    } else {
        pointer + STEP
    }
}

/// A file that only this process knows.
fn memory() -> File {
    static SERIAL: AtomicU32 = AtomicU32::new(0);
    let serial = SERIAL.fetch_add(1, Ordering::Relaxed);
    let path = std::env::temp_dir().join(format!("modem-mock-{}-{serial}", std::process::id()));
    let options = OpenOptions::new()
        .read(true)
        .write(true)
        .create_new(true)
        .open(&path);
    let file = options.expect("a file for the memory");
    std::fs::remove_file(&path).expect("removed");
    file.set_len(MEMORY).expect("enough room");
    file
}
