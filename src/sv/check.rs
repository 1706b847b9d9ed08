//! `./check`, which knows better than a process id whether a service works.

use super::output::Output;
use crate::exit::Pid;
use crate::supervise::client::Service;
use crate::sys::process::{Spawn, Started, Stream};
use crate::sys::reactor::Mask;
use std::ffi::CString;
use std::os::unix::ffi::OsStringExt;

/// How it stands with the check of a service.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Check {
    /// It said yes, or there is none, or it cannot be run: then it cannot say no.
    Yes,
    /// It said no.
    No,
    /// It has not said anything yet.
    Asked(Pid),
}

/// Starts the check of a service, in its directory and without standard output. Trouble is told.
pub(super) fn start(service: &Service<'_>, mask: &Mask, output: &mut Output) -> Check {
    match service.has("check") {
        Ok(true) => spawn(service, mask, output),
        Ok(false) => Check::Yes,
        Err(errno) => {
            output.warn("unable to stat", service.name(), "check", Some(errno));
            Check::No
        }
    }
}

fn spawn(service: &Service<'_>, mask: &Mask, output: &mut Output) -> Check {
    let Ok(directory) = CString::new(service.path(".").into_vec()) else { return Check::No };
    let spawn = Spawn {
        // A script sees the path as its name, any other program the word: so it is under runit.
        program: &[c"check"],
        args: &[c"./check"],
        environment: None,
        directory: Some(&directory),
        standard: [Stream::Same, Stream::Closed, Stream::Same],
        session: false,
        mask,
    };
    output.flush(); // what it says comes after what was said before
    match spawn.start() {
        Err(errno) => {
            output.warn("unable to fork for", service.name(), "check", Some(errno));
            Check::No
        }
        Ok(Started { pid, failed: None }) => Check::Asked(pid),
        Ok(Started { failed: Some(failed), .. }) => {
            output.warn("unable to run", service.name(), "check", Some(failed.errno()));
            Check::Yes
        }
    }
}
