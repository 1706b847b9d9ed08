//! What stands behind a word: options and operands in any order, unless there is a `--`.

use crate::cli::options::{Called, Parsed, Usage};
use crate::exit::Exit;
use crate::sv::options::{Call, Services};
use argh::{ArgsInfo, FlagInfo, FlagInfoKind, FromArgs};
use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;

/// How a word is called, options and operands.
pub(in crate::sv) const fn usage(line: &'static str) -> Usage {
    Usage { program: "sv", line, called: Called::ByBaseName, exit: Exit(100) }
}

/// Reads options, wherever they stand, and operands.
pub(super) fn read<T: FromArgs + ArgsInfo>(usage: &Usage, call: &Call) -> Result<(T, Words), Exit> {
    read_words(usage, call.called, &call.words)
}

/// The same of a verb.
pub(in crate::sv) fn read_words<T: FromArgs + ArgsInfo>(
    usage: &Usage,
    called: &'static OsStr,
    words: &[&'static OsStr],
) -> Result<(T, Words), Exit> {
    let Some((mut options, operands)) = sorted(T::get_args_info().flags, words) else {
        return Err(usage.fail(called));
    };
    options.insert(0, called);
    options.push(OsStr::new("--"));
    options.extend(operands);
    let Parsed { options, operands, .. } = usage.parse::<T>(&options)?;
    Ok((options, operands))
}

/// The services that these names mean; without any, all.
pub(super) fn services(named: Vec<&'static OsStr>) -> Services {
    if named.is_empty() { Services::All } else { Services::Named(named) }
}

pub(in crate::sv) type Words = Vec<&'static OsStr>;

/// Options with their values, and the rest; nothing if there is an option that nobody knows, or that lacks its value.
fn sorted(flags: &[FlagInfo<'_>], words: &[&'static OsStr]) -> Option<(Words, Words)> {
    let (mut options, mut rest) = (Vec::new(), Vec::new());
    let mut words = words.iter().copied();
    while let Some(word) = words.next() {
        match word.as_bytes() {
            b"--" => rest.extend(words.by_ref()),
            [b'-', b'-', name @ ..] if !is_known(flags, name) => return None,
            [b'-', _, ..] => {
                options.push(word);
                if wants_value(flags, word.as_bytes()) {
                    options.push(words.next()?);
                }
            }
            _ => rest.push(word),
        }
    }
    Some((options, rest))
}

fn is_known(flags: &[FlagInfo<'_>], name: &[u8]) -> bool {
    let name = name.split(|byte| *byte == b'=').next().unwrap_or_default();
    let known = flags.iter().filter_map(|flag| flag.long.strip_prefix("--")).chain(["help", "version"]);
    known.into_iter().any(|known| known.as_bytes() == name)
}

/// Whether the value of an option is the next word.
fn wants_value(flags: &[FlagInfo<'_>], word: &[u8]) -> bool {
    let takes = |flag: &FlagInfo<'_>| matches!(flag.kind, FlagInfoKind::Option { .. });
    if word.starts_with(b"--") {
        return flags.iter().any(|flag| flag.long.as_bytes() == word && takes(flag));
    }
    let letter = |letter: &u8| flags.iter().find(|flag| flag.short == Some(char::from(*letter)));
    let cluster = word.get(1..).unwrap_or_default();
    // The first that takes a value has the rest of the cluster for it, if there is a rest.
    let first = cluster.iter().position(|byte| letter(byte).is_some_and(takes));
    first.is_some_and(|at| at + 1 == cluster.len())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::options::Bytes;
    use std::ffi::OsString;

    /// A word.
    #[derive(FromArgs, ArgsInfo, Debug, PartialEq)]
    struct Options {
        /// a switch
        #[argh(switch, short = 'j')]
        json: bool,
        /// a value
        #[argh(option, short = 'w')]
        wait: Option<Bytes>,
    }

    fn read_call(words: &[&'static str]) -> Result<(bool, Option<OsString>, Vec<&'static OsStr>), Exit> {
        let call = Call {
            called: OsStr::new("sv"),
            words: words.iter().copied().map(OsStr::new).collect(),
            json: false,
            wait: None,
            directory: OsString::new(),
        };
        let (options, operands) = read::<Options>(&usage("word"), &call)?;
        Ok((options.json, options.wait.map(|wait| wait.0), operands))
    }

    #[test]
    fn options_stand_anywhere() {
        let five = || Some(OsString::from("5"));
        for words in [
            &["-j", "-w", "5", "up", "web"][..],
            &["up", "-w5", "web", "-j"],
            &["up", "-jw", "5", "web"],
            &["up", "web", "--json", "--wait=5"],
            &["--wait", "5", "up", "web", "-j"],
        ] {
            assert_eq!(read_call(words), Ok((true, five(), vec![OsStr::new("up"), OsStr::new("web")])), "{words:?}");
        }
        let rest = vec![OsStr::new("a"), OsStr::new("-j"), OsStr::new("-")];
        assert_eq!(read_call(&["a", "--", "-j", "-"]), Ok((false, None, rest)));
    }

    #[test]
    fn what_is_no_option_is_refused() {
        for words in [&["-x"][..], &["--what", "web"], &["web", "-w"], &["-jx"]] {
            assert_eq!(read_call(words), Err(Exit(100)), "{words:?}");
        }
    }
}
