//! `health`: how often to run `./check` on a running service, and what to do when it says no.

use super::Parsed;
use super::line::{self, Entry, Setting, Words, Wrong};
use crate::service::word::{Word, words};
use alloc::vec::Vec;
use core::time::Duration;

/// `health`: how often to run `./check` on a running service, and what to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Health {
    /// How often.
    pub every: Duration,
    /// How long one check may take.
    pub timeout: Option<Duration>,
    /// So many failed checks...
    pub fail: u8,
    /// ...out of the last so many make it unhealthy; 64 at most, so that they fit the bits of a number.
    pub of: u8,
    /// What then.
    pub then: Remedy,
}

words! {
    /// What to do about an unhealthy service.
    pub enum Remedy {
        /// Stop and start it.
        Restart = "restart",
        /// Only say so.
        Alert = "alert",
    }
}

/// How many checks count by default, all of them: three in a row, as container runtimes have it. One alone is too
/// often a machine that was busy.
const CHECKS: u8 = 3;

/// How many checks can count.
const MOST: u8 = 64;

/// What has been read; without `every` there is no health.
struct Draft {
    every: Option<Duration>,
    timeout: Option<Duration>,
    fail: u8,
    of: u8,
    then: Remedy,
}

const SETTINGS: &[Setting<Draft>] = &[
    Setting {
        entry: Entry { word: "every", takes: || "TIME".into(), says: "how often to run ./check" },
        set: |draft, words| words.span_above_0().map(|every| draft.every = Some(every)),
    },
    Setting {
        entry: Entry {
            word: "timeout",
            takes: || "TIME".into(),
            says: "how long one check may take (for ever); one that takes longer is killed and has failed",
        },
        set: |draft, words| words.span_above_0().map(|timeout| draft.timeout = Some(timeout)),
    },
    Setting {
        entry: Entry {
            word: "fail",
            takes: || "FAILED[/CHECKS]".into(),
            says: "so many failed out of the last so many are too many (3/3)",
        },
        set: |draft, words| fail(words).map(|(fail, of)| (draft.fail, draft.of) = (fail, of)),
    },
    Setting {
        entry: Entry { word: "then", takes: Remedy::alternatives, says: "what to do (restart)" },
        set: |draft, words| words.choice().map(|then| draft.then = then),
    },
];

/// Reads the file.
pub fn parse(text: &[u8]) -> Parsed<Option<Health>> {
    let draft = Draft { every: None, timeout: None, fail: CHECKS, of: CHECKS, then: Remedy::Restart };
    let mut read = line::settings(text, SETTINGS, draft);
    let Draft { every, timeout, fail, of, then } = read.value;
    let value = every.map(|every| Health { every, timeout, fail, of, then });
    if value.is_none() && read.mistakes.is_empty() {
        read.mistakes.push(Wrong::new(None, "every TIME").at(1));
    }
    Parsed { value, mistakes: read.mistakes }
}

/// The keywords.
pub fn entries() -> Vec<Entry> {
    line::entries(SETTINGS)
}

fn fail(words: &mut Words<'_>) -> Result<(u8, u8), Wrong> {
    const EXPECTED: &str = "failed checks out of at most 64, such as 3/5";
    let word = words.need(EXPECTED)?;
    let mut parts = word.splitn(2, |byte| *byte == b'/');
    let mut part = || parts.next().map(|text| line::number(text).and_then(|number| u8::try_from(number).ok()));
    match (part(), part()) {
        (Some(Some(fail @ 1..=MOST)), None) => Ok((fail, fail)),
        (Some(Some(fail @ 1..=MOST)), Some(Some(of @ 1..=MOST))) if fail <= of => Ok((fail, of)),
        _ => Err(words.wrong(EXPECTED)),
    }
}

#[cfg(test)]
mod tests {
    use super::super::mistakes;
    use super::*;

    const S: Duration = Duration::from_secs(1);

    fn good(text: &str) -> Option<Health> {
        let parsed = parse(text.as_bytes());
        assert_eq!(parsed.mistakes, [], "{text}");
        parsed.value
    }

    #[test]
    fn one_line_or_several() {
        let expected = Health { every: 10 * S, timeout: Some(3 * S), fail: 3, of: 5, then: Remedy::Alert };
        assert_eq!(good("every 10s timeout 3s fail 3/5 then alert"), Some(expected));
        assert_eq!(good("every 10s\ntimeout 3s\nfail 3/5\nthen alert\n"), Some(expected));
        let defaults = Health { every: S, timeout: None, fail: 3, of: 3, then: Remedy::Restart };
        assert_eq!(good("every 1s"), Some(defaults));
        assert_eq!(good("every 1s fail 2"), Some(Health { fail: 2, of: 2, ..defaults }));
    }

    #[test]
    fn what_is_wrong() {
        let wrong = |text: &str, line: &str| assert_eq!(mistakes(&parse(text.as_bytes())), [line], "{text}");
        let fail = |word: &str| alloc::format!("line 1: {word}: expected failed checks out of at most 64, such as 3/5");
        for word in ["0", "0/3", "5/3", "3/65", "3/", "/3", "3/5/7", "300", "-1"] {
            wrong(&alloc::format!("every 1s fail {word}"), &fail(word));
        }
        wrong("every 0", "line 1: 0: expected a time above 0");
        wrong("fail 3/5 then restart", "line 1: a word is missing: expected every TIME");
        wrong("", "line 1: a word is missing: expected every TIME");
        wrong("every 1s then panic", "line 1: panic: expected restart | alert");
    }

    #[test]
    fn what_follows_a_mistake_counts() {
        let parsed = parse(b"every 10s timeout 3x fail 3/5 then alert");
        let expected = Health { every: 10 * S, timeout: None, fail: 3, of: 5, then: Remedy::Alert };
        assert_eq!(parsed.value, Some(expected));
        assert_eq!(parsed.mistakes.len(), 1);
    }
}
