// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
//! The ladder, look by look.

use mhi::recovery::{Action, Ladder, Look, Step};

const UP: Look = Look {
    reachable: true,
    powered: true,
    capable: true,
    up: true,
    crashed: false,
};
const COMING: Look = Look { up: false, ..UP };
const GONE: Look = Look {
    reachable: false,
    powered: false,
    capable: false,
    up: false,
    crashed: false,
};

/// The looks until each of `count` resets, and which they were.
fn resets(ladder: &mut Ladder, look: Look, count: usize) -> Vec<(u32, Step)> {
    let mut found = Vec::new();
    let mut looks = 0;
    while found.len() < count {
        looks += 1;
        assert!(looks < 10_000);
        if let Action::Reset(step) = ladder.decide(look) {
            found.push((std::mem::take(&mut looks), step));
        }
    }
    found
}

#[test]
fn a_modem_that_is_up_is_left_alone() {
    let mut ladder = Ladder::new(60);
    assert!((0..1000).all(|_| ladder.decide(UP) == Action::Wait));
}

#[test]
fn one_that_can_be_powered_up_is() {
    let mut ladder = Ladder::new(60);
    let down = Look {
        powered: false,
        ..COMING
    };
    assert_eq!(ladder.decide(down), Action::PowerUp);
    let not_ready = Look {
        capable: false,
        ..down
    };
    assert_eq!(ladder.decide(not_ready), Action::Wait);
    assert_eq!(ladder.decide(down), Action::PowerUp);
}

#[test]
fn one_that_does_not_come_up_is_reset_by_all_steps_again_and_again() {
    use Step::{Bus, Function, Interface, Power, Soc};
    let found = resets(&mut Ladder::new(60), COMING, 9);
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
    let crashed = Look {
        crashed: true,
        ..COMING
    };
    let found = resets(&mut Ladder::new(60), crashed, 3);
    assert_eq!(
        found,
        [(1, Step::Interface), (2, Step::Soc), (5, Step::Function)]
    );
}

#[test]
fn one_out_of_reach_gets_the_resets_that_need_no_registers() {
    use Step::{Bus, Power};
    let steps: Vec<_> = resets(&mut Ladder::new(60), GONE, 5)
        .into_iter()
        .map(|(_, step)| step)
        .collect();
    assert_eq!(steps, [Bus, Power, Bus, Power, Bus]);
}

#[test]
fn a_single_look_that_went_wrong_does_no_harm() {
    let mut ladder = Ladder::new(60);
    let odd = Look {
        crashed: true,
        ..UP
    };
    for _ in 0..10 {
        assert_eq!(ladder.decide(odd), Action::Wait);
        assert_eq!(ladder.decide(UP), Action::Wait);
    }
    assert_eq!(ladder.decide(odd), Action::Wait);
    assert_eq!(ladder.decide(odd), Action::Reset(Step::Interface));
}

#[test]
fn success_starts_from_below() {
    let mut ladder = Ladder::new(60);
    resets(&mut ladder, COMING, 4);
    assert_eq!(ladder.resets(), 4);
    ladder.decide(UP);
    assert_eq!(ladder.resets(), 0);
    assert_eq!(resets(&mut ladder, COMING, 1), [(61, Step::Interface)]);
}

#[test]
fn one_that_comes_up_again_after_it_was_out_of_reach_is_reset_first() {
    let mut ladder = Ladder::new(60);
    let away = Look {
        reachable: false,
        ..UP
    };
    assert_eq!(ladder.decide(away), Action::Wait);
    assert_eq!(ladder.decide(COMING), Action::Reset(Step::Interface));
    // Once is enough.
    assert_eq!(resets(&mut ladder, COMING, 1), [(62, Step::Soc)]);
    // If it is still up, nothing has happened.
    assert_eq!(ladder.decide(UP), Action::Wait);
    assert_eq!(ladder.decide(away), Action::Wait);
    assert_eq!(ladder.decide(UP), Action::Wait);
    assert_eq!(resets(&mut ladder, COMING, 1), [(61, Step::Interface)]);
}
