// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
//! Keys of the configuration file: which there are (clap knows them), and whether clap would take their values. `file` calls this.

use std::ffi::OsString;
use std::path::Path;

use clap::{CommandFactory, Parser};
use toml::{Table, Value};

use super::usage;
use crate::cli::Cli;
use crate::exit::Error;
use crate::usage::what;

/// Options that a file has no say in.
const NOT_KEYS: [&str; 4] = ["config", "pdn", "dry-run", "help"];

/// A key with its value in words of the command line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Key {
    /// Name of the option.
    pub name: String,
    /// The session's table, or none at the top.
    pub session: Option<String>,
    /// The option with its value; none for a flag that is false, which only keeps the one below from counting.
    pub word: Option<OsString>,
}

/// Checks each key of a table by itself.
pub fn check(path: &Path, session: Option<&str>, table: Table) -> Result<Vec<Key>, Error> {
    let mut keys = Vec::new();
    for (name, value) in table {
        let wrong = |what: &str, next: String| {
            let what = place(path, session, format_args!("{name}{what}"));
            Err(usage(what, next))
        };
        let Some(is_flag) = is_flag(&name) else {
            return wrong(
                ": no such key",
                format!(
                    "the keys are the long options of mhictl connect: {}",
                    options().join(", ")
                ),
            );
        };
        let word = match (is_flag, value) {
            (true, Value::Boolean(on)) => on.then(|| format!("--{name}")),
            (true, _) => {
                return wrong(
                    ": must be true or false",
                    format!("write {name} = true, or leave it out"),
                )
            }
            (false, Value::String(text)) => Some(format!("--{name}={text}")),
            (false, Value::Integer(number)) => Some(format!("--{name}={number}")),
            (false, _) => {
                return wrong(
                    ": must be a text or a number",
                    format!("write {name} = \"...\""),
                )
            }
        };
        let alone = ["mhictl", "connect"].into_iter().chain(word.as_deref());
        if let Err(error) = Cli::try_parse_from(alone) {
            return wrong(&format!(": {}", reason(&error)), values(&error));
        }
        keys.push(Key {
            name,
            session: session.map(str::to_owned),
            word: word.map(OsString::from),
        });
    }
    Ok(keys)
}

/// Whether a key is an option without a value; none if it is no option.
fn is_flag(name: &str) -> Option<bool> {
    let command = Cli::command();
    let connect = command.find_subcommand("connect")?;
    let option = connect
        .get_arguments()
        .find(|option| option.get_long() == Some(name))?;
    let hidden = option.is_hide_set() || NOT_KEYS.contains(&name);
    (!hidden).then(|| !option.get_action().takes_values())
}

fn options() -> Vec<String> {
    let command = Cli::command();
    let connect = command.find_subcommand("connect").into_iter();
    connect
        .flat_map(|connect| connect.get_arguments())
        .filter_map(|option| option.get_long())
        .filter(|name| is_flag(name).is_some())
        .map(str::to_owned)
        .collect()
}

/// Where in which file.
pub fn place(path: &Path, session: Option<&str>, what: impl std::fmt::Display) -> String {
    match session {
        Some(session) => format!("{}: [session.{session}] {what}", path.display()),
        None => format!("{}: {what}", path.display()),
    }
}

/// Clap's words for one wrong value, without the option's name.
fn reason(error: &clap::Error) -> String {
    use clap::error::{ContextKind, ContextValue};
    match error.get(ContextKind::InvalidValue) {
        Some(ContextValue::String(value)) => match std::error::Error::source(error) {
            Some(source) => format!("{value:?}: {source}"),
            None => format!("not {value:?}"),
        },
        _ => what(error),
    }
}

fn values(error: &clap::Error) -> String {
    use clap::error::{ContextKind, ContextValue};
    match error.get(ContextKind::ValidValue) {
        Some(ContextValue::Strings(values)) => format!("it may be {}", values.join(", ")),
        _ => "see mhictl connect --help".to_owned(),
    }
}
