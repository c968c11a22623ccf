// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
//! States: power-on, reset, crash, sleep, restart, emergency download.

use super::*;

#[test]
fn channels_of_the_other_mode_do_not_start() {
    let start = |fate, mbim, channel| {
        let mut host = Host::in_m0(&[]);
        host.request(&format!("absent {fate}")).expect("obeyed");
        host.modem.lock().expect("not poisoned").mbim = mbim;
        host.run(MS);
        host.offer(channel, 1, false, 8);
        match host.give(Command::Start(channel)).as_slice() {
            [Event::Command { code, .. }] => Some(*code),
            _ => None,
        }
    };
    assert_eq!(start("refused", false, 12), Some(Completion::UNDEFINED));
    assert_eq!(start("refused", false, 14), Some(Completion::SUCCESS));
    assert_eq!(start("refused", true, 12), Some(Completion::SUCCESS));
    assert_eq!(start("refused", true, 15), Some(Completion::UNDEFINED));
    assert_eq!(start("both", true, 12), Some(Completion::UNDEFINED));
    assert_eq!(start("ignored", true, 14), None);
    assert_eq!(start("silent", true, 14), Some(Completion::SUCCESS));
}

#[test]
fn power_on_is_ready_in_mission_mode() {
    let mut host = Host::new(&[]);
    assert_eq!(host.state(), State::READY);
    assert_eq!(host.read(MHISTATUS) & STATUS_READY, STATUS_READY);
    assert_eq!(environment(&mut host), ExecutionEnvironment::AMSS);
    assert_eq!(
        (host.read(CHDBOFF), host.read(ERDBOFF), host.read(BHIOFF)),
        (0x300, 0x700, 0x100)
    );
}

#[test]
fn m0_is_announced_with_an_interrupt() {
    let mut host = Host::in_m0(&[]);
    assert_eq!(host.state(), State::M0);
    assert!(host.interrupts(1) > 0);
    assert_eq!(host.interrupts(0), 0);
}

#[test]
fn boot_shows_its_environment_until_ready() {
    let mut host = Host::new(&["--boot-ee", "sbl", "--boot-delay", "300"]);
    host.run(299 * MS);
    assert_eq!(host.state(), State::RESET);
    assert_eq!(host.read(MHISTATUS) & STATUS_READY, 0);
    assert_eq!(environment(&mut host), ExecutionEnvironment::SBL);
    host.ask(State::M0);
    assert_eq!(host.count("refused_transition"), 1);
    host.run(2 * MS);
    assert_eq!(host.state(), State::READY);
    assert_eq!(environment(&mut host), ExecutionEnvironment::AMSS);
}

#[test]
fn boot_goes_through_its_environments() {
    let mut host = Host::new(&["--boot-ee", "pbl,sbl", "--boot-delay", "100"]);
    let seen = [50, 100, 100].map(|milliseconds| {
        host.run(milliseconds * MS);
        (environment(&mut host), host.state())
    });
    let expected = [
        (ExecutionEnvironment::PBL, State::RESET),
        (ExecutionEnvironment::SBL, State::RESET),
        (ExecutionEnvironment::AMSS, State::READY),
    ];
    assert_eq!(seen, expected);
    // Another way, from the next power-on.
    host.request("boot pthru 70").expect("obeyed");
    host.device.reset(Cure::Power, host.now);
    host.run(69 * MS);
    assert_eq!(environment(&mut host), ExecutionEnvironment::PTHRU);
    host.run(2 * MS);
    assert_eq!(host.state(), State::READY);
    assert!(host.request("boot nowhere 1").is_err());
}

#[test]
fn reset_takes_its_time_and_comes_back_to_ready() {
    let mut host = Host::in_m0(&["--reset-delay", "10"]);
    host.write(BHI + bhi::INTVEC, 3);
    host.write(MHICTRL, CTRL_RESET);
    host.run(9 * MS);
    assert_eq!((host.read(MHISTATUS), host.read(MHICTRL)), (0, CTRL_RESET));
    host.run(2 * MS);
    assert_eq!((host.state(), host.read(MHICTRL)), (State::READY, 0));
    assert_eq!(host.read(BHI + bhi::INTVEC), 0);
    host.start();
    assert_eq!(host.events(0).len(), 2);
}

#[test]
fn one_that_hesitates_goes_later_unless_it_is_reset() {
    for reset in [false, true] {
        let mut host = Host::new(&[]);
        host.request("hesitate on").expect("obeyed");
        host.start();
        assert_eq!(host.state(), State::READY);
        if reset {
            host.write(MHICTRL, CTRL_RESET);
            host.run(10 * MS);
        }
        host.request("hesitate off").expect("obeyed");
        let expected = if reset { State::READY } else { State::M0 };
        assert_eq!(host.state(), expected);
        assert_eq!(host.count("hesitations_reset"), u64::from(reset));
    }
}

