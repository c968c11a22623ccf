// SPDX-License-Identifier: GPL-2.0-only
//! Whose bytes the driver and the modem have: for byte queue limits, and so that links get equal shares. Kept by `transfers`,
//! under its lock.
//!
//! A transfer holds packets of several links, and transfers come back in the order in which they left: what is whose is in
//! `runs`. Each byte that byte queue limits are told of is in exactly one run of a sender that is set up, until they are
//! told that it is done with.

use crate::queue::Queue;
use crate::runs::{Run, Runs, NOBODY};
use crate::sender::{Kept, Sender, LEAST};
use kernel::prelude::*;

/// The base interface's key; a link's is its mux id.
pub(crate) const BASE: u8 = 0;

/// What is on its way, and who waits.
pub(crate) struct Account {
    /// By key. From `open` to `close`.
    owners: KVec<Option<Owner>>,
    runs: Runs,
    /// Keys of senders that are stopped until something comes back, in the order in which they go on.
    waiting: Queue<u8>,
    /// Keys of owners with something to report, a bit each.
    marked: [u64; 4],
    /// Whether any is.
    news: bool,
    /// Owners that would send more, and their bytes.
    hungry: Hungry,
}

#[derive(Clone, Copy, Default)]
struct Hungry {
    owners: u64,
    bytes: u64,
}

struct Owner {
    sender: Kept,
    /// Bytes that byte queue limits know to be on their way.
    bytes: u32,
    /// Of these, what came back and is to be reported.
    done: Amount,
    /// Whether byte queue limits stopped it when it last sent.
    limited: bool,
    /// While it waits: for how many buffers.
    waits: Option<usize>,
}

#[derive(Clone, Copy, Default)]
struct Amount {
    packets: u32,
    bytes: u32,
    /// Packets among them that the modem did not take.
    lost: u32,
}

impl Account {
    /// For at most `runs` runs.
    pub(crate) fn new(runs: usize) -> Result<Account> {
        let mut owners = KVec::with_capacity(usize::from(NOBODY))?;
        while owners.push(None).is_ok() {}
        Ok(Account {
            owners,
            runs: Runs::new(runs)?,
            waiting: Queue::new(usize::from(NOBODY))?,
            marked: [0; 4],
            news: false,
            hungry: Hungry::default(),
        })
    }

    // ---- who sends

    /// A sender is set up, under a key that no other has.
    pub(crate) fn open(&mut self, key: u8, sender: Sender<'_>) {
        sender.limit_reset();
        if let Some(slot) = self.owners.get_mut(usize::from(key)) {
            *slot = Some(Owner {
                sender: sender.keep(),
                bytes: 0,
                done: Amount::default(),
                limited: false,
                waits: None,
            });
        }
    }

    /// A sender is set down: what it has on its way is nobody's from now on.
    pub(crate) fn close(&mut self, key: u8) {
        self.change(key, NOBODY);
    }

    /// A sender has another key from now on, which no other has.
    pub(crate) fn change(&mut self, from: u8, to: u8) {
        let buffers = self.end_wait(from);
        self.mark(from, false);
        self.update(from, |owner| owner.limited = false);
        self.runs.rename(from, to);
        let Some(owner) = self
            .owners
            .get_mut(usize::from(from))
            .and_then(Option::take)
        else {
            return;
        };
        match self.owners.get_mut(usize::from(to)) {
            Some(slot) => {
                *slot = Some(owner);
                self.mark(to, true);
                if let Some(buffers) = buffers {
                    let _ = self.wait(to, buffers);
                }
            }
            None => owner.sender.sender().limit_reset(),
        }
    }

    /// The key for a sender's packets: `key`, if the sender is set up under it.
    pub(crate) fn key(&self, key: u8, sender: Sender<'_>) -> u8 {
        match self.owner(key) {
            Some(owner) if owner.sender.sender().is(sender) => key,
            _ => NOBODY,
        }
    }

    fn owner(&self, key: u8) -> Option<&Owner> {
        self.owners.get(usize::from(key))?.as_ref()
    }

    /// Changes an owner, and the sums with it.
    fn update(&mut self, key: u8, change: impl FnOnce(&mut Owner)) {
        let Some(Some(owner)) = self.owners.get_mut(usize::from(key)) else {
            return;
        };
        let before = owner.hunger();
        change(owner);
        let after = owner.hunger();
        let Hungry { owners, bytes } = &mut self.hungry;
        *owners = owners
            .saturating_sub(before.owners)
            .saturating_add(after.owners);
        *bytes = bytes
            .saturating_sub(before.bytes)
            .saturating_add(after.bytes);
    }

    // ---- what is on its way

    /// Runs for which there is room.
    pub(crate) fn room(&self) -> usize {
        self.runs.room()
    }

    /// Bytes that came from the stack and are not done with.
    pub(crate) fn bytes(&mut self) -> u64 {
        self.runs.bytes()
    }

    /// A packet was put into the open transfer.
    pub(crate) fn add(&mut self, key: u8, bytes: usize) {
        if let Some(run) = self.runs.add(key, bytes) {
            self.take_back(run, true); // there is room: `transfers` sees to it
        }
    }

    /// A packet was taken from the stack, as `packets` in transfers.
    pub(crate) fn sent(
        &mut self,
        key: u8,
        sender: Sender<'_>,
        packets: u32,
        bytes: u32,
        more: bool,
    ) {
        let Some(Some(owner)) = self.owners.get_mut(usize::from(key)) else {
            sender.count_tx(packets, bytes.into());
            return;
        };
        let limited = sender.sent(packets, bytes, more);
        if limited || owner.is_hungry() {
            self.update(key, |owner| {
                owner.bytes = owner.bytes.saturating_add(bytes);
                owner.limited = limited || (more && owner.limited);
            });
        } else {
            owner.bytes = owner.bytes.saturating_add(bytes);
        }
    }

