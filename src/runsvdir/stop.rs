//! The orderly stop: each `runsv` is told to leave, those that are needed after those that need them, and each stops its
//! service before its logger.
//!
//! With a grace, whoever else is left below us is told then; near the end of the grace nobody waits for anybody any more,
//! so that what was kept up by a service that hangs is asked before it is killed; and what has not ended when the grace
//! is over is killed. Without one all is over when everybody was told, as under runit, where that is at once.

use super::adopted::Adopted;
use super::log::Log;
use crate::exit::{Exit, Pid};
use crate::moment::Moment;
use crate::scan::farewell::{Farewell, Member};
use crate::scan::handover;
use crate::scan::plan::{Plan, Runsv};
use crate::service::policy::needs;
use crate::signal::Signal;
use crate::span::Span;
use crate::sys::fs::{Dir, How};
use crate::sys::{Result, family, io, process};
use core::time::Duration;
use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

/// How long a stop may take if nobody said: `docker stop` kills after ten seconds.
pub(super) const GRACE: Duration = Duration::from_secs(8);

/// The part of the grace at its end that is left to those who waited for others in vain.
const LAST_PART: u32 = 4;

/// How long killed processes may take to be gone. One that waits for a disk does not keep us for ever.
const DYING: Duration = Duration::from_secs(1);

/// The largest `needs` that is read: hundreds of names.
const NEEDS_ROOM: usize = 64 * 1024;

/// A stop in progress.
#[derive(Debug)]
pub(super) struct Stop {
    farewell: Farewell,
    stage: Stage,
    exit: Exit,
    /// Whether we are process 1, so that everybody whom we can reach is ours.
    first: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
    /// Supervisors are told, and nobody is waited for but for the order.
    Telling,
    /// Supervisors were told, or will be.
    Services(Grace),
    /// Everybody else was.
    Others(Grace),
    /// Everybody was killed; not waited for beyond that.
    Killed(Moment),
}

/// How long it may take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Grace {
    until: Moment,
    whole: Duration,
}

impl Grace {
    /// From when on nobody waits for anybody.
    fn order_until(self) -> Moment {
        Moment(self.until.0.saturating_sub(self.whole / LAST_PART))
    }
}

/// What a stop with a grace begins with.
#[derive(Clone, Copy, Debug)]
pub(super) struct Patience {
    pub(super) now: Moment,
    pub(super) grace: Duration,
    /// What it ends with.
    pub(super) exit: Exit,
    /// Whether we are process 1.
    pub(super) first: bool,
}

impl Stop {
    /// Tells the first ones to leave, and will wait so long for all.
    pub(super) fn begin(patience: Patience, plan: &Plan, adopted: &Adopted, path: &OsStr) -> Stop {
        let Patience { now, grace, exit, first } = patience;
        if !first {
            // Without it those who lose their supervisor could not be found; it never fails on a kernel of this decade.
            let _ = family::adopt_orphans();
        }
        let stage = Stage::Services(Grace { until: now + grace, whole: grace });
        let farewell = Farewell::new(&members(plan, path));
        Stop { farewell, stage, exit, first }.begun(adopted)
    }

    /// Tells the first ones to leave, and will wait for nobody, but to tell others in their order.
    pub(super) fn hang_up(plan: &Plan, adopted: &Adopted, path: &OsStr) -> Stop {
        let farewell = Farewell::new(&members(plan, path));
        Stop { farewell, stage: Stage::Telling, exit: Exit::FATAL, first: false }.begun(adopted)
    }

    /// What is known of it, for the program that takes our place.
    pub(super) fn hand_over(&self) -> handover::Stop {
        let stage = match self.stage {
            Stage::Telling => handover::Stage::Telling,
            Stage::Services(Grace { until, whole }) => handover::Stage::Services(until, whole),
            Stage::Others(Grace { until, whole }) => handover::Stage::Others(until, whole),
            Stage::Killed(until) => handover::Stage::Killed(until),
        };
        handover::Stop { farewell: self.farewell.clone(), stage, exit: self.exit, first: self.first }
    }

    /// What was handed over.
    pub(super) fn inherit(stop: handover::Stop) -> Stop {
        let handover::Stop { farewell, stage, exit, first } = stop;
        let stage = match stage {
            handover::Stage::Telling => Stage::Telling,
            handover::Stage::Services(until, whole) => Stage::Services(Grace { until, whole }),
            handover::Stage::Others(until, whole) => Stage::Others(Grace { until, whole }),
            handover::Stage::Killed(until) => Stage::Killed(until),
        };
        Stop { farewell, stage, exit, first }
    }

    fn begun(mut self, adopted: &Adopted) -> Stop {
        self.tell(adopted);
        self
    }

    fn tell(&mut self, adopted: &Adopted) {
        for pid in self.farewell.who_is_next() {
            adopted.send(pid, Signal::TERM);
        }
    }

    /// Nobody waits for anybody any more.
    fn tell_everybody(&mut self, adopted: &Adopted) {
        for pid in self.farewell.everybody() {
            adopted.send(pid, Signal::TERM);
        }
    }

