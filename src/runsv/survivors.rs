//! Processes that are not our children and yet ours: what a supervisor before us has left running, and a main process
//! below another. Their end is told by a descriptor; how it came is known to nobody.

use super::driver::Runsv;
use super::talk::MAIN;
use crate::exit::{Ending, Pid};
use crate::handover::Number;
use crate::moment::{Moment, Now};
use crate::service::machine::Role;
use crate::service::machine::resumed::{Fate, Past, Survivor, began, is_finish_due};
use crate::service::mark::{Child, What};
use crate::service::order;
use crate::service::record::Report;
use crate::service::status::Phase;
use crate::supervise::server::Left;
use crate::sys::fs::{Dir, How, Kind, facts, read_link};
use crate::sys::handover::Outgoing;
use crate::sys::reactor::Direction;
use crate::sys::{clock, io, limits, process, processes};
use core::time::Duration;
use std::os::fd::OwnedFd;

/// Those that we wait for.
#[derive(Debug, Default)]
pub(super) struct Strangers(Vec<Stranger>);

#[derive(Debug)]
struct Stranger {
    pid: Pid,
    /// Where none could be had it is looked at from time to time.
    handle: Option<OwnedFd>,
}

/// How often to look at those whose end nobody tells.
const SLOW: Duration = Duration::from_secs(1);

impl Strangers {
    /// When to look.
    pub(super) fn due(&self, now: Moment) -> Option<Moment> {
        self.0.iter().any(|stranger| stranger.handle.is_none()).then(|| now + SLOW)
    }

    /// Their process ids.
    pub(super) fn pids(&self) -> impl Iterator<Item = Pid> {
        self.0.iter().map(|stranger| stranger.pid)
    }
}

impl Strangers {
    /// What stays open, and who they are.
    pub(super) fn hand_over(&self, outgoing: &mut Outgoing) -> Vec<(Pid, Option<Number>)> {
        let mut one = |one: &Stranger| (one.pid, one.handle.as_ref().map(|handle| outgoing.keep(handle)));
        self.0.iter().map(&mut one).collect()
    }
}

impl Stranger {
    fn has_ended(&self) -> bool {
        match &self.handle {
            Some(handle) => io::is_readable(handle),
            None => processes::one(self.pid).is_none(),
        }
    }
}

impl Runsv {
    /// Waits for the end of a process that is not, or may not be, our child.
    pub(super) fn wait_for(&mut self, pid: Pid, handle: Option<OwnedFd>) {
        let handle = handle.filter(|handle| self.reactor.watch(handle, MAIN, Direction::Read).is_ok());
        self.strangers.0.push(Stranger { pid, handle });
    }

    /// One of them may have ended. Where it was our child after all its end is known by now.
    pub(super) fn look_at_strangers(&mut self, now: Now) {
        self.reap(now);
        let ended: Vec<Pid> = self.strangers.0.iter().filter(|one| one.has_ended()).map(|one| one.pid).collect();
        for pid in ended {
            self.ended(now, pid, Ending::Unknown);
        }
    }

    /// It has ended before we came. What the journal tells of it is not told again.
    fn ended_before(&mut self, now: Now, pid: Pid, fate: Fate) {
        let ending = match fate {
            Fate::Told(told) => {
                self.told = Some(told);
                told.ending
            }
            Fate::Lives | Fate::Ended => Ending::Unknown,
        };
        self.ended(now, pid, ending);
        self.told = None;
    }

    /// It is not waited for any more.
    pub(super) fn forget_stranger(&mut self, pid: Pid) {
        let Runsv { strangers, reactor, .. } = self;
        strangers.0.retain(|stranger| {
            if let (true, Some(handle)) = (stranger.pid == pid, &stranger.handle) {
                reactor.forget(handle);
            }
            stranger.pid != pid
        });
    }

    /// Goes on where a supervisor before us was ended, if one was.
    pub(super) fn take_over(&mut self) {
        let now = clock::now();
        for role in order::STARTS {
            let Some(left) = self.seat(role).and_then(|seat| seat.post.left()) else { continue };
            if role == Role::Service {
                self.consult(now, false);
            }
            self.resume(now, role, left);
        }
    }

