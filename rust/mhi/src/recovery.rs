// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
//! What a host does about a modem: one table of states and events, with a ladder of ever rougher resets for one that does not come up.
//! It looks once a second and is told what to do; to look and to act are the caller's. docs/recovery.md shows the table.

use crate::register::{self, STATUS_SYSERR};
use crate::{ExecutionEnvironment as E, State as Link};

/// What can be seen of a modem, and what the host knows of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Look {
    /// What runs in it; `None` if it cannot be reached, or reads as if it could not.
    pub environment: Option<E>,
    /// Its [`register::MHISTATUS`]; 0 if it cannot be reached.
    pub status: u32,
    /// The host side is powered up.
    pub powered: bool,
    /// The host was told that it is in mission mode, and not that it is no more.
    pub up: bool,
    /// The host was told that it crashed and does not restart by itself.
    pub dead: bool,
    /// Crashes since ever after which the MHI core has restarted it; wraps.
    pub crashes: u32,
    /// Transfers received since ever.
    pub received: u64,
    /// Its bus has cut it off: it must not be touched.
    pub cut_off: bool,
    /// Its memory image is asked for, and not fetched yet.
    pub dump: bool,
    /// It did not fall asleep or wake up as it was told.
    pub lost: bool,
}

/// What is known of a modem. The names are in [`State::ALL`]'s order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// Not up, or on its way there.
    Down,
    /// In mission mode.
    Up,
    /// Out of reach.
    Unreachable,
    /// Cut off by its bus.
    Frozen,
    /// In emergency download: it waits for what writes its flash.
    Emergency,
    /// Its flash is written.
    Download,
    /// It sleeps (M3), alone or with the machine.
    Asleep,
    /// Stopped, since the machine sleeps or goes down.
    Stopped,
}

/// What happens to a modem. The names are in [`Event::ALL`]'s order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Event {
    /// Seen: its bus cuts it off.
    CutOff,
    /// Seen: it has been cut off for so long that nobody else will bring it back.
    Forsaken,
    /// Seen: it did not fall asleep or wake up as it was told.
    Lost,
    /// Seen: its flash is written.
    Download,
    /// Seen: it waits for what writes its flash.
    Waits,
    /// Seen: it does, and was not offered that for a while.
    Asks,
    /// Seen: it crashed, and its memory image is wanted.
    Dump,
    /// Seen: in mission mode, and nothing is wrong.
    Well,
    /// Seen: nothing to be done but to wait.
    Busy,
    /// Seen: its software takes a power-up, and the host side is down.
    Ready,
    /// Seen: out of reach, which may pass.
    Away,
    /// Seen: not up, and it has had the time for that.
    Overdue,
    /// Nobody uses it, so that it may sleep alone.
    Idle,
    /// The machine goes to sleep.
    Suspend,
    /// An image of the machine's memory is made.
    Hibernate,
    /// The machine goes down, or another kernel takes over.
    Shutdown,
    /// Somebody uses it, or the machine is awake again.
    Wake,
    /// It was told to sleep and does not.
    Restless,
}

/// What to do. The names are in the order of `NAMES`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// Nothing.
    Wait,
    /// Not to do what the event is about, an error for who wants it.
    Refuse,
    /// Power the host side up.
    PowerUp,
    /// Power it down and reset the modem, by [`Machine::step`].
    Reset,
    /// Power it down, though the modem may not hear of it; that counts as a crash.
    Abandon,
    /// Power it down without touching the modem.
    CutOff,
    /// Take it for one that can be touched again.
    Thaw,
    /// Offer what writes its flash, by a power-up.
    Offer,
    /// Power the host side down, since the modem knows nothing of it any more.
    Forget,
    /// Fetch the memory image.
    Dump,
    /// Let it sleep (M3); if it does not, tell so by [`Event::Restless`] or [`Look::lost`].
    Sleep,
    /// Wake it; if it does not wake, tell so by [`Look::lost`].
    Wake,
    /// Power it down.
    Stop,
}

