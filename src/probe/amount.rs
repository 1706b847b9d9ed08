//! Numbers with decimals, per cent, limits on a count, ranges of sizes.

use crate::span::{self, Size};
use core::fmt;

/// A number in thousandths.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Decimal(pub u64);

/// Per cent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Percent(pub Decimal);

/// What a count shall stay below.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Limit {
    /// So many.
    Count(u64),
    /// This part of what is allowed.
    Part(Percent),
}

/// From this size to that one, both included.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Sizes {
    least: u64,
    most: Option<u64>,
}

/// What is wrong with a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wrong {
    /// It is no number, or more than can be counted.
    Number,
    /// It has more decimals than are looked at.
    Decimals,
    /// A `%` is missing at its end.
    Percent,
    /// It is no size.
    Size(span::Wrong),
    /// A range ends before it begins.
    Backwards,
}

/// Digits behind the point.
const DECIMALS: usize = 3;

impl Decimal {
    /// `4`, `0.75`.
    pub fn parse(text: &[u8]) -> Result<Decimal, Wrong> {
        let point = text.iter().position(|byte| *byte == b'.');
        let (whole, decimals) = match point {
            Some(at) => (text.get(..at).unwrap_or_default(), text.get(at + 1..).unwrap_or_default()),
            None => (text, &b"0"[..]),
        };
        if decimals.len() > DECIMALS {
            return Err(Wrong::Decimals);
        }
        let missing = DECIMALS.saturating_sub(decimals.len()) as u32;
        let decimals = integer(decimals)?.saturating_mul(10_u64.saturating_pow(missing));
        let whole = integer(whole)?.checked_mul(1000).ok_or(Wrong::Number)?;
        whole.checked_add(decimals).map(Decimal).ok_or(Wrong::Number)
    }

    /// A number over another; over nothing it is nothing.
    pub fn over(self, parts: u64) -> Decimal {
        Decimal(self.0.checked_div(parts).unwrap_or(0))
    }
}

/// Digits, at least one.
pub fn integer(text: &[u8]) -> Result<u64, Wrong> {
    let digits = core::str::from_utf8(text).ok().filter(|text| text.bytes().all(|byte| byte.is_ascii_digit()));
    digits.and_then(|digits| digits.parse().ok()).ok_or(Wrong::Number)
}

impl Percent {
    /// `80%`.
    pub fn parse(text: &[u8]) -> Result<Percent, Wrong> {
        Decimal::parse(text.strip_suffix(b"%").ok_or(Wrong::Percent)?).map(Percent)
    }

    /// How much a part is of the whole, in tenths of a per cent; of nothing it is nothing.
    pub fn of(part: u64, whole: u64) -> Percent {
        let tenths = u128::from(part).saturating_mul(1000).checked_div(whole.into()).unwrap_or(0);
        Percent(Decimal(u64::try_from(tenths.saturating_mul(100)).unwrap_or(u64::MAX)))
    }
}

impl Limit {
    /// `500` or `80%`.
    pub fn parse(text: &[u8]) -> Result<Limit, Wrong> {
        if text.ends_with(b"%") { Percent::parse(text).map(Limit::Part) } else { integer(text).map(Limit::Count) }
    }
}

impl Sizes {
    /// `4k`, `1k-`, `-10m`, `1k-10m`.
    pub fn parse(text: &[u8]) -> Result<Sizes, Wrong> {
        let size = |text: &[u8]| span::size(text).map_err(Wrong::Size);
        let (least, most) = match text.iter().position(|byte| *byte == b'-') {
            None => (size(text)?, Some(size(text)?)),
            Some(at) => {
                let (least, most) = (text.get(..at).unwrap_or_default(), text.get(at + 1..).unwrap_or_default());
                let most = if most.is_empty() && at > 0 { None } else { Some(size(most)?) };
                (if least.is_empty() { 0 } else { size(least)? }, most)
            }
        };
        if most.is_some_and(|most| most < least) { Err(Wrong::Backwards) } else { Ok(Sizes { least, most }) }
    }

    /// Whether a size is in the range.
    pub fn has(self, size: u64) -> bool {
        self.least <= size && self.most.is_none_or(|most| size <= most)
    }
}

