// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
//! The device against the host of [`super::mock`]: states, rings, burst mode, moderation, faults, and what a hostile
//! host may do.

use std::time::Duration;

use ::mhi::register::*;
use ::mhi::{bhi, Command, Completion, Element, Event, ExecutionEnvironment, State, Transfer};

use super::mock::*;
use super::registers::{BHI, CHDB};

const MS: Duration = Duration::from_millis(1);

fn completion(channel: u8, pointer: u64, len: u16, code: Completion) -> Event {
    Event::Transfer {
        channel,
        pointer,
        len,
        code,
    }
}

/// Opens both directions of a port without bursts, on event ring 1.
fn open_port(host: &mut Host, channel: u8) {
    host.open(channel, 1, false, 8);
    host.open(channel + 1, 1, false, 8);
}

/// Opens the data channels as Linux does: burst mode, moderated event rings 2 and 3.
fn open_data(host: &mut Host, elements: u64) {
    host.open(100, 2, true, elements);
    host.open(101, 3, true, elements);
}

fn put_down(host: &Host, transfer: Vec<u8>) {
    host.plane.down.lock().expect("not poisoned").push_back(transfer);
}

fn environment(host: &mut Host) -> ExecutionEnvironment {
    ExecutionEnvironment(host.read(BHI + bhi::EXECENV) as u8)
}

fn taken_up(host: &Host) -> Vec<Vec<u8>> {
    std::mem::take(&mut *host.plane.up.lock().expect("not poisoned"))
}

