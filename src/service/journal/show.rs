//! A line for people: its event and its facts, in the order in which they were written, without the escapes.

use super::{Key, Line};
use crate::service::word::Word;
use alloc::string::String;

/// What an event is called that only later versions know.
const UNKNOWN: &str = "?";

impl Line {
    /// `exit pid=4711 cause=signal signal=SEGV`
    pub fn words(&self) -> String {
        let mut text = String::from(self.event.map_or(UNKNOWN, Word::word));
        for (key, value) in &self.facts {
            text.extend([" ", key.word(), "="]);
            text.push_str(&quoted(value));
        }
        text
    }
}

impl Key {
    /// Whether its value is a number.
    pub fn is_number(self) -> bool {
        matches!(self, Key::Pid | Key::Code | Key::Failures | Key::Starts | Key::Errno)
    }
}

/// With marks around it if it would not be one word.
fn quoted(value: &[u8]) -> String {
    let text = String::from_utf8_lossy(value);
    if text.is_empty() || text.contains(|c: char| c.is_whitespace() || c.is_control() || c == '"') {
        return alloc::format!("{text:?}");
    }
    text.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(text: &str) -> String {
        Line::parse([b"@400000006b003fd03a9ee3ac 17 ", text.as_bytes()].concat().as_slice()).unwrap().words()
    }

    #[test]
    fn a_line_reads_as_it_was_written() {
        let line = "exit pid=4711 cause=signal signal=SEGV core=yes lasted=90s";
        assert_eq!(words(line), line);
        assert_eq!(words(r"ready status=two\x20words note=a\x1b"), "ready status=\"two words\" note=\"a\\u{1b}\"");
        assert_eq!(words("novelty pid=7 flavour=sweet"), "? pid=7");
    }
}
