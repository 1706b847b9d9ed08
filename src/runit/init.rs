//! `runit-init`: what the kernel starts, and what tells process 1 to stop the machine.

use super::files::{arm, switches};
use crate::cli::message::Voice;
use crate::cli::options::{Called, Usage};
use crate::exit::{Exit, Pid};
use crate::signal::Signal;
use crate::sys::door::Args;
use crate::sys::{Errno, Result, fs, process};
use argh::{ArgsInfo, FromArgs};
use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;

/// Halt the machine (0) or reboot it (6).
#[derive(FromArgs, ArgsInfo)]
struct Options {}

/// Wrong usage is no failure, as in runit: boot loaders pass words to whatever they start as init.
const USAGE: Usage = Usage { program: "runit-init", line: "0|6", called: Called::AsGiven, exit: Exit::OK };

/// Process 1 proper.
const RUNIT: &core::ffi::CStr = c"/sbin/runit";

/// The program.
pub fn main(args: Args<'_>) -> Exit {
    let voice = Voice::new(&[b"init"]);
    if process::own_id().is_some_and(|pid| pid.get() == 1) {
        let why = process::execute_in_place(&[RUNIT], &[c"runit"], None);
        voice.fatal(&[b"unable to start ", RUNIT.to_bytes()], why);
        return Exit::FATAL;
    }
    if let Err(exit) = USAGE.parse_bare::<Options>(args) {
        return exit;
    }
    // Only the first letter counts.
    let reboot = match args.get(1).and_then(|word| word.as_bytes().first()) {
        Some(b'0') => false,
        Some(b'6') => true,
        _ => return usage(args),
    };
    match request(&voice, reboot) {
        Ok(()) => Exit::OK,
        Err(exit) => exit,
    }
}

fn usage(args: Args<'_>) -> Exit {
    if args.get(1).is_some_and(|word| word.as_bytes() == b"-V") {
        let text = ["$Id: keepup ", env!("CARGO_PKG_VERSION"), " $\n\n"].concat();
        crate::cli::message::to_stderr(text.as_bytes());
    }
    USAGE.fail(args.first().copied().unwrap_or(OsStr::new("runit-init")))
}

fn request(voice: &Voice, reboot: bool) -> core::result::Result<(), Exit> {
    let switches = switches();
    let make =
        |path: &str| arm(path).map_err(|why| fatal(voice, &[b"unable to create ", path.as_bytes()].concat(), why));
    make(switches.stop)?;
    if reboot {
        make(switches.reboot)?;
    } else {
        let done = absent(fs::set_mode_of(switches.reboot, 0));
        done.map_err(|why| fatal(voice, &[b"unable to chmod ", switches.reboot.as_bytes()].concat(), why))?;
    }
    let told = Pid::new(1).ok_or(Errno::ESRCH).and_then(|one| process::send(one, Signal::CONT));
    told.map_err(|why| fatal(voice, b"unable to signal process no 1", why))
}

/// A file that is not there says no already.
fn absent(answer: Result<()>) -> Result<()> {
    match answer {
        Err(Errno::ENOENT) => Ok(()),
        answer => answer,
    }
}

fn fatal(voice: &Voice, what: &[u8], why: Errno) -> Exit {
    voice.fatal(&[what], why);
    Exit::FATAL
}
