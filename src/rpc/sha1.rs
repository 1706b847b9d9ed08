//! SHA-1, for passwords that Supervisor's configurations hold as `{SHA}` and its digits. It keeps nobody from guessing a
//! short one; it is what is written there.

use alloc::string::String;
use alloc::vec::Vec;

const BLOCK: usize = 64;

/// The digest of some bytes, in hexadecimal digits.
pub(super) fn hexadecimal(bytes: &[u8]) -> String {
    let mut text = String::new();
    for word in digest(bytes) {
        text.push_str(&alloc::format!("{word:08x}"));
    }
    text
}

fn digest(bytes: &[u8]) -> [u32; 5] {
    let mut padded = Vec::from(bytes);
    padded.push(0x80);
    padded.resize((padded.len() + 8).next_multiple_of(BLOCK) - 8, 0);
    padded.extend_from_slice(&(8 * bytes.len() as u64).to_be_bytes());
    let mut state = [0x6745_2301, 0xefcd_ab89, 0x98ba_dcfe, 0x1032_5476, 0xc3d2_e1f0];
    for block in padded.chunks_exact(BLOCK) {
        state = mixed(state, block);
    }
    state
}

fn mixed(state: [u32; 5], block: &[u8]) -> [u32; 5] {
    let mut words = [0_u32; 80];
    for (word, bytes) in words.iter_mut().zip(block.chunks_exact(4)) {
        *word = bytes.iter().fold(0, |word, byte| word << 8 | u32::from(*byte));
    }
    for at in 16..80 {
        words[at] = (words[at - 3] ^ words[at - 8] ^ words[at - 14] ^ words[at - 16]).rotate_left(1);
    }
    let [mut a, mut b, mut c, mut d, mut e] = state;
    for (at, word) in words.iter().enumerate() {
        let (mix, constant) = match at {
            0..20 => (b & c | !b & d, 0x5a82_7999_u32),
            20..40 => (b ^ c ^ d, 0x6ed9_eba1),
            40..60 => (b & c | b & d | c & d, 0x8f1b_bcdc),
            _ => (b ^ c ^ d, 0xca62_c1d6),
        };
        let next = a.rotate_left(5).wrapping_add(mix).wrapping_add(e).wrapping_add(constant).wrapping_add(*word);
        (e, d, c, b, a) = (d, c, b.rotate_left(30), a, next);
    }
    let [f, g, h, i, j] = state;
    [a.wrapping_add(f), b.wrapping_add(g), c.wrapping_add(h), d.wrapping_add(i), e.wrapping_add(j)]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digests_are_those_of_the_standard() {
        let is = |text: &str, digits: &str| assert_eq!(hexadecimal(text.as_bytes()), digits, "{text:?}");
        is("", "da39a3ee5e6b4b0d3255bfef95601890afd80709");
        is("abc", "a9993e364706816aba3e25717850c26c9cd0d89d");
        is("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq", "84983e441c3bd26ebaae4aa1f95129e5e54670f1");
        is(&"a".repeat(1_000_000), "34aa973cd4c4daa4f61eeb2bdbad27316534016f");
        for length in 50..70 {
            assert_eq!(hexadecimal(&alloc::vec![0; length]).len(), 40);
        }
    }
}
