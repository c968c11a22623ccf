// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
//! The configuration file of `connect`: its keys are the long options, at the top for every session and in `[session.NAME]`
//! for one of that name. What the command line says wins; then the environment's secrets, the session's table, the top.

use std::ffi::OsString;
use std::fs::{self, File};
use std::io::Read;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use clap::parser::ValueSource;
use clap::{ArgMatches, Parser};
use toml::{Table, Value};

use super::keys::{self, place, Key};
use super::{usage, SECRETS};
use crate::cli::{Cli, Command, ConnectArgs};
use crate::exit::Error;
use crate::modem::device::Roots;
use crate::usage::what;

/// Where the file is looked for unless `--config` says otherwise, below `/etc`.
const PLACE: &str = "mhictl/config.toml";
/// Largest file that is read, in octets.
const LARGEST: u64 = 64 * 1024;
/// Name that stands for all sessions of the file.
const ALL: &str = "all";

/// What came from a file, to name it when a value turns out to be wrong.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Origin {
    file: PathBuf,
    keys: Vec<Key>,
}

impl Origin {
    /// Says of an error that names an option where in the file that stands, if it does.
    pub fn blame(&self, mut error: Error) -> Error {
        let named = |key: &&Key| {
            let rest = error.what.strip_prefix("--").unwrap_or_default();
            let rest = rest.strip_prefix(&key.name);
            rest.is_some_and(|rest| rest.is_empty() || rest.starts_with([' ', ':']))
        };
        if let Some(key) = self.keys.iter().find(named) {
            let what = error.what.trim_start_matches("--");
            error.what = place(&self.file, key.session.as_deref(), what);
        }
        error
    }
}

/// What a session is called in the file, unless it has no name, and its options.
pub type Named = (Option<String>, ConnectArgs);

/// The sessions that a command line of `connect` asks for, with what the file adds to it; `matches` is what clap found in it.
pub fn sessions(
    words: &[OsString],
    args: ConnectArgs,
    matches: &ArgMatches,
    roots: &Roots,
) -> Result<Vec<Named>, Error> {
    let default = roots.etc.join(PLACE);
    let path = args.config.as_deref().unwrap_or(&default);
    let needed = args.config.is_some() || !args.pdn.is_empty();
    let Some(file) = Settings::read(path, needed)? else {
        return Ok(vec![(None, args)]);
    };
    let names = file.chosen(&args.pdn)?;
    let completed = names.into_iter().map(|name| {
        let keys = file.keys_for(name.as_deref(), matches);
        let words = words
            .iter()
            .take(2)
            .chain(keys.iter().filter_map(|key| key.word.as_ref()))
            .chain(words.iter().skip(2));
        let cli = Cli::try_parse_from(words)
            .map_err(|error| usage(what(&error), "see mhictl connect --help"))?;
        let mut args = match cli.command {
            Command::Connect(args) => args,
            _ => args.clone(),
        };
        args.origin = Origin {
            file: path.to_owned(),
            keys,
        };
        Ok((name, args))
    });
    completed.collect()
}

/// A file that was read, each key of it checked.
struct Settings {
    path: PathBuf,
    /// For every session.
    common: Vec<Key>,
    /// By name, in alphabetical order.
    sessions: Vec<(String, Vec<Key>)>,
}

