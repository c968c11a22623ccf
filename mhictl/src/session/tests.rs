// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
//! The session against the scripted modem: the whole road, each refusal, each silence, and every row of the table.

use std::collections::BTreeSet;
use std::time::Duration;

use qmi::nas::Registration;
use qmi::uim::{AppState, CardState};
use qmi::{ctl, nas, service, wda, wds, Builder, ErrorCode, Verbose};

use super::script::{
    Rig, BIND, FAMILY, INDICATIONS, OPEN, RELEASE, SETTINGS, SET_FORMAT, START, STATUS, STOP,
    VERIFY,
};
use super::table::{State, Trigger, TABLE};
use super::{Claim, Output};
use crate::cli::{Families, QmapArg, RoamingArg};
use crate::exit::{Error, Exit};
use crate::hook::Event;

fn rig() -> Rig {
    Rig::new(|_| {})
}

fn dual() -> Rig {
    Rig::new(|args| args.ip = Families::V4V6)
}

fn up() -> Rig {
    let mut rig = rig();
    rig.run_up();
    rig
}

fn network_error() -> Error {
    Error::new(Exit::Network, "no", "")
}

/// An indication that the session of `client` ended, or needs a new configuration.
fn status(client: u8, connection: wds::Connection, reconfigure: bool) -> Vec<u8> {
    let mut room = [0; 64];
    let verbose = (connection == wds::Connection::Disconnected).then_some(Verbose::gpp(36));
    let body = wds::StatusIndication {
        status: wds::StatusChanged {
            connection,
            reconfigure,
        },
        verbose,
        ..Default::default()
    };
    Builder::indication(&mut room, service::WDS, client, 0x22)
        .body(&body)
        .finish()
        .unwrap()
        .to_vec()
}

fn synced() -> Vec<u8> {
    let mut room = [0; 64];
    Builder::indication(&mut room, service::CTL, 0, 0x27)
        .body(&ctl::Synced {})
        .finish()
        .unwrap()
        .to_vec()
}

fn data_client(rig: &Rig) -> u8 {
    rig.modem
        .clients
        .iter()
        .find(|(service, _)| *service == service::WDS)
        .unwrap()
        .1
}

#[test]
fn connects_in_the_documented_order() {
    let rig = up();
    let expected = [
        "sync: done",
        "firmware: TEST01",
        "sim: ready",
        "registration: home technology=LTE operator=\"Test\"",
        "format: qmapv5 uplink 11 packets/8192 octets, downlink 32 packets/16384 octets",
        "mux: rmnet_mhi0.1 id 129 (0x81)",
        "session: ipv4 up",
        "address: 10.64.129.2/28 mtu 1430",
        "connected: rmnet_mhi0.1",
    ];
    assert_eq!(rig.lines, expected);
    assert_eq!(rig.modem.sessions.len(), 1);
    assert_eq!(rig.seconds(), 0);
}

#[test]
fn messages_are_those_of_facts_and_in_order() {
    let rig = up();
    let ids: Vec<u16> = rig.modem.log.iter().map(|(_, id)| *id).collect();
    assert_eq!(
        ids,
        [
            0xff00, 0x21, 0x22, 0x22, 0x22, 0x22, 0x22, 0x23, 0x2d, 0x2f, 0x03, 0x24, 0x4d, 0x20,
            0x21, 0xa2, 0x03, 0x4d, 0x20, 0x2d
        ]
    );
}

#[test]
fn both_families_share_one_link() {
    let mut rig = dual();
    rig.run_up();
    assert_eq!(rig.modem.sessions.len(), 2);
    let configured = rig.work.iter().find_map(|output| {
        if let Output::Configure(granted) = output {
            Some(granted.len())
        } else {
            None
        }
    });
    assert_eq!(configured, Some(2));
    assert_eq!(
        rig.work
            .iter()
            .filter(|output| matches!(output, Output::MakeLink(_)))
            .count(),
        1
    );
}

#[test]
fn one_refused_family_leaves_the_other_up() {
    for refused in [wds::Family::Ipv4, wds::Family::Ipv6] {
        let mut rig = dual();
        rig.modem.refused_families = vec![refused];
        rig.run_up();
        assert_eq!(rig.modem.sessions.len(), 1);
        assert!(
            rig.lines
                .iter()
                .any(|line| line.starts_with("session: ") && line.contains("refused")),
            "{:?}",
            rig.lines
        );
    }
}

#[test]
fn one_family_without_settings_leaves_the_other_up() {
    for family in [wds::Family::Ipv4, wds::Family::Ipv6] {
        for refused in [true, false] {
            let mut rig = dual();
            rig.modem.unsettled = Some((family, refused));
            rig.run_up();
            assert_eq!(rig.modem.sessions.len(), 2);
            // Neither what the other one is told, nor what becomes of this one, ends the session.
            let client = |wanted: bool| {
                let mut clients = rig.modem.families.iter();
                *clients
                    .find(|(_, of)| (**of == family) == wanted)
                    .unwrap()
                    .0
            };
            let (with, without) = (client(false), client(true));
            for told in [
                status(with, wds::Connection::Connected, true),
                status(without, wds::Connection::Disconnected, false),
            ] {
                rig.receive(&told);
                assert_eq!((rig.session.state(), rig.result.clone()), (State::Up, None));
            }
            rig.session.quit(rig.now);
            rig.run_out().unwrap();
            assert!(!rig.modem.sessions.contains(&with));
        }
    }
}

#[test]
fn one_silent_family_leaves_the_other_up() {
    for (which, waits) in [
        (BIND, [10, 10]),
        (FAMILY, [10, 10]),
        (START, [60, 20]),
        (SETTINGS, [10, 10]),
    ] {
        for (turn, wait) in (1..).zip(waits) {
            let mut rig = dual();
            rig.modem.silent_once = Some((which, turn));
            rig.run_up();
            let case = format!("{which:02x?} {turn} {:?}", rig.lines);
            assert_eq!(rig.seconds(), wait, "{case}");
            let Some(Output::Configure(granted)) = rig
                .work
                .iter()
                .rfind(|work| matches!(work, Output::Configure(_)))
            else {
                panic!("{case}");
            };
            let four = granted
                .first()
                .is_some_and(|granted| granted.address.is_ipv4());
            assert_eq!((granted.len(), four), (1, turn == 2), "{case}");
            let why = "no answer from the modem when asked to";
            assert!(rig.lines.iter().any(|line| line.contains(why)), "{case}");
            rig.session.quit(rig.now);
            rig.run_out().unwrap();
            assert_eq!(
                (rig.modem.clients.len(), rig.modem.sessions.len()),
                (0, 0),
                "{case}"
            );
        }
    }
    // Nor does the time of the first connection run out for the one that is up.
    let mut rig = Rig::new(|args| (args.ip, args.timeout) = (Families::V4V6, 8));
    rig.modem.silent_once = Some((START, 2));
    rig.run_up();
    assert_eq!((rig.seconds(), rig.modem.sessions.len()), (8, 1));
    // Both of them silent is an end.
    let mut rig = dual();
    rig.modem.silent = vec![START];
    assert_eq!((rig.run_down().0, rig.seconds()), (Exit::NoAnswer, 90));
}

