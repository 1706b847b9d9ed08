//! Every `runsv` that an earlier `runsvdir` has left: it lives, supervises its service, and nobody would start it again.
//! It is found by the mark of its service, and its end is told by a descriptor of it; where none can be
//! had it is looked at every second.
//!
//! One is adopted only if it has lost its parent, since somebody else's child is started again by that. So that of two
//! successors at one time only one adopts, the lock of the scan directory is held as long as there is anybody adopted.

use crate::exit::Pid;
use crate::handover::Number;
use crate::moment::Moment;
use crate::process_state::limit::Resource;
use crate::scan::handover;
use crate::scan::plan::Id;
use crate::service::mark::{Mark, World};
use crate::signal::Signal;
use crate::supervise::holder::Holder;
use crate::supervise::home;
use crate::sys::fs::{self, Dir, Wait, facts_of};
use crate::sys::handover::Outgoing;
use crate::sys::limits;
use crate::sys::reactor::{Direction, Reactor, Token};
use crate::sys::{Errno, io, process, processes};
use core::time::Duration;
use std::cell::OnceCell;
use std::collections::BTreeMap;
use std::ffi::{CStr, OsStr};
use std::os::fd::{AsRawFd, OwnedFd};
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

/// How often to look at those whose end nobody tells.
const SLOW: Duration = Duration::from_secs(1);

/// Descriptors that are left for everything else: a directory must be read and a process started whatever happens.
const SPARE: u64 = 64;

/// What a `runsvdir` is called, theirs or ours.
const RUNSVDIR: &[u8] = b"runsvdir";

/// Those that we have adopted.
#[derive(Debug, Default)]
pub(super) struct Adopted {
    all: BTreeMap<Pid, Stranger>,
    /// The scan directory, locked.
    scan: Option<(Id, OwnedFd)>,
    /// When to look at those without a handle.
    due: Option<Moment>,
    world: OnceCell<Option<World>>,
    top: OnceCell<Option<PathBuf>>,
}

#[derive(Debug)]
struct Stranger {
    /// When it began, in ticks: another process of its number began later.
    began: u64,
    handle: Option<OwnedFd>,
}

impl Stranger {
    fn has_ended(&self, pid: Pid) -> bool {
        match &self.handle {
            Some(handle) => io::is_readable(handle),
            None => processes::one(pid).is_none_or(|process| process.began != self.began),
        }
    }
}

impl Adopted {
    /// Adopts who supervises this entry of the current directory, if that is one whom nobody looks after.
    pub(super) fn adopt(
        &mut self,
        now: Moment,
        (id, name): (Id, &CStr),
        reactor: &mut Reactor,
        token: Token,
        is_ours: impl FnOnce(Pid) -> bool,
    ) -> Option<Pid> {
        let service = Path::new(OsStr::from_bytes(name.to_bytes()));
        let holder = Holder::find(self.top.get_or_init(home::top).as_deref(), service)?;
        let pid = holder.mark.supervisor;
        if is_ours(pid) || self.world.get_or_init(process::world).as_ref() != Some(&holder.mark.world) {
            return None;
        }
        // Held before it is looked at, so that it stays the one that was looked at.
        let handle = match process::handle(pid) {
            Ok(handle) => Some(handle),
            Err(Errno::ESRCH) => return None,
            Err(_) => None,
        };
        let process = processes::one(pid)?;
        if is_looked_after(process.parent, &holder.mark) || directory_of(pid) != Some(id) || !holder.is_held() {
            return None;
        }
        let stranger = Stranger { began: process.began, handle: handle.filter(is_affordable) };
        if stranger.has_ended(pid) || !self.claim() {
            return None;
        }
        self.keep(now, pid, stranger, reactor, token);
        Some(pid)
    }

    /// Whether this `runsv` has got as far as to say that it supervises here, in an entry of the current directory.
    pub(super) fn has_claimed(&self, pid: Pid, name: &CStr) -> bool {
        let service = Path::new(OsStr::from_bytes(name.to_bytes()));
        let holder = Holder::find(self.top.get_or_init(home::top).as_deref(), service);
        let world = self.world.get_or_init(process::world);
        holder.is_some_and(|holder| holder.mark.supervisor == pid && Some(holder.mark.world) == *world)
    }

    /// Whether this one was adopted.
    pub(super) fn is_one(&self, pid: Pid) -> bool {
        self.all.contains_key(&pid)
    }

