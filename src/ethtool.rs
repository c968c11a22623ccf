// SPDX-License-Identifier: GPL-2.0-only
//! Answers to ethtool, on the base (`-i`, `-S`, `-c`, `-C`, `-g`, `-G`) and on links (`-i`).

use crate::link::Link;
use crate::netdev::Base;
use crate::stats;
use crate::tx;
use core::ffi::CStr;
use kernel::net::ethtool::{Ethtool, Ring, TxAggregation};
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
            tx: tx::BUFFERS as u32,
            tx_max: tx::BUFFERS as u32,
        })
    }

    fn set_ring(dev: &Device<Self>, rx: u32, tx: u32) -> Result {
        if tx != tx::BUFFERS as u32 {
            return Err(EOPNOTSUPP);
        }
        dev.private().rx.set_ring(rx)
    }

    fn tx_aggregation(dev: &Device<Self>) -> Option<TxAggregation> {
        Some(dev.private().tx.aggregation())
    }

    fn set_tx_aggregation(dev: &Device<Self>, to: TxAggregation) -> Result {
        dev.private().tx.set_aggregation(to)
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

    fn set_tx_aggregation(_dev: &Device<Self>, _to: TxAggregation) -> Result {
        Err(EOPNOTSUPP)
    }
}
