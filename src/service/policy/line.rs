//! How the files are read: by lines, a line by words, most words by a table of settings. The tables are all there is
//! to know of a file's keywords: the parser, `lint` and the manual read the same ones.

use super::{Mistake, Parsed};
use crate::service::word::{self, Word};
use crate::signal::Signal;
use crate::span;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt::Write as _;
use core::ops::RangeInclusive;
use core::time::Duration;

/// A word is shown up to here: long enough to be recognized, short enough for a message.
const SHOWN: usize = 60;

/// One keyword of a file.
pub(super) struct Setting<T> {
    pub(super) entry: Entry,
    /// Takes the words that follow it.
    pub(super) set: fn(&mut T, &mut Words<'_>) -> Result<(), Wrong>,
}

/// What there is to tell of a keyword.
#[derive(Clone, Copy, Debug)]
pub struct Entry {
    /// The keyword, or in capitals what stands in its place.
    pub word: &'static str,
    /// What follows it, for a person.
    pub takes: fn() -> String,
    /// What it says.
    pub says: &'static str,
}

/// Which word is wrong, and what it should have been.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Wrong {
    word: String,
    expected: String,
}

impl Wrong {
    /// Nothing in place of the word means that one is missing.
    pub(super) fn new(word: Option<&[u8]>, expected: impl Into<String>) -> Wrong {
        Wrong { word: word.map(shown).unwrap_or_default(), expected: expected.into() }
    }

    pub(super) fn at(self, line: usize) -> Mistake {
        Mistake { line, word: self.word, expected: self.expected }
    }
}

/// A word as a message can show it: no control characters, and no bytes that are not UTF-8.
fn shown(word: &[u8]) -> String {
    let mut text = String::new();
    for chunk in word.get(..SHOWN).unwrap_or(word).utf8_chunks() {
        for character in chunk.valid().chars() {
            match character.is_control() || character == '\\' {
                true => text.extend(character.escape_default()),
                false => text.push(character),
            }
        }
        for byte in chunk.invalid() {
            let _ = write!(text, "\\x{byte:02x}"); // a string takes all
        }
    }
    if word.len() > SHOWN {
        text.push_str("...");
    }
    text
}

/// The words of a line.
#[derive(Clone, Copy)]
pub(super) struct Words<'a> {
    line: usize,
    rest: &'a [u8],
    last: Option<&'a [u8]>,
}

impl<'a> Words<'a> {
    pub(super) fn new(line: usize, text: &'a [u8]) -> Words<'a> {
        Words { line, rest: text.trim_ascii(), last: None }
    }

    /// Which line it is, from 1.
    pub(super) fn line(&self) -> usize {
        self.line
    }

    pub(super) fn peek(&self) -> Option<&'a [u8]> {
        self.rest.split(u8::is_ascii_whitespace).next().filter(|word| !word.is_empty())
    }

    pub(super) fn next(&mut self) -> Option<&'a [u8]> {
        let word = self.peek()?;
        self.rest = self.rest.get(word.len()..).unwrap_or_default().trim_ascii_start();
        self.last = Some(word);
        self.last
    }

    /// What is wrong with the word that was read last.
    pub(super) fn wrong(&self, expected: impl Into<String>) -> Wrong {
        Wrong::new(self.last, expected)
    }

    pub(super) fn need(&mut self, expected: &str) -> Result<&'a [u8], Wrong> {
        self.next().ok_or_else(|| Wrong::new(None, expected))
    }

    /// Takes the next word if it is this one.
    pub(super) fn take(&mut self, word: &str) -> bool {
        self.peek() == Some(word.as_bytes()) && self.next().is_some()
    }

    pub(super) fn end(&mut self) -> Result<(), Wrong> {
        match self.next() {
            None => Ok(()),
            more => Err(Wrong::new(more, "nothing more in this line")),
        }
    }

    pub(super) fn span(&mut self) -> Result<Duration, Wrong> {
        span(self.need(TIME)?)
    }

    /// A span in which something can happen.
    pub(super) fn span_above_0(&mut self) -> Result<Duration, Wrong> {
        match self.span()? {
            Duration::ZERO => Err(self.wrong("a time above 0")),
            span => Ok(span),
        }
    }

    pub(super) fn number(&mut self, range: RangeInclusive<u32>) -> Result<u32, Wrong> {
        let expected = match range.start() == range.end() {
            true => format!("{}", range.start()),
            false => format!("a number from {} to {}", range.start(), range.end()),
        };
        let word = self.need(&expected)?;
        number(word).filter(|number| range.contains(number)).ok_or_else(|| self.wrong(expected))
    }

    pub(super) fn choice<W: Word>(&mut self) -> Result<W, Wrong> {
        let alternatives = W::alternatives();
        let word = self.need(&alternatives)?;
        W::of(word).ok_or_else(|| self.wrong(alternatives))
    }

    pub(super) fn signal(&mut self) -> Result<Signal, Wrong> {
        let word = self.need(SIGNAL)?;
        signal(word).ok_or_else(|| self.wrong(SIGNAL))
    }
}

