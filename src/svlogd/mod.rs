//! Writes, rotates, filters and forwards the log of one service.
//!
//! `driver` waits. `places` opens the logs, `taking` reads standard input (`input`) and hands on what came as it is or,
//! in `batch`, line by line; `leaving` is the end. A `directory` takes lines (`lines`), writes them (`writing`, or
//! `plain` where no byte need pass through our memory) and goes on to the next file (`rotation`, `processor`). What is
//! decided is decided in `logdir`.
#![forbid(unsafe_code)]

use crate::cli::message::Voice;
use crate::cli::options::{Bytes, Called, Parsed, Usage, leading_number};
use crate::exit::Exit;
use crate::logdir::style::{Replace, Stamp};
use crate::sys::Errno;
use crate::sys::door::Args;
use argh::{ArgsInfo, FromArgs};
use core::num::NonZeroU64;
use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;

mod batch;
mod directory;
mod driver;
mod forward;
mod input;
mod leaving;
mod lines;
mod outlet;
mod places;
mod plain;
mod processor;
mod rotation;
mod taking;
mod writing;

/// Write what comes on standard input to log directories, line by line.
#[derive(FromArgs, ArgsInfo)]
struct Options {
    /// a TAI64N label before each line; -tt date and time in UTC; -ttt with a T between them
    #[argh(switch, short = 't')]
    time: u8,
    /// say on standard error what is done
    #[argh(switch, short = 'v')]
    verbose: bool,
    /// put this character in place of what is not printable
    #[argh(option, short = 'r')]
    replace: Option<Bytes>,
    /// replace these characters too
    #[argh(option, short = 'R')]
    replace_also: Option<Bytes>,
    /// how much of a line is matched, replaced and sent (1000)
    #[argh(option, short = 'l')]
    line: Option<Bytes>,
    /// the least size of the buffer; must be above that of -l
    #[argh(option, short = 'b')]
    buffer: Option<Bytes>,
    /// write this file, and rotate it to FILE.1, FILE.2
    #[argh(option, short = 'o')]
    output: Vec<Bytes>,
    /// a line of configuration, as in the file config
    #[argh(option, short = 'c')]
    config: Vec<Bytes>,
    /// each line a JSON object
    #[argh(switch, short = 'j')]
    json: bool,
    /// the service's name, before each line
    #[argh(option, short = 'n')]
    name: Option<Bytes>,
    /// each line to standard output too
    #[argh(switch, short = 's')]
    stdout: bool,
    /// drop what is above so many lines in a second
    #[argh(option, short = 'm')]
    most: Option<Bytes>,
}

const USAGE: Usage = Usage {
    program: "svlogd",
    line: "[-ttv] [-r c] [-R abc] [-l len] [-b buflen] dir ...",
    called: Called::AsGiven,
    exit: Exit::FATAL,
};

/// How much of a line is looked at unless told otherwise.
const LINE: u64 = 1000;
/// The buffer that goes with it in the original.
const BUFFER: u64 = 1024;

/// What the command line asks for.
#[derive(Debug)]
struct Setup {
    voice: Voice,
    verbose: bool,
    stamp: Stamp,
    replace: Option<Replace>,
    /// `-l`.
    line: usize,
    /// `-b`.
    buffer: usize,
    json: bool,
    /// `-n`.
    name: Option<Vec<u8>>,
    stdout: bool,
    most: Option<NonZeroU64>,
    /// `-c`.
    settings: Vec<Vec<u8>>,
    places: Vec<Place>,
}

