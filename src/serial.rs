// SPDX-License-Identifier: GPL-2.0-only
//! The serial signals: tells the modem that a terminal is ready, without which the AT port stays mute.

use crate::controller::Host;
use crate::modem;
use crate::netdev::Base;
use core::ffi::CStr;
use kernel::mhi::{Device, Direction, Driver, Status, Transfer};
use kernel::net;
use kernel::page::Pages;
use kernel::prelude::*;
use kernel::types::ARef;
use mhi::ip_ctrl;

/// The serial channels' driver.
pub(crate) struct Serial;

/// Buffers for the modem's signals.
const BUFFERS: usize = 8;

impl Driver for Serial {
    type Data = ARef<net::Device<Base>>;
    const NAME: &'static CStr = c"rmnet_mhi_serial";
    const CHANNELS: &'static CStr = modem::SERIAL;

    fn probe(dev: &Device) -> Result<Self::Data> {
        let host: &Host = dev.owner().ok_or(ENODEV)?;
        // Until `start` succeeds: without the signals the AT port stays mute. `watchdog` then tries again.
        host.base()
            .private()
            .stopped_serial
            .keep(Some(ARef::from(dev)));
        Ok(ARef::from(host.base()))
    }

    fn start(dev: &Device, base: &net::Device<Base>) -> Result {
        for _ in 0..BUFFERS {
            let buffer = Pages::new(ip_ctrl::LEN, true)?;
            let len = buffer.size();
            dev.queue(Direction::Downlink, buffer, len)
                .map_err(|(error, _)| error)?;
        }
        let mut message = Pages::new(ip_ctrl::LEN, true)?;
        let bytes = message.as_mut_slice().first_chunk_mut().ok_or(EINVAL)?;
        ip_ctrl::Host {
            channel: modem::AT_CHANNEL,
            dtr: true,
            rts: true,
        }
        .emit(bytes);
        dev.queue(Direction::Uplink, message, ip_ctrl::LEN)
            .map_err(|(error, _)| error)?;
        base.private().stopped_serial.keep(None);
        Ok(())
    }

    fn stop(_dev: &Device, _base: &net::Device<Base>) {}

    fn uplink(_dev: &Device, _base: &net::Device<Base>, _transfer: Transfer) {}

    /// The modem's signals are not used; their buffers go back to it.
    fn downlink(dev: &Device, _base: &net::Device<Base>, transfer: Transfer) {
        if transfer.status != Status::Reset {
            let len = transfer.buffer.size();
            // Without the buffer the modem has one less for its signals; it is not lost in memory.
            let _ = dev.queue(Direction::Downlink, transfer.buffer, len);
        }
    }
}
