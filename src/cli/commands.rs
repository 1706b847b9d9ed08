//! Command lines of programs that are nobody's drop-in: options with long names, and a command with options of its
//! own. argh knows all of them and does the reading; here words are made ready for it, since it knows neither
//! `--option=value` nor bytes that are not UTF-8, and wants common options before the command.

use super::message::{Voice, to_stdout};
use super::options::{Usage, as_text, bytes};
use crate::exit::Exit;
use crate::sys::door::Args;
use argh::{ArgsInfo, CommandInfoWithArgs, FlagInfo, FlagInfoKind, FromArgs, Optionality};
use std::os::unix::ffi::OsStrExt;

const HELP: &str = "--help";

/// Words in the order in which argh reads them.
#[derive(Debug, Default, PartialEq, Eq)]
struct Words {
    /// Options of the program, wherever they stood.
    common: Vec<String>,
    /// The command.
    command: Option<String>,
    /// What is the command's own, and what nobody knows.
    own: Vec<String>,
    /// Help is asked for; nothing else counts then.
    help: bool,
}

impl Usage {
    /// Reads a command line with a command; where there is nothing to go on with, the exit code (all has been said:
    /// help on standard output, or what is wrong in one line on standard error).
    pub fn parse_command<T: FromArgs + ArgsInfo>(&self, args: Args<'_>) -> Result<T, Exit> {
        if args.get(1).is_some_and(|word| *word == "--version") {
            return Err(self.version());
        }
        let words = Words::sort(&T::get_args_info(), args.iter().skip(1).map(|word| word.as_bytes()));
        if words.command.is_none() && !words.help {
            return Err(self.refuse(&[b"usage: ", self.program.as_bytes(), b" ", self.line.as_bytes()].concat()));
        }
        T::from_args(&[self.program], &words.list()).map_err(|early| {
            if early.status.is_err() {
                let lines: Vec<&str> = early.output.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
                return self.refuse(&bytes(&lines.join(" ")));
            }
            to_stdout(with_version(&early.output).as_bytes());
            Exit::OK
        })
    }

    /// Says in one line what is wrong with a command line; the code to end with.
    pub fn refuse(&self, what: &[u8]) -> Exit {
        let program = self.program.as_bytes();
        Voice::new(&[program]).refuse(&[what, b" (see ", program, b" --help)"]);
        self.exit
    }
}

/// argh's help of a program that has commands, with the option that is read here.
fn with_version(text: &str) -> String {
    text.replacen("\n\nCommands:\n", "\n  --version         print the version\n\nCommands:\n", 1)
}

impl Words {
    fn sort<'w>(info: &CommandInfoWithArgs, mut words: impl Iterator<Item = &'w [u8]>) -> Words {
        let mut sorted = Words::default();
        let mut command: Option<&CommandInfoWithArgs> = None;
        let mut verbatim = false;
        while let Some(word) = words.next() {
            let text = as_text(word);
            let own = command.map_or(&[][..], |command| command.flags);
            if verbatim {
                sorted.own.push(text);
            } else if text == HELP {
                sorted.help = true;
            } else if let Some((flag, value)) = find(own, &text) {
                take(&mut sorted.own, flag, value, &mut words);
            } else if let Some((flag, value)) = find(info.flags, &text) {
                take(&mut sorted.common, flag, value, &mut words);
            } else if sorted.command.is_none() && !word.starts_with(b"-") {
                command = info.commands.iter().find(|known| known.name == text).map(|known| &known.command);
                sorted.command = Some(text);
            } else {
                // Behind the first word of a command that shall be run all options are that command's.
                verbatim = text == "--" || (!word.starts_with(b"-") && command.is_some_and(is_greedy));
                sorted.own.push(text);
            }
        }
        sorted
    }

    fn list(&self) -> Vec<&str> {
        if self.help {
            return self.command.iter().map(String::as_str).chain([HELP]).collect();
        }
        self.common.iter().chain(&self.command).chain(&self.own).map(String::as_str).collect()
    }
}

/// The option that a word is, and its value if that is in the word.
fn find<'f>(flags: &'f [FlagInfo<'f>], word: &str) -> Option<(&'f FlagInfo<'f>, Option<String>)> {
    if let Some(flag) = flags.iter().find(|flag| flag.long == word) {
        return Some((flag, None));
    }
    let (name, value) = word.split_once('=')?;
    let flag = flags.iter().find(|flag| flag.long == name && flag.kind != FlagInfoKind::Switch)?;
    Some((flag, Some(value.to_owned())))
}

