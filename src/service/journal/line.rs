//! Reading a line.

use super::{Cause, Event, Key};
use crate::exit::{Ending, Pid};
use crate::service::word::Word;
use crate::signal::Signal;
use crate::tai64::Label;
use alloc::vec::Vec;
use core::str::FromStr;

/// A line, as far as it is understood.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// When.
    pub label: Label,
    /// Its number.
    pub sequence: u64,
    /// What; nothing for an event that only later versions know.
    pub event: Option<Event>,
    /// What else is known of it.
    pub facts: Vec<(Key, Vec<u8>)>,
}

/// What every line begins with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Head<'a> {
    pub(super) label: Label,
    pub(super) sequence: u64,
    /// The event and the facts.
    rest: &'a [u8],
}

/// The lines of a text that are lines, of which each is written to its end.
pub(super) fn heads(text: &[u8]) -> impl Iterator<Item = Head<'_>> {
    let complete = text.iter().rposition(|byte| *byte == b'\n').unwrap_or(0);
    text.get(..complete).unwrap_or_default().split(|byte| *byte == b'\n').filter_map(head)
}

fn head(line: &[u8]) -> Option<Head<'_>> {
    let (label, rest) = split(line);
    let (number, rest) = split(rest);
    let digits = number.iter().all(u8::is_ascii_digit);
    let sequence = core::str::from_utf8(number).ok().filter(|_| digits)?.parse().ok()?;
    (!rest.is_empty()).then_some(Head { label: Label::parse(label)?, sequence, rest })
}

/// What is before the first blank, and what behind.
fn split(text: &[u8]) -> (&[u8], &[u8]) {
    let end = text.iter().position(|byte| *byte == b' ').unwrap_or(text.len());
    (text.get(..end).unwrap_or_default(), text.get(end + 1..).unwrap_or_default())
}

impl Head<'_> {
    pub(super) fn line(self) -> Line {
        let mut words = self.rest.split(|byte| *byte == b' ');
        let event = words.next().and_then(Event::of);
        Line { label: self.label, sequence: self.sequence, event, facts: words.filter_map(fact).collect() }
    }
}

fn fact(word: &[u8]) -> Option<(Key, Vec<u8>)> {
    let mut parts = word.splitn(2, |byte| *byte == b'=');
    let key = parts.next().and_then(Key::of)?;
    parts.next().map(|value| (key, unescaped(value)))
}

/// The bytes of a value; what no writer would have written stays as it is.
pub(crate) fn unescaped(value: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(value.len());
    let mut rest = value;
    while let Some((first, behind)) = rest.split_first() {
        let (byte, behind) = escape(rest).unwrap_or((*first, behind));
        bytes.push(byte);
        rest = behind;
    }
    bytes
}

/// The byte of an escape that begins here, and what is behind it.
fn escape(text: &[u8]) -> Option<(u8, &[u8])> {
    let [b'\\', b'x', high, low, rest @ ..] = text else { return None };
    let digit = |digit: u8| char::from(digit).to_digit(16).and_then(|value| u8::try_from(value).ok());
    Some((digit(*high)? << 4 | digit(*low)?, rest))
}

impl Line {
    /// The line that a text is, without its newline.
    pub fn parse(text: &[u8]) -> Option<Line> {
        head(text).map(Head::line)
    }

    /// A fact; the first of its key.
    pub fn fact(&self, key: Key) -> Option<&[u8]> {
        self.facts.iter().find(|(known, _)| *known == key).map(|(_, value)| value.as_slice())
    }

    /// A fact that is a number, or something else that can be read.
    pub fn read<T: FromStr>(&self, key: Key) -> Option<T> {
        self.fact(key).and_then(|value| core::str::from_utf8(value).ok()).and_then(|text| text.parse().ok())
    }

    /// Which process it tells of.
    pub fn pid(&self) -> Option<Pid> {
        self.read(Key::Pid).and_then(Pid::new)
    }

    /// How the process ended, for an `exit` or a `finish`.
    pub fn ending(&self) -> Ending {
        let by = self.fact(Key::Signal).and_then(|name| core::str::from_utf8(name).ok()).and_then(Signal::parse);
        match (self.read(Key::Code), by) {
            (Some(code), _) => Ending::Exited(code),
            (None, Some(by)) => Ending::Killed { by, core: self.fact(Key::Core).is_some() },
            (None, None) => Ending::Unknown,
        }
    }

    /// Why the process ended, for an `exit`.
    pub fn cause(&self) -> Option<Cause> {
        self.fact(Key::Cause).and_then(Cause::of)
    }
}
