//! What is remembered of a service: how far its journal was read, what follows from that, and whom it is still to be
//! told. It can be written down, a word and what it says a line:
//!
//! ```text
//! svevent 1
//! cursor 17 @400000006b003fd03a9ee3ac
//! last cause=exit code=1 pid=4711
//! failed @400000006b003fd03a9ee3ac
//! trouble gave-up @400000006b003fd03a9ee3ac
//! call gave-up 17 @400000006b003fd03a9ee3ac cause=exit code=1 pid=4711 failures=3
//! done notify.d/mail
//! ```
//!
//! `done` belongs to the `call` above it. What a value cannot hold is `\xHH`, as in the journal.

use super::judge::{Mark, Up};
use super::outbox::Call;
use super::{Alert, Fact, Judge, Kind, Outbox, Rules};
use crate::service::journal::{Cursor, Line, escape, unescaped};
use crate::service::word::Word;
use crate::tai64::Label;
use alloc::collections::BTreeSet;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

/// What is remembered of a service.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Memory {
    /// How far its journal was read.
    pub cursor: Cursor,
    /// What follows from that.
    pub judge: Judge,
    /// What is to be told.
    pub outbox: Outbox,
}

/// A line that is none of ours.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Broken {
    /// Counted from 1.
    pub line: usize,
    /// The word that it begins with.
    pub word: Vec<u8>,
}

/// What a file of this form begins with.
const HEAD: &[u8] = b"svevent 1";

impl Default for Memory {
    fn default() -> Memory {
        Memory { cursor: Cursor::START, judge: Judge::default(), outbox: Outbox::default() }
    }
}

impl Memory {
    /// Takes new lines. Those from before `from` are history: of them only what has not passed is told. What had to be
    /// given up for it is returned; how many alerts are new, too.
    pub fn read(&mut self, lines: &[Line], from: Label, now: Label, rules: &Rules) -> (usize, Vec<Alert>) {
        let (mut held, mut fresh) = (Vec::new(), Vec::new());
        for line in lines {
            let told = self.judge.step(line, rules);
            if line.label < from {
                hold(&mut held, told);
            } else {
                fresh.append(&mut held);
                fresh.extend(told);
            }
        }
        if !held.is_empty() {
            hold(&mut held, Vec::from_iter(self.judge.lapse(now, rules)));
        }
        fresh.append(&mut held);
        (fresh.len(), self.tell(fresh))
    }

    /// It is so late now.
    pub fn lapse(&mut self, now: Label, rules: &Rules) -> (usize, Vec<Alert>) {
        let fresh = Vec::from_iter(self.judge.lapse(now, rules));
        (fresh.len(), self.tell(fresh))
    }

    fn tell(&mut self, alerts: Vec<Alert>) -> Vec<Alert> {
        alerts.into_iter().filter_map(|alert| self.outbox.push(alert)).collect()
    }

    /// As it is written down.
    pub fn encode(&self) -> Vec<u8> {
        let mut text = [HEAD, b"\n"].concat();
        let mut line = |word: &str, rest: &[u8]| text.extend([word.as_bytes(), b" ", rest, b"\n"].concat());
        line("cursor", self.cursor.to_string().as_bytes());
        let Judge { up, failed, last, trouble, began } = &self.judge;
        if let Some(Up { start, well, ill }) = up {
            line("up", start.text().as_bytes());
            well.iter().for_each(|well| line("well", well.text().as_bytes()));
            if *ill {
                line("ill", b"yes");
            }
        }
        failed.iter().for_each(|label| line("failed", &label.text()));
        if !last.is_empty() {
            line("last", facts_text(last).trim_ascii_start());
        }
        trouble.iter().for_each(|kind| line("trouble", kind.word().as_bytes()));
        began.iter().for_each(|label| line("began", &label.text()));
        for Call { alert, done } in &self.outbox.calls {
            let mark = Mark { sequence: alert.sequence, label: alert.label };
            let head = [alert.kind.word(), " ", &mark.text()].concat();
            line("call", &[head.as_bytes(), &facts_text(&alert.facts)].concat());
            done.iter().for_each(|hook| line("done", &escaped(hook)));
        }
        text
    }

