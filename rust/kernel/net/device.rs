// SPDX-License-Identifier: GPL-2.0-only
//! Network devices that carry bare IP packets.

use super::ethtool;
use super::napi::{Napi, Poll};
use super::skbuff::SkBuff;
use crate::device;
use crate::error::{code::*, from_result, to_result, Result};
use crate::types::{AlwaysRefCounted, Opaque};
use core::ffi::{c_int, CStr};
use core::marker::PhantomData;
use core::mem::MaybeUninit;
use core::ptr::NonNull;

/// What a network device does.
pub trait Operations: Sized + 'static {
    /// What the driver keeps for each device.
    type Private: Send + Sync;
    /// Limits and features.
    const SHAPE: Shape;
    /// Ethtool's requests.
    const ETHTOOL: &'static ethtool::Table;

    /// The interface is set up. Under rtnl.
    fn open(_dev: &Device<Self>) -> Result {
        Ok(())
    }

    /// The interface is set down. Under rtnl.
    fn stop(_dev: &Device<Self>) {}

    /// Whether devices of this kind sit on another, which `base_index` names.
    const STACKED: bool = false;

    /// The number of the device below, for `ip link` to show it.
    fn base_index(_dev: &Device<Self>) -> i32 {
        0
    }

    /// Sends a packet. In softirq or with bottom halves disabled.
    fn start_xmit(dev: &Device<Self>, skb: SkBuff) -> Transmit;

    /// Works off what `Napi::schedule` was called for; returns the packets received, at most `budget`, and is called
    /// again soon if it is all of the budget. In softirq or the NAPI's thread.
    fn poll(_dev: &Device<Self>, _poll: &mut Poll<'_>, _budget: u32) -> u32 {
        0
    }
}

/// Limits and features of a device.
#[derive(Clone, Copy)]
pub struct Shape {
    /// The MTU to start with, bytes.
    pub mtu: u32,
    /// The smallest MTU that can be set.
    pub min_mtu: u32,
    /// The largest MTU that can be set.
    pub max_mtu: u32,
    /// Packets that wait in a simple queueing discipline.
    pub tx_queue_len: u32,
    /// Whether packets may come scattered and with TCP and UDP checksums left to do, and whether the checksums of received
    /// packets may be verified and packets merged before the stack sees them.
    pub checksum_offload: bool,
    /// Packets that one packet with much data is cut into at most (`SkBuff::gso`); 0: none comes that must be cut.
    pub max_segments: u16,
}

/// What became of a packet to send.
pub enum Transmit {
    /// It is taken care of: sent, queued, or dropped and counted.
    Done,
    /// The queue is stopped: offer it again later.
    Busy(SkBuff),
}

/// A network device.
#[repr(transparent)]
pub struct Device<T: Operations>(Opaque<bindings::net_device>, PhantomData<T>);

// SAFETY: All methods are safe to call from any thread; `T::Private` is `Send` and `Sync`.
unsafe impl<T: Operations> Send for Device<T> {}
// SAFETY: As above.
unsafe impl<T: Operations> Sync for Device<T> {}

/// What lies in the device's private memory, zeroed at first.
#[repr(C)]
pub(super) struct Private<T: Operations> {
    napi: Napi,
    initialised: bool,
    data: MaybeUninit<T::Private>,
}

