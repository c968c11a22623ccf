// SPDX-License-Identifier: GPL-2.0-only
//! The PCI function: claimed at probe, given back at removal.

use crate::controller::Host;
use crate::modem::{self, Family};
use crate::netdev::{self, Base};
use crate::protocol::{Choice, Protocol};
use crate::recovery::Recovery;
use crate::watchdog::{self, Watchdog};
use core::ffi::CStr;
use core::sync::atomic::{AtomicBool, Ordering};
use kernel::mhi::{Config, Controller, Setup};
use kernel::net;
use kernel::pci::{Bar, Device, DeviceId, Driver, Rest};
use kernel::prelude::*;
use kernel::print::{Ascii, Decimal};
use kernel::workqueue::PeriodicWork;

/// The PCI driver.
pub(crate) struct Pci;

/// One modem. Fields are dropped in declaration order: nobody restarts channels any more, the modem stops, its channels with
/// it, then the interface goes.
pub(crate) struct Modem {
    watchdog: PeriodicWork<Watchdog>,
    recovery: PeriodicWork<Recovery>,
    base: Interface,
    /// Whether the machine sleeps, and nobody looks at it. A modem that sleeps alone is looked after: what does that may have woken it.
    rests: AtomicBool,
}

impl Modem {
    fn watch_again(&self) -> Result {
        self.watchdog
            .between_runs(|_| ((), Some(watchdog::PERIOD_MS)))
    }
}

/// The base interface with its links: they go first.
struct Interface(net::Registration<Base>);

impl Drop for Interface {
    fn drop(&mut self) {
        netdev::delete_links(&self.0);
    }
}

impl Driver for Pci {
    type Data = KBox<Modem>;
    /// ModemManager takes an MHI modem's network interface only from a driver of this name.
    const NAME: &'static CStr = c"mhi_net";
    const IDS: &'static [DeviceId] = &modem::IDS;
    const ATTRIBUTE: &'static CStr = c"modem_state";
    const IDLE_MS: u32 = 2000; // as the kernel's own mhi_pci_generic

    fn probe(dev: &Device, info: usize) -> Result<KBox<Modem>> {
        if modem::EXCEPTIONS.contains(&dev.ids()) {
            return Err(ENODEV);
        }
        let family = modem::family_of(info).ok_or(ENODEV)?;
        let bar = dev.claim(0, family.bus_reset)?;
        let dma_bits = widest_dma(dev, family)?;
        let choice = Choice::of(dev, family);
        let protocol = choice.protocol;
        let base = Interface(net::Registration::new(
            dev.as_device(),
            c"rmnet_mhi%d",
            netdev::Port::new(dev.as_device(), choice)?,
            protocol == Protocol::Qmi,
        )?);
        let controller = register(dev, family, &bar, dma_bits, &base.0)?;
        let recovery = Recovery::new(controller, dev, &base.0, family);
        KBox::new(Modem {
            // The modem starts in the background: it may need a minute, or not be there yet.
            recovery: PeriodicWork::new(recovery, 0)?,
            watchdog: PeriodicWork::new(
                Watchdog::new(dev.as_device(), &base.0),
                watchdog::PERIOD_MS,
            )?,
            base,
            rests: AtomicBool::new(false),
        })
    }

    // At the end `Recovery` is told to look, or, while the modem sleeps, not to.

    fn doze(modem: &Modem) -> Result {
        modem.recovery.between_runs(Recovery::doze)?
    }

    fn rest(modem: &Modem, rest: Rest) -> Result {
        // Nobody else has these: what the machine's rest asks for comes one by one.
        modem.watchdog.between_runs(|_| ((), None))?;
        let result = modem
            .recovery
            .between_runs(|recovery| recovery.rest(rest))
            .and_then(|result| result);
        match result {
            Ok(()) => modem.rests.store(true, Ordering::Relaxed),
            Err(_) => modem.watch_again()?,
        }
        result
    }

    fn resume(modem: &Modem) {
        let _ = modem.recovery.between_runs(Recovery::resume);
        if modem.rests.swap(false, Ordering::Relaxed) {
            let _ = modem.watch_again();
        }
    }

    fn show(modem: &Modem) -> &'static CStr {
        modem.base.0.private().health.name()
    }

    fn freeze(modem: &Modem) {
        modem.base.0.private().health.freeze(true);
    }

    fn was_reset(modem: &Modem) {
        modem.base.0.private().health.died();
    }

    fn thaw(modem: &Modem, dead: bool) {
        let health = &modem.base.0.private().health;
        if health.is_frozen() {
            health.died();
            health.freeze(dead);
        }
    }
}

fn widest_dma(dev: &Device, family: &Family) -> Result<u32> {
    match dev.set_dma_mask(family.dma_bits) {
        Ok(()) => Ok(family.dma_bits),
        Err(_) => dev.set_dma_mask(32).map(|()| 32),
    }
}

fn register(
    dev: &Device,
    family: &Family,
    bar: &Bar,
    dma_bits: u32,
    base: &net::Device<Base>,
) -> Result<Controller<Host>> {
    // One vector for the boot interface and one for each event ring, at best.
    let irqs = dev.alloc_msi(1 + modem::EVENT_RINGS.len() as u32)?;
    let vectors = irqs.len() as u32;
    let mut config = Config::new(
        &modem::EVENT_RINGS,
        vectors,
        modem::COMMAND_TIMEOUT_MS,
        family.ready_timeout_ms,
    )?;
    config.add(&modem::CHANNELS)?;
    config.add(base.private().choice.protocol.channels())?;
    dev_info!(
        dev.as_device(),
        "{} modem, {} interrupt vector(s), {} bit DMA",
        Ascii(family.name),
        Decimal(vectors.into()),
        Decimal(dma_bits.into())
    );
    let host = Host::new(dev.as_device(), base);
    let setup = Setup {
        name: family.name,
        bar,
        irqs,
        dma_bits,
        sideband_wake: family.sideband_wake,
        edl_image: family.edl_image,
    };
    Controller::new(dev, setup, config, host)
}
