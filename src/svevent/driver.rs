//! Waits, reads what is new, calls whom it is to be told, and remembers it.

use super::call::Call;
use super::follower::{Follower, Found};
use super::may_pass;
use super::options::Setup;
use super::store::Store;
use crate::alert::Memory;
use crate::cli::message::{Pieces, Voice};
use crate::exit::Exit;
use crate::moment::{Moment, Now};
use crate::service::word::Word;
use crate::signal::Signal;
use crate::supervise::is_service;
use crate::supervise::watching::Watching;
use crate::sys::errno::Reason;
use crate::sys::fs::{Dir, Kind, Replace};
use crate::sys::inotify::Watch;
use crate::sys::reactor::{self, Direction, Reactor, Token};
use crate::sys::{Errno, Result, clock};
use crate::tai64::Label;
use core::time::Duration;
use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::OsStrExt;

const WATCHED: &[Signal] = &[Signal::CHLD, Signal::TERM, Signal::INT, Signal::HUP];

const CHANGES: Token = Token(0);

/// How often to look where nobody tells of changes, and how soon to try again what has failed.
pub(super) const POLL: Duration = Duration::from_secs(5);

/// How long hooks have that run when we are told to end.
const GRACE: Duration = Duration::from_secs(5);

/// The time that reading a large scan directory leaves to others, in looks, and at most.
const REST: (u32, Duration) = (9, Duration::from_secs(10));

/// Who tells people.
#[derive(Debug)]
pub(super) struct Driver {
    pub(super) setup: Setup,
    pub(super) voice: Voice,
    store: Store,
    pub(super) reactor: Reactor,
    watching: Watching,
    pub(super) services: BTreeMap<OsString, Follower>,
    /// What was before is history.
    from: Label,
    /// When to read the scan directory, if that is owed.
    owed: Option<Moment>,
    /// Not before then.
    rest: Moment,
    /// When to look without being told.
    poll: Option<Moment>,
    /// What was complained of, and is still so.
    complaints: BTreeSet<Vec<u8>>,
    /// Whose hook was started last: the next is whose name follows.
    pub(super) last: OsString,
    /// Until when those may run that run. No others are started.
    pub(super) leaving: Option<Moment>,
}

/// Follows a scan directory until told to end.
pub(super) fn run(setup: Setup, voice: Voice, store: Store) -> Exit {
    let reactor = match Reactor::new(WATCHED) {
        Ok(reactor) => reactor,
        Err(errno) => {
            voice.fatal(&[b"unable to watch signals"], errno);
            return Exit::FATAL;
        }
    };
    let now = clock::now();
    let (from, noted) = match store.since(now.label) {
        Ok(since) => since,
        Err(errno) => {
            voice.fatal(&[b"unable to read .since in ", setup.state.as_os_str().as_bytes()], errno);
            return Exit::FATAL;
        }
    };
    let mut driver = Driver {
        setup,
        voice,
        store,
        reactor,
        watching: Watching::default(),
        services: BTreeMap::new(),
        from,
        owed: Some(now.moment),
        rest: now.moment,
        poll: None,
        complaints: BTreeSet::new(),
        last: OsString::new(),
        leaving: None,
    };
    driver.saved(OsStr::new(".since"), noted);
    driver.run()
}

impl Driver {
    fn run(&mut self) -> Exit {
        let mut events = Vec::new();
        loop {
            let now = clock::now();
            if self.turn(now, &events) {
                return Exit::OK;
            }
            if let Err(errno) = self.reactor.wait(clock::moment(), self.deadline(), &mut events) {
                self.voice.warning(&[b"unable to wait for changes"], errno);
            }
        }
    }

    /// One turn: what happened, then whatever has become due. Whether it is over.
    fn turn(&mut self, now: Now, events: &[reactor::Event]) -> bool {
        for event in events {
            match event {
                reactor::Event::Signal(Signal::CHLD) => self.reap(now.moment),
                reactor::Event::Signal(Signal::HUP) => self.hurry(now.moment),
                reactor::Event::Signal(_) => self.leave(now.moment),
                reactor::Event::Ready(_) => self.told(now.moment),
            }
        }
        if self.poll.is_some_and(|due| due <= now.moment) {
            self.poll = None;
            self.owed = Some(now.moment);
        }
        if self.owed.is_some_and(|owed| owed.max(self.rest) <= now.moment) {
            self.scan(now);
        }
        self.look(now);
        self.late(now.moment);
        self.save(now.moment, false);
        self.call(now.moment);
        self.save(now.moment, false);
        self.services
            .retain(|_, follower| !(follower.gone && follower.memory.outbox.is_empty() && follower.call.is_none()));
        let blind = self.watching.is_blind() || self.services.values().any(Follower::is_blind);
        if blind && self.poll.is_none() {
            self.poll = Some(now.moment + POLL);
        }
        self.is_over(now.moment)
    }

