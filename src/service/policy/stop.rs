//! `stop`: the ladder of signals.

use super::Parsed;
use super::line::{self, Entry, Words, Wrong};
use crate::service::word::{Word, words};
use crate::signal::Signal;
use alloc::format;
use alloc::vec::Vec;
use core::time::Duration;

/// `stop`: the ladder of signals, each step with how long to wait after it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Stop {
    /// In this order, at least one. The first is followed by CONT.
    pub ladder: Vec<Step>,
}

/// One step of the ladder.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Step {
    /// What to send.
    pub signal: Signal,
    /// To whom.
    pub whom: Whom,
    /// How long to wait before the next step; `None` is for ever.
    pub wait: Option<Duration>,
}

words! {
    /// Whom a signal is for.
    pub enum Whom {
        /// The process itself.
        Process = "process",
        /// Its process group.
        Group = "group",
        /// Everything that it has ever forked.
        All = "all",
    }
}

impl Default for Stop {
    fn default() -> Stop {
        Stop { ladder: Vec::from([Step { signal: Signal::TERM, whom: Whom::Process, wait: None }]) }
    }
}

/// Reads the file. One without a step says nothing.
pub fn parse(text: &[u8]) -> Parsed<Option<Stop>> {
    let read = line::each(text, Vec::new(), |ladder: &mut Vec<(usize, Step)>, words| {
        ladder.push((words.line(), step(words)?));
        Ok(())
    });
    let mut mistakes = read.mistakes;
    // What comes behind a step that waits for ever never comes, and whoever wrote it thinks that it does.
    let last = read.value.len().saturating_sub(1);
    for (line, _) in read.value.iter().take(last).filter(|(_, step)| step.wait.is_none()) {
        mistakes.push(Wrong::new(None, "how long to wait before the next step, such as 10s").at(*line));
    }
    mistakes.sort_by_key(|mistake| mistake.line);
    let ladder: Vec<Step> = read.value.into_iter().map(|(_, step)| step).collect();
    Parsed { value: (!ladder.is_empty()).then_some(Stop { ladder }), mistakes }
}

/// The keywords.
pub fn entries() -> Vec<Entry> {
    Vec::from([Entry {
        word: "SIGNAL",
        takes: || format!("[{}] [TIME]", Whom::alternatives()),
        says: "a step: what to send, to whom (process), how long to wait before the next one",
    }])
}

fn step(words: &mut Words<'_>) -> Result<Step, Wrong> {
    let signal = words.signal()?;
    let whom = words.peek().and_then(Whom::of);
    if whom.is_some() {
        words.next();
    }
    let wait = match words.peek() {
        None => None,
        Some(word) if whom.is_some() || word.first().is_some_and(u8::is_ascii_digit) => Some(words.span()?),
        word => return Err(Wrong::new(word, format!("{}, or a time such as 10s", Whom::alternatives()))),
    };
    words.end()?;
    Ok(Step { signal, whom: whom.unwrap_or(Whom::Process), wait })
}

#[cfg(test)]
mod tests {
    use super::super::mistakes;
    use super::*;

    fn ladder(text: &str) -> Vec<(Signal, Whom, Option<u64>)> {
        let parsed = parse(text.as_bytes());
        assert_eq!(parsed.mistakes, [], "{text}");
        let ladder = parsed.value.map(|stop| stop.ladder).unwrap_or_default();
        ladder.iter().map(|step| (step.signal, step.whom, step.wait.map(|wait| wait.as_secs()))).collect()
    }

    #[test]
    fn a_step_a_line() {
        let expected = [(Signal::TERM, Whom::Group, Some(10)), (Signal::KILL, Whom::All, None)];
        assert_eq!(ladder("TERM group 10s\nKILL all\n"), expected);
        assert_eq!(ladder("INT"), [(Signal::INT, Whom::Process, None)]);
        assert_eq!(ladder("sigquit 5"), [(Signal::QUIT, Whom::Process, Some(5))]);
    }

    #[test]
    fn nothing_said_is_nothing() {
        assert_eq!(parse(b"# TERM\n").value, None);
    }

    #[test]
    fn what_is_wrong() {
        let wrong = |text: &str, line: &str| assert_eq!(mistakes(&parse(text.as_bytes())), [line], "{text}");
        wrong("TREM", "line 1: TREM: expected a signal such as TERM");
        wrong("TERM everybody", "line 1: everybody: expected process | group | all, or a time such as 10s");
        wrong("TERM group ten", "line 1: ten: expected a time such as 10s; this does not begin with a number");
        wrong("TERM group 10s KILL", "line 1: KILL: expected nothing more in this line");
        let never = "line 2: a word is missing: expected how long to wait before the next step, such as 10s";
        wrong("# no end\nTERM group\nKILL all", never);
    }

    #[test]
    fn the_steps_that_are_right_count() {
        let parsed = parse(b"TERM 10x\nKILL all\n");
        assert_eq!(parsed.mistakes.len(), 1);
        assert_eq!(parsed.value.unwrap().ladder, [Step { signal: Signal::KILL, whom: Whom::All, wait: None }]);
    }
}
