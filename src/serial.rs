// SPDX-License-Identifier: GPL-2.0-only
//! The serial signals: tells the modem that a terminal is ready, without which the AT port stays mute.

use crate::controller::Host;
use crate::modem;
use core::ffi::CStr;
use kernel::mhi::{Device, Direction, Driver, Status, Transfer};
use kernel::page::Pages;
use kernel::prelude::*;
use mhi::ip_ctrl;

/// The serial channels' driver.
pub(crate) struct Serial;

/// Buffers for the modem's signals.
const BUFFERS: usize = 8;

impl Driver for Serial {
    type Data = KBox<()>;
    const NAME: &'static CStr = c"rmnet_mhi_serial";
    const CHANNELS: &'static CStr = modem::SERIAL;

    #[optimize(size)]
    fn probe(dev: &Device) -> Result<Self::Data> {
        dev.owner::<Host>().ok_or(ENODEV)?;
        KBox::new(())
    }

    fn start(dev: &Device, _data: &()) -> Result {
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
            .map_err(|(error, _)| error)
    }

    fn stop(_dev: &Device, _data: &()) {}

    fn uplink(_dev: &Device, _data: &(), _transfer: Transfer) {}

    /// The modem's signals are not used; their buffers go back to it.
    fn downlink(dev: &Device, _data: &(), transfer: Transfer) {
        if transfer.status != Status::Reset {
            let len = transfer.buffer.size();
            // Without the buffer the modem has one less for its signals; it is not lost in memory.
            let _ = dev.queue(Direction::Downlink, transfer.buffer, len);
        }
    }
}