fn with_user(change: impl FnOnce(&mut crate::cli::ConnectArgs)) -> Rig {
    Rig::new(|args| {
        (args.user, args.password) = (Some("user".into()), Some("secret".into()));
        change(args);
    })
}

#[test]
fn an_authentication_that_is_refused_is_followed_by_the_other_ones() {
    for (only, asked) in [
        (3, &[Some(3)][..]),
        (2, &[Some(3), Some(2)]),
        (1, &[Some(3), Some(2), Some(1)]),
    ] {
        for reason in [Some(29), None] {
            let mut rig = with_user(|_| {});
            rig.modem.only_authentication = Some(only);
            rig.modem.authentication_reason = reason;
            rig.run_up();
            assert_eq!(rig.modem.authentications, asked);
            // What was taken once comes first when the session is built anew.
            rig.receive(&synced());
            rig.run_up();
            assert_eq!(rig.modem.authentications.len(), asked.len() + 1);
            assert_eq!(rig.modem.authentications.last(), asked.last());
            // Also behind a refusal for another reason.
            rig.modem.refused_families = vec![wds::Family::Ipv4];
            rig.receive(&synced());
            rig.run_until(|rig| rig.session.state() == State::Rest);
            rig.modem.refused_families.clear();
            rig.modem.authentications.clear();
            rig.run_up();
            assert_eq!(rig.modem.authentications, asked[asked.len() - 1..]);
        }
    }
}

#[test]
fn authentication_is_left_alone_where_it_is_not_what_was_refused() {
    // The user says which: the password goes by no other way.
    let mut pap = with_user(|args| args.auth = Some(crate::cli::AuthArg::Pap));
    pap.modem.only_authentication = Some(2);
    assert_eq!(pap.run_down().0, Exit::Refused);
    assert_eq!(pap.modem.authentications, [Some(1)]);
    // Another reason.
    let mut other = with_user(|_| {});
    other.modem.only_authentication = Some(2);
    other.modem.authentication_reason = Some(33);
    assert_eq!(other.run_down().0, Exit::Refused);
    assert_eq!(other.modem.authentications, [Some(3)]);
    // A wrong password: each way once, and then an end with the reason.
    let mut wrong = with_user(|_| {});
    wrong.modem.only_authentication = Some(9);
    let (exit, what) = wrong.run_down();
    assert_eq!(exit, Exit::Refused);
    assert!(what.contains("user authentication failed"), "{what}");
    assert_eq!(wrong.modem.authentications, [Some(3), Some(2), Some(1)]);
    // No user: nothing to be sent in another way.
    let mut none = rig();
    none.modem.only_authentication = Some(2);
    assert_eq!(none.run_down().0, Exit::Refused);
    assert_eq!(none.modem.authentications, [None]);
}

#[test]
fn a_refused_apn_ends_with_the_reason_in_words() {
    let mut rig = dual();
    rig.modem.refused_families = vec![wds::Family::Ipv4, wds::Family::Ipv6];
    let (exit, what) = rig.run_down();
    assert_eq!(exit, Exit::Refused);
    let words = Verbose::gpp(50).words().unwrap();
    assert!(
        what.contains("APN internet refused") && what.contains(words),
        "{what}"
    );
    assert_eq!((rig.modem.clients.len(), rig.modem.sessions.len()), (0, 0));
}

#[test]
fn format_falls_back_to_what_the_modem_speaks() {
    for (newest, name) in [
        (wda::Aggregation::QmapV4, "qmapv4"),
        (wda::Aggregation::Qmap, "qmapv1"),
    ] {
        let mut rig = rig();
        rig.modem.newest = newest;
        rig.run_up();
        assert!(rig
            .lines
            .iter()
            .any(|line| line.starts_with(&format!("format: {name}"))));
    }
}

#[test]
fn format_starts_where_the_user_says() {
    let mut rig = Rig::new(|args| args.qmap = QmapArg::V1);
    rig.run_up();
    assert_eq!(rig.asked(SET_FORMAT), 1);
}

#[test]
fn no_usable_format_is_a_modem_error() {
    let mut rig = rig();
    rig.modem.absurd_format = true;
    let (exit, what) = rig.run_down();
    assert_eq!((exit, rig.asked(SET_FORMAT)), (Exit::Modem, 3));
    assert!(what.contains("QMAP data format"), "{what}");
}

#[test]
fn sim_states_have_their_exit_codes() {
    for (card, app, exit) in [
        (CardState::Absent, AppState::Unknown, Exit::SimAbsent),
        (CardState::Error, AppState::Unknown, Exit::SimAbsent),
        (CardState::Present, AppState::PinRequired, Exit::SimLocked),
        (CardState::Present, AppState::PukRequired, Exit::SimLocked),
        (CardState::Present, AppState::PinBlocked, Exit::SimLocked),
        (CardState::Present, AppState::Detected, Exit::SimAbsent),
    ] {
        let mut rig = rig();
        (rig.modem.card, rig.modem.app) = (card, app);
        assert_eq!(rig.run_down().0, exit, "{card} {app}");
        assert_eq!(rig.modem.clients, []);
    }
}

#[test]
fn the_right_pin_opens_the_sim() {
    let mut rig = Rig::new(|args| args.pin = Some("1234".into()));
    rig.modem.app = AppState::PinRequired;
    rig.run_up();
    assert_eq!(rig.asked(VERIFY), 1);
}

#[test]
fn a_wrong_pin_is_tried_once() {
    let mut rig = Rig::new(|args| args.pin = Some("9999".into()));
    rig.modem.app = AppState::PinRequired;
    let (exit, what) = rig.run_down();
    assert_eq!(
        (exit, rig.asked(VERIFY), rig.modem.tries),
        (Exit::SimLocked, 1, 2)
    );
    assert!(
        what.contains("2 tries left") && !what.contains("9999"),
        "{what}"
    );
}