/// Where a log is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    /// In a log directory.
    Directory(&'static OsStr),
    /// In a file whose name stays, with numbered ones beside it.
    File(&'static OsStr),
}

/// What went wrong, in runit's words.
#[derive(Debug)]
struct Trouble {
    what: &'static str,
    about: Vec<u8>,
    errno: Errno,
}

/// The program.
pub fn main(args: Args<'_>) -> Exit {
    let setup = match Setup::read(args) {
        Ok(setup) => setup,
        Err(exit) => return exit,
    };
    driver::run(setup)
}

impl Setup {
    fn read(args: Args<'_>) -> Result<Setup, Exit> {
        let Parsed { options, operands, .. } = USAGE.parse::<Options>(args)?;
        let wrong = || USAGE.fail(args.first().copied().unwrap_or_default());
        let number = |value: &Option<Bytes>, default: u64| {
            let given = value.as_ref().map_or(0, |bytes| leading_number(bytes.0.as_bytes()));
            if given == 0 { default } else { given }
        };
        let (line, buffer) = (number(&options.line, LINE), number(&options.buffer, BUFFER));
        let places = places(&options.output, operands);
        if buffer <= line || (places.is_empty() && !options.stdout) {
            return Err(wrong());
        }
        let most = match &options.most {
            Some(most) => Some(NonZeroU64::new(leading_number(most.0.as_bytes())).ok_or_else(wrong)?),
            None => None,
        };
        Ok(Setup {
            voice: Voice::new(&[b"svlogd"]),
            verbose: options.verbose,
            stamp: Stamp::from_count(options.time.into()),
            replace: replacement(&options).map_err(|()| wrong())?,
            line: usize::try_from(line).unwrap_or(usize::MAX),
            buffer: usize::try_from(buffer).unwrap_or(usize::MAX),
            json: options.json,
            name: options.name.map(|name| name.0.as_bytes().to_vec()),
            stdout: options.stdout,
            most,
            settings: options.config.iter().map(|line| line.0.as_bytes().to_vec()).collect(),
            places,
        })
    }

    /// `svlogd: info: WHAT`, if asked to be verbose.
    fn info(&self, what: &[&[u8]]) {
        if self.verbose {
            self.voice.say(&[b"info: ", &what.concat()]);
        }
    }

    /// Says that bytes in hand could not be written, if there were any; whether there were.
    fn lost(&self, bytes: usize, name: &[u8]) -> bool {
        if bytes > 0 {
            self.voice.remark(&[b"lost: ", bytes.to_string().as_bytes(), b" bytes: ", name]);
        }
        bytes > 0
    }

    /// `svlogd: warning: WHAT: ABOUT: reason`.
    fn warn(&self, trouble: &Trouble) {
        self.voice.warning(&[trouble.what.as_bytes(), b": ", &trouble.about], trouble.errno);
    }

    /// `svlogd: pausing: WHAT: ABOUT: reason`.
    fn pausing(&self, trouble: &Trouble) {
        let text =
            self.voice.text(b"pausing: ", &[trouble.what.as_bytes(), b": ", &trouble.about], Some(trouble.errno));
        crate::cli::message::to_stderr(&text);
    }

    /// Whether bytes go out as they come in, as far as the command line says.
    fn keeps_bytes(&self) -> bool {
        self.stamp == Stamp::None
            && self.replace.is_none()
            && !self.json
            && self.name.is_none()
            && !self.stdout
            && self.most.is_none()
    }
}

/// Files first, then directories. The text of an option lives as long as the process does: it is from its arguments.
fn places(files: &[Bytes], directories: Vec<&'static OsStr>) -> Vec<Place> {
    let files = files.iter().map(|file| Place::File(Box::leak(file.0.clone().into_boxed_os_str())));
    files.chain(directories.into_iter().map(Place::Directory)).collect()
}

/// `-r` and `-R`: exactly one character, `_` where only the others are named.
fn replacement(options: &Options) -> Result<Option<Replace>, ()> {
    let also = options.replace_also.as_ref().map(|also| also.0.as_bytes());
    match options.replace.as_ref().map(|by| by.0.as_bytes()) {
        Some([by]) => Ok(Some(Replace::new(*by, also.unwrap_or_default()))),
        Some(_) => Err(()),
        None => Ok(also.map(|also| Replace::new(b'_', also))),
    }
}