const TIME: &str = "a time such as 10s";
const SIGNAL: &str = "a signal such as TERM";

pub(super) fn span(word: &[u8]) -> Result<Duration, Wrong> {
    span::duration(word).map_err(|why| Wrong::new(Some(word), format!("{TIME}; this {why}")))
}

/// Digits and nothing else.
pub(super) fn number(word: &[u8]) -> Option<u32> {
    let digits = word.iter().all(u8::is_ascii_digit);
    core::str::from_utf8(word).ok().filter(|_| digits)?.parse().ok()
}

pub(super) fn signal(word: &[u8]) -> Option<Signal> {
    core::str::from_utf8(word).ok().and_then(Signal::parse)
}

/// The lines that say something.
fn lines(text: &[u8]) -> impl Iterator<Item = Words<'_>> {
    let text = text.strip_prefix(b"\xef\xbb\xbf").unwrap_or(text);
    let numbered = text.split(|byte| *byte == b'\n').enumerate().map(|(at, line)| Words::new(at + 1, line));
    numbered.filter(|words| words.peek().is_some_and(|word| !word.starts_with(b"#")))
}

/// Reads a file a line at a time. A line that is wrong is left out.
pub(super) fn each<T>(
    text: &[u8],
    mut value: T,
    read: impl Fn(&mut T, &mut Words<'_>) -> Result<(), Wrong>,
) -> Parsed<T> {
    let mut mistakes = Vec::new();
    for mut words in lines(text) {
        if let Err(wrong) = read(&mut value, &mut words) {
            mistakes.push(wrong.at(words.line));
        }
    }
    Parsed { value, mistakes }
}

/// Reads a file of settings, one or more a line. What is wrong is left out up to the next keyword.
pub(super) fn settings<T>(text: &[u8], table: &[Setting<T>], mut value: T) -> Parsed<T> {
    let mut mistakes = Vec::new();
    for mut words in lines(text) {
        while words.peek().is_some() {
            if let Err(wrong) = setting(table, &mut value, &mut words) {
                mistakes.push(wrong.at(words.line));
                while words.peek().is_some_and(|word| find(table, word).is_none()) {
                    words.next();
                }
            }
        }
    }
    Parsed { value, mistakes }
}

/// Reads one setting.
pub(super) fn setting<T>(table: &[Setting<T>], value: &mut T, words: &mut Words<'_>) -> Result<(), Wrong> {
    let keywords = || word::list(table.iter().map(|setting| setting.entry.word), " | ");
    let Some(word) = words.next() else { return Err(Wrong::new(None, keywords())) };
    match find(table, word) {
        Some(setting) => (setting.set)(value, words),
        None => Err(Wrong::new(Some(word), keywords())),
    }
}

fn find<'t, T>(table: &'t [Setting<T>], word: &[u8]) -> Option<&'t Setting<T>> {
    table.iter().find(|setting| setting.entry.word.as_bytes() == word)
}

/// The entries of a table.
pub(super) fn entries<T>(table: &[Setting<T>]) -> Vec<Entry> {
    table.iter().map(|setting| setting.entry).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_what_is_between_blanks() {
        let mut words = Words::new(1, b" a\t b  c\r");
        assert_eq!((words.next(), words.peek()), (Some(&b"a"[..]), Some(&b"b"[..])));
        assert!(words.take("b") && !words.take("b"));
        assert_eq!((words.next(), words.next(), words.peek()), (Some(&b"c"[..]), None, None));
    }

    #[test]
    fn comments_and_empty_lines_are_none_but_count() {
        let numbers: Vec<usize> = lines(b"\xef\xbb\xbf# a\n\n \t\r\n  # b\nc\r\nd").map(|words| words.line).collect();
        assert_eq!(numbers, [5, 6]);
    }

    #[test]
    fn what_cannot_be_shown_is_escaped() {
        assert_eq!(shown("wörd".as_bytes()), "wörd");
        assert_eq!(shown(b"a\xff\x1b[m\\"), "a\\xff\\u{1b}[m\\\\");
        assert_eq!(shown(&[b'x'; 100]).len(), SHOWN + 3);
    }
}
