// SPDX-License-Identifier: GPL-2.0-only
//! TCP packets of one connection that follow one another become one before the stack sees them, each of whose pieces stays where
//! the modem put it. Fed by `frames`, closed by `rx` at the end of the poll; `ethtool -K rx-gro-hw off` switches it off.

use crate::link::Link;
use crate::netdev::Port;
use crate::stats::Counter;
use kernel::net::incoming::Merged;
use kernel::net::{Device, Incoming, IncomingList, Splitter};
use kernel::prelude::*;
use qmap::merge::{Merge, Offer, Piece};

/// Connections of which packets are merged at a time.
const CONNECTIONS: usize = 8;

/// The merges under way in one poll.
pub(crate) struct Merges<'g> {
    open: [Option<Open<'g>>; CONNECTIONS],
    /// The one to close next for lack of room.
    oldest: usize,
}

/// One connection's packets so far.
struct Open<'g> {
    flow: u32,
    link: &'g Device<Link>,
    merge: Merge,
    packet: Incoming<'g>,
}

impl<'g> Merges<'g> {
    pub(crate) fn new() -> Merges<'g> {
        Merges {
            open: [const { None }; CONNECTIONS],
            oldest: 0,
        }
    }

    /// Whether no packet waits for one that goes on.
    pub(crate) fn is_empty(&self) -> bool {
        self.open.iter().all(Option::is_none)
    }

    /// Adds a packet that ends at `end` of the received bytes to those before it; false if it does not go on where they end,
    /// which are on the list then. Its data keep `truesize` bytes of memory, or none are to be kept.
    pub(crate) fn join(
        &mut self,
        port: &Port,
        splitter: &mut Splitter<'_, 'g>,
        link: &'g Device<Link>,
        piece: &Piece<'_>,
        end: usize,
        truesize: Option<u32>,
    ) -> bool {
        let flow = piece.flow();
        for slot in &mut self.open {
            let Some(open) = slot else { continue };
            if open.flow != flow || !core::ptr::eq(open.link, link) {
                continue;
            }
            let start = end.saturating_sub(piece.data_len());
            let joined = match open.merge.offer(open.packet.head(), piece) {
                Offer::Other => continue,
                Offer::Refused => false,
                Offer::Joined(merge) => {
                    let added = truesize.is_some_and(|truesize| {
                        let range = start..end;
                        splitter.extend(&mut open.packet, range, truesize).is_ok()
                    });
                    if added {
                        open.merge = merge;
                    }
                    added
                }
            };
            if !joined || open.merge.is_ended() {
                if let Some(open) = slot.take() {
                    open.close(port, splitter.list());
                }
            }
            return joined;
        }
        false
    }

    /// Takes a packet, of which `join` knew nothing, in expectation of others; one that none may follow goes to the list.
    pub(crate) fn start(
        &mut self,
        port: &Port,
        list: &mut IncomingList<'g>,
        link: &'g Device<Link>,
        piece: &Piece<'_>,
        packet: Incoming<'g>,
    ) {
        let Some(merge) = Merge::start(piece) else {
            list.push(packet);
            return;
        };
        let open = Open {
            flow: piece.flow(),
            link,
            merge,
            packet,
        };
        let free = self.open.iter_mut().find(|slot| slot.is_none());
        let slot = match free {
            Some(slot) => slot,
            None => {
                let oldest = self.oldest;
                self.oldest = oldest.wrapping_add(1) % CONNECTIONS;
                match self.open.get_mut(oldest) {
                    Some(slot) => slot,
                    None => return list.push(open.packet),
                }
            }
        };
        if let Some(old) = slot.replace(open) {
            old.close(port, list);
        }
    }

    /// Puts all packets on the list.
    pub(crate) fn close_all(&mut self, port: &Port, list: &mut IncomingList<'g>) {
        for slot in &mut self.open {
            if let Some(open) = slot.take() {
                open.close(port, list);
            }
        }
    }
}

impl<'g> Open<'g> {
    fn close(self, port: &Port, list: &mut IncomingList<'g>) {
        let Open {
            merge, mut packet, ..
        } = self;
        if merge.count() > 1 {
            let merged = Merged {
                size: merge.size(),
                count: merge.count(),
                transport: merge.transport(),
                v6: merge.is_v6(),
                fixed_id: merge.has_fixed_id(),
            };
            let written = merge.write_headers(packet.head_mut()).ok_or(EINVAL);
            // Neither fails for headers that `Piece` has parsed. If one did, the stack would find the lengths wrong.
            if written.and_then(|()| packet.set_merged(&merged)).is_ok() {
                port.counters
                    .add(Counter::RxMerged, u64::from(merge.count()).wrapping_sub(1));
            }
        }
        list.push(packet);
    }
}
