// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
//! The SIM card and its PIN.

/// The SIM card.
#[derive(Debug, Clone)]
pub struct Sim {
    /// State.
    pub state: SimState,
    /// Whether the card asks for its PIN.
    pub pin_enabled: bool,
    /// The PIN.
    pub pin: String,
    /// Attempts left.
    pub pin_retries: u8,
    /// The PUK.
    pub puk: String,
    /// Attempts left.
    pub puk_retries: u8,
    /// IMSI, 15 digits.
    pub imsi: String,
    /// ICCID, 19 digits.
    pub iccid: String,
}

impl Default for Sim {
    fn default() -> Self {
        Sim {
            state: SimState::Ready,
            pin_enabled: false,
            pin: "1234".to_owned(),
            pin_retries: PIN_RETRIES,
            puk: "12345678".to_owned(),
            puk_retries: PUK_RETRIES,
            imsi: "001010123456789".to_owned(),
            iccid: "8900101012345678901".to_owned(),
        }
    }
}

/// State of the SIM card.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SimState {
    /// No card.
    Absent,
    /// Waits for its PIN.
    Locked,
    /// Waits for its PUK.
    PukRequired,
    /// Blocked for good.
    Blocked,
    /// Usable.
    Ready,
}

/// Attempts at a PIN before the card asks for the PUK.
pub const PIN_RETRIES: u8 = 3;
/// Attempts at a PUK before the card is blocked for good.
pub const PUK_RETRIES: u8 = 10;

impl Sim {
    /// Tries a PIN.
    ///
    /// # Errors
    ///
    /// Says why not; the retries left are then in `self`.
    pub fn verify_pin(&mut self, pin: &[u8]) -> Result<(), PinError> {
        match self.state {
            SimState::Absent => Err(PinError::NoSim),
            SimState::PukRequired | SimState::Blocked => Err(PinError::Blocked),
            SimState::Ready if !self.pin_enabled => Err(PinError::NotEnabled),
            SimState::Ready | SimState::Locked => {
                if pin == self.pin.as_bytes() {
                    self.pin_retries = PIN_RETRIES;
                    self.state = SimState::Ready;
                    return Ok(());
                }
                self.pin_retries = self.pin_retries.saturating_sub(1);
                if self.pin_retries == 0 {
                    self.state = SimState::PukRequired;
                    return Err(PinError::Blocked);
                }
                Err(PinError::Incorrect)
            }
        }
    }

    /// Tries a PUK and sets a new PIN.
    ///
    /// # Errors
    ///
    /// Says why not; the retries left are then in `self`.
    pub fn unblock_pin(&mut self, puk: &[u8], new_pin: &[u8]) -> Result<(), PinError> {
        match self.state {
            SimState::Absent => Err(PinError::NoSim),
            SimState::Blocked => Err(PinError::Blocked),
            SimState::Ready | SimState::Locked => Err(PinError::NotEnabled),
            SimState::PukRequired => {
                let new_pin = std::str::from_utf8(new_pin)
                    .ok()
                    .filter(|pin| (4..=8).contains(&pin.len()))
                    .filter(|pin| pin.bytes().all(|digit| digit.is_ascii_digit()));
                let Some(new_pin) = new_pin else {
                    return Err(PinError::Incorrect);
                };
                if puk == self.puk.as_bytes() {
                    self.pin = new_pin.to_owned();
                    self.pin_retries = PIN_RETRIES;
                    self.puk_retries = PUK_RETRIES;
                    self.state = SimState::Ready;
                    return Ok(());
                }
                self.puk_retries = self.puk_retries.saturating_sub(1);
                if self.puk_retries == 0 {
                    self.state = SimState::Blocked;
                    return Err(PinError::Blocked);
                }
                Err(PinError::Incorrect)
            }
        }
    }
}

/// Why a PIN was not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PinError {
    /// No card.
    NoSim,
    /// Wrong digits.
    Incorrect,
    /// No attempt left.
    Blocked,
    /// The card asks for none.
    NotEnabled,
}
