//! Which status codes are well: `200-299,301`.

use alloc::vec::Vec;
use core::fmt;
use core::ops::RangeInclusive;

/// Ranges of codes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Codes(Vec<RangeInclusive<u16>>);

/// It is no list of codes from 100 to 599.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Wrong;

impl Codes {
    /// Reads them.
    pub fn parse(text: &[u8]) -> Result<Codes, Wrong> {
        text.split(|byte| *byte == b',').map(range).collect::<Option<_>>().map(Codes).ok_or(Wrong)
    }

    /// Whether a code is one of them.
    pub fn has(&self, code: u16) -> bool {
        self.0.iter().any(|range| range.contains(&code))
    }
}

/// What says that all is well, unless told otherwise.
impl Default for Codes {
    fn default() -> Codes {
        Codes([200..=299].into())
    }
}

fn range(text: &[u8]) -> Option<RangeInclusive<u16>> {
    let mut ends = text.splitn(2, |byte| *byte == b'-').map(code);
    let first = ends.next()??;
    let last = ends.next().unwrap_or(Some(first))?;
    (first <= last).then_some(first..=last)
}

fn code(text: &[u8]) -> Option<u16> {
    let code = core::str::from_utf8(text).ok().filter(|text| text.bytes().all(|byte| byte.is_ascii_digit()))?;
    code.parse().ok().filter(|code| (100..=599).contains(code))
}

impl fmt::Display for Codes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, range) in self.0.iter().enumerate() {
            let comma = if at == 0 { "" } else { "," };
            match (range.start(), range.end()) {
                (first, last) if first == last => write!(f, "{comma}{first}")?,
                (first, last) => write!(f, "{comma}{first}-{last}")?,
            }
        }
        Ok(())
    }
}

impl fmt::Display for Wrong {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("is not a list of codes from 100 to 599, such as 200-299,404")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::string::ToString;

    #[test]
    fn ranges_and_single_codes() {
        let codes = Codes::parse(b"200-299,301,404-404").unwrap();
        assert!(codes.has(200) && codes.has(299) && codes.has(301) && codes.has(404));
        assert!(!codes.has(199) && !codes.has(300) && !codes.has(302));
        assert_eq!(codes.to_string(), "200-299,301,404");
        assert_eq!(Codes::default().to_string(), "200-299");
        for text in ["", "200,", "99", "600", "299-200", "200-", "-200", "2xx", "200-299-300", "+200"] {
            assert_eq!(Codes::parse(text.as_bytes()), Err(Wrong), "{text}");
        }
    }
}
