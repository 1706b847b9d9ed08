//! Who goes first: nice levels, classes of disk access, and whom the kernel ends when memory is out.

/// A change of the nice level: `[+-]digits`, none of which are a zero, as in runit.
pub fn nice(text: &[u8]) -> Option<i32> {
    let (sign, digits) = match text {
        [b'-', digits @ ..] => (-1, digits),
        [b'+', digits @ ..] => (1, digits),
        digits => (1, digits),
    };
    let known = digits.iter().all(u8::is_ascii_digit);
    known.then(|| sign * digits.iter().fold(0, |n: i32, d| n.saturating_mul(10).saturating_add((d - b'0').into())))
}

/// How the kernel orders a program's disk access.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DiskAccess {
    /// The kernel's number of the class.
    pub class: u8,
    /// Within the class, 0 goes first and 7 last.
    pub level: u8,
}

/// The level for who does not say, as ionice has it.
const MIDDLE: u8 = 4;

impl DiskAccess {
    /// `realtime`, `best-effort`, `idle` or `none`, and `:0` to `:7` after the first two.
    pub fn parse(text: &str) -> Option<DiskAccess> {
        let (class, level) = text.split_once(':').map_or((text, None), |(class, level)| (class, Some(level)));
        let (class, levels) = match class {
            "none" | "0" => (0, false),
            "realtime" | "1" => (1, true),
            "best-effort" | "2" => (2, true),
            "idle" | "3" => (3, false),
            _ => return None,
        };
        let level = match level.map(str::as_bytes) {
            None if levels => MIDDLE,
            None => 0,
            Some([digit @ b'0'..=b'7']) if levels => digit - b'0',
            Some(_) => return None,
        };
        Some(DiskAccess { class, level })
    }
}

/// How gladly the kernel ends this program when memory is out: -1000 (never) to 1000 (first).
pub fn oom(text: &str) -> Option<i16> {
    text.parse().ok().filter(|score| (-1000..=1000).contains(score))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::Random;
    use alloc::format;
    use alloc::string::{String, ToString};

    #[test]
    fn nice_levels_are_as_in_runit() {
        for (text, level) in [("5", 5), ("+5", 5), ("-3", -3), ("", 0), ("+", 0), ("-", 0), ("4294967296", i32::MAX)] {
            assert_eq!(nice(text.as_bytes()), Some(level), "{text}");
        }
        for text in ["x", "3x", "+-3", " 3"] {
            assert_eq!(nice(text.as_bytes()), None, "{text}");
        }
    }

    #[test]
    fn classes_of_disk_access() {
        let of = |text| DiskAccess::parse(text).map(|access| (access.class, access.level));
        assert_eq!(of("idle"), Some((3, 0)));
        assert_eq!(of("best-effort"), Some((2, 4)));
        assert_eq!(of("best-effort:7"), Some((2, 7)));
        assert_eq!(of("1:0"), Some((1, 0)));
        for text in ["", "idle:1", "best-effort:8", "best-effort:", "none:0", "4", "realtime:+1"] {
            assert_eq!(of(text), None, "{text}");
        }
    }

    #[test]
    fn scores_have_bounds() {
        assert_eq!(oom("-1000"), Some(-1000));
        assert_eq!(oom("1000"), Some(1000));
        for text in ["", "1001", "-1001", "x", "99999999"] {
            assert_eq!(oom(text), None, "{text}");
        }
    }

    #[test]
    fn arbitrary_text_never_panics_and_numbers_round_trip() {
        let mut source = Random::new(19);
        for _ in 0..10_000 {
            let text = source.bytes(b"0123456789+-:idle", 12);
            let words = String::from_utf8_lossy(&text);
            let _ = (nice(&text), DiskAccess::parse(&words), oom(&words));
            let number = source.below(2001) as i32 - 1000;
            assert_eq!(nice(number.to_string().as_bytes()), Some(number));
            assert_eq!(oom(&number.to_string()), i16::try_from(number).ok());
            let (class, level) = (1 + source.below(2) as u8, source.below(8) as u8);
            assert_eq!(DiskAccess::parse(&format!("{class}:{level}")), Some(DiskAccess { class, level }));
        }
    }
}
