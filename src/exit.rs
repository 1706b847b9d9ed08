//! Processes, as words: how one is named, how one ended, and the code with which a program of ours ends.
#![forbid(unsafe_code)]

use crate::signal::Signal;
use core::num::NonZeroI32;

/// A process id. Never 0 and never negative, so that a `kill` can never reach a group by accident.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Pid(NonZeroI32);

impl Pid {
    /// The process id of this number, if a process can have it.
    pub fn new(number: i32) -> Option<Pid> {
        NonZeroI32::new(number).filter(|n| n.get() > 0).map(Pid)
    }

    /// The number, always above zero.
    pub fn get(self) -> i32 {
        self.0.get()
    }
}

impl core::fmt::Display for Pid {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        self.0.fmt(f)
    }
}

/// The exit code of one of our own programs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Exit(pub u8);

impl Exit {
    /// All is well.
    pub const OK: Exit = Exit(0);
    /// The code of the field for "the program itself could not go on".
    pub const FATAL: Exit = Exit(111);
}

/// How a process ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Ending {
    /// It ended by itself, with this code.
    Exited(u8),
    /// A signal ended it.
    Killed {
        /// Which one.
        by: Signal,
        /// Whether it left a memory image.
        core: bool,
    },
    /// Nobody knows: it was not our child.
    Unknown,
}

impl Ending {
    /// What wait(2) answered. A status of neither kind (stopped, continued) is nobody's end.
    pub fn from_wait(status: i32) -> Option<Ending> {
        match status & 0x7f {
            0 => Some(Ending::Exited((status >> 8 & 0xff) as u8)),
            0x7f => None,
            by => Some(Ending::Killed { by: Signal::new(by as u8)?, core: status & 0x80 != 0 }),
        }
    }

    /// The first argument of `finish`: the exit code, or -1 for a killed process.
    pub fn code_or_minus_one(self) -> i16 {
        match self {
            Ending::Exited(code) => code.into(),
            Ending::Killed { .. } | Ending::Unknown => -1,
        }
    }

    /// The second argument of `finish`: the low byte of the wait status.
    pub fn low_byte(self) -> u8 {
        match self {
            Ending::Exited(_) | Ending::Unknown => 0,
            Ending::Killed { by, core } => by.number() | if core { 0x80 } else { 0 },
        }
    }

    /// Whether a helper (a `control/` script, a `check`) said yes. As in runit, one that was killed did not say no.
    pub fn is_yes(self) -> bool {
        !matches!(self, Ending::Exited(1..))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pid_is_a_positive_number() {
        assert_eq!(Pid::new(0), None);
        assert_eq!(Pid::new(-7), None);
        assert_eq!(Pid::new(7).map(Pid::get), Some(7));
    }

    #[test]
    fn finish_arguments_are_runits() {
        let of = |status| Ending::from_wait(status).map(|e| (e.code_or_minus_one(), e.low_byte()));
        assert_eq!(of(0x0300), Some((3, 0)));
        assert_eq!(of(9), Some((-1, 9)));
        assert_eq!(of(11 | 0x80), Some((-1, 139)), "a core dump adds 128");
        assert_eq!(of(0x137f), None, "a stopped process has not ended");
    }

    #[test]
    fn a_killed_helper_did_not_say_no() {
        assert!(Ending::Exited(0).is_yes());
        assert!(!Ending::Exited(1).is_yes());
        assert!(Ending::Killed { by: Signal::KILL, core: false }.is_yes());
    }
}
