// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
//! `mhictl`: mobile data sessions on MHI modems. This file is the table of contents and the dispatch.
#![forbid(unsafe_code)]

mod cli;
mod config;
mod exit;

mod at;
mod connect;
mod control;
mod devices;
mod fcc;
mod hook;
mod plan;
mod program;
mod status;
mod supervisor;

mod modem;
mod network;
mod proxy;
mod session;

use std::process::ExitCode;

use clap::Parser;

fn main() -> ExitCode {
    let cli = cli::Cli::parse();
    let roots = modem::device::Roots::default();
    let result = match cli.command {
        cli::Command::Connect(args) => supervisor::run(args, &roots),
        cli::Command::Status(args) => status::run(&args, &roots),
        cli::Command::Devices(args) => devices::run(&args, &roots),
        cli::Command::Proxy => proxy::run(&roots),
        cli::Command::At(args) => at::run(&args, &roots),
    };
    match result {
        Ok(()) => exit::Exit::Success.into(),
        Err(error) => {
            eprintln!("{error}");
            error.exit.into()
        }
    }
}
