// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
//! `mhictl sms`: the short messages that the modem keeps, by AT in text mode (3GPP TS 27.005). Numbers and texts go as
//! hexadecimal UTF-16, so that every alphabet gets through; what the port had before is set back at the end.

use std::time::Duration;

use serde_json::{json, Value};

use crate::cli::{SmsArgs, SmsCommand};
use crate::exit::{Error, Exit};
use crate::modem::at::{refusal, At};
use crate::modem::device::{self, Roots};
use crate::radio::quectel::fields;
use crate::show::{self, Lines, Show};
use crate::status;

/// Longest text: 7 bits a character, or 16 once one of them is not among those.
const LONGEST: usize = 160;
const LONGEST_WIDE: usize = 70;
/// The network may take that long to accept a message.
const SEND_PATIENCE: Duration = Duration::from_secs(120);

/// What is changed: parameters of a text to send, the alphabet, and text mode, in which the other two are set back.
const SETTINGS: [&str; 3] = ["+CSMP", "+CSCS", "+CMGF"];

/// A message that the modem keeps.
#[derive(Debug, PartialEq)]
struct Message {
    index: u32,
    state: Option<&'static str>,
    number: Option<String>,
    time: Option<String>,
    text: String,
}

/// What there is to show.
#[derive(Debug, Default, PartialEq)]
struct Messages {
    device: String,
    messages: Vec<Message>,
    /// The modem's number for a message that was sent.
    sent: Option<u32>,
    deleted: Option<u32>,
}

/// Lists, reads, sends or deletes.
pub fn run(args: &SmsArgs, roots: &Roots) -> Result<(), Error> {
    show::print(args.json, work(args, roots))
}

fn work(args: &SmsArgs, roots: &Roots) -> Result<Messages, Error> {
    if let SmsCommand::Send { number, text } = &args.command {
        check(number, text)?;
    }
    let modem = device::find(roots, args.device.as_deref())?;
    let mut port = At::open(roots, &modem, None)?;
    let patience = status::patience(args.timeout);
    let done = in_text_mode(&mut port, &args.command, patience);
    done.map(|messages| Messages {
        device: modem.wwan,
        ..messages
    })
}

/// A number of digits, and a text that fits into one message.
fn check(number: &str, text: &str) -> Result<(), Error> {
    let usage = |what: String, next: &str| Err(Error::new(Exit::Usage, what, next));
    let digits = number.strip_prefix('+').unwrap_or(number);
    if !(1..=20).contains(&digits.len()) || !digits.bytes().all(|digit| digit.is_ascii_digit()) {
        let what = format!("{number:?} is no telephone number");
        return usage(what, "digits only, for example +491511234567");
    }
    let (length, longest) = if is_wide(text) {
        (text.encode_utf16().count(), LONGEST_WIDE)
    } else {
        (text.len(), LONGEST)
    };
    if text.is_empty() || length > longest {
        let what = format!("the text has {length} characters, and a message 1 to {longest}");
        return usage(what, "70 if one of them is not plain ASCII, else 160");
    }
    Ok(())
}

/// Whether it takes 16 bits a character: of the GSM alphabet, ASCII's part without what is escaped there is counted on.
fn is_wide(text: &str) -> bool {
    let plain = |c: char| matches!(c, '\n' | ' '..='Z' | 'a'..='z' | '_');
    !text.chars().all(plain)
}

/// Does it in text mode and in an alphabet that has every character; the port has its own ones back whatever came of it.
fn in_text_mode(
    port: &mut At,
    command: &SmsCommand,
    patience: Duration,
) -> Result<Messages, Error> {
    let mut before = Vec::new();
    for name in SETTINGS {
        let answer = port.run(&format!("AT{name}?"), patience)?;
        let value = answer.values(name).next();
        before.extend(value.map(|value| format!("AT{name}={value}")));
    }
    let done = set(port, patience).and_then(|()| converse(port, command, patience));
    for command in before {
        // One that is silent now would be with each of them.
        if port.run(&command, patience).is_err() {
            break;
        }
    }
    done
}

