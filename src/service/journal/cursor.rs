//! Where a reader is. A cursor is a number, not a place in a file, so it survives that the file is renamed; and it
//! can be written down, so it survives its reader.

use super::line::{Head, Line, heads};
use crate::tai64::Label;
use alloc::vec::Vec;
use core::fmt;

/// The line that was read last.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cursor {
    sequence: u64,
    /// Tells a line from another that has its number, should both files have been lost and numbers begun again.
    label: Label,
}

/// What a reader has not seen before.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Taken {
    /// The lines, in their order.
    pub lines: Vec<Line>,
    /// How many lines there were before or between these that are gone.
    pub missed: u64,
}

impl Cursor {
    /// Before everything that is still there.
    pub const START: Cursor = Cursor { sequence: 0, label: Label { unix: 0, nanos: 0 } };

    /// Behind everything that is there now.
    pub fn end(previous: &[u8], current: &[u8]) -> Cursor {
        ordered(previous, current).last().map_or(Cursor::START, Cursor::behind)
    }

    fn behind(head: &Head<'_>) -> Cursor {
        Cursor { sequence: head.sequence, label: head.label }
    }

    /// Whether `journal.1` is needed besides this `journal`. It is to be read after, not before: a file that is
    /// renamed in between is then seen twice, not never.
    pub fn needs_previous(&self, current: &[u8]) -> bool {
        heads(current).next().is_none_or(|first| first.sequence > self.sequence.saturating_add(1))
    }

    /// Whether this part of a journal begins with the line that was read last.
    pub fn begins(&self, part: &[u8]) -> bool {
        heads(part).next().is_some_and(|first| Cursor::behind(&first) == *self)
    }

    /// Takes what is new in both files; nothing stands for one that is not there or not needed.
    pub fn take(&mut self, previous: &[u8], current: &[u8]) -> Taken {
        let all = ordered(previous, current);
        let fresh: Vec<Head<'_>> = match self.has_begun_again(&all) {
            true => all.into_iter().filter(|head| head.label > self.label).collect(),
            false => all.into_iter().filter(|head| head.sequence > self.sequence).collect(),
        };
        let missed = self.missed(&fresh);
        if let Some(last) = fresh.last() {
            *self = Cursor::behind(last);
        }
        Taken { lines: fresh.into_iter().map(Head::line).collect(), missed }
    }

    /// Whether these numbers are not those that were counted before: they end before ours, or ours is another line.
    fn has_begun_again(&self, all: &[Head<'_>]) -> bool {
        let Some(last) = all.last() else { return false };
        let other = |head: &Head<'_>| head.sequence == self.sequence && head.label != self.label;
        self.sequence > 0 && (last.sequence < self.sequence || all.iter().any(other))
    }

    fn missed(&self, fresh: &[Head<'_>]) -> u64 {
        let (Some(first), Some(last)) = (fresh.first(), fresh.last()) else { return 0 };
        // Who starts has missed nothing, and numbers that began again tell nothing of those before.
        let from = match self.sequence {
            0 => first.sequence,
            sequence if sequence < first.sequence => sequence + 1,
            _ => first.sequence,
        };
        last.sequence.saturating_sub(from).saturating_add(1).saturating_sub(fresh.len() as u64)
    }
}

/// The lines of both files, each once and in its order.
fn ordered<'a>(previous: &'a [u8], current: &'a [u8]) -> Vec<Head<'a>> {
    let mut all: Vec<Head<'_>> = Vec::new();
    for head in heads(previous).chain(heads(current)) {
        if all.last().is_none_or(|last| last.sequence < head.sequence) {
            all.push(head);
        }
    }
    all
}

impl fmt::Display for Cursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ", self.sequence)?;
        self.label.text().iter().try_for_each(|byte| write!(f, "{}", char::from(*byte)))
    }
}

impl core::str::FromStr for Cursor {
    type Err = ();

    fn from_str(text: &str) -> Result<Cursor, ()> {
        let (sequence, label) = text.trim_ascii().split_once(' ').ok_or(())?;
        let label = Label::parse(label.as_bytes()).ok_or(())?;
        Ok(Cursor { sequence: sequence.parse().map_err(|_| ())?, label })
    }
}
