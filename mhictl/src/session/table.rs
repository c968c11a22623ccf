// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
//! The session's states and the one table of their transitions: (state, trigger) -> (state, action).
//! `session` turns replies and time into triggers and carries the actions out; what is not in the table is refused and logged.

/// Where a session stands. The order is that of a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// Waits for the port to be there and to open.
    Opening,
    /// Has the proxy open the port and sync the modem.
    Attaching,
    /// Reads which services there are.
    Versions,
    /// Allocates one client id after the other.
    Clients,
    /// Reads the firmware's revision.
    Firmware,
    /// Reads the operating mode.
    Mode,
    /// Switches the radio on.
    Power,
    /// A program of the user's opens the lock on the radio.
    Unlocking,
    /// Waits for its turn at the SIM, which no two sessions may give a PIN to at once.
    Turn,
    /// Reads the SIM's state.
    Sim,
    /// Verifies the PIN.
    Unlock,
    /// Asks for registration indications.
    Subscribe,
    /// Reads the registration.
    Serving,
    /// Reads the technologies.
    Systems,
    /// Waits for its turn to agree on the format of the data channel, which all sessions of a modem share.
    Claim,
    /// Proposes one QMAP version after the other.
    Format,
    /// Reads the format back.
    ReadFormat,
    /// The kernel makes the mux link.
    Link,
    /// Binds the family's client to the mux id.
    Bind,
    /// Sets the family.
    Family,
    /// Starts the network.
    Start,
    /// Reads addresses and DNS.
    Settings,
    /// The kernel takes addresses, routes and DNS.
    Configure,
    /// Traffic flows.
    Up,
    /// Reads the settings again while up.
    Refresh,
    /// Stops one network after the other.
    Stop,
    /// Gives one client id back after the other.
    Release,
    /// Waits for the next attempt.
    Rest,
    /// Nothing is left to do.
    Ended,
}

impl State {
    /// Its name for people and in JSON, where it never changes.
    pub fn name(self) -> &'static str {
        match self {
            State::Opening => "opening",
            State::Attaching => "attaching",
            State::Versions => "versions",
            State::Clients => "clients",
            State::Firmware => "firmware",
            State::Mode => "mode",
            State::Power => "power",
            State::Unlocking => "unlocking",
            State::Turn => "turn",
            State::Sim => "sim",
            State::Unlock => "unlock",
            State::Subscribe => "subscribe",
            State::Serving => "serving",
            State::Systems => "systems",
            State::Claim => "claim",
            State::Format => "format",
            State::ReadFormat => "readformat",
            State::Link => "link",
            State::Bind => "bind",
            State::Family => "family",
            State::Start => "start",
            State::Settings => "settings",
            State::Configure => "configure",
            State::Up => "up",
            State::Refresh => "refresh",
            State::Stop => "stop",
            State::Release => "release",
            State::Rest => "rest",
            State::Ended => "ended",
        }
    }
}

/// What happened, in the terms of the table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trigger {
    /// The state's work is done.
    Done,
    /// Part of it is done, or it is to be tried once more.
    Again,
    /// The modem is not so far yet.
    NotYet,
    /// The state's timer ran out.
    Tick,
    /// The radio is off.
    Off,
    /// Something is locked, and there is a key to try: the SIM and its PIN, the radio and a program.
    Locked,
    /// Something that the state reads has changed.
    Changed,
    /// The network refuses how the user was authenticated, and there is another way.
    Otherwise,
    /// Nothing is left to do there: a family was refused but another one is up, or other sessions have agreed on a format.
    Enough,
    /// This attempt failed.
    Failed,
    /// The modem restarted: client ids and sessions are gone.
    Reset,
    /// The port is gone.
    Lost,
    /// The user wants an end.
    Quit,
    /// It is to end now: after a release, for want of a port, or because the user insists.
    Over,
}

