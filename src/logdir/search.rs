//! Finding a byte, eight at a time: a logger spends most of its own time looking for the next newline.

/// Bytes that are looked at together: two words, so that the loop has something to overlap.
const STRIDE: usize = 16;

const LOW: u64 = 0x0101_0101_0101_0101;
const HIGH: u64 = 0x8080_8080_8080_8080;

/// Where the byte is first.
#[inline]
pub fn find(wanted: u8, bytes: &[u8]) -> Option<usize> {
    let pattern = LOW * u64::from(wanted);
    let mut strides = bytes.chunks_exact(STRIDE);
    let mut before = 0;
    for stride in &mut strides {
        let (left, right) = stride.split_at(STRIDE / 2);
        let (left, right) = (zeros(word(left) ^ pattern), zeros(word(right) ^ pattern));
        if left | right != 0 {
            let within = if left != 0 { left.trailing_zeros() } else { right.trailing_zeros() + 64 };
            return Some(before + (within / 8) as usize);
        }
        before += STRIDE;
    }
    strides.remainder().iter().position(|byte| *byte == wanted).map(|at| before + at)
}

/// The first byte in the lowest place, whatever the machine's own order.
#[inline]
fn word(eight: &[u8]) -> u64 {
    eight.try_into().map_or(0, u64::from_le_bytes)
}

/// The high bit of each byte that is zero; above the lowest such byte there may be others that are not.
#[inline]
fn zeros(word: u64) -> u64 {
    word.wrapping_sub(LOW) & !word & HIGH
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::Random;
    use alloc::vec::Vec;

    #[test]
    fn it_finds_what_a_plain_search_finds() {
        let mut random = Random::new(7);
        for length in (0..200).chain([1000, 4096]) {
            let bytes: Vec<u8> = (0..length).map(|_| [0, 1, b'\n', 0x80, 0x8a, 0xff][random.below(6)]).collect();
            for wanted in [0, 1, b'\n', 0x0b, 0x80, 0x8a, 0xff] {
                assert_eq!(find(wanted, &bytes), bytes.iter().position(|b| *b == wanted), "{wanted} in {bytes:?}");
            }
        }
    }
}
