//! Prints a configuration for supervisord, with every option.
#![forbid(unsafe_code)]

use crate::cli::message::to_stdout;
use crate::cli::options::{Called, Usage};
use crate::exit::Exit;
use crate::sys::door::Args;
use argh::{ArgsInfo, FromArgs};

/// Print a configuration for supervisord, with every option and what it says.
#[derive(FromArgs, ArgsInfo)]
struct Options {}

const USAGE: Usage = Usage { program: "echo_supervisord_conf", line: "", called: Called::AsGiven, exit: Exit(1) };

const SAMPLE: &[u8] = include_bytes!("sample.conf");

/// The program. As with the original it does not matter what else is said to it.
pub fn main(args: Args<'_>) -> Exit {
    if let Err(exit) = USAGE.parse_bare::<Options>(args) {
        return exit;
    }
    to_stdout(SAMPLE);
    Exit::OK
}
