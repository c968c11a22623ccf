// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
//! The program as a shell sees it: exit codes and messages of command lines that never get as far as a modem.

use std::process::{Command, Output};

fn mhictl(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_mhictl"))
        .args(arguments)
        .output()
        .expect("mhictl runs")
}

fn stderr(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

#[test]
fn bad_values_end_with_usage_and_say_what_to_do() {
    for (arguments, option) in [
        (&["connect", "--mux", "255"][..], "--mux 255"),
        (&["connect", "--apn", "bad apn"], "--apn"),
        (&["connect", "--mtu", "20"], "--mtu 20"),
        (&["connect", "--pin", "abc"], "--pin"),
        (&["connect", "--password", "x"], "--password without --user"),
        (&["connect", "--timeout", "0"], "--timeout 0"),
        (&["at", "CSQ"], "does not begin with AT"),
        (&["at", "AT", "CSQ"], "does not begin with AT"),
        (&["bands", "--lte", "many"], "--lte"),
        (&["bands", "--mode", "GSM"], "--mode"),
        (&["edl"], "emergency download"),
        (&["sms", "send", "me", "text"], "no telephone number"),
        (&["at", "AT\rAT"], "one line"),
    ] {
        let output = mhictl(arguments);
        let text = stderr(&output);
        assert_eq!(output.status.code(), Some(2), "{arguments:?} {text}");
        assert!(
            text.starts_with("mhictl: usage error: ") && text.contains(option),
            "{text}"
        );
        assert_eq!(text.lines().count(), 1, "{text}");
        assert!(output.stdout.is_empty());
    }
}

#[test]
fn unknown_options_end_with_usage() {
    for arguments in [&["connect", "--frobnicate"][..], &["fly"], &[]] {
        assert_eq!(mhictl(arguments).status.code(), Some(2), "{arguments:?}");
    }
}

#[test]
fn help_has_exit_codes_and_lines() {
    let output = mhictl(&["--help"]);
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    assert_eq!(output.status.code(), Some(0));
    for part in [
        "Exit codes:",
        "another program holds the port",
        "Lines that `connect` prints",
        "registration",
    ] {
        assert!(text.contains(part), "{part}");
    }
}

#[test]
fn an_unknown_modem_is_no_device() {
    for arguments in [
        &["connect", "--device", "wwan-none"][..],
        &["status", "--device", "wwan-none"],
        &["at", "AT", "--port", "/dev/wwan-none"],
    ] {
        let output = mhictl(arguments);
        assert_eq!(
            output.status.code(),
            Some(3),
            "{arguments:?} {}",
            stderr(&output)
        );
    }
}

#[test]
fn a_missing_modem_is_an_object_for_programs() {
    let output = mhictl(&["status", "--json", "--device", "wwan-none"]);
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    assert_eq!(output.status.code(), Some(3));
    assert!(
        text.contains("\"word\":\"no-device\"") && text.contains("\"code\":3"),
        "{text}"
    );
    assert!(stderr(&output).contains("no modem wwan-none"));
}

#[test]
fn a_hook_hears_of_a_wrong_command_line_and_the_secrets_stay_with_mhictl() {
    let output = Command::new(env!("CARGO_BIN_EXE_mhictl"))
        .args([
            "connect",
            "--user",
            "me",
            "--apn",
            "bad apn",
            "--hook",
            "/usr/bin/env",
        ])
        .env("MHICTL_PASSWORD", "secret")
        .env("MHICTL_PIN", "1234")
        .output()
        .expect("mhictl runs");
    // env(1) takes its argument for a program: what it prints is that there is none of the event's name.
    let text = stderr(&output);
    assert_eq!(output.status.code(), Some(2), "{text}");
    assert!(text.contains("failed"), "{text}");
    assert!(!text.contains("secret") && !text.contains("1234"));
}

/// A configuration file that is removed at the end of the test.
struct Settings(std::path::PathBuf);

impl Settings {
    fn new(name: &str, text: &str) -> Self {
        let name = format!("mhictl-cli-{}-{name}.toml", std::process::id());
        let path = std::env::temp_dir().join(name);
        std::fs::write(&path, text).expect("a file");
        Settings(path)
    }

    fn path(&self) -> &str {
        self.0.to_str().expect("a path in UTF-8")
    }
}

impl Drop for Settings {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.0);
    }
}

const TWO: &str = "device = \"wwan-none\"\n[session.a]\napn = \"a\"\n[session.b]\nmux = 130\n";

#[test]
fn what_is_wrong_in_the_file_is_named_with_file_and_key() {
    for (name, text, pdn, part) in [
        ("key", "apm = \"x\"\n", "a", ".toml: apm: no such key"),
        (
            "mtu",
            "[session.a]\nmtu = 20\n",
            "a",
            ".toml: [session.a] mtu 20: must be",
        ),
        ("name", TWO, "c", "there is no [session.c]"),
        (
            "mux",
            "[session.a]\n[session.b]\n",
            "all",
            "sessions a and b both have mux id 129",
        ),
    ] {
        let file = Settings::new(name, text);
        for more in [&[][..], &["--dry-run"]] {
            let words = [&["connect", "--config", file.path(), "--pdn", pdn], more].concat();
            let output = mhictl(&words);
            let text = stderr(&output);
            assert_eq!(output.status.code(), Some(2), "{text}");
            assert!(text.starts_with("mhictl: usage error: "), "{text}");
            assert!(text.contains(part) && text.lines().count() == 1, "{text}");
        }
    }
}

#[test]
fn a_dry_run_needs_a_modem_to_speak_of() {
    let output = mhictl(&["connect", "--dry-run", "--device", "wwan-none"]);
    assert_eq!(output.status.code(), Some(3), "{}", stderr(&output));
}

#[test]
fn several_sessions_are_tried_again_until_they_are_told_to_end() {
    let file = Settings::new("two", TWO);
    let mut supervisor = Command::new(env!("CARGO_BIN_EXE_mhictl"))
        .args(["connect", "--config", file.path(), "--pdn", "all"])
        .stderr(std::process::Stdio::piped())
        .spawn()
        .expect("mhictl runs");
    let mut lines = std::io::BufRead::lines(std::io::BufReader::new(
        supervisor.stderr.take().expect("a pipe"),
    ));
    let mut seen = Vec::new();
    for name in ["a", "b"] {
        let wanted = format!("warning: session {name} has ended: no modem");
        while !seen.iter().any(|line: &String| line.contains(&wanted)) {
            seen.push(lines.next().expect("a line more").expect("UTF-8"));
        }
    }
    let pid = supervisor.id().to_string();
    assert!(Command::new("kill")
        .arg(pid)
        .status()
        .expect("kill runs")
        .success());
    assert_eq!(
        supervisor.wait().expect("an end").code(),
        Some(0),
        "{seen:?}"
    );
}
