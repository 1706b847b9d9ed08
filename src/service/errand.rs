//! What `sv` can be asked besides runit's words and `log`. These are spelled out, by nobody but `sv` itself: what only
//! begins like one of them, and every word of an init script, means what it means under runit.

use super::word::{Word, words};
use alloc::string::String;
use core::fmt::Write as _;

words! {
    /// A word of `sv`'s command line that has options of its own.
    pub enum Errand {
        /// A table of services.
        List = "list",
        /// Waiting without sending anything.
        Wait = "wait",
        /// What happened.
        Journal = "journal",
        /// Who needs whom.
        Needs = "needs",
        /// What it is doing, and why.
        Why = "why",
        /// What would be misread.
        Lint = "lint",
        /// A new service directory.
        New = "new",
        /// To run now and at every boot.
        Enable = "enable",
        /// To run no more.
        Disable = "disable",
        /// Any signal.
        Signal = "signal",
        /// Programs of a newer version, in place.
        Reexec = "reexec",
    }
}

impl Errand {
    /// What it does, for a person.
    pub fn help(self) -> &'static str {
        match self {
            Errand::List => "a table: state, readiness, memory, processor time, last exit",
            Errand::Wait => "send nothing; wait until it is up, ready or down",
            Errand::Journal => "show what happened to it, and why",
            Errand::Needs => "show what it needs, and who needs it",
            Errand::Why => "tell what it is doing, how it came to that, what to do",
            Errand::Lint => "find what would be misread in service directories",
            Errand::New => "write a service directory that runs a command",
            Errand::Enable => "have it run now and at every boot: a link, no file down",
            Errand::Disable => "have it run no more: no link, or a file down",
            Errand::Signal => "send any signal by its name",
            Errand::Reexec => "have its runsv become the program that is there now",
        }
    }

    /// Those for people, a line each, to stand behind the verbs.
    pub fn all_help() -> String {
        let mut text = String::new();
        for errand in Errand::ALL {
            let _ = writeln!(text, "  {:<15}  {}", errand.word(), errand.help());
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::service::verb::Verb;

    #[test]
    fn no_errand_is_a_verb() {
        for verb in Verb::ALL {
            assert_eq!(Errand::of(verb.definition().word.as_bytes()), None);
        }
        for errand in Errand::ALL {
            assert!(Errand::all_help().contains(errand.help()));
        }
        assert_eq!(Errand::of(b"lis"), None);
    }
}
