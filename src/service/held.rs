//! `supervise/held`: that a service is kept down for a time, and why. `sv down --for` writes it, and then sends `d`;
//! `runsv` reads it when a `d` comes and when it starts, and removes it when the time is over or when somebody brings the
//! service up. It is a file, so that it outlives both.
//!
//! ```text
//! until @400000006b003fd03a9ee3ac
//! note disk swap
//! ```

use super::overview::span;
use crate::tai64::Label;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

/// Its name in `supervise/`.
pub const HELD: &str = "held";

/// Under which name it is made.
pub const FRESH: &str = "held.new";

/// A service is held down.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Held {
    /// Then it comes back by itself; without, it does not.
    pub until: Option<Label>,
    /// Why, in somebody's words; may be empty.
    pub note: Vec<u8>,
}

/// A note has no more bytes; a longer one is cut.
const NOTE: usize = 1024;

/// Nor has the file.
pub const LONGEST: usize = 2 * NOTE;

impl Held {
    /// What the file says. One that says nothing of this kind holds nobody.
    pub fn parse(text: &[u8]) -> Option<Held> {
        let mut lines = text.split(|byte| *byte == b'\n');
        let until = match lines.next()?.strip_prefix(b"until ")? {
            b"told" => None,
            label => Some(Label::parse(label)?),
        };
        let note = lines.next().and_then(|line| line.strip_prefix(b"note ")).unwrap_or_default();
        Some(Held { until, note: note.to_vec() })
    }

    /// The file.
    pub fn text(&self) -> Vec<u8> {
        let mut text = Vec::from(*b"until ");
        match self.until {
            Some(label) => text.extend(label.text()),
            None => text.extend_from_slice(b"told"),
        }
        text.push(b'\n');
        if !self.note.is_empty() {
            text.extend_from_slice(b"note ");
            text.extend(self.note.iter().take(NOTE).map(|byte| if *byte == b'\n' { b' ' } else { *byte }));
            text.push(b'\n');
        }
        text
    }

    /// Whether its time is over.
    pub fn is_over(&self, now: Label) -> bool {
        self.until.is_some_and(|until| until <= now)
    }

    /// `held for 1h59m: disk swap`
    pub fn words(&self, now: Label) -> String {
        let left = |until: Label| u64::try_from(until.unix.saturating_sub(now.unix)).unwrap_or(0);
        let until = self.until.map_or_else(|| "held".into(), |until| format!("held for {}", span(left(until))));
        let note: String = String::from_utf8_lossy(&self.note).chars().filter(|c| !c.is_control()).collect();
        if note.is_empty() { until } else { format!("{until}: {note}") }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::Random;

    const UNTIL: Label = Label { unix: 1_795_178_438, nanos: 983_491_500 };

    fn held(until: Option<Label>, note: &str) -> Held {
        Held { until, note: note.into() }
    }

    #[test]
    fn it_reads_as_it_was_written() {
        for held in [held(Some(UNTIL), "disk swap"), held(None, "ünd"), held(Some(UNTIL), ""), held(None, "")] {
            assert_eq!(Held::parse(&held.text()), Some(held));
        }
        let expected = "until @400000006b003fd03a9ee3ac\nnote two lines\n";
        assert_eq!(held(Some(UNTIL), "two\nlines").text(), expected.as_bytes());
        assert!(held(None, &"x".repeat(5000)).text().len() < LONGEST);
    }

    #[test]
    fn what_is_none_holds_nobody() {
        for text in ["", "\n", "until\n", "until soon\n", "note x\n", "until @40\n"] {
            assert_eq!(Held::parse(text.as_bytes()), None, "{text:?}");
        }
        let mut source = Random::new(3);
        for _ in 0..20_000 {
            let _ = Held::parse(&source.bytes(b"until @0123456789abcdef\nnote told", 60));
        }
    }

    #[test]
    fn for_people() {
        let now = Label { unix: UNTIL.unix - 3600, nanos: 0 };
        assert_eq!(held(Some(UNTIL), "disk swap").words(now), "held for 1h00m: disk swap");
        assert_eq!(held(None, "a\x1bb").words(now), "held: ab");
        assert_eq!(held(None, "").words(now), "held");
        assert!(!held(Some(UNTIL), "").is_over(now) && held(Some(now), "").is_over(now));
    }
}
