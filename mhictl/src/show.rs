// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
//! How a command prints what it has found: lines for people, or with `--json` one object on one line, for failures too.

use std::fmt::Arguments;
use std::io::Write;

use serde_json::{json, Value};

use crate::exit::Error;

/// What a command shows, in both ways.
pub trait Show {
    /// The object of `--json`. Its keys are there always, null for what is not known; README.md documents them.
    fn json(&self) -> Value;
    /// Lines for people.
    fn lines(&self) -> String;
}

/// Prints what there is; a failure goes on to `main`.
pub fn print(json: bool, result: Result<impl Show, Error>) -> Result<(), Error> {
    let text = match &result {
        Ok(shown) if json => format!("{}\n", shown.json()),
        Ok(shown) => shown.lines(),
        Err(error) if json => format!("{}\n", failure(error)),
        Err(_) => String::new(),
    };
    // A reader that has gone away is no failure of ours.
    let _ = std::io::stdout().lock().write_all(text.as_bytes());
    result.map(drop)
}

/// The object of `--json` for a failure.
pub fn failure(error: &Error) -> Value {
    json!({
        "error": {
            "code": error.exit.code(),
            "word": error.exit.word(),
            "what": error.what,
            "next": error.next,
        }
    })
}

/// Lines of a word and what there is to say.
#[derive(Debug, Default)]
pub struct Lines(pub String);

impl Lines {
    /// Adds a line.
    pub fn add(&mut self, word: &str, value: Arguments<'_>) {
        self.0.push_str(&format!("{word:<14} {value}\n"));
    }

    /// Adds a line if there is something to say.
    pub fn maybe(&mut self, word: &str, value: Option<&str>) {
        if let Some(value) = value {
            self.add(word, format_args!("{value}"));
        }
    }
}

#[cfg(test)]
pub mod tests {
    use super::*;
    use crate::exit::Exit;

    /// The example that README.md gives for what `command --json` shows.
    pub fn documented(command: &str) -> Value {
        let readme = include_str!("../../README.md");
        let head = format!("    mhictl {command} --json");
        let mut lines = readme.lines().skip_while(|line| *line != head).skip(1);
        let example: String = lines
            .by_ref()
            .take_while(|line| line.starts_with("    "))
            .collect();
        serde_json::from_str(&example)
            .unwrap_or_else(|error| panic!("README.md, {head:?}: {error}"))
    }

    /// Compares what `command --json` shows with that.
    pub fn assert_documented(command: &str, shown: &impl Show) {
        assert_eq!(shown.json(), documented(command), "{command}");
    }

    #[test]
    fn a_failure_is_an_object_too() {
        let error = Error::new(Exit::NoDevice, "no modem found", "look for it");
        let expected = json!({
            "error": {"code": 3, "word": "no-device", "what": "no modem found", "next": "look for it"}
        });
        assert_eq!(failure(&error), expected);
    }

    #[test]
    fn lines_are_aligned() {
        let mut lines = Lines::default();
        lines.add("model", format_args!("{}", 7));
        lines.maybe("absent", None);
        assert_eq!(lines.0, "model          7\n");
    }
}
