//! Whether there is something to execute, as the original looks before it starts a process: the same words, which
//! scripts wait for. Where the program is looked for is what chpst(1) will do with it.

use super::processes::Process;
use crate::process_state::env_file;
use crate::rpc::fault::{Fault, Kind};
use crate::supervisor::words;
use crate::sys::fs::{self, How};
use crate::sys::{Errno, io, process};
use std::path::{Path, PathBuf};

/// What is wrong, and which kind of fault that is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Unfit {
    pub(super) kind: Kind,
    pub(super) words: String,
}

impl Unfit {
    pub(super) fn fault(&self) -> Fault {
        self.kind.about(&self.words)
    }
}

/// Where programs are without a PATH.
const PATH: &str = "/bin:/usr/bin:/usr/local/bin";

const EXECUTE: u32 = 0o111;

/// What is wrong with the command of a process. One without a command is not known from a configuration.
pub(super) fn trouble(process: &Process) -> Option<Unfit> {
    let command = &process.sheet.process.command;
    if process.is_plain {
        return None;
    }
    let words = match words::command(command) {
        Ok(words) => words,
        Err(wrong) => return Some(Unfit { kind: Kind::NOT_EXECUTABLE, words: wrong.0 }),
    };
    let program = words.first()?;
    let found = match program.contains('/') {
        true => Some(beside(process, program)?),
        false => search(process, program),
    };
    let unfit = |kind, what: String| Some(Unfit { kind, words: what });
    let Some(facts) = found.and_then(|path| fs::facts_of(path).ok()) else {
        return unfit(Kind::NO_FILE, format!("can't find command '{program}'"));
    };
    if facts.kind == fs::Kind::Directory {
        return unfit(Kind::NOT_EXECUTABLE, format!("command at '{program}' is a directory"));
    }
    if facts.mode & EXECUTE == 0 {
        return unfit(Kind::NOT_EXECUTABLE, format!("command at '{program}' is not executable"));
    }
    None
}

/// A path is meant from the directory of the process; nothing where that is not known.
fn beside(process: &Process, program: &str) -> Option<PathBuf> {
    if program.starts_with('/') {
        return Some(PathBuf::from(program));
    }
    let directory = process.sheet.process.directory.as_deref().filter(|directory| directory.starts_with('/'))?;
    Some(Path::new(directory).join(program))
}

/// The first that is there, as the process's own PATH has it, or ours.
fn search(process: &Process, program: &str) -> Option<PathBuf> {
    let own = own_path(process);
    let ours = || process::variable("PATH").map(|path| path.to_string_lossy().into_owned());
    let path = own.or_else(ours).unwrap_or_else(|| PATH.to_owned());
    path.split(':').map(|directory| Path::new(directory).join(program)).find(|path| fs::facts_of(path).is_ok())
}

fn own_path(process: &Process) -> Option<String> {
    let file = fs::open(process.directory.join("environment"), How::Read).ok()?;
    let variables = env_file::parse(&io::read_all(file).ok()?).ok()?;
    let found = variables.into_iter().rev().find(|(name, _)| name == b"PATH");
    found.map(|(_, value)| String::from_utf8_lossy(&value).into_owned())
}

/// Whether a process of this directory can be found at all.
pub(super) fn is_there(path: &Path) -> bool {
    fs::facts_of(path) != Err(Errno::ENOENT)
}
