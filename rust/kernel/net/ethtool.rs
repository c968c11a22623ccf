// SPDX-License-Identifier: GPL-2.0-only
//! Ethtool's requests: driver information, transmit aggregation, counters by name.

use super::device::{Device, Operations};
use super::rtnl::ExtAck;
use crate::error::{code::EOPNOTSUPP, from_result, Result};
use core::ffi::{c_int, CStr};
use core::mem::MaybeUninit;

/// How packets are gathered before they are sent (`ethtool -C DEV tx-aggr-max-bytes N tx-aggr-max-frames N`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TxAggregation {
    /// Bytes in a transfer, at most.
    pub max_bytes: u32,
    /// Packets in a transfer, at most; 1 sends each by itself.
    pub max_frames: u32,
    /// How long a packet waits for others, at most.
    pub time_usecs: u32,
}

/// How many buffers there are (`ethtool -g DEV`, `-G DEV rx N`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ring {
    /// Buffers to receive into.
    pub rx: u32,
    /// The most that there can be.
    pub rx_max: u32,
    /// Bytes of each.
    pub rx_buf_len: u32,
    /// Buffers to send from.
    pub tx: u32,
    /// The most that there can be.
    pub tx_max: u32,
}

/// What a driver answers.
pub trait Ethtool: Operations {
    /// The driver's name.
    const DRIVER: &'static CStr;
    /// The driver's version.
    const VERSION: &'static CStr;
    /// The names of its counters, at most 31 characters each.
    const COUNTERS: &'static [&'static CStr];

    /// The value of counter `index`.
    fn counter(dev: &Device<Self>, index: usize) -> u64;
    /// The buffers, if the device has any of its own.
    fn ring(_dev: &Device<Self>) -> Option<Ring> {
        None
    }
    /// Sets how many buffers there are; an error outside the limits, which `extack` explains.
    fn set_ring(_dev: &Device<Self>, _rx: u32, _tx: u32, _extack: &ExtAck) -> Result {
        Err(EOPNOTSUPP)
    }
    /// Transmit aggregation as it is, if the device has it.
    fn tx_aggregation(dev: &Device<Self>) -> Option<TxAggregation>;
    /// Sets transmit aggregation; `EINVAL` outside its limits, explained.
    fn set_tx_aggregation(dev: &Device<Self>, to: TxAggregation, extack: &ExtAck) -> Result;
}

/// A driver's answers, as a table that C calls.
#[repr(transparent)]
pub struct Table(bindings::ethtool_ops);

// SAFETY: A table of functions and numbers.
unsafe impl Sync for Table {}

impl Table {
    /// The table for `T`; `base` says whether it has buffers, and transmit aggregation can be set.
    pub const fn new<T: Ethtool>(base: bool) -> Table {
        let mut ops = bindings::ethtool_ops {
            get_drvinfo: Some(drvinfo::<T>),
            get_link: Some(bindings::ethtool_op_get_link),
            get_strings: Some(strings::<T>),
            get_sset_count: Some(string_count::<T>),
            get_ethtool_stats: Some(stats::<T>),
            // SAFETY: All-zero bytes mean no operation.
            ..unsafe { MaybeUninit::zeroed().assume_init() }
        };
        if base {
            ops.get_ringparam = Some(get_ring::<T>);
            ops.set_ringparam = Some(set_ring::<T>);
            ops.supported_coalesce_params = SUPPORTED_COALESCE;
            ops.get_coalesce = Some(get_coalesce::<T>);
            ops.set_coalesce = Some(set_coalesce::<T>);
        }
        Table(ops)
    }

    pub(super) fn as_raw(&self) -> *const bindings::ethtool_ops {
        &self.0
    }
}

/// `ETHTOOL_COALESCE_TX_AGGR`, all three: a macro that no binding carries; the build asserts the value
/// (`rust/helpers/ethtool.c`).
const SUPPORTED_COALESCE: u32 = (1 << 24) | (1 << 25) | (1 << 26);

unsafe extern "C" fn drvinfo<T: Ethtool>(
    dev: *mut bindings::net_device,
    info: *mut bindings::ethtool_drvinfo,
) {
    // SAFETY: The core passes a valid device and a structure to fill.
    unsafe {
        bindings::rust_helper_ethtool_driver(info, T::DRIVER.as_ptr(), T::VERSION.as_ptr(), dev);
    }
}

