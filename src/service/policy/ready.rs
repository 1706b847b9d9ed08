//! `ready`: how to know that a service works.

use super::Parsed;
use super::line::{self, Entry, Setting, Words, Wrong};
use alloc::vec::Vec;
use core::time::Duration;

/// `ready`: how to know that a service works.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Ready {
    /// By what.
    pub by: ReadyBy,
    /// Not ready by then is a failed run.
    pub timeout: Option<Duration>,
    /// How often it says that it is alive.
    pub watchdog: Option<Duration>,
    /// How many descriptors are kept for it from one start to the next.
    pub store: u16,
}

/// What tells that a service is ready.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum ReadyBy {
    /// That it is up.
    #[default]
    Up,
    /// A newline on this descriptor.
    Fd(u32),
    /// systemd's datagram protocol.
    Notify,
    /// `./check`, run this often until it exits 0.
    Check(Duration),
    /// That it has been up for so long.
    After(Duration),
}

/// The highest number that a descriptor can have on Linux, whatever the limits are raised to. Standard input is none
/// to write to.
pub(super) const DESCRIPTORS: core::ops::RangeInclusive<u32> = 1..=(1 << 20) - 1;

/// How many descriptors may be kept for a service: as many as systemd's own services ask for at most.
const STORED: core::ops::RangeInclusive<u32> = 1..=4096;

const SETTINGS: &[Setting<Ready>] = &[
    Setting {
        entry: Entry { word: "fd", takes: || "NUMBER".into(), says: "a newline written to this descriptor" },
        set: |ready, words| by(ready, words, |words| words.number(DESCRIPTORS).map(ReadyBy::Fd)),
    },
    Setting {
        entry: Entry { word: "notify", takes: || "".into(), says: "READY=1 by systemd's datagram protocol" },
        set: |ready, words| by(ready, words, |_| Ok(ReadyBy::Notify)),
    },
    Setting {
        entry: Entry { word: "check", takes: || "TIME".into(), says: "run ./check that often until it exits 0" },
        set: |ready, words| by(ready, words, |words| words.span_above_0().map(ReadyBy::Check)),
    },
    Setting {
        entry: Entry { word: "after", takes: || "TIME".into(), says: "having been up for so long" },
        set: |ready, words| by(ready, words, |words| words.span().map(ReadyBy::After)),
    },
    Setting {
        entry: Entry { word: "timeout", takes: || "TIME".into(), says: "not ready by then is a failed run" },
        set: |ready, words| words.span_above_0().map(|timeout| ready.timeout = Some(timeout)),
    },
    Setting {
        entry: Entry { word: "watchdog", takes: || "TIME".into(), says: "how often WATCHDOG=1 is to come (notify)" },
        set: |ready, words| words.span_above_0().map(|span| ready.watchdog = Some(span)),
    },
    Setting {
        entry: Entry { word: "store", takes: || "NUMBER".into(), says: "descriptors kept for FDSTORE=1 (notify)" },
        set: |ready, words| words.number(STORED).map(|number| ready.store = u16::try_from(number).unwrap_or(u16::MAX)),
    },
];

/// Reads the file.
pub fn parse(text: &[u8]) -> Parsed<Ready> {
    line::settings(text, SETTINGS, Ready::default())
}

/// The keywords.
pub fn entries() -> Vec<Entry> {
    line::entries(SETTINGS)
}

/// The ways exclude each other; the first counts.
fn by(
    ready: &mut Ready,
    words: &mut Words<'_>,
    way: fn(&mut Words<'_>) -> Result<ReadyBy, Wrong>,
) -> Result<(), Wrong> {
    let twice = words.wrong("one way only to tell that it is ready");
    let way = way(words)?;
    if ready.by != ReadyBy::Up {
        return Err(twice);
    }
    ready.by = way;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::super::mistakes;
    use super::*;

    fn good(text: &str) -> Ready {
        let parsed = parse(text.as_bytes());
        assert_eq!(parsed.mistakes, [], "{text}");
        parsed.value
    }

    #[test]
    fn every_way() {
        assert_eq!(good("").by, ReadyBy::Up);
        assert_eq!(good("fd 3").by, ReadyBy::Fd(3));
        assert_eq!(good("notify").by, ReadyBy::Notify);
        assert_eq!(good("check 1s").by, ReadyBy::Check(Duration::from_secs(1)));
        assert_eq!(good("after 500ms").by, ReadyBy::After(Duration::from_millis(500)));
        let expected = Ready { by: ReadyBy::Notify, timeout: Some(Duration::from_secs(60)), ..Ready::default() };
        assert_eq!(good("notify\ntimeout 60s"), expected);
        assert_eq!(good("timeout 1m notify"), expected, "in one line, and in any order");
    }

    #[test]
    fn what_is_wrong() {
        let wrong = |text: &str, line: &str| assert_eq!(mistakes(&parse(text.as_bytes())), [line], "{text}");
        wrong("fd 0", "line 1: 0: expected a number from 1 to 1048575");
        wrong("fd three", "line 1: three: expected a number from 1 to 1048575");
        wrong("check 0s", "line 1: 0s: expected a time above 0");
        wrong("timeout", "line 1: a word is missing: expected a time such as 10s");
        wrong("soon", "line 1: soon: expected fd | notify | check | after | timeout | watchdog | store");
        wrong("fd 3\nnotify", "line 2: notify: expected one way only to tell that it is ready");
        assert_eq!(parse(b"fd 3\nnotify").value.by, ReadyBy::Fd(3), "the first counts");
    }
}
