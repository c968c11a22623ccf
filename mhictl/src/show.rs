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

/// Text of modem or network without what would move the cursor, or turn the direction of what stands around it. A line break is
/// the caller's to deal with.
pub fn tame(text: &str) -> String {
    let wild = |c: char| match c {
        '\n' => false,
        // Embeddings, overrides and isolates (Unicode's UAX 9).
        '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => true,
        _ => c.is_control(),
    };
    text.replace(wild, "\u{fffd}")
}

/// Lines of a word and what there is to say.
#[derive(Debug, Default)]
pub struct Lines(pub String);

impl Lines {
    /// Adds a line; what follows a line break is below it, and begins no line of its own.
    pub fn add(&mut self, word: &str, value: Arguments<'_>) {
        let value = tame(&value.to_string()).replace('\n', &format!("\n{:15}", ""));
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

    /// The examples that README.md gives for what `command --json` shows, one after the other.
    pub fn documented_all(command: &str) -> Vec<Value> {
        let readme = include_str!("../../README.md");
        let head = format!("    mhictl {command} --json");
        let mut lines = readme.lines().skip_while(|line| *line != head).skip(1);
        let example: String = lines
            .by_ref()
            .take_while(|line| line.starts_with("    "))
            .collect();
        let examples = serde_json::Deserializer::from_str(&example).into_iter();
        let examples = examples.collect::<Result<Vec<Value>, _>>();
        let examples = examples.unwrap_or_else(|error| panic!("README.md, {head:?}: {error}"));
        assert!(!examples.is_empty(), "README.md, {head:?}: no example");
        examples
    }

    /// The only example for it.
    pub fn documented(command: &str) -> Value {
        let [example] = documented_all(command).try_into().unwrap();
        example
    }

    /// The keys of a value and of all below it. Of a list the first item counts, and nothing may be null where keys are compared.
    pub fn keys(value: &Value) -> Vec<String> {
        let mut found = Vec::new();
        if let Value::Object(object) = value {
            for (key, value) in object {
                found.push(key.clone());
                let below = keys(value);
                found.extend(below.iter().map(|below| format!("{key}.{below}")));
            }
        } else if let Some(first) = value.as_array().and_then(|list| list.first()) {
            found = keys(first);
        }
        found
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
    fn what_the_modem_says_forges_no_line_and_moves_no_cursor() {
        let mut lines = Lines::default();
        lines.add(
            "text",
            format_args!("a\nsim ready\r\x1b[2J\u{202e}\u{2066}ش\u{200f}"),
        );
        let expected = "text           a\n               sim ready\u{fffd}\u{fffd}[2J\u{fffd}\u{fffd}ش\u{200f}\n";
        assert_eq!(lines.0, expected);
    }

    #[test]
    fn lines_are_aligned() {
        let mut lines = Lines::default();
        lines.add("model", format_args!("{}", 7));
        lines.maybe("absent", None);
        assert_eq!(lines.0, "model          7\n");
    }
}
