// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
//! Numbered datagrams: seed and number, eight bytes each, big endian, then the pattern of `seed + number`.

use crate::pattern;

/// Bytes before the pattern; no datagram is shorter.
pub const HEADER: usize = 16;

/// A datagram whose content is right.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Datagram {
    /// Which stream it belongs to.
    pub seed: u64,
    /// Its place in the stream, from 0.
    pub number: u64,
}

impl Datagram {
    /// Writes the whole of `out`, which has to have [`HEADER`] bytes at least.
    ///
    /// # Panics
    ///
    /// If `out` is shorter.
    pub fn write(self, out: &mut [u8]) {
        let (header, rest) = out.split_at_mut(HEADER);
        header[..8].copy_from_slice(&self.seed.to_be_bytes());
        header[8..].copy_from_slice(&self.number.to_be_bytes());
        pattern::fill(self.seed.wrapping_add(self.number), 0, rest);
    }

    /// Reads a datagram; `None` if it is too short or its content is wrong.
    pub fn parse(data: &[u8]) -> Option<Self> {
        let (seed, rest) = data.split_first_chunk()?;
        let (number, rest) = rest.split_first_chunk()?;
        let (seed, number) = (u64::from_be_bytes(*seed), u64::from_be_bytes(*number));
        pattern::verify(seed.wrapping_add(number), 0, rest).ok()?;
        Some(Self { seed, number })
    }
}

/// Which numbers of a stream arrived.
#[derive(Clone, Debug, Default)]
pub struct Received {
    seen: Vec<u64>,
    /// Datagrams with right content, each number once.
    pub good: u64,
    /// Datagrams with wrong content, of another stream, or numbered beyond `limit`.
    pub bad: u64,
    /// Datagrams with a number that was there before.
    pub duplicate: u64,
}

impl Received {
    /// Counts a datagram of the stream `seed`, whose numbers are below `limit`.
    pub fn count(&mut self, seed: u64, limit: u64, data: &[u8]) {
        let number = match Datagram::parse(data) {
            Some(datagram) if datagram.seed == seed && datagram.number < limit => datagram.number,
            _ => {
                self.bad += 1;
                return;
            }
        };
        let (word, bit) = ((number / 64) as usize, 1 << (number % 64));
        if self.seen.len() <= word {
            self.seen.resize(word + 1, 0);
        }
        if self.seen[word] & bit == 0 {
            self.seen[word] |= bit;
            self.good += 1;
        } else {
            self.duplicate += 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn written_datagrams_are_read_and_damaged_ones_are_not() {
        for length in HEADER..100 {
            let mut data = vec![0; length];
            let datagram = Datagram { seed: 3, number: 9 };
            datagram.write(&mut data);
            assert_eq!(Datagram::parse(&data), Some(datagram));
            for at in 16..length {
                let mut data = data.clone();
                data[at] ^= 0x80;
                assert_eq!(Datagram::parse(&data), None);
            }
        }
        assert_eq!(Datagram::parse(&[0; 15]), None);
    }

    #[test]
    fn each_number_counts_once() {
        let mut received = Received::default();
        let mut data = [0; 40];
        for number in [0, 70, 3, 70, 100] {
            Datagram { seed: 5, number }.write(&mut data);
            received.count(5, 100, &data);
        }
        received.count(6, 100, &data);
        assert_eq!((received.good, received.duplicate, received.bad), (3, 1, 2));
    }
}
