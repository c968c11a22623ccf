// SPDX-License-Identifier: GPL-2.0-only
//! The host side of one modem: registered with the MHI core, powered up and down.

use super::config::Config;
use super::driver::{Device, Driver, Registration};
use crate::alloc::{KBox, KVec};
use crate::error::{code::*, to_result, Error, Result};
use crate::pci;
use crate::time::sleep_ms;
use crate::types::{ARef, Opaque};
use core::ffi::{c_int, c_void, CStr};

/// Where the modem's processor is; the numbers are `enum mhi_ee_type`'s.
#[derive(Clone, Copy, PartialEq, Eq)]
#[repr(u32)]
pub enum Environment {
    /// Secondary boot loader.
    Sbl = bindings::mhi_ee_type_MHI_EE_SBL,
    /// Mission mode.
    Amss = bindings::mhi_ee_type_MHI_EE_AMSS,
    /// Flash programmer.
    FlashProgrammer = bindings::mhi_ee_type_MHI_EE_FP,
}

/// Bytes of a receive buffer of `mhi_wwan_mbim`'s, as `mhi_pci_generic` has it for these modems.
const MRU: u32 = 32768;
/// Bytes of a piece of a memory image: contiguous memory, which may be scarce.
const DUMP_PIECE: usize = 64 << 10;
/// How long a modem that may be dead may take to let go of the host's memory, and how often to look.
const RESET_MS: u32 = 1000;
const RESET_LOOK_MS: u32 = 20;

// Linux `drivers/bus/mhi/common.h`.
const CHDBOFF: usize = 0x18;
const ERDBOFF: usize = 0x20;
const BHIEOFF: usize = 0x2c;
const BHIE_END: usize = 0x7c;
const MHICTRL: u32 = 0x38;
const MHICTRL_RESET: u32 = 1 << 1;
const MHISTATUS: u32 = 0x48;
const MHISTATUS_STATE_SHIFT: u32 = 8;

/// What the MHI core tells a controller.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Event {
    /// The modem is in mission mode; its channels appear.
    MissionMode,
    /// The modem's firmware crashed and offers its memory.
    RamDump,
    /// The modem's firmware crashed; the MHI core restarts it.
    SystemError,
    /// The modem's firmware crashed and cannot go on.
    FatalError,
    /// Anything else, by `enum mhi_callback`'s number.
    Other(u32),
}

/// What a controller's owner keeps with it.
pub trait Owner: Send + Sync + 'static {
    /// The MHI core's notifications, from threads and from interrupts: must not sleep.
    fn event(&self, event: Event);

    /// Channels appear, of which no driver knows yet. The MHI core waits meanwhile, so that nothing else becomes of the modem. May
    /// sleep.
    fn appeared(&self, channels: &Device);
}

/// How a modem is reached.
pub struct Setup<'a> {
    /// The name in the log and in debugfs.
    pub name: &'static CStr,
    /// Its registers.
    pub bar: &'a pci::Bar,
    /// Its interrupts, as `Config::new` counts them.
    pub irqs: KVec<c_int>,
    /// Width of the addresses that it reaches.
    pub dma_bits: u32,
    /// Whether it is woken by a wire instead of by doorbells.
    pub sideband_wake: bool,
    /// The flash programmer, a file of firmware, that it gets in emergency download.
    pub edl_image: &'static CStr,
}

/// How the host side goes down. Memory that the modem was given is freed then.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum PowerDown {
    /// The MHI core asks the modem to let go, and waits for it.
    Graceful,
    /// The modem may be dead: it is asked once, and loses the bus if it does not answer soon.
    Forced,
    /// The modem is not touched: its bus has cut it off.
    Untouched,
}

#[repr(C)]
struct Inner<T> {
    raw: Opaque<bindings::mhi_controller>,
    dev: ARef<pci::Device>,
    irqs: KVec<c_int>,
    owner: T,
}

