// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
//! Short messages in text mode, after 3GPP TS 27.005. PDU mode, which the port starts in, can only be left.

use super::{At, Failure, Form, Outcome};
use crate::session::{Modem, Received};

/// The error of what PDU mode would have to do.
const NOT_SUPPORTED: Failure = Failure::Cms(303);
const WRONG_PARAMETER: Failure = Failure::Cms(305);
const WRONG_INDEX: Failure = Failure::Cms(321);
/// Longest text: 7 bits, or 16 where the coding scheme says so.
const LONGEST: usize = 160;
const LONGEST_WIDE: usize = 70;
/// Coding scheme of 16 bits.
const WIDE: &str = "8";

/// What `ATZ` resets of it.
#[derive(Debug, Clone)]
pub struct Settings {
    /// `AT+CMGF=1`
    text_mode: bool,
    /// `AT+CSCS="UCS2"`: numbers and texts are hexadecimal UTF-16.
    wide: bool,
    /// `AT+CSMP`: first octet, validity, protocol, coding scheme.
    parameters: Vec<String>,
}

impl Default for Settings {
    fn default() -> Self {
        Settings {
            text_mode: false,
            wide: false,
            // As TS 27.005 has them.
            parameters: ["17", "167", "0", "0"].map(str::to_owned).to_vec(),
        }
    }
}

/// `AT+CMGF`
pub fn format(at: &mut At, _: &mut Modem, form: &Form) -> Outcome {
    let text_mode = &mut at.settings.sms.text_mode;
    switch("+CMGF", text_mode, form, ["0", "1"])
}

/// `AT+CSCS`
pub fn alphabet(at: &mut At, _: &mut Modem, form: &Form) -> Outcome {
    match form {
        Form::Read => {
            let wide = at.settings.sms.wide;
            let name = if wide { "UCS2" } else { "GSM" };
            Ok(vec![format!("+CSCS: \"{name}\"")])
        }
        _ => switch("+CSCS", &mut at.settings.sms.wide, form, ["GSM", "UCS2"]),
    }
}

fn switch(name: &str, value: &mut bool, form: &Form, words: [&str; 2]) -> Outcome {
    match form {
        Form::Read => Ok(vec![format!("{name}: {}", u8::from(*value))]),
        Form::Set(arguments) => {
            let word = arguments.first().map(String::as_str).unwrap_or_default();
            let at = words.iter().position(|known| *known == word);
            *value = at.ok_or(WRONG_PARAMETER)? == 1;
            Ok(Vec::new())
        }
        _ => Err(WRONG_PARAMETER),
    }
}

/// `AT+CSMP`: a message is coded in 7 bits (0) or 16 (8). What is left out stays.
pub fn parameters(at: &mut At, _: &mut Modem, form: &Form) -> Outcome {
    let parameters = &mut at.settings.sms.parameters;
    match form {
        Form::Read => return Ok(vec![format!("+CSMP: {}", parameters.join(","))]),
        Form::Set(arguments) if arguments.len() <= parameters.len() => {
            let coding = arguments.get(3).map(String::as_str);
            if !matches!(coding, None | Some("0" | WIDE)) {
                return Err(WRONG_PARAMETER);
            }
            for (parameter, argument) in parameters.iter_mut().zip(arguments) {
                parameter.clone_from(argument);
            }
        }
        _ => return Err(WRONG_PARAMETER),
    }
    Ok(Vec::new())
}

/// `AT+CMGL`: messages of a state, which counts them as read.
pub fn list(at: &mut At, modem: &mut Modem, form: &Form) -> Outcome {
    let state = match form {
        Form::Run => "REC UNREAD",
        Form::Set(arguments) => arguments.first().map(String::as_str).unwrap_or_default(),
        _ => return Err(WRONG_PARAMETER),
    };
    if !["ALL", "REC UNREAD", "REC READ", "STO SENT", "STO UNSENT"].contains(&state) {
        return Err(WRONG_PARAMETER);
    }
    let settings = text_mode(at)?;
    let mut lines = Vec::new();
    for (index, message) in modem.messages.iter_mut() {
        if state == "ALL" || state == state_of(message) {
            lines.push(format!("+CMGL: {index},{}", head(&settings, message)));
            lines.push(settings.show(&message.text));
            message.read = true;
        }
    }
    Ok(lines)
}

