//! The two clocks, read together once a turn.

use crate::moment::{Moment, Now};
use crate::tai64::Label;
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

/// The clock by which programs tell when they began to reload: the time that the machine slept does not count.
pub fn monotonic() -> Duration {
    read(ClockId::CLOCK_MONOTONIC)
}

fn read(clock: ClockId) -> Duration {
    clock_gettime(clock).map(Duration::from).unwrap_or_default()
}
