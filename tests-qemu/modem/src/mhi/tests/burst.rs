// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
//! Burst mode: who polls, who rings, when.

use super::*;

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
fn slow_data_plane_leaves_transfers_in_the_ring() {
    let mut host = Host::in_m0(&[]);
    open_data(&mut host, 16);
    host.plane.pace.lock().expect("not poisoned").0 = 10 * MS;
    for len in 1..=4 {
        host.queue(100, transfer(BUFFERS, len));
    }
    host.ring(100);
    // Longer than the ring of a busy channel is polled: nothing is asked for, nothing is forgotten.
    for _ in 0..4 {
        host.run(9 * MS);
        assert_eq!(taken_up(&host).len(), 1);
        host.run(MS / 2);
        assert!(taken_up(&host).is_empty());
        host.run(MS / 2);
    }
    host.run(50 * MS);
    // Four completions, and then one request to ring.
    assert_eq!(host.events(2).len(), 5);
    assert_eq!(host.count("doorbell_mode"), 1);
}
