// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
//! What a buggy or hostile host may do.

use super::*;

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
    assert_eq!(
        host.events(2)[0],
        completion(100, pointer, 0, Completion::BAD_TRE)
    );
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
    assert_eq!(
        taken_up(&host).iter().map(Vec::len).collect::<Vec<_>>(),
        [6]
    );
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
                4 => host.write(MHICTRL, random(8) as u32 * 0x100),
                5 => {
                    let transfer = transfer(random(MEMORY), random(65536) as u16);
                    host.put(0x16_4000 + 16 * random(16), &transfer.emit().emit());
                    host.put(
                        host.wp_address(100),
                        &(0x16_4000 + 16 * random(16)).to_le_bytes(),
                    );
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
