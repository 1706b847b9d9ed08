//! `restart`: whether, how soon, and how often to start again.

use super::Parsed;
use super::line::{self, Entry, Setting, Words, Wrong};
use crate::exit::Ending;
use crate::service::word::{Word, words};
use crate::signal::Signal;
use alloc::format;
use alloc::vec::Vec;
use core::time::Duration;

/// `restart`: whether, how soon, and how often to start again.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Restart {
    /// After which ends.
    pub when: When,
    /// Which ends are no failure.
    pub ok: Vec<Verdict>,
    /// How long to wait before the next start; `None` is runit's second after a life of less than one.
    pub delay: Option<Delay>,
    /// The longest delay.
    pub max: Option<Duration>,
    /// By how much, in percent, a delay may differ at random.
    pub jitter: u8,
    /// A run that lasted so long was good: the count of failures starts again.
    pub healthy: Duration,
    /// After so many failures in a row.
    pub give_up: Option<GiveUp>,
    /// What then.
    pub then: Then,
    /// An end before it was ready is a failure and no reason to stay down, and no other end is counted.
    pub early: bool,
}

words! {
    /// After which ends to start again.
    pub enum When {
        /// All.
        Always = "always",
        /// Those that are no success.
        OnFailure = "on-failure",
        /// None.
        Never = "never",
    }
}

/// An end that is no failure.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Verdict {
    /// With this code.
    Code(u8),
    /// By this signal.
    Signal(Signal),
}

/// A pause that may grow with each failure in a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Delay {
    /// The first.
    pub first: Duration,
    /// How it grows.
    pub growth: Growth,
}

/// How a delay grows with each failure in a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Growth {
    /// Not at all.
    None,
    /// By this much.
    Step(Duration),
    /// By this factor, in hundredths (`x1.5` is 150), never below 100.
    Factor(u32),
}

/// When to give up.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct GiveUp {
    /// How many failures; at least one.
    pub failures: u32,
    /// Within which time; `None`: in a row.
    pub within: Option<Duration>,
}

/// What to do after having given up.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Then {
    /// Stay down until told otherwise.
    Stay,
    /// Try again after this time.
    Retry(Duration),
}

impl Default for Restart {
    fn default() -> Restart {
        Restart {
            when: When::Always,
            ok: Vec::from([Verdict::Code(0)]),
            delay: None,
            max: None,
            jitter: 0,
            healthy: Duration::from_secs(10),
            give_up: None,
            then: Then::Stay,
            early: false,
        }
    }
}

impl Restart {
    /// Whether this end is no failure.
    pub fn is_ok(&self, ending: Ending) -> bool {
        self.ok.iter().any(|verdict| match (*verdict, ending) {
            (Verdict::Code(code), Ending::Exited(exited)) => code == exited,
            (Verdict::Signal(signal), Ending::Killed { by, .. }) => signal == by,
            _ => false,
        })
    }
}

words! {
    /// The words after `early`.
    enum Early {
        /// Is no end like others.
        Retry = "retry",
    }
}

words! {
    /// The words after `then`.
    enum Next {
        /// Stay down.
        Stay = "stay",
        /// Again, after a time.
        Retry = "retry",
    }
}

/// A factor above this is a slip of the pen.
const FACTOR: u32 = 1000;

