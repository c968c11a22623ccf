// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
//! The transport: vfio-user messages from QEMU become accesses to the [`Device`].

use std::fs::File;
use std::io;
use std::mem::size_of;
use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

use vfio_bindings::bindings::vfio::{
    vfio_region_info, VFIO_IRQ_INFO_EVENTFD, VFIO_IRQ_SET_ACTION_TRIGGER,
    VFIO_IRQ_SET_DATA_EVENTFD, VFIO_PCI_BAR0_REGION_INDEX, VFIO_PCI_BAR2_REGION_INDEX,
    VFIO_PCI_CONFIG_REGION_INDEX, VFIO_PCI_MSI_IRQ_INDEX, VFIO_PCI_NUM_IRQS, VFIO_PCI_NUM_REGIONS,
    VFIO_REGION_INFO_FLAG_READ, VFIO_REGION_INFO_FLAG_WRITE,
};
use vfio_user::{DmaMapFlags, DmaUnmapFlags, IrqInfo, Server, ServerBackend, ServerRegion};

use crate::mhi::engine::Cure;
use crate::pci::{BAR_LEN, CONFIG_LEN};
use crate::shared::Shared;

/// Listens on the socket; it must not exist yet.
///
/// # Errors
///
/// The socket cannot be made.
pub fn listen(path: &Path, vectors: u32) -> Result<Server, vfio_user::Error> {
    Server::new(path, true, irqs(vectors), regions())
}

/// One client's accesses.
pub struct Backend(pub Arc<Shared>);

impl ServerBackend for Backend {
    fn region_read(&mut self, region: u32, offset: u64, data: &mut [u8]) -> io::Result<()> {
        let mut device = self.0.access();
        match region {
            VFIO_PCI_CONFIG_REGION_INDEX => device.read_config(offset, data),
            VFIO_PCI_BAR0_REGION_INDEX => device.read_registers(offset, data),
            VFIO_PCI_BAR2_REGION_INDEX => device.read_markers(offset, data),
            _ => data.fill(0),
        }
        Ok(())
    }

    fn region_write(&mut self, region: u32, offset: u64, data: &[u8]) -> io::Result<()> {
        let mut device = self.0.access();
        let now = Instant::now();
        match region {
            VFIO_PCI_CONFIG_REGION_INDEX => device.write_config(offset, data, now),
            VFIO_PCI_BAR0_REGION_INDEX => device.write_registers(offset, data, now),
            VFIO_PCI_BAR2_REGION_INDEX => device.write_markers(offset, data),
            _ => {}
        }
        self.0.kick(device);
        Ok(())
    }

    fn dma_map(
        &mut self,
        flags: DmaMapFlags,
        offset: u64,
        address: u64,
        size: u64,
        fd: Option<File>,
    ) -> io::Result<()> {
        let result = self
            .0
            .access()
            .bus
            .memory
            .insert(flags, offset, address, size, fd);
        if let Err(error) = &result {
            // The guest would run on and nothing would happen: better end here, with the reason.
            log::error!("{error}");
            eprintln!("modem: {error}");
            std::process::exit(1);
        }
        result
    }

    fn dma_unmap(&mut self, flags: DmaUnmapFlags, address: u64, size: u64) -> io::Result<()> {
        let mut device = self.0.access();
        if flags.contains(DmaUnmapFlags::UNMAP_ALL) {
            device.bus.memory.remove_all();
        } else if !device.bus.memory.remove(address, size) {
            let bus = &mut device.bus;
            bus.stats.fault(
                "unmapped_in_part",
                format_args!("{size:#x} bytes at {address:#x}"),
            );
        }
        Ok(())
    }

    fn reset(&mut self) -> io::Result<()> {
        log::info!("device reset");
        let mut device = self.0.access();
        if device.engine.is_running() {
            device.bus.stats.count("cut_off");
        }
        device.reset(Cure::Bus, Instant::now());
        self.0.kick(device);
        Ok(())
    }

    fn set_irqs(
        &mut self,
        index: u32,
        flags: u32,
        start: u32,
        count: u32,
        fds: Vec<File>,
    ) -> io::Result<()> {
        if index != VFIO_PCI_MSI_IRQ_INDEX || flags & VFIO_IRQ_SET_ACTION_TRIGGER == 0 {
            return Ok(());
        }
        let mut device = self.0.access();
        if flags & VFIO_IRQ_SET_DATA_EVENTFD != 0 {
            device.bus.interrupts.set(start, count, fds);
        } else if count == 0 {
            device.bus.interrupts.clear();
        }
        log::debug!("{} MSI vectors set up", device.bus.interrupts.enabled());
        Ok(())
    }
}

fn regions() -> Vec<ServerRegion> {
    let region = |index| {
        let size = match index {
            VFIO_PCI_CONFIG_REGION_INDEX => CONFIG_LEN as u64,
            VFIO_PCI_BAR0_REGION_INDEX | VFIO_PCI_BAR2_REGION_INDEX => BAR_LEN,
            _ => 0,
        };
        let flags = match size {
            0 => 0,
            _ => VFIO_REGION_INFO_FLAG_READ | VFIO_REGION_INFO_FLAG_WRITE,
        };
        ServerRegion {
            region_info: vfio_region_info {
                argsz: size_of::<vfio_region_info>() as u32,
                index,
                size,
                flags,
                ..Default::default()
            },
            sparse_areas: Vec::new(),
            mmap_fd: None,
        }
    };
    (0..VFIO_PCI_NUM_REGIONS).map(region).collect()
}

fn irqs(vectors: u32) -> Vec<IrqInfo> {
    let irq = |index| match index {
        VFIO_PCI_MSI_IRQ_INDEX => IrqInfo {
            index,
            flags: VFIO_IRQ_INFO_EVENTFD,
            count: vectors,
        },
        _ => IrqInfo {
            index,
            flags: 0,
            count: 0,
        },
    };
    (0..VFIO_PCI_NUM_IRQS).map(irq).collect()
}
