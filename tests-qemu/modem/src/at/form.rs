// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
//! Takes a command line apart: `AT` is off already, what is left is commands, their forms and arguments.

/// One command.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Command {
    /// Name in capitals, e.g. `+CPIN`, `E0`, empty for a bare `AT`.
    pub name: String,
    /// What is wanted of it.
    pub form: Form,
}

/// How a command is called.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Form {
    /// `AT+X`
    Run,
    /// `AT+X?`
    Read,
    /// `AT+X=?`
    Test,
    /// `AT+X=1,"two"`; quotes are taken off.
    Set(Vec<String>),
}

/// Splits a command line, none if a quote is left open.
pub fn split(body: &str) -> Option<Vec<Command>> {
    let mut commands = Vec::new();
    for part in parts(body, ';')? {
        let mut part = part.trim();
        // One-letter commands stand in a row: ATE0V1+CSQ.
        while let Some(end) = basic(part) {
            let (name, rest) = part.split_at(end);
            commands.push(Command {
                name: name.to_ascii_uppercase(),
                form: Form::Run,
            });
            part = rest;
        }
        if !part.is_empty() {
            commands.push(extended(part)?);
        }
    }
    Some(commands)
}

/// How many bytes the one-letter command at the front takes, if there is one.
fn basic(text: &str) -> Option<usize> {
    let letters = match text.as_bytes() {
        [b'&', letter, ..] if letter.is_ascii_alphabetic() => 2,
        [b's' | b'S', ..] => {
            let end = text
                .find(|c: char| !c.is_ascii_alphanumeric() && c != '=')
                .unwrap_or(text.len());
            return Some(end);
        }
        [letter, ..] if letter.is_ascii_alphabetic() => 1,
        _ => return None,
    };
    let digits = text
        .bytes()
        .skip(letters)
        .take_while(u8::is_ascii_digit)
        .count();
    Some(letters + digits)
}

fn extended(text: &str) -> Option<Command> {
    let command = |name: &str, form| Command {
        name: name.trim().to_ascii_uppercase(),
        form,
    };
    if let Some((name, arguments)) = text.split_once('=') {
        if arguments.trim() == "?" {
            return Some(command(name, Form::Test));
        }
        let arguments = parts(arguments, ',')?;
        let unquoted = arguments
            .iter()
            .map(|argument| argument.trim().replace('"', ""));
        return Some(command(name, Form::Set(unquoted.collect())));
    }
    Some(match text.strip_suffix('?') {
        Some(name) => command(name, Form::Read),
        None => command(text, Form::Run),
    })
}

/// Splits outside of quotes, none if a quote is left open.
fn parts(text: &str, separator: char) -> Option<Vec<&str>> {
    let mut quoted = false;
    let parts = text.split(|c: char| {
        quoted ^= c == '"';
        c == separator && !quoted
    });
    let parts = parts.collect();
    (!quoted).then_some(parts)
}