/// A registered controller. Dropping it powers the modem down and removes its channels.
///
/// # Invariants
///
/// `inner` never moves and its `raw` is registered; `powered` says whether it is prepared for power-up.
pub struct Controller<T: Owner> {
    inner: KBox<Inner<T>>,
    powered: bool,
}

// SAFETY: The MHI core's functions may be called from any thread; `T` is `Send`.
unsafe impl<T: Owner> Send for Controller<T> {}
// SAFETY: A shared controller gives only `&T`, which is `Sync`.
unsafe impl<T: Owner> Sync for Controller<T> {}

impl<T: Owner> Controller<T> {
    /// Registers a modem.
    pub fn new(dev: &pci::Device, setup: Setup<'_>, mut config: Config, owner: T) -> Result<Self> {
        let Setup {
            name,
            bar,
            irqs,
            dma_bits,
            sideband_wake,
            edl_image,
        } = setup;
        let mut inner = KBox::new(Inner {
            raw: Opaque::zeroed(),
            dev: ARef::from(dev),
            irqs,
            owner,
        })?;
        let irqs = inner.irqs.as_mut_ptr();
        // SAFETY: The structure is ours, zeroed and not registered yet.
        let raw = unsafe { &mut *inner.raw.get() };
        // SAFETY: `raw` is a controller, and `name` is a string for as long as the kernel runs.
        unsafe { bindings::rust_helper_mhi_set_name(raw, name.as_ptr()) };
        // SAFETY: As above.
        unsafe { bindings::rust_helper_mhi_set_edl(raw, edl_image.as_ptr()) };
        raw.cntrl_dev = dev.as_device().as_raw();
        raw.regs = bar.as_ptr();
        raw.reg_len = bar.len() as _;
        raw.irq = irqs;
        raw.nr_irqs = inner.irqs.len() as u32;
        raw.mru = MRU;
        raw.iova_start = 0;
        raw.iova_stop = u64::MAX
            .checked_shr(64u32.saturating_sub(dma_bits))
            .unwrap_or(u64::MAX) as _;
        raw.status_cb = Some(Self::status);
        raw.runtime_get = Some(Self::runtime_get);
        raw.runtime_put = Some(Self::runtime_put);
        raw.read_reg = Some(Self::read_register);
        raw.write_reg = Some(Self::write_register);
        if sideband_wake {
            raw.wake_get = Some(Self::wake);
            raw.wake_put = Some(Self::wake);
            raw.wake_toggle = Some(Self::wake_toggle);
        }
        // SAFETY: All required members are set; `inner` stays at its address until `drop` unregisters it.
        to_result(config.with_raw(|config| unsafe {
            bindings::mhi_register_controller(inner.raw.get(), config)
        }))?;
        // INVARIANT: Registered, not prepared.
        Ok(Controller {
            inner,
            powered: false,
        })
    }

    /// Starts the modem; mission mode is reached in the background. `dump` bytes are kept for its memory image, should it crash;
    /// with them, the MHI core does not restart a modem that crashed. `ETIMEDOUT` if it is still at work for a host that has forgotten
    /// what with; it does not get the bus then. May sleep.
    pub fn power_up(&mut self, dump: usize) -> Result {
        if self.powered {
            return Ok(());
        }
        let raw = self.inner.raw.get();
        self.let_go()?;
        self.inner.dev.set_master();
        // SAFETY: The controller is registered and not prepared: nobody else reads these.
        unsafe {
            (*raw).rddm_size = dump;
            (*raw).seg_len = DUMP_PIECE;
        }
        // SAFETY: The controller is registered and not prepared.
        if let Err(error) = to_result(unsafe { bindings::mhi_prepare_for_power_up(raw) }) {
            // SAFETY: As above. The core frees the image and leaves the pointer, if it has one.
            unsafe { (*raw).rddm_image = core::ptr::null_mut() };
            return Err(error);
        }
        // SAFETY: The controller is prepared.
        if let Err(error) = to_result(unsafe { bindings::mhi_async_power_up(raw) }) {
            // It may know of memory for an image.
            self.inner.dev.clear_master();
            // SAFETY: It is prepared and not powered.
            unsafe { bindings::mhi_unprepare_after_power_down(raw) };
            return Err(error);
        }
        // INVARIANT: Prepared and powered.
        self.powered = true;
        Ok(())
    }