/// What to do on a transition; each is the verb of the state that it leads to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    Nothing,
    Wait,
    Open,
    Reopen,
    Attach,
    AskVersions,
    Allocate,
    AskFirmware,
    AskMode,
    SetOnline,
    UnlockRadio,
    TakeTurn,
    AskSim,
    VerifyPin,
    Subscribe,
    AskServing,
    AskSystems,
    Claim,
    SetFormat,
    AskFormat,
    MakeLink,
    Bind,
    SetFamily,
    StartNetwork,
    AskSettings,
    Configure,
    Announce,
    Watch,
    AskSettingsAgain,
    TakeDown,
    StopNetwork,
    ReleaseClient,
    Rest,
    Finish,
}

/// One row: in `from` (anywhere but [`State::Ended`] if none), `trigger` leads to `to` by way of `action`.
#[derive(Clone, Copy, Debug)]
pub struct Row {
    /// State before.
    pub from: Option<State>,
    /// What happened.
    pub trigger: Trigger,
    /// State after.
    pub to: State,
    /// What to do.
    pub action: Action,
}

const fn on(from: State, trigger: Trigger, to: State, action: Action) -> Row {
    Row {
        from: Some(from),
        trigger,
        to,
        action,
    }
}

const fn anywhere(trigger: Trigger, to: State, action: Action) -> Row {
    Row {
        from: None,
        trigger,
        to,
        action,
    }
}