fn set(port: &mut At, patience: Duration) -> Result<(), Error> {
    port.ask("AT+CMGF=1", patience)?;
    port.ask("AT+CSCS=\"UCS2\"", patience).map(drop)
}

fn converse(port: &mut At, command: &SmsCommand, patience: Duration) -> Result<Messages, Error> {
    let mut done = Messages::default();
    match command {
        SmsCommand::List => {
            let answer = port.ask("AT+CMGL=\"ALL\"", patience)?;
            done.messages = messages(&answer.lines, "+CMGL: ", None);
        }
        SmsCommand::Read { index } => {
            let answer = port.ask(&format!("AT+CMGR={index}"), patience)?;
            done.messages = messages(&answer.lines, "+CMGR: ", Some(*index));
        }
        SmsCommand::Delete { index } => {
            port.ask(&format!("AT+CMGD={index}"), patience)?;
            done.deleted = Some(*index);
        }
        SmsCommand::Send { number, text } => {
            let coding = if is_wide(text) { 8 } else { 0 };
            // To be delivered, within four days (3GPP TS 23.040).
            port.ask(&format!("AT+CSMP=17,170,0,{coding}"), patience)?;
            let command = format!("AT+CMGS=\"{}\"", hex(number));
            let answer = port.run_with_text(&command, &hex(text), SEND_PATIENCE)?;
            if !answer.ok {
                return Err(refusal(&format!("the message to {number}"), &answer.result));
            }
            done.sent = answer
                .values("+CMGS")
                .find_map(|number| number.parse().ok());
        }
    }
    Ok(done)
}

/// Messages of heads, each with its text in the line behind; where that is another head, or none, the text is empty.
fn messages(lines: &[String], prefix: &str, index: Option<u32>) -> Vec<Message> {
    let heads = lines.iter().enumerate().filter_map(|(at, line)| {
        let head = line.strip_prefix(prefix)?;
        let text = lines.get(at + 1).filter(|text| !text.starts_with(prefix));
        message(head, text.map_or("", String::as_str), index)
    });
    heads.collect()
}

/// `[INDEX,]"STATE","NUMBER",["NAME"],"DATE,TIME"`, the number in hexadecimal.
fn message(head: &str, text: &str, index: Option<u32>) -> Option<Message> {
    let mut fields = fields(head).into_iter();
    let index = match index {
        Some(index) => index,
        None => fields.next()?.parse().ok()?,
    };
    let state = match fields.next()? {
        "REC UNREAD" => Some("unread"),
        "REC READ" => Some("read"),
        "STO UNSENT" => Some("unsent"),
        "STO SENT" => Some("sent"),
        _ => None,
    };
    let number = fields.next().filter(|number| !number.is_empty());
    let (date, clock) = (fields.nth(1), fields.next());
    Some(Message {
        index,
        state,
        number: number.map(|number| unhex(number).unwrap_or_else(|| number.to_owned())),
        time: date.zip(clock).and_then(|(date, clock)| time(date, clock)),
        text: unhex(text).unwrap_or_else(|| text.to_owned()),
    })
}

/// `26/11/27` and `10:30:00+04`, the zone in quarters of an hour, as `2026-11-27T10:30:00+01:00`.
fn time(date: &str, clock: &str) -> Option<String> {
    let date = date.replace('/', "-");
    let at = clock.find(['+', '-'])?;
    let (clock, zone) = clock.split_at_checked(at)?;
    let (sign, quarters) = zone.split_at_checked(1)?;
    let quarters: u32 = quarters.parse().ok()?;
    let shaped = date.len() == 8 && clock.len() == 8;
    shaped.then(|| {
        format!(
            "20{date}T{clock}{sign}{:02}:{:02}",
            quarters / 4,
            quarters % 4 * 15
        )
    })
}

fn hex(text: &str) -> String {
    let units = text.encode_utf16().map(|unit| format!("{unit:04X}"));
    units.collect::<Vec<_>>().concat()
}

