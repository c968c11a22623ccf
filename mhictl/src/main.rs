// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
//! `mhictl`: mobile data sessions on MHI modems. This file is the table of contents and the dispatch.
#![forbid(unsafe_code)]

mod address;
mod at;
mod cli;
mod config;
mod device;
mod dns;
mod ethtool;
mod exit;
mod holder;
mod link;
mod netlink;

use std::process::ExitCode;

use clap::Parser;

fn main() -> ExitCode {
    let cli = cli::Cli::parse();
    let roots = device::Roots::default();
    let result = match cli.command {
        cli::Command::At(args) => at::run(&args, &roots),
        _ => Ok(()),
    };
    match result {
        Ok(()) => exit::Exit::Success.into(),
        Err(error) => {
            eprintln!("{error}");
            error.exit.into()
        }
    }
}