#[test]
fn crash_is_signalled_once_and_reset_recovers() {
    let mut host = Host::in_m0(&[]);
    host.interrupts(0);
    host.request("sys_err").expect("obeyed");
    host.run(MS);
    assert_eq!(host.state(), State::SYS_ERR);
    assert_eq!(host.interrupts(0), 1);
    assert_eq!(host.events(0), []);
    host.write(MHICTRL, CTRL_RESET);
    host.run(10 * MS);
    host.start();
    assert_eq!(host.state(), State::M0);
    assert_eq!(host.events(0).len(), 2);
}

#[test]
fn crash_comes_on_the_way_to_sleep_and_from_it() {
    for (point, ways) in [
        ("m3", vec![State::M3]),
        ("awake", vec![State::M3, State::M0]),
    ] {
        let mut host = Host::in_m0(&[]);
        host.request(&format!("crash-at {point}")).expect("obeyed");
        for state in ways {
            assert_ne!(host.state(), State::SYS_ERR, "{point}");
            host.write(MHICTRL, u32::from(state.0) << 8);
        }
        assert_eq!(host.state(), State::SYS_ERR, "{point}");
    }
}

#[test]
fn modem_that_crashed_while_it_boots_starts_anew_by_a_reset() {
    for environment in ["pbl", "sbl", "pthru"] {
        let mut host = Host::new(&["--boot-ee", environment, "--boot-delay", "10"]);
        host.request(&format!("sys_err interrupt {environment}"))
            .expect("obeyed");
        host.run(100 * MS);
        assert_eq!(host.state(), State::SYS_ERR, "{environment}");
        host.write(MHICTRL, CTRL_RESET);
        host.run(100 * MS);
        assert_eq!(host.state(), State::READY, "{environment}");
    }
}

#[test]
fn crash_by_event_raises_no_boot_interrupt() {
    let mut host = Host::in_m0(&[]);
    host.request("sys_err event").expect("obeyed");
    host.run(MS);
    assert_eq!(host.interrupts(0), 0);
    assert_eq!(host.events(0), [Event::State(State::SYS_ERR)]);
}

#[test]
fn cookie_and_soc_reset_lead_to_emergency_download() {
    let mut host = Host::in_m0(&[]);
    host.write64(CHDB + 8 * 91, EDL_COOKIE.into());
    host.write(SOC_RESET, 1);
    assert_eq!(environment(&mut host), ExecutionEnvironment::EDL);
    assert_eq!(host.state(), State::RESET);
    host.write64(BHI + bhi::IMGADDR_LOW, BUFFERS);
    host.write(BHI + bhi::IMGSIZE, 4096);
    host.write(BHI + bhi::IMGTXDB, 1);
    assert_eq!(host.read(BHI + bhi::STATUS), bhi::STATUS_SUCCESS);
    host.run(10 * MS);
    assert_eq!(environment(&mut host), ExecutionEnvironment::FP);
    assert_eq!(host.state(), State::READY);
    host.write(SOC_RESET, 1);
    assert_eq!(environment(&mut host), ExecutionEnvironment::AMSS);
}

#[test]
fn soc_reset_of_a_host_at_work_ends_in_a_crash_and_of_an_idle_one_in_ready() {
    let mut host = Host::in_m0(&[]);
    host.interrupts(0);
    host.write(SOC_RESET, 1);
    host.run(10 * MS);
    assert_eq!((host.state(), host.interrupts(0)), (State::SYS_ERR, 1));
    host.write(MHICTRL, CTRL_RESET);
    host.run(10 * MS);
    assert_eq!(host.state(), State::READY);
    host.write(SOC_RESET, 1);
    host.run(10 * MS);
    assert_eq!((host.state(), host.interrupts(0)), (State::READY, 0));
}

#[test]
fn image_outside_memory_is_refused() {
    let mut host = Host::in_m0(&[]);
    host.write64(CHDB + 8 * 91, EDL_COOKIE.into());
    host.write(SOC_RESET, 1);
    host.write64(BHI + bhi::IMGADDR_LOW, MEMORY - 100);
    host.write(BHI + bhi::IMGSIZE, 4096);
    host.write(BHI + bhi::IMGTXDB, 1);
    assert_eq!(host.read(BHI + bhi::STATUS), bhi::STATUS_ERROR);
    assert_eq!(environment(&mut host), ExecutionEnvironment::EDL);
}

#[test]
fn without_bus_mastering_nothing_moves() {
    let mut host = Host::in_m0(&[]);
    open_data(&mut host, 16);
    host.device.write_config(4, &[2, 0], host.now);
    host.queue(100, transfer(BUFFERS, 5));
    host.ring(100);
    host.run(10 * MS);
    assert_eq!(host.events(2), []);
    host.device.write_config(4, &[6, 0], host.now);
    host.run(MS);
    assert_eq!(host.events(2).len(), 1);
}