    fn deadline(&self) -> Option<Moment> {
        let services = self.services.values().filter_map(|follower| follower.deadline(self.leaving.is_some()));
        let owed = self.owed.map(|owed| owed.max(self.rest));
        services.chain([owed, self.poll, self.leaving].into_iter().flatten()).min()
    }

    /// Goes by what the kernel tells.
    fn told(&mut self, now: Moment) {
        let told = self.watching.drain();
        if told.scan {
            self.owed = Some(now);
        }
        let others: HashSet<Watch> = told.others.into_iter().collect();
        for follower in self.services.values_mut() {
            follower.news |= follower.watch().is_some_and(|watch| others.contains(&watch));
        }
    }

    /// Somebody asks to look at everything, and to try again at once what has failed.
    fn hurry(&mut self, now: Moment) {
        (self.owed, self.rest) = (Some(now), now);
        for follower in self.services.values_mut() {
            follower.memory.outbox.hurry();
            follower.hold = None;
        }
    }

    fn leave(&mut self, now: Moment) {
        // Asked again, it is meant at once.
        self.leaving = Some(if self.leaving.is_some() { now } else { now + GRACE });
    }

    /// Whether it is over: whoever still runs then is told to end, and is called again by our successor.
    fn is_over(&mut self, now: Moment) -> bool {
        let Some(until) = self.leaving else { return false };
        let calls = self.services.values_mut().filter_map(|follower| follower.call.as_mut());
        let running: Vec<&mut Call> = calls.collect();
        if !running.is_empty() && until > now {
            return false;
        }
        running.into_iter().for_each(|call| call.end(now));
        self.save(now, true);
        true
    }

    /// Finds out which services there are, and takes a look at each.
    fn scan(&mut self, now: Now) {
        let Driver { watching, reactor, setup, .. } = self;
        // Watched before it is read: what changes in between is told, and read again.
        watching.follow(&setup.scan, |fd| reactor.watch(fd, CHANGES, Direction::Read));
        match names(&self.setup.scan) {
            Ok(names) => {
                self.owed = None;
                self.settle(b"the scan directory");
                self.list(names);
            }
            Err((what, errno)) => {
                self.owed = Some(now.moment + POLL);
                let scan = self.setup.scan.clone();
                self.complain(b"the scan directory", &[what.as_bytes(), b" ", scan.as_os_str().as_bytes()], errno);
            }
        }
        self.services.values_mut().filter(|follower| !follower.gone).for_each(|follower| follower.news = true);
        let after = clock::moment();
        self.rest = after + after.since(now.moment).saturating_mul(REST.0).min(REST.1);
    }

    fn list(&mut self, names: BTreeSet<OsString>) {
        let mut left = Vec::new();
        for (name, follower) in &mut self.services {
            let gone = !names.contains(name);
            if gone && !follower.gone {
                left.extend(follower.watch());
            }
            follower.gone = gone;
        }
        left.into_iter().for_each(|watch| self.forget(watch));
        for name in names {
            if self.services.contains_key(&name) {
                continue;
            }
            match self.load(&name) {
                Ok(memory) => {
                    let follower = Follower::new(&self.setup, &self.setup.scan.join(&name), memory);
                    self.services.insert(name, follower);
                }
                Err(errno) => {
                    self.owed = Some(clock::moment() + POLL);
                    self.complain(b"states", &[b"unable to read state of ", name.as_bytes()], errno);
                }
            }
        }
    }

    /// What was remembered of a service; an error where it may be known later. To begin anew would be to tell again what
    /// was told.
    fn load(&mut self, name: &OsStr) -> Result<Memory> {
        let (memory, broken) = match self.store.load(name) {
            Ok(found) => found,
            Err(errno) if may_pass(errno) => return Err(errno),
            Err(errno) => {
                self.voice.warning(&[b"unable to read state of ", name.as_bytes()], errno);
                (None, None)
            }
        };
        self.settle(b"states");
        if let Some(broken) = broken {
            let line = broken.line.to_string();
            let what: Pieces<'_> =
                &[b"state of ", name.as_bytes(), b": line ", line.as_bytes(), b": ", &broken.word, b": makes no sense"];
            self.voice.remark(what);
        }
        Ok(memory.unwrap_or_default())
    }