#[test]
fn power_on_is_ready_in_mission_mode() {
    let mut host = Host::new(&[]);
    assert_eq!(host.state(), State::READY);
    assert_eq!(host.read(MHISTATUS) & STATUS_READY, STATUS_READY);
    assert_eq!(environment(&mut host), ExecutionEnvironment::AMSS);
    assert_eq!((host.read(CHDBOFF), host.read(ERDBOFF), host.read(BHIOFF)), (0x300, 0x700, 0x100));
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
fn crash_is_signalled_once_and_reset_recovers() {
    let mut host = Host::in_m0(&[]);
    host.interrupts(0);
    host.request("sys_err").expect("obeyed");
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
fn crash_by_event_raises_no_boot_interrupt() {
    let mut host = Host::in_m0(&[]);
    host.request("sys_err event").expect("obeyed");
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
fn commands_are_completed_and_bad_ones_refused() {
    let mut host = Host::in_m0(&[]);
    open_port(&mut host, 0);
    let refused = Completion::UNDEFINED.0;
    assert_eq!(host.command(Command::Noop), 1);
    assert_eq!(host.command(Command::Stop(1)), 1);
    assert_eq!(host.command(Command::Start(1)), 1);
    assert_eq!(host.command(Command::Reset(1)), 1);
    assert_eq!(host.command(Command::Reset(1)), 1);
    assert_eq!(host.command(Command::Stop(1)), refused);
    // Channel 2's context is all zero.
    assert_eq!(host.command(Command::Start(2)), refused);
    assert_eq!(host.command(Command::Start(200)), refused);
    let unknown = Element {
        second: 73 << 16,
        ..Element::default()
    };
    assert_eq!(host.command(Command::Other(unknown)), refused);
    assert_eq!((host.count("bad_transfer_ring"), host.count("bad_command")), (1, 2));
    // The command ring of 16 has been around once now.
    for _ in 0..16 {
        assert_eq!(host.command(Command::Noop), 1);
    }
}

#[test]
fn loopback_gives_back_what_it_got() {
    let mut host = Host::in_m0(&[]);
    open_port(&mut host, 0);
    // Three times around a ring of eight.
    for round in 0..24u8 {
        let message: Vec<u8> = (0..=round).collect();
        host.put(BUFFERS, &message);
        let down = host.queue(1, transfer(BUFFERS + 0x1000, 256));
        host.ring(1);
        let up = host.queue(0, transfer(BUFFERS, message.len() as u16));
        host.ring(0);
        host.run(MS);
        let len = message.len() as u16;
        assert_eq!(
            host.events(1),
            [
                completion(0, up, len, Completion::EOT),
                completion(1, down, len, Completion::EOT)
            ]
        );
        let mut back = vec![0; message.len()];
        host.get(BUFFERS + 0x1000, &mut back);
        assert_eq!(back, message);
        assert!(host.interrupts(2) > 0);
    }
}

#[test]
fn chain_is_one_message_and_one_completion() {
    let mut host = Host::in_m0(&[]);
    open_data(&mut host, 16);
    host.put(BUFFERS, b"headpayload");
    let chained = Transfer {
        chain: true,
        end_of_transfer: false,
        ..transfer(BUFFERS, 4)
    };
    host.queue(100, chained);
    let last = host.queue(100, transfer(BUFFERS + 4, 7));
    host.ring(100);
    host.run(MS);
    assert_eq!(taken_up(&host), [b"headpayload"]);
    assert_eq!(host.events(2), [completion(100, last, 7, Completion::EOT)]);
}

#[test]
fn chain_that_ends_later_waits_for_its_end() {
    let mut host = Host::in_m0(&[]);
    open_data(&mut host, 16);
    host.put(BUFFERS, b"onetwo");
    let block = Transfer {
        chain: true,
        end_of_block: true,
        end_of_transfer: false,
        ..transfer(BUFFERS, 3)
    };
    let first = host.queue(100, block);
    host.ring(100);
    host.run(MS);
    assert!(taken_up(&host).is_empty());
    assert_eq!(host.events(2), [completion(100, first, 3, Completion::EOB)]);
    host.queue(100, transfer(BUFFERS + 3, 3));
    host.ring(100);
    host.run(MS);
    assert_eq!(taken_up(&host), [b"onetwo"]);
}

#[test]
fn long_message_overflows_into_the_next_buffers() {
    let mut host = Host::in_m0(&[]);
    open_data(&mut host, 16);
    let message: Vec<u8> = (0..2500u32).map(|byte| byte as u8).collect();
    put_down(&host, message.clone());
    // Two buffers first: the rest of the message waits for the third.
    let first = host.queue(101, transfer(BUFFERS, 1000));
    let second = host.queue(101, transfer(BUFFERS + 1000, 1000));
    host.ring(101);
    host.run(MS);
    let third = host.queue(101, transfer(BUFFERS + 2000, 1000));
    host.ring(101);
    host.run(MS);
    assert_eq!(
        host.events(3),
        [
            completion(101, first, 1000, Completion::OVERFLOW),
            completion(101, second, 1000, Completion::OVERFLOW),
            completion(101, third, 0, Completion::OOB),
            completion(101, third, 500, Completion::EOT),
        ]
    );
    let mut back = vec![0; 2500];
    host.get(BUFFERS, &mut back);
    assert_eq!(back, message);
    assert_eq!(host.count("downlink_overflows"), 2);
}

#[test]
fn burst_uplink_is_polled_then_asks_for_a_doorbell() {
    let mut host = Host::in_m0(&[]);
    open_data(&mut host, 16);
    host.queue(100, transfer(BUFFERS, 10));
    host.ring(100);
    host.run(MS);
    // No doorbell: the write pointer in memory is enough.
    host.queue(100, transfer(BUFFERS, 11));
    host.run(2 * MS);
    assert_eq!(taken_up(&host).len(), 2);
    host.run(10 * MS);
    let events = host.events(2);
    let Some(Event::Transfer { code, .. }) = events.last() else {
        panic!("{events:?}");
    };
    assert_eq!((events.len(), *code), (3, Completion::DB_MODE));
    // Asleep now: only a doorbell helps, and no second request comes.
    host.queue(100, transfer(BUFFERS, 12));
    host.run(50 * MS);
    assert!(taken_up(&host).is_empty());
    assert_eq!(host.events(2), []);
    host.ring(100);
    host.run(MS);
    assert_eq!(taken_up(&host).len(), 1);
}

#[test]
fn idle_burst_downlink_with_buffers_is_left_in_peace() {
    let mut host = Host::in_m0(&[]);
    open_data(&mut host, 16);
    for buffer in 0..8 {
        host.queue(101, transfer(BUFFERS + buffer * 0x1000, 0x1000));
    }
    host.ring(101);
    host.run(1000 * MS);
    assert_eq!(host.events(3), []);
    put_down(&host, vec![7; 100]);
    host.run(10 * MS);
    assert_eq!(host.events(3).len(), 1);
}

#[test]
fn downlink_without_buffers_asks_once() {
    let mut host = Host::in_m0(&[]);
    open_data(&mut host, 16);
    let first = host.queue(101, transfer(BUFFERS, 100));
    host.ring(101);
    for _ in 0..5 {
        put_down(&host, vec![7; 50]);
    }
    host.run(50 * MS);
    let second = first + 16;
    assert_eq!(
        host.events(3),
        [
            completion(101, first, 50, Completion::EOT),
            completion(101, second, 0, Completion::OOB)
        ]
    );
    assert_eq!(host.count("out_of_buffers"), 1);
}

#[test]
fn blocked_interrupts_wait_for_the_moderation() {
    let mut host = Host::in_m0(&[]);
    open_data(&mut host, 16);
    let blocked = Transfer {
        block_interrupt: true,
        ..transfer(BUFFERS, 100)
    };
    host.interrupts(3);
    for _ in 0..4 {
        host.queue(100, blocked);
    }
    host.ring(100);
    host.run(3 * MS);
    assert_eq!(host.interrupts(3), 0);
    assert_eq!(host.events(2).len(), 4);
    host.run(3 * MS);
    assert_eq!(host.interrupts(3), 1);
    // Without the flag at once.
    host.queue(100, transfer(BUFFERS, 100));
    host.ring(100);
    host.run(Duration::from_micros(10));
    assert_eq!(host.interrupts(3), 1);
}

#[test]
fn counted_interrupts_come_every_n_events() {
    let mut host = Host::in_m0(&["--interrupt-every", "4"]);
    open_data(&mut host, 32);
    let blocked = Transfer {
        block_interrupt: true,
        ..transfer(BUFFERS, 100)
    };
    for round in 0..3 {
        for _ in 0..4 {
            host.queue(100, blocked);
            host.ring(100);
            host.run(Duration::from_micros(100));
        }
        assert_eq!(host.interrupts(3), 1, "round {round}");
        host.events(2);
    }
}

#[test]
fn full_event_ring_holds_transfers_back_and_loses_none() {
    let mut host = Host::in_m0(&[]);
    open_data(&mut host, 128);
    for number in 0..100u64 {
        host.put(BUFFERS + 8 * number, &number.to_le_bytes());
        host.queue(100, transfer(BUFFERS + 8 * number, 8));
    }
    host.ring(100);
    let mut completed = 0;
    for _ in 0..10 {
        host.run(3 * MS);
        let events = host.events(2);
        assert!(events.len() < EVENT_ELEMENTS as usize);
        completed += events.iter().filter(|event| matches!(event, Event::Transfer { len: 8, .. })).count();
    }
    assert_eq!(completed, 100);
    let numbers: Vec<_> = (0..100u64).map(|number| number.to_le_bytes().to_vec()).collect();
    assert_eq!(taken_up(&host), numbers);
    assert!(host.count("event_ring_full") > 0);
}

#[test]
fn buffer_may_lie_across_two_pieces_of_memory() {
    let mut host = Host::in_m0(&[]);
    open_data(&mut host, 16);
    let message: Vec<u8> = (0..3000u32).map(|byte| (byte * 7) as u8).collect();
    host.put(SEAM - 1500, &message);
    host.queue(100, transfer(SEAM - 1500, 3000));
    host.ring(100);
    host.run(MS);
    assert_eq!(taken_up(&host), [message]);
}

#[test]
fn buffers_outside_memory_or_window_are_counted_and_the_rest_goes_on() {
    let mut host = Host::in_m0(&[]);
    open_data(&mut host, 16);
    for address in [MEMORY - 10, 1 << 33, u64::MAX - 5] {
        host.queue(100, transfer(address, 100));
    }
    host.queue(100, transfer(BUFFERS, 100));
    host.ring(100);
    host.run(MS);
    assert_eq!(taken_up(&host).len(), 1);
    assert_eq!(host.count("bad_buffer_read"), 3);
    put_down(&host, vec![1; 100]);
    put_down(&host, vec![2; 100]);
    host.queue(101, transfer(MEMORY, 100));
    host.queue(101, transfer(BUFFERS, 100));
    host.ring(101);
    host.run(MS);
    assert_eq!(host.count("bad_buffer_write"), 1);
    assert_eq!(host.events(3).len(), 2);
}

#[test]
fn descriptor_of_another_type_is_completed_as_bad() {
    let mut host = Host::in_m0(&[]);
    open_data(&mut host, 16);
    let pointer = host.queue_element(100, Command::Noop.emit());
    host.queue(100, transfer(BUFFERS, 5));
    host.ring(100);
    host.run(MS);
    assert_eq!(host.events(2)[0], completion(100, pointer, 0, Completion::BAD_TRE));
    assert_eq!(taken_up(&host).len(), 1);
}

#[test]
fn endless_chain_is_cut_and_counted() {
    let mut host = Host::in_m0(&[]);
    open_data(&mut host, 16);
    let chained = Transfer {
        chain: true,
        end_of_transfer: false,
        ..transfer(BUFFERS, 0xffff)
    };
    for _ in 0..20 {
        host.queue(100, chained);
        host.ring(100);
        host.run(MS);
    }
    assert!(host.count("long_chain") > 0);
    host.queue(100, transfer(BUFFERS, 5));
    host.queue(100, transfer(BUFFERS, 6));
    host.ring(100);
    host.run(MS);
    assert_eq!(taken_up(&host).iter().map(Vec::len).collect::<Vec<_>>(), [6]);
}

#[test]
fn write_pointers_that_lie_are_ignored() {
    let mut host = Host::in_m0(&[]);
    open_data(&mut host, 16);
    host.queue(100, transfer(BUFFERS, 5));
    host.write64(CHDB + 800, 0xdead_beef);
    host.run(MS);
    assert_eq!((taken_up(&host).len(), host.count("bad_doorbell")), (0, 1));
    host.ring(100);
    host.run(MS);
    host.put(host.wp_address(100), &u64::MAX.to_le_bytes());
    host.run(MS);
    assert_eq!(taken_up(&host).len(), 1);
    assert!(host.count("bad_transfer_wp") > 0);
}

#[test]
fn doorbell_of_a_closed_channel_is_counted() {
    let mut host = Host::in_m0(&[]);
    host.write64(CHDB + 8 * 14, 0x1000);
    assert_eq!(host.count("doorbell_of_closed_channel"), 1);
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
fn mute_at_port_keeps_its_answers_until_rts() {
    let mut host = Host::in_m0(&[]);
    open_port(&mut host, 18);
    open_port(&mut host, 32);
    let signal = |host: &mut Host, rts| {
        let mut message = [0; ::mhi::ip_ctrl::LEN];
        let signals = ::mhi::ip_ctrl::Host {
            channel: 32,
            dtr: true,
            rts,
        };
        signals.emit(&mut message);
        host.put(BUFFERS, &message);
        host.queue(18, transfer(BUFFERS, message.len() as u16));
        host.ring(18);
        host.run(MS);
        host.events(1);
    };
    signal(&mut host, false);
    host.queue(33, transfer(BUFFERS + 0x1000, 64));
    host.ring(33);
    host.queue(32, transfer(BUFFERS, 2));
    host.ring(32);
    host.run(MS);
    assert_eq!(host.events(1).len(), 1, "the uplink's completion only");
    signal(&mut host, true);
    assert_eq!(host.count("downlink_transfers"), 1);
}

#[test]
fn lies_are_told_as_often_as_asked() {
    let mut host = Host::in_m0(&[]);
    open_data(&mut host, 32);
    let mut at = BUFFERS;
    let mut one = |host: &mut Host| {
        at += 0x1000;
        let pointer = host.queue(101, transfer(at, 100));
        host.ring(101);
        put_down(host, vec![1; 60]);
        host.run(MS);
        (pointer, host.events(3))
    };
    host.request("lie-length 65535 2").expect("obeyed");
    for len in [65535, 65535, 60] {
        let (pointer, events) = one(&mut host);
        assert_eq!(events, [completion(101, pointer, len, Completion::EOT)]);
    }
    host.request("duplicate-completion").expect("obeyed");
    assert_eq!(one(&mut host).1.len(), 2);
    host.request("lose-completion").expect("obeyed");
    assert_eq!(one(&mut host).1.len(), 0);
    host.request("lie-pointer unaligned").expect("obeyed");
    let (pointer, events) = one(&mut host);
    assert_eq!(events, [completion(101, pointer + 8, 60, Completion::EOT)]);
    host.request("lie-pointer end").expect("obeyed");
    let (_, events) = one(&mut host);
    assert_eq!(events, [completion(101, 0x10_0000 + 101 * 0x1000 + 32 * 16, 60, Completion::EOT)]);
    host.request("lie-code 0x7f 1 101").expect("obeyed");
    assert_eq!(one(&mut host).1[0], completion(101, 0x10_0000 + 101 * 0x1000 + 7 * 16, 60, Completion(0x7f)));
    assert_eq!(one(&mut host).1.len(), 1);
}

#[test]
fn requests_that_make_no_sense_are_refused() {
    let mut host = Host::in_m0(&[]);
    for line in ["frobnicate", "lie-length", "lie-length 70000", "lie-pointer here", "event 12", "mute 300", "port 99 x"] {
        assert!(host.request(line).is_err(), "{line}");
    }
    assert_eq!(host.request("ping"), Ok("pong".to_string()));
    assert_eq!(host.request("data a b"), Ok("a+b".to_string()));
}

#[test]
fn stalled_modem_does_nothing_until_resumed() {
    let mut host = Host::in_m0(&[]);
    open_data(&mut host, 16);
    host.request("stall").expect("obeyed");
    host.queue(100, transfer(BUFFERS, 5));
    host.ring(100);
    host.run(10 * MS);
    assert_eq!(host.events(2), []);
    host.request("resume").expect("obeyed");
    host.run(MS);
    assert_eq!(host.events(2).len(), 1);
}

#[test]
fn bogus_event_arrives_as_it_is() {
    let mut host = Host::in_m0(&[]);
    host.request("event 000102030405060708090a0b0c0d0e0f").expect("obeyed");
    let [Event::Other(element)] = host.events(0)[..] else {
        panic!("no event, or a known one");
    };
    let bytes: Vec<u8> = (0..16).collect();
    assert_eq!(element.emit()[..], bytes);
}

/// A host that writes anything anywhere, in registers, contexts and rings, and lets time pass.
#[test]
fn random_host_breaks_nothing() {
    for seed in 1..=40u64 {
        let mut state = seed;
        let mut random = move |below: u64| {
            // Marsaglia's xorshift64.
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            state % below
        };
        let mut host = Host::in_m0(&["--m1-after", "20"]);
        open_port(&mut host, 0);
        open_data(&mut host, 16);
        for _ in 0..400 {
            match random(8) {
                0 => host.write(random(0x1000) as u32 & !3, random(1 << 32) as u32),
                1 => host.write64(CHDB + 8 * random(128) as u32, 0x10_0000 + random(0x80000)),
                2 => host.put(0x1000 + random(0x3000), &random(u64::MAX).to_le_bytes()),
                3 => host.put(0x10_0000 + random(0x80000), &random(u64::MAX).to_le_bytes()),
                4 => drop(host.write(MHICTRL, random(8) as u32 * 0x100)),
                5 => {
                    let transfer = transfer(random(MEMORY), random(65536) as u16);
                    host.put(0x16_4000 + 16 * random(16), &transfer.emit().emit());
                    host.put(host.wp_address(100), &(0x16_4000 + 16 * random(16)).to_le_bytes());
                }
                6 => put_down(&host, vec![0; random(40000) as usize]),
                _ => {
                    for _ in 0..random(50) {
                        host.device.service(host.now);
                        host.now += Duration::from_micros(random(1000));
                    }
                }
            }
        }
    }
}
