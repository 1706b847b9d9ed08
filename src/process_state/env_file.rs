//! Environment files, as Docker's `--env-file` and systemd's `EnvironmentFile=` have them. The two agree on most
//! files people have; where they do not, the rule is:
//!
//! | where | the rule | whose |
//! | --- | --- | --- |
//! | a line that begins with `#` or `;` (after blanks) | a comment | `;` is systemd's |
//! | a value that begins with a quote | unquoted, may go on over lines, pieces are joined | systemd's |
//! | a quote further on in a value | is a character | both |
//! | blanks around an unquoted value | dropped | systemd's |
//! | a backslash in an unquoted value | is a character, unless it ends the line: then the next one follows | Docker's |
//! | a backslash in double quotes | makes a character of `"`, `\`, `` ` ``, `$`; joins lines; else stays | systemd's |
//! | a name alone | the variable stays as it is | Docker's |
//! | a name with a blank in it, or none at all | an error | Docker's |
//! | `$VAR` in a value | is text | both |

use alloc::vec::Vec;

/// A variable and its value.
pub type Variable = (Vec<u8>, Vec<u8>);

/// What is wrong with a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bad {
    /// The line, from 1.
    pub line: usize,
    /// What it is.
    pub what: &'static str,
}

/// The variables of a file, in its order.
pub fn parse(content: &[u8]) -> Result<Vec<Variable>, Bad> {
    let content = content.strip_prefix(b"\xef\xbb\xbf").unwrap_or(content);
    let mut reader = Reader { rest: content, line: 1 };
    let mut found = Vec::new();
    while reader.peek().is_some() {
        found.extend(reader.line()?);
    }
    Ok(found)
}

/// A file, from some point on.
struct Reader<'a> {
    rest: &'a [u8],
    line: usize,
}

