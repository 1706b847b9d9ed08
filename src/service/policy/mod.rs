//! What the optional files of a service directory ask for, as values. Each file has a module with its types, its table of
//! keywords and its parser; the defaults are runit's behaviour.
//!
//! A line that cannot be understood is reported with file, line and word, and the default applies in its place: a typo
//! never keeps a service from running.

mod file;
mod line;
mod reader;

pub mod health;
pub mod listen;
pub mod needs;
pub mod ready;
pub mod restart;
pub mod s6;
pub mod stop;

pub use file::{Broken, File};
pub use health::{Health, Remedy};
pub use line::Entry;
pub use listen::Listen;
pub use needs::Needs;
pub use reader::{Reader, combine};
pub use ready::{Ready, ReadyBy};
pub use restart::{Delay, GiveUp, Growth, Restart, Then, Verdict, When};
pub use stop::{Step, Stop, Whom};

use crate::signal::Signal;
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;
use core::time::Duration;

/// All that the machine needs to know of a service's wishes.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Policy {
    /// `restart`
    pub restart: Restart,
    /// `needs`
    pub needs: Needs,
    /// `ready`, or s6's `notification-fd`
    pub ready: Ready,
    /// `stop`, or s6's `down-signal` and `timeout-kill`
    pub stop: Stop,
    /// `health`
    pub health: Option<Health>,
    /// s6's `reload-signal`
    pub reload: Option<Signal>,
    /// s6's `timeout-finish`: how long `finish` may take before it is killed.
    pub finish_timeout: Option<Duration>,
}

/// What is wrong with one line of a policy file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mistake {
    /// Counted from 1.
    pub line: usize,
    /// The word that is not understood, fit to be shown; empty where one is missing.
    pub word: String,
    /// What was expected in its place.
    pub expected: String,
}

/// A file's value, and what was wrong in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Parsed<T> {
    /// The defaults where a line is wrong.
    pub value: T,
    /// Every wrong line.
    pub mistakes: Vec<Mistake>,
}

impl fmt::Display for Mistake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let word = if self.word.is_empty() { "a word is missing" } else { &self.word };
        write!(f, "line {}: {word}: expected {}", self.line, self.expected)
    }
}

/// The mistakes as they are shown.
#[cfg(test)]
fn mistakes<T>(parsed: &Parsed<T>) -> Vec<String> {
    parsed.mistakes.iter().map(alloc::string::ToString::to_string).collect()
}

#[cfg(test)]
mod tests;
