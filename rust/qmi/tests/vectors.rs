// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
//! libqmi's own messages, `vectors.txt`, against the typed ones: what it sends is written the same, what it gets is read the
//! same, value by value as far as numbers, addresses and texts go.

use std::collections::{BTreeMap, BTreeSet};

use qmi::decode::{self, Visitor};
use qmi::{result, service, Body, Builder, Frame, Kind, Message};

/// One message.
#[derive(Debug, Default)]
struct Vector {
    command: String,
    sent: bool,
    octets: Vec<u8>,
    name: String,
    /// TLV, libqmi's name, libqmi's reading.
    tlvs: Vec<(u8, String, String)>,
}

fn vectors() -> Vec<Vector> {
    let mut all: Vec<Vector> = Vec::new();
    let mut command = String::new();
    for line in include_str!("vectors.txt").lines() {
        let (kind, text) = line.split_at_checked(2).unwrap_or((line, ""));
        match kind {
            "# " if text.starts_with("qmicli") => text.clone_into(&mut command),
            "# " | "#" => {}
            "> " | "< " => all.push(Vector {
                command: command.clone(),
                sent: kind == "> ",
                octets: octets(text),
                ..Vector::default()
            }),
            "= " => text.clone_into(&mut all.last_mut().unwrap().name),
            ". " => {
                let (number, name) = text.split_once(' ').unwrap();
                let number = u8::from_str_radix(&number[2..], 16).unwrap();
                let tlv = (number, name.to_owned(), String::new());
                all.last_mut().unwrap().tlvs.push(tlv);
            }
            ": " => {
                let vector = all.last_mut().unwrap();
                text.clone_into(&mut vector.tlvs.last_mut().unwrap().2);
            }
            _ => assert!(line.is_empty(), "{line}"),
        }
    }
    all
}

fn octets(hex: &str) -> Vec<u8> {
    let digits: Vec<u32> = hex.chars().map(|c| c.to_digit(16).unwrap()).collect();
    digits
        .chunks(2)
        .map(|pair| (pair[0] * 16 + pair[1]) as u8)
        .collect()
}

fn message(octets: &[u8]) -> Message<'_> {
    let (frame, rest) = Frame::parse(octets).unwrap();
    assert!(rest.is_empty());
    Message::parse(&frame).unwrap()
}

/// Writes a message's body again: its TLVs by number.
struct Again;

impl Visitor for Again {
    type Output<'a> = Result<BTreeMap<u8, Vec<u8>>, qmi::Error>;

    fn body<'a, B: Body<'a>>(self, message: &Message<'a>) -> Self::Output<'a> {
        let body: B = message.body()?;
        let mut room = vec![0; qmi::qmux::MAX_FRAME];
        let frame = Builder::request(
            &mut room,
            1,
            message.client,
            message.transaction,
            message.id,
        )
        .body(&body)
        .finish()?;
        Ok(tlvs(&self::message(frame)))
    }
}

/// The fields of a message's body: number, and how its value is shown.
struct Shown;

impl Visitor for Shown {
    type Output<'a> = BTreeMap<u8, String>;