    /// Who they are and what stays open, for the program that takes our place.
    pub(super) fn hand_over(&self, outgoing: &mut Outgoing) -> (Vec<handover::Adopted>, Option<(Id, Number)>) {
        let lock = self.scan.as_ref().map(|(id, lock)| (*id, outgoing.keep(lock)));
        let mut one = |(pid, stranger): (&Pid, &Stranger)| handover::Adopted {
            pid: *pid,
            began: stranger.began,
            handle: stranger.handle.as_ref().map(|handle| outgoing.keep(handle)),
        };
        (self.all.iter().map(&mut one).collect(), lock)
    }

    /// What was handed over, each with its handle.
    pub(super) fn inherit(
        now: Moment,
        all: Vec<(handover::Adopted, Option<OwnedFd>)>,
        scan: Option<(Id, OwnedFd)>,
        reactor: &mut Reactor,
        token: Token,
    ) -> Adopted {
        let mut adopted = Adopted { scan, ..Adopted::default() };
        for (one, handle) in all {
            adopted.keep(now, one.pid, Stranger { began: one.began, handle }, reactor, token);
        }
        adopted
    }

    fn keep(&mut self, now: Moment, pid: Pid, mut stranger: Stranger, reactor: &mut Reactor, token: Token) {
        stranger.handle = stranger.handle.filter(|handle| reactor.watch(handle, token, Direction::Read).is_ok());
        if stranger.handle.is_none() {
            self.due = self.due.or(Some(now + SLOW));
        }
        self.all.insert(pid, stranger);
    }

    /// Whether no other successor adopts here. A file system without such locks does not keep us from it.
    fn claim(&mut self) -> bool {
        let Ok(here) = Dir::current().and_then(|here| here.own_facts()) else { return false };
        if self.scan.as_ref().is_some_and(|(id, _)| *id == here.id) {
            return true;
        }
        let Ok(file) = fs::open_directory_itself(".") else { return false };
        if fs::lock(&file, Wait::No) == Err(Errno::EWOULDBLOCK) {
            return false;
        }
        self.scan = Some((here.id, file));
        true
    }

    /// When to look without being told.
    pub(super) fn deadline(&self) -> Option<Moment> {
        self.due
    }

    /// Those of them that have ended.
    pub(super) fn ended(&mut self, now: Moment) -> Vec<Pid> {
        let slow = self.due.is_some_and(|due| due <= now);
        if slow {
            let blind = self.all.values().any(|stranger| stranger.handle.is_none());
            self.due = blind.then(|| now + SLOW);
        }
        let asked = self.all.iter().filter(|(_, stranger)| slow || stranger.handle.is_some());
        asked.filter(|(pid, stranger)| stranger.has_ended(**pid)).map(|(pid, _)| *pid).collect()
    }

    /// It has ended.
    pub(super) fn forget(&mut self, pid: Pid, reactor: &mut Reactor) {
        if let Some(handle) = self.all.remove(&pid).and_then(|stranger| stranger.handle) {
            reactor.forget(handle);
        }
        if self.all.is_empty() {
            (self.scan, self.due) = (None, None);
        }
    }

    /// Whether there are any.
    pub(super) fn is_empty(&self) -> bool {
        self.all.is_empty()
    }

    /// Their process ids.
    pub(super) fn pids(&self) -> impl Iterator<Item = Pid> {
        self.all.keys().copied()
    }

    /// Sends a signal to one of them, or to a child of ours. It may have ended; that it has is about to be heard.
    pub(super) fn send(&self, pid: Pid, signal: Signal) {
        let _ = match self.all.get(&pid) {
            Some(stranger) => process::send_if(pid, signal, || !stranger.has_ended(pid)),
            None => process::send(pid, signal).map(|()| true),
        };
    }
}

/// Whether its parent, which is not us (a child of ours of which we know nothing is nobody's), is still the one that has started it. Process 1 is everybody's who has lost his own, also of one
/// that had lost it before it could write it down; only as a `runsvdir` it looks after those that it has started.
fn is_looked_after(parent: i32, mark: &Mark) -> bool {
    let ours = process::own_id().map(Pid::get) == Some(parent);
    let same = !ours && parent == mark.starter.map_or(0, Pid::get);
    same && Pid::new(parent).is_none_or(|parent| parent.get() != 1 || processes::is_called(parent, RUNSVDIR))
}

/// A supervisor is in its service directory.
fn directory_of(pid: Pid) -> Option<Id> {
    facts_of(format!("/proc/{pid}/cwd")).ok().map(|facts| facts.id)
}

fn is_affordable(handle: &OwnedFd) -> bool {
    let soft = limits::limit(Resource::OpenFiles).map_or(0, |(soft, _)| soft);
    u64::try_from(handle.as_raw_fd()).is_ok_and(|number| number.saturating_add(SPARE) < soft)
}
