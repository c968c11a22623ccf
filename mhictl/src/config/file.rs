// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
//! The configuration file of `connect`: its keys are the long options, at the top for every session and in `[session.NAME]`
//! for one of that name. What the command line says wins; then the environment's secrets, the session's table, the top.

use std::ffi::OsString;
use std::fs::{self, File};
use std::io::Read;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use clap::parser::ValueSource;
use clap::{ArgMatches, CommandFactory, Parser};
use toml::{Table, Value};

use super::{usage, SECRETS};
use crate::cli::{Cli, Command, ConnectArgs};
use crate::exit::Error;
use crate::modem::device::Roots;
use crate::usage::what;

/// Where the file is looked for unless `--config` says otherwise, below `/etc`.
const PLACE: &str = "mhictl/config.toml";
/// Largest file that is read, in octets.
const LARGEST: u64 = 64 * 1024;
/// Options that a file has no say in.
const NOT_KEYS: [&str; 4] = ["config", "pdn", "dry-run", "help"];
/// Name that stands for all sessions of the file.
const ALL: &str = "all";

/// What came from a file, to name it when a value turns out to be wrong.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Origin {
    file: PathBuf,
    keys: Vec<Key>,
}

/// A key with its value in words of the command line.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Key {
    name: String,
    session: Option<String>,
    word: OsString,
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
            .chain(keys.iter().map(|key| &key.word))
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
            Ok((name.clone(), check_keys(path, Some(&name), keys)?))
        });
        Ok(Settings {
            path: path.to_owned(),
            sessions: named.collect::<Result<_, Error>>()?,
            common: check_keys(path, None, table)?,
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
        if found.is_file() && found.mode() & 0o002 != 0 {
            return Err(usage(
                format!("{path}: everybody may write to it"),
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

/// Checks each key of a table by itself.
fn check_keys(path: &Path, session: Option<&str>, table: Table) -> Result<Vec<Key>, Error> {
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
            (true, Value::Boolean(true)) => format!("--{name}"),
            (true, Value::Boolean(false)) => continue,
            (true, _) => {
                return wrong(
                    ": must be true or false",
                    format!("write {name} = true, or leave it out"),
                )
            }
            (false, Value::String(text)) => format!("--{name}={text}"),
            (false, Value::Integer(number)) => format!("--{name}={number}"),
            (false, _) => {
                return wrong(
                    ": must be a text or a number",
                    format!("write {name} = \"...\""),
                )
            }
        };
        let alone = ["mhictl", "connect", &word].map(OsString::from);
        if let Err(error) = Cli::try_parse_from(alone) {
            return wrong(&format!(": {}", reason(&error)), values(&error));
        }
        keys.push(Key {
            name,
            session: session.map(str::to_owned),
            word: word.into(),
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
fn place(path: &Path, session: Option<&str>, what: impl std::fmt::Display) -> String {
    match session {
        Some(session) => format!("{}: [session.{session}] {what}", path.display()),
        None => format!("{}: {what}", path.display()),
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Config;
    use crate::exit::Exit;
    use crate::modem::device::tests::Tree;
    use std::os::unix::fs::PermissionsExt;

    const TWO: &str = "\
        device = \"wwan0\"\n\
        metric = 300\n\
        [session.internet]\n\
        apn = \"internet\"\n\
        ip = \"4+6\"\n\
        metric = 200\n\
        [session.ims]\n\
        apn = \"ims\"\n\
        mux = 130\n\
        no-route = true\n\
        no-dns = false\n";

    fn tree(text: &str, mode: u32) -> Tree {
        let tree = Tree::new();
        let path = tree.roots.etc.join(PLACE);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, text).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
        tree
    }

    fn read(tree: &Tree, words: &[&str]) -> Result<Vec<Named>, Error> {
        let words: Vec<OsString> = ["mhictl", "connect"]
            .iter()
            .chain(words)
            .map(OsString::from)
            .collect();
        let matches = Cli::command().try_get_matches_from(&words).unwrap();
        let Command::Connect(args) = Cli::try_parse_from(&words).unwrap().command else {
            panic!("connect")
        };
        let matches = matches.subcommand_matches("connect").unwrap();
        sessions(&words, args, matches, &tree.roots)
    }

    fn configs(tree: &Tree, words: &[&str]) -> Vec<Config> {
        let sessions = read(tree, words).unwrap().into_iter();
        sessions
            .map(|(_, args)| Config::try_from(args).unwrap())
            .collect()
    }

    #[test]
    fn the_command_line_wins_then_the_session_then_the_top() {
        let tree = tree(TWO, 0o644);
        let [internet, ims] = &configs(&tree, &["--pdn", "internet", "--pdn", "ims"])[..] else {
            panic!("two sessions")
        };
        assert_eq!(
            (internet.apn.as_deref(), internet.mux, internet.metric),
            (Some("internet"), 129, Some(200))
        );
        assert_eq!(internet.device.as_deref(), Some("wwan0"));
        assert_eq!(internet.families.len(), 2);
        assert_eq!(
            (ims.apn.as_deref(), ims.mux, ims.metric, ims.dns),
            (Some("ims"), 130, None, true)
        );
        let line = [
            "--pdn=internet",
            "--metric",
            "5",
            "--ip=6",
            "--apn",
            "other",
        ];
        let [line] = &configs(&tree, &line)[..] else {
            panic!("one session")
        };
        assert_eq!(
            (line.apn.as_deref(), line.metric, line.families.len()),
            (Some("other"), Some(5), 1)
        );
        // Without a name, what is at the top.
        let [bare] = &configs(&tree, &[])[..] else {
            panic!("one session")
        };
        assert_eq!((bare.apn.as_deref(), bare.metric), (None, Some(300)));
        assert_eq!(configs(&tree, &["--pdn", "all"]).len(), 2);
        assert_eq!(configs(&tree, &["--pdn=all", "--pdn=ims"]).len(), 2);
    }

    #[test]
    fn an_apn_above_takes_the_place_of_a_profile_below() {
        let tree = tree("profile = 2\n[session.a]\napn = \"a\"\n", 0o644);
        let a = &configs(&tree, &["--pdn=a"])[0];
        assert_eq!((a.apn.as_deref(), a.profile), (Some("a"), None));
        let line = &configs(&tree, &["--pdn=a", "--profile=4"])[0];
        assert_eq!((line.apn.as_deref(), line.profile), (None, Some(4)));
    }

    #[test]
    fn no_file_is_no_hindrance_unless_it_is_asked_for() {
        let tree = Tree::new();
        assert_eq!(configs(&tree, &["--apn=x"])[0].apn.as_deref(), Some("x"));
        for words in [&["--pdn=x"][..], &["--config=/nonexistent"]] {
            let error = read(&tree, words).unwrap_err();
            assert_eq!(error.exit, Exit::Usage);
            assert!(error.what.starts_with("there is no /"), "{}", error.what);
        }
    }

    #[test]
    fn what_is_wrong_is_named_with_its_place_and_what_to_do() {
        for (text, what, next) in [
            ("apm = \"x\"\n", "toml: apm: no such key", "apn, profile"),
            (
                "[session.a]\nmux = 130\nip = \"5\"\n",
                "toml: [session.a] ip: not \"5\"",
                "4, 6, 4+6",
            ),
            (
                "metric = \"low\"\n",
                "toml: metric: \"low\": invalid digit",
                "--help",
            ),
            (
                "no-route = \"yes\"\n",
                "toml: no-route: must be true or false",
                "no-route = true",
            ),
            (
                "apn = true\n",
                "toml: apn: must be a text or a number",
                "apn = \"",
            ),
            (
                "session = 1\n",
                "toml: session: must be tables",
                "[session.internet]",
            ),
            (
                "[session]\na = 1\n",
                "toml: session.a: must be a table",
                "[session.a]",
            ),
            ("[session.all]\n", "session \"all\": not a name", "letters"),
            ("mux = 130\napn internet\n", "toml: line 2: ", "apn = "),
            ("config = \"x\"\n", "toml: config: no such key", "apn"),
            ("pdn = \"x\"\n", "toml: pdn: no such key", "apn"),
            ("supervised = true\n", "supervised: no such key", "apn"),
            ("[sesion.a]\n", "toml: sesion: no such key", "apn"),
        ] {
            let error = read(&tree(text, 0o644), &[]).unwrap_err();
            assert_eq!(error.exit, Exit::Usage);
            assert!(error.what.contains(what), "{text} {}", error.what);
            assert!(error.next.contains(next), "{text} {}", error.next);
            assert!(!error.what.contains('\n') && !error.next.contains('\n'));
        }
        let error = read(&tree(TWO, 0o644), &["--pdn=voice"]).unwrap_err();
        assert!(error.what.contains("no [session.voice]"), "{}", error.what);
        assert_eq!(error.next, "there are: ims, internet");
    }

    #[test]
    fn a_value_that_only_proves_wrong_later_is_named_with_its_place_too() {
        for (text, words, what) in [
            ("mtu = 100\n", &[][..], "toml: mtu 100: must be 576"),
            (
                "[session.a]\nmux = 255\n",
                &["--pdn=a"],
                "toml: [session.a] mux 255: must be",
            ),
            ("mtu = 100\n", &["--mtu=99"], "--mtu 99: must be"),
            ("password = \"x\"\n", &[], "toml: password without --user"),
        ] {
            let (_, args) = read(&tree(text, 0o600), words).unwrap().remove(0);
            let origin = args.origin.clone();
            let error = origin.blame(Config::try_from(args).unwrap_err());
            assert!(error.what.contains(what), "{text} {}", error.what);
            let starts_with_option = error.what.starts_with("--");
            assert_eq!(starts_with_option, what.starts_with("--"), "{}", error.what);
        }
    }

    #[test]
    fn secrets_are_not_for_everybody_and_programs_not_from_everybody() {
        let secret = "user = \"me\"\npassword = \"secret\"\n";
        let error = read(&tree(secret, 0o644), &[]).unwrap_err();
        assert!(
            error.what.contains("everybody may read it"),
            "{}",
            error.what
        );
        assert!(error.next.starts_with("chmod 600 /"));
        assert!(!error.what.contains("secret"));
        assert_eq!(
            configs(&tree(secret, 0o640), &[])[0].user.as_deref(),
            Some("me")
        );
        let in_session = "[session.a]\npin = \"1234\"\n";
        assert!(read(&tree(in_session, 0o604), &[]).is_err());
        let error = read(&tree("hook = \"/x\"\n", 0o646), &[]).unwrap_err();
        assert!(error.what.contains("may write"), "{}", error.what);
    }

    #[test]
    fn a_file_is_bounded() {
        let long = format!("# {}\n", "x".repeat(70_000));
        assert!(read(&tree(&long, 0o644), &[])
            .unwrap_err()
            .what
            .contains("larger"));
    }
}