/// The table; the first row that fits counts, so rows for one state stand before those for any.
#[rustfmt::skip]
pub const TABLE: &[Row] = &[
    on(State::Opening,    Trigger::Done,    State::Attaching,  Action::Attach),
    on(State::Opening,    Trigger::NotYet,  State::Opening,    Action::Wait),
    on(State::Opening,    Trigger::Again,   State::Rest,       Action::Rest),
    on(State::Opening,    Trigger::Tick,    State::Opening,    Action::Open),
    on(State::Opening,    Trigger::Lost,    State::Opening,    Action::Wait),
    on(State::Opening,    Trigger::Reset,   State::Opening,    Action::Nothing),
    on(State::Attaching,  Trigger::Done,    State::Versions,   Action::AskVersions),
    on(State::Attaching,  Trigger::Reset,   State::Attaching,  Action::Nothing),
    on(State::Versions,   Trigger::Done,    State::Clients,    Action::Allocate),
    on(State::Clients,    Trigger::Again,   State::Clients,    Action::Allocate),
    on(State::Clients,    Trigger::Done,    State::Firmware,   Action::AskFirmware),
    on(State::Firmware,   Trigger::Done,    State::Mode,       Action::AskMode),
    on(State::Mode,       Trigger::Done,    State::Turn,       Action::TakeTurn),
    on(State::Mode,       Trigger::Off,     State::Power,      Action::SetOnline),
    on(State::Power,      Trigger::Done,    State::Turn,       Action::TakeTurn),
    on(State::Power,      Trigger::Locked,  State::Unlocking,  Action::UnlockRadio),
    on(State::Power,      Trigger::NotYet,  State::Power,      Action::Wait),
    on(State::Power,      Trigger::Tick,    State::Power,      Action::SetOnline),
    on(State::Unlocking,  Trigger::Done,    State::Power,      Action::SetOnline),
    on(State::Turn,       Trigger::NotYet,  State::Turn,       Action::Wait),
    on(State::Turn,       Trigger::Tick,    State::Turn,       Action::TakeTurn),
    on(State::Turn,       Trigger::Done,    State::Sim,        Action::AskSim),
    on(State::Sim,        Trigger::Done,    State::Subscribe,  Action::Subscribe),
    on(State::Sim,        Trigger::NotYet,  State::Sim,        Action::Wait),
    on(State::Sim,        Trigger::Tick,    State::Sim,        Action::AskSim),
    on(State::Sim,        Trigger::Locked,  State::Unlock,     Action::VerifyPin),
    on(State::Unlock,     Trigger::Done,    State::Sim,        Action::AskSim),
    on(State::Subscribe,  Trigger::Done,    State::Serving,    Action::AskServing),
    on(State::Serving,    Trigger::Done,    State::Systems,    Action::AskSystems),
    on(State::Serving,    Trigger::Tick,    State::Serving,    Action::AskServing),
    on(State::Serving,    Trigger::Changed, State::Serving,    Action::AskServing),
    on(State::Systems,    Trigger::NotYet,  State::Serving,    Action::Wait),
    on(State::Systems,    Trigger::Changed, State::Serving,    Action::AskServing),
    on(State::Systems,    Trigger::Done,    State::Claim,      Action::Claim),
    on(State::Claim,      Trigger::NotYet,  State::Claim,      Action::Wait),
    on(State::Claim,      Trigger::Tick,    State::Claim,      Action::Claim),
    on(State::Claim,      Trigger::Done,    State::Format,     Action::SetFormat),
    on(State::Claim,      Trigger::Enough,  State::ReadFormat, Action::AskFormat),
    on(State::Format,     Trigger::Again,   State::Format,     Action::SetFormat),
    on(State::Format,     Trigger::Done,    State::ReadFormat, Action::AskFormat),
    on(State::ReadFormat, Trigger::Again,   State::Format,     Action::SetFormat),
    on(State::ReadFormat, Trigger::Done,    State::Link,       Action::MakeLink),
    on(State::Link,       Trigger::Done,    State::Bind,       Action::Bind),
    on(State::Bind,       Trigger::Done,    State::Family,     Action::SetFamily),
    on(State::Bind,       Trigger::Again,   State::Bind,       Action::Bind),
    on(State::Bind,       Trigger::Enough,  State::Configure,  Action::Configure),
    on(State::Family,     Trigger::Done,    State::Start,      Action::StartNetwork),
    on(State::Family,     Trigger::Again,   State::Bind,       Action::Bind),
    on(State::Family,     Trigger::Enough,  State::Configure,  Action::Configure),
    on(State::Start,      Trigger::Done,    State::Settings,   Action::AskSettings),
    on(State::Start,      Trigger::Again,   State::Bind,       Action::Bind),
    on(State::Start,      Trigger::Otherwise, State::Start,    Action::StartNetwork),
    on(State::Start,      Trigger::Enough,  State::Configure,  Action::Configure),
    on(State::Settings,   Trigger::Again,   State::Bind,       Action::Bind),
    on(State::Settings,   Trigger::Done,    State::Configure,  Action::Configure),
    on(State::Configure,  Trigger::Done,    State::Up,         Action::Announce),
    on(State::Up,         Trigger::Tick,    State::Up,         Action::Watch),
    on(State::Up,         Trigger::Changed, State::Refresh,    Action::AskSettingsAgain),
    on(State::Refresh,    Trigger::Again,   State::Refresh,    Action::AskSettings),
    on(State::Refresh,    Trigger::Done,    State::Configure,  Action::Configure),
    // The way down. What fails there is passed over: the modem may be gone, and the proxy cleans up.
    on(State::Stop,       Trigger::Again,   State::Stop,       Action::StopNetwork),
    on(State::Stop,       Trigger::Done,    State::Release,    Action::ReleaseClient),
    on(State::Stop,       Trigger::Quit,    State::Stop,       Action::Nothing),
    on(State::Stop,       Trigger::Reset,   State::Release,    Action::ReleaseClient),
    on(State::Release,    Trigger::Again,   State::Release,    Action::ReleaseClient),
    on(State::Release,    Trigger::Done,    State::Rest,       Action::Rest),
    on(State::Release,    Trigger::Quit,    State::Release,    Action::Nothing),
    on(State::Release,    Trigger::Reset,   State::Release,    Action::ReleaseClient),
    // By a port opened anew: that restarts its channel, which may be what is wrong.
    on(State::Rest,       Trigger::Tick,    State::Opening,    Action::Reopen),
    on(State::Rest,       Trigger::Reset,   State::Rest,       Action::Nothing),
    on(State::Rest,       Trigger::Quit,    State::Ended,      Action::Finish),
    on(State::Opening,    Trigger::Quit,    State::Ended,      Action::Finish),
    on(State::Opening,    Trigger::Failed,  State::Ended,      Action::Finish),
    anywhere(             Trigger::Failed,  State::Stop,       Action::TakeDown),
    anywhere(             Trigger::Quit,    State::Stop,       Action::TakeDown),
    anywhere(             Trigger::Reset,   State::Opening,    Action::Reopen),
    anywhere(             Trigger::Lost,    State::Opening,    Action::Reopen),
    anywhere(             Trigger::Over,    State::Ended,      Action::Finish),
];

