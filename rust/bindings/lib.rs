// SPDX-License-Identifier: GPL-2.0-only
//! The kernel's C interfaces as bindgen found them in this kernel's headers, picked by `allowlist`.
//! Only the `kernel` crate sees this; nothing here is safe to call without reading the C.
#![no_std]
#![allow(unknown_lints)]
#![allow(
    clippy::all,
    missing_docs,
    non_camel_case_types,
    non_snake_case,
    non_upper_case_globals,
    improper_ctypes,
    unreachable_pub,
    unsafe_op_in_unsafe_fn,
    unnecessary_transmutes,
    dead_code
)]

include!("bindings_generated.rs");