impl Settings {
    /// Reads and checks a file; none if there is none and none is needed.
    fn read(path: &Path, needed: bool) -> Result<Option<Self>, Error> {
        let mut file = match File::open(path) {
            Ok(file) => file,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound && !needed => {
                return Ok(None)
            }
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                let what = format!("there is no {} for --config or --pdn", path.display());
                return Err(usage(
                    what,
                    "write it (README: The configuration file), or name another one with --config",
                ));
            }
            Err(error) => {
                return Err(Error::system(
                    format_args!("open {}", path.display()),
                    &error,
                ))
            }
        };
        let system = |error| Error::system(format_args!("read {}", path.display()), &error);
        let found = file.metadata().map_err(system)?;
        let mut text = String::new();
        (&mut file)
            .take(LARGEST + 1)
            .read_to_string(&mut text)
            .map_err(system)?;
        if text.len() as u64 > LARGEST {
            return Err(usage(
                format!("{}: larger than {LARGEST} octets", path.display()),
                "it holds a few lines for each session, no more",
            ));
        }
        let table = text
            .parse::<Table>()
            .map_err(|error| syntax(path, &text, &error))?;
        let settings = Settings::check(path, table)?;
        settings.check_rights(&found)?;
        Ok(Some(settings))
    }

    fn check(path: &Path, mut table: Table) -> Result<Self, Error> {
        let sessions = match table.remove("session") {
            None => Table::new(),
            Some(Value::Table(sessions)) => sessions,
            Some(_) => {
                return Err(usage(
                    place(path, None, "session: must be tables"),
                    "write [session.internet] above the keys of a session",
                ))
            }
        };
        let named = sessions.into_iter().map(|(name, keys)| {
            let fits = !name.is_empty()
                && name != ALL
                && name.len() <= 32
                && name
                    .bytes()
                    .all(|b| b.is_ascii_alphanumeric() || b"-_".contains(&b));
            let keys = match keys {
                Value::Table(keys) if fits => keys,
                Value::Table(_) => {
                    return Err(usage(
                        place(path, None, format_args!("session {name:?}: not a name")),
                        format!("take 1 to 32 letters, digits, '-' or '_', but not {ALL:?}"),
                    ))
                }
                _ => {
                    return Err(usage(
                        place(path, None, format_args!("session.{name}: must be a table")),
                        format!("write [session.{name}] above its keys"),
                    ))
                }
            };
            Ok((name.clone(), keys::check(path, Some(&name), keys)?))
        });
        Ok(Settings {
            path: path.to_owned(),
            sessions: named.collect::<Result<_, Error>>()?,
            common: keys::check(path, None, table)?,
        })
    }

    /// A file with secrets is for its owner's eyes, and one that names programs to run for its owner's hands.
    fn check_rights(&self, found: &fs::Metadata) -> Result<(), Error> {
        let path = self.path.display();
        let mut keys = self
            .common
            .iter()
            .chain(self.sessions.iter().flat_map(|(_, keys)| keys));
        let secret = keys.find(|key| matches!(key.name.as_str(), "password" | "pin"));
        if let Some(key) = secret.filter(|_| found.mode() & 0o004 != 0) {
            return Err(usage(
                format!("{path}: everybody may read it, and it holds a {}", key.name),
                format!("chmod 600 {path}"),
            ));
        }
        if found.is_file() && found.mode() & 0o022 != 0 {
            return Err(usage(
                format!("{path}: others than its owner may write to it"),
                format!("chmod 600 {path}"),
            ));
        }
        Ok(())
    }

    /// The sessions that were asked for, none for one without a name.
    fn chosen(&self, wanted: &[String]) -> Result<Vec<Option<String>>, Error> {
        if wanted.is_empty() {
            return Ok(vec![None]);
        }
        let known: Vec<&str> = self
            .sessions
            .iter()
            .map(|(name, _)| name.as_str())
            .collect();
        let mut names: Vec<&str> = Vec::new();
        for name in wanted {
            let these = match name.as_str() {
                ALL => known.clone(),
                name => vec![name],
            };
            if let Some(name) = these.iter().find(|name| !known.contains(name)) {
                let what = format!(
                    "--pdn {name}: there is no [session.{name}] in {}",
                    self.path.display()
                );
                let next = if known.is_empty() {
                    "write one (README: The configuration file)".to_owned()
                } else {
                    format!("there are: {}", known.join(", "))
                };
                return Err(usage(what, next));
            }
            names.extend(
                these
                    .into_iter()
                    .filter(|name| !names.contains(name))
                    .collect::<Vec<_>>(),
            );
        }
        if names.is_empty() {
            return Err(usage(
                format!("--pdn {ALL}: no session in {}", self.path.display()),
                "write one (README: The configuration file)",
            ));
        }
        Ok(names
            .into_iter()
            .map(|name| Some(name.to_owned()))
            .collect())
    }

    /// What the file adds to a command line for a session.
    fn keys_for(&self, session: Option<&str>, matches: &ArgMatches) -> Vec<Key> {
        let given = |name: &str| {
            let id = name.replace('-', "_");
            matches.value_source(&id) == Some(ValueSource::CommandLine)
        };
        let of_session = self
            .sessions
            .iter()
            .find(|(name, _)| Some(name.as_str()) == session);
        let mut chosen: Vec<Key> = Vec::new();
        for keys in of_session
            .map(|(_, keys)| keys)
            .into_iter()
            .chain([&self.common])
        {
            let above = |name: &str| given(name) || chosen.iter().any(|key| key.name == name);
            let new: Vec<Key> = keys
                .iter()
                .filter(|key| !above(&key.name) && !excluded(&key.name, above))
                .cloned()
                .collect();
            chosen.extend(new);
        }
        chosen
    }
}

/// Whether a value that wins makes this one pointless: an APN and a profile exclude each other, and the environment has secrets.
fn excluded(name: &str, above: impl Fn(&str) -> bool) -> bool {
    let set = |variable: &str| std::env::var_os(variable).is_some_and(|text| !text.is_empty());
    match name {
        "apn" => above("profile"),
        "profile" => above("apn"),
        "password" => set(SECRETS[0]),
        "pin" => set(SECRETS[1]),
        _ => false,
    }
}

fn syntax(path: &Path, text: &str, error: &toml::de::Error) -> Error {
    let at = error.span().map_or(0, |span| span.start);
    let line = text.bytes().take(at).filter(|&byte| byte == b'\n').count() + 1;
    let what = format!("{}: line {line}: {}", path.display(), error.message());
    usage(
        what.replace('\n', ", "),
        "a line has the form apn = \"internet\", a number stands without quotes",
    )
}

#[cfg(test)]
mod tests;