#[test]
fn a_pin_that_was_taken_is_sent_again_after_a_restart() {
    let mut rig = Rig::new(|args| args.pin = Some("1234".into()));
    rig.modem.app = AppState::PinRequired;
    rig.run_up();
    rig.modem.app = AppState::PinRequired;
    rig.receive(&synced());
    rig.run_up();
    assert_eq!(rig.asked(VERIFY), 2);
}

#[test]
fn a_card_that_is_slow_to_take_its_pin_is_waited_for() {
    let mut rig = Rig::new(|args| args.pin = Some("1234".into()));
    (rig.modem.app, rig.modem.slow_pin) = (AppState::PinRequired, true);
    rig.run_until(|rig| rig.seconds() >= 2);
    assert_eq!((rig.asked(VERIFY), rig.session.state()), (1, State::Sim));
    rig.modem.app = AppState::Ready;
    rig.run_up();
}

#[test]
fn the_last_try_of_the_pin_is_never_used() {
    let mut rig = Rig::new(|args| args.pin = Some("1234".into()));
    (rig.modem.app, rig.modem.tries) = (AppState::PinRequired, 1);
    assert_eq!((rig.run_down().0, rig.asked(VERIFY)), (Exit::SimLocked, 0));
}

#[test]
fn not_registered_in_time_has_its_code_and_says_how_far_it_got() {
    let mut rig = rig();
    rig.modem.registration = Registration::Searching;
    let (exit, what) = rig.run_down();
    assert_eq!((exit, rig.seconds()), (Exit::NotRegistered, 90));
    assert!(what.contains("searching"), "{what}");
    assert_eq!(rig.modem.clients, []);
}

#[test]
fn a_registration_that_the_network_rejects_ends_with_the_reason_in_words() {
    let mut rig = rig();
    rig.modem.registration = Registration::Denied;
    let (exit, what) = rig.run_down();
    assert_eq!(exit, Exit::NotRegistered);
    assert!(
        what.contains("denied: network not allowed (cause 11)"),
        "{what}"
    );
}

#[test]
fn a_denied_registration_points_at_the_profile_that_the_modem_registers_with() {
    let mut rig = rig();
    rig.modem.registration = Registration::Denied;
    let error = rig.run_out().unwrap_err();
    assert!(error.next.contains("AT+CGDCONT?"), "{}", error.next);
}

#[test]
fn late_registration_connects() {
    let mut rig = rig();
    rig.modem.registration = Registration::Searching;
    rig.run_until(|rig| rig.seconds() >= 30);
    rig.modem.registration = Registration::Registered;
    rig.run_up();
    assert!(rig.seconds() <= 32);
    assert_eq!(
        rig.lines
            .iter()
            .filter(|line| line.starts_with("registration"))
            .count(),
        2
    );
}

#[test]
fn registration_indication_is_acted_on_at_once() {
    let mut rig = rig();
    rig.modem.registration = Registration::Searching;
    rig.run_until(|rig| {
        rig.session.state() == State::Serving && rig.asked((service::NAS, 0x4d)) > 0
    });
    rig.modem.registration = Registration::Registered;
    let mut room = [0; 64];
    let system = nas::Serving {
        registration: Registration::Registered,
        ..Default::default()
    };
    let body = nas::ServingSystem {
        system,
        ..Default::default()
    };
    let octets = Builder::indication(&mut room, service::NAS, 0xff, 0x24)
        .body(&body)
        .finish()
        .unwrap()
        .to_vec();
    rig.receive(&octets);
    assert_eq!(rig.session.state(), State::Up);
}

#[test]
fn a_radio_that_is_off_is_switched_on() {
    let mut rig = rig();
    rig.modem.mode = qmi::dms::Mode::LowPower;
    rig.run_up();
    assert_eq!(rig.asked((service::DMS, 0x2e)), 1);
}

#[test]
fn a_radio_that_is_locked_is_unlocked_by_the_users_program_once() {
    let locked = || {
        let mut rig = rig();
        (rig.modem.mode, rig.modem.radio_locked) = (qmi::dms::Mode::LowPower, true);
        rig
    };
    let unlocks = |rig: &Rig| {
        let work = rig.work.iter();
        work.filter(|&work| *work == Output::UnlockRadio).count()
    };
    let mut opened = locked();
    opened.modem.radio_sleepy = 3;
    opened.run_up();
    assert_eq!((unlocks(&opened), opened.seconds()), (1, 1));
    let mut no_program = locked();
    no_program.no_unlock = Some(Error::new(Exit::Modem, "no program", ""));
    assert_eq!(
        no_program.run_down(),
        (Exit::Modem, "no program".to_owned())
    );
    assert_eq!(no_program.modem.clients, []);
    let mut useless = locked();
    useless.modem.radio_sleepy = 100;
    let (exit, what) = useless.run_down();
    assert_eq!(exit, Exit::Modem);
    assert!(what.contains("does not switch its radio on"), "{what}");
    assert_eq!((unlocks(&useless), useless.seconds()), (1, 3));
}

#[test]
fn two_sessions_do_not_give_the_sim_a_pin_at_once() {
    // While another session is at it, this one neither asks nor tells the SIM anything.
    let mut rig = Rig::new(|args| args.pin = Some("1234".into()));
    (rig.modem.app, rig.others_turns) = (AppState::PinRequired, 20);
    rig.run_until(|rig| rig.others_turns == 1);
    assert_eq!(rig.asked((service::UIM, 0x2f)), 0);
    // What that one did counts: its wrong PINs leave the last try.
    rig.modem.tries = 1;
    assert_eq!((rig.run_down().0, rig.asked(VERIFY)), (Exit::SimLocked, 0));
    // The turn ends as soon as the SIM is ready, and when things go wrong.
    let mut ready = Rig::new(|args| args.pin = Some("1234".into()));
    ready.modem.app = AppState::PinRequired;
    ready.run_up();
    let place = |wanted: &Output| ready.work.iter().position(|work| work == wanted).unwrap();
    assert!(place(&Output::TakeTurn) < place(&Output::LeaveTurn));
    // Without a PIN nobody waits for anybody.
    let mut open = up();
    open.run_up();
    assert!(!open.work.contains(&Output::TakeTurn));
}

#[test]
fn silence_of_any_message_ends_with_no_answer_and_in_time() {
    let all: BTreeSet<_> = up().modem.log.into_iter().collect();
    for which in all.into_iter().filter(|&which| which != INDICATIONS) {
        let mut rig = rig();
        rig.modem.silent = vec![which];
        let (exit, what) = rig.run_down();
        assert_eq!(exit, Exit::NoAnswer, "{which:02x?} {what}");
        assert!(rig.seconds() <= 90, "{which:02x?}");
    }
}

