// SPDX-License-Identifier: GPL-2.0-only
//! The host side of the MHI link: says in the log what becomes of the modem.

use crate::netdev::{self, Base};
use crate::stats::Counter;
use kernel::device;
use kernel::mhi::controller::Owner;
use kernel::mhi::{self, Event};
use kernel::net;
use kernel::prelude::*;
use kernel::types::ARef;

/// What a controller knows: its PCI function, and the interface that its data channels serve.
pub(crate) struct Host {
    dev: ARef<device::Device>,
    base: ARef<net::Device<Base>>,
}

impl Host {
    pub(crate) fn new(dev: &device::Device, base: &net::Device<Base>) -> Host {
        Host {
            dev: ARef::from(dev),
            base: ARef::from(base),
        }
    }

    /// The interface that the data channels serve.
    pub(crate) fn base(&self) -> &net::Device<Base> {
        &self.base
    }
}

impl Owner for Host {
    fn event(&self, event: Event) {
        let port = self.base.private();
        match event {
            Event::MissionMode => {
                // The core makes new channels right after this, and none while a reference to an old one is left.
                port.stopped.keep(None);
                port.stopped_serial.keep(None);
                port.health.came_up();
                dev_info_ratelimited!(&self.dev, "the modem is up")
            }
            Event::SystemError => {
                port.health.restarts();
                netdev::silence(&self.base);
                port.counters.count(Counter::Crashes);
                dev_warn_ratelimited!(&self.dev, "the modem's firmware crashed; restarting it")
            }
            Event::FatalError => {
                port.health.died();
                netdev::silence(&self.base);
                dev_err_ratelimited!(
                    &self.dev,
                    "the modem's firmware crashed and does not restart by itself"
                )
            }
            Event::RamDump => {
                port.health.died();
                netdev::silence(&self.base);
                dev_warn_ratelimited!(
                    &self.dev,
                    "the modem's firmware crashed and offers a memory dump"
                )
            }
            Event::Other(_) => {}
        }
    }

    fn appeared(&self, channels: &mhi::Device) {
        self.base.private().choice.appeared(channels);
    }
}