    /// The open transfer has left; without packets, it was a command.
    pub(crate) fn seal(&mut self) {
        if let Some(run) = self.runs.seal() {
            self.take_back(run, true); // as above
        }
    }

    /// The open transfer will not leave.
    pub(crate) fn lose(&mut self) {
        while let Some(run) = self.runs.pop_open() {
            self.take_back(run, true);
        }
    }

    /// The oldest transfer came back; `lost` if the modem had not taken it.
    pub(crate) fn complete(&mut self, lost: bool) {
        while let Some((run, ends)) = self.runs.pop() {
            self.take_back(run, lost);
            if ends {
                break;
            }
        }
    }

    fn take_back(&mut self, run: Run, lost: bool) {
        let Some(Some(owner)) = self.owners.get_mut(usize::from(run.key)) else {
            return;
        };
        let packets = u32::from(run.packets);
        owner.done.packets = owner.done.packets.saturating_add(packets);
        owner.done.bytes = owner.done.bytes.saturating_add(run.bytes);
        if lost {
            owner.done.lost = owner.done.lost.saturating_add(packets);
        }
        self.mark(run.key, true);
    }

    fn mark(&mut self, key: u8, on: bool) {
        self.news |= on;
        if let Some(word) = self.marked.get_mut(usize::from(key >> 6)) {
            let bit = 1u64 << (key & 63);
            *word = if on { *word | bit } else { *word & !bit };
        }
    }

    /// Whether there may be something to report.
    pub(crate) fn has_news(&self) -> bool {
        self.news
    }

    /// Tells byte queue limits of all that came back; returns the packets lost.
    pub(crate) fn report(&mut self) -> u32 {
        let mut lost = 0u32;
        self.news = false;
        for (index, first) in [0u8, 64, 128, 192].into_iter().enumerate() {
            let mut word = self.marked.get_mut(index).map_or(0, core::mem::take);
            while word != 0 {
                let key = first | word.trailing_zeros() as u8; // CAST: below 64
                word &= word.wrapping_sub(1);
                self.update(key, |owner| lost = lost.saturating_add(owner.report()));
            }
        }
        lost
    }

    // ---- who waits

    /// Whether a sender has more on its way than those that would send more have on average.
    pub(crate) fn is_greedy(&self, key: u8) -> bool {
        if self.hungry.owners == 0 {
            return false;
        }
        self.owner(key).is_some_and(|owner| {
            let bytes = u64::from(owner.bytes);
            let own = owner.hunger();
            let others = self.hungry.owners.saturating_sub(own.owners);
            let theirs = self.hungry.bytes.saturating_sub(own.bytes);
            others > 0 && owner.bytes > LEAST && bytes.saturating_mul(others) > theirs
        })
    }

    /// A sender stops until there are so many buffers and it is not greedy; returns whether it does, or is unknown.
    pub(crate) fn wait(&mut self, key: u8, buffers: usize) -> bool {
        let Some(owner) = self.owner(key) else {
            return false;
        };
        owner.sender.sender().stop();
        if owner.waits.is_none() {
            let _ = self.waiting.push(key); // there is room for every key
        }
        self.update(key, |owner| owner.waits = Some(buffers));
        true
    }

    /// Ends a sender's wait; returns the buffers it waited for.
    fn end_wait(&mut self, key: u8) -> Option<usize> {
        let mut waited = None;
        self.update(key, |owner| waited = owner.waits.take());
        if waited.is_some() {
            for _ in 0..self.waiting.len() {
                if let Some(other) = self.waiting.pop().filter(|other| *other != key) {
                    let _ = self.waiting.push(other); // in the slot that it had
                }
            }
        }
        waited
    }

    /// Lets go on who waited longest, as far as `buffers` last.
    pub(crate) fn wake(&mut self, mut buffers: usize) {
        for _ in 0..self.waiting.len() {
            let Some(key) = self.waiting.pop() else {
                break;
            };
            let wanted = self.owner(key).and_then(|owner| owner.waits).unwrap_or(0);
            let greedy = self.is_greedy(key);
            if greedy || wanted > buffers {
                if !greedy {
                    buffers = 0; // nobody overtakes it
                }
                let _ = self.waiting.push(key); // in the slot that it had
                continue;
            }
            buffers = buffers.saturating_sub(wanted);
            self.update(key, |owner| {
                owner.waits = None;
                owner.sender.sender().wake();
            });
        }
    }
}

impl Owner {
    /// Whether it would send more.
    fn is_hungry(&self) -> bool {
        self.limited || self.waits.is_some()
    }

    /// Its part in `Account::hungry`.
    fn hunger(&self) -> Hungry {
        if self.is_hungry() {
            Hungry {
                owners: 1,
                bytes: self.bytes.into(),
            }
        } else {
            Hungry::default()
        }
    }

    /// Tells byte queue limits of what came back; returns the packets lost.
    fn report(&mut self) -> u32 {
        let done = core::mem::take(&mut self.done);
        self.bytes = self.bytes.saturating_sub(done.bytes);
        if self.bytes == 0 {
            self.limited = false;
        }
        let sender = self.sender.sender();
        sender.limit_completed(done.packets, done.bytes);
        if done.lost > 0 {
            sender.count_tx_aborted(done.lost);
        }
        done.lost
    }
}