#[test]
fn a_dead_modem_is_given_up_within_the_timeout() {
    let mut rig = Rig::new(|args| args.timeout = 8);
    rig.modem.silent = vec![OPEN];
    let (exit, _) = rig.run_down();
    assert_eq!((exit, rig.seconds()), (Exit::NoAnswer, 8));
}

#[test]
fn refusal_of_any_message_never_hangs_and_leaves_no_client() {
    let all: BTreeSet<_> = up().modem.log.into_iter().collect();
    for which in all {
        let mut rig = rig();
        rig.modem
            .refused
            .insert(which, ErrorCode::INVALID_QMI_COMMAND);
        rig.run_until(|rig| rig.session.state() == State::Up || rig.result.is_some());
        if let Some(result) = rig.result.clone() {
            let exit = result.unwrap_err().exit;
            assert!(
                exit == Exit::Modem
                    || exit == Exit::Refused
                    || (which, exit) == (OPEN, Exit::NoDevice),
                "{which:02x?} {exit:?}"
            );
            if which != OPEN {
                assert_eq!(rig.modem.clients, [], "{which:02x?}");
            }
        }
    }
}

#[test]
fn a_modem_without_registration_messages_still_connects() {
    // facts: NAS 0x24 is optional to both managers; NAS 0x4d alone must do.
    let mut rig = rig();
    rig.modem
        .refused
        .insert((service::NAS, 0x24), ErrorCode::INVALID_QMI_COMMAND);
    rig.modem
        .refused
        .insert((service::NAS, 0x03), ErrorCode::INVALID_QMI_COMMAND);
    rig.run_up();
}

#[test]
fn garbage_before_every_reply_changes_nothing() {
    let clean = up().lines;
    let mut rig = rig();
    rig.modem.garbage = vec![0x00, 0x01, 0x01, 0xff, 0x80, 0x01];
    rig.run_up();
    assert_eq!(rig.lines, clean);
}

#[test]
fn wrong_transaction_ids_are_no_answer() {
    let mut rig = rig();
    rig.modem.transaction_error = 1;
    assert_eq!(rig.run_down().0, Exit::NoAnswer);
}

#[test]
fn a_session_without_an_address_is_refused_and_stopped() {
    let mut rig = rig();
    rig.modem.no_address = true;
    let (exit, what) = rig.run_down();
    assert_eq!((exit, rig.modem.sessions.len()), (Exit::Refused, 0));
    assert!(what.contains("no IPv4 address"), "{what}");
}

#[test]
fn kernel_refusals_end_with_their_error() {
    let mut link = rig();
    link.no_link = Some(network_error());
    assert_eq!(link.run_down().0, Exit::Network);
    assert_eq!(link.modem.clients, []);
    let mut address = rig();
    address.no_address = Some(network_error());
    assert_eq!(address.run_down().0, Exit::Network);
    assert_eq!(
        (address.modem.clients.len(), address.modem.sessions.len()),
        (0, 0)
    );
}

#[test]
fn no_port_ends_at_once_and_a_booting_modem_is_waited_for() {
    let missing = Error::new(Exit::NoDevice, "no modem found", "");
    let mut absent = rig();
    absent.no_port = Some((missing.clone(), false));
    assert_eq!((absent.run_down().0, absent.seconds()), (Exit::NoDevice, 0));
    let mut booting = rig();
    booting.no_port = Some((missing.clone(), true));
    assert_eq!(
        (booting.run_down().0, booting.seconds()),
        (Exit::NoDevice, 90)
    );
    let mut late = rig();
    late.no_port = Some((missing, true));
    late.run_until(|rig| rig.seconds() >= 20);
    late.no_port = None;
    late.run_up();
    assert!(late.seconds() <= 21);
}

#[test]
fn quit_after_any_step_leaves_nothing_behind() {
    let steps = up().modem.log.len();
    for after in 0..=steps {
        let mut rig = rig();
        rig.run_until(|rig| rig.modem.log.len() >= after);
        rig.session.quit(rig.now);
        assert_eq!(rig.run_out(), Ok(()), "after {after}");
        assert_eq!(
            (rig.modem.clients.len(), rig.modem.sessions.len()),
            (0, 0),
            "after {after}"
        );
    }
}

#[test]
fn quit_stops_networks_before_it_releases_clients() {
    let mut rig = dual();
    rig.run_up();
    rig.session.quit(rig.now);
    rig.run_out().unwrap();
    assert_eq!((rig.asked(STOP), rig.asked(RELEASE)), (2, 6));
    let last_stop = rig
        .modem
        .log
        .iter()
        .rposition(|&asked| asked == STOP)
        .unwrap();
    let first_release = rig
        .modem
        .log
        .iter()
        .position(|&asked| asked == RELEASE)
        .unwrap();
    assert!(last_stop < first_release);
    assert!(rig.work.contains(&Output::Withdraw));
}

#[test]
fn quit_with_a_dead_modem_takes_seconds() {
    let mut rig = up();
    let since = rig.now;
    rig.modem.silent = vec![STOP, RELEASE];
    rig.session.quit(rig.now);
    assert_eq!(rig.run_out(), Ok(()));
    assert!(rig.now.duration_since(since) <= Duration::from_secs(6));
}

#[test]
fn a_second_quit_ends_at_once() {
    let mut rig = up();
    rig.modem.silent = vec![STOP];
    rig.session.quit(rig.now);
    rig.settle();
    assert_eq!(rig.result, None);
    rig.session.quit(rig.now);
    rig.settle();
    assert_eq!(rig.result, Some(Ok(())));
}

#[test]
fn a_released_session_comes_back_after_the_back_off() {
    let mut rig = up();
    let since = rig.now;
    let octets = status(data_client(&rig), wds::Connection::Disconnected, false);
    rig.receive(&octets);
    assert!(
        rig.lines
            .iter()
            .any(|line| line.starts_with("disconnected: the network released the session: ")),
        "{:?}",
        rig.lines
    );
    assert!(rig.work.contains(&Output::Withdraw));
    assert_eq!(rig.modem.clients, []);
    rig.run_up();
    assert_eq!(rig.now.duration_since(since).as_secs(), 5);
}

#[test]
fn another_clients_indication_is_not_ours() {
    let mut rig = up();
    rig.receive(&status(200, wds::Connection::Disconnected, false));
    assert_eq!(rig.session.state(), State::Up);
}

