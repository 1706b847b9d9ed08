//! Options as runit's getopt reads them, described once with argh.
//!
//! argh knows each option's letter, name, value and help, and prints `--help`. It cannot read runit's command lines:
//! clusters (`-ttv`), glued values (`-w10`), a stop at the first operand, bytes that are not UTF-8. So the words are
//! taken apart here, by argh's own table, and argh is handed one option at a time. A value travels through argh as
//! text with one character for each byte; `Bytes` turns it back.

use super::message::{base_name, to_stderr, to_stdout};
use crate::exit::Exit;
use crate::sys::door::Args;
use argh::{ArgsInfo, FlagInfo, FlagInfoKind, FromArgValue, FromArgs};
use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::{OsStrExt, OsStringExt};

/// What a program says of its own command line.
#[derive(Clone, Copy, Debug)]
pub struct Usage {
    /// The program's name in `--version` and `--help`.
    pub program: &'static str,
    /// What follows the name on the usage line.
    pub line: &'static str,
    /// How the usage line and errors name the program.
    pub called: Called,
    /// The exit code of a usage error.
    pub exit: Exit,
}

/// How a program names itself on its usage line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Called {
    /// `argv[0]` as it is.
    AsGiven,
    /// The part of `argv[0]` after the last slash.
    ByBaseName,
}

/// A command line that was understood.
#[derive(Debug)]
pub struct Parsed<T> {
    /// Its options.
    pub options: T,
    /// What follows them.
    pub operands: Vec<&'static OsStr>,
    /// The options as they came, for programs to which their order means something.
    pub given: Vec<Given>,
}

/// An option that was given.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Given {
    /// Its long name, with the dashes.
    pub name: String,
    /// Its value, with one character for each byte.
    text: Option<String>,
}

impl Given {
    fn words(&self) -> impl Iterator<Item = &str> {
        [self.name.as_str()].into_iter().chain(self.text.as_deref())
    }

    /// Its value, if it takes one.
    pub fn value(&self) -> Option<Vec<u8>> {
        self.text.as_ref().map(|text| bytes(text))
    }
}

/// An option's value: any bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bytes(pub OsString);

impl FromArgValue for Bytes {
    fn from_arg_value(value: &str) -> Result<Bytes, String> {
        Ok(Bytes(OsString::from_vec(bytes(value))))
    }
}

/// Reads an option's value with a parser of bytes.
pub fn typed<T, E: std::fmt::Display>(value: &str, parse: impl FnOnce(&[u8]) -> Result<T, E>) -> Result<T, String> {
    parse(&bytes(value)).map_err(|wrong| wrong.to_string())
}

pub(super) fn bytes(text: &str) -> Vec<u8> {
    text.chars().map(|c| c as u8).collect()
}

pub(super) fn as_text(value: &[u8]) -> String {
    value.iter().map(|byte| char::from(*byte)).collect()
}

impl Usage {
    /// Reads a command line; where there is nothing to go on with, the exit code (all has been said).
    pub fn parse<T: FromArgs + ArgsInfo>(&self, args: Args<'_>) -> Result<Parsed<T>, Exit> {
        let name = args.first().copied().unwrap_or(OsStr::new(self.program));
        let info = T::get_args_info();
        let mut words = args.iter().skip(1).copied();
        let mut given = Vec::new();
        let mut operands = Vec::new();
        while let Some(word) = words.next() {
            match word.as_bytes() {
                b"--" => break,
                b"--version" => return Err(self.version()),
                [b'-', b'-', ..] => match long(info.flags, word, &mut words) {
                    Some(found) => given.push(found),
                    None => break, // runit's getopt drops such a word and takes the rest for operands
                },
                [b'-', cluster @ ..] if !cluster.is_empty() => {
                    self.cluster(name, info.flags, cluster, &mut words, &mut given)?;
                }
                _ => {
                    operands.push(word);
                    break;
                }
            }
        }
        operands.extend(words);
        let list: Vec<&str> = given.iter().flat_map(Given::words).collect();
        match T::from_args(&[self.program], &list) {
            Ok(options) => Ok(Parsed { options, operands, given }),
            Err(early) if early.status.is_ok() => {
                to_stdout(self.help(&early.output).as_bytes());
                Err(Exit::OK)
            }
            Err(early) => {
                to_stderr(early.output.as_bytes());
                Err(self.fail(name))
            }
        }
    }