/// `AT+CMGR`: one message, which counts it as read.
pub fn read(at: &mut At, modem: &mut Modem, form: &Form) -> Outcome {
    let settings = text_mode(at)?;
    let message = modem.messages.get_mut(index(form)?).ok_or(WRONG_INDEX)?;
    let head = format!("+CMGR: {}", head(&settings, message));
    message.read = true;
    Ok(vec![head, settings.show(&message.text)])
}

/// `AT+CMGD`
pub fn delete(_: &mut At, modem: &mut Modem, form: &Form) -> Outcome {
    match modem.messages.remove(index(form)?) {
        true => Ok(Vec::new()),
        false => Err(WRONG_INDEX),
    }
}

/// `AT+CMGS`: whom to, then a prompt; [`send`] has the text.
pub fn compose(at: &mut At, _: &mut Modem, form: &Form) -> Outcome {
    let settings = text_mode(at)?;
    let number = match form {
        Form::Set(arguments) => arguments.first().and_then(|text| settings.parse(text)),
        _ => None,
    };
    let number = number.ok_or(WRONG_PARAMETER)?;
    let digits = number.strip_prefix('+').unwrap_or(&number);
    if digits.is_empty() || !digits.bytes().all(|digit| digit.is_ascii_digit()) {
        return Err(WRONG_PARAMETER);
    }
    at.composing = Some(number);
    Ok(Vec::new())
}

/// Sends what was typed after the prompt.
pub fn send(at: &mut At, modem: &mut Modem, number: String, typed: &str) -> Outcome {
    let settings = text_mode(at)?;
    let text = settings.parse(typed).ok_or(WRONG_PARAMETER)?;
    let wide = settings
        .parameters
        .get(3)
        .is_some_and(|coding| coding == WIDE);
    let (length, longest) = match wide {
        true => (text.encode_utf16().count(), LONGEST_WIDE),
        false => (text.chars().count(), LONGEST),
    };
    if length > longest || modem.technology().is_none() {
        // 500: unknown error.
        return Err(Failure::Cms(500));
    }
    modem.messages.sent.push((number, text));
    Ok(vec![format!("+CMGS: {}", modem.messages.sent.len())])
}

fn text_mode(at: &At) -> Result<Settings, Failure> {
    match at.settings.sms.text_mode {
        true => Ok(at.settings.sms.clone()),
        false => Err(NOT_SUPPORTED),
    }
}

fn index(form: &Form) -> Result<u8, Failure> {
    let index = match form {
        Form::Set(arguments) => arguments.first().and_then(|index| index.parse().ok()),
        _ => None,
    };
    index.ok_or(WRONG_PARAMETER)
}

fn state_of(message: &Received) -> &'static str {
    match message.read {
        true => "REC READ",
        false => "REC UNREAD",
    }
}

/// State, number, no name, time.
fn head(settings: &Settings, message: &Received) -> String {
    format!(
        "\"{}\",\"{}\",,\"{}\"",
        state_of(message),
        settings.show(&message.number),
        message.time
    )
}

impl Settings {
    fn show(&self, text: &str) -> String {
        match self.wide {
            true => {
                let units = text.encode_utf16().map(|unit| format!("{unit:04X}"));
                units.collect::<Vec<_>>().concat()
            }
            false => text.to_owned(),
        }
    }

    fn parse(&self, text: &str) -> Option<String> {
        if !self.wide {
            return Some(text.to_owned());
        }
        if !text.is_ascii() || text.len() % 4 != 0 {
            return None;
        }
        let units = (0..text.len()).step_by(4).map(|at| {
            let hex = text.get(at..at + 4)?;
            u16::from_str_radix(hex, 16).ok()
        });
        String::from_utf16(&units.collect::<Option<Vec<u16>>>()?).ok()
    }
}