    /// Reads the journals in which there may be something new, and sees to what is due.
    fn look(&mut self, now: Now) {
        let Driver { services, setup, watching, from, .. } = self;
        let mut read = Vec::new();
        for (name, follower) in services.iter_mut().filter(|(_, follower)| follower.news && !follower.gone) {
            let found = follower.look(setup, &setup.scan.join(name), *from, now, watching);
            read.push((name.clone(), found));
        }
        let lapsed: Vec<_> = services.iter_mut().map(|(name, follower)| (name.clone(), follower.lapse(now))).collect();
        for (name, found) in read {
            self.looked(&name, found);
        }
        lapsed.into_iter().for_each(|(name, found)| self.report(&name, found));
    }

    fn looked(&mut self, name: &OsStr, found: Result<Found>) {
        let about = [b"the journal of ", name.as_bytes()].concat();
        match found {
            Ok(found) => {
                self.settle(&about);
                found.stale.into_iter().for_each(|watch| self.forget(watch));
                self.report(name, found);
            }
            Err(errno) => {
                self.poll = self.poll.or(Some(clock::moment() + POLL));
                self.complain(&about, &[b"unable to read ", &about], errno);
            }
        }
    }

    /// Says what a look has found, where it must be said.
    fn report(&self, name: &OsStr, Found { fresh, dropped, missed, .. }: Found) {
        if missed > 0 {
            let missed = missed.to_string();
            self.voice.remark(&[name.as_bytes(), b": lines of its journal that are gone: ", missed.as_bytes()]);
        }
        for alert in dropped {
            let number = alert.sequence.to_string();
            let what = [alert.kind.word().as_bytes(), b" ", number.as_bytes()].concat();
            self.voice.remark(&[name.as_bytes(), b": too much waits to be told, dropped: ", &what]);
        }
        if fresh > 0 && self.setup.verbose {
            self.announce(name, fresh);
        }
    }

    /// Two names may be one directory, which has one watch.
    fn forget(&self, watch: Watch) {
        if !self.services.values().any(|follower| !follower.gone && follower.watch() == Some(watch)) {
            self.watching.remove(watch);
        }
    }

    fn announce(&self, name: &OsStr, fresh: usize) {
        let Some(follower) = self.services.get(name) else { return };
        for alert in follower.memory.outbox.latest(fresh) {
            let number = alert.sequence.to_string();
            let sentence = alert.sentence();
            self.voice.say(&[b"info: ", name.as_bytes(), b" ", sentence.as_bytes(), b" (", number.as_bytes(), b")"]);
        }
    }

    fn save(&mut self, now: Moment, end: bool) {
        let Driver { services, store, .. } = self;
        let mut answers = Vec::new();
        for (name, follower) in services {
            match follower.save(store, name, now, end) {
                Ok(false) => {}
                answer => answers.push((name.clone(), answer.map(drop))),
            }
        }
        answers.into_iter().for_each(|(name, answer)| self.saved(&name, answer));
    }

    fn saved(&mut self, name: &OsStr, answer: core::result::Result<(), Replace>) {
        let about = [b"state of ", name.as_bytes()].concat();
        let (what, errno) = match answer {
            Ok(()) => return self.settle(&about),
            Err(Replace::Open(errno)) => ("unable to open ", errno),
            Err(Replace::Write(errno)) => ("unable to write ", errno),
            Err(Replace::Partial) => ("unable to write ", Errno::ENOSPC),
            Err(Replace::Rename(errno)) => ("unable to rename ", errno),
        };
        self.complain(&about, &[what.as_bytes(), &about], errno);
    }

    /// Says what is wrong, once for as long as it is.
    pub(super) fn complain(&mut self, about: &[u8], what: Pieces<'_>, errno: Errno) {
        let complaint = [about, b": ", errno.reason().as_bytes()].concat();
        if self.complaints.insert(complaint) {
            self.voice.warning(what, errno);
        }
    }

    pub(super) fn settle(&mut self, about: &[u8]) {
        if self.complaints.is_empty() {
            return;
        }
        let about = [about, b": "].concat();
        self.complaints.retain(|complaint| !complaint.starts_with(&about));
    }
}

/// The services of a scan directory.
fn names(scan: &std::path::Path) -> core::result::Result<BTreeSet<OsString>, (&'static str, Errno)> {
    let dir = Dir::open(scan).map_err(|errno| ("unable to open directory", errno))?;
    let names = dir.names().map_err(|errno| ("unable to read directory", errno))?;
    let mut services = BTreeSet::new();
    for name in names.into_iter().filter(|name| is_service(&dir, name)) {
        match dir.facts(&name) {
            Ok(facts) if facts.kind == Kind::Directory => drop(services.insert(name)),
            Err(errno) if may_pass(errno) => return Err(("unable to look at what is in directory", errno)),
            _ => {}
        }
    }
    Ok(services)
}
