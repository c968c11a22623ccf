// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
//! The table, pair by pair, and the ladder, look by look.

use mhi::recovery::{next, Action, Event, Look, Machine, Reason, State, Step};
use mhi::{register, ExecutionEnvironment as E};

const UP: Look = Look {
    environment: Some(E::AMSS),
    status: 0x200 | register::STATUS_READY, // M0
    powered: true,
    up: true,
    dead: false,
    crashes: 0,
    received: 0,
    cut_off: false,
    dump: false,
    lost: false,
};
/// On its way: the host side is up, the modem in its second boot loader.
const COMING: Look = Look {
    environment: Some(E::SBL),
    up: false,
    ..UP
};
const DOWN: Look = Look {
    powered: false,
    up: false,
    status: 0,
    ..UP
};
const GONE: Look = Look {
    environment: None,
    ..DOWN
};
const DEAD: Look = Look {
    dead: true,
    ..COMING
};

fn at(environment: E) -> Look {
    Look {
        environment: Some(environment),
        ..DOWN
    }
}

/// The looks until each of `count` resets, and which they were.
fn resets(machine: &mut Machine, look: Look, count: usize) -> Vec<(u32, Step)> {
    let mut found = Vec::new();
    let mut looks = 0;
    while found.len() < count {
        looks += 1;
        assert!(looks < 10_000);
        if machine.look(&look) == Action::Reset {
            let step = machine.step(look.environment.is_some());
            found.push((std::mem::take(&mut looks), step));
        }
    }
    found
}

/// Puts a new machine into a state.
fn in_state(state: State) -> Machine {
    let mut machine = Machine::new(60);
    let events: &[Event] = match state {
        State::Down => &[],
        State::Up => &[Event::Well],
        State::Unreachable => &[Event::Away],
        State::Frozen => &[Event::CutOff],
        State::Emergency => &[Event::Waits],
        State::Download => &[Event::Download],
        State::Asleep => &[Event::Well, Event::Idle],
        State::Stopped => &[Event::Shutdown],
    };
    for event in events {
        let _ = machine.tell(*event);
    }
    assert_eq!(machine.state(), state);
    machine
}

const PM: [Event; 6] = [
    Event::Idle,
    Event::Suspend,
    Event::Hibernate,
    Event::Shutdown,
    Event::Wake,
    Event::Restless,
];

#[test]
fn names_are_in_the_tables_order() {
    for (index, state) in State::ALL.into_iter().enumerate() {
        assert_eq!(index, state as usize);
    }
    for (index, event) in Event::ALL.into_iter().enumerate() {
        assert_eq!(index, event as usize);
    }
}

