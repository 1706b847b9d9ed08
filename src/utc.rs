//! The calendar: what a label reads in UTC.
#![forbid(unsafe_code)]

use crate::tai64::Label;
use core::fmt;

/// A point in time as people write it, to the microsecond. It shows as RFC 3339 has it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Utc {
    year: u16,
    month: u8,
    day: u8,
    second_of_day: u32,
    micros: u32,
}

const DAY: i64 = 86_400;

/// Days from 1 March of the year 0 to 1 January 1970. Years are counted from March, so that a leap day is the last.
const TO_1970: i64 = 719_468;

/// Days in 400 years, after which the calendar repeats itself.
const ERA: i64 = 146_097;

impl Utc {
    /// What a label reads, if its year has four digits.
    pub fn of(label: Label) -> Option<Utc> {
        let days = label.unix.div_euclid(DAY).checked_add(TO_1970)?;
        let (era, day) = (days.div_euclid(ERA), days.rem_euclid(ERA));
        // Without the leap days before this one (none each 100 years but each 400) all years have 365 days.
        let year_of_era = (day - day / 1460 + day / 36_524 - day / 146_096) / 365;
        let day_of_year = day - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
        // From March on, five months have 153 days, and again.
        let month_from_march = (5 * day_of_year + 2) / 153;
        let day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
        let (month, later) = if month_from_march < 10 { (month_from_march + 3, 0) } else { (month_from_march - 9, 1) };
        let year = era.checked_mul(400)?.checked_add(year_of_era + later)?;
        Some(Utc {
            year: u16::try_from(year).ok().filter(|year| *year <= 9999)?,
            month: month as u8,
            day: day as u8,
            second_of_day: label.unix.rem_euclid(DAY) as u32,
            micros: label.nanos / 1000,
        })
    }
}

impl fmt::Display for Utc {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Utc { year, month, day, second_of_day, micros } = self;
        let (hour, minute, second) = (second_of_day / 3600, second_of_day / 60 % 60, second_of_day % 60);
        write!(f, "{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{micros:06}Z")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::string::{String, ToString};

    fn utc(unix: i64) -> Option<String> {
        Utc::of(Label { unix, nanos: 123_456_500 }).map(|utc| utc.to_string())
    }

    #[test]
    fn days_that_are_easy_to_get_wrong() {
        for (unix, shown) in [
            (0, "1970-01-01T00:00:00"),
            (-1, "1969-12-31T23:59:59"),
            (951_782_400, "2000-02-29T00:00:00"),
            (951_868_799, "2000-02-29T23:59:59"),
            (951_868_800, "2000-03-01T00:00:00"),
            (1_709_164_800, "2024-02-29T00:00:00"),
            (1_735_689_599, "2024-12-31T23:59:59"),
            (1_795_178_438, "2026-11-20T12:40:38"),
            (4_107_542_400, "2100-03-01T00:00:00"),
            (4_107_542_399, "2100-02-28T23:59:59"),
            (253_402_300_799, "9999-12-31T23:59:59"),
        ] {
            assert_eq!(utc(unix), Some([shown, ".123456Z"].concat()));
        }
    }

    #[test]
    fn years_of_other_lengths_are_not_shown() {
        for unix in [253_402_300_800, -62_167_219_201, i64::MAX, i64::MIN] {
            assert_eq!(utc(unix), None, "{unix}");
        }
    }
}
