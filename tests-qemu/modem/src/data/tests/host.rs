// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
//! A host for the tests: an IP stack that speaks QMAP with the data plane, in simulated time.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use qmap::ip::{Transport, UDP};
use qmap::{
    verify_v4, write_header, Checksum, Deaggregate, Kind, Offload, Padding, Verdict, Version,
};
use smoltcp::iface::{Config, Interface, PollResult, SocketSet};
use smoltcp::phy::{Device, DeviceCapabilities, Medium, RxToken, TxToken};
use smoltcp::time::Instant as Time;
use smoltcp::wire::{HardwareAddress, IpCidr};

use crate::data::DataPlane;
use crate::port::Data;
use crate::session::{Family, Format, Modem, Qmap};

/// The modem's state, a data plane, and one host interface on one mux id.
pub struct Host {
    pub modem: Arc<Mutex<Modem>>,
    pub plane: DataPlane,
    pub now: Instant,
    pub sockets: SocketSet<'static>,
    pub wire: Queues,
    /// Command frames that came.
    pub commands: Vec<Vec<u8>>,
    /// Leave TCP and UDP checksums to the modem.
    pub offload: bool,
    /// In version 5 leave the pseudo header's sum in them, as Linux' rmnet does.
    pub seeded: bool,
    pub mux: u8,
    /// Packets in an uplink transfer.
    pub aggregate: usize,
    interface: Interface,
    start: Instant,
}

#[derive(Default)]
pub struct Queues {
    pub down: VecDeque<Vec<u8>>,
    pub up: VecDeque<Vec<u8>>,
}

pub fn version(qmap: Qmap) -> Option<Version> {
    super::super::version(qmap)
}

impl Host {
    pub fn new(qmap: Qmap, mux: u8) -> Self {
        let mut modem = Modem::default();
        if qmap != Qmap::None {
            let (dl_max_packets, dl_max_size) = (32, 32768);
            let (ul_max_packets, ul_max_size) = (11, 16_640);
            modem.format = Format {
                ul: qmap,
                dl: qmap,
                dl_max_packets,
                dl_max_size,
                ul_max_packets,
                ul_max_size,
                dl_padding: 0,
            };
        }
        modem.start(mux, Family::V4, "internet", 1);
        modem.start(mux, Family::V6, "internet", 1);
        let session = modem.session(mux).unwrap();
        let (ipv4, ipv6) = (session.ipv4.unwrap(), session.ipv6.unwrap());

        let mut wire = Queues::default();
        let now = Instant::now();
        let mut interface = Interface::new(Config::new(HardwareAddress::Ip), &mut wire, Time::ZERO);
        interface.update_ip_addrs(|addresses| {
            addresses
                .push(IpCidr::new(ipv4.address.into(), ipv4.prefix))
                .unwrap();
            addresses
                .push(IpCidr::new(ipv6.address.into(), ipv6.prefix))
                .unwrap();
        });
        interface
            .routes_mut()
            .add_default_ipv4_route(ipv4.gateway)
            .unwrap();
        interface
            .routes_mut()
            .add_default_ipv6_route(ipv6.gateway)
            .unwrap();
        let modem = Arc::new(Mutex::new(modem));
        Self {
            plane: DataPlane::new(Arc::clone(&modem), 1),
            modem,
            now,
            sockets: SocketSet::new(Vec::new()),
            wire,
            commands: Vec::new(),
            offload: false,
            seeded: true,
            mux,
            aggregate: 11,
            interface,
            start: now,
        }
    }

    pub fn format(&self) -> Format {
        self.modem.lock().unwrap().format
    }

    pub fn command(&mut self, line: &str) -> Result<String, String> {
        self.plane.command(&line.split(' ').collect::<Vec<_>>())
    }

    /// One counter of `data stats`.
    pub fn stat(&mut self, name: &str) -> u64 {
        let stats = self.command("stats").unwrap();
        let value = stats
            .split(' ')
            .find_map(|word| word.strip_prefix(&format!("{name}=")));
        value
            .unwrap_or_else(|| panic!("no {name} in {stats}"))
            .parse()
            .unwrap()
    }