/// What must hold whatever happens, in each of the table's cells.
#[test]
fn each_pair_keeps_the_rules() {
    for state in State::ALL {
        for event in Event::ALL {
            let (then, action) = next(state, event);
            let cell = format!("{event:?} when {state:?}: {then:?}, {action:?}");
            let seen = !PM.contains(&event);
            // Nobody touches one that sleeps or is stopped, but who wakes or stops it.
            if matches!(state, State::Asleep | State::Stopped) && seen {
                assert_eq!((then, action), (state, Action::Wait), "{cell}");
            }
            // Each action has one reason.
            match action {
                Action::Wait => {}
                Action::Refuse => assert!(PM.contains(&event), "{cell}"),
                Action::PowerUp => assert_eq!(event, Event::Ready, "{cell}"),
                Action::Reset => assert_eq!(event, Event::Overdue, "{cell}"),
                Action::Abandon => assert_eq!(event, Event::Lost, "{cell}"),
                Action::Thaw => assert_eq!(event, Event::Forsaken, "{cell}"),
                Action::Offer => assert_eq!(event, Event::Asks, "{cell}"),
                Action::Forget => assert!(
                    matches!(state, State::Emergency | State::Download),
                    "{cell}"
                ),
                Action::Dump => assert_eq!(event, Event::Dump, "{cell}"),
                Action::Sleep => assert!(
                    state == State::Up && matches!(event, Event::Idle | Event::Suspend),
                    "{cell}"
                ),
                Action::Wake => {
                    assert_eq!((state, event), (State::Asleep, Event::Wake), "{cell}");
                }
                Action::Stop => assert!(
                    matches!(event, Event::Suspend | Event::Hibernate | Event::Shutdown),
                    "{cell}"
                ),
                Action::CutOff => assert!(
                    event == Event::CutOff || state == State::Frozen && PM.contains(&event),
                    "{cell}"
                ),
            }
            // What is cut off is not touched, whatever the machine does.
            if state == State::Frozen && PM.contains(&event) {
                assert!(
                    matches!(action, Action::Wait | Action::CutOff | Action::Refuse),
                    "{cell}"
                );
            }
            // A flash that is written is left alone, but by a machine that goes down.
            if state == State::Download
                && matches!(
                    event,
                    Event::Download | Event::Away | Event::Idle | Event::Suspend | Event::Hibernate
                )
            {
                assert!(matches!(action, Action::Wait | Action::Refuse), "{cell}");
                assert_eq!(then, State::Download, "{cell}");
            }
            // The machine goes to sleep with nothing at work, or not at all.
            if matches!(event, Event::Suspend | Event::Hibernate | Event::Shutdown) {
                let rests = matches!(then, State::Asleep | State::Stopped);
                assert!(rests || action == Action::Refuse, "{cell}");
            }
            if event == Event::Shutdown {
                assert_eq!(then, State::Stopped, "{cell}");
            }
            // A machine that is awake looks again.
            if event == Event::Wake {
                assert!(!matches!(then, State::Asleep | State::Stopped), "{cell}");
            }
            // What is well is up, at the second look at the latest.
            if event == Event::Well && seen && !matches!(state, State::Asleep | State::Stopped) {
                assert_eq!(next(then, Event::Well), (State::Up, Action::Wait), "{cell}");
            }
        }
    }
}

/// From wherever it is, a modem that can be powered up is, and one that is well is up.
#[test]
fn each_state_leads_to_up() {
    for state in State::ALL {
        let mut machine = in_state(state);
        let _ = machine.tell(Event::Wake);
        let mut woken = false;
        for _ in 0..200 {
            woken |= machine.look(&DOWN) == Action::PowerUp;
        }
        assert!(woken, "{state:?}");
        for _ in 0..2 {
            let _ = machine.look(&UP);
        }
        assert_eq!(machine.state(), State::Up, "{state:?}");
    }
}

/// Wherever it is, one that does not come up is reset in the end, and no other one.
#[test]
fn each_state_leads_to_a_reset_and_to_no_other() {
    for state in State::ALL {
        for look in [COMING, DEAD, GONE, at(E::RDDM), at(E::SBL), at(E::PBL)] {
            let mut machine = in_state(state);
            let _ = machine.tell(Event::Wake);
            resets(&mut machine, look, 3);
        }
        for look in [UP, at(E::EDL), at(E::FP)] {
            let mut machine = in_state(state);
            let _ = machine.tell(Event::Wake);
            for _ in 0..1000 {
                assert_ne!(machine.look(&look), Action::Reset, "{state:?} {look:?}");
            }
        }
    }
}

