// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
//! `mhictl`: mobile data sessions on MHI modems. This file is the table of contents and the dispatch.
#![forbid(unsafe_code)]

mod cli;
mod config;
mod exit;
mod usage;

mod at;
mod cm;
mod connect;
mod control;
mod devices;
mod disconnect;
mod fcc;
mod hook;
mod journal;
mod lines;
mod logfile;
mod notify;
mod plan;
mod program;
mod show;
mod signals;
mod status;
mod supervisor;

mod modem;
mod network;
mod proxy;
mod radio;
mod session;

use std::process::ExitCode;

use crate::exit::{Error, Exit};
use crate::modem::device::Roots;

fn main() -> ExitCode {
    lines::start();
    match usage::parse(std::env::args_os().collect()) {
        Ok(cli) => ended(dispatch(cli.command, &Roots::default())),
        Err(error) => {
            // No command got as far as to know how to print.
            if std::env::args_os().any(|word| word == "--json") {
                lines::use_json();
            }
            ended(Err(error))
        }
    }
}

fn dispatch(command: cli::Command, roots: &Roots) -> Result<(), Error> {
    match command {
        cli::Command::Connect(args) => supervisor::run(args, roots),
        cli::Command::Disconnect(args) => disconnect::run(&args, roots),
        cli::Command::Cm(args) => cm::run(&args, roots),
        cli::Command::Status(args) => status::run(&args, roots),
        cli::Command::Devices(args) => devices::run(&args, roots),
        cli::Command::Proxy(args) => proxy::run(&args, roots),
        cli::Command::At(args) => at::run(&args, roots),
        cli::Command::Signal(args) => radio::signal::run(&args, roots),
        cli::Command::Cells(args) => radio::cells::run(&args, roots),
        cli::Command::Bands(args) => radio::bands::run(&args, roots),
        cli::Command::Info(args) => radio::info::run(&args, roots),
        cli::Command::Sms(args) => radio::sms::run(&args, roots),
        cli::Command::Watch(args) => radio::watch::run(&args, roots),
        cli::Command::Reset(args) => radio::reset::run(&args, roots),
        cli::Command::Edl(args) => radio::edl::run(&args, roots),
    }
}

fn ended(result: Result<(), Error>) -> ExitCode {
    match result {
        Ok(()) => Exit::Success.into(),
        Err(error) => {
            lines::error(&error);
            error.exit.into()
        }
    }
}
