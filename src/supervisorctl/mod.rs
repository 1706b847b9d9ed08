//! Supervisor's client: commands, their lines and their exit codes, over XML-RPC.
//!
//! A command line is one command, or the beginning of a shell that reads commands. `command` knows them all; each is a
//! function of a `Session`, which talks to the server and to the user, and remembers the exit code. What can go wrong
//! besides what a command expects is a `Trouble`, which becomes one line.
#![forbid(unsafe_code)]

mod command;
#[cfg(feature = "shell")]
mod completion;
mod config;
mod control;
mod daemon;
#[cfg(feature = "shell")]
mod editor;
mod foreground;
mod groups;
mod http;
mod input;
mod options;
mod server;
mod session;
mod shell;
mod status;
mod tail;
mod trouble;
mod wait;

use crate::cli::message::to_stderr;
use crate::exit::Exit;
use crate::sys::door::Args;
use session::Session;
use std::os::unix::ffi::OsStrExt;

/// What a usage error ends with.
const USAGE: Exit = Exit(2);

/// The program.
pub fn main(args: Args<'_>) -> Exit {
    let words: Vec<String> = args.iter().map(|word| word.to_string_lossy().into_owned()).collect();
    let name = args.first().map_or(&b"supervisorctl"[..], |name| name.as_bytes());
    let refuse = |what: &str| {
        to_stderr(&[b"Error: ", what.as_bytes(), b"\nFor help, use ", name, b" -h\n"].concat());
        USAGE
    };
    let options = match options::read(&words) {
        Ok(options) => options,
        Err(options::Early::Done(exit)) => return exit,
        Err(options::Early::Wrong(what)) => return refuse(&what),
    };
    let settings = match config::settings(&options, words.first().map_or("", String::as_str)) {
        Ok(settings) => settings,
        Err(wrong) => return refuse(&wrong.0),
    };
    let mut session = Session::new(settings, options.interactive || options.command.is_empty());
    if options.command.is_empty() {
        shell::run(&mut session);
        return Exit::OK;
    }
    command::perform(&mut session, &options.command.join(" "));
    Exit(session.code)
}