    /// Reads what was written down, and the first line that makes no sense. Nothing, where it is none of ours at all:
    /// without its cursor all else says nothing.
    pub fn decode(text: &[u8]) -> (Option<Memory>, Option<Broken>) {
        let mut lines = (1..).zip(text.split(|byte| *byte == b'\n')).filter(|(_, line)| !line.is_empty());
        let mut broken = None;
        let mut note = |number, word: &[u8]| {
            broken.get_or_insert(Broken { line: number, word: word.to_vec() });
        };
        if lines.next().is_none_or(|(_, line)| line != HEAD) {
            note(1, text.split(|byte| *byte == b'\n').next().unwrap_or_default());
            return (None, broken);
        }
        let mut memory = Memory::default();
        let mut placed = false;
        for (number, line) in lines {
            let (word, rest) = split(line);
            if memory.take(word, rest).is_none() {
                note(number, word);
            } else {
                placed |= word == b"cursor";
            }
        }
        if !placed {
            note(1, b"");
        }
        (placed.then_some(memory), broken)
    }

    fn take(&mut self, word: &[u8], rest: &[u8]) -> Option<()> {
        let Judge { up, failed, last, trouble, began } = &mut self.judge;
        match word {
            b"cursor" => self.cursor = core::str::from_utf8(rest).ok()?.parse().ok()?,
            b"up" => *up = Some(Up { start: Mark::parse(rest)?, well: None, ill: false }),
            b"well" => up.as_mut()?.well = Some(Mark::parse(rest)?),
            b"ill" => up.as_mut()?.ill = true,
            b"failed" => failed.push(Label::parse(rest)?),
            b"last" => *last = facts(rest),
            b"trouble" => match Kind::of(rest)? {
                kind if !trouble.contains(&kind) => trouble.push(kind),
                _ => {}
            },
            b"began" => *began = Some(Label::parse(rest)?),
            b"call" => {
                let (kind, rest) = split(rest);
                let (sequence, rest) = split(rest);
                let (label, rest) = split(rest);
                let Mark { sequence, label } = Mark::of(sequence, label)?;
                let alert = Alert { kind: Kind::of(kind)?, sequence, label, facts: facts(rest) };
                self.outbox.calls.push_back(Call { alert, done: BTreeSet::new() });
            }
            b"done" => drop(self.outbox.calls.back_mut()?.done.insert(unescaped(rest))),
            _ => return None,
        }
        Some(())
    }
}

/// What is over needs not be told.
fn hold(held: &mut Vec<Alert>, told: Vec<Alert>) {
    for alert in told {
        match alert.kind {
            Kind::Recovered => held.clear(),
            _ => held.push(alert),
        }
    }
}

impl Mark {
    fn text(self) -> String {
        let label = self.label.text();
        [&self.sequence.to_string(), " ", core::str::from_utf8(&label).unwrap_or_default()].concat()
    }

    fn parse(text: &[u8]) -> Option<Mark> {
        let (sequence, label) = split(text);
        Mark::of(sequence, label)
    }

    fn of(sequence: &[u8], label: &[u8]) -> Option<Mark> {
        let digits = sequence.iter().all(u8::is_ascii_digit);
        let sequence = core::str::from_utf8(sequence).ok().filter(|_| digits)?.parse().ok()?;
        Some(Mark { sequence, label: Label::parse(label)? })
    }
}

/// What is before the first blank, and what behind.
fn split(text: &[u8]) -> (&[u8], &[u8]) {
    let end = text.iter().position(|byte| *byte == b' ').unwrap_or(text.len());
    (text.get(..end).unwrap_or_default(), text.get(end + 1..).unwrap_or_default())
}

fn escaped(value: &[u8]) -> Vec<u8> {
    let mut text = Vec::new();
    value.iter().for_each(|byte| escape(*byte, &mut text));
    text
}

/// Each with a blank before it.
fn facts_text(facts: &[(Fact, Vec<u8>)]) -> Vec<u8> {
    let word = |(fact, value): &(Fact, Vec<u8>)| [b" ", fact.word().as_bytes(), b"=", &*escaped(value)].concat();
    facts.iter().flat_map(word).collect()
}

fn facts(text: &[u8]) -> Vec<(Fact, Vec<u8>)> {
    let fact = |word: &[u8]| {
        let mut parts = word.splitn(2, |byte| *byte == b'=');
        Some((Fact::of(parts.next()?)?, unescaped(parts.next()?)))
    };
    text.split(|byte| *byte == b' ').filter_map(fact).collect()
}