impl State {
    /// All, in the table's order.
    pub const ALL: [State; 8] = [
        State::Down,
        State::Up,
        State::Unreachable,
        State::Frozen,
        State::Emergency,
        State::Download,
        State::Asleep,
        State::Stopped,
    ];
}

impl Event {
    /// All, in the table's order.
    pub const ALL: [Event; 18] = [
        Event::CutOff,
        Event::Forsaken,
        Event::Lost,
        Event::Download,
        Event::Waits,
        Event::Asks,
        Event::Dump,
        Event::Well,
        Event::Busy,
        Event::Ready,
        Event::Away,
        Event::Overdue,
        Event::Idle,
        Event::Suspend,
        Event::Hibernate,
        Event::Shutdown,
        Event::Wake,
        Event::Restless,
    ];
}

/// What follows on an event in a state.
#[must_use]
pub const fn next(state: State, event: Event) -> (State, Action) {
    TABLE[event as usize][state as usize]
}

/// A row for each event, a column for each state.
#[rustfmt::skip]
static TABLE: [[(State, Action); State::ALL.len()]; Event::ALL.len()] = {
    use Action as A;
    use State::{Asleep, Down, Download, Emergency, Frozen, Stopped, Unreachable, Up};
    // Nobody looks at one that sleeps or is stopped.
    const ASLEEP: (State, Action) = (Asleep, A::Wait);
    const STOPPED: (State, Action) = (Stopped, A::Wait);
    [
        //               Down                    Up                      Unreachable               Frozen                   Emergency                Download                 Asleep              Stopped
        /* CutOff    */ [(Frozen, A::CutOff),    (Frozen, A::CutOff),    (Frozen, A::CutOff),      (Frozen, A::CutOff),     (Frozen, A::CutOff),     (Frozen, A::CutOff),     ASLEEP,             STOPPED],
        /* Forsaken  */ [(Unreachable, A::Thaw), (Unreachable, A::Thaw), (Unreachable, A::Thaw),   (Unreachable, A::Thaw),  (Unreachable, A::Thaw),  (Unreachable, A::Thaw),  ASLEEP,             STOPPED],
        /* Lost      */ [(Down, A::Abandon),     (Down, A::Abandon),     (Down, A::Abandon),       (Down, A::Abandon),      (Down, A::Abandon),      (Down, A::Abandon),      ASLEEP,             STOPPED],
        /* Download  */ [(Download, A::Wait),    (Download, A::Wait),    (Download, A::Wait),      (Download, A::Wait),     (Download, A::Wait),     (Download, A::Wait),     ASLEEP,             STOPPED],
        /* Waits     */ [(Emergency, A::Wait),   (Emergency, A::Wait),   (Emergency, A::Wait),     (Emergency, A::Wait),    (Emergency, A::Wait),    (Emergency, A::Wait),    ASLEEP,             STOPPED],
        /* Asks      */ [(Emergency, A::Offer),  (Emergency, A::Offer),  (Emergency, A::Offer),    (Emergency, A::Offer),   (Emergency, A::Offer),   (Emergency, A::Offer),   ASLEEP,             STOPPED],
        /* Dump      */ [(Down, A::Dump),        (Down, A::Dump),        (Down, A::Dump),          (Down, A::Dump),         (Down, A::Forget),       (Down, A::Forget),       ASLEEP,             STOPPED],
        /* Well      */ [(Up, A::Wait),          (Up, A::Wait),          (Up, A::Wait),            (Up, A::Wait),           (Down, A::Forget),       (Down, A::Forget),       ASLEEP,             STOPPED],
        /* Busy      */ [(Down, A::Wait),        (Down, A::Wait),        (Down, A::Wait),          (Down, A::Wait),         (Down, A::Forget),       (Down, A::Forget),       ASLEEP,             STOPPED],
        /* Ready     */ [(Down, A::PowerUp),     (Down, A::PowerUp),     (Down, A::PowerUp),       (Down, A::PowerUp),      (Down, A::Forget),       (Down, A::Forget),       ASLEEP,             STOPPED],
        /* Away      */ [(Unreachable, A::Wait), (Unreachable, A::Wait), (Unreachable, A::Wait),   (Unreachable, A::Wait),  (Emergency, A::Wait),    (Download, A::Wait),     ASLEEP,             STOPPED],
        /* Overdue   */ [(Down, A::Reset),       (Down, A::Reset),       (Unreachable, A::Reset),  (Unreachable, A::Reset), (Unreachable, A::Reset), (Unreachable, A::Reset), ASLEEP,             STOPPED],
        /* Idle      */ [(Down, A::Refuse),      (Asleep, A::Sleep),     (Unreachable, A::Refuse), (Frozen, A::Refuse),     (Emergency, A::Refuse),  (Download, A::Refuse),   ASLEEP,             (Stopped, A::Refuse)],
        /* Suspend   */ [(Stopped, A::Stop),     (Asleep, A::Sleep),     (Stopped, A::Stop),       (Stopped, A::CutOff),    (Stopped, A::Stop),      (Download, A::Refuse),   ASLEEP,             STOPPED],
        /* Hibernate */ [(Stopped, A::Stop),     (Stopped, A::Stop),     (Stopped, A::Stop),       (Stopped, A::CutOff),    (Stopped, A::Stop),      (Download, A::Refuse),   (Stopped, A::Stop), STOPPED],
        /* Shutdown  */ [(Stopped, A::Stop),     (Stopped, A::Stop),     (Stopped, A::Stop),       (Stopped, A::CutOff),    (Stopped, A::Stop),      (Stopped, A::Stop),      (Stopped, A::Stop), STOPPED],
        /* Wake      */ [(Down, A::Wait),        (Up, A::Wait),          (Unreachable, A::Wait),   (Frozen, A::Wait),       (Emergency, A::Wait),    (Download, A::Wait),     (Up, A::Wake),      (Down, A::Wait)],
        /* Restless  */ [(Down, A::Wait),        (Up, A::Wait),          (Unreachable, A::Wait),   (Frozen, A::Wait),       (Emergency, A::Wait),    (Download, A::Wait),     (Up, A::Wait),      STOPPED],
    ]
};

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