impl Reader<'_> {
    fn peek(&self) -> Option<u8> {
        self.rest.first().copied()
    }

    /// The next byte. A carriage return before a newline is part of it.
    fn next(&mut self) -> Option<u8> {
        if let [b'\r', b'\n', rest @ ..] = self.rest {
            self.rest = rest;
            self.line += 1;
            return Some(b'\n');
        }
        let (first, rest) = self.rest.split_first()?;
        self.rest = rest;
        self.line += usize::from(*first == b'\n');
        Some(*first)
    }

    fn skip_blanks(&mut self) {
        while let Some(b' ' | b'\t') = self.peek() {
            self.next();
        }
    }

    fn skip_line(&mut self) {
        while !matches!(self.next(), None | Some(b'\n')) {}
    }

    /// One line, or more if its value goes on.
    fn line(&mut self) -> Result<Option<Variable>, Bad> {
        self.skip_blanks();
        if let Some(b'#' | b';') = self.peek() {
            self.skip_line();
            return Ok(None);
        }
        let line = self.line;
        let Some(name) = self.name(line)? else { return Ok(None) };
        self.skip_blanks();
        let value = match self.peek() {
            Some(b'"' | b'\'') => self.quoted(line)?,
            _ => self.plain(),
        };
        if value.contains(&0) { Err(Bad { line, what: "zero byte" }) } else { Ok(Some((name, value))) }
    }

    /// The name before an equals sign; nothing if there is none, because the variable is left alone then.
    fn name(&mut self, line: usize) -> Result<Option<Vec<u8>>, Bad> {
        let mut name = Vec::new();
        let ended = loop {
            match self.next() {
                end @ (None | Some(b'\n' | b'=')) => break end == Some(b'='),
                Some(byte) => name.push(byte),
            }
        };
        name.truncate(name.trim_ascii_end().len());
        if name.is_empty() && ended {
            return Err(Bad { line, what: "no name" });
        }
        if name.iter().any(|byte| byte.is_ascii_whitespace() || byte.is_ascii_control()) {
            return Err(Bad { line, what: "blank in name" });
        }
        Ok(ended.then_some(name))
    }

    fn plain(&mut self) -> Vec<u8> {
        let mut value = Vec::new();
        while let Some(byte) = self.next() {
            match byte {
                b'\n' => break,
                b'\\' if self.at_line_end() => drop(self.next()),
                other => value.push(other),
            }
        }
        value.truncate(value.trim_ascii_end().len());
        value
    }

    fn at_line_end(&self) -> bool {
        matches!(self.rest, [b'\n', ..] | [b'\r', b'\n', ..])
    }

    /// Pieces, quoted or not, up to the end of the line.
    fn quoted(&mut self, line: usize) -> Result<Vec<u8>, Bad> {
        let mut value = Vec::new();
        loop {
            self.skip_blanks();
            match self.peek() {
                Some(quote @ (b'"' | b'\'')) => {
                    self.next();
                    self.inside(quote, &mut value).ok_or(Bad { line, what: "quote without end" })?;
                }
                None => return Ok(value),
                Some(_) => {
                    value.extend(self.plain());
                    return Ok(value);
                }
            }
        }
    }

    /// What is in quotes, up to the closing one.
    fn inside(&mut self, quote: u8, value: &mut Vec<u8>) -> Option<()> {
        loop {
            match self.next()? {
                byte if byte == quote => return Some(()),
                b'\\' if quote == b'"' => match self.next()? {
                    b'\n' => {}
                    byte @ (b'"' | b'\\' | b'`' | b'$') => value.push(byte),
                    byte => value.extend([b'\\', byte]),
                },
                byte => value.push(byte),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::Random;
    use alloc::string::{String, ToString};

    type Shown = Result<Vec<(String, String)>, (usize, &'static str)>;

    fn of(text: &str) -> Shown {
        let shown = |bytes: &[u8]| String::from_utf8_lossy(bytes).to_string();
        let found = parse(text.as_bytes());
        found.map(|list| list.iter().map(|(n, v)| (shown(n), shown(v))).collect()).map_err(|bad| (bad.line, bad.what))
    }

    fn one(name: &str, value: &str) -> Shown {
        Ok([(name.to_string(), value.to_string())].into())
    }

    #[test]
    fn comments_and_blank_lines_say_nothing() {
        assert_eq!(of("\n# A=1\n  ; B=2\n\t\n\r\n"), Ok(Vec::new()));
        assert_eq!(of("A=x # y"), one("A", "x # y"));
    }

    #[test]
    fn unquoted_values_are_as_they_stand_without_blanks_around() {
        assert_eq!(of("A=1"), one("A", "1"));
        assert_eq!(of("  A = b c \t\r\n"), one("A", "b c"));
        assert_eq!(of("A="), one("A", ""));
        assert_eq!(of("A=C:\\dir\\d+"), one("A", "C:\\dir\\d+"));
        assert_eq!(of("A=it's \"so\" $HOME"), one("A", "it's \"so\" $HOME"));
        assert_eq!(of("A=x=y"), one("A", "x=y"));
        assert_eq!(of("A=one \\\ntwo"), one("A", "one two"));
        assert_eq!(of("\u{feff}A=1"), one("A", "1"));
    }

    #[test]
    fn quoted_values_lose_their_quotes() {
        assert_eq!(of("A=\" b \""), one("A", " b "));
        assert_eq!(of("A='x\\n\"$y'"), one("A", "x\\n\"$y"));
        assert_eq!(of(r#"A="\"\\\$\`\n""#), one("A", "\"\\$`\\n"));
        assert_eq!(of("A=\"one\ntwo\\\nthree\" # x"), one("A", "one\ntwothree# x"));
        assert_eq!(of("A=\"a\" 'b'c"), one("A", "abc"));
        assert_eq!(of("A=\"\""), one("A", ""));
        assert_eq!(of("A='x' \nB").map(|list| list.len()), Ok(1));
    }

    #[test]
    fn a_name_alone_leaves_the_variable_alone() {
        assert_eq!(of("HOME\nA=1"), one("A", "1"));
    }

    #[test]
    fn what_is_wrong_is_told_by_its_line() {
        assert_eq!(of("A=1\n=x"), Err((2, "no name")));
        assert_eq!(of("\n\nexport A=1"), Err((3, "blank in name")));
        assert_eq!(of("A=1\nB='x\ny"), Err((2, "quote without end")));
        assert_eq!(of("A=a\0b"), Err((1, "zero byte")));
    }

    #[test]
    fn arbitrary_files_never_panic() {
        let mut source = Random::new(5);
        for _ in 0..20_000 {
            let content = source.bytes(b"AB= \t\n\r\"'\\#;$", 40);
            for (name, value) in parse(&content).unwrap_or_default() {
                assert!(!name.is_empty() && !name.contains(&b'='));
                assert!(!value.contains(&0));
            }
        }
    }

    #[test]
    fn whatever_is_quoted_comes_back() {
        let mut source = Random::new(9);
        for _ in 0..20_000 {
            let value: Vec<u8> = source.bytes(b"ab \t\n\"'\\$`#", 20).into_iter().filter(|b| *b != 0).collect();
            if value.windows(2).any(|pair| pair == b"\r\n") {
                continue; // read as one line end
            }
            let mut text = b"NAME=\"".to_vec();
            for byte in &value {
                if b"\"\\`$".contains(byte) {
                    text.push(b'\\');
                }
                text.push(*byte);
            }
            text.extend(b"\"\n");
            assert_eq!(parse(&text), Ok([(b"NAME".to_vec(), value)].into()));
        }
    }
}
