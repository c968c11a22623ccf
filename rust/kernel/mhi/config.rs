// SPDX-License-Identifier: GPL-2.0-only
//! A controller's channels and event rings, as rows of data.

use super::controller::Environment;
use crate::alloc::KVec;
use crate::error::{code::ENOMEM, Result};
use core::ffi::CStr;

/// Channels that there can be, by the MHI specification.
const CHANNELS: usize = 128;

/// A pair of channels: uplink `first`, downlink `first + 1`.
#[derive(Clone, Copy)]
pub struct Channels {
    /// The name that clients match.
    pub name: &'static CStr,
    /// The uplink channel's number, even.
    pub first: u32,
    /// Transfer descriptors in each direction, a power of two.
    pub elements: u32,
    /// Event rings, uplink and downlink, by index.
    pub events: [u32; 2],
    /// The execution environment in which the channels exist.
    pub environment: Environment,
    /// Doorbells in burst mode: one to start, then the write pointer in memory.
    pub burst: bool,
}

/// An event ring.
#[derive(Clone, Copy)]
pub struct EventRing {
    /// Events it holds, a power of two.
    pub elements: u32,
    /// How long the modem may gather events before it interrupts, in milliseconds.
    pub moderation_ms: u32,
    /// Whether it carries the MHI control events besides transfers.
    pub control: bool,
    /// The one channel that it serves, if only one.
    pub channel: Option<u32>,
}

/// A controller's configuration.
pub struct Config {
    channels: KVec<bindings::mhi_channel_config>,
    events: KVec<bindings::mhi_event_config>,
    timeout_ms: u32,
    ready_timeout_ms: u32,
}

impl Config {
    /// Without channels yet. Spreads the event rings over `vectors` interrupts: vector 0 is the boot interface's, and the rings' too
    /// when it is the only one.
    pub fn new(
        events: &[EventRing],
        vectors: u32,
        timeout_ms: u32,
        ready_timeout_ms: u32,
    ) -> Result<Config> {
        let mut config = Config {
            channels: KVec::with_capacity(CHANNELS)?,
            events: KVec::with_capacity(events.len())?,
            timeout_ms,
            ready_timeout_ms,
        };
        for (index, ring) in events.iter().enumerate() {
            let irq = match vectors.saturating_sub(1) {
                0 => 0,
                own => 1 + index as u32 % own,
            };
            config.events.push(event(ring, irq)).map_err(|_| ENOMEM)?;
        }
        Ok(config)
    }

    /// Adds channels.
    pub fn add(&mut self, channels: &[Channels]) -> Result {
        for pair in channels {
            for downlink in [false, true] {
                self.channels
                    .push(channel(pair, downlink))
                    .map_err(|_| ENOMEM)?;
            }
        }
        Ok(())
    }

    /// Calls `f` with the C form of the configuration, which lasts as long as the call.
    pub(crate) fn with_raw<R>(
        &mut self,
        f: impl FnOnce(*const bindings::mhi_controller_config) -> R,
    ) -> R {
        // SAFETY: All-zero bytes are a valid configuration.
        let mut raw: bindings::mhi_controller_config = unsafe { core::mem::zeroed() };
        raw.max_channels = CHANNELS as u32;
        raw.timeout_ms = self.timeout_ms;
        raw.num_channels = self.channels.len() as u32;
        raw.ch_cfg = self.channels.as_ptr();
        raw.num_events = self.events.len() as u32;
        raw.event_cfg = self.events.as_mut_ptr();
        // SAFETY: `raw` is a valid configuration.
        unsafe { bindings::rust_helper_mhi_set_ready_timeout(&mut raw, self.ready_timeout_ms) };
        f(&raw)
    }
}

fn channel(pair: &Channels, downlink: bool) -> bindings::mhi_channel_config {
    // SAFETY: All-zero bytes are a valid channel configuration.
    let mut raw: bindings::mhi_channel_config = unsafe { core::mem::zeroed() };
    // CAST: The field lacks `const`; the MHI core only reads the name.
    raw.name = pair.name.as_ptr().cast_mut();
    raw.num = pair.first + u32::from(downlink);
    raw.num_elements = pair.elements;
    raw.event_ring = pair.events[usize::from(downlink)];
    raw.dir = if downlink {
        bindings::dma_data_direction_DMA_FROM_DEVICE
    } else {
        bindings::dma_data_direction_DMA_TO_DEVICE
    };
    raw.ee_mask = 1 << pair.environment as u32;
    raw.doorbell = if pair.burst {
        bindings::mhi_db_brst_mode_MHI_DB_BRST_ENABLE
    } else {
        bindings::mhi_db_brst_mode_MHI_DB_BRST_DISABLE
    };
    raw.doorbell_mode_switch = pair.burst;
    raw
}

fn event(ring: &EventRing, irq: u32) -> bindings::mhi_event_config {
    // SAFETY: All-zero bytes are a valid event ring configuration.
    let mut raw: bindings::mhi_event_config = unsafe { core::mem::zeroed() };
    raw.num_elements = ring.elements;
    raw.irq_moderation_ms = ring.moderation_ms;
    raw.irq = irq;
    raw.channel = ring.channel.unwrap_or(u32::MAX);
    raw.priority = 1;
    raw.mode = bindings::mhi_db_brst_mode_MHI_DB_BRST_DISABLE;
    raw.data_type = if ring.control {
        bindings::mhi_er_data_type_MHI_ER_CTRL
    } else {
        bindings::mhi_er_data_type_MHI_ER_DATA
    };
    raw.hardware_event = ring.channel.is_some();
    raw
}
