//! What a journal's lines mean to people: when a service is in trouble, when it is well again, whom that is still to be
//! told.
//!
//! An alert follows from the lines alone, and from the time that has gone by since the last of them. Whoever reads the
//! same lines again, after a crash, makes the same alerts again, with the same numbers; so it is enough to remember
//! from time to time how far one has come, and at once what was told (`memory`).
#![forbid(unsafe_code)]

mod judge;
mod memory;
mod outbox;

pub use judge::{Flaps, Judge, Rules};
pub use memory::{Broken, Memory};
pub use outbox::{Next, Outbox, Outcome, Patience};

use crate::service::word::{Word, words};
use crate::tai64::Label;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

words! {
    /// What people are told of.
    pub enum Kind {
        /// There will be no next start, or not soon.
        GaveUp = "gave-up",
        /// Too many checks failed.
        Unhealthy = "unhealthy",
        /// It fails again and again.
        Flapping = "flapping",
        /// It is well again, after one or more of the others.
        Recovered = "recovered",
    }
}

words! {
    /// What else is known of an alert.
    pub enum Fact {
        /// Why the last process ended.
        Cause = "cause",
        /// Its exit code.
        Code = "code",
        /// Which signal ended it.
        Signal = "signal",
        /// Whether it left a memory image.
        Core = "core",
        /// Which process.
        Pid = "pid",
        /// How many failures there were.
        Failures = "failures",
        /// When the trouble began.
        Since = "since",
        /// How long until it is tried again, after having given up.
        Retry = "retry",
        /// What it is that is over.
        After = "after",
    }
}

/// Something that people are to be told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Alert {
    /// What.
    pub kind: Kind,
    /// The number of the line that it follows from. No other alert of this kind has it, as long as the journal lives.
    pub sequence: u64,
    /// When.
    pub label: Label,
    /// What else is known.
    pub facts: Vec<(Fact, Vec<u8>)>,
}

/// Tells an alert from every other one of its service.
pub type Id = (Kind, u64, Label);

impl Alert {
    /// Which alert this is.
    pub fn id(&self) -> Id {
        (self.kind, self.sequence, self.label)
    }

    /// What is known.
    pub fn fact(&self, fact: Fact) -> Option<&[u8]> {
        self.facts.iter().find(|(known, _)| *known == fact).map(|(_, value)| value.as_slice())
    }

    /// A sentence for people, without the service's name: `has given up after 3 failures: exit code 1`.
    pub fn sentence(&self) -> String {
        let text = |fact| self.fact(fact).map(|value| String::from_utf8_lossy(value).into_owned());
        let after = text(Fact::Failures).map_or(String::new(), |number| match number.as_str() {
            "1" => " after 1 failure".to_string(),
            _ => [" after ", &number, " failures"].concat(),
        });
        let mut sentence = match self.kind {
            Kind::GaveUp => ["has given up", &after].concat(),
            Kind::Unhealthy => "is unhealthy".to_string(),
            Kind::Flapping => ["is flapping", &after.replace("after", "with")].concat(),
            Kind::Recovered => {
                ["has recovered (", &text(Fact::After).unwrap_or_default().replace(' ', ", "), ")"].concat()
            }
        };
        if matches!(self.kind, Kind::GaveUp | Kind::Flapping) {
            sentence.extend(self.ending().map(|ending| [": ", &ending].concat()));
        }
        sentence.extend(text(Fact::Retry).map(|span| [", next try in ", &span].concat()));
        sentence
    }

    /// How the last process ended, in words.
    fn ending(&self) -> Option<String> {
        let text = |fact| self.fact(fact).map(|value| String::from_utf8_lossy(value).into_owned());
        let how = match (text(Fact::Code), text(Fact::Signal)) {
            (Some(code), _) => ["exit code ", &code].concat(),
            (None, Some(signal)) => ["signal ", &signal].concat(),
            (None, None) => return text(Fact::Cause),
        };
        let plain = |cause: &String| !["exit", "signal"].contains(&cause.as_str());
        Some(match text(Fact::Cause).filter(plain) {
            Some(cause) => [&how, " (", &cause, ")"].concat(),
            None => how,
        })
    }
}

/// The names of some kinds, with blanks between them.
fn names(kinds: &[Kind]) -> String {
    crate::service::word::list(kinds.iter().map(|kind| kind.word()), " ")
}

#[cfg(test)]
mod tests;
