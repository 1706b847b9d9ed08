//! TAI64N time labels, as runit and daemontools write them: eight bytes of seconds and four of nanoseconds, big-endian.
//! Leap seconds are not counted: a label is Unix time plus a constant.
#![forbid(unsafe_code)]

use core::time::Duration;

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

    /// The label of this much later.
    pub fn after(self, span: Duration) -> Label {
        let nanos = self.nanos + span.subsec_nanos();
        let seconds = i64::try_from(span.as_secs()).unwrap_or(i64::MAX).saturating_add((nanos / 1_000_000_000).into());
        Label { unix: self.unix.saturating_add(seconds), nanos: nanos % 1_000_000_000 }
    }

    /// How much later than another this is; nothing if it is not.
    pub fn since(self, earlier: Label) -> Duration {
        let nanos = |label: Label| i128::from(label.unix) * 1_000_000_000 + i128::from(label.nanos);
        Duration::from_nanos(u64::try_from(nanos(self) - nanos(earlier)).unwrap_or(if self > earlier {
            u64::MAX
        } else {
            0
        }))
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

/// A label as a calendar shows it, in UTC.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Civil {
    /// The year; four digits of it are shown.
    pub year: i64,
    /// 1 to 12.
    pub month: u8,
    /// 1 to 31.
    pub day: u8,
    /// 0 to 23.
    pub hour: u8,
    /// 0 to 59.
    pub minute: u8,
    /// 0 to 59.
    pub second: u8,
    /// Microseconds within the second.
    pub micros: u32,
}

const MONTHS: [&[u8; 3]; 12] =
    [b"Jan", b"Feb", b"Mar", b"Apr", b"May", b"Jun", b"Jul", b"Aug", b"Sep", b"Oct", b"Nov", b"Dec"];

/// Days from 0000-03-01, where the computation's years begin, to 1970-01-01.
const DAYS_BEFORE_1970: i64 = 719_468;
/// Days in the 400 years after which the calendar repeats.
const DAYS_OF_ERA: i64 = 146_097;

impl Label {
    /// The date and time of this label. Years begin in March here, so that the leap day is a year's last.
    pub fn civil(self) -> Civil {
        let (days, within) = (self.unix.div_euclid(86400), self.unix.rem_euclid(86400));
        let days = days + DAYS_BEFORE_1970;
        let (era, day) = (days.div_euclid(DAYS_OF_ERA), days.rem_euclid(DAYS_OF_ERA));
        let year = (day - day / 1460 + day / 36524 - day / 146_096) / 365;
        let day = day - (365 * year + year / 4 - year / 100);
        let month = (5 * day + 2) / 153;
        let day = day - (153 * month + 2) / 5 + 1;
        let month = if month < 10 { month + 3 } else { month - 9 };
        Civil {
            year: year + era * 400 + i64::from(month <= 2),
            month: month as u8,
            day: day as u8,
            hour: (within / 3600) as u8,
            minute: (within / 60 % 60) as u8,
            second: (within % 60) as u8,
            micros: self.nanos / 1000,
        }
    }
}

impl Civil {
    /// The label of this date and time; nothing where no calendar has it.
    pub fn label(self) -> Option<Label> {
        let fits = self.hour < 24 && self.minute < 60 && self.second < 60 && self.micros < 1_000_000;
        let year = self.year.checked_sub(i64::from(self.month <= 2))?;
        let (era, year) = (year.div_euclid(400), year.rem_euclid(400));
        let month = (i64::from(self.month) + 9) % 12;
        let day = (153 * month + 2) / 5 + i64::from(self.day) - 1 + year * 365 + year / 4 - year / 100;
        let days = era.checked_mul(DAYS_OF_ERA)?.checked_add(day)? - DAYS_BEFORE_1970;
        let within = i64::from(self.hour) * 3600 + i64::from(self.minute) * 60 + i64::from(self.second);
        let label = Label { unix: days.checked_mul(86400)? + within, nanos: self.micros.checked_mul(1000)? };
        (fits && label.civil() == self).then_some(label)
    }

