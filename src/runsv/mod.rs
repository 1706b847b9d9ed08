//! Supervises one service and its loggers.
//!
//! `start` claims the service directory, `driver` waits and turns what happens into events of the machine, `launch`
//! starts programs, `outfit` packs what `run` is given beside the usual (`sockets`, `store`, `control_group`), `wishes`
//! reads the optional files, `needs` looks at the services that must be ready first, `talk` listens to one that talks,
//! `hold` brings back what is down for a time, `survivors` takes over what a supervisor before us has left running,
//! `succession` replaces the program of this process by the one that is there now,
//! `report` finds the words for what went wrong. What to do about anything is decided in `service::machine`.
#![forbid(unsafe_code)]

mod control_group;
mod driver;
mod hold;
mod launch;
mod needs;
mod outfit;
mod report;
mod sockets;
mod start;
mod store;
mod succession;
mod survivors;
mod talk;
mod wishes;

use crate::cli::message::Voice;
use crate::cli::options::{Called, Usage};
use crate::exit::Exit;
use crate::service::handover::Supervisor;
use crate::supervise::reexec::{TRIAL, answer};
use crate::sys::door::Args;
use argh::{ArgsInfo, FromArgs};
use std::os::unix::ffi::OsStrExt;

/// Supervise the service in a directory: run ./run, again whenever it ends, and ./finish in between.
#[derive(FromArgs, ArgsInfo)]
struct Options {}

const USAGE: Usage = Usage { program: "runsv", line: "dir", called: Called::AsGiven, exit: Exit(1) };

/// The program.
pub fn main(args: Args<'_>) -> Exit {
    if let [_, word, directory] = args {
        if *word == TRIAL {
            let voice = Voice::new(&[b"runsv ", directory.as_bytes()]);
            return answer::<Supervisor>().map_or_else(
                |why| {
                    voice.refuse(&[why.as_bytes()]);
                    Exit(1)
                },
                |()| Exit::OK,
            );
        }
    }
    if let Err(exit) = USAGE.parse_bare::<Options>(args) {
        return exit;
    }
    let [_, directory] = args else {
        return USAGE.fail(args.first().copied().unwrap_or_default());
    };
    let voice = Voice::new(&[b"runsv ", directory.as_bytes()]);
    match start::start(directory, voice) {
        Ok(mut runsv) => runsv.run(),
        Err(exit) => exit,
    }
}