#[test]
fn back_off_grows_to_a_minute_and_starts_anew_after_a_steady_session() {
    let mut rig = up();
    rig.modem.refused.insert(START, ErrorCode::CALL_FAILED);
    let octets = status(data_client(&rig), wds::Connection::Disconnected, false);
    rig.receive(&octets);
    rig.run_until(|rig| {
        rig.lines
            .iter()
            .filter(|line| line.starts_with("retry"))
            .count()
            >= 7
    });
    let waits: Vec<u64> = rig
        .lines
        .iter()
        .filter_map(|line| line.strip_prefix("retry: in "))
        .map(|line| line.split(' ').next().unwrap().parse().unwrap())
        .collect();
    // Up to a fifth more than the table says.
    let least = [5, 10, 20, 40, 60, 60, 60];
    for (wait, least) in waits.iter().zip(least) {
        assert!((least..=least + least / 5).contains(wait), "{waits:?}");
    }
    assert_eq!(waits.len(), least.len());
    rig.modem.refused.clear();
    rig.run_up();
    let up_at = rig.now;
    rig.run_until(|rig| rig.now.duration_since(up_at) >= Duration::from_secs(61));
    let octets = status(data_client(&rig), wds::Connection::Disconnected, false);
    rig.receive(&octets);
    let last = rig.lines.last().unwrap();
    assert!(
        last.starts_with("retry: in 5 s") || last.starts_with("retry: in 6 s"),
        "{last}"
    );
}

#[test]
fn a_lost_port_is_opened_again_and_the_session_rebuilt() {
    let mut rig = up();
    rig.no_port = Some((Error::new(Exit::NoDevice, "no modem found", ""), false));
    rig.session.lost(rig.now);
    rig.settle();
    assert!(rig.work.ends_with(&[Output::Withdraw, Output::Close]));
    let since = rig.now;
    rig.run_until(|rig| rig.now.duration_since(since) >= Duration::from_secs(600));
    assert_eq!(rig.result, None);
    let looks = rig.work.iter().filter(|work| **work == Output::Open);
    assert!(looks.count() <= 802); // the first one, and one every 750 ms
    rig.no_port = None;
    let back = rig.now;
    rig.run_up();
    assert!(rig.now.duration_since(back) <= Duration::from_secs(1));
    assert_eq!(
        rig.lines
            .iter()
            .filter(|line| line.starts_with("connected"))
            .count(),
        2
    );
}

#[test]
fn a_restarted_modem_is_synced_again_at_once() {
    let mut rig = up();
    let since = rig.now;
    rig.receive(&synced());
    rig.run_up();
    assert!(rig.now.duration_since(since) < Duration::from_secs(1));
    assert_eq!(rig.asked(OPEN), 2);
    assert!(rig
        .lines
        .iter()
        .any(|line| line == "disconnected: the modem restarted"));
}

#[test]
fn a_silent_modem_is_noticed_while_up() {
    let mut rig = up();
    rig.modem.silent = vec![STATUS, STOP, RELEASE];
    let since = rig.now;
    rig.run_until(|rig| rig.lines.iter().any(|line| line.starts_with("retry")));
    assert!(rig.now.duration_since(since) <= Duration::from_secs(60));
    assert!(
        rig.lines
            .iter()
            .any(|line| line == "disconnected: the modem stopped answering"),
        "{:?}",
        rig.lines
    );
}

#[test]
fn a_session_that_is_gone_without_a_word_is_noticed() {
    let mut rig = up();
    rig.modem.connection = wds::Connection::Disconnected;
    rig.run_until(|rig| rig.lines.iter().any(|line| line.starts_with("retry")));
    assert!(rig
        .lines
        .iter()
        .any(|line| line == "disconnected: the network released the session"));
}

#[test]
fn a_call_that_the_modem_does_not_know_any_more_is_set_up_anew() {
    let mut rig = up();
    rig.modem.refused.insert(STATUS, ErrorCode::OUT_OF_CALL);
    rig.run_until(|rig| rig.session.state() != State::Up);
    rig.modem.refused.clear();
    assert!(rig
        .lines
        .iter()
        .any(|line| line == "disconnected: the network released the session"));
    rig.run_up();
    // Another refusal says nothing of the session.
    rig.modem.refused.insert(STATUS, ErrorCode::INTERNAL);
    let (since, lines) = (rig.now, rig.lines.len());
    rig.run_until(|rig| rig.now.duration_since(since) >= Duration::from_secs(600));
    assert_eq!(rig.lines.len(), lines);
}

#[test]
fn a_modem_that_forgets_or_restarts_after_any_step_is_set_up_anew() {
    let steps = up().modem.log.len();
    for (told, again) in [(vec![], true), (synced(), true), (synced(), false)] {
        // Not told of, the first connection ends with what the modem refuses; it was up before.
        let before = if again { steps } else { 0 };
        for step in 1..=steps {
            let mut rig = rig();
            if again {
                rig.run_up();
            }
            rig.modem.forgets = Some((before + step, told.clone()));
            if again {
                rig.receive(&synced());
            }
            let since = rig.now;
            rig.run_until(|rig| {
                let up = rig.session.state() == State::Up && !rig.modem.sessions.is_empty();
                up && rig.modem.forgets.is_none()
            });
            let seconds = rig.now.duration_since(since).as_secs();
            assert!(seconds < 30, "step {step}: {seconds} s");
            assert_eq!((rig.result.clone(), rig.modem.sessions.len()), (None, 1));
        }
    }
}

#[test]
fn changed_settings_are_read_and_set_without_a_break() {
    let mut rig = dual();
    rig.run_up();
    let octets = status(data_client(&rig), wds::Connection::Connected, true);
    rig.receive(&octets);
    assert_eq!((rig.session.state(), rig.asked(SETTINGS)), (State::Up, 4));
    assert_eq!(
        rig.work
            .iter()
            .filter(|output| matches!(output, Output::Configure(_)))
            .count(),
        2
    );
    assert!(!rig.work.contains(&Output::Withdraw));
    assert_eq!(
        rig.lines
            .iter()
            .filter(|line| line.starts_with("connected"))
            .count(),
        1
    );
}

