//! What is measured, and what it is to be.

use super::book::{Figure, Of, Target};

const NONE: Figure =
    Figure { scenario: "", name: "", unit: "", of: Of::Median, target: Target::None, grows: false, more: false };

pub const BOOT: Figure = Figure {
    scenario: "boot",
    name: "until all run",
    unit: "ms a service",
    target: Target::Ratio(0.5),
    grows: true,
    ..NONE
};
pub const BOOT_PROCESSOR: Figure = Figure { name: "processor time of supervisors", ..BOOT };

pub const OWN: Figure = Figure {
    scenario: "memory",
    name: "private dirty and page tables",
    unit: "KiB a service",
    target: Target::Ratio(0.72),
    grows: true,
    ..NONE
};
pub const SHARE: Figure = Figure { name: "proportional share", target: Target::Ratio(0.62), ..OWN };
pub const OWN_LOGGED: Figure = Figure { scenario: "loggers", grows: false, ..OWN };
pub const SHARE_LOGGED: Figure = Figure { scenario: "loggers", target: Target::None, grows: false, ..SHARE };

pub const RESTART: Figure = Figure {
    scenario: "restart",
    name: "from kill -9 to the next life",
    unit: "ms",
    target: Target::Ratio(0.75),
    grows: true,
    ..NONE
};
pub const RESTART_LATE: Figure = Figure { of: Of::Percentile99, target: Target::Ratio(1.0), grows: false, ..RESTART };

pub const CONTROL: [[Figure; 2]; 3] = [
    [control("restart: until the next life"), over("restart: until the command is over, after that")],
    [control("stop: until the process is gone"), over("stop: until the command is over, after that")],
    [control("start: until the process runs"), over("start: until the command is over, after that")],
];

const fn control(name: &'static str) -> Figure {
    Figure { scenario: "control", name, unit: "ms", target: Target::Ratio(1.0), ..NONE }
}

const fn over(name: &'static str) -> Figure {
    Figure { target: Target::AtMost(1.0), ..control(name) }
}

pub const STATUS: Figure =
    Figure { scenario: "status", name: "of one", unit: "ms", target: Target::Ratio(0.6), grows: true, ..NONE };
pub const STATUS_ALL: Figure = Figure { name: "of all", unit: "us a service", target: Target::Ratio(0.8), ..STATUS };

pub const PICKUP: Figure = Figure {
    scenario: "pickup",
    name: "from the link to the first life",
    unit: "ms",
    target: Target::Ratio(1.0),
    ..NONE
};
pub const REMOVAL: Figure = Figure { name: "from no link to no process", ..PICKUP };

pub const WAKEUPS: Figure =
    Figure { scenario: "idle", name: "wake-ups", unit: "a minute", target: Target::AtMost(0.0), ..NONE };
pub const IDLE_PROCESSOR: Figure = Figure { name: "processor time", unit: "ms a minute", ..WAKEUPS };

pub const FAREWELL: Figure = Figure {
    scenario: "farewell",
    name: "from the word until all are gone",
    unit: "ms a service",
    target: Target::Ratio(0.7),
    grows: true,
    ..NONE
};

pub const fn chpst(name: &'static str) -> Figure {
    Figure { scenario: "chpst", name, unit: "us", target: Target::Ratio(0.7), ..NONE }
}

pub const fn svlogd(name: &'static str, unit: &'static str, target: Target) -> Figure {
    Figure { scenario: "svlogd", name, unit, target, ..NONE }
}

pub const fn svlogd_speed(name: &'static str) -> Figure {
    Figure { scenario: "svlogd", name, unit: "MB/s", target: Target::Ratio(1.0), more: true, ..NONE }
}
