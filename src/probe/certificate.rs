//! From when until when a certificate (X.509, in DER) is valid. That stands at a fixed place, four levels deep, so it is
//! read without understanding the rest:
//!
//! ```text
//! SEQUENCE {                     the certificate
//!   SEQUENCE {                   what is signed
//!     [0] version                may be missing
//!     INTEGER serial number, SEQUENCE algorithm, SEQUENCE issuer
//!     SEQUENCE { time, time }    not before, not after
//! ```

use super::Verdict;
use crate::span::Span;
use crate::tai64::{Civil, Label};
use alloc::format;
use alloc::string::String;
use core::time::Duration;

/// From when until when a certificate is valid.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Validity {
    /// Not before.
    pub from: Label,
    /// Not after.
    pub until: Label,
}

const INTEGER: u8 = 0x02;
const SEQUENCE: u8 = 0x30;
const VERSION: u8 = 0xa0;
/// `YYMMDDHHMMSSZ`, of the years 1950 to 2049.
const SHORT_TIME: u8 = 0x17;
/// `YYYYMMDDHHMMSSZ`.
const LONG_TIME: u8 = 0x18;

impl Validity {
    /// Reads it out of a certificate.
    pub fn of(certificate: &[u8]) -> Option<Validity> {
        let signed = value(value(certificate, SEQUENCE)?.0, SEQUENCE)?.0;
        let rest = value(signed, VERSION).map_or(signed, |(_, rest)| rest);
        let rest = [INTEGER, SEQUENCE, SEQUENCE].into_iter().try_fold(rest, |rest, tag| Some(value(rest, tag)?.1))?;
        let times = value(rest, SEQUENCE)?.0;
        let (from, times) = time(times)?;
        Some(Validity { from, until: time(times)?.0 })
    }

    /// Whether it is valid, and for so long yet.
    pub fn judge(self, now: Label, wanted: Duration) -> Verdict {
        let Validity { from, until } = self;
        if now < from {
            return Verdict::Ill(format!("not valid before {}", day(from)));
        }
        if until < now {
            return Verdict::Ill(format!("expired on {}", day(until)));
        }
        let seconds = u64::try_from(until.unix.saturating_sub(now.unix)).unwrap_or(0);
        let left = match seconds {
            ..DAY => Span(Duration::from_secs(seconds)),
            _ => Span(Duration::from_secs(seconds / DAY * DAY)),
        };
        let words = format!("{left} left (until {}), {} wanted", day(until), Span(wanted));
        Verdict::when(now.after(wanted) <= until, words)
    }
}

const DAY: u64 = 86_400;

/// `2026-11-20T12:40:38Z`.
fn day(label: Label) -> String {
    let text = label.civil().rfc3339();
    let seconds = text.get(..19).and_then(|text| core::str::from_utf8(text).ok());
    format!("{}Z", seconds.unwrap_or_default())
}

/// A value with this tag, and what follows it.
fn value(bytes: &[u8], tag: u8) -> Option<(&[u8], &[u8])> {
    let [found, first, rest @ ..] = bytes else { return None };
    let (length, rest) = match *first {
        short @ ..0x80 => (usize::from(short), rest),
        // How many bytes of length follow; one with more than four is none.
        long => {
            let count = usize::from(long & 0x7f);
            let digits = rest.get(..count).filter(|digits| (1..=4).contains(&digits.len()))?;
            let length = digits.iter().fold(0, |sum: u64, digit| sum << 8 | u64::from(*digit));
            (usize::try_from(length).ok()?, rest.get(count..)?)
        }
    };
    (*found == tag).then_some(())?;
    Some((rest.get(..length)?, rest.get(length..)?))
}

/// A time, and what follows it.
fn time(bytes: &[u8]) -> Option<(Label, &[u8])> {
    let short = value(bytes, SHORT_TIME).map(|(text, rest)| (text, rest, 2));
    let (text, rest, years) = short.or_else(|| value(bytes, LONG_TIME).map(|(text, rest)| (text, rest, 4)))?;
    let digits = text.strip_suffix(b"Z").filter(|digits| digits.len() == years + 10)?;
    let (year, parts) = digits.split_at(years);
    let year: u16 = number(year)?;
    let mut parts = parts.chunks_exact(2).map(number);
    let mut next = || parts.next().flatten();
    let civil = Civil {
        year: match (years, year) {
            (2, ..50) => i64::from(year) + 2000,
            (2, _) => i64::from(year) + 1900,
            _ => year.into(),
        },
        month: next()?,
        day: next()?,
        hour: next()?,
        minute: next()?,
        second: next()?,
        micros: 0,
    };
    Some((civil.label()?, rest))
}