/// Every look at a machine in every state: what it says to do can be done.
#[test]
fn each_look_leads_to_what_can_be_done() {
    let environments = (0..=8).map(E).map(Some).chain([None]);
    for state in State::ALL {
        for environment in environments.clone() {
            for status in [0, 0x100, 0x200, 0x300, 0xff04, 4] {
                for flags in 0..64u32 {
                    let flag = |bit: u32| (flags >> bit) & 1 == 1;
                    let look = Look {
                        environment,
                        status: if environment.is_some() { status } else { 0 },
                        powered: flag(0),
                        up: flag(0) && flag(1),
                        dead: flag(2),
                        cut_off: flag(3),
                        dump: flag(4),
                        lost: flag(5),
                        ..UP
                    };
                    let mut machine = in_state(state);
                    for _ in 0..4 {
                        let action = machine.look(&look);
                        let case = format!("{state:?} {look:?}: {action:?}");
                        let flashes = matches!(environment, Some(E::EDL | E::FP));
                        match action {
                            Action::PowerUp => {
                                assert!(!look.powered && !look.cut_off, "{case}");
                                assert!(matches!(environment, Some(E::AMSS | E::PTHRU)), "{case}");
                            }
                            Action::Offer => assert_eq!(environment, Some(E::EDL), "{case}"),
                            Action::Reset => assert!(!flashes && !look.cut_off, "{case}"),
                            Action::Dump => {
                                assert!(look.dump && environment == Some(E::RDDM), "{case}");
                            }
                            Action::Abandon => assert!(look.lost, "{case}"),
                            Action::CutOff => assert!(look.cut_off, "{case}"),
                            _ => {}
                        }
                        if matches!(state, State::Asleep | State::Stopped) {
                            assert_eq!(action, Action::Wait, "{case}");
                        }
                    }
                }
            }
        }
    }
}

#[test]
fn a_modem_that_is_up_is_left_alone() {
    let mut machine = Machine::new(60);
    assert!((0..1000).all(|_| machine.look(&UP) == Action::Wait));
    assert_eq!(machine.state(), State::Up);
}

#[test]
fn one_that_can_be_powered_up_is() {
    let mut machine = Machine::new(60);
    assert_eq!(machine.look(&DOWN), Action::PowerUp);
    // The MHI core would want firmware for one in its first boot loader, and takes none in its second one.
    assert_eq!(machine.look(&at(E::PBL)), Action::Wait);
    assert_eq!(machine.look(&at(E::SBL)), Action::Wait);
    assert_eq!(machine.look(&at(E::PTHRU)), Action::PowerUp);
}

#[test]
fn one_that_does_not_come_up_is_reset_by_all_steps_again_and_again() {
    use Step::{Bus, Function, Interface, Power, Soc};
    let mut machine = Machine::new(60);
    let found = resets(&mut machine, COMING, 9);
    assert_eq!(machine.reason(), Reason::Late);
    let steps: Vec<_> = found.iter().map(|(_, step)| *step).collect();
    assert_eq!(
        steps,
        [Interface, Soc, Function, Bus, Power, Function, Bus, Power, Function]
    );
    let looks: Vec<_> = found.iter().map(|(looks, _)| *looks).collect();
    assert_eq!(looks, [61, 62, 65, 70, 80, 100, 120, 120, 120]);
}

#[test]
fn one_that_crashed_for_good_is_reset_soon() {
    let mut machine = Machine::new(60);
    let found = resets(&mut machine, DEAD, 3);
    assert_eq!(
        found,
        [(1, Step::Interface), (2, Step::Soc), (5, Step::Function)]
    );
    assert_eq!(machine.reason(), Reason::Dead);
}

#[test]
fn one_that_says_so_and_is_not_heard_is_reset_soon() {
    let crashed = Look {
        status: register::STATUS_SYSERR,
        ..COMING
    };
    assert_eq!(
        resets(&mut Machine::new(60), crashed, 1),
        [(3, Step::Interface)]
    );
    let at_work = Look { up: false, ..UP };
    assert_eq!(
        resets(&mut Machine::new(60), at_work, 1),
        [(11, Step::Interface)]
    );
}

#[test]
fn one_out_of_reach_gets_the_resets_that_need_no_registers() {
    use Step::{Bus, Power};
    let mut machine = Machine::new(60);
    let steps: Vec<_> = resets(&mut machine, GONE, 5)
        .into_iter()
        .map(|(_, step)| step)
        .collect();
    assert_eq!(steps, [Bus, Power, Bus, Power, Bus]);
    assert_eq!(machine.reason(), Reason::Away);
    assert_eq!(machine.state(), State::Unreachable);
}

