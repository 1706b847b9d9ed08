//! What Python says of texts and numbers, where Supervisor leaves it to Python.

use super::{Result, wrong};
use alloc::format;
use alloc::string::String;

/// Python quotes no more of a text than this in the complaint about a number.
const QUOTED: usize = 200;

/// Whether Python takes a character for white space: four separators more than Unicode does.
pub fn is_space(c: char) -> bool {
    c.is_whitespace() || ('\u{1c}'..='\u{1f}').contains(&c)
}

/// Without white space at both ends.
pub fn trim(text: &str) -> &str {
    text.trim_matches(is_space)
}

/// The text as Python shows it in a message.
pub fn quoted(text: &str) -> String {
    let quote = if text.contains('\'') && !text.contains('"') { '"' } else { '\'' };
    let mut shown = String::from(quote);
    for c in text.chars() {
        match c {
            '\n' => shown.push_str("\\n"),
            '\r' => shown.push_str("\\r"),
            '\t' => shown.push_str("\\t"),
            '\\' => shown.push_str("\\\\"),
            c if c == quote => shown.extend(['\\', c]),
            c if is_shown(c) => shown.push(c),
            c => shown.push_str(&escaped(c)),
        }
    }
    shown.push(quote);
    shown
}

/// Control characters, and any blank but the usual one, are not shown as they are.
fn is_shown(c: char) -> bool {
    c == ' ' || !(c.is_control() || is_space(c) || c == '\u{ad}' || ('\u{200b}'..='\u{200f}').contains(&c))
}

fn escaped(c: char) -> String {
    match u32::from(c) {
        code @ ..=0xff => format!("\\x{code:02x}"),
        code @ ..=0xffff => format!("\\u{code:04x}"),
        code => format!("\\U{code:08x}"),
    }
}

/// A whole number: a sign, digits, single underscores between them, blanks around it.
pub fn integer(text: &str) -> Result<i64> {
    let wrong = || {
        let shown: String = quoted(text).chars().take(QUOTED).collect();
        wrong!("invalid literal for int() with base 10: {shown}")
    };
    number(trim(text), 10).ok_or_else(wrong)
}

/// A number in base 8, which may begin with `0o`.
pub fn octal(text: &str) -> Option<i64> {
    let text = trim(text);
    let (sign, digits) = match text.strip_prefix(['+', '-']) {
        Some(digits) => (text.get(..1).unwrap_or_default(), digits),
        None => ("", text),
    };
    let bare = digits.strip_prefix("0o").or_else(|| digits.strip_prefix("0O"));
    match bare {
        Some(bare) => number(&format!("{sign}{}", bare.strip_prefix('_').unwrap_or(bare)), 8),
        None => number(text, 8),
    }
}

/// Nothing as well for what 64 bits do not hold: no setting means a number of that size.
fn number(text: &str, base: u32) -> Option<i64> {
    let digits = text.strip_prefix(['+', '-']).unwrap_or(text);
    let groups = digits.split('_');
    if !groups.clone().all(|group| !group.is_empty() && group.chars().all(|c| c.is_digit(base))) {
        return None;
    }
    let sign = if text.starts_with('-') { "-" } else { "" };
    let bare = format!("{sign}{}", groups.collect::<String>());
    i64::from_str_radix(&bare, base).ok()
}

/// The directory part of a path.
pub fn parent(path: &str) -> &str {
    let Some(at) = path.rfind('/') else { return "" };
    let head = path.get(..=at).unwrap_or_default();
    let bare = head.trim_end_matches('/');
    if bare.is_empty() { head } else { bare }
}

/// A path below another, unless it is absolute.
pub fn join(base: &str, path: &str) -> String {
    match path.starts_with('/') || base.is_empty() {
        true => path.into(),
        false if base.ends_with('/') => format!("{base}{path}"),
        false => format!("{base}/{path}"),
    }
}

/// An absolute path without `.`, `..` and doubled slashes, by its letters alone. Two slashes in front stay, as POSIX
/// leaves them a meaning.
pub fn absolute(path: &str, directory: &str) -> String {
    let path = join(directory, path);
    let mut parts = alloc::vec::Vec::new();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." => drop(parts.pop()),
            part => parts.push(part),
        }
    }
    let root = if path.starts_with("//") && !path.starts_with("///") { "//" } else { "/" };
    format!("{root}{}", parts.join("/"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quoting() {
        for (text, shown) in [
            ("a", "'a'"),
            ("", "''"),
            ("it's", "\"it's\""),
            ("it's \"so\"", "'it\\'s \"so\"'"),
            ("a\\b\n\t\r", "'a\\\\b\\n\\t\\r'"),
            ("\u{1}ü\u{a0}\u{2028}\u{1f600}", "'\\x01ü\\xa0\\u2028\u{1f600}'"),
        ] {
            assert_eq!(quoted(text), shown);
        }
    }

    #[test]
    fn integers() {
        for (text, number) in [("0", 0), (" 12 ", 12), ("-3", -3), ("+1_000", 1000), ("007", 7), ("\t1\n", 1)] {
            assert_eq!(integer(text), Ok(number));
        }
        for text in ["", " ", "x", "1.0", "1__0", "_1", "1_", "--1", "0x1", "1 2", "99999999999999999999"] {
            let expected = alloc::format!("invalid literal for int() with base 10: '{text}'");
            assert_eq!(integer(text), Err(wrong!("{expected}")));
        }
    }

    #[test]
    fn octals() {
        for (text, number) in [("022", 0o22), ("0o77", 0o77), ("0O7_7", 0o77), (" 7 ", 7), ("-1", -1), ("0o_1", 1)] {
            assert_eq!(octal(text), Some(number), "{text}");
        }
        for text in ["", "8", "0x1", "0o", "o1", "1 1"] {
            assert_eq!(octal(text), None, "{text}");
        }
    }

    #[test]
    fn paths() {
        for (path, expected) in [("a", ""), ("/a", "/"), ("/a/b", "/a"), ("a//b", "a"), ("a/", "a"), ("//a", "//")] {
            assert_eq!(parent(path), expected, "{path}");
        }
        for (path, expected) in
            [("a/../b", "/here/b"), ("/a/./b//c", "/a/b/c"), ("//a", "//a"), ("///a", "/a"), ("/../..", "/")]
        {
            assert_eq!(absolute(path, "/here"), expected, "{path}");
        }
    }
}
