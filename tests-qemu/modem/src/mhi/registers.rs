// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
//! BAR 0: the MHI registers, with reset values and writable bits as data, and what a write sets off.

use ::mhi::register::*;
use ::mhi::{bhi, ExecutionEnvironment, State};

/// Where the boot registers lie.
pub const BHI: u32 = 0x100;
/// Where the extended boot registers lie.
pub const BHIE: u32 = 0x200;
/// Where the channel doorbells lie.
pub const CHDB: u32 = 0x300;
/// Where the event ring doorbells lie.
pub const ERDB: u32 = 0x700;
/// Channels, hence channel doorbells.
pub const CHANNELS: u8 = 128;
/// Event rings, hence event ring doorbells.
pub const EVENT_RINGS: u8 = 32;

const WORDS: usize = 1024;

/// Offset, value after reset, writable bits. All other words read 0 and take nothing; doorbells take anything.
const REGISTERS: &[(u32, u32, u32)] = &[
    (MHIREGLEN, 0x1000, 0),
    (MHIVER, 0x0100_0000, 0),
    (MHICFG, 0x0202_0280, 0xffff_0000),
    (CHDBOFF, CHDB, 0),
    (ERDBOFF, ERDB, 0),
    (BHIOFF, BHI, 0),
    (BHIEOFF, BHIE, 0),
    (MHICTRL, 0, 0xff02),
    (MHISTATUS, 0, 0),
    (CCABAP_LOWER, 0, u32::MAX),
    (CCABAP_HIGHER, 0, u32::MAX),
    (ECABAP_LOWER, 0, u32::MAX),
    (ECABAP_HIGHER, 0, u32::MAX),
    (CRCBAP_LOWER, 0, u32::MAX),
    (CRCBAP_HIGHER, 0, u32::MAX),
    (MHICTRLBASE_LOWER, 0, u32::MAX),
    (MHICTRLBASE_HIGHER, 0, u32::MAX),
    (MHICTRLLIMIT_LOWER, 0, u32::MAX),
    (MHICTRLLIMIT_HIGHER, 0, u32::MAX),
    (MHIDATABASE_LOWER, 0, u32::MAX),
    (MHIDATABASE_HIGHER, 0, u32::MAX),
    (MHIDATALIMIT_LOWER, 0, u32::MAX),
    (MHIDATALIMIT_HIGHER, 0, u32::MAX),
    (BHI + bhi::VERSION_MINOR, 0x0000_0001, 0),
    (BHI + bhi::VERSION_MAJOR, 0x0000_0001, 0),
    (BHI + bhi::IMGADDR_LOW, 0, u32::MAX),
    (BHI + bhi::IMGADDR_HIGH, 0, u32::MAX),
    (BHI + bhi::IMGSIZE, 0, u32::MAX),
    (BHI + bhi::IMGTXDB, 0, u32::MAX),
    (BHI + bhi::INTVEC, 0, u32::MAX),
    (BHI + bhi::SERIALNU, 0x5a20_0520, 0),
    (BHI + bhi::NUMSEG, 1, 0),
    (BHI + bhi::MSMHWID, 0x0022_c0e1, 0),
    (BHI + bhi::OEMPKHASH, 0x9a5e_17cb, 0),
    (BHIE + bhi::BHIE_RXVECADDR_LOW, 0, u32::MAX),
    (BHIE + bhi::BHIE_RXVECADDR_HIGH, 0, u32::MAX),
    (BHIE + bhi::BHIE_RXVECSIZE, 0, u32::MAX),
    (BHIE + bhi::BHIE_RXVECDB, 0, u32::MAX),
    (BHIE + bhi::BHIE_RXVECSTATUS, 0, u32::MAX),
    // SoC hardware version: family 6, device 0x00f, revision 1.1.
    (SOC_HW_VERSION, 0x600f_0101, 0),
];

/// What a write sets off.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Effect {
    /// Nothing.
    None,
    /// MHICTRL: the reset bit.
    Reset,
    /// MHICTRL: a state.
    State(State),
    /// The whole modem is to restart.
    SocReset,
    /// An image waits at IMGADDR.
    Image,
    /// Memory for a crash dump waits at RXVECADDR.
    Dump,
    /// Command ring doorbell.
    Command(u64),
    /// Channel doorbell.
    Channel(u8, u64),
    /// Event ring doorbell.
    Event(u8),
}

/// The registers.
pub struct Registers {
    words: Box<[u32; WORDS]>,
}

impl Registers {
    /// Registers after power-on.
    pub fn new() -> Self {
        let mut registers = Self {
            words: Box::new([0; WORDS]),
        };
        registers.reset();
        registers
    }

