//! Does what the plan says: starts, and goodbyes.

use super::tree::{ADOPTED, Tree};
use crate::exit::Pid;
use crate::moment::Moment;
use crate::scan::plan::{Action, Event, Id};
use crate::signal::Signal;
use crate::sys::family;
use core::time::Duration;
use std::collections::VecDeque;
use std::ffi::CStr;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

/// So many processes for each processor that want to run are a crowd: whoever is started then only makes it larger.
const CROWD: usize = 8;

/// How long a crowd is given to thin out before it is counted again.
const THINNING: Duration = Duration::from_millis(5);

/// How long it may keep us from the next batch. A machine that is always busy must come up too.
const PATIENCE: Duration = Duration::from_millis(50);

/// Where we are while starting.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    Elsewhere,
    There,
    /// It is no use to try the next.
    Barred,
}

impl Tree {
    /// Tells the plan, and does what it says.
    pub(super) fn tell(&mut self, now: Moment, event: Event) {
        let mut actions = VecDeque::from(self.plan.step(now, event));
        let mut here = Place::Elsewhere;
        while let Some(action) = actions.pop_front() {
            match action {
                Action::Start { id, name } => {
                    if here == Place::Elsewhere {
                        here = self.enter();
                    }
                    let event = self.start(now, &mut here, id, &name);
                    actions.extend(self.plan.step(now, event));
                }
                Action::Leave(pid) => self.send_off(pid),
            }
        }
        if here != Place::Elsewhere {
            self.launcher.leave();
        }
    }

    fn enter(&mut self) -> Place {
        match self.launcher.enter() {
            Ok(()) => Place::There,
            Err(errno) => {
                self.log.warning(&[b"unable to change directory to ", self.path.as_bytes()], errno);
                Place::Barred
            }
        }
    }

    /// What keeps one from being started keeps the others, and is said once.
    fn start(&mut self, now: Moment, here: &mut Place, id: Id, name: &CStr) -> Event {
        if *here == Place::Barred {
            return Event::NotStarted(id);
        }
        self.essentials.meet(id, name, Path::new(self.path), self.looking.watching());
        if let Some(pid) = self.adopt(now, id, name) {
            return Event::Started { id, pid, sound: true };
        }
        match self.launcher.start(name, &self.reactor.masks().service) {
            Ok(started) => {
                if let Some(failed) = started.failed {
                    self.log.fatal(&[b"unable to start runsv ", name.to_bytes()], failed.errno());
                }
                Event::Started { id, pid: started.pid, sound: started.failed.is_none() }
            }
            Err(errno) => {
                self.log.warning(&[b"unable to fork for ", name.to_bytes()], errno);
                *here = Place::Barred;
                Event::NotStarted(id)
            }
        }
    }

    /// Whoever supervises there already. In front of process 1 there was nobody.
    pub(super) fn adopt(&mut self, now: Moment, id: Id, name: &CStr) -> Option<Pid> {
        if self.first {
            return None;
        }
        let Tree { adopted, plan, reactor, .. } = self;
        adopted.adopt(now, (id, name), reactor, ADOPTED, |pid| plan.entry_of(pid).is_some())
    }

    fn send_off(&mut self, pid: Pid) {
        if let Some(id) = self.plan.entry_of(pid) {
            self.essentials.forget(id, self.looking.watching());
        }
        self.adopted.send(pid, Signal::TERM);
    }

    /// Starts what is due, unless that had better wait.
    pub(super) fn go_on(&mut self, now: Moment) {
        let crowded = self.is_crowded(now);
        self.tell(now, if crowded { Event::Crowded { until: now + THINNING } } else { Event::Turn });
    }

    /// Whether a batch of starts had better wait.
    fn is_crowded(&mut self, now: Moment) -> bool {
        if !self.plan.has_more_than_a_batch() || self.plan.deadline().is_none_or(|due| due > now) {
            return false;
        }
        let since = *self.crowded.get_or_insert(now);
        let limit = CROWD * family::processors();
        let crowded = now.since(since) < PATIENCE && family::runnable().is_some_and(|runnable| runnable > limit);
        if !crowded {
            self.crowded = None;
        }
        crowded
    }
}
