// SPDX-License-Identifier: GPL-2.0-only
//! Empty: the kernel has its own memcpy and friends, and no floating point. rustc insists that a crate of this name exists.
#![allow(internal_features)]
#![feature(compiler_builtins)]
#![compiler_builtins]
#![no_builtins]
#![no_std]
