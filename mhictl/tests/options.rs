// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
//! Bad input, for every option of every command: exit code 2, nothing on standard output, and one line that names the option and
//! says what to write. The command line's own declaration says which options there are.

// What the declaration has for `main` is not needed here.
#[allow(dead_code, reason = "the program uses the rest")]
#[path = "../src/cli.rs"]
mod cli;
#[allow(dead_code, reason = "the program uses the rest")]
#[path = "../src/exit.rs"]
mod exit;

use std::collections::BTreeSet;
use std::process::{Command, Output};

use clap::CommandFactory;

/// Command, option, and values that it does not take; for a positional argument its name. `""` as the only value: there is no
/// value that it does not take before the machine is asked, for the reason beside it.
const BAD: &[(&str, &str, &[&str])] = &[
    ("connect", "--apn", &["a b", "ümlaut", "a\nb"]),
    ("connect", "--profile", &["0", "256", "first"]),
    ("connect", "--ip", &["5", "4+4", "IPv4"]),
    ("connect", "--user", &["\n"]),
    ("connect", "--password", &["\u{7f}"]),
    ("connect", "--auth", &["kerberos", "pap"]), // without a user
    ("connect", "--pin", &["123", "123456789", "12x4", "١٢٣٤"]),
    ("connect", "--mux", &["0", "255", "0x100", "many", "-1"]),
    ("connect", "--device", &[""]), // any name may be a modem's
    ("connect", "--netdev", &["a/b", "..", "sixteen-letters-"]),
    ("connect", "--mtu", &["575", "65536", "many", "-1"]),
    ("connect", "--roaming", &["maybe"]),
    ("connect", "--hook", &[""]), // it may appear while the session runs
    ("connect", "--metric", &["-1", "4294967296", "low"]),
    ("connect", "--qmap", &["v9"]),
    ("connect", "--timeout", &["0", "86401", "-1", "soon"]),
    ("disconnect", "--mux", &["0", "255", "x"]),
    ("disconnect", "--device", &[""]), // any name may be a modem's
    ("disconnect", "--timeout", &["-1", "soon"]),
    ("cm", "-s", &["a b"]),
    ("cm", "-p", &["123", "1234x", "mbim-proxy"]),
    ("cm", "-f", &["/no/such/folder/file"]),
    ("cm", "-u", &[""]), // ignored
    ("cm", "-i", &[""]), // any name may be a modem's
    ("cm", "-n", &["0", "127", "x"]),
    ("cm", "-k", &["0", "127", "x"]),
    ("cm", "-m", &["0", "128", "0x80", "0xff", "x"]),
    ("cm", "-l", &["1"]),
    ("status", "--device", &[""]), // any name may be a modem's
    ("status", "--timeout", &["-1", "soon"]),
    ("at", "<COMMAND>", &["CSQ", "AT\rAT", "AT\u{1a}"]),
    ("at", "--timeout", &["-1", "soon"]),
    ("at", "--port", &[""]), // any name may be a port's
];

fn mhictl(words: &[&str]) -> Output {
    let mut program = Command::new(env!("CARGO_BIN_EXE_mhictl"));
    program.args(words).output().expect("mhictl runs")
}

/// The one line that a wrong command line ends with.
fn told(words: &[&str]) -> String {
    let output = mhictl(words);
    let text = String::from_utf8(output.stderr).expect("text");
    assert_eq!(output.status.code(), Some(2), "{words:?}: {text}");
    let json = words.contains(&"--json");
    assert_eq!(output.stdout.is_empty(), !json, "{words:?}");
    assert_eq!(text.lines().count(), 1, "{words:?}: {text}");
    assert!(text.starts_with("mhictl: usage error: "), "{text}");
    text
}

/// All options that take a value and all positional arguments, as `BAD` names them.
fn declared() -> BTreeSet<(String, String)> {
    let mut found = BTreeSet::new();
    for command in cli::Cli::command().get_subcommands() {
        for argument in command.get_arguments() {
            if !argument.get_action().takes_values() {
                continue;
            }
            let name = match (argument.get_long(), argument.get_short()) {
                (Some(long), _) => format!("--{long}"),
                (None, Some(short)) => format!("-{short}"),
                (None, None) => argument
                    .get_value_names()
                    .map_or_else(String::new, |names| format!("<{}>", names[0])),
            };
            found.insert((command.get_name().to_owned(), name));
        }
    }
    found
}

#[test]
fn the_table_has_every_option_that_takes_a_value() {
    let table: BTreeSet<(String, String)> = BAD
        .iter()
        .map(|(command, option, _)| ((*command).to_owned(), (*option).to_owned()))
        .collect();
    assert_eq!(table, declared());
}

#[test]
fn bad_values_are_told_with_their_option() {
    for (command, option, values) in BAD {
        for value in values.iter().filter(|value| !value.is_empty()) {
            let joined = format!("{option}={value}");
            let words = match option {
                option if option.starts_with('<') => vec![*command, "--", value],
                option if option.starts_with("--") => vec![*command, joined.as_str()],
                option => vec![*command, option, value],
            };
            let text = told(&words);
            if !option.starts_with('<') {
                assert!(text.contains(option), "{words:?}: {text}");
            }
            // Secrets are not repeated.
            if ["--pin", "--password", "-p"].contains(option) && value.contains("12") {
                assert!(!text.contains(value), "{text}");
            }
        }
    }
}

#[test]
fn a_value_that_is_missing_is_told() {
    for (command, option) in declared() {
        // quectel-CM's -s may stand alone.
        if !option.starts_with('<') && option != "-s" {
            let text = told(&[&command, &option]);
            assert!(
                text.contains(&format!("{option}: a value is missing")),
                "{text}"
            );
        }
    }
}

/// A flag has no value, and nothing that is not repeatable is said twice.
#[test]
fn values_that_a_flag_has_not_and_repetitions_are_told() {
    for command in cli::Cli::command().get_subcommands() {
        let name = command.get_name();
        for argument in command.get_arguments() {
            let Some(long) = argument.get_long().filter(|long| *long != "help") else {
                continue;
            };
            let option = format!("--{long}");
            if argument.get_action().takes_values() {
                let twice = format!("{option}=1");
                told(&[name, &twice, &twice]);
            } else {
                let text = told(&[name, &format!("{option}=1")]);
                assert!(text.contains(&option), "{text}");
                told(&[name, &option, &option]);
            }
        }
    }
}

#[test]
fn a_wrong_line_is_an_object_for_those_who_want_json() {
    for command in cli::Cli::command().get_subcommands() {
        let has_json = command
            .get_arguments()
            .any(|argument| argument.get_long() == Some("json"));
        if !has_json {
            continue;
        }
        let output = mhictl(&[command.get_name(), "--json", "--frobnicate"]);
        let text = String::from_utf8(output.stdout).expect("text");
        assert_eq!(output.status.code(), Some(2));
        assert!(
            text.starts_with(r#"{"error":{"code":2,"#) && text.contains(r#""word":"usage""#),
            "{text}"
        );
        assert_eq!(text.lines().count(), 1, "{text}");
    }
}