/// Why a modem is reset.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reason {
    /// It does not come up.
    Late,
    /// It crashed and does not restart by itself.
    Dead,
    /// It crashes again and again.
    Loops,
    /// It is out of reach.
    Away,
}

/// Looks to wait before the first reset, the second, and so on; the last one is for all later ones.
const BACK_OFF: [u32; 7] = [1, 2, 5, 10, 20, 40, 60];
/// Looks in a row at which a modem that should be up looks otherwise, until it is taken for crashed.
const DOUBTS: u32 = 2;
/// Looks in a row at which the MHI core may leave a crash alone.
const MOST_IGNORED: u32 = 2;
/// Looks in a row at which the modem may be at work without the MHI core having heard of it.
const MOST_UNHEARD: u32 = 10;
/// Looks until a modem that was cut off is tried to be brought back all the same: the bus itself takes up to a minute.
const MOST_CUT_OFF: u32 = 75;
/// Looks in a row at which one whose flash is written may be out of reach: it restarts meanwhile.
const MOST_AWAY: u32 = 120;
/// Looks after which one that waits for what writes its flash is offered it again.
const OFFER: u32 = 60;
/// Crashes in a row, with nothing received in between, after which a restart by the MHI core is not enough.
const MOST_CRASHES: u32 = 5;
/// Looks in a row at which it is well, after which those are forgotten.
const CALM: u32 = 60;

