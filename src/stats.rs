// SPDX-License-Identifier: GPL-2.0-only
//! Counters of what happens on a modem's data channels, for `ethtool -S`.

use core::ffi::CStr;
use core::sync::atomic::{AtomicU64, Ordering};
use qmap::Malformed;

macro_rules! counters {
    ($($(#[$doc:meta])* $variant:ident = $name:literal,)*) => {
        /// What is counted.
        #[derive(Clone, Copy, PartialEq, Eq)]
        pub(crate) enum Counter { $($(#[$doc])* $variant,)* }

        /// The names, in the order of `Counter`.
        pub(crate) const NAMES: &[&CStr] = &[$($name,)*];
    };
}

counters! {
    /// Transfers from the modem.
    RxTransfers = c"rx_transfers",
    /// Bytes in them.
    RxBytes = c"rx_transfer_bytes",
    /// Pieces of transfers that did not fit one buffer.
    RxSplit = c"rx_split_pieces",
    /// Split transfers longer than any that the modem may send, or without memory to join them.
    RxSplitDropped = c"rx_split_dropped",
    /// Transfers lost because there was no memory for a new buffer.
    RxNoBuffer = c"rx_no_buffer",
    /// Buffers given to the modem again after their packets had left the stack.
    RxReused = c"rx_buffers_reused",
    /// TCP packets that were merged into others (`rx-gro-hw`).
    RxMerged = c"rx_merged",
    /// Packets lost because there was no memory.
    RxNoMemory = c"rx_no_memory",
    /// Malformed frames, by `qmap::Malformed`'s kinds.
    RxTruncatedHeader = c"rx_truncated_header",
    /// See above.
    RxLengthBeyondBuffer = c"rx_length_beyond_buffer",
    /// See above.
    RxTruncatedChecksum = c"rx_truncated_checksum",
    /// See above.
    RxPadBeyondLength = c"rx_pad_beyond_length",
    /// See above.
    RxUnknownHeader = c"rx_unknown_header",
    /// See above.
    RxCoalesced = c"rx_coalesced",
    /// See above.
    RxTruncatedCommand = c"rx_truncated_command",
    /// See above.
    RxZeroLength = c"rx_zero_length",
    /// Frames for a mux id that has no link.
    RxUnknownMux = c"rx_unknown_mux",
    /// Packets for an interface that is down.
    RxDown = c"rx_interface_down",
    /// Packets that are neither IPv4 nor IPv6.
    RxNotIp = c"rx_not_ip",
    /// Packets whose checksum the modem did not verify, or found wrong: the stack verifies them.
    RxChecksumUnverified = c"rx_checksum_unverified",
    /// Packets whose v4 trailer says that the checksum is wrong: the stack verifies them.
    RxChecksumWrong = c"rx_checksum_wrong",
    /// MAP commands.
    RxCommands = c"rx_commands",
    /// MAP commands that the driver does not know.
    RxUnknownCommands = c"rx_unknown_commands",
    /// Times a link was stopped by the modem.
    FlowDisable = c"rx_flow_disable",
    /// Times a link was resumed by the modem.
    FlowEnable = c"rx_flow_enable",
    /// Transfers to the modem.
    TxTransfers = c"tx_transfers",
    /// Bytes in them.
    TxBytes = c"tx_transfer_bytes",
    /// Packets in them.
    TxFrames = c"tx_frames",
    /// Packets of TCP or UDP that came in one piece and were cut into several frames.
    TxSegmented = c"tx_segmented",
    /// Transfers that the modem did not take.
    TxErrors = c"tx_queue_errors",
    /// Packets dropped: too long for a frame.
    TxTooLong = c"tx_too_long",
    /// Packets dropped: with much data, and headers that contradict it.
    TxMalformed = c"tx_malformed",
    /// Packets dropped: their checksum could not be computed.
    TxChecksum = c"tx_checksum_failed",
    /// Packets dropped: no memory for those that are longer than a buffer.
    TxNoMemory = c"tx_no_memory",
    /// Packets dropped: the modem is away.
    TxDetached = c"tx_modem_away",
    /// Packets dropped: the base interface is down.
    TxDown = c"tx_base_down",
    /// Packets dropped: bare, on the base while it carries links.
    TxNoMux = c"tx_no_mux",
    /// Packets dropped: of another protocol than the base carries.
    TxNotIp = c"tx_not_ip",
    /// Packets in transfers that the modem did not take: not queued, or given back by a reset.
    TxLost = c"tx_lost_packets",
    /// Answers to MAP commands.
    TxAnswers = c"tx_command_answers",
    /// Answers that could not be sent.
    TxAnswersDropped = c"tx_command_answers_dropped",
    /// Times packets had to wait for a buffer.
    TxStopped = c"tx_queue_stopped",
    /// Times packets had to wait since other links had less on its way.
    TxYielded = c"tx_queue_yielded",
    /// Times the data channels were restarted since the modem took packets and sent none.
    RxRestarts = c"rx_channel_restarts",
    /// Times the data channels were restarted since the modem gave no buffer back, or one that it did not have.
    TxRestarts = c"tx_channel_restarts",
    /// Buffers that the modem gave back and did not have.
    Unqueued = c"completions_unqueued",
    /// Times the modem's firmware crashed, or the modem was found dead.
    Crashes = c"modem_crashes",
    /// Resets of the modem's interface, to bring it up again.
    ResetInterface = c"modem_resets_interface",
    /// Resets of its processors.
    ResetSoc = c"modem_resets_soc",
    /// Resets of its PCI function.
    ResetFunction = c"modem_resets_function",
    /// Resets of its bus.
    ResetBus = c"modem_resets_bus",
    /// Times userspace was asked to cut its power.
    ResetPower = c"modem_resets_power",
}

/// The counters of one modem.
pub(crate) struct Counters([AtomicU64; NAMES.len()]);

impl Counters {
    pub(crate) const fn new() -> Counters {
        Counters([const { AtomicU64::new(0) }; NAMES.len()])
    }

    /// Counts one.
    pub(crate) fn count(&self, counter: Counter) {
        self.add(counter, 1);
    }

    /// Counts several.
    pub(crate) fn add(&self, counter: Counter, number: u64) {
        if let Some(counter) = self.0.get(counter as usize) {
            counter.fetch_add(number, Ordering::Relaxed);
        }
    }

    /// Counts a malformed frame.
    pub(crate) fn malformed(&self, kind: Malformed) {
        self.count(match kind {
            Malformed::TruncatedHeader => Counter::RxTruncatedHeader,
            Malformed::LengthBeyondBuffer => Counter::RxLengthBeyondBuffer,
            Malformed::TruncatedChecksum => Counter::RxTruncatedChecksum,
            Malformed::PadBeyondLength => Counter::RxPadBeyondLength,
            Malformed::UnknownHeader => Counter::RxUnknownHeader,
            Malformed::Coalesced => Counter::RxCoalesced,
            Malformed::TruncatedCommand => Counter::RxTruncatedCommand,
            Malformed::ZeroLength => Counter::RxZeroLength,
        });
    }

    /// The value of counter `index`.
    pub(crate) fn get(&self, index: usize) -> u64 {
        self.0
            .get(index)
            .map_or(0, |counter| counter.load(Ordering::Relaxed))
    }
}

const _: () = {
    let mut index = 0;
    while index < NAMES.len() {
        assert!(NAMES[index].count_bytes() < 32); // ETH_GSTRING_LEN
        index += 1;
    }
};