    /// Stops the modem, and removes its channels from the bus. May sleep.
    pub fn power_down(&mut self, how: PowerDown) {
        if core::mem::take(&mut self.powered) {
            let raw = self.inner.raw.get();
            let asks = how == PowerDown::Graceful
                && self.inner.dev.is_present()
                && self.register(MHICTRL) != !0
                // SAFETY: By the invariant it is prepared and powered.
                && unsafe { bindings::rust_helper_mhi_will_reset(raw) };
            // The core frees what the modem has, whether that has let go of it or not.
            let lets_go = asks || (how != PowerDown::Untouched && self.let_go().is_ok());
            if !lets_go {
                self.inner.dev.clear_master();
            }
            // SAFETY: As above.
            unsafe { bindings::mhi_power_down(raw, asks) };
            // It may have asked in vain, have been at starting the modem, or have left it with memory for an image.
            if lets_go && self.let_go().is_err() {
                self.inner.dev.clear_master();
            }
            // SAFETY: It is powered down.
            unsafe { bindings::mhi_unprepare_after_power_down(raw) };
        }
    }

    /// Has the modem forget all memory that it was given, if it is at work with any. `ETIMEDOUT` if it does not do so in time, or cannot
    /// be reached.
    fn let_go(&self) -> Result {
        if !self.inner.dev.is_present() {
            return Err(ETIMEDOUT);
        }
        let (mut asked, mut quiet) = (false, false);
        for _ in 0..=RESET_MS / RESET_LOOK_MS {
            let control = self.register(MHICTRL);
            let resets = control & MHICTRL_RESET != 0;
            let state = (self.register(MHISTATUS) >> MHISTATUS_STATE_SHIFT) & 0xff;
            quiet = match state {
                bindings::mhi_state_MHI_STATE_RESET | bindings::mhi_state_MHI_STATE_BHI => true,
                // It may be on its way to M0, with the contexts' addresses; a reset takes back that it was sent there.
                bindings::mhi_state_MHI_STATE_READY => control == 0 && !self.has_dump(),
                _ => false,
            };
            if !resets && (quiet || asked) {
                return Ok(());
            }
            // One that crashed while it was reset does not end that by itself.
            if !asked && (!resets || state == bindings::mhi_state_MHI_STATE_SYS_ERR) {
                self.set_register(MHICTRL, MHICTRL_RESET);
                asked = true;
            }
            sleep_ms(RESET_LOOK_MS);
        }
        // A boot loader may leave it undone; it has no memory of the host's.
        if quiet {
            Ok(())
        } else {
            Err(ETIMEDOUT)
        }
    }

    /// Whether there is memory for a memory image.
    pub fn has_dump(&self) -> bool {
        // SAFETY: The controller is registered; only `power_up` and `power_down` change this.
        !unsafe { (*self.inner.raw.get()).rddm_image }.is_null()
    }

    /// Gives the memory image, which the modem has written, to userspace; its bytes. May sleep.
    pub fn give_dump(&mut self) -> Result<usize> {
        // SAFETY: The controller is registered, and keeps the image until `power_down`.
        let size = unsafe { bindings::rust_helper_mhi_give_dump(self.inner.raw.get()) };
        usize::try_from(size).map_err(|_| Error::from_errno(size as c_int))
    }

    /// Lets the modem sleep (M3); it wakes by `resume` alone. `EBUSY` if it has something to do, any other error if it is lost.
    /// May sleep.
    pub fn suspend(&mut self) -> Result {
        // SAFETY: The controller is registered; the core refuses if it is not powered.
        to_result(unsafe { bindings::mhi_pm_suspend(self.inner.raw.get()) })
    }

