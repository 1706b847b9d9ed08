//! Text as the inside of a JSON string: valid UTF-8 whatever comes in, in pieces of any size.

use alloc::vec::Vec;

/// What stands for bytes that are no text.
const REPLACEMENT: &[u8] = "\u{fffd}".as_bytes();

/// Writes the text of one string. What a piece ends with in the middle of a character waits for the next.
#[derive(Clone, Debug, Default)]
pub struct Text {
    carried: Vec<u8>,
}

impl Text {
    /// Appends a piece.
    pub fn write(&mut self, out: &mut Vec<u8>, piece: &[u8]) {
        let joined;
        let mut bytes = piece;
        if !self.carried.is_empty() {
            self.carried.extend_from_slice(piece);
            joined = core::mem::take(&mut self.carried);
            bytes = &joined;
        }
        for chunk in bytes.utf8_chunks() {
            escape(out, chunk.valid().as_bytes());
            match chunk.invalid() {
                [] => {}
                invalid if ends_early(bytes, invalid) => self.carried = invalid.to_vec(),
                _ => out.extend_from_slice(REPLACEMENT),
            }
        }
    }

    /// Ends the string.
    pub fn end(&mut self, out: &mut Vec<u8>) {
        if !core::mem::take(&mut self.carried).is_empty() {
            out.extend_from_slice(REPLACEMENT);
        }
    }
}

/// Whether what is not valid is the begin of a character whose other bytes may still come.
fn ends_early(bytes: &[u8], invalid: &[u8]) -> bool {
    bytes.as_ptr_range().end == invalid.as_ptr_range().end
        && core::str::from_utf8(invalid).is_err_and(|error| error.error_len().is_none())
}

fn escape(out: &mut Vec<u8>, text: &[u8]) {
    let mut plain = text;
    while let Some(at) = plain.iter().position(|byte| matches!(byte, b'"' | b'\\' | 0..0x20 | 0x7f)) {
        let (before, rest) = plain.split_at(at);
        out.extend_from_slice(before);
        let Some((byte, rest)) = rest.split_first() else { return };
        plain = rest;
        match byte {
            b'"' => out.extend_from_slice(b"\\\""),
            b'\\' => out.extend_from_slice(b"\\\\"),
            b'\t' => out.extend_from_slice(b"\\t"),
            b'\r' => out.extend_from_slice(b"\\r"),
            byte => out.extend_from_slice(alloc::format!("\\u{byte:04x}").as_bytes()),
        }
    }
    out.extend_from_slice(plain);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::Random;
    use alloc::string::String;

    fn text(pieces: &[&[u8]]) -> String {
        let (mut text, mut out) = (Text::default(), Vec::new());
        for piece in pieces {
            text.write(&mut out, piece);
        }
        text.end(&mut out);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn what_json_forbids_is_escaped() {
        assert_eq!(text(&[b"say \"hi\" \\ \t\r\x00\x1b\x7f/"]), r#"say \"hi\" \\ \t\r\u0000\u001b\u007f/"#);
    }

    #[test]
    fn what_is_no_text_is_replaced() {
        assert_eq!(text(&[b"a\xffb\xc3"]), "a\u{fffd}b\u{fffd}");
        assert_eq!(text(&["gr\u{fc}n".as_bytes()]), "gr\u{fc}n");
        assert_eq!(text(&[b"\xed\xa0\x80"]), "\u{fffd}\u{fffd}\u{fffd}", "half of a pair is no character");
    }

    #[test]
    fn a_character_may_come_in_pieces() {
        let smile = "\u{1f600}".as_bytes();
        assert_eq!(text(&[&smile[..1], &smile[1..3], &smile[3..], b"!"]), "\u{1f600}!");
        assert_eq!(text(&[&smile[..3], b"x"]), "\u{fffd}x");
    }

    #[test]
    fn any_pieces_of_any_bytes_are_one_text() {
        let mut random = Random::new(9);
        for _ in 0..5000 {
            let bytes: Vec<u8> = (0..random.below(24))
                .map(|_| [b'a', b'"', 0xc3, 0xbc, 0xe2, 0x82, 0xac, 0xf0, 0x9f, 0xff][random.below(10)])
                .collect();
            let cut = random.below(bytes.len() + 1);
            assert_eq!(text(&[&bytes[..cut], &bytes[cut..]]), text(&[&bytes]), "{bytes:x?} at {cut}");
        }
    }
}
