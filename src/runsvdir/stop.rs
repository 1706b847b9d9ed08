//! The orderly stop: each `runsv` is told to leave, those that are needed after those that need them, and each stops its
//! service before its logger. Then whoever else is left below us is told. What has not ended when the grace is over is
//! killed.

use super::log::Log;
use crate::exit::{Exit, Pid};
use crate::moment::Moment;
use crate::scan::farewell::{Farewell, Member};
use crate::scan::plan::Plan;
use crate::signal::Signal;
use crate::sys::fs::{Dir, How};
use crate::sys::{family, io, process};
use core::time::Duration;
use std::ffi::{CString, OsStr};
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

/// How long a stop may take if nobody said: `docker stop` kills after ten seconds.
pub(super) const GRACE: Duration = Duration::from_secs(8);

/// How long killed processes may take to be gone. One that waits for a disk does not keep us for ever.
const DYING: Duration = Duration::from_secs(1);

/// The largest `needs` that is read.
const NEEDS_ROOM: usize = 4096;

/// A stop in progress.
#[derive(Debug)]
pub(super) struct Stop {
    farewell: Farewell,
    stage: Stage,
    until: Moment,
    grace: Duration,
    exit: Exit,
    /// Whether we are process 1, so that everybody whom we can reach is ours.
    first: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
    /// Supervisors were told.
    Services,
    /// Everybody else was.
    Others,
    /// Everybody was killed.
    Killed,
}

impl Stop {
    /// Tells the first ones to leave.
    pub(super) fn begin(now: Moment, plan: &Plan, path: &OsStr, grace: Duration, exit: Exit, first: bool) -> Stop {
        if !first {
            // Without it those who lose their supervisor could not be found; it never fails on a kernel of this decade.
            let _ = family::adopt_orphans();
        }
        let members = plan.lives().map(|(runsv, told)| Member {
            pid: runsv.pid,
            name: runsv.name.clone(),
            needs: needs(&Path::new(path).join(OsStr::from_bytes(runsv.name.to_bytes()))),
            told,
        });
        let farewell = Farewell::new(&members.collect::<Vec<_>>());
        let mut stop = Stop { farewell, stage: Stage::Services, until: now + grace, grace, exit, first };
        stop.tell();
        stop
    }

    fn tell(&mut self) {
        for pid in self.farewell.who_is_next() {
            let _ = process::send(pid, Signal::TERM); // it may have ended; that it has is about to be heard
        }
    }

    /// A child has ended.
    pub(super) fn ended(&mut self, pid: Pid) {
        if self.farewell.ended(pid) && self.stage == Stage::Services {
            self.tell();
        }
    }

    /// When patience ends.
    pub(super) fn deadline(&self) -> Moment {
        self.until
    }

    /// Somebody is in a hurry.
    pub(super) fn hurry(&mut self, now: Moment) {
        self.until = now;
    }

    /// Goes on; the exit code when it is over.
    pub(super) fn turn(&mut self, now: Moment, log: &mut Log) -> Option<Exit> {
        if !family::has_children() {
            return Some(self.exit);
        }
        match self.stage {
            Stage::Services if self.farewell.is_over() => {
                self.stage = Stage::Others;
                self.send_all(Signal::TERM);
            }
            Stage::Killed if now >= self.until => return Some(self.exit),
            // Those who lost their parent by this have come to us.
            Stage::Killed => self.send_all(Signal::KILL),
            Stage::Services | Stage::Others if now >= self.until => self.kill(now, log),
            Stage::Services | Stage::Others => {}
        }
        None
    }

    /// What had to be killed was not stopped, and the exit code says so, unless it has more to say.
    fn kill(&mut self, now: Moment, log: &mut Log) {
        let seconds = self.grace.as_secs().to_string();
        log.remark(&[b"not all services stopped within ", seconds.as_bytes(), b" seconds, sending KILL."]);
        if self.exit == Exit::OK {
            self.exit = Exit::FATAL;
        }
        self.stage = Stage::Killed;
        self.until = now + DYING;
        self.send_all(Signal::KILL);
    }

    fn send_all(&self, signal: Signal) {
        if self.first {
            let _ = family::send_all(signal);
            return;
        }
        let children = family::children().unwrap_or_else(|| self.farewell.left().collect());
        for pid in children {
            let _ = process::send(pid, signal);
        }
    }
}

/// Whom a service needs: a name a line.
fn needs(service: &Path) -> Vec<CString> {
    let read = || {
        let file = Dir::current()?.file(service.join("needs"), How::Read)?;
        let mut bytes = [0; NEEDS_ROOM];
        let length = io::read(&file, &mut bytes)?;
        Ok::<_, crate::sys::Errno>(bytes.get(..length).unwrap_or_default().to_vec())
    };
    let text = read().unwrap_or_default();
    let lines = text.split(|byte| *byte == b'\n').map(<[u8]>::trim_ascii);
    lines
        .filter(|line| !line.is_empty() && !line.starts_with(b"#"))
        .filter_map(|line| CString::new(line).ok())
        .collect()
}
