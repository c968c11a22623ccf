// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
//! The data plane in MBIM mode.

use std::time::{Duration, Instant};

use mbim::ntb::write;
use mbim::Datagrams;

use super::host::Host;
use super::ping;
use crate::port::Data;
use crate::session::{Family, Qmap};

/// A host with sessions 0 and 7.
fn host() -> Host {
    let host = Host::new(Qmap::None, 0);
    {
        let mut modem = host.modem.lock().unwrap();
        modem.mbim = true;
        modem.start(7, Family::V4, "ims", 1);
    }
    host
}

fn block(sequence: u16, packets: &[(u8, &[u8])]) -> Vec<u8> {
    let mut out = vec![0; 65_535];
    let length = write(&mut out, sequence, packets).unwrap();
    out.truncate(length);
    out
}

/// The sessions of a block's packets with the packets' last address byte but one, which names the session too.
fn seen(block: &[u8]) -> Vec<(u8, u8)> {
    Datagrams::new(block)
        .unwrap()
        .map(Result::unwrap)
        .map(|datagram| (datagram.session, datagram.packet[18]))
        .collect()
}

#[test]
fn pings_of_two_sessions_come_back_in_one_block() {
    let mut host = host();
    let (one, seven) = (ping(0, 84), ping(7, 1500));
    let packets: [(u8, &[u8]); 3] = [(0, &one), (7, &seven), (0, &one)];
    host.plane.receive(&block(0, &packets), host.now);
    let transfer = host.plane.poll(host.now).unwrap();
    assert_eq!(seen(&transfer), [(0, 0), (0, 0), (7, 7)]);
    assert_eq!(host.plane.poll(host.now), None);
    assert_eq!((host.stat("ul_packets"), host.stat("dl_packets")), (3, 3));
    let sequence = Datagrams::new(&transfer).unwrap().sequence();
    host.plane.receive(&block(1, &[(0, &one)]), host.now);
    let transfer = host.plane.poll(host.now).unwrap();
    assert_eq!(Datagrams::new(&transfer).unwrap().sequence(), sequence + 1);
    assert_eq!(host.stat("ul_out_of_sequence"), 0);
}

#[test]
fn blocks_keep_to_the_limits() {
    let mut host = host();
    for (packets, bytes, expected) in [(4, 32_000, 4), (32, 1600, 1), (32, 3100, 2)] {
        host.command(&format!("aggregate {packets} {bytes}"))
            .unwrap();
        let packet = ping(0, 1500);
        for sequence in 0..8 {
            host.plane
                .receive(&block(sequence, &[(0, &packet)]), host.now);
        }
        let mut total = 0;
        while let Some(transfer) = host.plane.poll(host.now) {
            assert!(transfer.len() <= bytes);
            assert_eq!(seen(&transfer).len(), expected);
            total += expected;
        }
        assert_eq!(total, 8);
    }
}

#[test]
fn what_is_wrong_with_a_block_is_counted() {
    let mut host = host();
    let packet = ping(0, 84);
    let good = block(0, &[(0, &packet), (0, &packet)]);
    host.plane.receive(&good[..good.len() - 1], host.now);
    assert_eq!((host.stat("ul_bad_frame"), host.stat("ul_packets")), (1, 0));
    let mut beyond = good.clone();
    beyond[22] = 0xff;
    beyond[23] = 0xff;
    host.plane.receive(&beyond, host.now);
    assert_eq!((host.stat("ul_bad_frame"), host.stat("ul_packets")), (2, 1));
    host.plane.receive(&block(9, &[(3, &packet)]), host.now);
    assert_eq!(host.stat("ul_no_session"), 1);
    assert_eq!(host.stat("ul_out_of_sequence"), 1);
    host.plane.receive(&block(10, &[(7, &packet)]), host.now);
    assert_eq!(host.stat("ul_bad_source"), 1);
    assert!(host.command("format v5").is_err());
}

#[test]
fn slow_uplink_is_busy_as_long_as_its_rate_says() {
    let mut host = host();
    let now: Instant = host.now;
    assert_eq!(host.plane.busy(now), None);
    host.command("uplink-rate 1000000").unwrap();
    // 125 bytes a millisecond; the first may begin at once.
    host.plane.receive(&[0; 1250], now);
    assert_eq!(host.plane.busy(now), Some(now + Duration::from_millis(10)));
    host.plane.receive(&[0; 125], now);
    assert_eq!(host.plane.busy(now), Some(now + Duration::from_millis(11)));
    // A worker that comes a little late makes up for it, one that comes much later does not save the time.
    let late = now + Duration::from_millis(12);
    assert_eq!(host.plane.busy(late), None);
    host.plane.receive(&[0; 1250], late);
    assert_eq!(host.plane.busy(late), Some(now + Duration::from_millis(21)));
    let much_later = now + Duration::from_millis(100);
    host.plane.receive(&[0; 1250], much_later);
    assert_eq!(
        host.plane.busy(much_later),
        Some(now + Duration::from_millis(108))
    );
    host.command("uplink-rate off").unwrap();
    assert_eq!(host.plane.busy(much_later), None);
}
