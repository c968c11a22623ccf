// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
//! The host's memory as the function's bus master sees it: a table of mapped pieces, each with a file descriptor that QEMU
//! passed. Every address and length that comes from the host is checked here.

use std::cell::Cell;
use std::fs::File;
use std::io;
use std::sync::atomic::Ordering;

use vfio_user::DmaMapFlags;
use vm_memory::{Bytes, FileOffset, GuestAddress, GuestMemoryMmap, GuestRegionMmap, MmapRegion};

const PROT_READ: i32 = 1;
const PROT_WRITE: i32 = 2;
const MAP_SHARED: i32 = 1;
const MAP_NORESERVE: i32 = 0x4000;
/// A writable piece of at least this size without a descriptor is the guest's RAM: nothing could work.
const RAM_BYTES: u64 = 1 << 20;

/// An access that touches an address which is not mapped, or not with that right.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fault {
    /// First bus address of the access.
    pub address: u64,
    /// Bytes wanted.
    pub len: usize,
}

/// Addresses that the host allows the device to use: the MHICTRLBASE.. and MHIDATABASE.. registers.
#[derive(Clone, Copy, Debug)]
pub struct Window {
    /// First address.
    pub base: u64,
    /// Last address.
    pub limit: u64,
}

impl Window {
    /// Whether `len` bytes from `address` lie inside.
    pub fn contains(&self, address: u64, len: u64) -> bool {
        len == 0
            || address >= self.base
                && address
                    .checked_add(len - 1)
                    .is_some_and(|last| last <= self.limit)
    }
}

/// The table of mapped pieces.
#[derive(Default)]
pub struct Memory {
    map: GuestMemoryMmap<()>,
    pieces: Vec<(u64, u64)>,
    master: bool,
    writes: Cell<u64>,
}

impl Memory {
    /// Adds a piece.
    ///
    /// # Errors
    ///
    /// RAM without a descriptor, an impossible size, an overlap, or a failed `mmap`.
    pub fn insert(
        &mut self,
        flags: DmaMapFlags,
        offset: u64,
        address: u64,
        size: u64,
        file: Option<File>,
    ) -> io::Result<()> {
        let Some(file) = file else {
            if flags.contains(DmaMapFlags::WRITE) && size >= RAM_BYTES {
                return Err(io::Error::other(format!(
                    "no descriptor for {size:#x} bytes of memory at {address:#x}: give QEMU \
                     -object memory-backend-memfd,share=on and -machine memory-backend"
                )));
            }
            log::debug!("no descriptor for {size:#x} bytes at {address:#x}: left out");
            return Ok(());
        };
        let mut protection = 0;
        if flags.contains(DmaMapFlags::READ) {
            protection |= PROT_READ;
        }
        if flags.contains(DmaMapFlags::WRITE) {
            protection |= PROT_WRITE;
        }
        let len = usize::try_from(size).map_err(io::Error::other)?;
        let file = Some(FileOffset::new(file, offset));
        let region = MmapRegion::build(file, len, protection, MAP_SHARED | MAP_NORESERVE)
            .map_err(io::Error::other)?;
        let region = GuestRegionMmap::new(region, GuestAddress(address)).ok_or_else(|| {
            io::Error::other(format!(
                "{size:#x} bytes at {address:#x} pass the end of memory"
            ))
        })?;
        self.map = self
            .map
            .insert_region(region.into())
            .map_err(io::Error::other)?;
        self.pieces.push((address, size));
        log::debug!("mapped {size:#x} bytes at {address:#x} {flags:?}");
        Ok(())
    }

    /// Removes every piece that lies inside the range; whether none lies in it with a part alone, which would stay.
    pub fn remove(&mut self, address: u64, size: u64) -> bool {
        let end = address.saturating_add(size);
        let (gone, kept) = self
            .pieces
            .iter()
            .partition(|(start, len)| *start >= address && start.saturating_add(*len) <= end);
        self.pieces = kept;
        for (start, len) in Vec::from_iter::<Vec<(u64, u64)>>(gone) {
            log::debug!("unmapped {len:#x} bytes at {start:#x}");
            if let Ok((map, _)) = self.map.remove_region(GuestAddress(start), len) {
                self.map = map;
            }
        }
        !self
            .pieces
            .iter()
            .any(|(start, len)| *start < end && start.saturating_add(*len) > address)
    }

    /// Removes all pieces.
    pub fn remove_all(&mut self) {
        self.map = GuestMemoryMmap::default();
        self.pieces.clear();
    }

    /// How many pieces are mapped, and their bytes.
    pub fn mapped(&self) -> (usize, u64) {
        let bytes = self.pieces.iter().map(|(_, len)| len).sum();
        (self.pieces.len(), bytes)
    }

    /// Lets accesses through or makes them fault: whether the host has switched on bus mastering and power.
    pub fn set_master(&mut self, master: bool) {
        self.master = master;
    }

