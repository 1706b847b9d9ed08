//! Runs one `runsv` for each entry of a scan directory, or one command for itself; sound as process 1.
#![forbid(unsafe_code)]

mod adopted;
mod command_line;
mod doubt;
mod essentials;
mod launch;
mod log;
mod looking;
mod single;
mod starts;
mod stop;
mod succession;
mod tree;

use crate::exit::Exit;
use crate::supervise::reexec::TRIAL;
use crate::sys::door::Args;
use command_line::{Job, Order};

/// The program.
pub fn main(args: Args<'_>) -> Exit {
    if let [_, word] = args {
        if *word == TRIAL {
            return succession::answer_trial();
        }
    }
    match command_line::read(args) {
        Ok(Order { job: Job::Directory { path, log }, sessions, grace }) => tree::run(path, log, sessions, grace),
        Ok(Order { job: Job::Command(words), sessions, grace }) => single::run(&words, sessions, grace),
        Err(exit) => exit,
    }
}