impl fmt::Display for Decimal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (whole, part) = (self.0 / 1000, self.0 % 1000);
        match part {
            0 => write!(f, "{whole}"),
            _ if part % 100 == 0 => write!(f, "{whole}.{}", part / 100),
            _ if part % 10 == 0 => write!(f, "{whole}.{:02}", part / 10),
            _ => write!(f, "{whole}.{part:03}"),
        }
    }
}

impl fmt::Display for Percent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}%", self.0)
    }
}

impl fmt::Display for Limit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Limit::Count(number) => number.fmt(f),
            Limit::Part(part) => part.fmt(f),
        }
    }
}

impl fmt::Display for Sizes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.most {
            Some(most) if most == self.least => Size(most).fmt(f),
            Some(most) => write!(f, "{}-{}", Size(self.least), Size(most)),
            None => write!(f, "{}-", Size(self.least)),
        }
    }
}

impl fmt::Display for Wrong {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Wrong::Number => f.write_str("is not a number that can be counted with"),
            Wrong::Decimals => write!(f, "has more than {DECIMALS} decimals"),
            Wrong::Percent => f.write_str("does not end with %"),
            Wrong::Size(wrong) => wrong.fmt(f),
            Wrong::Backwards => f.write_str("ends before it begins"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::Random;
    use alloc::string::ToString;

    #[test]
    fn decimals_show_as_they_read() {
        for (text, thousandths) in [("4", 4000), ("0.75", 750), ("0.7", 700), ("1.005", 1005), ("0", 0)] {
            assert_eq!(Decimal::parse(text.as_bytes()), Ok(Decimal(thousandths)), "{text}");
            assert_eq!(Decimal(thousandths).to_string(), text);
        }
        assert_eq!(Decimal::parse(b"0.1234"), Err(Wrong::Decimals));
        for text in ["", ".", "1.", ".5", "-1", "+1", "1e3", "x", "1.x", "99999999999999999999"] {
            assert_eq!(Decimal::parse(text.as_bytes()), Err(Wrong::Number), "{text}");
        }
    }

    #[test]
    fn a_part_is_never_shown_as_more_than_it_is() {
        assert_eq!(Percent::of(1, 3).to_string(), "33.3%");
        assert_eq!(Percent::of(7999, 10_000).to_string(), "79.9%");
        assert!(Percent::of(7999, 10_000) < Percent::parse(b"80%").unwrap());
        assert_eq!(Percent::of(5, 2).to_string(), "250%");
        assert_eq!(Percent::of(5, 0).to_string(), "0%");
        assert_eq!(Percent::of(u64::MAX, u64::MAX).to_string(), "100%");
        assert_eq!(Percent::parse(b"80"), Err(Wrong::Percent));
    }

    #[test]
    fn a_limit_is_a_number_or_a_part() {
        assert_eq!(Limit::parse(b"500"), Ok(Limit::Count(500)));
        assert_eq!(Limit::parse(b"80%"), Ok(Limit::Part(Percent(Decimal(80_000)))));
        assert_eq!(Limit::parse(b"5.5"), Err(Wrong::Number));
        assert_eq!(Limit::parse(b"%"), Err(Wrong::Number));
    }

    #[test]
    fn a_range_of_sizes_may_be_open() {
        let has = |text: &str, size| Sizes::parse(text.as_bytes()).unwrap().has(size);
        assert!(has("4k", 4096) && !has("4k", 4095) && !has("4k", 4097));
        assert!(has("1k-", 1024) && has("1k-", u64::MAX) && !has("1k-", 1023));
        assert!(has("-1k", 0) && has("-1k", 1024) && !has("-1k", 1025));
        assert!(has("1-2", 2) && !has("1-2", 3));
        assert_eq!(Sizes::parse(b"2-1"), Err(Wrong::Backwards));
        for text in ["", "-", "x-", "1-x", "1-2-3"] {
            assert!(matches!(Sizes::parse(text.as_bytes()), Err(Wrong::Size(_))), "{text}");
        }
        for text in ["4k", "1k-", "0-1k", "1-2"] {
            assert_eq!(Sizes::parse(text.as_bytes()).unwrap().to_string(), text);
        }
    }

    #[test]
    fn arbitrary_text_never_panics() {
        let mut source = Random::new(11);
        for _ in 0..20_000 {
            let text = source.bytes(b"0123456789.%-km", 24);
            let _ = (Decimal::parse(&text), Percent::parse(&text), Limit::parse(&text), Sizes::parse(&text));
        }
    }
}
