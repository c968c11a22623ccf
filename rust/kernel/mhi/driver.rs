// SPDX-License-Identifier: GPL-2.0-only
//! Drivers of a modem's channels: buffers are given to the modem, and come back when it is done with them.

use super::controller::{Controller, Owner};
use crate::alloc::KBox;
use crate::device;
use crate::error::{code::*, from_result, to_result, Error, Result};
use crate::module::ThisModule;
use crate::page::Pages;
use crate::types::{AlwaysRefCounted, ForeignOwnable, Opaque};
use core::ffi::{c_int, CStr};
use core::marker::PhantomData;
use core::ptr::NonNull;

/// A pair of channels on the MHI bus.
#[repr(transparent)]
pub struct Device(Opaque<bindings::mhi_device>);

// SAFETY: The MHI core's functions may be called from any thread.
unsafe impl Send for Device {}
// SAFETY: As above.
unsafe impl Sync for Device {}

/// Which way a buffer goes.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    /// From host to modem.
    Uplink,
    /// From modem to host.
    Downlink,
}

/// How a transfer ended.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Status {
    /// All of it is there.
    Complete,
    /// The buffer is full and the next one goes on.
    Overflow,
    /// The channel was reset; the buffer holds nothing.
    Reset,
}

/// A buffer that the modem gave back.
pub struct Transfer {
    /// The buffer, ours again.
    pub buffer: Pages,
    /// Bytes transferred, at most the buffer's size.
    pub len: usize,
    /// How it ended.
    pub status: Status,
}

impl Device {
    fn as_raw(&self) -> *mut bindings::mhi_device {
        self.0.get()
    }

    /// Its generic device.
    pub fn as_device(&self) -> &device::Device {
        // SAFETY: The generic device is part of the channel device and lives as long.
        unsafe { device::Device::from_raw(&raw mut (*self.as_raw()).dev) }
    }

    /// The uplink channel's number.
    pub fn number(&self) -> u32 {
        // SAFETY: `self` is valid.
        unsafe { (*self.as_raw()).ul_chan_id as u32 }
    }

    /// Starts and resets channels that no driver has yet: whether the modem refuses to. It does not if it gives no answer, or has
    /// crashed. May sleep, for as long as the modem may take for a command.
    pub fn is_refused(&self) -> bool {
        // SAFETY: `self` is valid.
        unsafe { bindings::rust_helper_mhi_refused(self.as_raw()) }
    }

    /// What the channel's controller keeps, if it is one of ours.
    pub fn owner<T: Owner>(&self) -> Option<&T> {
        // SAFETY: A channel device's controller outlives the device on the bus.
        let owner = Controller::<T>::owner_of(unsafe { (*self.as_raw()).mhi_cntrl })?;
        // SAFETY: The controller, and its owner's data with it, outlive the borrow of the channel device.
        Some(unsafe { &*owner })
    }

    /// Gives the first `len` bytes of a buffer to the modem; gives it back with the error if that fails: `EAGAIN` with
    /// the ring full, `ENODEV` with the channel stopped, `EIO` with the modem crashed. Any context but hard interrupts,
    /// with no lock held that a `Driver`'s callbacks take.
    pub fn queue(
        &self,
        direction: Direction,
        buffer: Pages,
        len: usize,
    ) -> Result<(), (Error, Pages)> {
        // The length is 16 bits wide in a transfer descriptor.
        if len == 0 || len > buffer.size() || len > usize::from(u16::MAX) {
            return Err((EINVAL, buffer));
        }
        let address = buffer.lend();
        // SAFETY: `self` is valid; the buffer is `len` bytes of memory that DMA can reach, left alone until it is back.
        let result = unsafe {
            bindings::mhi_queue_buf(
                self.as_raw(),
                raw_direction(direction),
                address,
                len,
                bindings::mhi_flags_MHI_EOT,
            )
        };
        let Err(error) = to_result(result) else {
            return Ok(());
        };
        // SAFETY: The core did not take the buffer.
        match unsafe { Pages::give_back(address) } {
            Some(buffer) => Err((error, buffer)),
            None => Ok(()), // back already, by a completion that was none
        }
    }