    /// Back to the values of power-on.
    pub fn reset(&mut self) {
        self.words.fill(0);
        for (offset, value, _) in REGISTERS {
            self.set(*offset, *value);
        }
    }

    /// The word that holds `offset`; 0 past the end.
    pub fn get(&self, offset: u32) -> u32 {
        self.words.get(offset as usize / 4).copied().unwrap_or(0)
    }

    /// Two words, low one first.
    pub fn pair(&self, lower: u32) -> u64 {
        u64::from(self.get(lower)) | (u64::from(self.get(lower + 4)) << 32)
    }

    /// Sets a word as the device does.
    pub fn set(&mut self, offset: u32, value: u32) {
        if let Some(word) = self.words.get_mut(offset as usize / 4) {
            *word = value;
        }
    }

    /// Sets state and flags in MHISTATUS.
    pub fn set_status(&mut self, state: State) {
        let flags = match state {
            State::RESET => 0,
            State::SYS_ERR => STATUS_READY | STATUS_SYSERR,
            _ => STATUS_READY,
        };
        self.set(MHISTATUS, (u32::from(state.0) << STATE_SHIFT) | flags);
    }

    /// Sets EXECENV.
    pub fn set_environment(&mut self, environment: ExecutionEnvironment) {
        self.set(BHI + bhi::EXECENV, environment.0.into());
    }

    /// Takes a word from the host. A doorbell counts when its low word is written, the high word coming first.
    pub fn write(&mut self, offset: u32, value: u32) -> Effect {
        let offset = offset & !3;
        match offset {
            CRDB_LOWER => {
                self.set(offset, value);
                return Effect::Command(self.pair(offset));
            }
            CRDB_HIGHER => self.set(offset, value),
            SOC_RESET if value & 1 != 0 => return Effect::SocReset,
            CHDB..ERDB => return self.doorbell(offset, CHDB, value, Effect::Channel),
            ERDB..=0x7ff => {
                return self.doorbell(offset, ERDB, value, |ring, _| Effect::Event(ring))
            }
            _ => {}
        }
        let Some((_, _, mask)) = REGISTERS.iter().find(|(register, ..)| *register == offset) else {
            return Effect::None;
        };
        self.set(offset, self.get(offset) & !mask | value & mask);
        match offset {
            MHICTRL if value & CTRL_RESET != 0 => Effect::Reset,
            MHICTRL => Effect::State(state(value)),
            offset if offset == BHI + bhi::IMGTXDB && value != 0 => Effect::Image,
            offset if offset == BHIE + bhi::BHIE_RXVECDB && value != 0 => Effect::Dump,
            _ => Effect::None,
        }
    }

    fn doorbell(
        &mut self,
        offset: u32,
        base: u32,
        value: u32,
        effect: impl Fn(u8, u64) -> Effect,
    ) -> Effect {
        self.set(offset, value);
        if offset % DOORBELL_STRIDE != 0 {
            return Effect::None;
        }
        effect(((offset - base) / DOORBELL_STRIDE) as u8, self.pair(offset))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn doorbell_counts_at_the_low_word() {
        let mut registers = Registers::new();
        assert_eq!(registers.write(CHDB + 8 * 101 + 4, 0x12), Effect::None);
        assert_eq!(
            registers.write(CHDB + 8 * 101, 0x3456_7890),
            Effect::Channel(101, 0x12_3456_7890)
        );
        assert_eq!(registers.write(ERDB + 8 * 3, 0), Effect::Event(3));
        assert_eq!(registers.write(CRDB_HIGHER, 1), Effect::None);
        assert_eq!(
            registers.write(CRDB_LOWER, 0x10),
            Effect::Command(0x1_0000_0010)
        );
    }

    #[test]
    fn read_only_registers_keep_their_value() {
        let mut registers = Registers::new();
        for (offset, value, mask) in REGISTERS {
            registers.write(*offset, u32::MAX);
            assert_eq!(registers.get(*offset), value & !mask | mask, "{offset:#x}");
        }
    }

    #[test]
    fn control_register_asks_for_reset_or_a_state() {
        let mut registers = Registers::new();
        assert_eq!(registers.write(MHICTRL, 0x200), Effect::State(State::M0));
        assert_eq!(registers.write(MHICTRL, 0x202), Effect::Reset);
        assert_eq!(registers.write(SOC_RESET, 1), Effect::SocReset);
        assert_eq!(registers.write(SOC_RESET, 0), Effect::None);
    }

    #[test]
    fn offsets_past_the_end_are_harmless() {
        let mut registers = Registers::new();
        for offset in [0x800, 0xffc, 0x1000, u32::MAX] {
            assert_eq!(registers.write(offset, u32::MAX), Effect::None);
            assert_eq!(registers.get(offset), 0);
        }
    }
}
