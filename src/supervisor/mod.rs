//! Supervisor's configuration, as words and decisions: what a file says, and which service directories that makes. The
//! files are read, and the host is asked, by whoever calls (`facts`).
//!
//! The language is that of Supervisor 4.2.5 with its defaults, its limits and its messages, which scripts look for. It
//! rests on Python's: what an integer is, how a text is quoted in a message, how `%` is replaced. Those parts have modules of
//! their own here (`python`, `expand`, `words`), so that what is copied from Python stands apart from what is Supervisor's.
#![forbid(unsafe_code)]

pub mod compile;
pub mod config;
pub mod expand;
pub mod facts;
pub mod info;
pub mod ini;
pub mod methods;
pub mod place;
pub mod python;
pub mod read;
pub mod request;
pub mod servers;
pub mod sheet;
pub mod told;
pub mod trouble;
pub mod types;
pub mod view;
pub mod words;

use alloc::string::String;
use core::fmt;

/// What is wrong with a configuration, in Supervisor's words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wrong(pub String);

/// A value, or what is wrong.
pub type Result<T> = core::result::Result<T, Wrong>;

impl fmt::Display for Wrong {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// An error of a formatted text.
macro_rules! wrong {
    ($($words:tt)*) => {
        $crate::supervisor::Wrong(alloc::format!($($words)*))
    };
}
use wrong;

#[cfg(test)]
mod fake;
#[cfg(test)]
mod tests;
