// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
//! What the data plane counts; `data stats` prints it, tests read it.

macro_rules! stats {
    ($($(#[doc = $doc:literal])* $name:ident,)*) => {
        /// Counters since the start or the last `data stats reset`, which spares [`Self::faults`].
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
        pub(super) struct Stats {
            $($(#[doc = $doc])* pub(super) $name: u64,)*
        }

        impl std::fmt::Display for Stats {
            /// One line of `name=value`.
            fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                let words: Vec<String> =
                    vec![$(format!(concat!(stringify!($name), "={}"), self.$name)),*];
                out.write_str(&words.join(" "))
            }
        }
    };
}

impl Stats {
    /// What no host has a reason for, each with how often.
    pub(super) fn faults(&self) -> Vec<String> {
        let faults = [
            ("ul_mixed_up", self.ul_mixed_up),
            ("ul_while_disabled", self.ul_while_disabled),
            ("nacks", self.nacks),
            ("stray_acks", self.stray_acks),
        ];
        let faults = faults.iter().filter(|(_, count)| *count > 0);
        faults
            .map(|(name, count)| format!("{name}={count}"))
            .collect()
    }

    /// Counts anew all but those.
    pub(super) fn reset(&mut self) {
        *self = Self {
            ul_mixed_up: self.ul_mixed_up,
            ul_while_disabled: self.ul_while_disabled,
            nacks: self.nacks,
            stray_acks: self.stray_acks,
            ..Self::default()
        };
    }
}

stats! {
    /// Uplink transfers.
    ul_transfers,
    /// Uplink packets that reached a session.
    ul_packets,
    /// Their bytes.
    ul_bytes,
    /// Most packets in one transfer.
    ul_max_packets_in_transfer,
    /// Most bytes in one transfer.
    ul_max_bytes_in_transfer,
    /// Transfers above the packets or bytes that the data format grants.
    ul_limit_violations,
    /// Frames, blocks and their entries that could not be read.
    ul_bad_frame,
    /// NTB16 blocks with another number than the next.
    ul_out_of_sequence,
    /// Pads of more than three bytes or of other bytes than zeros.
    ul_bad_pad,
    /// Packets that are not IP or whose lengths contradict each other; dropped.
    ul_bad_ip,
    /// Packets of a family that their session has no address of, as router solicitations are where it has IPv4 alone; dropped.
    ul_other_family,
    /// Packets with another source address than their session's, as a host sends for a while that had another one; dropped.
    ul_bad_source,
    /// Of those, with another session's.
    ul_mixed_up,
    /// Packets sent as complete whose TCP or UDP checksum is wrong; passed on, the receiver drops them.
    ul_bad_checksum,
    /// Packets whose checksum was completed as asked.
    ul_offloaded,
    /// Requests to complete a checksum that do not fit the packet; passed on as it is.
    ul_bad_offload,
    /// Version 4: requests whose checksum field was not the complemented pseudo header sum.
    ul_bad_seed,
    /// Version 5: requests whose checksum field was not zero. A modem computes it all the same, and Linux' rmnet leaves the
    /// pseudo header sum there.
    ul_seeded,
    /// Packets for mux ids without session; dropped.
    ul_no_session,
    /// Packets that went to another session.
    ul_to_peers,
    /// Packets on links that had confirmed to be stopped.
    ul_while_disabled,
    /// Answers to commands.
    acks,
    /// Answers with another type than acknowledge.
    nacks,
    /// Answers to commands that were not sent or say other than those did, or repeated ones.
    stray_acks,
    /// Downlink transfers, injected ones apart.
    dl_transfers,
    /// Downlink packets.
    dl_packets,
    /// Their bytes.
    dl_bytes,
    /// Most packets in one transfer.
    dl_max_packets_in_transfer,
    /// Most bytes in one transfer.
    dl_max_bytes_in_transfer,
    /// Transfers injected by command.
    dl_injected,
    /// Answers dropped because the host took no packets.
    dl_dropped,
    /// Packets dropped since they do not fit a transfer.
    dl_too_big,
    /// Packets dropped by `data drop`.
    dl_lost,
    /// Packets whose checksum or trailer was damaged by `data corrupt`.
    dl_corrupted,
    /// Commands sent.
    dl_commands,
}