#[test]
fn suspended_device_is_silent_and_wakes_by_pme() {
    let mut host = Host::in_m0(&[]);
    open_port(&mut host, 0);
    open_data(&mut host, 16);
    host.queue(101, transfer(BUFFERS, 100));
    host.ring(101);
    host.ask(State::M3);
    host.run(MS);
    assert_eq!(host.events(0), [Event::State(State::M3)]);
    // D3hot with PME enabled.
    host.device.write_config(0x44, &[3, 1], host.now);
    assert_eq!(host.read(MHISTATUS), u32::MAX);
    put_down(&host, vec![9; 100]);
    host.run(100 * MS);
    assert_eq!(host.interrupts(4), 0);
    let mut status = [0; 2];
    host.device.read_config(0x44, &mut status);
    assert_eq!(status[1] & 0x80, 0x80, "PME status");
    // Resume: D0, status cleared, M0, doorbells; the message is still there.
    host.device.write_config(0x44, &[0, 0x80], host.now);
    host.ask(State::M0);
    host.run(MS);
    assert_eq!(host.events(0), [Event::State(State::M0)]);
    host.ring(101);
    host.run(MS);
    assert_eq!(host.events(3).len(), 1);
}

#[test]
fn doorbells_of_one_that_sleeps_are_dropped_and_counted() {
    let mut host = Host::in_m0(&[]);
    open_port(&mut host, 0);
    host.ask(State::M3);
    host.run(MS);
    assert_eq!(host.events(0), [Event::State(State::M3)]);
    host.queue(0, transfer(BUFFERS, 5));
    host.ring(0);
    host.write64(CHDB + 8 * u32::from(WAKE_DOORBELL), 0);
    assert_eq!(host.count("doorbell_while_asleep"), 1);
    host.ask(State::M0);
    host.run(MS);
    assert_eq!(host.events(1), [], "it is rung again in M0");
    host.ring(0);
    host.run(MS);
    assert_eq!(host.events(1).len(), 1);
    assert_eq!(host.count("doorbell_while_asleep"), 1);
    assert_eq!(
        host.request("faults-of-host").as_deref(),
        Ok("doorbell_while_asleep=1")
    );
}

#[test]
fn idle_device_dozes_and_a_doorbell_wakes_it() {
    let mut host = Host::in_m0(&["--m1-after", "50"]);
    open_port(&mut host, 0);
    host.run(100 * MS);
    assert_eq!(host.events(0), [Event::State(State::M1)]);
    host.ask(State::M2);
    host.run(100 * MS);
    assert_eq!(host.state(), State::M2);
    host.queue(0, transfer(BUFFERS, 5));
    host.ring(0);
    host.run(MS);
    assert_eq!(host.state(), State::M0);
    assert_eq!(host.events(0), [Event::State(State::M0)]);
    assert_eq!(host.events(1).len(), 1);
}

#[test]
fn function_level_reset_is_a_power_on() {
    let mut host = Host::in_m0(&[]);
    open_data(&mut host, 16);
    host.device.write_config(0x79, &[0x80], host.now);
    assert_eq!(host.state(), State::READY);
    assert_eq!(host.read(CCABAP_LOWER), 0);
    let mut command = [0; 2];
    host.device.read_config(4, &mut command);
    assert_eq!(command, [0, 0]);
    host.device.write_config(4, &[6, 0], host.now);
    host.start();
    assert_eq!(host.events(0).len(), 2);
}

#[test]
fn link_that_is_down_reads_as_ones() {
    let mut host = Host::in_m0(&[]);
    host.request("drop").expect("obeyed");
    let mut id = [0; 2];
    host.device.read_config(0, &mut id);
    assert_eq!((host.read(MHISTATUS), id), (u32::MAX, [0xff; 2]));
    host.request("restore").expect("obeyed");
    assert_eq!(host.state(), State::READY);
}

#[test]
fn link_that_only_power_brings_back_stays_down_over_other_resets() {
    let mut host = Host::in_m0(&[]);
    host.request("drop power").expect("obeyed");
    for (by, value) in [(Cure::Function, !0), (Cure::Bus, !0), (Cure::Power, 0x300)] {
        host.device.reset(by, host.now);
        host.device.write_config(4, &[6, 0], host.now);
        assert_eq!(host.read(CHDBOFF), value, "{by:?}");
    }
}

