//! The two clocks, read together once a turn.

use crate::moment::{Moment, Now};
use crate::tai64::{Civil, Label};
use core::time::Duration;
use nix::time::{ClockId, clock_gettime};

/// What time it is. Time that the machine slept counts: a deadline that passed meanwhile is due at the first wake-up
/// afterwards. The sleep itself, `Reactor::wait`, does not count it, and may last as much longer as the machine slept.
pub fn now() -> Now {
    Now { moment: moment(), label: label() }
}

/// The clock for deadlines.
pub fn moment() -> Moment {
    Moment(read(ClockId::CLOCK_BOOTTIME))
}

/// The clock for people.
pub fn label() -> Label {
    let (seconds, nanos) = match clock_gettime(ClockId::CLOCK_REALTIME) {
        Ok(time) => (time.tv_sec(), time.tv_nsec() as u32),
        Err(_) => (0, 0), // cannot fail: the clock exists and the address is ours
    };
    Label::from_clock(seconds, nanos)
}

/// The date and time that this label is here. The zone is that of TZ, or of /etc/localtime; it is read once.
pub fn calendar(label: Label) -> Civil {
    // SAFETY: all zeros is a value of this type.
    let mut here: libc::tm = unsafe { core::mem::zeroed() };
    // SAFETY: both live as long as the call, and the second is filled by it.
    let answer = unsafe { libc::localtime_r(&label.unix, &mut here) };
    if answer.is_null() {
        return label.civil(); // the year does not fit
    }
    let small = |number: i32| u8::try_from(number).unwrap_or(0);
    Civil {
        year: i64::from(here.tm_year) + 1900,
        month: small(here.tm_mon + 1),
        day: small(here.tm_mday),
        hour: small(here.tm_hour),
        minute: small(here.tm_min),
        second: small(here.tm_sec),
        micros: label.nanos / 1000,
    }
}

/// The clock by which programs tell when they began to reload: the time that the machine slept does not count.
pub fn monotonic() -> Duration {
    read(ClockId::CLOCK_MONOTONIC)
}

fn read(clock: ClockId) -> Duration {
    clock_gettime(clock).map(Duration::from).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_calendar_is_near_that_of_greenwich() {
        let label = label();
        let (here, there) = (calendar(label), label.civil());
        let difference = here.label().unwrap().unix - there.label().unwrap().unix;
        assert!(difference.abs() <= 14 * 3600 && difference % 900 == 0, "{here:?} {there:?}");
        assert_eq!((here.micros, here.second), (there.micros, there.second));
    }
}
