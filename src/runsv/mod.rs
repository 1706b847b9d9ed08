//! Supervises one service and its logger.
#![forbid(unsafe_code)]

use crate::cli::message::Voice;
use crate::cli::options::{Called, Usage};
use crate::exit::Exit;
use crate::sys::door::Args;
use argh::{ArgsInfo, FromArgs};
use std::os::unix::ffi::OsStrExt;

/// Supervise the service in a directory: run ./run, again whenever it ends, and ./finish in between.
#[derive(FromArgs, ArgsInfo)]
struct Options {}

const USAGE: Usage = Usage { program: "runsv", line: "dir", called: Called::AsGiven, exit: Exit(1) };

/// The program.
pub fn main(args: Args<'_>) -> Exit {
    if let Err(exit) = USAGE.parse_bare::<Options>(args) {
        return exit;
    }
    let [_, directory] = args else {
        return USAGE.fail(args.first().copied().unwrap_or_default());
    };
    Voice::new(&[b"runsv ", directory.as_bytes()]).say(&[b"not yet"]);
    Exit::FATAL
}