    fn body<'a, B: Body<'a>>(self, message: &Message<'a>) -> Self::Output<'a> {
        struct Value<'v, 'a>(&'v decode::Field<'a>, &'a [u8]);
        impl std::fmt::Display for Value<'_, '_> {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                (self.0.show)(self.1, f)
            }
        }
        let known = |kind| B::FIELDS.iter().find(|field| field.tlv == kind);
        message
            .tlvs
            .filter_map(|tlv| Some((tlv.kind, Value(known(tlv.kind)?, tlv.value).to_string())))
            .collect()
    }
}

fn tlvs(message: &Message<'_>) -> BTreeMap<u8, Vec<u8>> {
    message
        .tlvs
        .map(|tlv| (tlv.kind, tlv.value.to_vec()))
        .collect()
}

/// TLVs that libqmi sends beside those that this crate has: how long a preference is for, and orders of technologies.
const MORE: &[(u8, u16, u8)] = &[
    (service::NAS, 0x33, 0x17),
    (service::NAS, 0x33, 0x19),
    (service::NAS, 0x33, 0x1e),
];

#[test]
fn what_libqmi_sends_is_written_the_same() {
    for vector in vectors().iter().filter(|vector| vector.sent) {
        let message = message(&vector.octets);
        assert_eq!(message.kind, Kind::Request, "{vector:?}");
        let mut theirs = tlvs(&message);
        theirs.retain(|tlv, _| !MORE.contains(&(message.service, message.id, *tlv)));
        let ours = decode::visit(&message, Again).unwrap_or_else(|| panic!("unknown: {vector:?}"));
        assert_eq!(ours.as_ref(), Ok(&theirs), "{vector:?}");
    }
}

#[test]
fn what_libqmi_gets_is_read_without_loss() {
    for vector in vectors().iter().filter(|vector| !vector.sent) {
        let message = message(&vector.octets);
        let mut theirs = tlvs(&message);
        // An answer's verdict stands beside its body.
        if message.kind == Kind::Response {
            theirs.remove(&result::TLV);
            assert!(message.verdict().is_ok(), "{vector:?}");
        }
        match (message.verdict(), decode::visit(&message, Again)) {
            (Ok(Err(_)), _) => {}
            (_, Some(ours)) => assert_eq!(ours.as_ref(), Ok(&theirs), "{vector:?}"),
            (_, None) => panic!("unknown: {vector:?}"),
        }
    }
}

/// Numbers of libqmi's reading are in ours, addresses among them: it has IPv4 ones as a number and IPv6 ones as eight.
#[test]
fn values_are_those_that_libqmi_reads() {
    let (mut compared, mut others) = (0, Vec::new());
    for vector in vectors() {
        let message = message(&vector.octets);
        let Some(shown) = decode::visit(&message, Shown) else {
            continue;
        };
        for (tlv, name, theirs) in &vector.tlvs {
            let Some(ours) = shown.get(tlv).filter(|ours| *ours != "***") else {
                continue;
            };
            if let Some(text) = ours
                .strip_prefix('"')
                .and_then(|ours| ours.strip_suffix('"'))
            {
                compared += 1;
                if text != theirs {
                    others.push(format!(
                        "{}: {name}: {theirs} is not {text}",
                        vector.command
                    ));
                }
                continue;
            }
            if NOT_NUMBERS.contains(&name.as_str()) {
                continue;
            }
            let numbers = numbers(&without_indices(theirs));
            compared += numbers.len();
            let mut have = numbers_of_mask(theirs, ours).unwrap_or_else(|| self::numbers(ours));
            have.extend(numbers_in_digits(ours));
            let theirs_flat = without_indices(theirs);
            let (names, ours_too) = (named(&theirs_flat), named(ours));
            let same = names.iter().all(|(name, values)| {
                let other = ours_too.get(name);
                // Lists, and digits as octets, are compared as numbers alone.
                let list = ours.contains(&format!("{name}: ["));
                list || other.is_none_or(|other| other == values)
            });
            if !same || !numbers.is_subset(&have) {
                others.push(format!(
                    "{}: {name}: {theirs} is not {ours}",
                    vector.command
                ));
            }
        }
    }
    assert!(others.is_empty(), "{}", others.join("\n"));
    assert!(compared > 200, "{compared} values compared");
}

/// The numbers of fields by name: `rsrp = '-90'` of libqmi's, `rsrp: -90` of ours.
fn named(text: &str) -> BTreeMap<&str, Vec<i128>> {
    let words: Vec<&str> = text
        .split([' ', '{', '}', '[', ']', ',', '\''])
        .filter(|word| !word.is_empty() && *word != "=")
        .collect();
    let mut found: BTreeMap<&str, Vec<i128>> = BTreeMap::new();
    for pair in words.windows(2) {
        if let Ok(number) = pair[1].parse() {
            let name = pair[0].trim_end_matches(':');
            if name.starts_with(|first: char| first.is_ascii_lowercase()) {
                found.entry(name).or_default().push(number);
            }
        }
    }
    found
}

/// Values that are shown otherwise: an application's id as text, a width as its code.
const NOT_NUMBERS: &[&str] = &["Card Status", "Bandwidth List"];

/// Numbers that are octets of digits here: `[48, 48, 49]` is 001.
fn numbers_in_digits(ours: &str) -> BTreeSet<i128> {
    let lists = ours.split('[').filter_map(|part| part.split(']').next());
    lists
        .filter_map(|list| {
            let octets = list
                .split(", ")
                .filter_map(|octet| octet.parse::<u8>().ok());
            let digits: String = octets
                .map(char::from)
                .filter(char::is_ascii_digit)
                .collect();
            digits.parse().ok()
        })
        .collect()
}

/// The bits of a mask, which libqmi lists from 1 on.
fn numbers_of_mask(theirs: &str, ours: &str) -> Option<BTreeSet<i128>> {
    let mask: u64 = ours.parse().ok().filter(|_| theirs.contains(", "))?;
    let bits = (0..64).filter(|bit| (mask >> bit) & 1 == 1);
    Some(bits.map(|bit| bit + 1).collect())
}

/// libqmi's reading of a list without its `[0] =`.
fn without_indices(text: &str) -> String {
    let parts = text.split('[').map(|part| match part.split_once("] = ") {
        Some((index, rest)) if index.bytes().all(|digit| digit.is_ascii_digit()) => rest,
        _ => part,
    });
    parts.collect::<Vec<&str>>().join(" ")
}

/// Numbers, among them those of which an address is made.
fn numbers(text: &str) -> BTreeSet<i128> {
    let mut numbers = BTreeSet::new();
    for word in text.split(|c: char| !(c.is_alphanumeric() || "._:-+".contains(c))) {
        let word = word.trim_end_matches([':', '.']);
        if let Ok(address) = word.parse::<std::net::Ipv4Addr>() {
            numbers.insert(u32::from(address).into());
        } else if let Ok(address) = word.parse::<std::net::Ipv6Addr>() {
            numbers.extend(address.segments().map(i128::from));
        } else if let Ok(number) = word.parse::<i128>() {
            numbers.insert(number);
        }
    }
    numbers
}

/// Requests that qmicli has no command for, or, for an operator's name, none that works: `emit.rs` has them there and back.
const NOT_QMICLIS: &[(u8, u16)] = &[
    (service::WDS, 0x01),
    (service::WDS, 0x03),
    (service::NAS, 0x03),
    (service::NAS, 0x44),
    (service::UIM, 0x2e),
    (service::DSD, 0x25),
];

#[test]
fn every_message_that_qmicli_can_send_is_there() {
    let vectors = vectors();
    let ids = |vector: &Vector| (message(&vector.octets).service, message(&vector.octets).id);
    let sent: BTreeSet<(u8, u16)> = vectors
        .iter()
        .filter(|vector| vector.sent)
        .map(ids)
        .collect();
    let answered = vectors.iter().filter(|vector| !vector.sent).map(ids);
    assert_eq!(sent, answered.collect());
    let requests = decode::REQUESTS
        .iter()
        .map(|(service, id, _)| (*service, *id));
    let missing: Vec<(u8, u16)> = requests
        .filter(|id| NOT_QMICLIS.contains(id) == sent.contains(id))
        .collect();
    assert!(
        missing.is_empty(),
        "{missing:02x?}: not there, or there although qmicli has it not"
    );
}
