// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
//! A DNS server that knows every name (RFC 1035): its addresses follow from the name, and all of them answer.

use std::net::{Ipv4Addr, Ipv6Addr};

const HEADER: usize = 12;
const A: u16 = 1;
const AAAA: u16 = 28;

/// The answer to a question, or `None` if it is none that can be answered at all.
pub(super) fn answer(question: &[u8]) -> Option<Vec<u8>> {
    let header = question.get(..HEADER)?;
    // An answer, another operation, or not one question.
    if header[2] & 0xf8 != 0 || header[4..6] != [0, 1] {
        return None;
    }
    let mut hash = Hash::new();
    let mut at = HEADER;
    loop {
        let length = usize::from(*question.get(at)?);
        let label = question.get(at + 1..at + 1 + length)?;
        at += 1 + length;
        match length {
            0 => break,
            // A compressed name has nothing to refer to here.
            64.. => return None,
            _ => hash.label(label),
        }
    }
    let &[k0, k1, c0, c1] = question.get(at..)?.first_chunk()?;
    let kind = u16::from_be_bytes([k0, k1]);
    let record: Vec<u8> = match kind {
        _ if [c0, c1] != [0, 1] => Vec::new(),
        A => hash.ipv4().octets().to_vec(),
        AAAA => hash.ipv6().octets().to_vec(),
        _ => Vec::new(),
    };

    let mut out = header[..2].to_vec();
    // Answer, recursion desired as asked, recursion available, no error; one question, perhaps one answer.
    out.extend([
        0x80 | header[2] & 1,
        0x80,
        0,
        1,
        0,
        u8::from(!record.is_empty()),
        0,
        0,
        0,
        0,
    ]);
    out.extend(&question[HEADER..at + 4]);
    if !record.is_empty() {
        // The name is the question's, at offset 12; class IN, one minute.
        out.extend([0xc0, 0x0c, k0, k1, 0, 1, 0, 0, 0, 60, 0]);
        out.push(u8::try_from(record.len()).ok()?);
        out.extend(record);
    }
    Some(out)
}

/// FNV-1a over the labels in lower case.
struct Hash(u64);

impl Hash {
    fn new() -> Self {
        Self(0xcbf2_9ce4_8422_2325)
    }

    fn label(&mut self, label: &[u8]) {
        for byte in label.iter().map(u8::to_ascii_lowercase).chain([b'.']) {
            self.0 = (self.0 ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
        }
    }

    /// In 198.18.0.0/15, which RFC 2544 sets aside for tests.
    fn ipv4(&self) -> Ipv4Addr {
        let [.., a, b, c] = self.0.to_be_bytes();
        Ipv4Addr::new(198, 18 | (a & 1), b, c.clamp(1, 254))
    }

    /// In 2001:2::/48, RFC 5180's likewise.
    fn ipv6(&self) -> Ipv6Addr {
        let mut octets = [0; 16];
        octets[..4].copy_from_slice(&[0x20, 0x01, 0, 2]);
        octets[8..].copy_from_slice(&self.0.to_be_bytes());
        Ipv6Addr::from(octets)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What `dig +noedns example.com A` sends (RFC 1035 section 4.1), with another id.
    const QUESTION: &[u8] = b"\x12\x34\x01\x20\0\x01\0\0\0\0\0\0\x07example\x03com\0\0\x01\0\x01";

    #[test]
    fn a_and_aaaa_are_answered_the_same_way_each_time() {
        let a = answer(QUESTION).unwrap();
        assert_eq!(a[..8], [0x12, 0x34, 0x81, 0x80, 0, 1, 0, 1]);
        assert_eq!(a[12..QUESTION.len()], QUESTION[12..]);
        let record = &a[QUESTION.len()..];
        assert_eq!(record[..12], [0xc0, 0x0c, 0, 1, 0, 1, 0, 0, 0, 60, 0, 4]);
        assert_eq!(record[12], 198);
        let mut other = QUESTION.to_vec();
        other[14] = b'X';
        assert_eq!(
            answer(&other).unwrap()[QUESTION.len()..],
            *record,
            "case does not count"
        );
        other[14] = b'y';
        assert_ne!(answer(&other).unwrap()[QUESTION.len()..], *record);

        let mut question = QUESTION.to_vec();
        question[26] = 28;
        let aaaa = answer(&question).unwrap();
        assert_eq!(
            (aaaa[QUESTION.len() + 11], aaaa.len()),
            (16, QUESTION.len() + 28)
        );
    }

    #[test]
    fn other_types_have_no_record_and_broken_questions_no_answer() {
        let mut question = QUESTION.to_vec();
        question[26] = 15;
        let answer = super::answer(&question).unwrap();
        assert_eq!((answer[7], answer.len()), (0, question.len()));
        for length in 0..QUESTION.len() {
            assert_eq!(super::answer(&QUESTION[..length]), None);
        }
        let mut question = QUESTION.to_vec();
        question[2] |= 0x80;
        assert_eq!(super::answer(&question), None);
        question = QUESTION.to_vec();
        question[12] = 0xc0;
        assert_eq!(super::answer(&question), None);
    }
}