/// An option and its value. That it has none is for argh to tell.
fn take<'w>(
    into: &mut Vec<String>,
    flag: &FlagInfo<'_>,
    value: Option<String>,
    words: &mut impl Iterator<Item = &'w [u8]>,
) {
    into.push(flag.long.to_owned());
    if let FlagInfoKind::Option { .. } = flag.kind {
        into.extend(value.or_else(|| words.next().map(as_text)));
    }
}

fn is_greedy(command: &CommandInfoWithArgs) -> bool {
    command.positionals.iter().any(|positional| positional.optionality == Optionality::Greedy)
}

#[cfg(test)]
mod tests {
    use super::super::options::{Bytes, Called};
    use super::*;
    use std::ffi::{OsStr, OsString};
    use std::os::unix::ffi::OsStringExt;

    /// A program.
    #[derive(FromArgs, ArgsInfo, Debug, PartialEq)]
    #[argh(help_triggers("--help"))]
    struct Request {
        /// how long
        #[argh(option)]
        timeout: Option<u32>,
        #[argh(subcommand)]
        command: Command,
    }

    #[derive(FromArgs, ArgsInfo, Debug, PartialEq)]
    #[argh(subcommand)]
    enum Command {
        Look(Look),
        Run(Run),
    }

    /// look
    #[derive(FromArgs, ArgsInfo, Debug, PartialEq)]
    #[argh(subcommand, name = "look", help_triggers("--help"))]
    struct Look {
        /// where
        #[argh(positional)]
        place: Bytes,
        /// closely
        #[argh(switch)]
        closely: bool,
        /// for what
        #[argh(option)]
        thing: Vec<Bytes>,
    }

    /// run
    #[derive(FromArgs, ArgsInfo, Debug, PartialEq)]
    #[argh(subcommand, name = "run", help_triggers("--help"))]
    struct Run {
        /// what
        #[argh(positional, greedy)]
        words: Vec<Bytes>,
    }

    const USAGE: Usage = Usage { program: "prog", line: "", called: Called::ByBaseName, exit: Exit(2) };

    fn parse(words: &[&'static [u8]]) -> Result<Request, Exit> {
        let args: Vec<&'static OsStr> = [&b"prog"[..]].iter().chain(words).copied().map(OsStr::from_bytes).collect();
        USAGE.parse_command(&args)
    }

    fn value(bytes: &[u8]) -> Bytes {
        Bytes(OsString::from_vec(bytes.into()))
    }

    #[test]
    fn options_may_stand_anywhere() {
        let thing = vec![value(b"a=b"), value(b"\xff")];
        let expected = || Command::Look(Look { place: value(b"\xfe"), closely: true, thing: thing.clone() });
        let expected = || Ok(Request { timeout: Some(5), command: expected() });
        assert_eq!(
            parse(&[b"--timeout", b"5", b"look", b"--thing=a=b", b"\xfe", b"--closely", b"--thing", b"\xff"]),
            expected()
        );
        assert_eq!(
            parse(&[b"look", b"--thing", b"a=b", b"\xfe", b"--timeout=5", b"--thing", b"\xff", b"--closely"]),
            expected()
        );
    }

    #[test]
    fn what_is_run_has_its_own_options() {
        let run = |words: &[&[u8]]| Command::Run(Run { words: words.iter().map(|word| value(word)).collect() });
        let expected = Ok(Request { timeout: Some(1), command: run(&[b"ls", b"--timeout", b"--help"]) });
        assert_eq!(parse(&[b"run", b"--timeout=1", b"ls", b"--timeout", b"--help"]), expected);
        let expected = Ok(Request { timeout: None, command: run(&[b"-x", b"help"]) });
        assert_eq!(parse(&[b"run", b"--", b"-x", b"help"]), expected);
    }

    #[test]
    fn what_is_wrong_is_a_usage_error() {
        let wrong: [&[&[u8]]; 8] = [
            &[],
            &[b"what"],
            &[b"look"],
            &[b"look", b"x", b"y"],
            &[b"look", b"x", b"--thing"],
            &[b"look", b"x", b"--closely=1"],
            &[b"--timeout", b"x", b"look", b"x"],
            &[b"look", b"x", b"-v"],
        ];
        for words in wrong {
            assert_eq!(parse(words), Err(Exit(2)), "{words:?}");
        }
    }

    #[test]
    fn help_is_of_the_program_or_of_the_command() {
        let right: [&[&[u8]]; 5] = [
            &[b"--help"],
            &[b"--help", b"look"],
            &[b"look", b"--thing", b"x", b"--help"],
            &[b"run", b"--help"],
            &[b"--version"],
        ];
        for words in right {
            assert_eq!(parse(words), Err(Exit::OK), "{words:?}");
        }
    }
}
