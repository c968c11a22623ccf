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
mod hook;
mod interrupt;
mod show;
mod status;

mod modem;
mod network;
mod proxy;
mod radio;
mod session;

use std::process::ExitCode;

use clap::Parser;

fn main() -> ExitCode {
    let cli = cli::Cli::parse();
    let roots = modem::device::Roots::default();
    let result = match cli.command {
        cli::Command::Connect(args) => connect::run(args, &roots),
        cli::Command::Status(args) => status::run(&args, &roots),
        cli::Command::Devices(args) => devices::run(&args, &roots),
        cli::Command::Proxy => proxy::run(&roots),
        cli::Command::At(args) => at::run(&args, &roots),
        cli::Command::Signal(args) => radio::signal::run(&args, &roots),
        cli::Command::Cells(args) => radio::cells::run(&args, &roots),
        cli::Command::Bands(args) => radio::bands::run(&args, &roots),
        cli::Command::Info(args) => radio::info::run(&args, &roots),
        cli::Command::Sms(args) => radio::sms::run(&args, &roots),
        cli::Command::Watch(args) => radio::watch::run(&args, &roots),
        cli::Command::Reset(args) => radio::reset::run(&args, &roots),
        cli::Command::Edl(args) => radio::edl::run(&args, &roots),
    };
    match result {
        Ok(()) => exit::Exit::Success.into(),
        Err(error) => {
            eprintln!("{error}");
            error.exit.into()
        }
    }
}