#[test]
fn a_single_look_that_went_wrong_does_no_harm() {
    let mut machine = Machine::new(60);
    let odd = Look {
        status: register::STATUS_SYSERR,
        ..UP
    };
    for _ in 0..10 {
        assert_eq!(machine.look(&odd), Action::Wait);
        assert_eq!(machine.state(), State::Down);
        assert_eq!(machine.look(&UP), Action::Wait);
        assert_eq!(machine.state(), State::Up);
    }
    assert_eq!(machine.look(&odd), Action::Wait);
    assert_eq!(machine.look(&odd), Action::Reset);
    assert_eq!(machine.step(true), Step::Interface);
}

#[test]
fn success_starts_from_below() {
    let mut machine = Machine::new(60);
    resets(&mut machine, COMING, 4);
    assert_eq!(machine.resets(), 4);
    let _ = machine.look(&UP);
    assert_eq!(machine.resets(), 0);
    assert_eq!(resets(&mut machine, COMING, 1), [(61, Step::Interface)]);
}

#[test]
fn one_that_comes_up_again_after_it_was_out_of_reach_is_reset_first() {
    let mut machine = Machine::new(60);
    let away = Look {
        environment: None,
        status: 0,
        ..UP
    };
    assert_eq!(machine.look(&away), Action::Wait);
    assert_eq!(machine.state(), State::Unreachable);
    assert_eq!(resets(&mut machine, COMING, 1), [(1, Step::Interface)]);
    // Once is enough.
    assert_eq!(resets(&mut machine, COMING, 1), [(62, Step::Soc)]);
    // If it is still up, nothing has happened.
    assert_eq!(machine.look(&UP), Action::Wait);
    assert_eq!(machine.look(&away), Action::Wait);
    assert_eq!(machine.look(&UP), Action::Wait);
    assert_eq!(resets(&mut machine, COMING, 1), [(61, Step::Interface)]);
}

/// The MHI core may be done with a crash between two looks.
#[test]
fn a_crash_that_is_over_already_is_shown() {
    let mut machine = Machine::new(60);
    let _ = machine.look(&UP);
    let again = Look { crashes: 1, ..UP };
    assert_eq!(machine.look(&again), Action::Wait);
    assert_eq!(machine.state(), State::Down);
    assert_eq!(machine.look(&again), Action::Wait);
    assert_eq!(machine.state(), State::Up);
}

#[test]
fn one_that_crashes_again_and_again_is_reset_and_gets_ever_more_time() {
    let mut machine = Machine::new(60);
    let mut look = UP;
    let mut found = Vec::new();
    let mut looks = 0;
    while found.len() < 8 {
        looks += 1;
        assert!(looks < 1000);
        look.crashes += u32::from(look.up);
        match machine.look(&look) {
            Action::Reset => {
                assert_eq!(machine.reason(), Reason::Loops);
                found.push((std::mem::take(&mut looks), machine.step(true)));
                look = Look {
                    crashes: look.crashes,
                    ..DOWN
                };
            }
            Action::PowerUp => {
                look = Look {
                    crashes: look.crashes,
                    ..UP
                }
            }
            action => assert_eq!(action, Action::Wait),
        }
    }
    use Step::{Bus, Function, Interface, Power, Soc};
    assert_eq!(
        found,
        [
            (6, Interface),
            (2, Soc),
            (3, Function),
            (6, Bus),
            (11, Power),
            (21, Function),
            (41, Bus),
            (61, Power)
        ]
    );
    // One that has received something in between, or was well for a minute, is restarted by the MHI core alone.
    let mut machine = Machine::new(60);
    let mut look = UP;
    for _ in 0..100 {
        look.crashes += 1;
        look.received += 1;
        assert_eq!(machine.look(&look), Action::Wait);
    }
    for _ in 0..100 {
        look.crashes += 1;
        for _ in 0..61 {
            assert_eq!(machine.look(&look), Action::Wait);
        }
    }
}

