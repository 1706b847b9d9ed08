//! The content of a file in an environment directory.

use alloc::vec::Vec;

/// What a file's content makes of its variable: its first line, without the blanks at its end and with a newline for
/// each zero byte. Nothing at all in it removes the variable; an empty first line makes it empty.
pub fn value(content: &[u8]) -> Option<Vec<u8>> {
    let line = content.split(|byte| *byte == b'\n').next().filter(|_| !content.is_empty())?;
    let end = line.iter().rposition(|byte| !matches!(byte, b' ' | b'\t')).map_or(0, |last| last + 1);
    Some(line.iter().take(end).map(|byte| if *byte == 0 { b'\n' } else { *byte }).collect())
}

/// Whether a name in the directory is that of a variable.
pub fn is_variable(name: &[u8]) -> bool {
    !name.starts_with(b".")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::Random;

    #[test]
    fn the_first_line_without_trailing_blanks() {
        let of = |text: &[u8]| value(text);
        assert_eq!(of(b"a b \t\nrest"), Some(b"a b".to_vec()));
        assert_eq!(of(b"  lead\r\n"), Some(b"  lead\r".to_vec()));
        assert_eq!(of(b"a\0b"), Some(b"a\nb".to_vec()));
        assert_eq!(of(b"\nx"), Some(b"".to_vec()));
        assert_eq!(of(b" \t"), Some(b"".to_vec()));
        assert_eq!(of(b""), None);
    }

    #[test]
    fn arbitrary_content_makes_a_value_without_zero_bytes() {
        let mut source = Random::new(3);
        for _ in 0..10_000 {
            let content = source.bytes(b"a \t\n\0", 30);
            let made = value(&content);
            assert_eq!(made.is_none(), content.is_empty());
            assert!(!made.unwrap_or_default().contains(&0));
        }
    }
}
