//! A hook that runs: in a process group of its own, with our standard error for all that it says, and with an end.

use super::hooks::{self, Hook};
use super::options::Setup;
use crate::alert::{Alert, Id};
use crate::exit::Pid;
use crate::moment::Moment;
use crate::signal::Signal;
use crate::sys::fs::{self, How};
use crate::sys::process::{Failed, Place, Spawn, Started, Stream};
use crate::sys::reactor::Mask;
use crate::sys::{Errno, Result, family, io};
use core::time::Duration;
use std::ffi::{CStr, CString, OsStr};
use std::os::fd::AsFd;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

/// A hook that runs.
#[derive(Debug)]
pub(super) struct Call {
    pub(super) pid: Pid,
    pub(super) hook: Vec<u8>,
    pub(super) alert: Id,
    stage: Stage,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
    /// It has so much time.
    Runs(Moment),
    /// It was told to end; then it is killed.
    Told(Moment),
    /// It cannot but end.
    Killed,
}

/// How long a hook has for its end when it was told to.
const GRACE: Duration = Duration::from_secs(5);

impl Call {
    /// Starts it. A program that cannot be executed is a child that has failed, and why.
    pub(super) fn start(
        setup: &Setup,
        service: &OsStr,
        hook: &Hook,
        alert: &Alert,
        attempt: u32,
        now: Moment,
        mask: &Mask,
    ) -> Result<(Call, Option<Errno>)> {
        let nothing = fs::open("/dev/null", How::Read)?;
        let list = hooks::environment(setup, service, alert, attempt);
        let list: Vec<&CStr> = list.iter().map(CString::as_c_str).collect();
        let path = c_path(&hook.path);
        // A service that is gone has no directory any more.
        let home = setup.scan.join(service);
        let home = c_path(if fs::facts_of(&home).is_ok() { &home } else { Path::new("/") });
        let spawn = Spawn {
            program: &[&path],
            args: &[&path],
            environment: Some(&list),
            directory: Some(&home),
            standard: [Stream::Is(nothing.as_fd()), Stream::Is(io::stderr()), Stream::Same],
            session: false,
            mask,
        };
        let Started { pid, failed } = spawn.start_in(Place::Group(None))?;
        let why = failed.map(Failed::errno);
        let stage = Stage::Runs(now + setup.timeout);
        Ok((Call { pid, hook: hook.name.clone(), alert: alert.id(), stage }, why))
    }

    /// When something is due.
    pub(super) fn deadline(&self) -> Option<Moment> {
        match self.stage {
            Stage::Runs(until) | Stage::Told(until) => Some(until),
            Stage::Killed => None,
        }
    }

    /// Whether it was told to end just now because its time is over.
    pub(super) fn turn(&mut self, now: Moment) -> bool {
        match self.stage {
            Stage::Runs(until) if until <= now => {
                self.end(now);
                true
            }
            Stage::Told(until) if until <= now => {
                let _ = family::send_group(self.pid, Signal::KILL); // it may have ended just now
                self.stage = Stage::Killed;
                false
            }
            _ => false,
        }
    }

    /// Tells it to end.
    pub(super) fn end(&mut self, now: Moment) {
        if let Stage::Runs(_) = self.stage {
            let _ = family::send_group(self.pid, Signal::TERM); // it may have ended just now
            self.stage = Stage::Told(now + GRACE);
        }
    }
}

/// No path has a NUL in it.
fn c_path(path: &Path) -> CString {
    CString::new(path.as_os_str().as_bytes()).unwrap_or_default()
}
