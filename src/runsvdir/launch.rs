//! Starts `runsv`.

use crate::process_state::search::candidates;
use crate::sys::process::{Spawn, Started, Stream};
use crate::sys::reactor::Mask;
use crate::sys::{Result, fs};
use std::env;
use std::ffi::{CStr, CString, OsStr};
use std::os::unix::ffi::OsStrExt;

/// What every start needs.
#[derive(Debug)]
pub(super) struct Launcher {
    /// Where `runsv` may be: on our search path; beside us if it is nowhere there.
    places: Vec<CString>,
    /// Where we are, and are again after each start.
    home: fs::Dir,
    /// The scan directory, where each `runsv` is started.
    path: &'static OsStr,
    sessions: bool,
}

impl Launcher {
    /// Nothing is started yet.
    pub(super) fn new(path: &'static OsStr, sessions: bool) -> Result<Launcher> {
        let mut places = candidates(b"runsv", env::var_os("PATH").as_deref().map(OsStr::as_bytes));
        let beside = env::current_exe().ok().and_then(|own| Some(own.parent()?.join("runsv")));
        places.extend(beside.and_then(|path| CString::new(path.into_os_string().as_bytes()).ok()));
        Ok(Launcher { places, home: fs::Dir::current()?, path, sessions })
    }

    /// Goes to the scan directory, where starts are made.
    pub(super) fn enter(&self) -> Result<()> {
        fs::enter(self.path)
    }

    /// Goes back.
    pub(super) fn leave(&self) {
        let _ = self.home.enter(); // it is open, and we were there
    }

    /// Starts `runsv NAME`, in the scan directory.
    pub(super) fn start(&self, name: &CStr, mask: &Mask) -> Result<Started> {
        let program: Vec<&CStr> = self.places.iter().map(CString::as_c_str).collect();
        Spawn {
            program: &program,
            args: &[c"runsv", name],
            environment: None,
            directory: None,
            standard: [Stream::Same; 3],
            session: self.sessions,
            mask,
        }
        .start()
    }
}