    /// Whether the modem still has the channels. The MHI core makes no new device for a channel while references to its old
    /// one are left, so they are to be dropped soon once this is false.
    pub fn is_registered(&self) -> bool {
        // SAFETY: `self` is valid.
        unsafe { bindings::rust_helper_device_is_registered(self.as_device().as_raw()) }
    }

    /// Takes the channels from their driver and offers them anew, which restarts them; those that are gone stay so.
    /// Whether a driver has them then shows by its `start`. May sleep, for as long as the modem may take for a command.
    pub fn reprobe<D: Driver>(&self) {
        self.reprobe_by(Registration::<D>::remove);
    }

    /// `remove` is a driver's.
    fn reprobe_by(&self, remove: unsafe extern "C" fn(*mut bindings::mhi_device)) {
        // The MHI core gives a driver's buffers back while the modem still writes there, unless the channels are stopped first.
        // SAFETY: `self` is valid; the function may be called twice for channels that its driver has.
        unsafe { bindings::rust_helper_mhi_release(self.as_raw(), Some(remove)) };
        // SAFETY: `self` is valid. Driver core's own locks keep this apart from a modem that goes at the same time.
        let _ = unsafe { bindings::device_reprobe(self.as_device().as_raw()) };
    }

    /// Descriptors free in one direction's ring.
    pub fn free_descriptors(&self, direction: Direction) -> usize {
        // SAFETY: `self` is valid.
        let count =
            unsafe { bindings::mhi_get_free_desc_count(self.as_raw(), raw_direction(direction)) };
        usize::try_from(count).unwrap_or(0)
    }
}

fn raw_direction(direction: Direction) -> bindings::dma_data_direction {
    match direction {
        Direction::Uplink => bindings::dma_data_direction_DMA_TO_DEVICE,
        Direction::Downlink => bindings::dma_data_direction_DMA_FROM_DEVICE,
    }
}

// SAFETY: The device's reference count keeps it valid.
unsafe impl AlwaysRefCounted for Device {
    fn inc_ref(&self) {
        self.as_device().inc_ref();
    }

    unsafe fn dec_ref(obj: NonNull<Self>) {
        // SAFETY: The caller owns a reference, so the device is valid.
        let device = NonNull::from(unsafe { obj.as_ref() }.as_device());
        // SAFETY: As above; the reference is the generic device's.
        unsafe { device::Device::dec_ref(device) }
    }
}