const SETTINGS: &[Setting<Restart>] = &[
    Setting {
        entry: Entry { word: "when", takes: When::alternatives, says: "after which ends to start again (always)" },
        set: |restart, words| words.choice().map(|when| restart.when = when),
    },
    Setting {
        entry: Entry {
            word: "ok",
            takes: || "CODE | SIGNAL ...".into(),
            says: "exit codes and signals that are no failure, instead of 0",
        },
        set: ok,
    },
    Setting {
        entry: Entry {
            word: "delay",
            takes: || "TIME [+TIME | xFACTOR]".into(),
            says: "how long to wait before the next start, and by how much more after each failure",
        },
        set: |restart, words| delay(words).map(|delay| restart.delay = Some(delay)),
    },
    Setting {
        entry: Entry { word: "max", takes: || "TIME".into(), says: "the longest delay" },
        set: |restart, words| words.span().map(|max| restart.max = Some(max)),
    },
    Setting {
        entry: Entry { word: "jitter", takes: || "PERCENT%".into(), says: "by how much a delay may differ at random" },
        set: |restart, words| jitter(words).map(|jitter| restart.jitter = jitter),
    },
    Setting {
        entry: Entry {
            word: "healthy",
            takes: || "TIME".into(),
            says: "a run that lasted so long was good: the count of failures starts again (10s)",
        },
        set: |restart, words| words.span().map(|healthy| restart.healthy = healthy),
    },
    Setting {
        entry: Entry {
            word: "give-up",
            takes: || "FAILURES [in TIME]".into(),
            says: "after so many failures in a row, or within a time",
        },
        set: |restart, words| give_up(words).map(|give_up| restart.give_up = Some(give_up)),
    },
    Setting {
        entry: Entry {
            word: "then",
            takes: || format!("{} TIME", Next::alternatives()),
            says: "what to do after having given up (stay)",
        },
        set: |restart, words| then(words).map(|then| restart.then = then),
    },
    Setting {
        entry: Entry {
            word: "early",
            takes: Early::alternatives,
            says: "an end before it was ready is a failure that is tried again whatever when says, and the only one that counts",
        },
        set: |restart, words| words.choice().map(|Early::Retry| restart.early = true),
    },
];

/// Reads the file.
pub fn parse(text: &[u8]) -> Parsed<Restart> {
    line::settings(text, SETTINGS, Restart::default())
}

/// The keywords.
pub fn entries() -> Vec<Entry> {
    line::entries(SETTINGS)
}

/// All that is left of the line.
fn ok(restart: &mut Restart, words: &mut Words<'_>) -> Result<(), Wrong> {
    let mut ok = Vec::from([verdict(words)?]);
    while words.peek().is_some() {
        ok.push(verdict(words)?);
    }
    restart.ok = ok;
    Ok(())
}

/// A number is a code; signals go by name, as 15 would be both.
fn verdict(words: &mut Words<'_>) -> Result<Verdict, Wrong> {
    const EXPECTED: &str = "an exit code up to 255, or a signal's name";
    let word = words.need(EXPECTED)?;
    let verdict = match word.first() {
        Some(b'0'..=b'9') => line::number(word).and_then(|code| u8::try_from(code).ok()).map(Verdict::Code),
        Some(b'A'..=b'Z' | b'a'..=b'z') => line::signal(word).map(Verdict::Signal),
        _ => None,
    };
    verdict.ok_or_else(|| words.wrong(EXPECTED))
}

fn delay(words: &mut Words<'_>) -> Result<Delay, Wrong> {
    let first = words.span()?;
    let growth = match words.peek() {
        Some([b'+', step @ ..]) => {
            words.next();
            Growth::Step(line::span(step)?)
        }
        Some([b'x', factor @ ..]) => {
            words.next();
            Growth::Factor(hundredths(factor).ok_or_else(|| words.wrong("a factor from x1 to x1000, such as x1.5"))?)
        }
        _ => Growth::None,
    };
    Ok(Delay { first, growth })
}

/// A number with at most two digits behind the point.
fn hundredths(text: &[u8]) -> Option<u32> {
    let mut parts = text.splitn(2, |byte| *byte == b'.');
    let whole = parts.next().filter(|digits| !digits.is_empty()).and_then(line::number)?;
    let part = match parts.next() {
        None => 0,
        Some(tenths @ [_]) => line::number(tenths)? * 10,
        Some(hundredths @ [_, _]) => line::number(hundredths)?,
        Some(_) => return None,
    };
    whole.checked_mul(100)?.checked_add(part).filter(|factor| (100..=FACTOR * 100).contains(factor))
}

fn jitter(words: &mut Words<'_>) -> Result<u8, Wrong> {
    const EXPECTED: &str = "a percentage up to 100%";
    let word = words.need(EXPECTED)?;
    let percent = line::number(word.strip_suffix(b"%").unwrap_or(word)).filter(|percent| *percent <= 100);
    percent.and_then(|percent| u8::try_from(percent).ok()).ok_or_else(|| words.wrong(EXPECTED))
}

fn give_up(words: &mut Words<'_>) -> Result<GiveUp, Wrong> {
    let failures = words.number(1..=u32::MAX)?;
    let within = if words.take("in") { Some(words.span_above_0()?) } else { None };
    Ok(GiveUp { failures, within })
}