impl<T: Operations> Device<T> {
    const OPS: &'static bindings::net_device_ops = &bindings::net_device_ops {
        ndo_open: Some(Self::open_callback),
        ndo_stop: Some(Self::stop_callback),
        ndo_start_xmit: Some(Self::start_xmit_callback),
        ndo_get_stats64: Some(bindings::dev_get_tstats64),
        ndo_features_check: Some(bindings::rust_helper_netdev_features_check),
        ndo_get_iflink: if T::STACKED {
            Some(Self::iflink_callback)
        } else {
            None
        },
        // SAFETY: All-zero bytes mean no operation.
        ..unsafe { MaybeUninit::zeroed().assume_init() }
    };

    pub(super) const PRIVATE_SIZE: usize = core::mem::size_of::<Private<T>>();

    pub(super) fn as_raw(&self) -> *mut bindings::net_device {
        self.0.get()
    }

    /// # Safety
    ///
    /// `raw` is a device of `T`'s whose private data is initialised, valid while `'a` lasts.
    pub(super) unsafe fn from_raw<'a>(raw: *mut bindings::net_device) -> &'a Self {
        // SAFETY: `Device` is transparent over `struct net_device`.
        unsafe { &*raw.cast() }
    }

    /// # Safety
    ///
    /// As `from_raw`, but the device may be of any driver.
    pub(super) unsafe fn try_from_raw<'a>(raw: *mut bindings::net_device) -> Option<&'a Self> {
        // SAFETY: The device is valid. Only devices of `T`'s have `T`'s operations.
        let ours = core::ptr::eq(unsafe { bindings::rust_helper_netdev_ops(raw) }, Self::OPS);
        // SAFETY: By the check.
        ours.then(|| unsafe { Self::from_raw(raw) })
    }

    /// # Safety
    ///
    /// `raw` is a device with `PRIVATE_SIZE` bytes of private memory, not registered.
    pub(super) unsafe fn shape(raw: *mut bindings::net_device, free: bool) {
        const { assert!(core::mem::align_of::<Private<T>>() <= 32) };
        let shape = bindings::rust_netdev_shape {
            mtu: T::SHAPE.mtu,
            min_mtu: T::SHAPE.min_mtu,
            max_mtu: T::SHAPE.max_mtu,
            tx_queue_len: T::SHAPE.tx_queue_len,
            checksum_offload: T::SHAPE.checksum_offload,
            max_segments: T::SHAPE.max_segments,
        };
        // SAFETY: By the caller's promise; the tables are static.
        unsafe {
            bindings::rust_helper_netdev_shape_raw_ip(
                raw,
                Self::OPS,
                T::ETHTOOL.as_raw(),
                &shape,
                Some(Self::destroy_callback),
                free,
            )
        }
    }

    /// # Safety
    ///
    /// `raw` has been shaped and is not registered.
    pub(super) unsafe fn initialise(raw: *mut bindings::net_device, data: T::Private) -> Result {
        // SAFETY: By the caller's promise.
        to_result(unsafe { bindings::rust_helper_netdev_alloc_stats(raw) })?;
        // SAFETY: The private memory holds a `Private<T>`, to which nobody else refers yet.
        let private = unsafe { &mut *Self::private_memory(raw) };
        private.data.write(data);
        private.initialised = true;
        Ok(())
    }

    /// Undoes `initialise`, once or more often.
    ///
    /// # Safety
    ///
    /// Nobody refers to the private data any more.
    pub(super) unsafe fn destroy(raw: *mut bindings::net_device) {
        // SAFETY: The private memory holds a `Private<T>`, ours alone by the caller's promise.
        let private = unsafe { &mut *Self::private_memory(raw) };
        if core::mem::take(&mut private.initialised) {
            // SAFETY: It was initialised and is not used again.
            unsafe { private.data.assume_init_drop() };
        }
        // SAFETY: The device is valid.
        unsafe { bindings::rust_helper_netdev_free_stats(raw) }
    }

    fn private_memory(raw: *mut bindings::net_device) -> *mut Private<T> {
        // SAFETY: Only computes an address.
        unsafe { bindings::rust_helper_netdev_priv(raw) }.cast()
    }

    /// The driver's data.
    pub fn private(&self) -> &T::Private {
        // SAFETY: A `&Device` exists only while its private data is initialised.
        unsafe {
            (*Self::private_memory(self.as_raw()))
                .data
                .assume_init_ref()
        }
    }

    /// The device's NAPI; scheduled only on a device made by `Registration`.
    pub fn napi(&self) -> &Napi {
        // SAFETY: The private memory lives as long as the device.
        unsafe { &(*Self::private_memory(self.as_raw())).napi }
    }

    /// The device for as long as a read-side critical section lasts: unregistering one waits for readers.
    pub fn for_guard<'g>(&self, _guard: &'g crate::sync::rcu::Guard) -> &'g Self {
        // SAFETY: `self` is registered now, within the critical section; it is freed only after a grace period.
        unsafe { Self::from_raw(self.as_raw()) }
    }

    /// Whether the interface is set up.
    pub fn is_running(&self) -> bool {
        // SAFETY: `self` is valid.
        unsafe { bindings::rust_helper_netdev_running(self.as_raw()) }
    }

    /// Whether another driver takes this device's received packets (mainline's rmnet, a bridge).
    pub fn has_rx_handler(&self) -> bool {
        // SAFETY: `self` is valid.
        unsafe { bindings::rust_helper_netdev_has_rx_handler(self.as_raw()) }
    }

    /// Tells userspace to look at the interface again, by an uevent; nobody is told of one that nobody sees. May sleep.
    pub fn announce(&self) {
        // SAFETY: `self` is valid. An uevent that nobody could be told of is lost.
        unsafe { bindings::rust_helper_netdev_announce(self.as_raw()) }
    }

    /// The interface's number.
    pub fn index(&self) -> i32 {
        // SAFETY: `self` is valid.
        unsafe { bindings::rust_helper_netdev_index(self.as_raw()) }
    }

    /// The MTU in bytes.
    pub fn mtu(&self) -> u32 {
        // SAFETY: `self` is valid.
        unsafe { bindings::rust_helper_netdev_mtu(self.as_raw()) }
    }

    /// Whether checksums verified by the modem are to be trusted (`ethtool -K rx`).
    pub fn rx_checksum(&self) -> bool {
        // SAFETY: `self` is valid.
        unsafe { bindings::rust_helper_netdev_rx_checksum(self.as_raw()) }
    }

    /// Whether received packets may be merged before the stack sees them (`ethtool -K rx-gro-hw`).
    pub fn rx_merge(&self) -> bool {
        // SAFETY: `self` is valid.
        unsafe { bindings::rust_helper_netdev_rx_merge(self.as_raw()) }
    }

    /// Says that packets can be sent and received.
    pub fn carrier_on(&self) {
        // SAFETY: `self` is valid.
        unsafe { bindings::netif_carrier_on(self.as_raw()) }
    }

    /// Says that they cannot.
    pub fn carrier_off(&self) {
        // SAFETY: `self` is valid.
        unsafe { bindings::netif_carrier_off(self.as_raw()) }
    }

    /// Offers no more packets to `start_xmit`.
    pub fn stop_queue(&self) {
        // SAFETY: `self` is valid.
        unsafe { bindings::rust_helper_netif_stop_queue(self.as_raw()) }
    }

    /// Offers packets again.
    pub fn wake_queue(&self) {
        // SAFETY: `self` is valid.
        unsafe { bindings::rust_helper_netif_wake_queue(self.as_raw()) }
    }

    /// Counts received packets.
    pub fn count_rx(&self, packets: u32, bytes: u64) {
        // SAFETY: `self` is valid; its counters live as long as its private data.
        unsafe { bindings::rust_helper_netdev_rx_add(self.as_raw(), packets, bytes) }
    }

    /// Counts sent packets.
    pub fn count_tx(&self, packets: u32, bytes: u64) {
        // SAFETY: As above.
        unsafe { bindings::rust_helper_netdev_tx_add(self.as_raw(), packets, bytes) }
    }

    /// Counts something received that was no packet.
    pub fn count_rx_error(&self) {
        // SAFETY: `self` is valid.
        unsafe { bindings::rust_helper_netdev_rx_error(self.as_raw()) }
    }

    /// Counts a packet that was received and dropped.
    pub fn count_rx_dropped(&self) {
        // SAFETY: `self` is valid.
        unsafe { bindings::rust_helper_netdev_rx_dropped(self.as_raw()) }
    }

    /// Counts packets that were not sent.
    pub fn count_tx_dropped(&self, packets: u32) {
        // SAFETY: `self` is valid.
        unsafe { bindings::rust_helper_netdev_tx_dropped(self.as_raw(), packets) }
    }

    /// Counts packets that were counted as sent, and came back instead.
    pub fn count_tx_aborted(&self, packets: u32) {
        // SAFETY: `self` is valid.
        unsafe { bindings::rust_helper_netdev_tx_aborted(self.as_raw(), packets) }
    }

    unsafe extern "C" fn open_callback(raw: *mut bindings::net_device) -> c_int {
        // SAFETY: The core passes a registered device of `T`'s.
        from_result(T::open(unsafe { Self::from_raw(raw) }))
    }

    unsafe extern "C" fn stop_callback(raw: *mut bindings::net_device) -> c_int {
        // SAFETY: As above.
        T::stop(unsafe { Self::from_raw(raw) });
        0
    }

    unsafe extern "C" fn iflink_callback(raw: *const bindings::net_device) -> c_int {
        // SAFETY: As above.
        T::base_index(unsafe { Self::from_raw(raw.cast_mut()) })
    }

    unsafe extern "C" fn start_xmit_callback(
        skb: *mut bindings::sk_buff,
        raw: *mut bindings::net_device,
    ) -> bindings::netdev_tx_t {
        // SAFETY: The core passes a registered device of `T`'s, and a buffer that is ours from now on.
        let (dev, skb) = unsafe { (Self::from_raw(raw), SkBuff::from_raw(skb)) };
        match T::start_xmit(dev, skb) {
            Transmit::Done => bindings::netdev_tx_NETDEV_TX_OK,
            Transmit::Busy(skb) => {
                skb.into_raw(); // stays the core's
                bindings::netdev_tx_NETDEV_TX_BUSY
            }
        }
    }

    unsafe extern "C" fn destroy_callback(raw: *mut bindings::net_device) {
        // SAFETY: The core calls this when nobody refers to the device any more.
        unsafe { Self::destroy(raw) }
    }

    pub(super) unsafe extern "C" fn poll_callback(
        napi: *mut bindings::napi_struct,
        budget: c_int,
    ) -> c_int {
        // SAFETY: The core passes the NAPI of a registered device of `T`'s.
        let dev = unsafe { Self::from_raw(bindings::rust_helper_napi_dev(napi)) };
        let budget = u32::try_from(budget).unwrap_or(0);
        // SAFETY: The core polls a NAPI on one CPU at a time, and is doing so.
        let mut poll = unsafe { Poll::new(dev.napi()) };
        let done = T::poll(dev, &mut poll, budget).min(budget);
        // A packet that is held does not keep its device, which may be another one and go before the next poll.
        // SAFETY: The NAPI is being polled.
        unsafe { bindings::rust_helper_napi_gro_flush(napi) };
        if done < budget {
            // SAFETY: The NAPI is being polled.
            unsafe { bindings::napi_complete_done(napi, done as c_int) };
        }
        done as c_int
    }
}