/// Text of hexadecimal UTF-16; what is none of it is left to the caller. Nothing in it is for the terminal but line breaks.
fn unhex(hex: &str) -> Option<String> {
    let quads = hex.as_bytes().chunks(4);
    let units = quads.map(|quad| {
        let digits = std::str::from_utf8(quad)
            .ok()
            .filter(|digits| digits.len() == 4)?;
        u16::from_str_radix(digits, 16).ok()
    });
    let units: Vec<u16> = units.collect::<Option<_>>()?;
    Some(show::tame(&String::from_utf16_lossy(&units)))
}

impl Show for Messages {
    fn json(&self) -> Value {
        let message = |message: &Message| {
            json!({
                "index": message.index,
                "state": message.state,
                "number": message.number,
                "time": message.time,
                "text": message.text,
            })
        };
        json!({
            "device": self.device,
            "messages": self.messages.iter().map(message).collect::<Vec<Value>>(),
            "sent": self.sent,
            "deleted": self.deleted,
        })
    }

    fn lines(&self) -> String {
        let mut text = Lines::default();
        for message in &self.messages {
            text.add(
                &format!("message {}", message.index),
                format_args!(
                    "{} {} {}: {}",
                    message.state.unwrap_or("?"),
                    message.number.as_deref().unwrap_or("?"),
                    message.time.as_deref().unwrap_or("?"),
                    message.text
                ),
            );
        }
        if let Some(sent) = self.sent {
            text.add("sent", format_args!("{sent}"));
        }
        if let Some(deleted) = self.deleted {
            text.add("deleted", format_args!("{deleted}"));
        }
        text.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::modem::at::tests::scripted;
    use crate::show::tests::assert_documented;

    const PATIENCE: Duration = Duration::from_millis(500);

    fn converse_with(
        script: &'static [(&'static str, &'static str)],
        command: SmsCommand,
    ) -> Result<Messages, Error> {
        let (mut port, peer) = scripted(script);
        let done = converse(&mut port, &command, PATIENCE);
        drop(port);
        drop(peer.join().unwrap());
        done.map(|done| Messages {
            device: "wwan0".into(),
            ..done
        })
    }

    #[test]
    fn json_is_the_documented_object() {
        let script = &[(
            "AT+CMGL=\"ALL\"\r",
            "\r\n+CMGL: 3,\"REC UNREAD\",\"002B00340039\",,\"26/11/27,10:30:00+04\"\r\n0047007200FC00DF0065\r\n\r\nOK\r\n",
        )];
        let list = converse_with(script, SmsCommand::List).unwrap();
        assert_documented("sms list", &list);
        let expected = "message 3      unread +49 2026-11-27T10:30:00+01:00: Grüße\n";
        assert_eq!(list.lines(), expected);
    }

    #[test]
    fn a_message_is_read_by_its_number() {
        let script = &[(
            "AT+CMGR=7\r",
            "\r\n+CMGR: \"REC READ\",\"\",,\"\"\r\nnot hex\r\n\r\nOK\r\n",
        )];
        let read = converse_with(script, SmsCommand::Read { index: 7 }).unwrap();
        let expected = Message {
            index: 7,
            state: Some("read"),
            number: None,
            time: None,
            text: "not hex".into(),
        };
        assert_eq!(read.messages, [expected]);
    }

    #[test]
    fn a_text_goes_in_the_coding_that_it_needs() {
        let send = |text: &str| SmsCommand::Send {
            number: "+49".into(),
            text: text.into(),
        };
        let plain = &[
            ("AT+CSMP=17,170,0,0\r", "\r\nOK\r\n"),
            ("AT+CMGS=\"002B00340039\"\r", "\r\n> "),
            ("004F006B\x1a", "\r\n+CMGS: 12\r\n\r\nOK\r\n"),
        ];
        assert_eq!(converse_with(plain, send("Ok")).unwrap().sent, Some(12));
        let wide = &[
            ("AT+CSMP=17,170,0,8\r", "\r\nOK\r\n"),
            ("AT+CMGS=\"002B00340039\"\r", "\r\n> "),
            ("D83DDE00\x1a", "\r\n+CMS ERROR: 500\r\n"),
        ];
        let error = converse_with(wide, send("😀")).unwrap_err();
        assert_eq!(error.exit, Exit::AtError);
        assert!(error.what.contains("+CMS ERROR: 500 to the message to +49"));
    }

    #[test]
    fn the_port_has_its_settings_back_also_after_a_refusal() {
        let (mut port, peer) = scripted(&[
            ("AT+CSMP?\r", "\r\n+CSMP: 17,167,0,0\r\n\r\nOK\r\n"),
            ("AT+CSCS?\r", "\r\n+CSCS: \"IRA\"\r\n\r\nOK\r\n"),
            ("AT+CMGF?\r", "\r\n+CMGF: 0\r\n\r\nOK\r\n"),
            ("AT+CMGF=1\r", "\r\nOK\r\n"),
            ("AT+CSCS=\"UCS2\"\r", "\r\nOK\r\n"),
            ("AT+CMGD=7\r", "\r\n+CMS ERROR: 321\r\n"),
            ("AT+CSMP=17,167,0,0\r", "\r\nOK\r\n"),
            ("AT+CSCS=\"IRA\"\r", "\r\nOK\r\n"),
            ("AT+CMGF=0\r", "\r\nOK\r\n"),
        ]);
        let done = in_text_mode(&mut port, &SmsCommand::Delete { index: 7 }, PATIENCE);
        assert_eq!(done.unwrap_err().exit, Exit::AtError);
        drop(port);
        drop(peer.join().unwrap());
    }

    #[test]
    fn numbers_and_lengths_are_checked_before_anything_is_opened() {
        assert!(check("+4915", &"x".repeat(160)).is_ok());
        assert!(check("112", &"ü".repeat(70)).is_ok());
        for (number, text) in [
            ("", "x"),
            ("+", "x"),
            ("12a", "x"),
            ("112", ""),
            ("112", &"x".repeat(161)),
            ("112", &"ü".repeat(71)),
            ("112", &"[".repeat(71)),
        ] {
            assert_eq!(
                check(number, text).unwrap_err().exit,
                Exit::Usage,
                "{number} {text}"
            );
        }
    }

    #[test]
    fn a_message_without_a_text_is_empty_and_takes_no_others() {
        let head = |index| format!("+CMGL: {index},\"REC READ\",\"\",,\"\"");
        let lines = [head(1), head(2), "0041".to_owned(), head(3)];
        let found = messages(&lines, "+CMGL: ", None);
        let found: Vec<(u32, &str)> = found.iter().map(|m| (m.index, m.text.as_str())).collect();
        assert_eq!(found, [(1, ""), (2, "A"), (3, "")]);
    }

    #[test]
    fn a_text_of_several_lines_is_one_message() {
        let text = unhex(&hex("a\nmessage 9      unread")).unwrap();
        let found = Messages {
            messages: vec![Message {
                index: 1,
                state: None,
                number: None,
                time: None,
                text,
            }],
            ..Messages::default()
        };
        let lines = found.lines();
        let heads = lines.lines().filter(|line| line.starts_with("message"));
        assert_eq!(heads.count(), 1, "{lines}");
    }

    #[test]
    fn hostile_heads_and_texts_are_tamed() {
        let lines = |lines: &[&str]| {
            lines
                .iter()
                .map(|line| (*line).to_owned())
                .collect::<Vec<_>>()
        };
        for bad in [
            &[][..],
            &["+CMGL: x,\"REC READ\"", "0041"],
            &["+CMGL: ", "0041"],
        ] {
            assert_eq!(messages(&lines(bad), "+CMGL: ", None), [], "{bad:?}");
        }
        let found = messages(
            &lines(&["+CMGL: 1,\"NEW\",\"+1\",,\"x,y\"", "001B005B0041"]),
            "+CMGL: ",
            None,
        );
        assert_eq!((found[0].state, found[0].time.as_ref()), (None, None));
        assert_eq!(found[0].text, "\u{fffd}[A");
        assert_eq!(unhex("004"), None);
        assert_eq!(unhex("ü04"), None);
        assert_eq!(
            time("26/11/27", "10:30:00-18").unwrap(),
            "2026-11-27T10:30:00-04:30"
        );
    }
}