/// What a driver of channels implements.
///
/// Callbacks come one direction at a time, from softirqs or, for `Status::Reset`, with the MHI core's locks held:
/// they must not sleep, and must not queue a buffer on a reset.
pub trait Driver: 'static {
    /// What the driver keeps for each pair of channels.
    type Data: ForeignOwnable;
    /// The name in `/sys/bus/mhi/drivers`.
    const NAME: &'static CStr;
    /// The channels' name.
    const CHANNELS: &'static CStr;

    /// Binds a pair of channels, not yet started. May sleep.
    fn probe(dev: &Device) -> Result<Self::Data>;
    /// The channels are started: buffers can be queued. May sleep.
    fn start(dev: &Device, data: <Self::Data as ForeignOwnable>::Borrowed<'_>) -> Result;
    /// The channels stop: nothing may be queued once this returns. May sleep.
    fn stop(dev: &Device, data: <Self::Data as ForeignOwnable>::Borrowed<'_>);
    /// The modem has taken a buffer.
    fn uplink(dev: &Device, data: <Self::Data as ForeignOwnable>::Borrowed<'_>, transfer: Transfer);
    /// The modem has given back what it did not have: from now on it and the MHI core disagree. As `uplink`.
    fn unqueued(_dev: &Device, _data: <Self::Data as ForeignOwnable>::Borrowed<'_>) {}
    /// The modem has filled a buffer.
    fn downlink(
        dev: &Device,
        data: <Self::Data as ForeignOwnable>::Borrowed<'_>,
        transfer: Transfer,
    );
}

/// A registered driver; dropping it unbinds all its channels.
pub struct Registration<T: Driver> {
    inner: KBox<Inner>,
    _driver: PhantomData<T>,
}

struct Inner {
    driver: Opaque<bindings::mhi_driver>,
    ids: [bindings::mhi_device_id; 2],
}

// SAFETY: Registering and unregistering may happen on any thread.
unsafe impl<T: Driver> Send for Registration<T> {}
// SAFETY: Nothing can be done with a shared registration.
unsafe impl<T: Driver> Sync for Registration<T> {}

impl<T: Driver> Registration<T> {
    /// Registers the driver and binds the channels that are there.
    pub fn new(module: ThisModule) -> Result<Self> {
        // SAFETY: All-zero bytes are valid ids; a row with no name ends the table.
        let mut ids: [bindings::mhi_device_id; 2] = unsafe { core::mem::zeroed() };
        let name = T::CHANNELS.to_bytes();
        if name.len() >= ids[0].chan.len() {
            return Err(EINVAL);
        }
        for (to, from) in ids[0].chan.iter_mut().zip(name) {
            *to = *from as _;
        }
        let inner = KBox::new(Inner {
            driver: Opaque::zeroed(),
            ids,
        })?;
        // SAFETY: The structure is ours, zeroed and not registered yet.
        let raw = unsafe { &mut *inner.driver.get() };
        raw.id_table = inner.ids.as_ptr();
        raw.driver.name = T::NAME.as_ptr();
        // The core would give the buffers back before the modem has let go of them; see `Device::reprobe`.
        raw.driver.suppress_bind_attrs = true;
        raw.probe = Some(Self::probe);
        raw.remove = Some(Self::remove);
        raw.ul_xfer_cb = Some(Self::uplink);
        raw.dl_xfer_cb = Some(Self::downlink);
        // SAFETY: The structure and its ids stay at their address until `drop` unregisters it.
        to_result(unsafe { bindings::__mhi_driver_register(inner.driver.get(), module.as_ptr()) })?;
        Ok(Registration {
            inner,
            _driver: PhantomData,
        })
    }

    pub(super) fn as_raw(&self) -> *const bindings::mhi_driver {
        self.inner.driver.get()
    }

    unsafe extern "C" fn probe(
        raw: *mut bindings::mhi_device,
        _id: *const bindings::mhi_device_id,
    ) -> c_int {
        // SAFETY: The MHI core passes a valid device.
        let dev = unsafe { &*raw.cast::<Device>() };
        from_result(Self::bind(dev))
    }

    fn bind(dev: &Device) -> Result {
        let data = T::probe(dev)?.into_foreign();
        let generic = dev.as_device().as_raw();
        // SAFETY: A device being probed has driver data of its driver's.
        unsafe { bindings::rust_helper_dev_set_drvdata(generic, data) };
        // SAFETY: `dev` is valid.
        let result = to_result(unsafe { bindings::mhi_prepare_for_transfer(dev.as_raw()) })
            .and_then(|()| {
                // SAFETY: The data is taken back only below and in `remove`.
                T::start(dev, unsafe { T::Data::borrow(data) }).inspect_err(|_| {
                    // SAFETY: The channels are prepared.
                    unsafe { bindings::mhi_unprepare_from_transfer(dev.as_raw()) }
                })
            });
        if result.is_err() {
            // SAFETY: As above; no callback comes, since the channels are not prepared.
            unsafe { bindings::rust_helper_dev_set_drvdata(generic, core::ptr::null_mut()) };
            // SAFETY: Taken back once: `remove` is not called after a failed probe.
            drop(unsafe { T::Data::from_foreign(data) });
        }
        result
    }

    unsafe extern "C" fn remove(raw: *mut bindings::mhi_device) {
        // SAFETY: The MHI core passes a valid device that `probe` bound.
        let dev = unsafe { &*raw.cast::<Device>() };
        let generic = dev.as_device().as_raw();
        // SAFETY: `probe` put the data there.
        let data = unsafe { bindings::rust_helper_dev_get_drvdata(generic) };
        if data.is_null() {
            return; // by `reprobe` already
        }
        // SAFETY: The data is taken back only below.
        T::stop(dev, unsafe { T::Data::borrow(data) });
        // SAFETY: The channels are prepared. Buffers still queued come back through the callbacks.
        unsafe { bindings::mhi_unprepare_from_transfer(raw) };
        // SAFETY: The device is valid.
        unsafe { bindings::rust_helper_dev_set_drvdata(generic, core::ptr::null_mut()) };
        // SAFETY: Taken back once; no callback comes from channels that are not prepared.
        drop(unsafe { T::Data::from_foreign(data) });
    }

    unsafe extern "C" fn uplink(raw: *mut bindings::mhi_device, result: *mut bindings::mhi_result) {
        // SAFETY: The MHI core passes a bound device and a buffer from `queue`.
        match unsafe { Self::completion(raw, result) } {
            Some((dev, data, Some(transfer))) => T::uplink(dev, data, transfer),
            // SAFETY: The device is valid.
            Some((_, _, None)) => unsafe { bindings::rust_helper_mhi_disown(raw) },
            None => {}
        }
    }

    unsafe extern "C" fn downlink(
        raw: *mut bindings::mhi_device,
        result: *mut bindings::mhi_result,
    ) {
        // SAFETY: As above.
        if let Some((dev, data, Some(transfer))) = unsafe { Self::completion(raw, result) } {
            T::downlink(dev, data, transfer);
        }
    }

    /// # Safety
    ///
    /// `raw` is bound to this driver and `result` tells of a buffer from `Device::queue`, or of none. The MHI core does not look
    /// whether a descriptor that the modem completes was queued: its place in the ring may be empty, or name a buffer that is
    /// long back.
    #[allow(clippy::type_complexity)]
    unsafe fn completion<'a>(
        raw: *mut bindings::mhi_device,
        result: *mut bindings::mhi_result,
    ) -> Option<(
        &'a Device,
        <T::Data as ForeignOwnable>::Borrowed<'a>,
        Option<Transfer>,
    )> {
        // SAFETY: By the caller's promise.
        let (dev, result) = unsafe { (&*raw.cast::<Device>(), &*result) };
        // SAFETY: By the caller's promise the buffer comes from `queue`, if it is any, and the modem is done with it.
        let buffer = unsafe { Pages::give_back(result.buf_addr) };
        // SAFETY: The device is valid.
        let data = unsafe { bindings::rust_helper_dev_get_drvdata(dev.as_device().as_raw()) };
        if data.is_null() {
            return None; // dropped: the buffer is freed
        }
        let status = match result.transaction_status {
            0 => Status::Complete,
            status if status == EOVERFLOW.to_errno() => Status::Overflow,
            _ => Status::Reset,
        };
        // SAFETY: `remove` takes the data back only when no more callbacks come.
        let borrowed = unsafe { T::Data::borrow(data) };
        if buffer.is_none() && status != Status::Reset {
            // SAFETY: As above.
            T::unqueued(dev, unsafe { T::Data::borrow(data) });
        }
        let transfer = buffer.map(|buffer| Transfer {
            len: result.bytes_xferd.min(buffer.size()),
            buffer,
            status,
        });
        Some((dev, borrowed, transfer))
    }
}

impl<T: Driver> Drop for Registration<T> {
    fn drop(&mut self) {
        // SAFETY: `new` registered it.
        unsafe { bindings::mhi_driver_unregister(self.inner.driver.get()) }
    }
}