/// The state between looks.
#[derive(Clone, Debug)]
pub struct Machine {
    state: State,
    /// Looks that a modem may need to come up.
    patience: u32,
    /// Looks since the last reset, or since it was up.
    waited: u32,
    /// Resets since it was up.
    resets: u32,
    /// Looks in a row at which it should have been up and was out of reach or crashed.
    doubts: u32,
    /// It was out of reach since it was up, or while it came up: what the host side has read of it then is worth nothing.
    spoilt: bool,
    /// Looks in a row at which it said that it had crashed, and nobody did anything about it.
    ignored: u32,
    /// Looks in a row at which it was at work, and the MHI core waited to hear that.
    unheard: u32,
    /// Looks in this state: cut off, or in emergency download since it was offered something.
    here: u32,
    /// Looks in a row at which it was out of reach in emergency download.
    away: u32,
    /// Crashes and transfers at the last look.
    seen: (u32, u64),
    /// Crashes in a row with nothing received in between.
    crashes: u32,
    /// Looks in a row at which it was well.
    calm: u32,
    /// Looks left before a power-up.
    hold: u32,
    /// Why it is to be reset.
    reason: Reason,
}

impl Machine {
    /// For a modem that may need `patience` looks to come up.
    #[must_use]
    pub const fn new(patience: u32) -> Self {
        Self {
            state: State::Down,
            patience,
            waited: 0,
            resets: 0,
            doubts: 0,
            spoilt: false,
            ignored: 0,
            unheard: 0,
            here: 0,
            away: 0,
            seen: (0, 0),
            crashes: 0,
            calm: 0,
            hold: 0,
            reason: Reason::Late,
        }
    }

    /// What is known of the modem.
    #[must_use]
    pub const fn state(&self) -> State {
        self.state
    }

    /// Resets since the modem was up.
    #[must_use]
    pub const fn resets(&self) -> u32 {
        self.resets
    }

    /// Why a modem is to be reset, after [`Action::Reset`].
    #[must_use]
    pub const fn reason(&self) -> Reason {
        self.reason
    }

    /// What to do after a look.
    pub fn look(&mut self, look: &Look) -> Action {
        let event = self.event(look);
        self.tell(event)
    }

    /// What to do after something else has happened.
    pub fn tell(&mut self, event: Event) -> Action {
        let (state, action) = next(self.state, event);
        if state != self.state {
            self.here = 0;
        }
        self.state = state;
        action
    }

    /// What a look means. The order is what matters most first.
    fn event(&mut self, look: &Look) -> Event {
        self.here = self.here.saturating_add(1);
        if look.cut_off {
            return match self.state {
                State::Frozen if self.here >= MOST_CUT_OFF => Event::Forsaken,
                _ => Event::CutOff,
            };
        }
        if look.lost {
            return Event::Lost;
        }
        let download = matches!(self.state, State::Emergency | State::Download);
        match look.environment {
            // It has not been offered anything when it comes here.
            Some(E::EDL) if self.state != State::Emergency || self.here >= OFFER => {
                (self.here, self.away) = (0, 0);
                return Event::Asks;
            }
            Some(E::EDL) => {
                self.away = 0;
                return Event::Waits;
            }
            Some(E::FP) => {
                self.away = 0;
                return Event::Download;
            }
            _ => {}
        }
        if download {
            self.away = self.away.saturating_add(1);
            if look.environment.is_none() && self.away < MOST_AWAY {
                return Event::Away;
            }
        }
        if look.environment == Some(E::RDDM) && look.dump {
            return Event::Dump;
        }
        self.ladder(look, download)
    }

