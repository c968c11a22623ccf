// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
//! Contexts: the 44 bytes in host memory by which host and device share a ring. The 64-bit fields are aligned to 4 only.
//! Source: `struct mhi_event_ctxt`, `mhi_chan_ctxt` and `mhi_cmd_ctxt` in Linux `drivers/bus/mhi/common.h`.

/// Bytes in each kind of context.
pub const LEN: usize = 44;
/// Offset of the read pointer, which the device moves.
pub const RP_OFFSET: u64 = 28;
/// Offset of the write pointer, which the host moves.
pub const WP_OFFSET: u64 = 36;

/// The part that all contexts share: where a ring lies and how far either side has come. A command ring's context has
/// nothing else.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RingContext {
    /// Bus address of the first element.
    pub base: u64,
    /// Length in bytes.
    pub len: u64,
    /// Bus address of the next element that the device uses.
    pub rp: u64,
    /// Bus address one past the last element that the device may use (for events: the last one, left free).
    pub wp: u64,
}

impl RingContext {
    /// Reads the context of a command ring.
    pub fn parse(bytes: &[u8; LEN]) -> Self {
        let [_, _, _, ring @ ..] = words(bytes);
        Self::from_words(ring)
    }

    /// Writes the context of a command ring.
    pub fn emit(&self, bytes: &mut [u8; LEN]) {
        put(bytes, 0, 0, 0, self);
    }

    fn from_words(words: [u32; 8]) -> Self {
        let [b0, b1, l0, l1, r0, r1, w0, w1] = words;
        Self {
            base: wide(b0, b1),
            len: wide(l0, l1),
            rp: wide(r0, r1),
            wp: wide(w0, w1),
        }
    }
}

/// Context of an event ring.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct EventContext {
    /// Interrupt moderation: raise after this many events; 0 for any.
    pub moderation_count: u8,
    /// Interrupt moderation: raise this many milliseconds after the first event.
    pub moderation_ms: u16,
    /// 1 if the ring is valid.
    pub kind: u32,
    /// MSI vector to raise.
    pub vector: u32,
    /// The ring.
    pub ring: RingContext,
}

impl EventContext {
    /// Reads a context.
    pub fn parse(bytes: &[u8; LEN]) -> Self {
        let [moderation, kind, vector, ring @ ..] = words(bytes);
        let [_, moderation_count, low, high] = moderation.to_le_bytes();
        Self {
            moderation_count,
            moderation_ms: u16::from_le_bytes([low, high]),
            kind,
            vector,
            ring: RingContext::from_words(ring),
        }
    }

    /// Writes a context.
    pub fn emit(&self, bytes: &mut [u8; LEN]) {
        let [low, high] = self.moderation_ms.to_le_bytes();
        let moderation = u32::from_le_bytes([0, self.moderation_count, low, high]);
        put(bytes, moderation, self.kind, self.vector, &self.ring);
    }
}

/// Context of a channel and its transfer ring.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ChannelContext {
    /// State (bits 7:0), burst mode (9:8) and poll interval (15:10).
    pub config: u32,
    /// Direction: 1 to the device, 2 from it.
    pub kind: u32,
    /// Index of the event ring that takes its completions.
    pub event_ring: u32,
    /// The ring.
    pub ring: RingContext,
}

impl ChannelContext {
    /// Burst mode: the host rings once, then only moves the write pointer in memory.
    pub const BURST_ENABLE: u32 = 3;
    /// Doorbell mode: the host rings for each transfer.
    pub const BURST_DISABLE: u32 = 2;

    /// Reads a context.
    pub fn parse(bytes: &[u8; LEN]) -> Self {
        let [config, kind, event_ring, ring @ ..] = words(bytes);
        Self {
            config,
            kind,
            event_ring,
            ring: RingContext::from_words(ring),
        }
    }

    /// Writes a context.
    pub fn emit(&self, bytes: &mut [u8; LEN]) {
        put(bytes, self.config, self.kind, self.event_ring, &self.ring);
    }

    /// Whether the channel is in burst mode.
    pub const fn is_burst(&self) -> bool {
        (self.config >> 8) & 3 == Self::BURST_ENABLE
    }

    /// The first word with another state in it.
    pub const fn config_with_state(config: u32, state: crate::ChannelState) -> u32 {
        config & !0xff | state.0 as u32
    }
}

fn wide(low: u32, high: u32) -> u64 {
    u64::from(low) | (u64::from(high) << 32)
}

fn words(bytes: &[u8; LEN]) -> [u32; 11] {
    let mut words = [0; 11];
    let mut rest = bytes.as_slice();
    for word in &mut words {
        let Some((head, tail)) = rest.split_first_chunk() else {
            return words;
        };
        *word = u32::from_le_bytes(*head);
        rest = tail;
    }
    words
}

fn put(bytes: &mut [u8; LEN], first: u32, second: u32, third: u32, ring: &RingContext) {
    let [b, l, r, w] =
        [ring.base, ring.len, ring.rp, ring.wp].map(|value| [value as u32, (value >> 32) as u32]);
    let words = [
        first, second, third, b[0], b[1], l[0], l[1], r[0], r[1], w[0], w[1],
    ];
    let mut rest = bytes.as_mut_slice();
    for word in words {
        let Some((head, tail)) = rest.split_first_chunk_mut() else {
            return;
        };
        *head = word.to_le_bytes();
        rest = tail;
    }
}
