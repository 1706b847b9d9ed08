//! Process 1: brings the machine up, keeps it up, takes it down; and the program that tells it to.
#![forbid(unsafe_code)]

mod boot;
mod files;
pub mod init;
mod lines;

use crate::cli::message::Voice;
use crate::cli::options::{Called, Usage};
use crate::exit::Exit;
use crate::sys::door::Args;
use crate::sys::process;
use argh::{ArgsInfo, FromArgs};

/// Run the stages of the machine, as process 1.
#[derive(FromArgs, ArgsInfo)]
struct Options {}

const USAGE: Usage = Usage { program: "runit", line: "", called: Called::AsGiven, exit: Exit::FATAL };

/// The program.
pub fn main(args: Args<'_>) -> Exit {
    let voice = Voice::new(&[b"- runit"]);
    // The kernel hands its own words to process 1: they are no options of ours.
    if process::own_id().is_some_and(|pid| pid.get() == 1) {
        return boot::run(voice);
    }
    if let Err(exit) = USAGE.parse_bare::<Options>(args) {
        return exit;
    }
    voice.refuse(&[b"must be run as process no 1."]);
    Exit::FATAL
}
