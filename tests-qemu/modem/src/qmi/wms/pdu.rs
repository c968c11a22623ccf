// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
//! Short messages as QMI carries them: SMS-DELIVER of what has arrived, SMS-SUBMIT of what is to be sent (3GPP TS 23.040), each behind a
//! service centre's address. A message that is part of a longer one is not taken.

use qmi::Cursor;

use super::super::uim::swapped;
use crate::session::Received;

/// The default alphabet (3GPP TS 23.038), without its extension.
const ALPHABET: &str = "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞ\u{1b}ÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?\
                        ¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà";
/// Data coding schemes: the default alphabet, UCS-2.
const GSM: u8 = 0;
const UCS2: u8 = 8;
/// Types of address: international or not, in the telephone numbering plan.
const INTERNATIONAL: u8 = 0x91;
const UNKNOWN: u8 = 0x81;
/// Message types, the low bits of a PDU's first octet. Of a message that arrived: no more are waiting.
const DELIVER: u8 = 0x04;
const SUBMIT: u8 = 0x01;
const TYPE: u8 = 0x03;
/// Another bit of it: a header stands before the text.
const HEADER: u8 = 0x40;

/// A message that arrived.
pub fn deliver(message: &Received) -> Vec<u8> {
    // The service centre has no address.
    let mut pdu = vec![0, DELIVER];
    let digits = message.number.trim_start_matches('+');
    let kind = match digits == message.number {
        true => UNKNOWN,
        false => INTERNATIONAL,
    };
    pdu.extend([digits.len() as u8, kind]);
    pdu.extend(swapped(digits));
    let septets: Option<Vec<u8>> = message.text.chars().map(septet).collect();
    pdu.extend([0, if septets.is_some() { GSM } else { UCS2 }]);
    let time: String = message.time.chars().filter(char::is_ascii_digit).collect();
    pdu.extend(swapped(&time));
    match septets {
        Some(septets) => {
            pdu.push(septets.len() as u8);
            pdu.extend(packed(&septets));
        }
        None => {
            let text: Vec<u8> = message
                .text
                .encode_utf16()
                .flat_map(u16::to_be_bytes)
                .collect();
            pdu.push(text.len() as u8);
            pdu.extend(text);
        }
    }
    pdu
}

/// Number and text of a message that is to be sent; none if it is no such message.
pub fn submit(pdu: &[u8]) -> Option<(String, String)> {
    let mut at = Cursor::new(pdu);
    let centre = at.u8().ok()?;
    at.bytes(usize::from(centre)).ok()?;
    let first = at.u8().ok()?;
    if first & TYPE != SUBMIT || first & HEADER != 0 {
        return None;
    }
    let _reference = at.u8().ok()?;
    let digits = usize::from(at.u8().ok()?);
    let kind = at.u8().ok()?;
    let number: String = at
        .bytes(digits.div_ceil(2))
        .ok()?
        .iter()
        .flat_map(|octet| [octet & 0xf, octet >> 4])
        .take(digits)
        .map(|digit| char::from_digit(digit.into(), 10))
        .collect::<Option<_>>()?;
    let number = match kind {
        INTERNATIONAL => format!("+{number}"),
        _ => number,
    };
    let _protocol = at.u8().ok()?;
    let coding = at.u8().ok()?;
    // How long the network shall try: not said, an interval, or a time.
    let validity = match (first >> 3) & TYPE {
        0 => 0,
        2 => 1,
        _ => 7,
    };
    at.bytes(validity).ok()?;
    let length = usize::from(at.u8().ok()?);
    let text = match coding {
        GSM => unpacked(at.bytes((length * 7).div_ceil(8)).ok()?, length)?,
        UCS2 => {
            let units: Vec<u16> = at
                .bytes(length)
                .ok()?
                .chunks_exact(2)
                .map(|pair| u16::from_be_bytes([pair[0], pair[1]]))
                .collect();
            String::from_utf16(&units).ok()?
        }
        _ => return None,
    };
    Some((number, text))
}

/// A character's place in the alphabet.
fn septet(wanted: char) -> Option<u8> {
    let at = ALPHABET.chars().position(|c| c == wanted)?;
    u8::try_from(at).ok()
}

fn packed(septets: &[u8]) -> Vec<u8> {
    let mut octets = vec![0; (septets.len() * 7).div_ceil(8)];
    for (index, septet) in septets.iter().enumerate() {
        let (octet, bit) = (index * 7 / 8, index * 7 % 8);
        let [low, high] = (u16::from(*septet) << bit).to_le_bytes();
        octets[octet] |= low;
        if high != 0 {
            octets[octet + 1] |= high;
        }
    }
    octets
}

fn unpacked(octets: &[u8], count: usize) -> Option<String> {
    let septet = |index: usize| {
        let (octet, bit) = (index * 7 / 8, index * 7 % 8);
        let low = *octets.get(octet)?;
        let high = octets.get(octet + 1).copied().unwrap_or(0);
        let place = (u16::from_le_bytes([low, high]) >> bit) & 0x7f;
        ALPHABET.chars().nth(place.into())
    };
    (0..count).map(septet).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn received(number: &str, text: &str) -> Received {
        Received {
            read: false,
            number: number.to_owned(),
            time: "26/11/27,10:30:00+04",
            text: text.to_owned(),
        }
    }

    /// The text's octets are those of the example in every description of TS 23.038's packing.
    #[test]
    fn plain_text_is_delivered_in_septets() {
        let expected = [
            &[0, 0x04, 11, 0x91, 0x94, 0x51, 0x11, 0x32, 0x54, 0xf6, 0, 0][..],
            &[0x62, 0x11, 0x72, 0x01, 0x03, 0x00, 0x40],
            &[10, 0xe8, 0x32, 0x9b, 0xfd, 0x46, 0x97, 0xd9, 0xec, 0x37],
        ];
        assert_eq!(
            deliver(&received("+49151123456", "hellohello")),
            expected.concat()
        );
    }

    #[test]
    fn other_text_is_delivered_in_ucs2() {
        let pdu = deliver(&received("42", "Ж"));
        assert_eq!(pdu[..5], [0, 0x04, 2, 0x81, 0x24]);
        assert_eq!(pdu[5..7], [0, 8]);
        assert_eq!(pdu[14..], [2, 0x04, 0x16]);
    }

    /// As ModemManager 1.24 sends it: no service centre, one octet of validity.
    #[test]
    fn submitted_text_has_its_number() {
        let pdu = [
            &[0, 0x11, 0, 11, 0x91, 0x94, 0x51, 0x11, 0x32, 0x54, 0xf6][..],
            &[0, 0, 0xff, 10],
            &[0xe8, 0x32, 0x9b, 0xfd, 0x46, 0x97, 0xd9, 0xec, 0x37],
        ]
        .concat();
        let sent = ("+49151123456".to_owned(), "hellohello".to_owned());
        assert_eq!(submit(&pdu), Some(sent));
    }

    #[test]
    fn what_is_cut_short_or_of_another_kind_is_not_sent() {
        let pdu = [0, 0x01, 0, 2, 0x81, 0x24, 0, 8, 4, 0x04, 0x16, 0x04, 0x16];
        assert_eq!(submit(&pdu), Some(("42".to_owned(), "ЖЖ".to_owned())));
        for length in 0..pdu.len() {
            assert_eq!(submit(&pdu[..length]), None, "{length}");
        }
        for (at, octet) in [(1, 0x04), (1, 0x41), (7, 0x04), (5, 0xab)] {
            let mut other = pdu;
            other[at] = octet;
            assert_eq!(submit(&other), None, "{at}");
        }
    }
}