#[test]
fn a_link_that_was_down_is_configured_anew_and_one_that_is_gone_made_anew() {
    let mut rig = up();
    rig.links = [Ok(true), Ok(false), Err(network_error())].into();
    let since = rig.now;
    let count = |rig: &Rig, wanted: fn(&Output) -> bool| {
        let work = rig.work.iter();
        work.filter(|&work| wanted(work)).count()
    };
    let configured = |rig: &Rig| count(rig, |work| matches!(work, Output::Configure(_)));
    rig.run_until(|rig| rig.links.len() == 2);
    assert_eq!(rig.now.duration_since(since), Duration::from_secs(15));
    rig.settle();
    assert_eq!((rig.session.state(), configured(&rig)), (State::Up, 2));
    rig.run_until(|rig| rig.links.is_empty() && rig.session.state() == State::Up);
    assert!(rig.lines.contains(&"disconnected: no".to_owned()));
    let made = count(&rig, |work| matches!(work, Output::MakeLink(_)));
    assert_eq!((made, configured(&rig)), (2, 3));
}

#[test]
fn changes_that_only_their_own_indication_tells_of_are_asked_for() {
    let mut rig = up();
    assert_eq!(rig.asked(INDICATIONS), 1);
    let mut room = [0; 64];
    let octets = Builder::indication(&mut room, service::WDS, data_client(&rig), 0x8c)
        .body(&wds::ConfigChanged { changed: None })
        .finish()
        .unwrap()
        .to_vec();
    rig.receive(&octets);
    assert_eq!((rig.session.state(), rig.asked(SETTINGS)), (State::Up, 2));
    // A modem that knows nothing of it connects as well.
    for silent in [true, false] {
        let mut rig = Rig::new(|_| {});
        match silent {
            true => rig.modem.silent = vec![INDICATIONS],
            false => {
                let refused = ErrorCode::INVALID_QMI_COMMAND;
                rig.modem.refused.insert(INDICATIONS, refused);
            }
        }
        rig.run_up();
    }
}

#[test]
fn the_hook_hears_of_each_turn() {
    let mut rig = dual();
    rig.run_up();
    assert_eq!(rig.told(), [(Event::Up, None, 2)]);
    let octets = status(data_client(&rig), wds::Connection::Connected, true);
    rig.receive(&octets);
    let octets = status(data_client(&rig), wds::Connection::Disconnected, false);
    rig.modem.refused.insert(START, ErrorCode::CALL_FAILED);
    rig.receive(&octets);
    rig.run_until(|rig| rig.told().len() >= 4);
    rig.modem.refused.clear();
    rig.run_up();
    assert_eq!(rig.session.reconnects(), 1);
    assert!(rig.session.last_error().unwrap().contains("refused"));
    rig.session.quit(rig.now);
    rig.run_out().unwrap();
    assert_eq!(
        rig.told(),
        [
            (Event::Up, None, 2),
            (Event::Change, None, 2),
            (Event::Down, Some(Exit::Refused), 2),
            (Event::Failed, Some(Exit::Refused), 0),
            (Event::Up, None, 2),
            (Event::Down, Some(Exit::Success), 2),
        ]
    );
}

#[test]
fn the_hook_hears_of_a_crash_and_of_giving_up() {
    let mut crashed = up();
    crashed.session.lost(crashed.now);
    crashed.run_up();
    assert_eq!(
        crashed.told(),
        [
            (Event::Up, None, 1),
            (Event::Down, Some(Exit::NoDevice), 1),
            (Event::Up, None, 1)
        ]
    );
    let mut early = rig();
    early.modem.silent = vec![SETTINGS];
    early.run_until(|rig| rig.session.state() == State::Settings);
    early.session.lost(early.now);
    early.modem.silent.clear();
    early.run_up();
    assert_eq!(
        early.told(),
        [
            (Event::Failed, Some(Exit::NoDevice), 0),
            (Event::Up, None, 1)
        ]
    );
    let mut given_up = rig();
    given_up.modem.refused.insert(START, ErrorCode::CALL_FAILED);
    given_up.run_down();
    assert_eq!(given_up.told(), [(Event::Failed, Some(Exit::Refused), 0)]);
    assert!(matches!(given_up.work.last(), Some(Output::Finish(Err(_)))));
    let mut absent = rig();
    absent.no_port = Some((Error::new(Exit::NoDevice, "no modem found", ""), false));
    absent.run_down();
    assert_eq!(absent.told(), [(Event::Failed, Some(Exit::NoDevice), 0)]);
}

#[test]
fn roaming_is_taken_or_refused_as_the_user_says() {
    let mut allowed = rig();
    allowed.modem.abroad = true;
    allowed.run_up();
    let forbidden = || Rig::new(|args| args.roaming = RoamingArg::Forbidden);
    let mut abroad = forbidden();
    abroad.modem.abroad = true;
    let (exit, what) = abroad.run_down();
    assert_eq!(exit, Exit::NotRegistered);
    assert!(what.contains("--roaming forbidden"), "{what}");
    // Said with the technologies only, it counts as well; not said at all, it is no home to rely on.
    for (tells, away, exit) in [
        ((false, true), false, None),
        ((false, true), true, Some("abroad, which")),
        ((true, false), false, None),
        ((false, false), false, Some("does not say")),
    ] {
        let mut rig = forbidden();
        (rig.modem.tells_roaming, rig.modem.abroad) = (tells, away);
        match exit {
            None => rig.run_up(),
            Some(text) => {
                let (exit, what) = rig.run_down();
                assert_eq!(exit, Exit::NotRegistered, "{tells:?} {away}");
                assert!(what.contains(text), "{what}");
            }
        }
    }
    let mut silent = rig();
    silent.modem.tells_roaming = (false, false);
    silent.run_up();
    // Across the border with the session up, and back.
    let mut rig = forbidden();
    rig.run_up();
    rig.modem.abroad = true;
    let mut room = [0; 64];
    let body = nas::ServingSystem {
        system: nas::Serving {
            registration: Registration::Registered,
            ..Default::default()
        },
        roaming: Some(0),
        ..Default::default()
    };
    let octets = Builder::indication(&mut room, service::NAS, 0xff, 0x24)
        .body(&body)
        .finish()
        .unwrap()
        .to_vec();
    rig.receive(&octets);
    assert!(rig
        .lines
        .iter()
        .any(|line| line.starts_with("disconnected: registered abroad")));
    let since = rig.now;
    rig.run_until(|rig| rig.now.duration_since(since) >= Duration::from_secs(60));
    assert_eq!(rig.result, None);
    rig.modem.abroad = false;
    rig.run_up();
}

