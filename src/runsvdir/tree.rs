//! Waits, tells the plan what happened, and does what it says.

use super::essentials::{Ended, Essentials};
use super::launch::Launcher;
use super::log::Log;
use super::looking::Looking;
use super::stop::{GRACE, Stop};
use crate::exit::{Exit, Pid};
use crate::moment::{Moment, Now};
use crate::scan::plan::{Action, Event, Id, Listing, Plan};
use crate::signal::Signal;
use crate::sys::process::Failed;
use crate::sys::reactor::{self, Direction, Reactor, Token};
use crate::sys::{Errno, clock, family, process};
use core::time::Duration;
use std::collections::VecDeque;
use std::ffi::{CStr, OsStr};
use std::path::Path;

/// So many processes for each processor that want to run are a crowd: whoever is started then only makes it larger.
const CROWD: usize = 8;

/// How long a crowd is given to thin out before it is counted again.
const THINNING: Duration = Duration::from_millis(5);

/// How long it may keep us from the next batch. A machine that is always busy must come up too.
const PATIENCE: Duration = Duration::from_millis(50);

/// A listing that leaves so much memory behind that it is worth giving back.
const LARGE: usize = 100;

const CHANGES: Token = Token(0);
const LOG: Token = Token(1);

/// What is watched; the first and the last not always.
static WATCHED: [Signal; 6] = [Signal::PIPE, Signal::CHLD, Signal::TERM, Signal::HUP, Signal::ALRM, Signal::INT];

/// A supervisor of supervisors.
#[derive(Debug)]
struct Tree {
    path: &'static OsStr,
    log: Log,
    reactor: Reactor,
    launcher: Launcher,
    plan: Plan,
    looking: Looking,
    essentials: Essentials,
    stop: Option<Stop>,
    /// Whether TERM stops the services too, and how long that may take.
    grace: Option<Duration>,
    first: bool,
    /// Since when starts that are due wait for a crowd.
    crowded: Option<Moment>,
    /// Memory is to be given back when there is nothing else to do.
    swollen: bool,
}

/// Runs a scan directory.
pub(super) fn run(
    path: &'static OsStr,
    shown: Option<&'static OsStr>,
    sessions: bool,
    grace: Option<Duration>,
) -> Exit {
    let mut log = Log::new(path);
    let first = process::own_id().map(Pid::get) == Some(1);
    let grace = grace.or(first.then_some(GRACE));
    let launcher = match Launcher::new(path, sessions) {
        Ok(launcher) => launcher,
        Err(errno) => {
            log.fatal(&[b"unable to open current directory"], errno);
            return Exit(100);
        }
    };
    if let Some(argument) = shown {
        log.show_in(argument);
    }
    if grace.is_some() && !first {
        if let Err(errno) = family::adopt_orphans() {
            log.warning(&[b"unable to adopt orphans"], errno);
        }
    }
    let mut reactor = match Reactor::new(watched(grace.is_some())) {
        Ok(reactor) => reactor,
        Err(errno) => {
            log.fatal(&[b"unable to watch signals"], errno);
            return Exit::FATAL;
        }
    };
    if let Some(pipe) = log.pipe() {
        if let Err(errno) = reactor.watch(pipe, LOG, Direction::Read) {
            log.warning(&[b"unable to watch log"], errno);
        }
    }
    let looking = Looking::new(path, clock::moment());
    let (plan, essentials) = (Plan::default(), Essentials::default());
    Tree {
        path,
        log,
        reactor,
        launcher,
        plan,
        looking,
        essentials,
        stop: None,
        grace,
        first,
        crowded: None,
        swollen: false,
    }
    .run()
}

/// INT is ours only where it means a stop. PIPE is watched so that a warning that nobody reads does not end us; where
/// it is ignored already it need not be, and stays ignored for the services.
fn watched(stops: bool) -> &'static [Signal] {
    let from = usize::from(family::ignores(Signal::PIPE));
    let to = if stops { WATCHED.len() } else { WATCHED.len() - 1 };
    WATCHED.get(from..to).unwrap_or(&WATCHED)
}

impl Tree {
    fn run(mut self) -> Exit {
        let mut events = Vec::new();
        loop {
            let now = clock::now();
            if let Some(exit) = self.turn(now, &events) {
                return exit;
            }
            if let Err(errno) = self.reactor.wait(clock::moment(), self.deadline(), &mut events) {
                self.log.warning(&[b"unable to wait for changes"], errno);
            }
        }
    }

    fn deadline(&self) -> Option<Moment> {
        let stop = self.stop.as_ref().map(Stop::deadline);
        let work = [self.looking.deadline(), self.plan.deadline(), self.essentials.deadline()];
        let work = if stop.is_some() { [None; 3] } else { work };
        work.into_iter().chain([stop, self.log.deadline()]).flatten().min()
    }