// SAFETY: The device's reference count keeps the device, and its private data with it, until it is zero.
unsafe impl<T: Operations> AlwaysRefCounted for Device<T> {
    fn inc_ref(&self) {
        // SAFETY: `self` is valid.
        unsafe { bindings::rust_helper_dev_hold(self.as_raw()) }
    }

    unsafe fn dec_ref(obj: NonNull<Self>) {
        // SAFETY: The caller owns the reference.
        unsafe { bindings::rust_helper_dev_put(obj.as_ptr().cast()) }
    }
}

/// A registered device with a NAPI of its own, or one that nobody sees. Dropping it unregisters the device, and waits until nobody
/// holds a reference.
pub struct Registration<T: Operations> {
    dev: NonNull<bindings::net_device>,
    visible: bool,
    _operations: PhantomData<T>,
}

// SAFETY: Unregistering may happen on any thread.
unsafe impl<T: Operations> Send for Registration<T> {}
// SAFETY: A shared registration gives only `&Device`.
unsafe impl<T: Operations> Sync for Registration<T> {}

impl<T: Operations> Registration<T> {
    /// Registers a device, if it is to be `visible`, a child of `parent`, carrier off. A `%d` in `name` becomes the first free number.
    pub fn new(
        parent: &device::Device,
        name: &CStr,
        data: T::Private,
        visible: bool,
    ) -> Result<Self> {
        // SAFETY: `name` is NUL-terminated; `setup` takes a fresh device with the private memory asked for.
        let raw = unsafe {
            bindings::alloc_netdev_mqs(
                Device::<T>::PRIVATE_SIZE as c_int,
                name.as_ptr(),
                bindings::NET_NAME_ENUM as _,
                Some(Self::setup),
                1,
                1,
            )
        };
        let dev = NonNull::new(raw).ok_or(ENOMEM)?;
        // SAFETY: `raw` and `parent` are valid.
        unsafe { bindings::rust_helper_netdev_set_parent(raw, parent.as_raw()) };
        // SAFETY: `raw` is shaped and not registered.
        let result = unsafe { Device::<T>::initialise(raw, data) }.and_then(|()| {
            let napi = Device::<T>::private_memory(raw);
            // SAFETY: The NAPI lies in the device's private memory and lives as long.
            unsafe {
                bindings::rust_helper_netif_napi_add(
                    raw,
                    (*napi).napi.as_raw(),
                    Some(Device::<T>::poll_callback),
                )
            };
            // SAFETY: `raw` is a device ready to be registered.
            unsafe { bindings::netif_carrier_off(raw) };
            if !visible {
                return Ok(());
            }
            // SAFETY: As above.
            to_result(unsafe { bindings::register_netdev(raw) })
        });
        if let Err(error) = result {
            // SAFETY: The device is not registered, so nobody refers to it.
            unsafe { Device::<T>::destroy(raw) };
            // SAFETY: As above.
            unsafe { bindings::free_netdev(raw) };
            return Err(error);
        }
        let registration = Registration {
            dev,
            visible,
            _operations: PhantomData,
        };
        // SAFETY: The NAPI was added, and is disabled as all are at first.
        unsafe { bindings::napi_enable(registration.napi().as_raw()) };
        Ok(registration)
    }

