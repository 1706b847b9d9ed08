//! The runsvdir below us: started, or taken over from a daemon that was killed, and told to end.

use super::state::{RUNSVDIR, State};
use crate::exit::Pid;
use crate::moment::Moment;
use crate::process_state::search::candidates;
use crate::signal::Signal;
use crate::sys::process::{self, Spawn, Started, Stream};
use crate::sys::reactor::Mask;
use crate::sys::{Errno, Result, fs, io, processes};
use std::ffi::{CStr, CString, OsStr};
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

/// How long what is left of the services may take to end when they are stopped already: their loggers, in seconds.
const GRACE: &CStr = c"10";

/// Who supervises the services.
#[derive(Debug)]
pub(super) struct Tree {
    pub(super) pid: Pid,
    /// When it began, in ticks: another process of its number began later.
    began: u64,
    handle: Option<OwnedFd>,
    /// When we began to know of it.
    pub(super) since: Moment,
}

/// Where our programs are: beside this one.
pub(super) fn beside(name: &str) -> PathBuf {
    let own = fs::read_link("/proc/self/exe").map(PathBuf::from).unwrap_or_default();
    own.parent().unwrap_or(Path::new("/usr/bin")).join(name)
}

impl Tree {
    /// The one that a daemon before us has left, if it lives.
    pub(super) fn adopt(state: &State, now: Moment) -> Option<Tree> {
        let text = state.read(RUNSVDIR)?;
        let (pid, began) = text.trim().split_once(' ')?;
        let (pid, began) = (Pid::new(pid.parse().ok()?)?, began.parse().ok()?);
        // Held before it is looked at, so that it stays the one that was looked at.
        let handle = match process::handle(pid) {
            Err(Errno::ESRCH) => return None,
            answer => answer.ok(),
        };
        let tree = Tree { pid, began, handle, since: now };
        (!tree.has_ended()).then_some(tree)
    }

    /// Starts one, and writes down which it is.
    pub(super) fn start(state: &State, now: Moment, mask: &Mask) -> Result<Tree> {
        let program = c_string(beside(RUNSVDIR).as_os_str())?;
        let scan = c_string(state.scan_path().as_os_str())?;
        let environment = environment()?;
        let environment: Vec<&CStr> = environment.iter().map(CString::as_c_str).collect();
        let spawn = Spawn {
            program: &[&program],
            args: &[c"runsvdir", c"--grace", GRACE, &scan],
            environment: Some(&environment),
            directory: None,
            standard: [Stream::Same; 3],
            session: true, // what a terminal sends is for us
            mask,
        };
        let Started { pid, failed } = spawn.start()?;
        if let Some(failed) = failed {
            return Err(failed.errno());
        }
        let began = processes::one(pid).map_or(0, |process| process.began);
        state.replace(RUNSVDIR, &format!("{pid} {began}\n"))?;
        Ok(Tree { pid, began, handle: process::handle(pid).ok(), since: now })
    }

    /// What tells its end; without it only a child's is told.
    pub(super) fn handle(&self) -> Option<BorrowedFd<'_>> {
        self.handle.as_ref().map(AsFd::as_fd)
    }

    /// Whether it is over.
    pub(super) fn has_ended(&self) -> bool {
        match &self.handle {
            Some(handle) => io::is_readable(handle),
            None => processes::one(self.pid).is_none_or(|process| process.began != self.began),
        }
    }

    /// Tells it something. If it has ended, that is about to be heard.
    pub(super) fn send(&self, signal: Signal) {
        let _ = process::send_if(self.pid, signal, || !self.has_ended());
    }
}

/// Ours; but its programs are looked for beside us first, and state is where we look for it. What a service finds in PATH
/// its own directory says.
fn environment() -> Result<Vec<CString>> {
    let path = process::variable("PATH").map(OsStr::as_bytes).unwrap_or_default();
    let own = beside("");
    let own = own.as_os_str().as_bytes().strip_suffix(b"/").unwrap_or(own.as_os_str().as_bytes()).to_vec();
    let path = [&b"PATH="[..], &own, if path.is_empty() { &[] } else { b":" }, path].concat();
    let replaced = |entry: &&CStr| [&b"PATH="[..], b"SVSTATE="].iter().any(|name| entry.to_bytes().starts_with(name));
    let kept = process::environment().into_iter().filter(|entry| !replaced(entry)).map(CStr::to_owned);
    let mut all: Vec<CString> = kept.collect();
    all.push(CString::new(path).map_err(|_| Errno::EINVAL)?);
    Ok(all)
}

pub(super) fn c_string(text: &OsStr) -> Result<CString> {
    CString::new(text.as_bytes()).map_err(|_| Errno::EINVAL)
}

/// Where processes look for programs: where we do.
pub(super) fn search_path() -> String {
    let path = process::variable("PATH").map(|path| path.to_string_lossy().into_owned());
    path.filter(|path| !path.is_empty()).unwrap_or_else(|| crate::supervisor::trouble::PATH.to_owned())
}

/// Whether a program of this name is beside us.
pub(super) fn is_beside(name: &str) -> bool {
    let places = candidates(beside(name).as_os_str().as_bytes(), None);
    places.iter().any(|place| fs::facts_of(OsStr::from_bytes(place.to_bytes())).is_ok())
}
