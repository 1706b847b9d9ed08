//! What the command line asks for. runit's `runsvdir` has no option parser: only its first argument may be an option,
//! `-P` and whatever follows that letter; one that begins with two dashes is dropped; any other is the directory.

use crate::cli::options::{Called, Usage};
use crate::exit::Exit;
use crate::sys::door::Args;
use crate::sys::fs::{Dir, Kind};
use argh::{ArgsInfo, FromArgs};
use core::time::Duration;
use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;

/// Run runsv for each entry of a directory, again whenever it ends; or run one command, with -- before it.
#[derive(FromArgs, ArgsInfo)]
struct Options {
    /// give each runsv (or the command) a session of its own
    #[argh(switch, short = 'P')]
    sessions: bool,
    /// on TERM and INT stop all services and wait for them so many seconds, then kill what is left; as process 1 this
    /// is on, with 8
    #[argh(option)]
    grace: Option<u32>,
}

const USAGE: Usage = Usage { program: "runsvdir", line: "[-P] dir", called: Called::AsGiven, exit: Exit(1) };

/// What to do.
pub(super) struct Order {
    pub(super) job: Job,
    pub(super) sessions: bool,
    /// How long a stop may take, where somebody said so.
    pub(super) grace: Option<Duration>,
}

/// What to run.
pub(super) enum Job {
    /// A scan directory, and the argument that shows what services say.
    Directory { path: &'static OsStr, log: Option<&'static OsStr> },
    /// One command.
    Command(Vec<&'static OsStr>),
}

/// Reads it; where there is nothing to go on with, the exit code (all has been said).
pub(super) fn read(args: Args<'_>) -> Result<Order, Exit> {
    let name = args.first().copied().unwrap_or(OsStr::new(USAGE.program));
    let (options, dashes, operands) = split(args.get(1..).unwrap_or_default());
    let words: Vec<&'static OsStr> = [name].into_iter().chain(options).collect();
    let options = USAGE.parse::<Options>(&words)?.options;
    let job = match operands {
        [] => return Err(USAGE.fail(name)),
        // runit drops the dashes, and who gives it a directory like that shall get what he always got.
        command if dashes && !is_directory(operands) => Job::Command(command.to_vec()),
        [path, rest @ ..] => Job::Directory { path, log: rest.first().copied() },
    };
    Ok(Order { job, sessions: options.sessions, grace: options.grace.map(|grace| Duration::from_secs(grace.into())) })
}

/// The options that are ours or runit's, whether two dashes followed, and the rest.
fn split<'a>(words: &'a [&'static OsStr]) -> (Vec<&'static OsStr>, bool, &'a [&'static OsStr]) {
    let mut options = Vec::new();
    let mut rest = words;
    while let [word, after @ ..] = rest {
        match word.as_bytes() {
            b"--" => return (options, true, after),
            // Whatever follows the letter.
            [b'-', b'P', ..] => options.push(OsStr::new("-P")),
            b"--grace" => {
                options.push(word);
                options.extend(after.first());
                rest = after.get(1..).unwrap_or_default();
                continue;
            }
            b"--help" | b"--version" | b"--sessions" => options.push(word),
            [b'-', b'-', b'g', b'r', b'a', b'c', b'e', b'=', ..] => options.push(word),
            [b'-', b'-', ..] => return (options, false, after),
            _ => break,
        }
        rest = after;
    }
    (options, false, rest)
}

fn is_directory(operands: &[&'static OsStr]) -> bool {
    let facts = |path| Dir::current().and_then(|here| here.facts(path));
    operands.first().is_some_and(|path| facts(path).is_ok_and(|facts| facts.kind == Kind::Directory))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parts(words: &'static [&'static str]) -> (Vec<&'static str>, bool, Vec<&'static str>) {
        let words: Vec<&'static OsStr> = words.iter().map(OsStr::new).collect();
        let (options, dashes, rest) = split(&words);
        let text = |words: &[&'static OsStr]| words.iter().filter_map(|word| word.to_str()).collect();
        (text(&options), dashes, text(rest))
    }

    #[test]
    fn runits_command_lines() {
        assert_eq!(parts(&["-P", "/s", "log: ..."]), (vec!["-P"], false, vec!["/s", "log: ..."]));
        assert_eq!(parts(&["-Pxyz", "/s"]), (vec!["-P"], false, vec!["/s"]));
        assert_eq!(parts(&["-x", "/s"]), (vec![], false, vec!["-x", "/s"]));
        assert_eq!(parts(&["--whatever", "-P"]), (vec![], false, vec!["-P"]));
        assert_eq!(parts(&["/s", "-P"]), (vec![], false, vec!["/s", "-P"]));
    }

    #[test]
    fn ours() {
        assert_eq!(parts(&["--grace", "3", "-P", "/s"]), (vec!["--grace", "3", "-P"], false, vec!["/s"]));
        assert_eq!(parts(&["--grace=3", "--", "cmd", "-P"]), (vec!["--grace=3"], true, vec!["cmd", "-P"]));
        assert_eq!(parts(&["--grace"]), (vec!["--grace"], false, vec![]));
    }
}