unsafe extern "C" fn string_count<T: Ethtool>(
    _dev: *mut bindings::net_device,
    set: c_int,
) -> c_int {
    if set == bindings::ethtool_stringset_ETH_SS_STATS as c_int {
        T::COUNTERS.len() as c_int
    } else {
        EOPNOTSUPP.to_errno()
    }
}

unsafe extern "C" fn strings<T: Ethtool>(_dev: *mut bindings::net_device, set: u32, data: *mut u8) {
    if set == bindings::ethtool_stringset_ETH_SS_STATS {
        for (index, name) in T::COUNTERS.iter().enumerate() {
            // SAFETY: The core passes room for as many names as `string_count` says.
            unsafe { bindings::rust_helper_ethtool_string(data, index as _, name.as_ptr()) };
        }
    }
}

unsafe extern "C" fn stats<T: Ethtool>(
    dev: *mut bindings::net_device,
    _stats: *mut bindings::ethtool_stats,
    data: *mut u64,
) {
    // SAFETY: The core passes a registered device of `T`'s.
    let dev = unsafe { Device::<T>::from_raw(dev) };
    for index in 0..T::COUNTERS.len() {
        // SAFETY: The core passes room for as many values as `string_count` says.
        unsafe { data.add(index).write(T::counter(dev, index)) };
    }
}

unsafe extern "C" fn get_coalesce<T: Ethtool>(
    dev: *mut bindings::net_device,
    _coalesce: *mut bindings::ethtool_coalesce,
    kernel: *mut bindings::kernel_ethtool_coalesce,
    _extack: *mut bindings::netlink_ext_ack,
) -> c_int {
    // SAFETY: The core passes a registered device of `T`'s.
    if let Some(now) = T::tx_aggregation(unsafe { Device::<T>::from_raw(dev) }) {
        let now = bindings::rust_tx_aggregation {
            max_bytes: now.max_bytes,
            max_frames: now.max_frames,
            time_usecs: now.time_usecs,
        };
        // SAFETY: The core passes a structure to fill.
        unsafe { bindings::rust_helper_ethtool_aggregation_get(kernel, &now) };
    }
    0
}

unsafe extern "C" fn set_coalesce<T: Ethtool>(
    dev: *mut bindings::net_device,
    _coalesce: *mut bindings::ethtool_coalesce,
    kernel: *mut bindings::kernel_ethtool_coalesce,
    extack: *mut bindings::netlink_ext_ack,
) -> c_int {
    let mut to = bindings::rust_tx_aggregation {
        max_bytes: 0,
        max_frames: 0,
        time_usecs: 0,
    };
    // SAFETY: The core passes the structure that the user filled.
    unsafe { bindings::rust_helper_ethtool_aggregation_set(kernel, &mut to) };
    // SAFETY: The core passes a registered device of `T`'s.
    let dev = unsafe { Device::<T>::from_raw(dev) };
    from_result(T::set_tx_aggregation(
        dev,
        TxAggregation {
            max_bytes: to.max_bytes,
            max_frames: to.max_frames,
            time_usecs: to.time_usecs,
        },
        &ExtAck::new(extack),
    ))
}

unsafe extern "C" fn get_ring<T: Ethtool>(
    dev: *mut bindings::net_device,
    ring: *mut bindings::ethtool_ringparam,
    kernel: *mut bindings::kernel_ethtool_ringparam,
    _extack: *mut bindings::netlink_ext_ack,
) {
    // SAFETY: The core passes a registered device of `T`'s.
    if let Some(now) = T::ring(unsafe { Device::<T>::from_raw(dev) }) {
        // SAFETY: The core passes structures to fill.
        unsafe {
            (*ring).rx_max_pending = now.rx_max;
            (*ring).rx_pending = now.rx;
            (*ring).tx_max_pending = now.tx_max;
            (*ring).tx_pending = now.tx;
            (*kernel).rx_buf_len = now.rx_buf_len;
        }
    }
}

unsafe extern "C" fn set_ring<T: Ethtool>(
    dev: *mut bindings::net_device,
    ring: *mut bindings::ethtool_ringparam,
    _kernel: *mut bindings::kernel_ethtool_ringparam,
    extack: *mut bindings::netlink_ext_ack,
) -> c_int {
    // SAFETY: The core passes the structure that the user filled, which is within the maxima.
    let (rx, tx) = unsafe { ((*ring).rx_pending, (*ring).tx_pending) };
    // SAFETY: The core passes a registered device of `T`'s.
    let dev = unsafe { Device::<T>::from_raw(dev) };
    from_result(T::set_ring(dev, rx, tx, &ExtAck::new(extack)))
}
