//! TAI64N time labels, as runit and daemontools write them: eight bytes of seconds and four of nanoseconds, big-endian.
//! Leap seconds are not counted: a label is Unix time plus a constant.
#![forbid(unsafe_code)]

/// What a label's seconds are above Unix time: 2^62, and the ten seconds that TAI was ahead in 1970.
const EPOCH: u64 = (1 << 62) + 10;

/// A point in time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Label {
    /// Seconds since 1970 UTC.
    pub unix: i64,
    /// Nanoseconds within the second, below 1e9.
    pub nanos: u32,
}

impl Label {
    /// The label as runit's programs would have stamped it. They read the clock in microseconds and write its
    /// nanoseconds as `1000 * usec + 500`; a tool that compares the last digits sees what it always saw.
    pub fn from_clock(unix: i64, nanos: u32) -> Label {
        Label { unix, nanos: nanos / 1000 * 1000 + 500 }
    }

    /// The twelve bytes of a status file.
    pub fn pack(self) -> [u8; 12] {
        let mut bytes = [0; 12];
        bytes[..8].copy_from_slice(&EPOCH.wrapping_add_signed(self.unix).to_be_bytes());
        bytes[8..].copy_from_slice(&self.nanos.to_be_bytes());
        bytes
    }

    /// What twelve bytes say. Nanoseconds that no clock shows make it no label.
    pub fn unpack(bytes: [u8; 12]) -> Option<Label> {
        let [a, b, c, d, e, f, g, h, nanos @ ..] = bytes;
        let unix = u64::from_be_bytes([a, b, c, d, e, f, g, h]).wrapping_sub(EPOCH) as i64;
        let nanos = u32::from_be_bytes(nanos);
        (nanos < 1_000_000_000).then_some(Label { unix, nanos })
    }

    /// `@` and 24 hex digits: the name of a rotated log, the stamp of a line.
    pub fn text(self) -> [u8; 25] {
        let mut text = [b'@'; 25];
        for (pair, byte) in text[1..].chunks_exact_mut(2).zip(self.pack()) {
            pair.copy_from_slice(&[HEX[usize::from(byte >> 4)], HEX[usize::from(byte & 15)]]);
        }
        text
    }

    /// What `@` and 24 hex digits say.
    pub fn parse(text: &[u8]) -> Option<Label> {
        let digits = text.strip_prefix(b"@").filter(|digits| digits.len() == 24)?;
        let mut bytes = [0; 12];
        for (byte, pair) in bytes.iter_mut().zip(digits.chunks_exact(2)) {
            *byte = value(pair[0])? << 4 | value(pair[1])?;
        }
        Label::unpack(bytes)
    }
}

const HEX: &[u8; 16] = b"0123456789abcdef";

fn value(digit: u8) -> Option<u8> {
    HEX.iter().position(|hex| *hex == digit.to_ascii_lowercase()).map(|at| at as u8)
}

#[cfg(test)]
mod tests {
    use super::*;

    // 2026-11-20 12:40:38 UTC, as the original wrote it.
    const TEXT: &[u8; 25] = b"@400000006b003fd03a9ee3ac";
    const LABEL: Label = Label { unix: 1_795_178_438, nanos: 983_491_500 };

    #[test]
    fn text_and_label_are_one_thing() {
        assert_eq!(LABEL.text(), *TEXT);
        assert_eq!(Label::parse(TEXT), Some(LABEL));
    }

    #[test]
    fn what_is_no_label_is_refused() {
        for text in ["", "@", "400000006b003fd03a9ee3ac", "@400000006b003fd03a9ee3a", "@400000006b003fd0ffffffff"] {
            assert_eq!(Label::parse(text.as_bytes()), None, "{text}");
        }
    }

    #[test]
    fn nanoseconds_are_runits() {
        assert_eq!(Label::from_clock(0, 123_456_789).nanos, 123_456_500);
        assert!(Label::from_clock(0, 999_999_999).nanos < 1_000_000_000);
    }

    #[test]
    fn times_before_1970_survive() {
        let label = Label { unix: -1, nanos: 0 };
        assert_eq!(Label::unpack(label.pack()), Some(label));
    }
}
