// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
//! Boot Host Interface: registers at `BHIOFF` (and, for images in pieces, at `BHIEOFF`) through which a modem says what
//! runs in it and takes a first image. Source: Linux `drivers/bus/mhi/common.h`.

/// Minor version.
pub const VERSION_MINOR: u32 = 0x00;
/// Major version.
pub const VERSION_MAJOR: u32 = 0x04;
/// Address of the image, low word.
pub const IMGADDR_LOW: u32 = 0x08;
/// Address of the image, high word.
pub const IMGADDR_HIGH: u32 = 0x0c;
/// Length of the image in bytes.
pub const IMGSIZE: u32 = 0x10;
/// Doorbell: a sequence number, not 0, starts the download.
pub const IMGTXDB: u32 = 0x18;
/// MSI vector for changes of state.
pub const INTVEC: u32 = 0x20;
/// A [`crate::ExecutionEnvironment`].
pub const EXECENV: u32 = 0x28;
/// Progress of the download: one of [`STATUS_RESET`], [`STATUS_SUCCESS`], [`STATUS_ERROR`] in bits 31:30.
pub const STATUS: u32 = 0x2c;
/// Why the download failed.
pub const ERRCODE: u32 = 0x30;
/// Serial number of the chip.
pub const SERIALNU: u32 = 0x40;
/// Anti-rollback version.
pub const SBLANTIROLLVER: u32 = 0x44;
/// Segments of the public key hash.
pub const NUMSEG: u32 = 0x48;
/// First of 6 words: identity of the hardware.
pub const MSMHWID: u32 = 0x4c;
/// First of 24 words: hash of the maker's public key.
pub const OEMPKHASH: u32 = 0x64;
/// Words in [`OEMPKHASH`].
pub const OEMPKHASH_WORDS: u32 = 24;

/// [`STATUS`]: nothing was downloaded.
pub const STATUS_RESET: u32 = 0;
/// [`STATUS`]: the image was taken.
pub const STATUS_SUCCESS: u32 = 2 << 30;
/// [`STATUS`]: the image was refused.
pub const STATUS_ERROR: u32 = 3 << 30;

/// Extended registers: identity of the system on chip.
pub const BHIE_MSMSOCID: u32 = 0x00;
/// Extended registers: address of the vector of pieces to the modem, low word; high word, size and doorbell follow.
pub const BHIE_TXVECADDR_LOW: u32 = 0x2c;
/// Extended registers: address of the vector of pieces from the modem (a crash dump), low word.
pub const BHIE_RXVECADDR_LOW: u32 = 0x60;
/// Extended registers: the address' high word.
pub const BHIE_RXVECADDR_HIGH: u32 = 0x64;
/// Extended registers: bytes of the vector, [`VECTOR_ENTRY`] for each piece.
pub const BHIE_RXVECSIZE: u32 = 0x68;
/// Extended registers, doorbell: a sequence number, not 0, in bits 29:0 says that the pieces are there to be filled.
pub const BHIE_RXVECDB: u32 = 0x70;
/// Extended registers: last word, state of the transfer from the modem in bits 31:30 as in [`STATUS`], and the doorbell's number.
pub const BHIE_RXVECSTATUS: u32 = 0x78;
/// Bits of a state, in [`BHIE_RXVECSTATUS`] as in [`STATUS`].
pub const STATUS_MASK: u32 = 3 << 30;
/// Bytes of a vector's entry: address and length of a piece, 64 bits each.
pub const VECTOR_ENTRY: usize = 16;
