//! Supervisor's daemon: every program of a configuration is run as a service directory of keepup, below a runsvdir of our
//! own.
//!
//! What is run stands in the state directory (`state`), and nothing else is known of it: so a daemon that is killed leaves
//! everything running, and the next one on the same configuration goes on with what it finds. A life of the daemon is
//! what is between two readings of its configuration that stop everything: `life` waits, and does what it is told by
//! signals, at the `desk`, and by the `journals` of the services.
#![forbid(unsafe_code)]

mod desk;
mod farewell;
mod groups;
pub mod host;
mod journals;
mod life;
mod log;
mod options;
mod servers;
mod setup;
mod start;
mod state;
mod tree;

use crate::cli::message::{to_stderr, to_stdout};
use crate::exit::Exit;
use crate::supervisor::facts::Facts;
use crate::supervisor::python::absolute;
use crate::sys::door::Args;
use crate::sys::process;
use host::Host;
use options::{Early, Given};
use setup::Setup;
use std::os::unix::ffi::OsStrExt;

/// What the original ends with where it cannot begin.
const USAGE: Exit = Exit(2);

/// What the original says where it looks for its configuration as root.
const SEARCHING: &[u8] = b"UserWarning: Supervisord is running as root and it is searching for its configuration file in \
default locations (including its current working directory); you probably want to specify a \"-c\" argument specifying an \
absolute path to a configuration file for improved security.\n";

/// The program.
pub fn main(args: Args<'_>) -> Exit {
    let words: Vec<String> = args.iter().map(|word| word.to_string_lossy().into_owned()).collect();
    let name = args.first().map_or(&b"supervisord"[..], |name| name.as_bytes());
    let _ = process::take_variable("SVSTATE"); // the state of our services is where we look for it
    match begin(&words) {
        Ok(exit) => exit,
        Err(what) => {
            to_stderr(&[b"Error: ", what.as_bytes(), b"\nFor help, use ", name, b" -h\n"].concat());
            USAGE
        }
    }
}

fn begin(words: &[String]) -> Result<Exit, String> {
    let host = Host::default();
    let given = match options::read(words, &host) {
        Ok(given) => given,
        Err(Early::Done(exit)) => return Ok(exit),
        Err(Early::Wrong(what)) => return Err(what),
    };
    let heritage = life::heritage();
    let file = match (&heritage, &given.configuration) {
        (Some(heritage), _) => heritage.file.clone(),
        (None, Some(file)) => file.clone(),
        (None, None) => {
            if host.uid() == 0 {
                to_stderr(SEARCHING);
            }
            setup::find(words.first().map_or("", String::as_str)).map_err(|wrong| wrong.0)?
        }
    };
    let setup = Setup::read(&file, &given, &host).map_err(|wrong| wrong.0)?;
    if given.check {
        return Ok(check(&setup));
    }
    life::run(given, host, setup, heritage)
}

/// Says what might be meant otherwise, and that there is no mistake.
fn check(setup: &Setup) -> Exit {
    for (level, words) in &setup.config.remarks {
        to_stderr(format!("{} {words}\n", level.code()).as_bytes());
    }
    for words in groups::Groups::default().compile(setup, "/", &setup.config.groups).missing {
        to_stderr(format!("WARN {words}\n").as_bytes());
    }
    to_stdout(format!("{}: no errors\n", setup.file).as_bytes());
    Exit::OK
}

/// Reads the configuration again, as at the start: by the name that it was given, unless we have gone elsewhere since.
fn read_again(given: &Given, host: &Host, setup: &Setup) -> Result<Setup, String> {
    let same = absolute(&setup.file, &host.directory()) == setup.absolute;
    let file = if same { &setup.file } else { &setup.absolute };
    Setup::read(file, given, host).map_err(|wrong| wrong.0)
}
