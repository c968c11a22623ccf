// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
//! Writes mhictl's manual pages and shell completions, from the declaration of its command line, into a folder that is laid out
//! like /usr/share. Run by `make docs`; nothing of it is in the program.
#![forbid(unsafe_code)]

#[allow(dead_code, unused_imports, reason = "the program uses the rest")]
#[path = "../../src/cli.rs"]
mod cli;
#[path = "stub.rs"]
mod config;
#[allow(dead_code, unused_imports, reason = "the program uses the rest")]
#[path = "../../src/exit.rs"]
mod exit;

mod completions;
mod manual;

use std::path::Path;
use std::process::ExitCode;
use std::{fs, io};

use clap::{Command, CommandFactory};

fn main() -> ExitCode {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let [folder, date] = words.as_slice() else {
        eprintln!("mhictl-docs: usage error: name a folder and a date: mhictl-docs build/share 2026-01-02");
        return ExitCode::from(2);
    };
    match write(Path::new(folder), date) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("mhictl-docs: error: {folder}: {error}");
            ExitCode::FAILURE
        }
    }
}

fn write(folder: &Path, date: &str) -> io::Result<()> {
    let pages = manual::pages(&declaration(), date)?.into_iter();
    for (name, content) in pages.chain(completions::all(&declaration())) {
        let path = folder.join(name);
        fs::create_dir_all(path.parent().unwrap_or(folder))?;
        fs::write(path, content)?;
    }
    Ok(())
}

/// The command line as users know it: without the commands that mhictl starts itself with.
fn declaration() -> Command {
    let all = cli::Cli::command();
    let shown = all
        .get_subcommands()
        .filter(|command| !command.is_hide_set());
    let mut declaration = Command::new("mhictl")
        .version(env!("CARGO_PKG_VERSION"))
        .subcommand_required(true)
        .disable_help_subcommand(true)
        .subcommands(shown.cloned().collect::<Vec<Command>>());
    if let Some(about) = all.get_about() {
        declaration = declaration.about(about.clone());
    }
    declaration.build();
    declaration
}
