// SPDX-License-Identifier: GPL-2.0-only
//! PCI drivers: id tables, probe and remove, a claimed function's registers and interrupts.

use crate::alloc::{KBox, KVec};
use crate::device;
use crate::error::{code::*, from_result, to_result, Result};
use crate::module::ThisModule;
use crate::types::{AlwaysRefCounted, ForeignOwnable, Opaque};
use core::ffi::{c_char, c_int, c_void, CStr};
use core::marker::PhantomData;
use core::mem::MaybeUninit;
use core::ptr::NonNull;

/// One row of an id table.
#[repr(transparent)]
#[derive(Clone, Copy)]
pub struct DeviceId(bindings::pci_device_id);

// SAFETY: Plain numbers.
unsafe impl Sync for DeviceId {}

/// Matches any vendor, device or subsystem.
pub const ANY: u32 = !0;

impl DeviceId {
    /// Matches these four ids; `info` is what `probe` gets.
    pub const fn new(
        vendor: u32,
        device: u32,
        subvendor: u32,
        subdevice: u32,
        info: usize,
    ) -> Self {
        // SAFETY: All-zero bytes are a valid `pci_device_id`.
        let mut id: bindings::pci_device_id = unsafe { core::mem::zeroed() };
        id.vendor = vendor;
        id.device = device;
        id.subvendor = subvendor;
        id.subdevice = subdevice;
        id.driver_data = info as _;
        DeviceId(id)
    }

    /// The empty row that ends a table.
    pub const END: DeviceId = DeviceId::new(0, 0, 0, 0, 0);
}

/// Exports an id table, ended by `DeviceId::END`, for `modprobe`: Kbuild gives it the name that modpost looks for.
#[macro_export]
#[allow_internal_unsafe]
macro_rules! pci_device_table {
    ($table:expr) => {
        #[export_name = "rmnet_mhi_pci_ids"]
        static PCI_TABLE: [$crate::pci::DeviceId; $table.len()] = $table;
    };
}

/// A PCI function, bound to the driver.
#[repr(transparent)]
pub struct Device(Opaque<bindings::pci_dev>);

// SAFETY: All methods are safe to call from any thread.
unsafe impl Send for Device {}
// SAFETY: As above.
unsafe impl Sync for Device {}

// SAFETY: The reference count of its generic device keeps a function valid.
unsafe impl AlwaysRefCounted for Device {
    fn inc_ref(&self) {
        self.as_device().inc_ref();
    }

    unsafe fn dec_ref(obj: NonNull<Self>) {
        // SAFETY: The caller owns a reference, so the function is valid.
        let device = NonNull::from(unsafe { obj.as_ref() }.as_device());
        // SAFETY: As above.
        unsafe { device::Device::dec_ref(device) }
    }
}

impl Device {
    fn as_raw(&self) -> *mut bindings::pci_dev {
        self.0.get()
    }

    /// Its generic device.
    pub fn as_device(&self) -> &device::Device {
        // SAFETY: The generic device is part of the function and lives as long.
        unsafe { device::Device::from_raw(bindings::rust_helper_pci_dev_to_dev(self.as_raw())) }
    }

    /// Vendor, device, subsystem vendor, subsystem device.
    pub fn ids(&self) -> [u16; 4] {
        let mut ids = [0; 4];
        // SAFETY: `self` is a valid function, and there is room for its ids.
        unsafe { bindings::rust_helper_pci_ids(self.as_raw(), ids.as_mut_ptr()) };
        ids
    }

    /// Enables the function and maps memory BAR `bar`; undone when the driver is unbound. Without `bus_reset` nobody resets its bus
    /// from now on.
    pub fn claim(&self, bar: u32, bus_reset: bool) -> Result<Bar> {
        let mut regs: *mut c_void = core::ptr::null_mut();
        let mut len = 0;
        // SAFETY: `self` is a valid function being probed; the two outputs are valid for a write.
        to_result(unsafe {
            bindings::rust_helper_pci_claim(
                self.as_raw(),
                bar as c_int,
                bus_reset,
                (&raw mut regs).cast(),
                &mut len,
            )
        })?;
        Ok(Bar { regs, len })
    }