    /// Wakes the modem after `suspend`; an error if it did not sleep, since it lost its state meanwhile, or does not wake. May
    /// sleep.
    pub fn resume(&mut self) -> Result {
        // The core reads its registers, which some host bridges take for an error of the machine's if it is gone.
        if !self.inner.dev.is_present() {
            return Err(ENODEV);
        }
        // SAFETY: The controller is registered; the core does nothing if it is not powered.
        to_result(unsafe { bindings::mhi_pm_resume(self.inner.raw.get()) })
    }

    /// Whether it is powered up.
    pub fn is_powered(&self) -> bool {
        self.powered
    }

    /// The register at an offset, whether powered up or not; all ones if the modem cannot be reached, or if there is no such
    /// register.
    pub fn register(&self, offset: u32) -> u32 {
        let raw = self.inner.raw.get();
        // SAFETY: The controller is registered.
        let regs = unsafe { (*raw).regs };
        // Anywhere, if the modem names the offset.
        let at = regs.wrapping_byte_add(offset as usize);
        let mut value = !0;
        // SAFETY: As above; `value` is ours, and stays as it is for an address outside the BAR.
        unsafe { Self::read_register(raw, at, &mut value) };
        value
    }

    /// Writes the register at an offset; nothing happens if there is none.
    pub fn set_register(&self, offset: u32, value: u32) {
        let raw = self.inner.raw.get();
        // SAFETY: The controller is registered.
        let regs = unsafe { (*raw).regs };
        // Anywhere, if the modem names the offset.
        let at = regs.wrapping_byte_add(offset as usize);
        // SAFETY: As above; the function checks the address.
        unsafe { Self::write_register(raw, at, value) };
    }

    /// The owner's data.
    pub fn owner(&self) -> &T {
        &self.inner.owner
    }

    /// The owner's data of a channel's controller, if that controller is one of `T`'s.
    pub(super) fn owner_of(raw: *mut bindings::mhi_controller) -> Option<*const T> {
        // SAFETY: A channel's controller is valid while the channel is. Our callback's address tells our controllers:
        // each `T` has a callback of its own, which casts to `Inner<T>`.
        let callback = unsafe { (*raw).status_cb };
        let ours = callback
            .is_some_and(|callback| callback as usize == Self::status as *const () as usize);
        // SAFETY: By the check `raw` is the first member of an `Inner<T>`.
        ours.then(|| unsafe { &raw const (*raw.cast::<Inner<T>>()).owner })
    }

    unsafe extern "C" fn status(
        raw: *mut bindings::mhi_controller,
        reason: bindings::mhi_callback,
    ) {
        let event = match reason {
            bindings::mhi_callback_MHI_CB_EE_MISSION_MODE => Event::MissionMode,
            bindings::mhi_callback_MHI_CB_EE_RDDM => Event::RamDump,
            bindings::mhi_callback_MHI_CB_SYS_ERROR => Event::SystemError,
            bindings::mhi_callback_MHI_CB_FATAL_ERROR => Event::FatalError,
            other => Event::Other(other),
        };
        // SAFETY: The MHI core passes a registered controller, which is the first member of an `Inner<T>`.
        unsafe { &(*raw.cast::<Inner<T>>()).owner }.event(event);
    }

    unsafe extern "C" fn appeared(raw: *mut bindings::mhi_device) {
        // SAFETY: The bus tells of a valid device.
        let channels = unsafe { &*raw.cast::<Device>() };
        if let Some(owner) = channels.owner::<T>() {
            owner.appeared(channels);
        }
    }

    unsafe extern "C" fn runtime_get(raw: *mut bindings::mhi_controller) -> c_int {
        // SAFETY: The controller's device is valid while it is registered.
        unsafe { bindings::rust_helper_pm_runtime_get((*raw).cntrl_dev) }
    }

