// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
//! From the words of the command line to [`Cli`]. What is wrong with them is said on one line, as everywhere in mhictl.

use std::ffi::{OsStr, OsString};
use std::path::Path;

use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::Parser;

use crate::cli::Cli;
use crate::exit::{Error, Exit};

/// The other program whose name and options are understood.
const QUECTEL_CM: &str = "quectel-CM";

/// Parses the command line; prints help or version and ends where they are asked for.
pub fn parse(line: Vec<OsString>) -> Result<Cli, Error> {
    let line = habit(line);
    let help = help_of(&line);
    Cli::try_parse_from(line).map_err(|error| match error.kind() {
        ErrorKind::DisplayHelp | ErrorKind::DisplayVersion => error.exit(),
        _ => Error::new(Exit::Usage, printable(&what(&error)), next(&error, &help)),
    })
}

/// Called as quectel-CM, mhictl is `mhictl cm`. An `&` at the end, from a script that quotes it, is ignored there as by quectel-CM.
fn habit(mut line: Vec<OsString>) -> Vec<OsString> {
    let name = line.first().map(Path::new).and_then(Path::file_name);
    if name == Some(OsStr::new(QUECTEL_CM)) {
        line.splice(..1, ["mhictl".into(), "cm".into()]);
    }
    let words: Vec<&OsStr> = line.iter().map(OsString::as_os_str).collect();
    if matches!(words[..], [_, cm, .., last] if cm == "cm" && last == "&") {
        line.pop();
    }
    line
}

/// Where to read more: at the help of the command in question.
fn help_of(line: &[OsString]) -> String {
    let known = |word: &&str| {
        let command = <Cli as clap::CommandFactory>::command();
        let found = command.find_subcommand(word).is_some();
        found
    };
    let mut words = line.iter().skip(1).filter_map(|word| word.to_str());
    match words.next().filter(known) {
        Some(command) => format!("mhictl {command} --help"),
        None => "mhictl --help".to_owned(),
    }
}

/// What is wrong with a line, in one.
pub fn what(error: &clap::Error) -> String {
    let of = |kind| {
        error
            .get(kind)
            .map(ContextValue::to_string)
            .unwrap_or_default()
    };
    let argument = || plain(&of(ContextKind::InvalidArg));
    match error.kind() {
        ErrorKind::InvalidValue if of(ContextKind::InvalidValue).is_empty() => {
            format!("{}: a value is missing", argument())
        }
        ErrorKind::InvalidValue | ErrorKind::ValueValidation => {
            let value = of(ContextKind::InvalidValue);
            let reason = std::error::Error::source(error).map(|reason| reason.to_string());
            let reason = match reason.as_deref() {
                None => "not one of its values".to_owned(),
                Some(reason) => limits(reason).unwrap_or_else(|| reason.to_owned()),
            };
            format!("{} {value}: {reason}", argument())
        }
        ErrorKind::UnknownArgument => format!("{}: no such option", argument()),
        ErrorKind::InvalidSubcommand => {
            format!("{}: no such command", of(ContextKind::InvalidSubcommand))
        }
        ErrorKind::MissingSubcommand | ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand => {
            "a command is missing".to_owned()
        }
        ErrorKind::MissingRequiredArgument => format!("{} is missing", argument()),
        ErrorKind::ArgumentConflict => {
            let other = plain(&of(ContextKind::PriorArg));
            if other.is_empty() || other == argument() {
                format!("{} is there twice", argument())
            } else {
                format!("{} with {other}", argument())
            }
        }
        ErrorKind::TooManyValues => format!(
            "{}: {} is one too many",
            argument(),
            of(ContextKind::InvalidValue)
        ),
        ErrorKind::InvalidUtf8 => "the command line is not UTF-8".to_owned(),
        _ => {
            let text = error.to_string();
            let line = text.lines().next().unwrap_or_default();
            line.trim_start_matches("error: ").to_owned()
        }
    }
}

/// What numbers may be, out of clap's and the library's words for what they may not.
fn limits(reason: &str) -> Option<String> {
    if reason.contains("invalid digit") || reason.contains("empty string") {
        return Some("must be a whole number".to_owned());
    }
    let (_, range) = reason.split_once(" is not in ")?;
    let (least, most) = range.split_once("..=")?;
    Some(format!("must be {least} to {most}"))
}