    /// One turn: what happened, then whatever has become due. The exit code when it is over.
    fn turn(&mut self, now: Now, events: &[reactor::Event]) -> Option<Exit> {
        let mut told = Vec::new();
        for event in events {
            match event {
                reactor::Event::Signal(signal) => {
                    if let Some(exit) = self.signal(now, *signal) {
                        return Some(exit);
                    }
                }
                reactor::Event::Ready(LOG) => self.log.read(),
                reactor::Event::Ready(_) => told = self.looking.told(now.moment).others,
            }
        }
        self.log.turn(now.moment);
        if let Some(stop) = &mut self.stop {
            return stop.turn(now.moment, &mut self.log);
        }
        self.look(now);
        let event =
            if self.is_crowded(now.moment) { Event::Crowded { until: now.moment + THINNING } } else { Event::Turn };
        self.tell(now.moment, event);
        let watching = self.looking.watching();
        if let Some(ended) = self.essentials.turn(now.moment, Path::new(self.path), watching, &told) {
            self.essential_ended(now.moment, &ended);
        }
        if self.swollen && self.plan.deadline().is_none() {
            self.swollen = false;
            family::give_memory_back();
        }
        None
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

    fn signal(&mut self, now: Now, signal: Signal) -> Option<Exit> {
        match signal {
            Signal::CHLD => self.reap(now.moment),
            Signal::ALRM if self.stop.is_none() => self.look_at_once(now),
            Signal::TERM if self.grace.is_some() => self.stop(now.moment, Exit::OK),
            Signal::TERM => return Some(Exit::OK),
            Signal::HUP if self.grace.is_some() => self.stop(now.moment, Exit::FATAL),
            Signal::HUP => return Some(self.hang_up()),
            Signal::INT => match &mut self.stop {
                Some(stop) => stop.hurry(now.moment),
                None => self.stop(now.moment, Exit::OK),
            },
            _ => {}
        }
        None
    }

    /// Takes every child that has ended, also those that only came to us when their parents ended.
    fn reap(&mut self, now: Moment) {
        while let Some((pid, _)) = process::reap() {
            if let Some(stop) = &mut self.stop {
                stop.ended(pid);
            }
            self.tell(now, Event::Ended(pid));
        }
    }

    fn look(&mut self, now: Now) {
        let Tree { looking, log, reactor, .. } = self;
        let listing = looking.turn(now, log, |fd| reactor.watch(fd, CHANGES, Direction::Read));
        self.listed(now.moment, listing);
    }

    fn look_at_once(&mut self, now: Now) {
        let Tree { looking, log, reactor, .. } = self;
        let listing = looking.forced(now, log, |fd| reactor.watch(fd, CHANGES, Direction::Read));
        self.listed(now.moment, listing);
    }

    fn listed(&mut self, now: Moment, listing: Option<Listing>) {
        if let Some(listing) = listing {
            self.swollen |= listing.found.len() > LARGE;
            self.tell(now, Event::Listed(listing));
        }
    }

    /// Tells the plan, and does what it says.
    fn tell(&mut self, now: Moment, event: Event) {
        let mut actions = VecDeque::from(self.plan.step(now, event));
        let mut here = Place::Elsewhere;
        while let Some(action) = actions.pop_front() {
            match action {
                Action::Start { id, name } => {
                    if here == Place::Elsewhere {
                        here = self.enter();
                    }
                    let event = self.start(&mut here, id, &name);
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
                use std::os::unix::ffi::OsStrExt;
                self.log.warning(&[b"unable to change directory to ", self.path.as_bytes()], errno);
                Place::Barred
            }
        }
    }

    /// What keeps one from being started keeps the others, and is said once.
    fn start(&mut self, here: &mut Place, id: Id, name: &CStr) -> Event {
        if *here == Place::Barred {
            return Event::NotStarted(id);
        }
        self.essentials.meet(id, name, Path::new(self.path), self.looking.watching());
        match self.launcher.start(name, &self.reactor.masks().service) {
            Ok(started) => {
                if let Some(Failed::Exec(errno) | Failed::Setup(errno) | Failed::Directory(errno)) = started.failed {
                    self.log.fatal(&[b"unable to start runsv ", name.to_bytes()], errno);
                }
                Event::Started { id, pid: started.pid, sound: started.failed.is_none() }
            }
            Err(errno) => {
                self.cannot_fork(name, errno);
                *here = Place::Barred;
                Event::NotStarted(id)
            }
        }
    }

    fn cannot_fork(&mut self, name: &CStr, errno: Errno) {
        self.log.warning(&[b"unable to fork for ", name.to_bytes()], errno);
    }

    fn send_off(&mut self, pid: Pid) {
        if let Some(id) = self.plan.entry_of(pid) {
            self.essentials.forget(id, self.looking.watching());
        }
        let _ = process::send(pid, Signal::TERM); // it may have ended; that it has is about to be heard
    }

    /// runit's way: everybody is told, nobody is waited for.
    fn hang_up(&self) -> Exit {
        for (runsv, _) in self.plan.lives().filter(|(_, leaving)| !leaving) {
            let _ = process::send(runsv.pid, Signal::TERM);
        }
        Exit::FATAL
    }

    fn stop(&mut self, now: Moment, exit: Exit) {
        if self.stop.is_none() {
            self.plan.step(now, Event::Stop);
            let grace = self.grace.unwrap_or(GRACE);
            self.stop = Some(Stop::begin(now, &self.plan, self.path, grace, exit, self.first));
        }
    }

    fn essential_ended(&mut self, now: Moment, ended: &Ended) {
        let how = match ended.how {
            Some(_) => b"".as_slice(),
            None => b" (its supervisor does not tell how)",
        };
        self.log.remark(&[b"essential service ", ended.name.to_bytes(), b" has ended", how, b", stopping all."]);
        self.stop(now, ended.exit());
    }
}

/// Where we are while starting.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    Elsewhere,
    There,
    /// It is no use to try the next.
    Barred,
}
