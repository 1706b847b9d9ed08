//! What stands behind `sv log`.

use crate::cli::options::{Bytes, Called, Parsed, Usage};
use crate::exit::Exit;
use crate::span;
use argh::{ArgsInfo, FromArgs};
use core::time::Duration;
use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;

/// Show what services have logged, by time.
#[derive(FromArgs, ArgsInfo)]
struct Options {
    /// go on with what they log from now on
    #[argh(switch, short = 'f')]
    follow: bool,
    /// so many lines of each, or all (10; all with --since)
    #[argh(option, short = 'n')]
    lines: Vec<Bytes>,
    /// no lines that are older than this: 90s, 10m, 2h, 1d
    #[argh(option)]
    since: Vec<Bytes>,
    /// a JSON object a line
    #[argh(switch, short = 'j')]
    json: bool,
}

/// What is to be shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::sv) struct Asked {
    pub(super) follow: bool,
    pub(super) lines: Lines,
    pub(super) since: Option<Duration>,
    pub(super) json: bool,
}

/// How many lines of each log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::sv) enum Lines {
    /// So many at the end.
    Last(u64),
    /// All.
    All,
}

const USAGE: Usage = Usage {
    program: "sv",
    line: "log [-fj] [-n lines] [--since span] service ...",
    called: Called::ByBaseName,
    exit: Exit(100),
};

/// As many as `tail` shows.
const LINES: u64 = 10;

/// Reads what follows the word. `json` is whether it was asked for before it.
pub(in crate::sv) fn read(
    called: &'static OsStr,
    words: &[&'static OsStr],
    json: bool,
    exit: Exit,
) -> Result<(Asked, Vec<&'static OsStr>), Exit> {
    let usage = Usage { exit, ..USAGE };
    let args: Vec<&'static OsStr> = [called].iter().chain(words).copied().collect();
    let Parsed { options, operands, .. } = usage.parse::<Options>(&args)?;
    let since = match options.since.last() {
        Some(text) => Some(span::duration(text.0.as_bytes()).map_err(|_| usage.fail(called))?),
        None => None,
    };
    let lines = match options.lines.last().map(|text| text.0.as_bytes()) {
        None if since.is_some() => Lines::All,
        None => Lines::Last(LINES),
        Some(b"all") => Lines::All,
        Some(text) => Lines::Last(number(text).ok_or_else(|| usage.fail(called))?),
    };
    Ok((Asked { follow: options.follow, lines, since, json: json || options.json }, operands))
}

/// Says how to call it; the code to end with.
pub(in crate::sv) fn fail(called: &OsStr, exit: Exit) -> Exit {
    Usage { exit, ..USAGE }.fail(called)
}

fn number(text: &[u8]) -> Option<u64> {
    core::str::from_utf8(text).ok()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(words: &[&'static str]) -> Result<(Asked, Vec<&'static OsStr>), Exit> {
        let words: Vec<&'static OsStr> = words.iter().copied().map(OsStr::new).collect();
        read(OsStr::new("sv"), &words, false, Exit(100))
    }

    #[test]
    fn ten_lines_or_all_since() {
        let shown = |words| asked(words).map(|(asked, _)| (asked.lines, asked.since.map(|span| span.as_secs())));
        assert_eq!(shown(&["web"]), Ok((Lines::Last(10), None)));
        assert_eq!(shown(&["-n", "3", "web"]), Ok((Lines::Last(3), None)));
        assert_eq!(shown(&["-nall", "web"]), Ok((Lines::All, None)));
        assert_eq!(shown(&["--since", "10m", "web"]), Ok((Lines::All, Some(600))));
        assert_eq!(shown(&["--since=1d", "-fn5", "web"]), Ok((Lines::Last(5), Some(86400))));
        assert_eq!(
            asked(&["-fj", "--", "a", "-b"]).map(|(_, names)| names),
            Ok(vec![OsStr::new("a"), OsStr::new("-b")])
        );
    }

    #[test]
    fn what_is_no_number_or_span_is_refused() {
        for words in [&["-n", "x", "web"][..], &["-n", "-1", "web"], &["--since", "soon", "web"], &["-x", "web"]] {
            assert_eq!(asked(words), Err(Exit(100)), "{words:?}");
        }
        assert_eq!(asked(&["--help"]), Err(Exit::OK));
    }
}