/// What to do about it.
fn next(error: &clap::Error, help: &str) -> String {
    let proposals = match error.kind() {
        ErrorKind::InvalidValue => (ContextKind::ValidValue, "one of"),
        ErrorKind::UnknownArgument => (ContextKind::SuggestedArg, "perhaps"),
        ErrorKind::InvalidSubcommand => (ContextKind::SuggestedSubcommand, "perhaps"),
        ErrorKind::MissingSubcommand => (ContextKind::ValidSubcommand, "one of"),
        _ => (ContextKind::Custom, ""),
    };
    match error.get(proposals.0) {
        Some(ContextValue::Strings(words)) if !words.is_empty() => {
            format!("{} {}; see {help}", proposals.1, words.join(", "))
        }
        Some(ContextValue::String(word)) => format!("{} {word}; see {help}", proposals.1),
        _ => format!("see {help}"),
    }
}

/// `--mtu` of clap's `--mtu <MTU>`; a positional argument stays `<COMMAND>`.
fn plain(argument: &str) -> String {
    let first = argument.split([' ', '=']).next().unwrap_or_default();
    if first.starts_with('-') {
        first
    } else {
        argument
    }
    .to_owned()
}

/// What the user wrote may have anything in it, and the message is one line.
fn printable(text: &str) -> String {
    text.chars()
        .map(|c| if c.is_control() { '\u{fffd}' } else { c })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(line: &[&str]) -> String {
        let words = line.iter().map(OsString::from).collect();
        let error = parse(words).unwrap_err();
        assert_eq!(error.exit, Exit::Usage);
        let text = error.to_string();
        assert_eq!(text.lines().count(), 1, "{text}");
        text
    }

    #[test]
    fn each_mistake_is_one_line_that_names_it_and_the_way_out() {
        let all = "mhictl: usage error: ";
        for (line, expected) in [
            (&["mhictl"][..], "a command is missing: see mhictl --help"),
            (
                &["mhictl", "stats"],
                "stats: no such command: perhaps status; see mhictl --help",
            ),
            (
                &["mhictl", "connect", "--frob"],
                "--frob: no such option: see mhictl connect --help",
            ),
            (
                &["mhictl", "connect", "--metrc", "7"],
                "--metrc: no such option: perhaps --metric; see mhictl connect --help",
            ),
            (
                &["mhictl", "connect", "--ip", "5"],
                "--ip 5: not one of its values: one of 4, 6, 4+6; see mhictl connect --help",
            ),
            (
                &["mhictl", "connect", "--mtu", "many"],
                "--mtu many: must be a whole number: see mhictl connect --help",
            ),
            (
                &["mhictl", "connect", "--mtu", "99999999999"],
                "--mtu 99999999999: must be 0 to 4294967295: see mhictl connect --help",
            ),
            (
                &["mhictl", "connect", "--apn"],
                "--apn: a value is missing: see mhictl connect --help",
            ),
            (
                &["mhictl", "connect", "--apn=a", "--apn=b"],
                "--apn is there twice: see mhictl connect --help",
            ),
            (
                &["mhictl", "devices", "all"],
                "all: no such option: see mhictl devices --help",
            ),
            (
                &["quectel-CM", "-q"],
                "-q: no such option: see mhictl cm --help",
            ),
        ] {
            assert_eq!(refused(line), format!("{all}{expected}"));
        }
    }

    #[test]
    fn what_the_user_wrote_cannot_break_the_line() {
        assert!(refused(&["mhictl", "connect", "--ip", "a\nb\x1b[2J"]).contains("a\u{fffd}b"));
    }

    #[test]
    fn the_name_of_quectel_cm_brings_its_options() {
        let words = |line: &[&str]| line.iter().map(OsString::from).collect::<Vec<_>>();
        assert_eq!(
            habit(words(&["/usr/bin/quectel-CM", "-s", "internet", "&"])),
            words(&["mhictl", "cm", "-s", "internet"])
        );
        let own = words(&["/usr/bin/mhictl", "at", "&"]);
        assert_eq!(habit(own.clone()), own);
    }
}
