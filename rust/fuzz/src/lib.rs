// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
//! One function for each target: it takes any bytes and panics if a property of the crate does not hold. The
//! programs in `targets/` give them to libFuzzer, `tests/corpora.rs` replays what is committed in `corpus/`.
#![forbid(unsafe_code)]

#[cfg_attr(test, allow(dead_code, reason = "mhictl's own tests use the rest"))]
#[path = "../../../mhictl/src/modem/frames.rs"]
mod frames;
mod mbim;
mod mhi;
mod qmap;
mod qmi;

pub use mbim::{mbim_control, mbim_ntb};
pub use mhi::{mhi_ip_ctrl, mhi_ring};
pub use qmap::{qmap_deaggregate, qmap_merge, qmap_roundtrip, qmap_segment};
pub use qmi::{qmi_qmux, qmi_stream, qmi_tlv};

/// A target's name and function.
pub type Target = (&'static str, fn(&[u8]));

/// All targets.
pub const TARGETS: [Target; 11] = [
    ("qmap_deaggregate", qmap_deaggregate),
    ("qmap_roundtrip", qmap_roundtrip),
    ("qmap_merge", qmap_merge),
    ("qmap_segment", qmap_segment),
    ("qmi_qmux", qmi_qmux),
    ("qmi_stream", qmi_stream),
    ("qmi_tlv", qmi_tlv),
    ("mhi_ring", mhi_ring),
    ("mhi_ip_ctrl", mhi_ip_ctrl),
    ("mbim_ntb", mbim_ntb),
    ("mbim_control", mbim_control),
];