fn number<T: core::str::FromStr>(digits: &[u8]) -> Option<T> {
    core::str::from_utf8(digits).ok().filter(|_| digits.iter().all(u8::is_ascii_digit))?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::vec::Vec;

    fn tagged(tag: u8, content: &[u8]) -> Vec<u8> {
        let length = content.len();
        let head = match length {
            ..0x80 => Vec::from([tag, length as u8]),
            0x80..0x100 => Vec::from([tag, 0x81, length as u8]),
            _ => Vec::from([tag, 0x82, (length >> 8) as u8, length as u8]),
        };
        [head, content.to_vec()].concat()
    }

    fn certificate(version: bool, issuer: usize, from: (u8, &str), until: (u8, &str)) -> Vec<u8> {
        let version = if version { tagged(VERSION, &tagged(INTEGER, &[2])) } else { Vec::new() };
        let times = [tagged(from.0, from.1.as_bytes()), tagged(until.0, until.1.as_bytes())].concat();
        let signed = [
            version,
            tagged(INTEGER, &[7; 20]),
            tagged(SEQUENCE, b"algorithm"),
            tagged(SEQUENCE, &[b'i'; 1000][..issuer]),
            tagged(SEQUENCE, &times),
            tagged(SEQUENCE, b"subject"),
        ];
        tagged(SEQUENCE, &[tagged(SEQUENCE, &signed.concat()), tagged(SEQUENCE, b"signed")].concat())
    }

    fn days(of: &[u8]) -> Option<(String, String)> {
        Validity::of(of).map(|validity| (day(validity.from), day(validity.until)))
    }

    #[test]
    fn every_form() {
        let short = (SHORT_TIME, "261120124038Z");
        let expected = Some(("2026-11-20T12:40:38Z".into(), "2126-01-01T00:00:00Z".into()));
        for (version, issuer) in [(true, 10), (false, 10), (true, 200), (true, 1000)] {
            assert_eq!(days(&certificate(version, issuer, short, (LONG_TIME, "21260101000000Z"))), expected);
        }
        let old = certificate(true, 9, (SHORT_TIME, "500101000000Z"), (SHORT_TIME, "491231235959Z"));
        assert_eq!(days(&old), Some(("1950-01-01T00:00:00Z".into(), "2049-12-31T23:59:59Z".into())));
    }

    #[test]
    fn what_is_no_time_is_none() {
        let good = (SHORT_TIME, "261120124038Z");
        for wrong in [
            (SHORT_TIME, "261320124038Z"),
            (SHORT_TIME, "2611201240Z"),
            (SHORT_TIME, "261120124038"),
            (LONG_TIME, "261120124038Z"),
            (LONG_TIME, "+0261120124038Z"),
            (0x19, "261120124038Z"),
        ] {
            assert_eq!(Validity::of(&certificate(true, 9, good, wrong)), None, "{wrong:?}");
        }
        let whole = certificate(true, 9, good, good);
        assert_eq!((0..60).find_map(|length| Validity::of(&whole[..length])), None);
    }

    #[test]
    fn how_much_is_left() {
        let at = |unix| Label { unix, nanos: 0 };
        let validity = Validity { from: at(0), until: at(20 * 86_400) };
        let days = |days: u64| Duration::from_secs(days * 86_400);
        let until = "(until 1970-01-21T00:00:00Z)";
        assert_eq!(validity.judge(at(0), days(14)), Verdict::Well(format!("20d left {until}, 14d wanted")));
        assert_eq!(validity.judge(at(6 * 86_400), days(14)), Verdict::Well(format!("14d left {until}, 14d wanted")));
        assert_eq!(validity.judge(at(6 * 86_400 + 1), days(14)), Verdict::Ill(format!("13d left {until}, 14d wanted")));
        assert_eq!(validity.judge(at(20 * 86_400 - 90), days(0)), Verdict::Well(format!("90s left {until}, 0 wanted")));
        assert_eq!(
            validity.judge(at(20 * 86_400 + 1), days(0)),
            Verdict::Ill("expired on 1970-01-21T00:00:00Z".into())
        );
        assert_eq!(validity.judge(at(-1), days(0)), Verdict::Ill("not valid before 1970-01-01T00:00:00Z".into()));
    }

    #[test]
    fn no_byte_makes_it_panic() {
        let good = (SHORT_TIME, "261120124038Z");
        let whole = certificate(true, 200, good, good);
        for place in 0..whole.len() {
            for byte in 0..=0xff {
                let mut bytes = whole.clone();
                bytes[place] = byte;
                let _ = Validity::of(&bytes);
            }
        }
    }
}
