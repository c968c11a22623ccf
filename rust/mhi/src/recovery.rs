// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
//! What a host does about a modem that is not up: a ladder of ever rougher resets. It looks once a second and decides; to look
//! and to act are the caller's.
//!
//! | not up, and | then |
//! |---|---|
//! | the host side is down, and the modem's software takes a power-up | power up, at once |
//! | coming up, or its software is not ready for it | wait for as long as it may need, then a reset |
//! | crashed for good, or out of reach, or was so while it came up | a reset, after the back-off |

/// What can be seen of a modem.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Look {
    /// Its registers can be read.
    pub reachable: bool,
    /// The host side is powered up.
    pub powered: bool,
    /// Its software takes a power-up.
    pub capable: bool,
    /// It is in mission mode, and the host knows.
    pub up: bool,
    /// It crashed and does not restart by itself.
    pub crashed: bool,
}

/// What to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// Nothing.
    Wait,
    /// Power the host side up.
    PowerUp,
    /// Power it down and reset the modem.
    Reset(Step),
}

/// A reset, from the gentlest to the roughest.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// The interface alone.
    Interface,
    /// The modem's processors, by their own register.
    Soc,
    /// The PCI function.
    Function,
    /// The bus that it is on.
    Bus,
    /// Its power, which somebody else has to cut.
    Power,
}

impl Step {
    /// All, in order.
    pub const ALL: [Step; 5] = [
        Step::Interface,
        Step::Soc,
        Step::Function,
        Step::Bus,
        Step::Power,
    ];
}

/// Looks to wait before the first reset, the second, and so on; the last one is for all later ones.
const BACK_OFF: [u32; 7] = [1, 2, 5, 10, 20, 40, 60];

/// Looks in a row at which a modem that should be up looks otherwise, until it is taken for crashed.
const DOUBTS: u32 = 2;

/// The state between looks.
#[derive(Clone, Debug)]
pub struct Ladder {
    /// Looks that a modem may need to come up.
    patience: u32,
    /// Looks since the last reset, or since it was up.
    waited: u32,
    /// Resets since it was up.
    resets: u32,
    /// Looks at which it should have been up and was out of reach or crashed.
    doubts: u32,
    /// It was out of reach since it was up, or while it came up: what the host side has read of it then is worth nothing.
    spoilt: bool,
}

impl Ladder {
    /// For a modem that may need `patience` looks to come up.
    #[must_use]
    pub const fn new(patience: u32) -> Self {
        Self {
            patience,
            waited: 0,
            resets: 0,
            doubts: 0,
            spoilt: false,
        }
    }

    /// Resets since the modem was up.
    #[must_use]
    pub const fn resets(&self) -> u32 {
        self.resets
    }

    /// Decides after a look.
    pub fn decide(&mut self, look: Look) -> Action {
        self.spoilt = look.powered && (self.spoilt || !look.reachable);
        if look.up {
            if look.reachable && !look.crashed {
                (self.waited, self.resets, self.doubts) = (0, 0, 0);
                self.spoilt = false;
                return Action::Wait;
            }
            self.doubts = self.doubts.saturating_add(1);
            if self.doubts < DOUBTS {
                return Action::Wait;
            }
        }
        self.waited = self.waited.saturating_add(1);
        let last = BACK_OFF.len().saturating_sub(1);
        let back_off = BACK_OFF.get((self.resets as usize).min(last)).copied();
        let back_off = back_off.unwrap_or(60);
        let hopeless = !look.reachable || look.crashed || self.spoilt;
        let limit = if hopeless {
            back_off
        } else {
            self.patience.saturating_add(back_off)
        };
        if self.waited >= limit {
            let step = self.step(look.reachable);
            self.resets = self.resets.saturating_add(1);
            (self.waited, self.doubts) = (0, 0);
            self.spoilt = false;
            return Action::Reset(step);
        }
        if !look.powered && look.reachable && look.capable {
            return Action::PowerUp;
        }
        Action::Wait
    }

    /// The next reset. The gentle ones, which need the modem's registers, are tried once; one out of reach gets those that need
    /// nothing of it.
    fn step(&self, reachable: bool) -> Step {
        let steps = Step::ALL.get(self.resets as usize..).filter(|_| reachable);
        if let Some(step) = steps.and_then(|steps| steps.first()) {
            return *step;
        }
        let rough: &[Step] = if reachable {
            &[Step::Function, Step::Bus, Step::Power]
        } else {
            &[Step::Bus, Step::Power]
        };
        // Those after the first round begin at the first of them again.
        let begun = if reachable { Step::ALL.len() } else { 0 };
        let index = (self.resets as usize).saturating_sub(begun);
        let index = index.checked_rem(rough.len()).unwrap_or(0);
        rough.get(index).copied().unwrap_or(Step::Power)
    }
}
