//! Bytes as a person writes and reads them: escapes in, one line out.

use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

/// What follows a backslash is none of what can.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Wrong;

impl fmt::Display for Wrong {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("has a backslash that none of \\ r n t 0 xHH follows")
    }
}

/// The bytes that a text with `\r \n \t \0 \\ \xHH` stands for.
pub fn unescape(text: &[u8]) -> Result<Vec<u8>, Wrong> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some((first, after)) = rest.split_first() {
        rest = after;
        if *first != b'\\' {
            bytes.push(*first);
            continue;
        }
        let (byte, after) = escape(rest).ok_or(Wrong)?;
        bytes.push(byte);
        rest = after;
    }
    Ok(bytes)
}

fn escape(text: &[u8]) -> Option<(u8, &[u8])> {
    let (letter, rest) = text.split_first()?;
    let byte = match letter {
        b'\\' => b'\\',
        b'r' => b'\r',
        b'n' => b'\n',
        b't' => b'\t',
        b'0' => 0,
        b'x' => {
            let (digits, rest) = rest.split_at_checked(2)?;
            let digits = core::str::from_utf8(digits).ok().filter(|digits| !digits.starts_with('+'))?;
            return Some((u8::from_str_radix(digits, 16).ok()?, rest));
        }
        _ => return None,
    };
    Some((byte, rest))
}

/// How much of what somebody else said is repeated.
const MOST: usize = 120;

/// What somebody said, on one line and not too long of it, in quotes; what cannot be shown is a question mark.
pub fn quoted(bytes: &[u8]) -> String {
    let mut line = String::from("\"");
    let text = String::from_utf8_lossy(bytes.get(..MOST * 4).unwrap_or(bytes));
    let text = text.trim_end();
    line.extend(text.chars().take(MOST).map(|c| match c {
        '\n' | '\r' | '\t' => ' ',
        c if c.is_control() || c == char::REPLACEMENT_CHARACTER => '?',
        c => c,
    }));
    line.push_str(if text.chars().nth(MOST).is_some() { "...\"" } else { "\"" });
    line
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escapes_are_bytes() {
        assert_eq!(unescape(br"PING\r\n"), Ok(b"PING\r\n".to_vec()));
        assert_eq!(unescape(br"\x00\xfF\\\0\t"), Ok(b"\x00\xff\\\x00\t".to_vec()));
        assert_eq!(unescape(b"\xff plain"), Ok(b"\xff plain".to_vec()));
        for text in ["\\", "\\y", "\\x", "\\x1", "\\xg0", "\\x+1"] {
            assert_eq!(unescape(text.as_bytes()), Err(Wrong), "{text}");
        }
    }

    #[test]
    fn what_is_quoted_is_one_line() {
        assert_eq!(quoted(b"+PONG\r\n"), "\"+PONG\"");
        assert_eq!(quoted(b"a\nb\x1b[1m\xff\x00"), "\"a b?[1m??\"");
        assert_eq!(quoted(&[b'x'; 200]), alloc::format!("\"{}...\"", "x".repeat(120)));
        assert_eq!(quoted("é".repeat(2000).as_bytes()), alloc::format!("\"{}...\"", "é".repeat(120)));
    }
}