    /// `2026-11-20_12:40:38.99689`, as `svlogd -tt` stamps lines; with another separator as `-ttt` does.
    pub fn runit(self, separator: u8) -> [u8; 25] {
        let mut text = *b"0000-00-00_00:00:00.00000";
        self.date_and_time(&mut text, separator);
        digits(&mut text[20..], self.micros / 10);
        text
    }

    /// `2026-11-20T12:40:38.996891Z`.
    pub fn rfc3339(self) -> [u8; 27] {
        let mut text = *b"0000-00-00T00:00:00.000000Z";
        self.date_and_time(&mut text, b'T');
        digits(&mut text[20..26], self.micros);
        text
    }

    /// `Nov 20 12:40:38`, as syslog has it.
    pub fn syslog(self) -> [u8; 15] {
        let mut text = *b"Jan  0 00:00:00";
        let month = MONTHS[usize::from(self.month.clamp(1, 12) - 1)];
        text[..3].copy_from_slice(month);
        if self.day < 10 {
            digits(&mut text[5..6], self.day.into());
        } else {
            digits(&mut text[4..6], self.day.into());
        }
        self.time(&mut text[7..]);
        text
    }

    fn date_and_time(self, text: &mut [u8], separator: u8) {
        digits(&mut text[..4], self.year.rem_euclid(10_000) as u32);
        digits(&mut text[5..7], self.month.into());
        digits(&mut text[8..10], self.day.into());
        text[10] = separator;
        self.time(&mut text[11..]);
    }

    fn time(self, text: &mut [u8]) {
        digits(&mut text[..2], self.hour.into());
        digits(&mut text[3..5], self.minute.into());
        digits(&mut text[6..8], self.second.into());
    }
}

/// Fills a place with a number's last digits.
fn digits(place: &mut [u8], mut number: u32) {
    for digit in place.iter_mut().rev() {
        *digit = b'0' + (number % 10) as u8;
        number /= 10;
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

    #[test]
    fn a_calendar_shows_it_in_utc() {
        let civil = LABEL.civil();
        assert_eq!(&civil.runit(b'_'), b"2026-11-20_12:40:38.98349");
        assert_eq!(&civil.runit(b'T'), b"2026-11-20T12:40:38.98349");
        assert_eq!(&civil.rfc3339(), b"2026-11-20T12:40:38.983491Z");
        assert_eq!(&civil.syslog(), b"Nov 20 12:40:38");
    }

    #[test]
    fn a_date_and_its_label_are_one_thing() {
        for unix in (-3_000_000_000..6_000_000_000i64).step_by(7_654_321) {
            let label = Label { unix, nanos: 5000 };
            assert_eq!(label.civil().label(), Some(label));
        }
        let civil = LABEL.civil();
        for wrong in [
            Civil { month: 0, ..civil },
            Civil { month: 13, ..civil },
            Civil { day: 31, ..civil },
            Civil { hour: 24, ..civil },
            Civil { year: i64::MAX, ..civil },
            Civil { year: i64::MIN, month: 1, ..civil },
        ] {
            assert_eq!(wrong.label(), None, "{wrong:?}");
        }
    }

    #[test]
    fn days_that_calendars_get_wrong() {
        for (unix, text) in [
            (0, "1970-01-01T00:00:00"),
            (-1, "1969-12-31T23:59:59"),
            (951_782_399, "2000-02-28T23:59:59"),
            (951_782_400, "2000-02-29T00:00:00"),
            (951_868_800, "2000-03-01T00:00:00"),
            (4_107_542_400, "2100-03-01T00:00:00"),
            (1_735_689_599, "2024-12-31T23:59:59"),
            (1_709_164_800, "2024-02-29T00:00:00"),
        ] {
            let shown = Label { unix, nanos: 0 }.civil().runit(b'T');
            assert_eq!(core::str::from_utf8(&shown[..19]), Ok(text));
        }
        assert_eq!(&Label { unix: 3 * 86400, nanos: 0 }.civil().syslog(), b"Jan  4 00:00:00");
    }
}