    /// What a look means to the ladder.
    fn ladder(&mut self, look: &Look, download: bool) -> Event {
        let reachable = look.environment.is_some();
        let crashed = self.is_crashed(look);
        let crashed_again = self.count_crashes(look);
        self.spoilt = look.powered && (self.spoilt || !reachable);
        self.hold = self.hold.saturating_sub(1);
        if download && reachable {
            return Event::Busy;
        }
        if crashed_again && self.crashes > MOST_CRASHES {
            // It restarts by itself, and crashes again. It gets a reset, and some time.
            self.hold = self.back_off();
            return self.overdue(Reason::Loops);
        }
        if crashed_again {
            return Event::Busy; // though it may be up by now, everybody is to hear of it
        }
        if look.up {
            if reachable && !crashed {
                return self.well();
            }
            self.doubts = self.doubts.saturating_add(1);
            if self.doubts < DOUBTS {
                return if reachable { Event::Busy } else { Event::Away };
            }
        }
        self.waited = self.waited.saturating_add(1);
        let hopeless = !reachable || crashed || self.spoilt;
        let limit = match hopeless {
            true => self.back_off(),
            false => self.patience.saturating_add(self.back_off()),
        };
        let capable = matches!(look.environment, Some(E::PTHRU | E::AMSS));
        if self.waited >= limit {
            self.overdue(match (reachable, crashed) {
                (false, _) => Reason::Away,
                (true, true) => Reason::Dead,
                (true, false) => Reason::Late,
            })
        } else if !reachable {
            Event::Away
        } else if capable && !look.powered && self.hold == 0 {
            Event::Ready
        } else {
            Event::Busy
        }
    }

    /// Whether it crashed and does not restart by itself, or looks so.
    fn is_crashed(&mut self, look: &Look) -> bool {
        let waits = look.powered && !look.up;
        let reports = look.status & STATUS_SYSERR != 0;
        let works = matches!(register::state(look.status), Link::READY | Link::M0);
        let count = |looks: u32, goes_on: bool| if goes_on { looks.saturating_add(1) } else { 0 };
        // The MHI core answers at once, if it notices.
        self.ignored = count(self.ignored, waits && look.environment.is_some() && reports);
        let unheard = waits && look.environment == Some(E::AMSS) && works;
        self.unheard = count(self.unheard, unheard);
        match (look.up, look.powered) {
            (true, _) => reports || look.environment != Some(E::AMSS),
            (false, true) => {
                look.dead || self.ignored > MOST_IGNORED || self.unheard > MOST_UNHEARD
            }
            (false, false) => look.environment == Some(E::RDDM),
        }
    }

    /// Whether it has crashed since the last look, and restarts.
    fn count_crashes(&mut self, look: &Look) -> bool {
        let (crashes, received) = core::mem::replace(&mut self.seen, (look.crashes, look.received));
        let new = look.crashes.wrapping_sub(crashes);
        if received != look.received {
            self.crashes = 0;
        }
        self.crashes = self.crashes.saturating_add(new);
        new > 0
    }

    fn well(&mut self) -> Event {
        self.calm = self.calm.saturating_add(1);
        if self.calm >= CALM {
            self.crashes = 0;
        }
        if self.crashes <= MOST_CRASHES {
            self.resets = 0;
        }
        (self.waited, self.doubts) = (0, 0);
        self.spoilt = false;
        Event::Well
    }

    fn overdue(&mut self, reason: Reason) -> Event {
        self.reason = reason;
        (self.waited, self.doubts, self.calm) = (0, 0, 0);
        self.spoilt = false;
        Event::Overdue
    }

    fn back_off(&self) -> u32 {
        let last = BACK_OFF.len().saturating_sub(1);
        let looks = BACK_OFF.get((self.resets as usize).min(last)).copied();
        looks.unwrap_or(60)
    }

    /// The next reset, of a modem whose registers can be read, or not. The gentle ones, which need them, are tried once; one out of
    /// reach gets those that need nothing of it.
    pub fn step(&mut self, reachable: bool) -> Step {
        let resets = self.resets as usize;
        self.resets = self.resets.saturating_add(1);
        let steps = Step::ALL.get(resets..).filter(|_| reachable);
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
        let index = resets.saturating_sub(begun);
        let index = index.checked_rem(rough.len()).unwrap_or(0);
        rough.get(index).copied().unwrap_or(Step::Power)
    }
}
