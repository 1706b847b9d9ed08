//! Writing lines.

use super::line::heads;
use super::{Event, Key, LINE, VALUE};
use crate::handover::pack::packed_struct;
use crate::service::word::Word;
use crate::tai64::Label;
use alloc::string::ToString;
use alloc::vec::Vec;
use core::fmt::Display;

/// An event and its facts, not yet a line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Draft {
    event: Event,
    facts: Vec<u8>,
}

/// Gives lines their numbers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Writer {
    last: u64,
    torn: bool,
}

packed_struct!(Writer { 1 last, 2 torn });

/// What a line has besides its event and facts: a label, the longest number, blanks, newlines before and behind.
const FRAME: usize = 25 + 1 + 20 + 1 + 2;

impl Draft {
    /// What happened.
    pub fn new(event: Event) -> Draft {
        Draft { event, facts: Vec::new() }
    }

    /// And this.
    #[must_use]
    pub fn with(self, key: Key, value: impl Display) -> Draft {
        self.with_bytes(key, value.to_string().as_bytes())
    }

    /// And this, which may be no text.
    #[must_use]
    pub fn with_bytes(mut self, key: Key, value: &[u8]) -> Draft {
        let before = self.facts.len();
        self.facts.push(b' ');
        self.facts.extend(key.word().as_bytes());
        self.facts.push(b'=');
        value.iter().take(VALUE).for_each(|byte| escape(*byte, &mut self.facts));
        if FRAME + self.event.word().len() + self.facts.len() > LINE {
            self.facts.truncate(before);
        }
        self
    }
}

/// A byte as a value has it.
pub(crate) fn escape(byte: u8, into: &mut Vec<u8>) {
    if byte.is_ascii_graphic() && byte != b'\\' && byte != b'=' {
        into.push(byte);
    } else {
        let digit = |value: u8| char::from_digit(value.into(), 16).map_or(b'0', |digit| digit as u8);
        into.extend([b'\\', b'x', digit(byte >> 4), digit(byte & 15)]);
    }
}

impl Writer {
    /// Goes on where `journal.1` and `journal` end. Of each the last `TAIL` bytes are enough, and nothing stands for a
    /// file that is not there.
    pub fn resume(previous: &[u8], current: &[u8]) -> Writer {
        let sequences = heads(previous).chain(heads(current)).map(|head| head.sequence);
        Writer { last: sequences.max().unwrap_or(0), torn: current.last().is_some_and(|byte| *byte != b'\n') }
    }

    /// The number of the line that was written last; 0 before the first.
    pub fn last(&self) -> u64 {
        self.last
    }

    /// Writes a line behind what is in the buffer. Its number is taken even if it never reaches the disk: readers see
    /// that something is missing.
    pub fn write(&mut self, label: Label, draft: &Draft, into: &mut Vec<u8>) {
        self.last = self.last.saturating_add(1);
        if core::mem::take(&mut self.torn) {
            into.push(b'\n');
        }
        into.extend(label.text());
        into.push(b' ');
        into.extend(self.last.to_string().as_bytes());
        into.push(b' ');
        into.extend(draft.event.word().as_bytes());
        into.extend(&draft.facts);
        into.push(b'\n');
    }

    /// Not all of what was written reached the file: the next line begins by ending that one.
    pub fn was_torn(&mut self) {
        self.torn = true;
    }

    /// The file was renamed; the next line is the first of a new one.
    pub fn was_rotated(&mut self) {
        self.torn = false;
    }
}