    /// Writes since the host last stopped the modem.
    pub fn writes(&self) -> u64 {
        self.writes.get()
    }

    /// The host has stopped the modem: no write is due any more.
    pub fn stopped(&self) {
        self.writes.set(0);
    }

    /// Copies from memory; the bytes may lie in several pieces.
    ///
    /// # Errors
    ///
    /// A fault, with part of the bytes perhaps copied.
    pub fn read(&self, address: u64, bytes: &mut [u8]) -> Result<(), Fault> {
        let fault = Fault {
            address,
            len: bytes.len(),
        };
        self.reachable()
            .ok_or(fault)?
            .read_slice(bytes, GuestAddress(address))
            .map_err(|_| fault)
    }

    /// Copies to memory; the bytes may lie in several pieces.
    ///
    /// # Errors
    ///
    /// A fault, with part of the bytes perhaps copied.
    pub fn write(&self, address: u64, bytes: &[u8]) -> Result<(), Fault> {
        let fault = Fault {
            address,
            len: bytes.len(),
        };
        self.writable()
            .ok_or(fault)?
            .write_slice(bytes, GuestAddress(address))
            .map_err(|_| fault)
    }

    /// Reads a pointer of a context, which is aligned to 4 bytes only.
    ///
    /// # Errors
    ///
    /// A fault.
    pub fn load_pointer(&self, address: u64) -> Result<u64, Fault> {
        // The high word is the same for all elements of a ring below 4 GiB of length, so two loads cannot mix two values.
        let low = self.load_word(address)?;
        let high = self.load_word(address.wrapping_add(4))?;
        Ok((u64::from(high) << 32) | u64::from(low))
    }

    /// Writes a pointer of a context. ORDERING: what was written before is visible to the host before the pointer is.
    ///
    /// # Errors
    ///
    /// A fault.
    pub fn store_pointer(&self, address: u64, value: u64) -> Result<(), Fault> {
        self.store_word(address.wrapping_add(4), (value >> 32) as u32)?;
        self.store_word(address, value as u32)
    }

    /// Writes a word of a context.
    ///
    /// # Errors
    ///
    /// A fault.
    pub fn store_word(&self, address: u64, value: u32) -> Result<(), Fault> {
        let fault = Fault { address, len: 4 };
        self.writable()
            .ok_or(fault)?
            .store(value, GuestAddress(address), Ordering::Release)
            .map_err(|_| fault)
    }

    fn load_word(&self, address: u64) -> Result<u32, Fault> {
        let fault = Fault { address, len: 4 };
        self.reachable()
            .ok_or(fault)?
            .load(GuestAddress(address), Ordering::Acquire)
            .map_err(|_| fault)
    }

    fn writable(&self) -> Option<&GuestMemoryMmap<()>> {
        self.writes.set(self.writes.get() + 1);
        self.reachable()
    }

    fn reachable(&self) -> Option<&GuestMemoryMmap<()>> {
        self.master.then_some(&self.map)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mhi::mock::{Host, MEMORY, SEAM};

    #[test]
    fn memory_without_a_descriptor_is_an_error_and_a_rom_is_not() {
        let mut memory = Memory::default();
        let ram = memory.insert(DmaMapFlags::READ_WRITE, 0, 0, 512 << 20, None);
        assert!(ram.is_err_and(|error| error.to_string().contains("memory-backend-memfd")));
        memory.set_master(true);
        let rom = memory.insert(DmaMapFlags::READ, 0, 0xfffc_0000, 0x40000, None);
        assert!(rom.is_ok());
        let fault = Fault {
            address: 0xfffc_0000,
            len: 1,
        };
        assert_eq!(memory.read(0xfffc_0000, &mut [0]), Err(fault));
    }

    #[test]
    fn descriptor_shorter_than_its_map_is_an_error() {
        let file = File::open("/dev/null").ok();
        let result = Memory::default().insert(DmaMapFlags::READ, 0, 0, 1 << 20, file);
        assert!(result.is_err());
    }

    #[test]
    fn unmap_of_a_part_is_told_of_and_one_of_the_whole_removes_it() {
        let mut host = Host::new(&[]);
        let memory = &mut host.device.bus.memory;
        let pieces = memory.mapped();
        assert!(!memory.remove(SEAM + 0x1000, 0x1000) && !memory.remove(SEAM - 0x1000, MEMORY));
        assert!(memory.remove(MEMORY, 0x1000));
        assert_eq!(memory.mapped(), (pieces.0 - 1, SEAM));
    }

    #[test]
    fn window_holds_its_limits_and_nothing_beyond() {
        let window = Window {
            base: 0x1000,
            limit: 0x1fff,
        };
        assert!(window.contains(0x1000, 0x1000));
        assert!(window.contains(0, 0));
        for (address, len) in [(0xfff, 1), (0x1000, 0x1001), (0x2000, 1), (u64::MAX, 2)] {
            assert!(!window.contains(address, len), "{address:#x} {len:#x}");
        }
    }
}
