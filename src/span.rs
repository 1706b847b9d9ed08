//! Spans of time (`500ms 10s 5m 2h 1d`, a bare number is seconds) and sizes (`64k 10m 2g 1t`, a bare number is
//! bytes), as every file and every option of ours has them. What is shown reads back as what it was.
#![forbid(unsafe_code)]

use core::fmt;
use core::time::Duration;

/// A span, to be shown. What is below a millisecond is not.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Span(pub Duration);

/// A number of bytes, to be shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Size(pub u64);

/// What is wrong with a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wrong {
    /// It does not begin with a number.
    Number,
    /// What follows the number is none of these units.
    Unit(Units),
    /// It is more than can be counted.
    TooMuch,
}

/// The units of one kind of number, each with what it is worth, the smallest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Units {
    /// What they measure.
    of: &'static str,
    list: &'static [(&'static str, u64)],
    /// What a number without any is counted in.
    bare: u64,
}

/// In milliseconds.
const TIME: Units = Units {
    of: "time",
    list: &[("ms", 1), ("s", 1000), ("m", 60_000), ("h", 3_600_000), ("d", 86_400_000)],
    bare: 1000,
};

/// In bytes.
const BYTES: Units =
    Units { of: "size", list: &[("k", 1 << 10), ("m", 1 << 20), ("g", 1 << 30), ("t", 1 << 40)], bare: 1 };

/// What a text says of time.
pub fn duration(text: &[u8]) -> Result<Duration, Wrong> {
    TIME.parse(text).map(Duration::from_millis)
}

/// What a text says of bytes.
pub fn size(text: &[u8]) -> Result<u64, Wrong> {
    BYTES.parse(text)
}

impl Units {
    fn parse(self, text: &[u8]) -> Result<u64, Wrong> {
        let digits = text.iter().take_while(|byte| byte.is_ascii_digit()).count();
        let (number, unit) = text.split_at(digits);
        if number.is_empty() {
            return Err(Wrong::Number);
        }
        let worth = self.worth(unit).ok_or(Wrong::Unit(self))?;
        let add = |sum: u64, digit: &u8| sum.checked_mul(10)?.checked_add(u64::from(digit.wrapping_sub(b'0')));
        number.iter().try_fold(0, add).and_then(|number| number.checked_mul(worth)).ok_or(Wrong::TooMuch)
    }

    fn worth(self, unit: &[u8]) -> Option<u64> {
        let known = self.list.iter().find(|(name, _)| name.as_bytes().eq_ignore_ascii_case(unit));
        known.map(|(_, worth)| *worth).or(unit.is_empty().then_some(self.bare))
    }

    /// In the largest unit that needs no fraction.
    fn show(self, number: u64, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let fits = |worth: u64| number != 0 && number % worth == 0;
        match self.list.iter().rev().find(|(_, worth)| fits(*worth)) {
            Some((unit, worth)) => write!(f, "{}{unit}", number / worth),
            None => write!(f, "{number}"),
        }
    }
}

impl fmt::Display for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        TIME.show(u64::try_from(self.0.as_millis()).unwrap_or(u64::MAX), f)
    }
}

impl fmt::Display for Size {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        BYTES.show(self.0, f)
    }
}

impl fmt::Display for Units {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, (unit, _)) in self.list.iter().enumerate() {
            write!(f, "{}{unit}", if at == 0 { "" } else { " " })?;
        }
        Ok(())
    }
}

impl fmt::Display for Wrong {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Wrong::Number => f.write_str("does not begin with a number"),
            Wrong::Unit(units) => write!(f, "ends in no unit of {} ({units})", units.of),
            Wrong::TooMuch => f.write_str("is too large"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::Random;
    use alloc::string::ToString;

    #[test]
    fn spans_have_units_and_are_seconds_without() {
        let expected = [("500ms", 500), ("10s", 10_000), ("5m", 300_000), ("2h", 7_200_000), ("1d", 86_400_000)];
        for (text, millis) in expected {
            assert_eq!(duration(text.as_bytes()), Ok(Duration::from_millis(millis)), "{text}");
            assert_eq!(Span(Duration::from_millis(millis)).to_string(), text);
        }
        assert_eq!(duration(b"90"), Ok(Duration::from_secs(90)));
        assert_eq!(duration(b"2H"), duration(b"2h"));
        assert_eq!(duration(b"0"), Ok(Duration::ZERO));
    }

    #[test]
    fn a_span_shows_in_the_largest_unit_that_fits() {
        for (millis, text) in [(0, "0"), (90_000, "90s"), (60_000, "1m"), (1500, "1500ms"), (3_660_000, "61m")] {
            assert_eq!(Span(Duration::from_millis(millis)).to_string(), text);
        }
        assert_eq!(Span(Duration::MAX).to_string(), "18446744073709551615ms", "the most that there is to say");
    }

    #[test]
    fn sizes_count_in_1024() {
        for (text, bytes) in [("64k", 65_536), ("10m", 10 << 20), ("2g", 2 << 30), ("1t", 1 << 40), ("100", 100)] {
            assert_eq!(size(text.as_bytes()), Ok(bytes), "{text}");
            assert_eq!(Size(bytes).to_string(), text);
        }
        assert_eq!(size(b"2G"), Ok(2 << 30));
    }

    #[test]
    fn an_error_names_what_is_wrong() {
        for text in ["", "s", "-1s", " 1s", "+1", "1.5s x"] {
            let wrong = duration(text.as_bytes());
            assert!(wrong.is_err(), "{text}");
        }
        assert_eq!(duration(b"ten").map_err(|e| e.to_string()), Err("does not begin with a number".into()));
        assert_eq!(duration(b"10x").map_err(|e| e.to_string()), Err("ends in no unit of time (ms s m h d)".into()));
        assert_eq!(size(b"10kb").map_err(|e| e.to_string()), Err("ends in no unit of size (k m g t)".into()));
        assert_eq!(size(b"99999999999g").map_err(|e| e.to_string()), Err("is too large".into()));
        assert_eq!(duration(b"99999999999999999999"), Err(Wrong::TooMuch));
    }

    #[test]
    fn arbitrary_text_never_panics_and_what_is_shown_reads_back() {
        let mut source = Random::new(7);
        for _ in 0..20_000 {
            let text = source.bytes(b"0123456789msmhdkgt.", 24);
            let (_, _) = (duration(&text), size(&text));
            let number = source.number(u64::MAX);
            let span = Duration::from_millis(number >> (number % 60));
            assert_eq!(duration(Span(span).to_string().as_bytes()), Ok(span));
            let bytes = number >> (number % 60) << (number % 41);
            assert_eq!(size(Size(bytes).to_string().as_bytes()), Ok(bytes));
        }
    }
}
