// SPDX-License-Identifier: GPL-2.0-only
//! The data channels: appear when the modem is up, and serve the base interface until it is not.

use crate::controller::Host;
use crate::modem;
use crate::netdev::{self, Base};
use crate::stats::Counter;
use core::ffi::CStr;
use kernel::mhi::{Device, Driver, Transfer};
use kernel::net;
use kernel::prelude::*;
use kernel::types::ARef;

/// The data channels' driver.
pub(crate) struct Data;

impl Driver for Data {
    type Data = ARef<net::Device<Base>>;
    const NAME: &'static CStr = c"rmnet_mhi_data";
    const CHANNELS: &'static CStr = modem::DATA;

    fn probe(dev: &Device) -> Result<Self::Data> {
        let host: &Host = dev.owner().ok_or(ENODEV)?;
        // Until `start` succeeds: for lack of memory, or of an answer, it may not. `watchdog` then tries again.
        host.base().private().stopped.keep(Some(ARef::from(dev)));
        Ok(ARef::from(host.base()))
    }

    fn start(dev: &Device, base: &net::Device<Base>) -> Result {
        netdev::attach(base, dev)?;
        base.private().stopped.keep(None);
        Ok(())
    }

    fn stop(_dev: &Device, base: &net::Device<Base>) {
        netdev::detach(base);
    }

    fn uplink(_dev: &Device, base: &net::Device<Base>, transfer: Transfer) {
        base.private().tx.done(transfer);
        base.napi().schedule();
    }

    fn unqueued(_dev: &Device, base: &net::Device<Base>) {
        base.private().counters.count(Counter::Unqueued);
    }

    fn downlink(_dev: &Device, base: &net::Device<Base>, transfer: Transfer) {
        base.private().rx.done(transfer);
        base.napi().schedule();
    }
}
