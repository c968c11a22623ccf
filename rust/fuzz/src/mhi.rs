// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
//! MHI: ring elements, contexts, registers and IP_CTRL messages. What was read is written and must read the same.

use mhi::context::{ChannelContext, EventContext, RingContext};
use mhi::element::{Command, Element, Event, Transfer};
use mhi::ip_ctrl::{Device, Host};

/// A ring: elements of 16 bytes, then perhaps the 44 bytes of a context.
pub fn mhi_ring(data: &[u8]) {
    let mut rest = data;
    while let Some((bytes, after)) = rest.split_first_chunk() {
        rest = after;
        let element = Element::parse(bytes);
        assert_eq!(element.emit(), *bytes);
        if let Some(transfer) = Transfer::parse(element) {
            assert_eq!(Transfer::parse(transfer.emit()), Some(transfer));
        }
        let command = Command::parse(element);
        assert_eq!(Command::parse(command.emit()), command);
        let event = Event::parse(element);
        assert_eq!(Event::parse(event.emit()), event);
    }
    let Some(bytes) = data.first_chunk() else {
        return;
    };
    let mut out = *bytes;
    let ring = RingContext::parse(bytes);
    ring.emit(&mut out);
    assert_eq!(RingContext::parse(&out), ring);
    let event = EventContext::parse(bytes);
    event.emit(&mut out);
    assert_eq!(EventContext::parse(&out), event);
    let channel = ChannelContext::parse(bytes);
    channel.emit(&mut out);
    assert_eq!(ChannelContext::parse(&out), channel);
}

/// A message of channels 18/19.
pub fn mhi_ip_ctrl(data: &[u8]) {
    let mut out = [0; mhi::ip_ctrl::LEN];
    if let Some(host) = Host::parse(data) {
        host.emit(&mut out);
        assert_eq!((Host::parse(&out), Device::parse(&out)), (Some(host), None));
    }
    if let Some(device) = Device::parse(data) {
        device.emit(&mut out);
        assert_eq!(
            (Device::parse(&out), Host::parse(&out)),
            (Some(device), None)
        );
    }
}
