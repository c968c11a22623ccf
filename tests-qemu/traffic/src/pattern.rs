// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
//! A byte stream that is known from its seed at every offset, so that either end checks what arrives without
//! keeping what was sent.

/// Writes the pattern of `seed` from `offset` on into `out`.
pub fn fill(seed: u64, offset: u64, out: &mut [u8]) {
    let (mut at, mut skip) = (offset / 8, (offset % 8) as usize);
    let mut out = out;
    while !out.is_empty() {
        let word = word(seed, at);
        let bytes = &word[skip..];
        let length = bytes.len().min(out.len());
        let (now, later) = out.split_at_mut(length);
        now.copy_from_slice(&bytes[..length]);
        (out, at, skip) = (later, at.wrapping_add(1), 0);
    }
}

/// Compares `data` with the pattern of `seed` from `offset` on.
///
/// # Errors
///
/// The offset, counted from the start of the pattern, of the first byte that differs.
pub fn verify(seed: u64, offset: u64, data: &[u8]) -> Result<(), u64> {
    let mut expected = [0; 4096];
    let mut at = offset;
    for chunk in data.chunks(expected.len()) {
        let expected = &mut expected[..chunk.len()];
        fill(seed, at, expected);
        if let Some(place) = chunk.iter().zip(expected.iter()).position(|(a, b)| a != b) {
            return Err(at.wrapping_add(place as u64));
        }
        at = at.wrapping_add(chunk.len() as u64);
    }
    Ok(())
}

/// SplitMix64 (Steele, Lea and Flood, "Fast splittable pseudorandom number generators", 2014) with the word's
/// number as its state.
fn word(seed: u64, number: u64) -> [u8; 8] {
    let mut z = seed.wrapping_add(number.wrapping_add(1).wrapping_mul(0x9e37_79b9_7f4a_7c15));
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    (z ^ (z >> 31)).to_le_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn first_words_are_splitmix64() {
        // SplitMix64 of seed 1234567, as Rosetta Code's task "Pseudo-random numbers/Splitmix64" prints it.
        let mut bytes = [0; 16];
        fill(1_234_567, 0, &mut bytes);
        let word = |at: usize| u64::from_le_bytes(bytes[at..at + 8].try_into().unwrap());
        assert_eq!(word(0), 6_457_827_717_110_365_317);
        assert_eq!(word(8), 3_203_168_211_198_807_973);
    }

    #[test]
    fn any_part_equals_the_whole() {
        let mut whole = [0; 100];
        fill(7, 1000, &mut whole);
        for start in 0..100 {
            for end in start..=100 {
                let mut part = vec![0; end - start];
                fill(7, 1000 + start as u64, &mut part);
                assert_eq!(part, whole[start..end]);
                assert_eq!(verify(7, 1000 + start as u64, &part), Ok(()));
            }
        }
    }

    #[test]
    fn a_wrong_byte_is_found_where_it_is() {
        let mut data = vec![0; 10_000];
        fill(7, 5, &mut data);
        for at in [0, 4095, 4096, 9_999] {
            let mut data = data.clone();
            data[at] ^= 1;
            assert_eq!(verify(7, 5, &data), Err(5 + at as u64));
        }
        assert_eq!(verify(8, 5, &data), Err(5));
    }
}
