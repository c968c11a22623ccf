// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
//! Command, event and transfer rings, chains, overflows, interrupt moderation.

use super::*;

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
    assert_eq!(
        (host.count("bad_transfer_ring"), host.count("bad_command")),
        (1, 2)
    );
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
    host.run(MS);
    assert_eq!(
        host.events(3),
        [
            completion(101, first, 1000, Completion::OVERFLOW),
            completion(101, second, 1000, Completion::OVERFLOW),
            completion(101, third, 500, Completion::EOT),
        ]
    );
    let mut back = vec![0; 2500];
    host.get(BUFFERS, &mut back);
    assert_eq!(back, message);
    assert_eq!(host.count("downlink_overflows"), 2);
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
        completed += events
            .iter()
            .filter(|event| matches!(event, Event::Transfer { len: 8, .. }))
            .count();
    }
    assert_eq!(completed, 100);
    let numbers: Vec<_> = (0..100u64)
        .map(|number| number.to_le_bytes().to_vec())
        .collect();
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
