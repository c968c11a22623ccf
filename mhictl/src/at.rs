// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
//! `mhictl at`: AT commands in order up to the first that fails, their answers, and with `--listen` what the modem says unasked.

use std::io::Write;
use std::os::fd::AsFd;
use std::time::{Duration, Instant};

use serde_json::json;

use crate::cli::AtArgs;
use crate::exit::{Error, Exit};
use crate::modem::at::{refusal, At};
use crate::modem::device::{self, Roots};
use crate::show;
use crate::signals::Signals;

/// Longest command; what mhi_wwan_ctrl takes in one write is 4 KiB.
const COMMAND_MAX: usize = 2048;
/// Seconds for each command unless `--timeout` says otherwise.
const TIMEOUT: u32 = 10;

/// Sends the commands, prints the answers, and listens.
pub fn run(args: &AtArgs, roots: &Roots) -> Result<(), Error> {
    let result = talk(args, roots);
    if let (true, Err(error)) = (args.json, &result) {
        print(&format!("{}", show::failure(error)));
    }
    result
}

fn talk(args: &AtArgs, roots: &Roots) -> Result<(), Error> {
    let commands = args.commands.iter().map(|command| check(command));
    let commands = commands.collect::<Result<Vec<&str>, Error>>()?;
    let signals = args.listen.then(Signals::interrupt).transpose()?;
    let modem = device::find(roots, args.port.as_deref())?;
    let mut port = At::open(roots, &modem, args.port.as_deref())?;
    let patience = Duration::from_secs(args.timeout.unwrap_or(TIMEOUT).max(1).into());
    for command in commands {
        let answer = port.run(command, patience)?;
        if args.json {
            print(&line(Some(command), &answer.lines, Some(&answer.result)));
        } else {
            answer.lines.iter().for_each(|line| print(line));
            print(&answer.result);
        }
        if !answer.ok {
            return Err(refusal(command, &answer.result));
        }
    }
    let Some(signals) = signals else {
        return Ok(());
    };
    let until = args.timeout.map(|_| Instant::now() + patience);
    port.listen(until, signals.ends().as_fd(), |unasked| {
        if args.json {
            print(&line(None, &[unasked.to_owned()], None));
        } else {
            print(unasked);
        }
    })
}

/// The object of `--json` for an answer, or for a line that is none.
fn line(command: Option<&str>, lines: &[String], result: Option<&str>) -> String {
    json!({"command": command, "lines": lines, "result": result}).to_string()
}

/// A line at once, so that whoever listens gets it; a reader that has gone away is no failure of ours.
fn print(line: &str) {
    let mut out = std::io::stdout().lock();
    let _ = writeln!(out, "{line}").and_then(|()| out.flush());
}

fn check(command: &str) -> Result<&str, Error> {
    let command = command.trim();
    let next = "for example: mhictl at 'AT+CSQ'";
    if command.len() > COMMAND_MAX || command.chars().any(char::is_control) {
        return Err(Error::new(
            Exit::Usage,
            format!("an AT command is one line of at most {COMMAND_MAX} octets"),
            next,
        ));
    }
    match command.get(..2) {
        Some(prefix) if prefix.eq_ignore_ascii_case("at") => Ok(command),
        _ => Err(Error::new(
            Exit::Usage,
            format!("{command:?} does not begin with AT"),
            next,
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commands_are_checked_before_anything_is_opened() {
        assert_eq!(check(" at+csq ").unwrap(), "at+csq");
        for bad in ["", "A", "+CSQ", "AT\rAT+X", "AT\x1a", "é"] {
            assert_eq!(check(bad).unwrap_err().exit, Exit::Usage, "{bad:?}");
        }
        assert!(check(&format!("AT{}", "x".repeat(COMMAND_MAX))).is_err());
    }

    #[test]
    fn answers_and_unasked_lines_have_the_same_keys() {
        let answer = line(Some("AT+CSQ"), &["+CSQ: 99,99".to_owned()], Some("OK"));
        let unasked = line(None, &["+CREG: 5".to_owned()], None);
        let documented = show::tests::documented_all("at AT+CSQ --listen");
        let documented: Vec<String> = documented.iter().map(ToString::to_string).collect();
        assert_eq!([answer, unasked].as_slice(), documented);
    }
}