fn then(words: &mut Words<'_>) -> Result<Then, Wrong> {
    match words.choice()? {
        Next::Stay => Ok(Then::Stay),
        Next::Retry => words.span_above_0().map(Then::Retry),
    }
}

#[cfg(test)]
mod tests {
    use super::super::mistakes;
    use super::*;

    const S: Duration = Duration::from_secs(1);

    fn good(text: &str) -> Restart {
        let parsed = parse(text.as_bytes());
        assert_eq!(parsed.mistakes, [], "{text}");
        parsed.value
    }

    #[test]
    fn every_setting() {
        let text = "when on-failure\nok 0 2 TERM\ndelay 1s x2\nmax 60s\njitter 20%\nhealthy 10s\ngive-up 3 in 60s\nthen retry 30m\nearly retry\n";
        let expected = Restart {
            when: When::OnFailure,
            ok: Vec::from([Verdict::Code(0), Verdict::Code(2), Verdict::Signal(Signal::TERM)]),
            delay: Some(Delay { first: S, growth: Growth::Factor(200) }),
            max: Some(60 * S),
            jitter: 20,
            healthy: 10 * S,
            give_up: Some(GiveUp { failures: 3, within: Some(60 * S) }),
            then: Then::Retry(1800 * S),
            early: true,
        };
        assert_eq!(good(text), expected);
        assert_eq!(good(&text.replace('\n', "\r\n")), expected);
    }

    #[test]
    fn nothing_said_is_runits_way() {
        for text in ["", "\n", "# when never\n"] {
            assert_eq!(good(text), Restart::default());
        }
    }

    #[test]
    fn delays_grow() {
        let growth = |text: &str| good(text).delay.map(|delay| delay.growth);
        assert_eq!(growth("delay 1s"), Some(Growth::None));
        assert_eq!(growth("delay 1s +500ms"), Some(Growth::Step(S / 2)));
        assert_eq!(growth("delay 1s x1.5"), Some(Growth::Factor(150)));
        assert_eq!(growth("delay 1s x1.25 max 5s"), Some(Growth::Factor(125)));
    }

    #[test]
    fn later_lines_win() {
        assert_eq!(good("when never\nwhen always").when, When::Always);
        assert_eq!(good("give-up 3").give_up, Some(GiveUp { failures: 3, within: None }));
        assert_eq!(good("ok KILL\nok 143").ok, [Verdict::Code(143)]);
    }

    #[test]
    fn a_wrong_line_is_named_and_the_others_count() {
        let parsed = parse(b"when sometimes\ndelay 5s\ngive-up many\n");
        assert_eq!(parsed.value, Restart { delay: good("delay 5s").delay, ..Restart::default() });
        assert_eq!(
            mistakes(&parsed),
            [
                "line 1: sometimes: expected always | on-failure | never",
                "line 3: many: expected a number from 1 to 4294967295"
            ]
        );
    }

    #[test]
    fn what_is_wrong() {
        let wrong = |text: &str, line: &str| assert_eq!(mistakes(&parse(text.as_bytes())), [line], "{text}");
        wrong(
            "wehn never",
            "line 1: wehn: expected when | ok | delay | max | jitter | healthy | give-up | then | early",
        );
        wrong("when", "line 1: a word is missing: expected always | on-failure | never");
        wrong("delay 5x", "line 1: 5x: expected a time such as 10s; this ends in no unit of time (ms s m h d)");
        wrong("delay 5s x0.5", "line 1: x0.5: expected a factor from x1 to x1000, such as x1.5");
        wrong("delay 5s x", "line 1: x: expected a factor from x1 to x1000, such as x1.5");
        wrong("ok 256", "line 1: 256: expected an exit code up to 255, or a signal's name");
        wrong("ok TREM 3", "line 1: TREM: expected an exit code up to 255, or a signal's name");
        wrong("jitter 101%", "line 1: 101%: expected a percentage up to 100%");
        wrong("then retry 0", "line 1: 0: expected a time above 0");
        wrong("\n\nthen ÿ", "line 3: ÿ: expected stay | retry");
    }

    #[test]
    fn what_is_ok_is_no_failure() {
        let restart = good("ok 2 TERM");
        assert!(restart.is_ok(Ending::Exited(2)) && !restart.is_ok(Ending::Exited(0)));
        assert!(restart.is_ok(Ending::Killed { by: Signal::TERM, core: false }));
        assert!(!restart.is_ok(Ending::Exited(15)));
    }
}
