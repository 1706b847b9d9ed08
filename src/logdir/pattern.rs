//! Which lines a directory takes: runit's patterns.
//!
//! A pattern matches a whole line. A character stands for itself; `*` and a character skip to the *first* such
//! character (there is no going back); `*` at the end takes the rest; `+` and a character take one or more of it.
//!
//! Two corners. If the line ends while `+` is eating, the original says yes whatever pattern is left (`+ab` takes
//! `aa`): kept, somebody's filter may rest on it. Where the line has ended before `+`, the original looks at a byte
//! that an earlier line left there; here the line has ended and does not match.

use super::search::find;
use alloc::vec::Vec;

/// One line of a configuration that selects or deselects.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rule {
    /// What becomes of lines that match.
    pub verdict: Verdict,
    /// Which lines those are.
    pub pattern: Pattern,
}

/// What a rule decides.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// `+`: into the log.
    Log,
    /// `-`: not into the log.
    NoLog,
    /// `e`: to standard error.
    Stderr,
    /// `E`: not to standard error.
    NoStderr,
}

/// Where a line goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Choice {
    /// Into the log (and over the network).
    pub log: bool,
    /// To standard error.
    pub stderr: bool,
}

impl Choice {
    /// Where a line goes that no rule speaks of.
    pub const DEFAULT: Choice = Choice { log: true, stderr: false };
}

/// Where these rules send a line: each is asked, and the last that matches decides, for log and standard error apart.
pub fn choose(rules: &[Rule], line: &[u8]) -> Choice {
    let mut choice = Choice::DEFAULT;
    for rule in rules {
        let changes = match rule.verdict {
            Verdict::Log => !choice.log,
            Verdict::NoLog => choice.log,
            Verdict::Stderr => !choice.stderr,
            Verdict::NoStderr => choice.stderr,
        };
        // A rule that would change nothing need not be matched.
        if changes && rule.pattern.matches(line) {
            match rule.verdict {
                Verdict::Log | Verdict::NoLog => choice.log = !choice.log,
                Verdict::Stderr | Verdict::NoStderr => choice.stderr = !choice.stderr,
            }
        }
    }
    choice
}

/// A pattern, as it is written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pattern(pub Vec<u8>);

impl Pattern {
    /// Whether the whole line is as the pattern says.
    pub fn matches(&self, mut line: &[u8]) -> bool {
        let mut pattern = &self.0[..];
        loop {
            match pattern {
                [] => return line.is_empty(),
                [b'*'] => return true,
                [b'*', rest @ ..] => {
                    let [wanted, ..] = rest else { return true };
                    let Some(at) = find(*wanted, line) else { return false };
                    line = line.get(at..).unwrap_or_default();
                    // What was skipped to is still to be matched, by the pattern that begins with it.
                    pattern = rest;
                }
                [b'+', wanted, rest @ ..] => {
                    let eaten = line.iter().take_while(|byte| *byte == wanted).count();
                    match line.get(eaten..) {
                        _ if eaten == 0 => return false,
                        Some([]) | None => return true,
                        Some(left) => (line, pattern) = (left, rest),
                    }
                }
                [b'+'] => return false, // one or more of nothing
                [wanted, rest @ ..] => match line {
                    [byte, left @ ..] if byte == wanted => (line, pattern) = (left, rest),
                    _ => return false,
                },
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn matches(pattern: &str, line: &str) -> bool {
        Pattern(pattern.into()).matches(line.as_bytes())
    }

    #[test]
    fn as_measured_with_the_original() {
        for (pattern, yes, no) in [
            ("*b*", &["ab", "xxb", "b", "bb"][..], &["", "a"][..]),
            ("*b", &["ab", "b"], &["abb", "a", ""]),
            ("*a*b*", &["xxaxxbxx", "ab"], &["ba", "a"]),
            ("a**", &["a*", "a*x"], &["a", "ab"]),
            ("*: *: pid *", &["tcpsvd: info: pid 1"], &["tcpsvd: info: end 1"]),
            ("*pid*", &["pid 1"], &["tcpsvd: info: pid 1"]),
            ("", &[""], &["x"]),
            ("*", &["", "x"], &[]),
            ("+ab", &["ab", "aaab", "aa"], &["b", "aac"]),
            ("+a", &["a", "aaa"], &["", "ab", "b"]),
            ("x+", &[], &["x", "x+", ""]),
            ("a+ *c", &["a  bc", "a c"], &["ac", "a  bcd"]),
        ] {
            for line in yes {
                assert!(matches(pattern, line), "{pattern:?} takes {line:?}");
            }
            for line in no {
                assert!(!matches(pattern, line), "{pattern:?} does not take {line:?}");
            }
        }
    }

    fn rules(text: &[(Verdict, &str)]) -> Vec<Rule> {
        text.iter().map(|(v, p)| Rule { verdict: *v, pattern: Pattern((*p).into()) }).collect()
    }

    #[test]
    fn the_last_that_matches_decides() {
        let rules = rules(&[
            (Verdict::NoLog, "*"),
            (Verdict::Log, "a*"),
            (Verdict::NoLog, "ab*"),
            (Verdict::Stderr, "ab*"),
            (Verdict::NoStderr, "abc"),
        ]);
        let of = |line: &str| choose(&rules, line.as_bytes());
        assert_eq!(of("x"), Choice { log: false, stderr: false });
        assert_eq!(of("ac"), Choice { log: true, stderr: false });
        assert_eq!(of("ab"), Choice { log: false, stderr: true });
        assert_eq!(of("abc"), Choice { log: false, stderr: false });
        assert_eq!(choose(&[], b"x"), Choice::DEFAULT);
    }
}