#[test]
fn one_whose_flash_is_written_may_be_out_of_reach_for_two_minutes() {
    let mut machine = Machine::new(60);
    assert_eq!(machine.look(&at(E::EDL)), Action::Offer);
    let writing = Look {
        environment: Some(E::FP),
        up: false,
        ..UP
    };
    let away = Look {
        environment: None,
        status: 0,
        ..writing
    };
    for _ in 0..5 {
        assert_eq!(machine.look(&writing), Action::Wait);
        for _ in 0..100 {
            assert_eq!(machine.look(&away), Action::Wait);
            assert_eq!(machine.state(), State::Download);
        }
    }
    // Back again, it knows nothing of the host side as it is.
    let back = Look {
        environment: Some(E::AMSS),
        ..writing
    };
    assert_eq!(machine.look(&back), Action::Forget);
    assert_eq!(machine.look(&DOWN), Action::PowerUp);
    // One that does not come back is lost in the end.
    assert_eq!(machine.look(&writing), Action::Wait);
    let (looks, step) = resets(&mut machine, away, 1)[0];
    assert_eq!((looks, step), (120, Step::Bus));
}

#[test]
fn one_that_waits_for_its_flash_programmer_is_offered_it_each_minute() {
    let mut machine = Machine::new(60);
    let mut offers = Vec::new();
    for look in 0..200 {
        if machine.look(&at(E::EDL)) == Action::Offer {
            offers.push(look);
        }
    }
    assert_eq!(offers, [0, 60, 120, 180]);
}

#[test]
fn one_that_is_cut_off_is_left_alone_until_nobody_else_can_bring_it_back() {
    let mut machine = Machine::new(60);
    let _ = machine.look(&UP);
    let cut_off = Look {
        cut_off: true,
        ..GONE
    };
    let mut looks = 0;
    while machine.look(&cut_off) != Action::Thaw {
        looks += 1;
        assert!(looks < 100);
    }
    assert_eq!(looks, 75);
    assert_eq!(machine.state(), State::Unreachable);
}

#[test]
fn a_memory_image_that_is_wanted_comes_before_the_reset() {
    let mut machine = Machine::new(60);
    let mut dump = Look {
        environment: Some(E::RDDM),
        status: 0xff04,
        dump: true,
        ..DEAD
    };
    for _ in 0..30 {
        assert_eq!(machine.look(&dump), Action::Dump);
    }
    dump.dump = false;
    assert_eq!(machine.look(&dump), Action::Reset);
}

#[test]
fn what_is_cut_off_is_not_touched_though_it_is_lost() {
    let mut machine = in_state(State::Asleep);
    let _ = machine.tell(Event::Wake);
    let both = Look {
        cut_off: true,
        lost: true,
        ..GONE
    };
    assert_eq!(machine.look(&both), Action::CutOff);
}

#[test]
fn the_machine_may_sleep_while_nothing_writes_the_flash_yet() {
    let mut machine = Machine::new(60);
    assert_eq!(machine.look(&at(E::EDL)), Action::Offer);
    assert_eq!(machine.state(), State::Emergency);
    assert_eq!(machine.tell(Event::Suspend), Action::Stop);
    let _ = machine.tell(Event::Wake);
    assert_eq!(machine.look(&at(E::FP)), Action::Wait);
    assert_eq!(machine.tell(Event::Suspend), Action::Refuse);
    assert_eq!(machine.state(), State::Download);
}

/// docs/recovery.md has the table as it is.
#[test]
fn the_document_shows_the_table() {
    let mut text = String::from("| |");
    for state in State::ALL {
        text += &format!(" {state:?} |");
    }
    text += "\n|---|";
    text += &"---|".repeat(State::ALL.len());
    for event in Event::ALL {
        text += &format!("\n| {event:?} |");
        for state in State::ALL {
            text += &match next(state, event) {
                (then, Action::Wait) if then == state => " |".to_owned(),
                (then, Action::Wait) => format!(" → {then:?} |"),
                (then, action) if then == state => format!(" {action:?} |"),
                (then, action) => format!(" {action:?} → {then:?} |"),
            };
        }
    }
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/recovery.md");
    let document = std::fs::read_to_string(path).unwrap();
    assert!(document.contains(&text), "docs/recovery.md wants:\n{text}");
}