    /// For programs without options of their own: `--help` and `--version` as the only word are ours, any other
    /// command line is theirs.
    pub fn parse_bare<T: FromArgs + ArgsInfo>(&self, args: Args<'_>) -> Result<(), Exit> {
        match args {
            [_, word] if *word == "--help" || *word == "--version" => self.parse::<T>(args).map(drop),
            _ => Ok(()),
        }
    }

    /// The letters after one dash, each an option; the first that takes a value takes what is left, or the next word.
    fn cluster(
        &self,
        name: &OsStr,
        flags: &[FlagInfo<'_>],
        letters: &[u8],
        words: &mut impl Iterator<Item = &'static OsStr>,
        given: &mut Vec<Given>,
    ) -> Result<(), Exit> {
        for (at, letter) in letters.iter().enumerate() {
            if *letter == b'V' {
                to_stderr(format!("$Id: keepup {} $\n", env!("CARGO_PKG_VERSION")).as_bytes());
                return Err(self.fail(name));
            }
            let Some(flag) = flags.iter().find(|flag| flag.short == Some(char::from(*letter))) else {
                return Err(self.complain(name, b"illegal option -- ", *letter));
            };
            let long = flag.long.to_owned();
            if let FlagInfoKind::Switch = flag.kind {
                given.push(Given { name: long, text: None });
                continue;
            }
            let glued = &letters[at + 1..];
            let value = if glued.is_empty() { words.next().map(OsStr::as_bytes) } else { Some(glued) };
            let Some(value) = value else {
                return Err(self.complain(name, b"option requires an argument -- ", *letter));
            };
            given.push(Given { name: long, text: Some(as_text(value)) });
            break;
        }
        Ok(())
    }

    fn complain(&self, name: &OsStr, what: &[u8], letter: u8) -> Exit {
        to_stderr(&[base_name(name).as_bytes(), b": ", what, &[letter], b"\n"].concat());
        self.fail(name)
    }

    /// argh's help, with the whole usage line (argh is not told of operands) and the option that is read here.
    fn help(&self, text: &str) -> String {
        let body = text.split_once('\n').map_or("", |(_, body)| body);
        format!("Usage: {} {}\n{body}  --version         print the version\n", self.program, self.line)
    }

    /// `--version`.
    pub(super) fn version(&self) -> Exit {
        to_stdout(format!("{} (keepup) {}\n", self.program, env!("CARGO_PKG_VERSION")).as_bytes());
        Exit::OK
    }

    /// Says how to call the program; the code to end with.
    pub fn fail(&self, name: &OsStr) -> Exit {
        to_stderr(&[b"usage: ", self.name(name), b" ", self.line.as_bytes(), b"\n\n"].concat());
        self.exit
    }

    fn name<'n>(&self, name: &'n OsStr) -> &'n [u8] {
        match self.called {
            Called::AsGiven => name.as_bytes(),
            Called::ByBaseName => base_name(name).as_bytes(),
        }
    }
}

