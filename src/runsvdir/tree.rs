//! Waits, tells the plan what happened, and does what it says.

use super::adopted::Adopted;
use super::doubt::{Asked, CLAIMING, Postponed};
use super::essentials::{Ended, Essentials};
use super::launch::Launcher;
use super::log::Log;
use super::looking::Looking;
use super::stop::{GRACE, Patience, Stop};
use super::succession::{Heritage, Succession};
use crate::exit::{Exit, Pid};
use crate::moment::{Moment, Now};
use crate::scan::plan::{Event, Listing, Plan};
use crate::signal::Signal;
use crate::sys::reactor::{self, Direction, Reactor, Token};
use crate::sys::{clock, family, process};
use core::time::Duration;
use std::ffi::OsStr;
use std::path::Path;

/// A listing that leaves so much memory behind that it is worth giving back.
const LARGE: usize = 100;

const CHANGES: Token = Token(0);
const LOG: Token = Token(1);
pub(super) const ADOPTED: Token = Token(2);

/// What is watched; the first and the last not always.
static WATCHED: [Signal; 7] =
    [Signal::PIPE, Signal::CHLD, Signal::TERM, Signal::HUP, Signal::ALRM, Signal::USR2, Signal::INT];

/// A supervisor of supervisors.
#[derive(Debug)]
pub(super) struct Tree {
    pub(super) path: &'static OsStr,
    pub(super) log: Log,
    pub(super) reactor: Reactor,
    pub(super) launcher: Launcher,
    pub(super) plan: Plan,
    pub(super) looking: Looking,
    pub(super) essentials: Essentials,
    pub(super) adopted: Adopted,
    pub(super) stop: Option<Stop>,
    /// A stop that waits until everybody is known, and until when that is doubtful.
    pub(super) postponed: Option<Postponed>,
    pub(super) doubtful_until: Option<Moment>,
    /// The program in our place is to be replaced.
    pub(super) succession: Option<Succession>,
    /// Whether TERM stops the services too, and how long that may take.
    grace: Option<Duration>,
    pub(super) first: bool,
    /// Since when starts that are due wait for a crowd.
    pub(super) crowded: Option<Moment>,
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
    // Before anything is opened.
    let heritage = Heritage::find(&mut log);
    let first = process::own_id().map(Pid::get) == Some(1);
    let grace = grace.or(first.then_some(GRACE));
    let launcher = match Launcher::new(path, sessions) {
        Ok(launcher) => launcher,
        Err(errno) => {
            log.fatal(&[b"unable to open current directory"], errno);
            return Exit(100);
        }
    };
    let Heritage { left, log: shown_before, mut files } = heritage;
    match (shown, shown_before) {
        (Some(argument), Some((log_before, pipe))) => log.go_on_showing(argument, log_before, pipe),
        (Some(argument), None) => log.show_in(argument),
        (None, _) => {}
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
    let mut tree = Tree {
        path,
        log,
        reactor,
        launcher,
        plan,
        looking,
        essentials,
        adopted: Adopted::default(),
        stop: None,
        postponed: None,
        doubtful_until: (!first).then(|| clock::moment() + CLAIMING), // in front of process 1 there was nobody
        succession: None,
        grace,
        first,
        crowded: None,
        swollen: false,
    };
    if let Some(left) = left {
        tree.inherit(left, &mut files);
    }
    tree.run()
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
            if self.is_to_be_replaced() && self.postponed.is_none() {
                self.hand_over();
            }
            if let Err(errno) = self.reactor.wait(clock::moment(), self.deadline(), &mut events) {
                self.log.warning(&[b"unable to wait for changes"], errno);
            }
        }
    }

    fn deadline(&self) -> Option<Moment> {
        let work = match &self.stop {
            Some(stop) => [stop.deadline(), None, None],
            None => [self.looking.deadline(), self.plan.deadline(), self.essentials.deadline()],
        };
        work.into_iter()
            .chain([
                self.postponed.map(|postponed| postponed.again),
                self.log.deadline(),
                self.adopted.deadline(),
                self.succession.as_ref().and_then(Succession::deadline),
            ])
            .flatten()
            .min()
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
                reactor::Event::Ready(ADOPTED) => {} // looked at below
                reactor::Event::Ready(_) => told = self.looking.told(now.moment).others,
            }
        }
        self.log.turn(now.moment);
        self.succession.iter_mut().for_each(|succession| succession.tick(now.moment));
        if self.adopted.deadline().is_some_and(|due| due <= now.moment)
            || events.contains(&reactor::Event::Ready(ADOPTED))
        {
            self.look_at_adopted(now.moment);
        }
        self.ask_again(now.moment);
        if let Some(stop) = &mut self.stop {
            return stop.turn(now.moment, &self.adopted, &mut self.log);
        }
        self.look(now);
        self.go_on(now.moment);
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

    fn signal(&mut self, now: Now, signal: Signal) -> Option<Exit> {
        match signal {
            Signal::CHLD => self.reap(now.moment),
            Signal::USR2 => self.try_successor(now.moment),
            Signal::ALRM if self.stop.is_none() => self.look_at_once(now),
            Signal::TERM if self.grace.is_some() => self.ask(now.moment, Asked::Stop(Exit::OK)),
            Signal::HUP if self.grace.is_some() => self.ask(now.moment, Asked::Stop(Exit::FATAL)),
            Signal::TERM if !self.is_hanging_up() => return Some(Exit::OK),
            Signal::TERM | Signal::HUP => self.ask(now.moment, Asked::HangUp),
            Signal::INT => match &mut self.stop {
                Some(stop) => stop.hurry(now.moment, &self.adopted),
                None => self.ask(now.moment, Asked::Stop(Exit::OK)),
            },
            _ => {}
        }
        None
    }

    /// Takes every child that has ended, also those that only came to us when their parents ended.
    pub(super) fn reap(&mut self, now: Moment) {
        while let Some((pid, ending)) = process::reap() {
            self.tried(pid, ending);
            self.ended(now, pid);
        }
    }

    /// One may have come to us as a child when its parent ended, and is reaped then.
    pub(super) fn look_at_adopted(&mut self, now: Moment) {
        self.reap(now);
        for pid in self.adopted.ended(now) {
            self.ended(now, pid);
        }
    }

    fn ended(&mut self, now: Moment, pid: Pid) {
        self.adopted.forget(pid, &mut self.reactor);
        if let Some(stop) = &mut self.stop {
            stop.ended(pid, &self.adopted);
        }
        self.tell(now, Event::Ended(pid));
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

    /// runit's way: everybody is told, nobody is waited for, but to tell those that they need; the second time not even
    /// for that.
    pub(super) fn hang_up(&mut self, now: Moment) {
        if let Some(stop) = self.stop.as_mut().filter(|stop| !stop.has_grace()) {
            return stop.hurry(now, &self.adopted);
        }
        self.plan.step(now, Event::Stop);
        self.stop = Some(Stop::hang_up(&self.plan, &self.adopted, self.path));
    }

    fn is_hanging_up(&self) -> bool {
        self.stop.as_ref().is_some_and(|stop| !stop.has_grace())
            || self.postponed.is_some_and(|postponed| postponed.asked == Asked::HangUp)
    }

    pub(super) fn stop(&mut self, now: Moment, exit: Exit) {
        if self.stop.is_none() {
            self.plan.step(now, Event::Stop);
            let grace = self.grace.unwrap_or(GRACE);
            let patience = Patience { now, grace, exit, first: self.first };
            self.stop = Some(Stop::begin(patience, &self.plan, &self.adopted, self.path));
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