    fn resume(&mut self, now: Now, role: Role, left: Left) {
        let alive = left.child.filter(lives);
        let main = left.shown.as_ref().and_then(|shown| main(shown, left.child.as_ref()));
        let post = self.seat(role).map(|seat| &seat.post);
        let told = left.child.and_then(|child| post.and_then(|post| post.told_of(&child)));
        let start_told = left.child.is_some_and(|child| post.is_some_and(|post| post.tells_start(&child)));
        // A life that was told to begin, and of whose end nobody has heard.
        let unheard = |child: &Child| {
            let since = left.shown.map(|shown| shown.status.since);
            start_told && told.is_none() && since.is_none_or(|since| since < began(Moment(child.at), now).label)
        };
        let tells = |child: &Child| left.shown.is_some_and(|shown| tells_of(&shown, child));
        let known = left.child.filter(|child| main.is_some() || tells(child) || unheard(child));
        let fate = match told {
            _ if alive.is_some() => Fate::Lives,
            Some(told) => Fate::Told(told),
            None => Fate::Ended,
        };
        let survivor = alive.or(known).map(|Child { what, pid, at }| Survivor {
            what,
            pid,
            began: began(Moment(at), now),
            main,
            fate,
            start_told,
        });
        self.act_all(now, role, |machine, actions| {
            machine.resume(now, Past { shown: left.shown, left: survivor }, actions);
        });
        let Some(Survivor { pid, what, .. }) = survivor else { return };
        if role == Role::Service && what == What::Run && alive.is_some() {
            self.go_on_listening();
        }
        for pid in [Some(pid), main].into_iter().flatten() {
            match process::handle(pid).ok() {
                _ if Some(pid) != main && alive.is_none() => self.ended_before(now, pid, fate),
                handle => self.wait_for(pid, handle),
            }
        }
        self.look_at_strangers(now);
    }
}

/// Whether it is that child that lives, and not another process that has got its number: that one began later than the
/// child wrote its mark.
fn lives(child: &Child) -> bool {
    let ticks = |at: Duration| at.as_millis() as u64 * limits::ticks_a_second() / 1000;
    processes::one(child.pid).is_some_and(|process| process.began <= ticks(child.at))
}

/// Whether this state was shown as long as the child lived, or is that of its `finish`, which has not begun.
fn tells_of(shown: &Report, child: &Child) -> bool {
    if child.what == What::Run && is_finish_due(&shown.status) {
        return true;
    }
    let phase = match child.what {
        What::Run => Phase::Run,
        What::Finish => Phase::Finish,
    };
    shown.status.pid == Some(child.pid) && shown.status.phase == phase
}

/// The main process, if that is another than the child, and lives.
fn main(shown: &Report, child: Option<&Child>) -> Option<Pid> {
    let pid =
        shown.status.pid.filter(|pid| shown.status.phase == Phase::Run && child.is_some_and(|c| c.pid != *pid))?;
    let began = shown.record?.start_time?;
    processes::one(pid).filter(|process| process.began == began).map(|process| process.pid)
}

/// The pipe between service and a logger, from those who have it still: the logger's standard input, or else what the
/// service writes to. Both ends.
pub(super) fn log_pipe_of_survivors(
    role: Role,
    service: Option<Left>,
    logger: Option<Left>,
) -> Option<(OwnedFd, OwnedFd)> {
    let end = |left: Option<Left>, number| left?.child.filter(lives).and_then(|child| pipe_of(child.pid, number));
    end(logger, 0).or_else(|| end(service, if role == Role::ErrorLogger { 2 } else { 1 }))
}

fn pipe_of(pid: Pid, number: u32) -> Option<(OwnedFd, OwnedFd)> {
    let path = format!("/proc/{pid}/fd/{number}");
    if !read_link(&path).ok()?.as_encoded_bytes().starts_with(b"pipe:") {
        return None; // a file, perhaps, that somebody has put there
    }
    let root = Dir::current().ok()?;
    let open = |how| {
        let end = root.file(&path, how).ok().filter(|end| facts(end).is_ok_and(|facts| facts.kind == Kind::Fifo))?;
        io::set_blocking(&end).ok().map(|()| end)
    };
    Some((open(How::Read)?, open(How::Write)?))
}
