//! When a line was written, as the line itself tells.

use crate::tai64::{Civil, Label};

/// What a line begins with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stamp {
    /// A time, and the text from this place on.
    Before(Label, usize),
    /// It is an object of the logger's with a time in it.
    Within(Label),
}

/// What an object of the logger's begins with.
const OBJECT: &[u8] = b"{\"time\":\"";
/// `2026-11-20T12:40:38`.
const SECONDS: usize = 19;
/// How many digits of a second the calendar stamps of loggers have.
const DIGITS: usize = 5;

impl Stamp {
    /// The stamp of a line, if it has one: `@` and 24 digits, date and time in UTC as `svlogd` writes them or with a
    /// `Z` at their end, or a JSON object of ours.
    pub fn of(line: &[u8]) -> Option<Stamp> {
        match line {
            [b'@', ..] => {
                let label = Label::parse(line.get(..25)?)?;
                end(line, 25).map(|text| Stamp::Before(label, text))
            }
            [b'{', ..] => {
                let (label, length) = calendar(line.strip_prefix(OBJECT)?)?;
                (line.get(OBJECT.len() + length) == Some(&b'"')).then_some(Stamp::Within(label))
            }
            _ => {
                let (label, length) = calendar(line)?;
                end(line, length).map(|text| Stamp::Before(label, text))
            }
        }
    }

    /// The time.
    pub fn label(self) -> Label {
        match self {
            Stamp::Before(label, _) | Stamp::Within(label) => label,
        }
    }

    /// The part of its line that the service wrote.
    pub fn text(self, line: &[u8]) -> &[u8] {
        match self {
            Stamp::Before(_, from) => line.get(from..).unwrap_or_default(),
            Stamp::Within(_) => line,
        }
    }
}

/// Where the text begins behind a stamp of this length: after one blank. A line may be nothing but a stamp.
fn end(line: &[u8], length: usize) -> Option<usize> {
    match line.get(length) {
        Some(b' ') => Some(length + 1),
        Some(_) => None,
        None => Some(length),
    }
}

/// A date and a time in UTC, and their length: five digits of a second without a `Z`, any number with one. Other times
/// without a zone are a service's own and in whatever zone it likes.
fn calendar(text: &[u8]) -> Option<(Label, usize)> {
    let separator = *text.get(10)?;
    let shape = text.get(..SECONDS)?;
    let fits = |pair: (&u8, &u8)| if *pair.0 == b'0' { pair.1.is_ascii_digit() } else { pair.0 == pair.1 };
    let wanted = [&b"0000-00-00"[..], &[separator], b"00:00:00"].concat();
    if !matches!(separator, b'_' | b'T') || !wanted.iter().zip(shape).all(fits) {
        return None;
    }
    let number = |from: usize, to: usize| shape.get(from..to).map_or(0, decimal);
    let (micros, length) = fraction(text.get(SECONDS..).unwrap_or_default())?;
    let civil = Civil {
        year: number(0, 4).into(),
        month: number(5, 7) as u8,
        day: number(8, 10) as u8,
        hour: number(11, 13) as u8,
        minute: number(14, 16) as u8,
        second: number(17, 19) as u8,
        micros,
    };
    Some((civil.label()?, SECONDS + length))
}

/// What follows the seconds, and its length.
fn fraction(text: &[u8]) -> Option<(u32, usize)> {
    let digits = text.strip_prefix(b".").unwrap_or_default();
    let count = digits.iter().take_while(|byte| byte.is_ascii_digit()).count();
    let length = if count == 0 { 0 } else { count + 1 };
    let zulu = text.get(length) == Some(&b'Z');
    if !zulu && count != DIGITS || count > 9 {
        return None;
    }
    let micros = (0..6).fold(0, |sum, at| sum * 10 + digits.get(at).filter(|_| at < count).map_or(0, digit));
    Some((micros, length + usize::from(zulu)))
}

fn decimal(digits: &[u8]) -> u32 {
    digits.iter().fold(0, |sum, byte| sum * 10 + digit(byte))
}

fn digit(byte: &u8) -> u32 {
    byte.wrapping_sub(b'0').into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::Random;
    use alloc::vec::Vec;

    const UNIX: i64 = 1_795_178_438;

    fn read(line: &str) -> Option<(i64, u32, &str)> {
        let stamp = Stamp::of(line.as_bytes())?;
        let text = core::str::from_utf8(stamp.text(line.as_bytes())).unwrap();
        Some((stamp.label().unix, stamp.label().nanos, text))
    }

    #[test]
    fn every_stamp_that_we_write_is_read() {
        assert_eq!(read("@400000006b003fd03a9ee3ac hello  you"), Some((UNIX, 983_491_500, "hello  you")));
        assert_eq!(read("2026-11-20_12:40:38.98349 hello"), Some((UNIX, 983_490_000, "hello")));
        assert_eq!(read("2026-11-20T12:40:38.98349 hello"), Some((UNIX, 983_490_000, "hello")));
        assert_eq!(read("2026-11-20T12:40:38.98349 "), Some((UNIX, 983_490_000, "")));
        assert_eq!(read("2026-11-20_12:40:38.98349"), Some((UNIX, 983_490_000, "")));
        let object = r#"{"time":"2026-11-20T12:40:38.983491Z","service":"web","line":"x"}"#;
        assert_eq!(read(object), Some((UNIX, 983_491_000, object)));
    }

    #[test]
    fn what_says_that_it_is_utc_is_believed() {
        assert_eq!(read("2026-11-20T12:40:38Z x"), Some((UNIX, 0, "x")));
        assert_eq!(read("2026-11-20T12:40:38.5Z x"), Some((UNIX, 500_000_000, "x")));
        assert_eq!(read("2026-11-20T12:40:38.983491500Z x"), Some((UNIX, 983_491_000, "x")));
    }

    #[test]
    fn what_is_no_stamp_is_text() {
        for line in [
            "",
            "@",
            "hello",
            "@400000006b003fd03a9ee3ac:hello",
            "@400000006b003fd0ffffffff x",
            "2026-11-20 12:40:38.98349 x",
            "2026-11-20T12:40:38 x",
            "2026-11-20T12:40:38.983 x",
            "2026-11-20T12:40:38.98349+01:00 x",
            "2026-13-20_12:40:38.98349 x",
            "2026-02-30_12:40:38.98349 x",
            "2026-11-20_24:40:38.98349 x",
            "{\"time\":\"now\"}",
            "{}",
        ] {
            assert_eq!(read(line), None, "{line:?}");
        }
    }

    #[test]
    fn any_line_is_a_line() {
        let mut random = Random::new(5);
        let seeds =
            ["@400000006b003fd03a9ee3ac x", "2026-11-20_12:40:38.98349 x", "{\"time\":\"2026-11-20T12:40:38Z\"}"];
        for _ in 0..20_000 {
            let mut line: Vec<u8> = seeds[random.below(3)].into();
            for _ in 0..random.below(3) {
                let at = random.below(line.len());
                line[at] = [b'0', b'9', b' ', b'Z', b'.', 0xff][random.below(6)];
            }
            line.truncate(random.below(line.len() + 1));
            if let Some(stamp) = Stamp::of(&line) {
                let _ = stamp.text(&line);
            }
        }
    }
}