/// A long option of ours, with its value if it takes one; nothing if we have no such option.
fn long(flags: &[FlagInfo<'_>], word: &OsStr, words: &mut impl Iterator<Item = &'static OsStr>) -> Option<Given> {
    let mut halves = word.as_bytes().splitn(2, |byte| *byte == b'=');
    let name = halves.next()?;
    let flag = flags.iter().find(|flag| flag.long.as_bytes() == name)?;
    let text = match flag.kind {
        FlagInfoKind::Switch => None,
        FlagInfoKind::Option { .. } => halves.next().or_else(|| words.next().map(OsStr::as_bytes)).map(as_text),
    };
    Some(Given { name: flag.long.to_owned(), text })
}

/// A number as runit reads it: leading digits, and 0 without any; too many stay at the largest.
pub fn leading_number(text: &[u8]) -> u64 {
    let digits = text.iter().take_while(|byte| byte.is_ascii_digit());
    digits.fold(0, |number: u64, digit| number.saturating_mul(10).saturating_add((digit - b'0').into()))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A program.
    #[derive(FromArgs, ArgsInfo, Debug, PartialEq)]
    struct Options {
        /// how often
        #[argh(switch, short = 't')]
        times: u8,
        /// loud
        #[argh(switch, short = 'v')]
        verbose: bool,
        /// where
        #[argh(option, short = 'e')]
        place: Option<Bytes>,
    }

    const USAGE: Usage = Usage { program: "prog", line: "[-tv] [-e dir]", called: Called::ByBaseName, exit: Exit(100) };

    type Seen = (u8, bool, Option<Vec<u8>>, Vec<&'static OsStr>);

    fn parse(words: &[&'static [u8]]) -> Result<Seen, Exit> {
        let args: Vec<&'static OsStr> =
            [&b"/bin/prog"[..]].iter().chain(words).copied().map(OsStr::from_bytes).collect();
        let Parsed { options: o, operands, .. } = USAGE.parse::<Options>(&args)?;
        Ok((o.times, o.verbose, o.place.map(|p| p.0.into_vec()), operands))
    }

    #[test]
    fn clusters_and_glued_values() {
        let operands = vec![OsStr::new("x"), OsStr::new("-v")];
        assert_eq!(parse(&[b"-ttv", b"-e/dir", b"x", b"-v"]), Ok((2, true, Some(b"/dir".to_vec()), operands)));
        assert_eq!(parse(&[b"-tve", b"/dir"]), Ok((1, true, Some(b"/dir".to_vec()), vec![])));
    }

    #[test]
    fn a_value_may_be_any_bytes() {
        assert_eq!(parse(&[b"-e", b"\xff\x00-\n"]), Ok((0, false, Some(b"\xff\x00-\n".to_vec()), vec![])));
        assert_eq!(parse(&[b"--place=\xfe"]), Ok((0, false, Some(b"\xfe".to_vec()), vec![])));
    }

    #[test]
    fn options_are_known_in_the_order_in_which_they_came() {
        let args: Vec<&'static OsStr> = ["prog", "-ve", "--times", "-t", "--place=x"].map(OsStr::new).into();
        let given = USAGE.parse::<Options>(&args).map(|parsed| parsed.given);
        let option = |name: &str, text: Option<&str>| Given { name: name.into(), text: text.map(str::to_owned) };
        let place = || option("--place", Some("--times"));
        assert_eq!(given, Err(Exit(100)), "argh takes an option once");
        let args = &args[..args.len() - 1];
        let given = USAGE.parse::<Options>(args).map(|parsed| parsed.given);
        assert_eq!(given, Ok(vec![option("--verbose", None), place(), option("--times", None)]));
    }

    #[test]
    fn two_dashes_end_the_options_and_one_is_an_operand() {
        assert_eq!(parse(&[b"-t", b"--", b"-t"]), Ok((1, false, None, vec![OsStr::new("-t")])));
        assert_eq!(parse(&[b"-", b"-t"]), Ok((0, false, None, vec![OsStr::new("-"), OsStr::new("-t")])));
        assert_eq!(parse(&[b"--unknown", b"-t"]), Ok((0, false, None, vec![OsStr::new("-t")])));
    }

    #[test]
    fn what_is_wrong_is_a_usage_error() {
        for words in [&[&b"-x"[..]][..], &[b"-e"], &[b"-tx"], &[b"-V"]] {
            assert_eq!(parse(words), Err(Exit(100)), "{words:?}");
        }
        assert_eq!(parse(&[b"--help"]), Err(Exit::OK));
        assert_eq!(parse(&[b"--version"]), Err(Exit::OK));
    }

    #[test]
    fn numbers_are_leading_digits() {
        for (text, number) in [("10", 10), ("7s", 7), ("", 0), ("x", 0), ("-1", 0), ("99999999999999999999", u64::MAX)]
        {
            assert_eq!(leading_number(text.as_bytes()), number);
        }
    }
}
