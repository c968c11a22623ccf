// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
//! The device against the host of [`super::mock`]: states, rings, burst mode, moderation, faults, and what a hostile
//! host may do.

mod burst;
mod faults;
mod hostile;
mod rings;
mod states;

use std::time::Duration;

use ::mhi::register::*;
use ::mhi::{bhi, Command, Completion, Element, Event, ExecutionEnvironment, State, Transfer};

use super::engine::Cure;
use super::mock::*;
use super::registers::{BHI, BHIE, CHDB};

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
    host.plane
        .down
        .lock()
        .expect("not poisoned")
        .push_back(transfer);
}

fn environment(host: &mut Host) -> ExecutionEnvironment {
    ExecutionEnvironment(host.read(BHI + bhi::EXECENV) as u8)
}

fn taken_up(host: &Host) -> Vec<Vec<u8>> {
    std::mem::take(&mut *host.plane.up.lock().expect("not poisoned"))
}