/// Where `trigger` leads from `state`; none if the table has no such row.
pub fn lookup(state: State, trigger: Trigger) -> Option<(State, Action)> {
    if state == State::Ended {
        return None;
    }
    TABLE
        .iter()
        .find(|row| row.trigger == trigger && row.from.is_none_or(|from| from == state))
        .map(|row| (row.to, row.action))
}

#[cfg(test)]
mod tests {
    use super::*;

    const STATES: [State; 29] = {
        use State::*;
        [
            Opening, Attaching, Versions, Clients, Firmware, Mode, Power, Unlocking, Turn, Sim,
            Unlock, Subscribe, Serving, Systems, Claim, Format, ReadFormat, Link, Bind, Family,
            Start, Settings, Configure, Up, Refresh, Stop, Release, Rest, Ended,
        ]
    };

    #[test]
    fn names_are_those_that_the_readme_has() {
        let readme = include_str!("../../../README.md");
        let head = "| `sessions[].state` |";
        let row = readme.lines().find(|line| line.starts_with(head)).unwrap();
        let documented: Vec<&str> = row.split('`').skip(3).step_by(2).collect();
        assert_eq!(documented, STATES.map(State::name));
    }

    #[test]
    fn every_row_is_reachable_by_lookup() {
        for row in TABLE {
            let from = row.from.unwrap_or(State::Up);
            assert_eq!(
                lookup(from, row.trigger),
                Some((row.to, row.action)),
                "{row:?}"
            );
        }
    }

    #[test]
    fn no_two_rows_contradict() {
        for (at, row) in TABLE.iter().enumerate() {
            for other in &TABLE[at + 1..] {
                assert!(
                    row.from != other.from || row.trigger != other.trigger,
                    "{row:?} {other:?}"
                );
            }
        }
    }

    #[test]
    fn rows_for_any_state_stand_last() {
        let first = TABLE.iter().position(|row| row.from.is_none()).unwrap();
        assert!(TABLE[first..].iter().all(|row| row.from.is_none()));
    }

    #[test]
    fn every_state_but_the_last_can_be_left_and_ended() {
        for state in STATES {
            let ends = lookup(state, Trigger::Over);
            assert_eq!(ends.is_some(), state != State::Ended);
            if state != State::Ended {
                assert!(lookup(state, Trigger::Quit).is_some(), "{state:?}");
                assert!(lookup(state, Trigger::Lost).is_some(), "{state:?}");
                assert!(lookup(state, Trigger::Failed).is_some(), "{state:?}");
                assert!(lookup(state, Trigger::Reset).is_some(), "{state:?}");
            }
        }
    }

    #[test]
    fn every_state_is_entered_by_some_row() {
        for state in STATES {
            assert!(TABLE.iter().any(|row| row.to == state), "{state:?}");
        }
    }

    #[test]
    fn ended_takes_nothing() {
        for row in TABLE {
            assert_eq!(lookup(State::Ended, row.trigger), None);
        }
    }
}
