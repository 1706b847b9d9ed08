//! The words of a command and of `environment`, by the two ways of Python's shlex: the one that a shell has, and the old
//! one, which keeps quotes and takes most signs for words of their own.

use super::python::quoted;
use super::{Result, wrong};
use alloc::collections::BTreeMap;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

/// Variables by name.
pub type Variables = BTreeMap<String, String>;

const BLANKS: [char; 4] = [' ', '\t', '\r', '\n'];
const QUOTES: [char; 2] = ['\'', '"'];

/// The words of a command: as a shell splits it, without any expansion, and `#` is a character. What is wrong with it is
/// said at the start only, as the original does.
pub fn command(text: &str) -> Result<Vec<String>> {
    let split = split(text).map_err(|why| wrong!("can't parse command {}: {why}", quoted(text)))?;
    if split.is_empty() { Err(wrong!("command is empty")) } else { Ok(split) }
}

fn split(text: &str) -> core::result::Result<Vec<String>, &'static str> {
    let mut words = Vec::new();
    let mut word: Option<String> = None;
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        match c {
            c if BLANKS.contains(&c) => words.extend(word.take()),
            '\\' => word.get_or_insert_default().push(chars.next().ok_or("No escaped character")?),
            c if QUOTES.contains(&c) => quote(c, &mut chars, word.get_or_insert_default())?,
            c => word.get_or_insert_default().push(c),
        }
    }
    words.extend(word);
    Ok(words)
}

/// Up to the closing quote. In double ones a backslash is itself, unless before a quote or another.
fn quote(mark: char, chars: &mut core::str::Chars<'_>, word: &mut String) -> core::result::Result<(), &'static str> {
    loop {
        match chars.next().ok_or("No closing quotation")? {
            c if c == mark => return Ok(()),
            '\\' if mark == '"' => {
                let c = chars.next().ok_or("No escaped character")?;
                word.extend((c != '"' && c != '\\').then_some('\\'));
                word.push(c);
            }
            c => word.push(c),
        }
    }
}

/// `KEY=value,KEY2="value, two"`: three words make a variable, and whatever word follows is taken for the comma.
pub fn variables(text: &str) -> Result<Variables> {
    let words = Lexer { chars: text.chars().collect(), at: 0 }.words()?;
    let mut found = Variables::new();
    for entry in words.chunks(4) {
        match entry {
            [key, equals, value, ..] if equals == "=" => {
                found.insert(key.clone(), value.trim_matches(QUOTES).to_string());
            }
            _ => return Err(wrong!("Unexpected end of key/value pairs in value '{text}'")),
        }
    }
    Ok(found)
}

/// shlex without POSIX.
struct Lexer {
    chars: Vec<char>,
    at: usize,
}

impl Lexer {
    fn next(&mut self) -> Option<char> {
        let next = self.chars.get(self.at).copied();
        self.at += usize::from(next.is_some());
        next
    }

    fn words(&mut self) -> Result<Vec<String>> {
        let mut words = Vec::new();
        while let Some(c) = self.next() {
            match c {
                c if BLANKS.contains(&c) => {}
                '#' => self.skip_line(),
                c if is_of_a_word(c) => words.push(self.word(c)),
                c if QUOTES.contains(&c) => words.push(self.quoted(c)?),
                c => words.push(c.to_string()),
            }
        }
        Ok(words)
    }

    fn skip_line(&mut self) {
        while self.next().is_some_and(|c| c != '\n') {}
    }

    /// A quote within a word is one of its characters, and a comment does not end it.
    fn word(&mut self, first: char) -> String {
        let mut word = String::from(first);
        while let Some(c) = self.next() {
            match c {
                '#' => self.skip_line(),
                c if is_of_a_word(c) || QUOTES.contains(&c) => word.push(c),
                _ => {
                    self.at -= 1;
                    break;
                }
            }
        }
        word
    }

    /// With its quotes.
    fn quoted(&mut self, mark: char) -> Result<String> {
        let mut word = String::from(mark);
        loop {
            let c = self.next().ok_or_else(|| wrong!("No closing quotation"))?;
            word.push(c);
            if c == mark {
                return Ok(word);
            }
        }
    }
}

fn is_of_a_word(c: char) -> bool {
    c.is_ascii_alphanumeric() || "_/.+-():".contains(c)
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::format;

    #[test]
    fn commands() {
        let words = |text: &str| command(text).unwrap();
        assert_eq!(words("/bin/cat  -u\n-n"), ["/bin/cat", "-u", "-n"]);
        assert_eq!(words(r#"a 'b "c' "d 'e" f\ g "h\"i\\j\k" ''"#), ["a", "b \"c", "d 'e", "f g", "h\"i\\j\\k", ""]);
        assert_eq!(words("a#b # c x''y"), ["a#b", "#", "c", "xy"]);
        for (text, why) in [("a 'b", "No closing quotation"), ("a \\", "No escaped character")] {
            assert_eq!(command(text), Err(wrong!("can't parse command {}: {why}", quoted(text))));
        }
        assert_eq!(command(" "), Err(wrong!("command is empty")));
    }

    #[test]
    fn environments() {
        for (text, expected) in [
            ("", ""),
            ("A=1,B=2", "A=1 B=2"),
            ("A = 1 , B = 2,", "A=1 B=2"),
            ("A=1;B=2", "A=1 B=2"),
            ("A=\"1,2\",B='3\n4'", "A=1,2 B=3\n4"),
            ("A=/usr/bin:/bin,B=a.b-c+(d)", "A=/usr/bin:/bin B=a.b-c+(d)"),
            ("A=\"\"", "A="),
            ("A=$HOME", "A=$"),
            ("A=~/x", "A=~"),
            ("A=http://x?y=1", "A=http://x y=1"),
            ("A=x#y", "A=x"),
            ("A=x#y\nz,B=1", "A=xz B=1"),
            ("A=\"a\\\"b\"", "A=a\\"),
            ("A=it's", "A=it's"),
            ("A=1,A=2", "A=2"),
            ("A=ü", "A=ü"),
        ] {
            let shown: Vec<String> = match variables(text) {
                Ok(found) => found.iter().map(|(key, value)| format!("{key}={value}")).collect(),
                Err(why) => panic!("{text}: {why}"),
            };
            assert_eq!(shown.join(" "), expected, "{text}");
        }
    }

    #[test]
    fn environments_that_are_wrong() {
        for text in ["A", "A=", "A=1 B=2", "A=1\nB=2", "A=\"x\"y,B=1", "A:1", "A=1,B"] {
            let expected = wrong!("Unexpected end of key/value pairs in value '{text}'");
            assert_eq!(variables(text), Err(expected), "{text}");
        }
        assert_eq!(variables("A=\"x"), Err(wrong!("No closing quotation")));
    }
}