    /// Tells the DMA layer that the function reaches addresses of `bits` bits.
    pub fn set_dma_mask(&self, bits: u32) -> Result {
        // SAFETY: `self` is a valid function.
        to_result(unsafe { bindings::rust_helper_pci_set_dma_mask(self.as_raw(), bits) })
    }

    /// Soon takes the function from its driver, and gives it back; `probe` finds `info` by `rebound`. `EBUSY` while this happens to
    /// another one.
    pub fn rebind(&self, info: u32) -> Result {
        // SAFETY: `self` is a valid function, bound to a driver of `Registration`'s, which waits.
        to_result(unsafe { bindings::rust_helper_pci_rebind(self.as_raw(), info) })
    }

    /// In `probe`, what `rebind` was given; `None` if that is not why it is called.
    pub fn rebound(&self) -> Option<u32> {
        // SAFETY: `self` is a valid function.
        u32::try_from(unsafe { bindings::rust_helper_pci_rebound(self.as_raw()) }).ok()
    }

    /// Whether its configuration can be read.
    pub fn is_present(&self) -> bool {
        // SAFETY: `self` is a valid function.
        unsafe { bindings::pci_device_is_present(self.as_raw()) }
    }

    /// Lets it master the bus: it reaches memory and sends interrupts.
    pub fn set_master(&self) {
        // SAFETY: `self` is a valid function.
        unsafe { bindings::pci_set_master(self.as_raw()) };
    }

    /// Takes the bus from it: it reaches no memory any more, and sends no interrupts.
    pub fn clear_master(&self) {
        // SAFETY: `self` is a valid function.
        unsafe { bindings::pci_clear_master(self.as_raw()) };
    }

    /// Puts the configuration back that a reset or a cut of the power has wiped out: as it was when it was claimed, without
    /// the bus.
    pub fn restore(&self) {
        // SAFETY: `self` is a valid function, whose state `claim` saved.
        unsafe { bindings::rust_helper_pci_restore(self.as_raw()) };
    }

    /// Resets the function and puts its configuration back; `EAGAIN` while somebody else is at it. May sleep.
    pub fn reset(&self) -> Result {
        // SAFETY: `self` is a valid function.
        to_result(unsafe { bindings::pci_try_reset_function(self.as_raw()) })
    }

    /// Resets the bus that the function is on, or its slot, and puts the configuration of all functions there back; `EAGAIN`
    /// while somebody else is at one of them, `ENOTTY` if it cannot be done. May sleep.
    pub fn reset_bus(&self) -> Result {
        // SAFETY: `self` is a valid function.
        to_result(unsafe { bindings::pci_reset_bus(self.as_raw()) })
    }

    /// Allocates from one to `most` MSI vectors and returns their interrupt numbers; freed when the driver is unbound.
    pub fn alloc_msi(&self, most: u32) -> Result<KVec<c_int>> {
        // SAFETY: `self` is a valid, enabled function.
        let count = unsafe { bindings::rust_helper_pci_alloc_msi(self.as_raw(), most) };
        to_result(count)?;
        let mut irqs = KVec::with_capacity(count as usize)?;
        for vector in 0..count {
            // SAFETY: As above.
            let irq = unsafe { bindings::pci_irq_vector(self.as_raw(), vector as _) };
            to_result(irq)?;
            irqs.push(irq).map_err(|_| ENOMEM)?;
        }
        Ok(irqs)
    }
}

/// A mapped BAR.
pub struct Bar {
    regs: *mut c_void,
    len: usize,
}

impl Bar {
    pub(crate) fn as_ptr(&self) -> *mut c_void {
        self.regs
    }

    /// Its size in bytes.
    pub fn len(&self) -> usize {
        self.len
    }

    /// Whether it has no bytes.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }
}

