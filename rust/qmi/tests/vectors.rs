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
        let (kind, text) = line.split_at_checked(2).unwrap_or_default();
        match kind {
            "# " => text.clone_into(&mut command),
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

/// Requests that libqmi makes, and this crate does not have: what it would ask for beside.
const MORE: &[(u8, u16, u8)] = &[];

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

/// Numbers and texts of libqmi's reading are in ours. It has IPv4 addresses as numbers and IPv6 ones as eight of them.
#[test]
fn values_are_those_that_libqmi_reads() {
    let mut compared = 0;
    for vector in vectors() {
        let message = message(&vector.octets);
        let Some(shown) = decode::visit(&message, Shown) else {
            continue;
        };
        for (tlv, name, theirs) in &vector.tlvs {
            let Some(ours) = shown.get(tlv).filter(|ours| *ours != "***") else {
                continue;
            };
            let have: BTreeSet<String> = words(ours).into_iter().collect();
            for word in words(theirs)
                .iter()
                .filter(|word| word.parse::<i128>().is_ok())
            {
                compared += 1;
                assert!(
                    have.contains(word),
                    "{name}: {word} of {theirs:?} is not in {ours:?}: {vector:?}"
                );
            }
        }
    }
    assert!(compared > 300, "{compared} values compared");
}

/// Numbers, among them those of which an address is made, and words.
fn words(text: &str) -> Vec<String> {
    let mut words = Vec::new();
    for word in text.split(|c: char| !(c.is_alphanumeric() || "._:-+".contains(c))) {
        let word = word.trim_end_matches([':', '.']);
        if let Ok(address) = word.parse::<std::net::Ipv4Addr>() {
            words.push(u32::from(address).to_string());
        } else if let Ok(address) = word.parse::<std::net::Ipv6Addr>() {
            words.extend(address.segments().map(|segment| segment.to_string()));
        } else if let Ok(number) = word.parse::<i128>() {
            words.push(number.to_string());
        } else {
            words.push(word.to_owned());
        }
    }
    words
}

/// Requests and indications that qmicli has no command for: `emit.rs` has them there and back, `captures.rs` from elsewhere.
const NOT_QMICLIS: &[(u8, u16)] = &[];

#[test]
fn every_message_that_qmicli_can_send_is_there() {
    let vectors = vectors();
    let there: BTreeSet<(bool, u8, u16)> = vectors
        .iter()
        .map(|vector| {
            let message = message(&vector.octets);
            (
                message.kind == Kind::Indication,
                message.service,
                message.id,
            )
        })
        .collect();
    let requests = decode::REQUESTS
        .iter()
        .map(|(service, id, name)| (false, *service, *id, *name));
    let missing: Vec<_> = requests
        .filter(|(_, service, id, _)| !NOT_QMICLIS.contains(&(*service, *id)))
        .filter(|(indication, service, id, _)| !there.contains(&(*indication, *service, *id)))
        .collect();
    assert!(missing.is_empty(), "{missing:?}");
    assert!(there.iter().any(|(_, service, _)| *service == service::CTL));
}
