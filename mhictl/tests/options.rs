// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
//! Bad input, for every option of every command: exit code 2, nothing on standard output, and one line that names the option and
//! says what to write. The command line's own declaration says which options there are.

// What the declaration has for `main` is not needed here.
#[allow(dead_code, unused_imports, reason = "the program uses the rest")]
#[path = "../src/cli.rs"]
mod cli;
#[path = "../docs/src/stub.rs"]
mod config;
#[allow(dead_code, unused_imports, reason = "the program uses the rest")]
#[path = "../src/exit.rs"]
mod exit;

use std::collections::BTreeSet;
use std::process::{Command, Output};

use clap::CommandFactory;

/// Command, option, and values that it does not take; for a positional argument its name. `""` as the only value: there is no
/// value that it does not take before the machine is asked, for the reason beside it.
type Row = (&'static str, &'static str, &'static [&'static str]);

/// Commands that ask one modem, and their two options.
const ASKING: [&str; 9] = [
    "status", "signal", "cells", "bands", "info", "sms", "watch", "reset", "edl",
];
const OF_ASKING: [(&str, &[&str]); 2] = [
    ("--device", &[""]), // any name may be a modem's
    ("--timeout", &["-1", "soon"]),
];

/// All the others.
const OTHERS: &[Row] = &[
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
    ("connect", "--link", &["a/b", "..", "sixteen-letters-"]),
    ("connect", "--mtu", &["575", "65536", "many", "-1"]),
    ("connect", "--roaming", &["maybe"]),
    ("connect", "--hook", &[""]), // it may appear while the session runs
    ("connect", "--metric", &["-1", "4294967296", "low"]),
    ("connect", "--qmap", &["v9"]),
    ("connect", "--timeout", &["0", "86401", "-1", "soon"]),
    ("connect", "--share", &["a/b", ".."]),
    ("connect", "--config", &["/no/such/file"]),
    ("connect", "--pdn", &["nobody-has-written-it"]),
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
    ("bands", "--mode", &["GSM", "AUTO:LTE", "LTE NR5G"]),
    ("bands", "--lte", &["0", "x", "3,3", "all,3"]),
    ("bands", "--sa", &["78,", "70000"]),
    ("bands", "--nsa", &["-3"]),
    ("sms read", "<INDEX>", &["-1", "first"]),
    ("sms send", "<NUMBER>", &["me", "+"]),
    ("sms send", "<TEXT>", &[""]), // sms send has two words: below
    ("sms delete", "<INDEX>", &["-1", "first"]),
    ("watch", "--interval", &["-1", "often"]),
    ("watch", "--count", &["-1", "some"]),
    ("at", "<COMMAND>", &["CSQ", "AT\rAT", "AT\u{1a}"]),
    ("at", "--timeout", &["-1", "soon"]),
    ("at", "--port", &[""]), // any name may be a port's
];

fn bad() -> impl Iterator<Item = Row> {
    let asking = ASKING.iter().flat_map(|command| {
        let row =
            |(option, values): (&'static str, &'static [&'static str])| (*command, option, values);
        OF_ASKING.map(row)
    });
    asking.chain(OTHERS.iter().copied())
}

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

/// Each command with its options, nested ones as `sms read`; what users are not to see is left out.
fn commands() -> Vec<(String, Vec<clap::Arg>)> {
    fn add(command: &clap::Command, path: &str, found: &mut Vec<(String, Vec<clap::Arg>)>) {
        for command in command
            .get_subcommands()
            .filter(|command| !command.is_hide_set())
        {
            let path = format!("{path} {}", command.get_name()).trim().to_owned();
            let shown = command
                .get_arguments()
                .filter(|argument| !argument.is_hide_set());
            let shown = shown.cloned().collect();
            add(command, &path, found);
            found.push((path, shown));
        }
    }
    let mut found = Vec::new();
    add(&cli::Cli::command(), "", &mut found);
    found
}

/// All options that take a value and all positional arguments, as the table names them.
fn declared() -> BTreeSet<(String, String)> {
    let mut found = BTreeSet::new();
    for (command, arguments) in commands() {
        for argument in arguments {
            if !argument.get_action().takes_values() {
                continue;
            }
            let name = match (argument.get_long(), argument.get_short()) {
                (Some(long), _) => format!("--{long}"),
                (None, Some(short)) => format!("-{short}"),
                (None, None) => match argument.get_value_names() {
                    Some([name, ..]) => format!("<{name}>"),
                    _ => format!("<{}>", argument.get_id().as_str().to_uppercase()),
                },
            };
            found.insert((command.clone(), name));
        }
    }
    found
}

#[test]
fn the_table_has_every_option_that_takes_a_value() {
    let table: BTreeSet<(String, String)> = bad()
        .map(|(command, option, _)| (command.to_owned(), option.to_owned()))
        .collect();
    assert_eq!(table, declared());
}

#[test]
fn bad_values_are_told_with_their_option() {
    for (command, option, values) in bad() {
        for value in values.iter().filter(|value| !value.is_empty()) {
            let joined = format!("{option}={value}");
            let words = match option {
                option if option.starts_with('<') => vec!["--", value, "text"],
                option if option.starts_with("--") => vec![joined.as_str()],
                option => vec![option, value],
            };
            let mut words: Vec<&str> = command.split(' ').chain(words).collect();
            if option == "<INDEX>" || command == "at" {
                words.retain(|word| *word != "text");
            }
            if command == "sms" {
                words.push("list");
            }
            let text = told(&words);
            if !option.starts_with('<') {
                assert!(text.contains(option), "{words:?}: {text}");
            }
            // Secrets are not repeated.
            if ["--pin", "--password", "-p"].contains(&option) && value.contains("12") {
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
    for (command, arguments) in commands() {
        for argument in arguments {
            let Some(long) = argument.get_long().filter(|long| *long != "help") else {
                continue;
            };
            let told = |words: &[&str]| {
                let words: Vec<&str> = command.split(' ').chain(words.iter().copied()).collect();
                told(&words)
            };
            let option = format!("--{long}");
            if matches!(argument.get_action(), clap::ArgAction::Append) {
                continue;
            }
            if argument.get_action().takes_values() {
                let twice = format!("{option}=1");
                told(&[&twice, &twice]);
            } else {
                let text = told(&[&format!("{option}=1")]);
                assert!(text.contains(&option), "{text}");
                told(&[&option, &option]);
            }
        }
    }
}

#[test]
fn a_wrong_line_is_an_object_for_those_who_want_json() {
    for (command, arguments) in commands() {
        if !arguments
            .iter()
            .any(|argument| argument.get_long() == Some("json"))
        {
            continue;
        }
        let words: Vec<&str> = command
            .split(' ')
            .chain(["--json", "--frobnicate"])
            .collect();
        let output = mhictl(&words);
        let text = String::from_utf8(output.stdout).expect("text");
        assert_eq!(output.status.code(), Some(2));
        assert!(
            text.starts_with(r#"{"error":{"code":2,"#) && text.contains(r#""word":"usage""#),
            "{text}"
        );
        assert_eq!(text.lines().count(), 1, "{text}");
    }
}