    /// A child, or one adopted, has ended.
    pub(super) fn ended(&mut self, pid: Pid, adopted: &Adopted) {
        self.farewell.ended(pid);
        self.tell(adopted);
    }

    /// When patience ends, if it does.
    pub(super) fn deadline(&self) -> Option<Moment> {
        match self.stage {
            Stage::Telling => None,
            Stage::Services(grace) if self.farewell.is_anybody_bound() => Some(grace.order_until()),
            Stage::Services(grace) | Stage::Others(grace) => Some(grace.until),
            Stage::Killed(until) => Some(until),
        }
    }

    /// Somebody is in a hurry: without a grace, too much so to have others told in their order.
    pub(super) fn hurry(&mut self, now: Moment, adopted: &Adopted) {
        match &mut self.stage {
            Stage::Telling => self.tell_everybody(adopted),
            Stage::Services(grace) | Stage::Others(grace) => grace.until = now,
            Stage::Killed(until) => *until = now,
        }
    }

    /// Whether it has a grace, so that it ends by itself.
    pub(super) fn has_grace(&self) -> bool {
        self.stage != Stage::Telling
    }

    /// Goes on; the exit code when it is over.
    pub(super) fn turn(&mut self, now: Moment, adopted: &Adopted, log: &mut Log) -> Option<Exit> {
        let bound = self.farewell.is_anybody_bound();
        if (self.stage == Stage::Telling && !bound) || (adopted.is_empty() && !family::has_children()) {
            return Some(self.exit);
        }
        match self.stage {
            Stage::Telling => {}
            Stage::Killed(until) if now >= until => return Some(self.exit),
            // Those who lost their parent by this have come to us.
            Stage::Killed(_) => self.send_all(Signal::KILL, adopted),
            Stage::Services(grace) | Stage::Others(grace) if now >= grace.until => {
                self.kill(now, grace.whole, adopted, log)
            }
            Stage::Services(grace) if self.farewell.is_over() => {
                self.stage = Stage::Others(grace);
                self.send_all(Signal::TERM, adopted);
            }
            Stage::Services(grace) if bound && now >= grace.order_until() => self.lose_patience(grace, adopted, log),
            Stage::Services(_) | Stage::Others(_) => {}
        }
        None
    }

    fn lose_patience(&mut self, grace: Grace, adopted: &Adopted, log: &mut Log) {
        let spent = Span(grace.whole - grace.whole / LAST_PART).to_string();
        log.remark(&[b"not all services stopped within ", spent.as_bytes(), b", stopping those that they need too."]);
        self.tell_everybody(adopted);
    }

    /// What had to be killed was not stopped, and the exit code says so, unless it has more to say.
    fn kill(&mut self, now: Moment, grace: Duration, adopted: &Adopted, log: &mut Log) {
        let seconds = grace.as_secs().to_string();
        log.remark(&[b"not all services stopped within ", seconds.as_bytes(), b" seconds, sending KILL."]);
        if self.exit == Exit::OK {
            self.exit = Exit::FATAL;
        }
        self.stage = Stage::Killed(now + DYING);
        self.send_all(Signal::KILL, adopted);
    }

    /// What an adopted one has started does not come to us when that is killed: it is looked for before.
    fn send_all(&self, signal: Signal, adopted: &Adopted) {
        if self.first {
            let _ = family::send_all(signal);
            return;
        }
        let children = family::children().unwrap_or_else(|| self.farewell.left().collect());
        let strangers = adopted.pids().flat_map(family::all_of);
        for pid in children.into_iter().chain(strangers.collect::<Vec<_>>()) {
            let _ = process::send(pid, signal);
        }
    }
}

/// Every `runsv` that lives, and whom its service needs.
fn members(plan: &Plan, path: &OsStr) -> Vec<Member> {
    let scan = Dir::reach(path);
    let member = |(runsv, told): (Runsv<'_>, bool)| Member {
        pid: runsv.pid,
        name: runsv.name.to_bytes().to_vec(),
        needs: scan.as_ref().map_or_else(|_| Vec::new(), |scan| needs_of(scan, runsv, told)),
        told,
    };
    plan.lives().map(member).collect()
}

/// Whom a service needs. What is wrong in the file its supervisor has said. The name of one that leaves may lead
/// nowhere, or to another, but that one is in its directory.
fn needs_of(scan: &Dir, runsv: Runsv<'_>, leaves: bool) -> Vec<Vec<u8>> {
    let directory = match leaves {
        true => PathBuf::from(format!("/proc/{}/cwd", runsv.pid)),
        false => Path::new(OsStr::from_bytes(runsv.name.to_bytes())).to_owned(),
    };
    let text = read(scan, &directory.join("needs")).unwrap_or_default();
    needs::parse(&text).value.0
}

fn read(scan: &Dir, path: &Path) -> Result<Vec<u8>> {
    let file = scan.file(path, How::Read)?;
    let mut bytes = Vec::new();
    let mut chunk = [0; 4096];
    while bytes.len() < NEEDS_ROOM {
        let length = io::read(&file, &mut chunk)?;
        bytes.extend_from_slice(chunk.get(..length).unwrap_or_default());
        if length == 0 {
            break;
        }
    }
    Ok(bytes)
}