/// The two things by which cases tell whether the next kernel's memory was safe.
#[test]
fn host_that_goes_without_stopping_the_modem_is_found_out() {
    let mut host = Host::in_m0(&[]);
    assert!(host.device.bus.memory.writes() > 0);
    host.write(MHICTRL, CTRL_RESET);
    host.run(10 * MS);
    host.device.write_config(4, &[2, 0], host.now);
    assert_eq!(host.device.bus.memory.writes(), 0);
    assert_eq!(host.count("cut_off"), 0);

    host.device.write_config(4, &[6, 0], host.now);
    host.start();
    host.device.write_config(4, &[2, 0], host.now);
    assert_eq!(host.count("cut_off"), 1);
    assert!(host.device.bus.memory.writes() > 0);
}

#[test]
fn restart_that_the_modem_was_asked_for_is_a_crash() {
    let mut host = Host::in_m0(&[]);
    host.interrupts(0);
    host.modem.lock().expect("not poisoned").restart = true;
    host.run(100 * MS);
    assert_eq!(host.state(), State::M0);
    host.run(200 * MS);
    assert_eq!((host.state(), host.interrupts(0)), (State::SYS_ERR, 1));
    host.run(1000 * MS);
    assert_eq!(host.interrupts(0), 0);
}

#[test]
fn crash_while_the_host_sleeps_wakes_it_first() {
    let mut host = Host::in_m0(&[]);
    host.ask(State::M3);
    host.run(MS);
    host.device.write_config(0x44, &[3, 1], host.now);
    host.interrupts(0);
    host.request("sys_err").expect("obeyed");
    host.run(MS);
    let mut status = [0; 2];
    host.device.read_config(0x44, &mut status);
    assert_eq!((status[1] & 0x80, host.interrupts(0)), (0x80, 0));
    host.device.write_config(0x44, &[0, 0x80], host.now);
    host.run(MS);
    assert_eq!(host.interrupts(0), 1);
}

#[test]
fn host_that_forgot_bus_mastering_gets_no_events() {
    let mut host = Host::new(&[]);
    host.device.write_config(4, &[2, 0], host.now);
    host.start();
    assert_eq!(host.events(0), []);
    assert!(host.count("bad_event_context") > 0);
}

#[test]
fn dump_that_nobody_fetches_ends_with_a_reset() {
    let mut host = Host::new(&["--boot-ee", "sbl", "--boot-delay", "100"]);
    host.run(100 * MS);
    host.start();
    host.request("rddm").expect("obeyed");
    host.run(MS);
    assert_eq!(environment(&mut host), ExecutionEnvironment::RDDM);
    assert_eq!((host.state(), host.interrupts(0)), (State::SYS_ERR, 1));
    host.write(MHICTRL, CTRL_RESET);
    host.run(50 * MS);
    assert_eq!(
        (environment(&mut host), host.read(MHICTRL)),
        (ExecutionEnvironment::SBL, 0)
    );
    host.run(60 * MS);
    assert_eq!(
        (environment(&mut host), host.state()),
        (ExecutionEnvironment::AMSS, State::READY)
    );
}

#[test]
fn dump_fills_the_pieces_that_the_host_gave() {
    let mut host = Host::in_m0(&[]);
    // Two pieces, of 32 and 16 bytes, and the vector.
    let vector: Vec<u8> = [BUFFERS, 32, BUFFERS + 0x100, 16]
        .iter()
        .flat_map(|word| word.to_le_bytes())
        .collect();
    host.put(BUFFERS + 0x1000, &vector);
    host.write(BHIE + bhi::BHIE_RXVECADDR_LOW, (BUFFERS + 0x1000) as u32);
    host.write(BHIE + bhi::BHIE_RXVECSIZE, 32);
    host.write(BHIE + bhi::BHIE_RXVECDB, 7);
    host.run(300 * MS);
    assert_eq!(host.read(BHIE + bhi::BHIE_RXVECSTATUS), 0);
    host.request("rddm").expect("obeyed");
    host.run(300 * MS);
    assert_eq!(
        host.read(BHIE + bhi::BHIE_RXVECSTATUS),
        bhi::STATUS_SUCCESS | 7
    );
    let (mut one, mut other) = ([0; 32], [0; 17]);
    host.get(BUFFERS, &mut one);
    host.get(BUFFERS + 0x100, &mut other);
    assert_eq!(one, *b"000000000000000\n000000000000001\n");
    assert_eq!(other, *b"000000000000002\n\0");
    // One that was not asked for, and one that fails.
    host.write(MHICTRL, CTRL_RESET);
    host.run(100 * MS);
    host.request("rddm").expect("obeyed");
    host.run(300 * MS);
    assert_eq!(host.read(BHIE + bhi::BHIE_RXVECSTATUS), 0);
    host.request("dump refused").expect("obeyed");
    host.write(BHIE + bhi::BHIE_RXVECDB, 9);
    host.run(300 * MS);
    assert_eq!(
        host.read(BHIE + bhi::BHIE_RXVECSTATUS),
        bhi::STATUS_ERROR | 9
    );
}