#[test]
fn the_format_of_other_sessions_is_taken_over() {
    let mut rig = rig();
    rig.modem.newest = wda::Aggregation::QmapV4;
    rig.claims = [Claim::Busy, Claim::Busy, Claim::Shared].into();
    rig.run_up();
    assert_eq!(rig.asked(SET_FORMAT), 0);
    assert!(rig
        .lines
        .iter()
        .any(|line| line.starts_with("format: qmapv4")));
    // Links that are left from before the modem restarted do not make a format.
    let mut stale = Rig::new(|_| {});
    stale.modem.raw = true;
    stale.claims = [Claim::Shared].into();
    stale.run_up();
    assert_eq!(stale.asked(SET_FORMAT), 1);
    let mut silent = Rig::new(|_| {});
    silent
        .modem
        .refused
        .insert((service::WDA, 0x21), ErrorCode::INTERNAL);
    silent.claims = [Claim::Shared].into();
    silent.run_up();
    assert_eq!(silent.asked(SET_FORMAT), 1);
}

#[test]
fn a_port_that_the_proxy_does_not_open_is_explained_or_waited_for() {
    let mut busy = rig();
    busy.modem.closed = Some(Exit::PortBusy);
    assert_eq!(
        busy.run_down(),
        (Exit::PortBusy, "the port is closed".to_owned())
    );
    assert_eq!(busy.seconds(), 0);
    let mut absent = rig();
    absent.modem.closed = Some(Exit::NoDevice);
    assert_eq!(
        absent.run_down(),
        (Exit::NoDevice, "the port is closed".to_owned())
    );
    assert_eq!(absent.seconds(), 90);
    let mut late = rig();
    late.modem.closed = Some(Exit::NoDevice);
    late.run_until(|rig| rig.seconds() >= 20);
    late.modem.closed = None;
    late.run_up();
    // libqmi's proxy says nothing and hangs up.
    let mut mute = rig();
    mute.modem.silent = vec![OPEN];
    mute.settle();
    mute.session.lost(mute.now);
    mute.no_port = Some((network_error(), true));
    mute.settle();
    assert!(mute.work.contains(&Output::Close));
    mute.no_port = None;
    mute.modem.silent.clear();
    mute.run_up();
}

/// Behind a crash somebody else has the port.
fn taken_over() -> Rig {
    let mut rig = up();
    rig.run_until(|rig| rig.session.state() == State::Up);
    rig.no_port = Some((network_error(), false));
    let before = rig.seconds();
    rig.session.lost(rig.now);
    rig.run_until(|rig| rig.session.state() == State::Rest);
    assert!((4..8).contains(&(rig.seconds() - before)));
    rig
}

#[test]
fn a_port_that_somebody_has_taken_is_waited_for_with_words() {
    let mut rig = taken_over();
    let retry = |line: &String| line.starts_with("retry: ");
    assert!(rig.lines.last().is_some_and(retry), "{:?}", rig.lines);
    rig.no_port = None;
    rig.run_until(|rig| rig.session.state() == State::Up);
}

#[test]
fn a_foreign_proxy_is_named() {
    let mut rig = rig();
    rig.session.output();
    let proxy = Some("qmi-proxy (pid 7)".to_owned());
    rig.session.opened("/dev/wwan0qmi0".into(), proxy, rig.now);
    rig.run_up();
    assert!(rig.lines.contains(&"sync: by qmi-proxy (pid 7)".to_owned()));
}

#[test]
fn a_profile_is_named_to_the_modem() {
    let mut rig = Rig::new(|args| (args.apn, args.profile) = (None, Some(3)));
    rig.run_up();
    assert_eq!(rig.modem.profiles, [Some(3)]);
    let mut refused = Rig::new(|args| (args.apn, args.profile) = (None, Some(3)));
    refused
        .modem
        .refused
        .insert(START, ErrorCode::INVALID_PROFILE);
    assert!(refused.run_down().1.starts_with("profile 3 refused"));
}

#[test]
fn status_is_asked_beside_the_session() {
    let mut rig = up();
    rig.session.ask_status(rig.now);
    rig.settle();
    assert_eq!(rig.work.last(), Some(&Output::StatusReady));
    assert_eq!(rig.session.radio.lte.map(|lte| lte.rsrp), Some(-92));
    assert_eq!(rig.session.state(), State::Up);
    // A modem that does not answer these questions delays the answer, no more.
    rig.modem.silent = vec![(service::NAS, 0x4f)];
    rig.work.clear();
    rig.session.ask_status(rig.now);
    let since = rig.now;
    rig.run_until(|rig| rig.work.contains(&Output::StatusReady));
    assert!(rig.now.duration_since(since) <= Duration::from_secs(3));
}

#[test]
fn status_without_a_modem_is_answered_at_once() {
    let mut rig = rig();
    rig.no_port = Some((Error::new(Exit::NoDevice, "no", ""), true));
    rig.settle();
    rig.session.ask_status(rig.now);
    rig.settle();
    assert_eq!(rig.work.last(), Some(&Output::StatusReady));
}

#[test]
fn octets_and_events_in_any_order_never_panic_and_still_end() {
    // Seeds of a linear congruential generator (Knuth, MMIX).
    for seed in 0..60u64 {
        let mut state = seed;
        let mut random = |below: u64| {
            state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695_040_888_963_407);
            (state >> 33) % below
        };
        let mut rig = dual();
        for _ in 0..300 {
            match random(12) {
                0 => rig.session.lost(rig.now),
                1 => rig.session.opened("/dev/wwan0qmi0".into(), None, rig.now),
                2 => rig.session.link_made(Ok("rmnet_mhi0.1".into()), rig.now),
                3 => rig.session.configured(Err(network_error()), rig.now),
                4 => rig.session.ask_status(rig.now),
                5 => rig.receive(&synced()),
                6 => rig.receive(&status(
                    random(256) as u8,
                    wds::Connection::from(random(5) as u8),
                    random(2) == 0,
                )),
                7 => {
                    let octets: Vec<u8> =
                        (0..random(200)).map(|_| random(256) as u8 & 0x8f).collect();
                    rig.receive(&octets);
                }
                8 => rig.modem.garbage = vec![1; random(20) as usize],
                _ => {
                    rig.settle();
                    if let Some(wakeup) = rig.session.wakeup() {
                        rig.now = rig.now.max(wakeup);
                        rig.session.tick(rig.now);
                    }
                }
            }
            if rig.result.is_some() {
                break;
            }
        }
        rig.modem.garbage.clear();
        if rig.result.is_none() {
            rig.session.quit(rig.now);
            let _ = rig.run_out();
        }
        assert_eq!(rig.session.state(), State::Ended, "seed {seed}");
    }
}