    unsafe extern "C" fn runtime_put(raw: *mut bindings::mhi_controller) {
        // SAFETY: As above.
        unsafe { bindings::rust_helper_pm_runtime_put((*raw).cntrl_dev) }
    }

    unsafe extern "C" fn read_register(
        raw: *mut bindings::mhi_controller,
        at: *mut c_void,
        out: *mut u32,
    ) -> c_int {
        // SAFETY: The MHI core passes a registered controller.
        if !unsafe { in_bar(raw, at) } {
            return EINVAL.to_errno();
        }
        // SAFETY: `at` is an aligned register inside the mapped BAR.
        let value = unsafe { bindings::rust_helper_readl(at) };
        // SAFETY: The controller is registered.
        let (regs, len) = unsafe { ((*raw).regs as usize, (*raw).reg_len) };
        let needed = match (at as usize).wrapping_sub(regs) {
            // The core clears registers there without asking us.
            BHIEOFF => Some(BHIE_END),
            // It takes doorbells between words, and rings them in vain.
            CHDBOFF | ERDBOFF => Some(0),
            _ => None,
        };
        let fits = |needed| value % 4 == 0 && value as usize <= len.saturating_sub(needed);
        if !needed.is_none_or(fits) {
            return ERANGE.to_errno();
        }
        // SAFETY: `out` is the core's variable.
        unsafe { *out = value };
        0
    }

    unsafe extern "C" fn write_register(
        raw: *mut bindings::mhi_controller,
        at: *mut c_void,
        value: u32,
    ) {
        // SAFETY: The MHI core passes a registered controller.
        if unsafe { in_bar(raw, at) } {
            // SAFETY: `at` is an aligned register inside the mapped BAR.
            unsafe { bindings::rust_helper_writel(value, at) }
        }
    }

    /// Modems with a wake line of their own take no wake doorbells.
    unsafe extern "C" fn wake(_raw: *mut bindings::mhi_controller, _override: bool) {}

    unsafe extern "C" fn wake_toggle(_raw: *mut bindings::mhi_controller) {}
}

/// Tells controllers of their channels while it lives.
pub struct Watch(());

impl Watch {
    /// For the controllers of `T`'s; there is one watch. `driver` is any of the MHI bus.
    pub fn new<T: Owner, D: Driver>(driver: &Registration<D>) -> Result<Watch> {
        // SAFETY: The driver is registered, so its bus is known. The bus is the MHI core's, without which this module is not there.
        to_result(unsafe {
            bindings::rust_helper_mhi_watch(driver.as_raw(), Some(Controller::<T>::appeared))
        })?;
        Ok(Watch(()))
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        // SAFETY: `new` has begun it.
        unsafe { bindings::rust_helper_mhi_unwatch() }
    }
}

/// The mode that the module's user has chosen: 1 QMI, 2 MBIM, 0 none.
pub fn mode() -> u32 {
    // SAFETY: No preconditions.
    unsafe { bindings::rust_helper_mode() }
}

/// Whether the module's user wants memory images of modems that crash.
pub fn crash_dump() -> bool {
    // SAFETY: No preconditions.
    unsafe { bindings::rust_helper_crash_dump() }
}

/// Whether a register is inside the BAR: the core computes some addresses from offsets that the modem tells.
///
/// # Safety
///
/// `raw` is a registered controller.
unsafe fn in_bar(raw: *mut bindings::mhi_controller, at: *mut c_void) -> bool {
    // SAFETY: By the caller's promise.
    let (regs, len) = unsafe { ((*raw).regs as usize, (*raw).reg_len) };
    match (at as usize).checked_sub(regs) {
        Some(offset) => offset % 4 == 0 && offset.checked_add(4).is_some_and(|end| end <= len),
        None => false,
    }
}

impl<T: Owner> Drop for Controller<T> {
    fn drop(&mut self) {
        self.power_down(PowerDown::Graceful);
        // SAFETY: By the invariant it is registered, and now not prepared.
        unsafe { bindings::mhi_unregister_controller(self.inner.raw.get()) }
    }
}