    pub fn with<T: smoltcp::socket::AnySocket<'static>, R>(
        &mut self,
        handle: smoltcp::iface::SocketHandle,
        f: impl FnOnce(&mut T, &mut smoltcp::iface::Context) -> R,
    ) -> R {
        f(self.sockets.get_mut::<T>(handle), self.interface.context())
    }

    /// A millisecond passes: what the host sends goes up, what the modem has comes down.
    pub fn step(&mut self) {
        self.now += Duration::from_millis(1);
        let micros = (self.now - self.start).as_micros() as i64;
        let time = Time::from_micros(micros);
        // Sends one segment for each socket.
        while self.interface.poll(time, &mut self.wire, &mut self.sockets)
            == PollResult::SocketStateChanged
        {}
        while !self.wire.up.is_empty() {
            let transfer = self.transfer();
            self.plane.receive(&transfer, self.now);
        }
        while let Some(transfer) = self.plane.poll(self.now) {
            self.take(&transfer);
        }
    }

    /// Sends one packet now.
    pub fn send(&mut self, packet: Vec<u8>) {
        self.wire.up.push_back(packet);
        let transfer = self.transfer();
        self.plane.receive(&transfer, self.now);
    }

    fn transfer(&mut self) -> Vec<u8> {
        let format = self.format();
        let Some(version) = version(format.ul) else {
            return self.wire.up.pop_front().unwrap();
        };
        let mut transfer = Vec::new();
        for _ in 0..self.aggregate {
            let Some(mut packet) = self.wire.up.pop_front() else {
                break;
            };
            let offload = self.offload(version, &mut packet);
            let mut header = [0; 8];
            let written = write_header(
                &mut header,
                version,
                self.mux,
                packet.len(),
                Padding::Align4,
                offload,
            );
            let written = written.unwrap();
            transfer.extend(&header[..written.header]);
            transfer.extend(packet);
            transfer.resize(transfer.len() + written.pad, 0);
        }
        transfer
    }

    fn offload(&self, version: Version, packet: &mut [u8]) -> Option<Offload> {
        if !self.offload || version == Version::V1 {
            return None;
        }
        let transport = Transport::parse(packet).ok()?;
        let seed = match version {
            Version::V4 => !transport.pseudo().fold(),
            _ if self.seeded => transport.pseudo().fold(),
            _ => 0,
        };
        let (start, insert) = (transport.network.len(), transport.insert());
        let udp = transport.protocol == UDP;
        packet[start + insert..][..2].copy_from_slice(&seed.to_be_bytes());
        Some(Offload {
            start: start as u16,
            insert: insert as u16,
            udp,
        })
    }

    fn take(&mut self, transfer: &[u8]) {
        let Some(version) = version(self.format().dl) else {
            self.wire.down.push_back(transfer.to_vec());
            return;
        };
        assert!(transfer.len() <= self.format().dl_max_size as usize);
        for frame in Deaggregate::new(version, transfer) {
            let frame = frame.unwrap();
            match frame.kind {
                Kind::Command(_) => self.commands.push(frame.raw.to_vec()),
                Kind::Data(checksum) => {
                    assert_eq!(frame.mux_id, self.mux);
                    let honest = match Transport::parse(frame.payload) {
                        Err(_) => checksum != Checksum::Valid,
                        Ok(_) => match checksum {
                            Checksum::None => version == Version::V1,
                            Checksum::Valid => true,
                            Checksum::Unverified => false,
                            Checksum::Trailer(trailer) => {
                                verify_v4(frame.payload, trailer) == Verdict::Valid
                            }
                        },
                    };
                    assert!(honest, "{checksum:?} for {:02x?}", frame.payload);
                    self.wire.down.push_back(frame.payload.to_vec());
                }
            }
        }
    }
}

impl Device for Queues {
    type RxToken<'a> = Down;
    type TxToken<'a> = Up<'a>;

    fn receive(&mut self, _: Time) -> Option<(Down, Up<'_>)> {
        let packet = self.down.pop_front()?;
        Some((Down(packet), Up(self)))
    }

    fn transmit(&mut self, _: Time) -> Option<Up<'_>> {
        (self.up.len() < 200).then_some(Up(self))
    }

    fn capabilities(&self) -> DeviceCapabilities {
        let mut capabilities = DeviceCapabilities::default();
        capabilities.medium = Medium::Ip;
        capabilities.max_transmission_unit = 1500;
        capabilities
    }
}

pub struct Down(Vec<u8>);

impl RxToken for Down {
    fn consume<R, F: FnOnce(&[u8]) -> R>(self, f: F) -> R {
        f(&self.0)
    }
}

pub struct Up<'a>(&'a mut Queues);

impl TxToken for Up<'_> {
    fn consume<R, F: FnOnce(&mut [u8]) -> R>(self, length: usize, f: F) -> R {
        let mut packet = vec![0; length];
        let result = f(&mut packet);
        self.0.up.push_back(packet);
        result
    }
}