/// What a PCI driver implements.
pub trait Driver: 'static {
    /// What the driver keeps for each bound function.
    type Data: ForeignOwnable;
    /// The name in `/sys/bus/pci/drivers`.
    const NAME: &'static CStr;
    /// The ids to bind, ended by `DeviceId::END`.
    const IDS: &'static [DeviceId];

    /// The name of an attribute in the function's directory of sysfs.
    const ATTRIBUTE: &'static CStr;

    /// Binds a function. `info` is the matching id's. May sleep.
    fn probe(dev: &Device, info: usize) -> Result<Self::Data>;

    /// The attribute's value. May sleep.
    fn show(data: <Self::Data as ForeignOwnable>::Borrowed<'_>) -> &'static CStr;

    /// The function can be used no more, since its link broke or somebody resets it. May sleep.
    fn freeze(data: <Self::Data as ForeignOwnable>::Borrowed<'_>);

    /// After `freeze` it can be used again and has forgotten everything, or it is `dead`. Without, nothing has happened to it. May
    /// sleep.
    fn thaw(data: <Self::Data as ForeignOwnable>::Borrowed<'_>, dead: bool);

    /// The function may have been reset and have forgotten everything; it can be used. May sleep.
    fn was_reset(data: <Self::Data as ForeignOwnable>::Borrowed<'_>);

    /// Milliseconds without use after which the function goes to sleep, where the user allows it.
    const IDLE_MS: u32;

    /// Nobody has used the function for that long: prepares it for sleep. An error keeps it awake. May sleep.
    fn doze(data: <Self::Data as ForeignOwnable>::Borrowed<'_>) -> Result;

    /// The machine rests. An error keeps it from that, but for a shutdown. May sleep.
    fn rest(data: <Self::Data as ForeignOwnable>::Borrowed<'_>, rest: Rest) -> Result;

    /// The function is awake again, after `doze` or `rest`. May sleep.
    fn resume(data: <Self::Data as ForeignOwnable>::Borrowed<'_>);
}

/// How the machine rests.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Rest {
    /// It goes to sleep. The function may lose its power meanwhile.
    Suspend,
    /// An image of its memory is made, or it is switched off after that: the function must not touch memory any more, and another kernel
    /// may use it meanwhile.
    Hibernate,
    /// The same as it goes down or restarts.
    Shutdown,
}

/// A registered PCI driver; dropping it unbinds all functions.
pub struct Registration<T: Driver> {
    driver: KBox<Opaque<bindings::pci_driver>>,
    _driver: PhantomData<T>,
}

// SAFETY: Registering and unregistering may happen on any thread.
unsafe impl<T: Driver> Send for Registration<T> {}
// SAFETY: Nothing can be done with a shared registration.
unsafe impl<T: Driver> Sync for Registration<T> {}

impl<T: Driver> Registration<T> {
    /// Registers the driver and binds the functions that are there.
    pub fn new(module: ThisModule) -> Result<Self> {
        const { assert!(!T::IDS.is_empty()) };
        let driver = KBox::new(Opaque::<bindings::pci_driver>::zeroed())?;
        // SAFETY: The structure is ours, zeroed, and not registered yet.
        let raw = unsafe { &mut *driver.get() };
        raw.name = T::NAME.as_ptr();
        raw.id_table = T::IDS.as_ptr().cast();
        raw.probe = Some(Self::probe);
        raw.remove = Some(Self::remove);
        raw.shutdown = Some(Self::shutdown);
        raw.err_handler = Self::ERRORS;
        // SAFETY: The structure is ours, the table static.
        unsafe { bindings::rust_helper_pci_sleep(driver.get(), Self::SLEEP) };
        // SAFETY: As above; the name is a string for as long as the kernel runs.
        unsafe {
            bindings::rust_helper_pci_driver_attribute(
                driver.get(),
                T::ATTRIBUTE.as_ptr(),
                Some(Self::show),
            )
        };
        // SAFETY: The structure stays at its address until `drop` unregisters it; the id table is static and ended.
        to_result(unsafe {
            bindings::__pci_register_driver(driver.get(), module.as_ptr(), c"rmnet_mhi".as_ptr())
        })?;
        Ok(Registration {
            driver,
            _driver: PhantomData,
        })
    }

    unsafe extern "C" fn probe(
        dev: *mut bindings::pci_dev,
        id: *const bindings::pci_device_id,
    ) -> c_int {
        // SAFETY: The PCI core passes a valid function and the id that matched.
        let (device, info) = unsafe { (&*dev.cast::<Device>(), (*id).driver_data) };
        from_result(T::probe(device, info as usize).map(|data| {
            // SAFETY: A function being probed has driver data of its driver's.
            unsafe {
                bindings::rust_helper_dev_set_drvdata(
                    device.as_device().as_raw(),
                    data.into_foreign(),
                );
            }
            // SAFETY: A valid function at the end of its probe.
            unsafe { bindings::rust_helper_pci_allow_sleep(dev, T::IDLE_MS) };
        }))
    }

    const SLEEP: &'static bindings::dev_pm_ops = &bindings::dev_pm_ops {
        suspend: Some(Self::suspend),
        resume: Some(Self::wake),
        freeze: Some(Self::hibernate),
        thaw: Some(Self::wake),
        poweroff: Some(Self::hibernate),
        restore: Some(Self::wake),
        runtime_suspend: Some(Self::doze),
        runtime_resume: Some(Self::wake),
        // SAFETY: All-zero bytes mean no callback.
        ..unsafe { MaybeUninit::zeroed().assume_init() }
    };

    unsafe extern "C" fn doze(dev: *mut bindings::device) -> c_int {
        let mut result = Ok(());
        // SAFETY: The PM core calls this for a bound device, which it keeps bound meanwhile.
        unsafe { Self::with_data(dev, |data| result = T::doze(data)) };
        from_result(result)
    }

    unsafe extern "C" fn suspend(dev: *mut bindings::device) -> c_int {
        // SAFETY: As in `doze`.
        unsafe { Self::rest(dev, Rest::Suspend) }
    }

    unsafe extern "C" fn hibernate(dev: *mut bindings::device) -> c_int {
        // SAFETY: As in `doze`.
        unsafe { Self::rest(dev, Rest::Hibernate) }
    }

    /// # Safety
    ///
    /// `dev` is a valid device, bound to the driver, which stays bound meanwhile.
    #[inline(never)]
    unsafe fn rest(dev: *mut bindings::device, rest: Rest) -> c_int {
        let mut result = Ok(());
        // SAFETY: By the caller's promise.
        unsafe { Self::with_data(dev, |data| result = T::rest(data, rest)) };
        from_result(result)
    }

    unsafe extern "C" fn wake(dev: *mut bindings::device) -> c_int {
        // SAFETY: As in `doze`.
        unsafe { Self::with_data(dev, T::resume) };
        0
    }

    const ERRORS: &'static bindings::pci_error_handlers = &bindings::pci_error_handlers {
        error_detected: Some(Self::error_detected),
        slot_reset: Some(Self::slot_reset),
        resume: Some(Self::resume),
        reset_prepare: Some(Self::reset_prepare),
        reset_done: Some(Self::resume),
        // SAFETY: All-zero bytes mean no handler.
        ..unsafe { MaybeUninit::zeroed().assume_init() }
    };

    /// Calls `f` with what the driver keeps for a function, if it keeps anything.
    ///
    /// # Safety
    ///
    /// `dev` is a valid device, bound to the driver, which stays bound meanwhile.
    unsafe fn with_data(
        dev: *mut bindings::device,
        f: impl FnOnce(<T::Data as ForeignOwnable>::Borrowed<'_>),
    ) {
        // SAFETY: The device is valid.
        let data = unsafe { bindings::rust_helper_dev_get_drvdata(dev) };
        if !data.is_null() {
            // SAFETY: `probe` put it there, and `remove` takes it when nobody calls us any more.
            f(unsafe { T::Data::borrow(data) });
        }
    }

    unsafe extern "C" fn show(
        dev: *mut bindings::device,
        _attribute: *mut bindings::device_attribute,
        to: *mut c_char,
    ) -> isize {
        let mut value = c"";
        // SAFETY: The attribute is there while the function is bound.
        unsafe { Self::with_data(dev, |data| value = T::show(data)) };
        // SAFETY: The core passes a page to fill.
        unsafe { bindings::rust_helper_sysfs_emit(to, value.as_ptr()) }
    }

    unsafe extern "C" fn error_detected(
        dev: *mut bindings::pci_dev,
        state: bindings::pci_channel_state_t,
    ) -> bindings::pci_ers_result_t {
        if state == bindings::pci_channel_io_normal as bindings::pci_channel_state_t {
            return bindings::pci_ers_result_PCI_ERS_RESULT_CAN_RECOVER; // nothing was cut off
        }
        // SAFETY: The PCI core passes a valid function, and holds the lock of a bound one's device.
        let device = unsafe { (*dev.cast::<Device>()).as_device().as_raw() };
        // What it was given may be freed from now on.
        // SAFETY: As above.
        unsafe { &*dev.cast::<Device>() }.clear_master();
        // SAFETY: As above.
        unsafe { Self::with_data(device, T::freeze) };
        if state == bindings::pci_channel_io_perm_failure as bindings::pci_channel_state_t {
            // SAFETY: As above.
            unsafe { Self::with_data(device, |data| T::thaw(data, true)) };
            return bindings::pci_ers_result_PCI_ERS_RESULT_DISCONNECT;
        }
        bindings::pci_ers_result_PCI_ERS_RESULT_NEED_RESET
    }

    unsafe extern "C" fn slot_reset(dev: *mut bindings::pci_dev) -> bindings::pci_ers_result_t {
        // SAFETY: The PCI core passes a valid function that was reset and whose state `claim` saved.
        unsafe { bindings::rust_helper_pci_restore(dev) };
        // SAFETY: As in `error_detected`.
        let device = unsafe { (*dev.cast::<Device>()).as_device().as_raw() };
        // Another function's driver may have asked for the reset, after an error that was none to us, and not every machine does it.
        // SAFETY: As above.
        unsafe { Self::with_data(device, T::was_reset) };
        bindings::pci_ers_result_PCI_ERS_RESULT_RECOVERED
    }

    unsafe extern "C" fn reset_prepare(dev: *mut bindings::pci_dev) {
        // SAFETY: As in `error_detected`.
        let device = unsafe { (*dev.cast::<Device>()).as_device().as_raw() };
        // SAFETY: As above.
        unsafe { Self::with_data(device, T::freeze) };
    }

    unsafe extern "C" fn resume(dev: *mut bindings::pci_dev) {
        // SAFETY: As in `error_detected`.
        let device = unsafe { (*dev.cast::<Device>()).as_device().as_raw() };
        // SAFETY: As above.
        unsafe { Self::with_data(device, |data| T::thaw(data, false)) };
    }

    /// The data stays: sysfs still shows the attribute, and userspace runs on other processors.
    unsafe extern "C" fn shutdown(dev: *mut bindings::pci_dev) {
        // SAFETY: As in `error_detected`.
        let device = unsafe { (*dev.cast::<Device>()).as_device().as_raw() };
        // SAFETY: As above.
        unsafe { Self::rest(device, Rest::Shutdown) };
    }

    unsafe extern "C" fn remove(dev: *mut bindings::pci_dev) {
        // SAFETY: The PCI core passes a valid function that `probe` bound.
        let device = unsafe { (*dev.cast::<Device>()).as_device().as_raw() };
        // SAFETY: The device is valid.
        let data = unsafe { bindings::rust_helper_dev_get_drvdata(device) };
        // SAFETY: The device is valid.
        unsafe { bindings::rust_helper_dev_set_drvdata(device, core::ptr::null_mut()) };
        // SAFETY: A function that `probe` let sleep, now awake.
        unsafe { bindings::rust_helper_pci_forbid_sleep(dev) };
        // SAFETY: `probe` put it there, and it is taken back once, here.
        drop(unsafe { T::Data::from_foreign(data) });
    }
}

impl<T: Driver> Drop for Registration<T> {
    fn drop(&mut self) {
        // SAFETY: No preconditions.
        unsafe { bindings::rust_helper_pci_stop_rebinding() };
        // SAFETY: `new` registered it, and nobody binds it any more.
        unsafe { bindings::pci_unregister_driver(self.driver.get()) }
    }
}
