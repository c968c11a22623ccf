// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
//! The program of `fuzz::qmi_stream`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| fuzz::qmi_stream(data));
