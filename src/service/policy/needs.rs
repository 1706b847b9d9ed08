//! `needs`: the services that must be ready first, by their names in the same scan directory.

use super::Parsed;
use super::line::{self, Entry, Words, Wrong};
use alloc::vec::Vec;

/// The names, each once, in the order of the file.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Needs(pub Vec<Vec<u8>>);

/// A file name has no more bytes.
const LONGEST: usize = 255;

/// Reads the file.
pub fn parse(text: &[u8]) -> Parsed<Needs> {
    line::each(text, Needs::default(), |needs, words| {
        let name = name(words)?;
        if !needs.0.iter().any(|known| known == name) {
            needs.0.push(name.to_vec());
        }
        Ok(())
    })
}

/// The keywords.
pub fn entries() -> Vec<Entry> {
    let entry = Entry { word: "NAME", takes: || "".into(), says: "a service in the same scan directory" };
    Vec::from([entry])
}

/// What begins with a dot is never run from a scan directory, so waiting for it would be for ever.
fn name<'a>(words: &mut Words<'a>) -> Result<&'a [u8], Wrong> {
    const EXPECTED: &str = "the name of a service in the same scan directory";
    let name = words.need(EXPECTED)?;
    let wrong = name.starts_with(b".") || name.len() > LONGEST || name.iter().any(|byte| b"/\0".contains(byte));
    if wrong {
        return Err(words.wrong(EXPECTED));
    }
    match words.next() {
        None => Ok(name),
        more => Err(Wrong::new(more, "one name a line")),
    }
}

#[cfg(test)]
mod tests {
    use super::super::mistakes;
    use super::*;

    #[test]
    fn a_name_a_line_each_once() {
        let parsed = parse(b"database\n\n# and\n cache \r\ndatabase\nb\xe4cker");
        assert_eq!(parsed.mistakes, []);
        assert_eq!(parsed.value.0, [&b"database"[..], b"cache", b"b\xe4cker"]);
        assert_eq!(parse(b"").value, Needs::default());
    }

    #[test]
    fn what_is_wrong() {
        let parsed = parse(b"../other\n.hidden\na b\nc/log\nd\n\xff\0\n");
        assert_eq!(parsed.value.0, [b"d"]);
        let expected = "expected the name of a service in the same scan directory";
        let name = |line: &str| alloc::format!("{line}: {expected}");
        assert_eq!(
            mistakes(&parsed),
            [
                name("line 1: ../other"),
                name("line 2: .hidden"),
                "line 3: b: expected one name a line".into(),
                name("line 4: c/log"),
                name("line 6: \\xff\\u{0}")
            ]
        );
    }
}
