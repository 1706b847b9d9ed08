//! Changes the state of a process, then executes a program. Every change or none: a step that fails is told and ends
//! it here, before the program.
#![forbid(unsafe_code)]

mod accounts;
mod names;
mod options;
mod perform;
mod user;
mod variables;
mod view;

use crate::cli::message::{Voice, base_name};
use crate::exit::Exit;
use crate::process_state::change::Change;
use crate::sys::Errno;
use crate::sys::door::Args;
use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;

/// What a command line asks for.
#[derive(Debug, Default)]
struct Job {
    /// What to change.
    change: Change,
    /// The program to execute and its arguments.
    program: Vec<&'static OsStr>,
    /// What the program is told its own name is.
    argv0: Option<Vec<u8>>,
    /// Say what is passed over.
    verbose: bool,
    /// Whatever goes wrong, end with 0 and say nothing.
    silent: bool,
}

/// Why there is nothing to go on with.
#[derive(Debug)]
struct Failure {
    what: Vec<u8>,
    why: Option<Errno>,
}

impl Failure {
    /// A call did not do it: `unable to VERB: reason`.
    fn call(what: &[&[u8]], why: Errno) -> Failure {
        Failure { what: what.concat(), why: Some(why) }
    }

    /// Something was asked for that cannot be.
    fn refused(what: &[&[u8]]) -> Failure {
        Failure { what: what.concat(), why: None }
    }
}

/// The program, under each of its names.
pub fn main(args: Args<'_>) -> Exit {
    let mut args = args.to_vec();
    let name = name(args.first().copied().unwrap_or(OsStr::new("chpst")));
    match args.first_mut() {
        Some(first) => *first = name,
        None => args.push(name),
    }
    let job = match names::job(name.as_bytes(), &args) {
        Ok(job) => job,
        Err(exit) => return exit,
    };
    let failure = perform::run(&job);
    if job.silent {
        return Exit::OK;
    }
    let voice = Voice::new(&[b"chpst"]);
    match failure.why {
        Some(errno) => voice.fatal(&[&failure.what], errno),
        None => voice.refuse(&[&failure.what]),
    }
    Exit::FATAL
}

/// What we are called: the base name, and a `d` in front of it does not count (Debian's daemontools once had it).
fn name(path: &'static OsStr) -> &'static OsStr {
    let base = base_name(path);
    OsStr::from_bytes(base.as_bytes().strip_prefix(b"d").unwrap_or(base.as_bytes()))
}
