//! Ours: the programs of this daemon, of its runsvdir and of every supervisor below it are replaced by those that are
//! installed now, and no service notices.
//!
//! Most of what a daemon knows is in its state directory already, so that all that is handed over is where that is, and how
//! far the journals were told. The new program is tried before: it reads the configuration, and says that there is no
//! mistake in it.

use super::{Life, Mood};
use crate::exit::{Ending, Pid};
use crate::moment::Moment;
use crate::process_state::search::candidates;
use crate::service::command::REEXEC;
use crate::signal::Signal;
use crate::supervisor::types::Level;
use crate::supervisord::servers;
use crate::sys::errno::Reason;
use crate::sys::fs::{self, How};
use crate::sys::process::{self, Spawn, Started, Stream};
use crate::sys::{Errno, Result, door};
use core::time::Duration;
use std::ffi::{CStr, CString, OsStr};
use std::os::fd::AsFd;
use std::os::unix::ffi::OsStrExt;

/// What tells the next program of this process that it is one.
const VARIABLE: &str = "KEEPUP_SUPERVISORD";

/// How long it may take to be tried. A machine that is that slow is not to be upgraded now.
const PATIENCE: Duration = Duration::from_secs(20);

/// A replacement that was asked for.
#[derive(Debug, Default)]
pub(super) struct Renewal {
    trial: Option<(Pid, Moment)>,
    late: bool,
    granted: bool,
}

/// What the program before us in this process has left.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Heritage {
    /// The configuration.
    pub(crate) file: String,
    /// The state directory.
    pub(crate) state: String,
}

/// Takes it, if there was one. It is meant for one process, however often it was inherited.
pub(crate) fn heritage() -> Option<Heritage> {
    let value = process::take_variable(VARIABLE)?.to_str()?;
    let mut parts = value.split('\n');
    let (pid, file, state) = (parts.next()?, parts.next()?, parts.next()?);
    (process::own_id()?.to_string() == pid).then(|| Heritage { file: file.into(), state: state.into() })
}

impl Renewal {
    /// When the trial takes too long.
    pub(super) fn deadline(&self) -> Option<Moment> {
        self.trial.filter(|_| !self.late).map(|(_, until)| until)
    }
}

/// Where the program is that is installed now: by what we were called it is found again.
fn places() -> Vec<CString> {
    let called = door::texts().into_iter().next().unwrap_or_default();
    let path = process::variable("PATH").map(OsStr::as_bytes);
    match called.to_bytes() {
        relative if relative.contains(&b'/') && !relative.starts_with(b"/") => {
            let own = fs::read_link("/proc/self/exe").unwrap_or_default();
            let own = own.as_bytes().strip_suffix(b" (deleted)").unwrap_or(own.as_bytes()).to_vec();
            CString::new(own).into_iter().collect()
        }
        called => candidates(called, path),
    }
}

impl Life {
    /// Tries the program that is there.
    pub(super) fn begin_renewal(&mut self, now: Moment) {
        if !matches!(self.mood, Mood::Running) || self.renewal.trial.is_some() {
            return self.say(Level::Warn, "not replaced now: there is something else to be done");
        }
        match self.try_it() {
            Ok(pid) => self.renewal = Renewal { trial: Some((pid, now + PATIENCE)), ..Renewal::default() },
            Err(errno) => self.not_renewed(&format!("the program cannot be started: {}", errno.reason())),
        }
    }

    fn not_renewed(&mut self, why: &str) {
        self.renewal = Renewal::default();
        self.say(Level::Error, &format!("not replaced, going on as before: {why}"));
    }

    fn try_it(&self) -> Result<Pid> {
        let places = places();
        let places: Vec<&CStr> = places.iter().map(CString::as_c_str).collect();
        let file = CString::new(self.setup.absolute.as_bytes()).map_err(|_| Errno::EINVAL)?;
        let null = fs::open("/dev/null", How::ReadWrite)?;
        let nothing = Stream::Is(null.as_fd());
        let spawn = Spawn {
            program: &places,
            args: &[c"supervisord", c"--check", c"-c", &file],
            environment: None,
            directory: None,
            standard: [nothing, nothing, nothing],
            session: false,
            mask: &self.reactor.masks().service,
        };
        match spawn.start()? {
            Started { pid, failed: None } => Ok(pid),
            Started { failed: Some(failed), .. } => Err(failed.errno()),
        }
    }

    /// A child has ended; whether it was the one that was tried.
    pub(super) fn tried(&mut self, pid: Pid, ending: Ending) -> bool {
        if self.renewal.trial.is_none_or(|(trial, _)| trial != pid) {
            return false;
        }
        match ending {
            _ if self.renewal.late => self.not_renewed("the program does not answer"),
            Ending::Exited(0) => self.renewal = Renewal { granted: true, ..Renewal::default() },
            _ => self.not_renewed("the program that is there now does not understand the configuration"),
        }
        true
    }

    /// Does it, if that was found to be possible; or ends a trial that takes too long.
    pub(super) fn renew(&mut self, now: Moment) {
        if let Some((pid, _)) = self.renewal.trial.filter(|(_, until)| *until <= now && !self.renewal.late) {
            self.renewal.late = true;
            let _ = process::send(pid, Signal::KILL); // its end is about to be heard of
        }
        if core::mem::take(&mut self.renewal.granted) && matches!(self.mood, Mood::Running) {
            if let Err(errno) = self.become_it() {
                self.not_renewed(&format!("the program cannot be executed: {}", errno.reason()));
            }
        }
    }

    /// Those below first: each of them tries its own program, and goes on as it is if that is no use.
    fn become_it(&mut self) -> Result<()> {
        self.journals.save(&self.state)?;
        if let Some(tree) = &self.tree {
            tree.send(Signal::USR2);
        }
        for name in self.state.names() {
            self.journals.send(&name, &[REEXEC]);
        }
        self.journals.send(servers::NAME, b"t");
        let state = self.state.path.as_os_str().as_bytes();
        let pid = process::own_id().map_or_else(String::new, |pid| pid.to_string());
        let told = [VARIABLE.as_bytes(), b"=", pid.as_bytes(), b"\n", self.setup.absolute.as_bytes(), b"\n", state];
        let told = CString::new(told.concat()).map_err(|_| Errno::EINVAL)?;
        let (places, args) = (places(), door::texts());
        let places: Vec<&CStr> = places.iter().map(CString::as_c_str).collect();
        let args: Vec<&CStr> = args.iter().map(CString::as_c_str).collect();
        let mut environment = process::environment();
        environment.push(&told);
        Err(process::execute_in_place(&places, &args, Some(&environment)))
    }
}