/// Scenarios that together go through the table.
fn scenarios() -> Vec<Rig> {
    let mut rigs = Vec::new();
    let mut keep = |mut rig: Rig, run: fn(&mut Rig)| {
        run(&mut rig);
        rigs.push(rig);
    };
    // Up, watched, reconfigured, released, refused, up again, restarted, lost, back, ended by the user.
    keep(dual(), |rig| {
        rig.modem.newest = wda::Aggregation::QmapV4;
        (rig.modem.mode, rig.modem.radio_locked) = (qmi::dms::Mode::LowPower, true);
        rig.modem.radio_sleepy = 1;
        rig.run_up();
        let up_at = rig.now;
        rig.run_until(|rig| rig.now.duration_since(up_at) >= Duration::from_secs(16));
        let octets = status(data_client(rig), wds::Connection::Connected, true);
        rig.receive(&octets);
        let octets = status(data_client(rig), wds::Connection::Disconnected, false);
        rig.receive(&octets);
        rig.receive(&synced());
        rig.run_up();
        rig.receive(&synced());
        rig.run_up();
        rig.no_port = Some((network_error(), true));
        rig.session.lost(rig.now);
        rig.session.lost(rig.now);
        rig.settle();
        let since = rig.now;
        rig.run_until(|rig| rig.now.duration_since(since) >= Duration::from_secs(1));
        rig.no_port = None;
        rig.run_up();
        rig.session.quit(rig.now);
        rig.run_out().unwrap();
    });
    // A PIN, a late SIM, a late registration, a modem that starts its QMI late.
    keep(Rig::new(|args| args.pin = Some("1234".into())), |rig| {
        rig.others_turns = 2;
        rig.modem.app = AppState::Detected;
        rig.modem.registration = Registration::Searching;
        rig.modem.silent = vec![OPEN];
        rig.run_until(|rig| rig.asked(OPEN) == 1);
        rig.receive(&synced());
        rig.session.lost(rig.now);
        rig.modem.silent.clear();
        rig.run_until(|rig| rig.seconds() >= 6);
        rig.modem.app = AppState::PinRequired;
        rig.run_until(|rig| rig.seconds() >= 12);
        let system = nas::Serving {
            registration: Registration::Registered,
            ..Default::default()
        };
        let mut room = [0; 64];
        let body = nas::ServingSystem {
            system,
            ..Default::default()
        };
        let octets = Builder::indication(&mut room, service::NAS, 0xff, 0x24)
            .body(&body)
            .finish()
            .unwrap()
            .to_vec();
        rig.receive(&octets);
        // The same while the technologies are being read.
        rig.modem.silent = vec![(service::NAS, 0x4d)];
        rig.run_until(|rig| rig.session.state() == State::Systems);
        rig.modem.silent.clear();
        rig.modem.registration = Registration::Registered;
        rig.receive(&octets);
        rig.run_up();
    });
    // A network that takes PAP alone.
    keep(with_user(|_| {}), |rig| {
        rig.modem.only_authentication = Some(1);
        rig.run_up();
    });
    // Beside other sessions, with and without a format.
    for raw in [false, true] {
        let mut rig = rig();
        rig.modem.raw = raw;
        rig.claims = [Claim::Busy, Claim::Shared].into();
        rig.run_up();
        rigs.push(rig);
    }
    // A silent one, first or second.
    for turn in [1, 2] {
        let mut rig = dual();
        rig.modem.silent_once = Some((BIND, turn));
        rig.run_up();
        rigs.push(rig);
    }
    // Families refused at each place.
    for refused in [wds::Family::Ipv4, wds::Family::Ipv6] {
        let mut rig = dual();
        rig.modem.refused_families = vec![refused];
        rig.run_up();
        rigs.push(rig);
    }
    for unknown in [
        vec![wds::Family::Ipv6],
        vec![wds::Family::Ipv4, wds::Family::Ipv6],
    ] {
        let mut rig = dual();
        let all = unknown.len() == 2;
        rig.modem.unknown_families = unknown;
        rig.run_until(|rig| rig.session.state() == State::Up || rig.result.is_some());
        assert_eq!(rig.result.is_some(), all);
        rigs.push(rig);
    }
    // Ends: signals during the way down, during the rest and before a port; failures before and during the link.
    for silent in [STOP, RELEASE] {
        let mut rig = up();
        rig.modem.silent = vec![silent];
        rig.run_until(|rig| rig.session.state() == State::Up);
        let octets = status(data_client(&rig), wds::Connection::Connected, false);
        rig.receive(&octets);
        rig.modem.refused.insert(SETTINGS, ErrorCode::INTERNAL);
        let octets = status(data_client(&rig), wds::Connection::Connected, true);
        rig.receive(&octets);
        rig.session.quit(rig.now);
        rig.run_out().unwrap();
        rigs.push(rig);
    }
    for silent in [STOP, RELEASE] {
        let mut rig = up();
        rig.modem.silent = vec![silent];
        rig.modem.refused.insert(SETTINGS, ErrorCode::INTERNAL);
        let octets = status(data_client(&rig), wds::Connection::Connected, true);
        rig.receive(&octets);
        rig.receive(&synced());
        rig.run_until(|rig| rig.session.state() == State::Rest);
        rig.session.quit(rig.now);
        rig.run_out().unwrap();
        rigs.push(rig);
    }
    rigs.push(taken_over());
    for port in [true, false] {
        let mut rig = rig();
        rig.no_port = Some((network_error(), port));
        rig.settle();
        rig.receive(&synced());
        rig.session.quit(rig.now);
        rig.settle();
        rigs.push(rig);
    }
    let mut twice = up();
    twice.modem.silent = vec![STOP];
    twice.session.quit(twice.now);
    twice.settle();
    twice.session.quit(twice.now);
    twice.settle();
    rigs.push(twice);
    rigs
}

#[test]
fn every_row_of_the_table_is_taken() {
    let rigs = scenarios();
    let taken: Vec<(State, Trigger)> = rigs
        .iter()
        .flat_map(|rig| rig.history().iter().copied())
        .collect();
    let missing: Vec<_> = TABLE
        .iter()
        .filter(|row| {
            let specific = |state| {
                TABLE
                    .iter()
                    .any(|other| other.from == Some(state) && other.trigger == row.trigger)
            };
            !taken.iter().any(|&(state, trigger)| {
                trigger == row.trigger && row.from.map_or(!specific(state), |from| from == state)
            })
        })
        .collect();
    assert!(missing.is_empty(), "{missing:#?}");
}
