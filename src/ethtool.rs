// SPDX-License-Identifier: GPL-2.0-only
//! Answers to ethtool, on the base (`-i`, `-S`, `-c`, `-C`, `-g`, `-G`) and on links (`-i`).

use crate::link::Link;
use crate::netdev::Base;
use crate::stats;
use crate::transfers::BUFFERS;
use crate::tx::{BYTES, FRAMES};
use core::ffi::CStr;
use kernel::net::ethtool::{Ethtool, Ring, TxAggregation};
use kernel::net::rtnl::ExtAck;
use kernel::net::Device;
use kernel::prelude::*;

const NAME: &CStr = c"rmnet_mhi";
const VERSION: &CStr =
    match CStr::from_bytes_with_nul(concat!(env!("CARGO_PKG_VERSION"), "\0").as_bytes()) {
        Ok(version) => version,
        Err(_) => c"",
    };

impl Ethtool for Base {
    const DRIVER: &'static CStr = NAME;
    const VERSION: &'static CStr = VERSION;
    const COUNTERS: &'static [&'static CStr] = stats::NAMES;

    fn counter(dev: &Device<Self>, index: usize) -> u64 {
        dev.private().counters.get(index)
    }

    fn ring(dev: &Device<Self>) -> Option<Ring> {
        let (rx, rx_max, size) = dev.private().rx.ring();
        Some(Ring {
            rx,
            rx_max,
            rx_buf_len: u32::try_from(size).unwrap_or(u32::MAX),
            tx: BUFFERS as u32,
            tx_max: BUFFERS as u32,
        })
    }

    fn set_ring(dev: &Device<Self>, rx: u32, tx: u32, extack: &ExtAck) -> Result {
        if tx != BUFFERS as u32 {
            extack.explain(c"the buffers to send from are 64");
            return Err(EOPNOTSUPP);
        }
        dev.private().rx.set_ring(rx).inspect_err(|error| {
            if *error == EINVAL {
                extack.explain(c"rx is not from 16 to 511");
            }
        })
    }

    fn tx_aggregation(dev: &Device<Self>) -> Option<TxAggregation> {
        Some(dev.private().tx.aggregation())
    }

    fn set_tx_aggregation(dev: &Device<Self>, to: TxAggregation, extack: &ExtAck) -> Result {
        let why = if !BYTES.contains(&to.max_bytes) {
            c"tx-aggr-max-bytes is not from 2048 to 16384"
        } else if !FRAMES.contains(&to.max_frames) {
            c"tx-aggr-max-frames is not from 1 to 64"
        } else if to.time_usecs != 0 {
            c"tx-aggr-time-usecs is 0: packets wait while the modem is busy, and never for a time"
        } else {
            dev.private().tx.set_aggregation(to);
            return Ok(());
        };
        extack.explain(why);
        Err(EINVAL)
    }
}

impl Ethtool for Link {
    const DRIVER: &'static CStr = NAME;
    const VERSION: &'static CStr = VERSION;
    const COUNTERS: &'static [&'static CStr] = &[];

    fn counter(_dev: &Device<Self>, _index: usize) -> u64 {
        0
    }

    fn tx_aggregation(_dev: &Device<Self>) -> Option<TxAggregation> {
        None
    }

    fn set_tx_aggregation(_dev: &Device<Self>, _to: TxAggregation, _extack: &ExtAck) -> Result {
        Err(EOPNOTSUPP)
    }
}
