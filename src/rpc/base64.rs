//! Base64 as MIME has it: lines of 76 characters when written; whatever is not of its alphabet is passed over when read.

use alloc::string::String;
use alloc::vec::Vec;

const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
/// How many bytes a line has.
const LINE: usize = 57;

/// Writes lines, each with its newline.
pub(super) fn lines(bytes: &[u8], into: &mut String) {
    for line in bytes.chunks(LINE) {
        encode(line, into);
        into.push('\n');
    }
}

/// Writes it in one piece.
pub(super) fn encode(bytes: &[u8], into: &mut String) {
    for group in bytes.chunks(3) {
        let byte = |at: usize| u32::from(group.get(at).copied().unwrap_or(0));
        let bits = byte(0) << 16 | byte(1) << 8 | byte(2);
        for at in 0..4 {
            let index = (bits >> (18 - 6 * at) & 63) as usize;
            let letter = ALPHABET.get(index).copied().unwrap_or(b'=');
            into.push(if at > group.len() { '=' } else { letter.into() });
        }
    }
}

/// Reads it; nothing if it ends within a byte.
pub(super) fn decode(text: &str) -> Option<Vec<u8>> {
    let mut bytes = Vec::new();
    let (mut bits, mut count, mut pads) = (0_u32, 0_usize, 0_usize);
    for letter in text.bytes() {
        let Some(value) = ALPHABET.iter().position(|known| *known == letter) else {
            pads += usize::from(letter == b'=');
            if letter == b'=' && count % 4 + pads >= 4 && count % 4 >= 2 {
                break; // what follows the end does not count
            }
            continue;
        };
        pads = 0;
        bits = bits << 6 | value as u32;
        count += 1;
        if count % 4 != 1 {
            bytes.push((bits >> (6 - 2 * ((count - 1) % 4))) as u8);
        }
    }
    let ends = match count % 4 {
        0 => true,
        1 => false,
        rest => rest + pads >= 4,
    };
    ends.then_some(bytes)
}