    /// Runs within the allocation: a device that has no queue length by then gets no queue.
    unsafe extern "C" fn setup(raw: *mut bindings::net_device) {
        // SAFETY: The core passes a fresh device with the private memory asked for.
        unsafe { Device::<T>::shape(raw, false) }
    }
}

impl<T: Operations> core::ops::Deref for Registration<T> {
    type Target = Device<T>;

    fn deref(&self) -> &Device<T> {
        // SAFETY: The device is there while `self` lives.
        unsafe { Device::from_raw(self.dev.as_ptr()) }
    }
}

impl<T: Operations> Drop for Registration<T> {
    fn drop(&mut self) {
        // SAFETY: The NAPI was enabled by `new`; disabling waits for a poll under way.
        unsafe { bindings::napi_disable(self.napi().as_raw()) };
        if self.visible {
            // SAFETY: `new` registered the device. Its private data is dropped by `destroy_callback`.
            unsafe { bindings::unregister_netdev(self.dev.as_ptr()) };
        } else {
            // SAFETY: The device is ours, and not registered.
            unsafe { bindings::rust_helper_netdev_wait_unused(self.dev.as_ptr()) };
            // SAFETY: Nobody else holds a reference.
            unsafe { Device::<T>::destroy(self.dev.as_ptr()) };
        }
        // SAFETY: It is not registered.
        unsafe { bindings::free_netdev(self.dev.as_ptr()) }
    }
}

/// Whether more packets follow the one being sent at once.
pub fn xmit_more() -> bool {
    // SAFETY: No preconditions.
    unsafe { bindings::rust_helper_netdev_xmit_more() }
}
