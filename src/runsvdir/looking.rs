//! Looks into the scan directory: when it is told to, when something may have changed, and where nobody tells of
//! changes every few seconds. A large directory costs a while to read; the next look waits nine times as long, so that
//! a script that makes a thousand links does not keep a processor busy with looking.

use super::log::Log;
use crate::moment::{Moment, Now};
use crate::scan::plan::{Found, Listing};
use crate::supervise::is_service;
use crate::supervise::watching::{Told, Watching};
use crate::sys::fs::{Dir, Facts, How, Kind};
use crate::sys::{Errno, clock, io};
use core::time::Duration;
use std::collections::BTreeSet;
use std::ffi::{CString, OsStr, OsString};
use std::os::fd::BorrowedFd;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::Path;

/// How often to look where nobody tells of changes.
const POLL: Duration = Duration::from_secs(5);

/// How long after a failed look the next one comes, at first; then twice as long each time, up to `POLL`.
const RETRY: Duration = Duration::from_secs(1);

/// A complaint that stays true is repeated after twice the time, until it is a minute.
const CALM: Duration = Duration::from_secs(64);

/// The time that looking leaves to others, in looks.
const REST: u32 = 9;

/// The longest rest. A look that took long may have waited for a disk, or the machine slept in the middle of it.
const LONGEST_REST: Duration = Duration::from_secs(10);

/// A directory that was made in place and changed less than so long ago is still being filled.
const SETTLED: Duration = Duration::from_secs(1);

/// Written after a look that ALRM asked for.
const FORCED: &str = ".forced-rescan";

/// Who looks.
#[derive(Debug)]
pub(super) struct Looking {
    path: &'static OsStr,
    watching: Watching,
    /// When to look next, if anything is owed.
    owed: Option<Moment>,
    /// No look before then.
    rest: Moment,
    /// When to find out whether a look is owed, where nobody tells.
    poll: Option<Moment>,
    seen: Option<Facts>,
    /// Names that lead nowhere. Each was complained of.
    dangling: BTreeSet<OsString>,
    complaint: Option<Complaint>,
}

/// The last look failed, and so may the next ones.
#[derive(Debug)]
struct Complaint {
    retry: Duration,
    pause: Duration,
    again: Moment,
}

impl Looking {
    /// The first look is owed.
    pub(super) fn new(path: &'static OsStr, now: Moment) -> Looking {
        Looking {
            path,
            watching: Watching::default(),
            owed: Some(now),
            rest: now,
            poll: None,
            seen: None,
            dangling: BTreeSet::new(),
            complaint: None,
        }
    }

    /// When to turn next.
    pub(super) fn deadline(&self) -> Option<Moment> {
        match self.owed {
            Some(owed) => Some(owed.max(self.rest)),
            None => self.poll,
        }
    }

    /// What other directories are watched by.
    pub(super) fn watching(&self) -> &Watching {
        &self.watching
    }

    /// Goes by what the kernel tells; returns it for others.
    pub(super) fn told(&mut self, now: Moment) -> Told {
        let told = self.watching.drain();
        if told.scan {
            self.owe(now);
        }
        told
    }

    fn owe(&mut self, now: Moment) {
        self.owed = Some(self.owed.map_or(now, |owed| owed.min(now)));
    }

    /// Looks at once, because somebody asks, and leaves a note that it was done.
    pub(super) fn forced(
        &mut self,
        now: Now,
        log: &mut Log,
        wait: impl FnMut(BorrowedFd<'_>) -> Result<(), Errno>,
    ) -> Option<Listing> {
        self.owed = Some(now.moment);
        self.rest = now.moment;
        let listing = self.turn(now, log, wait);
        let note = || {
            let file = Dir::open(self.path)?.file(FORCED, How::Truncate)?;
            io::write_all(&file, &now.label.text())
        };
        if let Err(errno) = note() {
            log.warning(&[b"unable to write ", FORCED.as_bytes()], errno);
        }
        listing
    }

    /// Looks if it is time. `wait` is handed a new descriptor to wait for.
    pub(super) fn turn(
        &mut self,
        now: Now,
        log: &mut Log,
        wait: impl FnMut(BorrowedFd<'_>) -> Result<(), Errno>,
    ) -> Option<Listing> {
        if self.poll.is_some_and(|due| due <= now.moment) && self.owed.is_none() {
            self.poll = Some(now.moment + POLL);
            if self.has_changed() {
                self.owe(now.moment);
            }
        }
        if self.owed.is_none_or(|owed| owed.max(self.rest) > now.moment) {
            return None;
        }
        let listing = self.look(now, log, wait);
        let after = clock::moment();
        self.rest = after + after.since(now.moment).saturating_mul(REST).min(LONGEST_REST);
        self.poll = (self.watching.is_blind() || !self.dangling.is_empty()).then_some(after + POLL);
        listing
    }

    /// What runit looks at, and whether a link that led nowhere leads somewhere.
    fn has_changed(&self) -> bool {
        let Ok(here) = Dir::current() else { return false };
        let facts = here.facts(self.path).ok();
        let mark = |facts: Facts| (facts.id, facts.modified);
        facts.map(mark) != self.seen.map(mark)
            || self.dangling.iter().any(|name| here.facts(Path::new(self.path).join(name)).is_ok())
    }

    fn look(
        &mut self,
        now: Now,
        log: &mut Log,
        wait: impl FnMut(BorrowedFd<'_>) -> Result<(), Errno>,
    ) -> Option<Listing> {
        // Watched before it is read: what changes in between is told, and read again.
        self.watching.follow(Path::new(self.path), wait);
        match self.read(now, log) {
            Ok(listing) => {
                self.owed = None;
                self.complaint = None;
                Some(listing)
            }
            Err((what, errno)) => {
                self.failed(now.moment, log, what, errno);
                None
            }
        }
    }

    fn failed(&mut self, now: Moment, log: &mut Log, what: &[u8], errno: Errno) {
        let complaint = self.complaint.get_or_insert(Complaint { retry: RETRY, pause: RETRY, again: now });
        self.owed = Some(now + complaint.retry);
        complaint.retry = (complaint.retry * 2).min(POLL);
        if complaint.again <= now {
            complaint.again = now + complaint.pause;
            complaint.pause = (complaint.pause * 2).min(CALM);
            log.warning(&[what, self.path.as_bytes()], errno);
        }
    }

    fn read(&mut self, now: Now, log: &mut Log) -> Result<Listing, (&'static [u8], Errno)> {
        let here = Dir::current().map_err(|errno| (&b"unable to open current directory for "[..], errno))?;
        let facts = here.facts(self.path).map_err(|errno| (&b"unable to stat "[..], errno))?;
        let dir = Dir::open(self.path).map_err(|errno| match errno {
            Errno::ENOTDIR => (&b"unable to change directory to "[..], errno),
            _ => (&b"unable to open directory "[..], errno),
        })?;
        let mut names = dir.names().map_err(|errno| (&b"unable to read directory "[..], errno))?;
        // A directory that changed a moment ago may change again and bear the same stamp.
        self.seen = Some(facts).filter(|facts| settled(now, facts) == now.moment);
        names.retain(|name| is_service(&dir, name));
        names.sort();
        let mut listing = Listing::default();
        let before = core::mem::take(&mut self.dangling);
        for name in names {
            self.sort_in(&dir, name, now, &before, &mut listing, log);
        }
        Ok(listing)
    }

    fn sort_in(
        &mut self,
        dir: &Dir,
        name: OsString,
        now: Now,
        before: &BTreeSet<OsString>,
        listing: &mut Listing,
        log: &mut Log,
    ) {
        match entry(dir, &name) {
            Ok(None) => {}
            Ok(Some((facts, link))) => {
                let not_before = if link { now.moment } else { settled(now, &facts) };
                listing.found.extend(text(name).map(|name| Found { name, id: facts.id, not_before }));
            }
            Err(errno) => {
                if !before.contains(&name) {
                    log.warning(&[b"unable to stat ", name.as_bytes()], errno);
                }
                if !matches!(errno, Errno::ENOENT | Errno::ENOTDIR | Errno::ELOOP) {
                    listing.unsure.extend(text(name.clone()));
                }
                self.dangling.insert(name);
            }
        }
    }
}

/// A name as it is handed on; no file has a NUL in its name.
fn text(name: OsString) -> Option<CString> {
    CString::new(name.into_vec()).ok()
}

/// The directory that a name leads to, if it is one, and whether by a link. A name that went since it was read is none.
fn entry(dir: &Dir, name: &OsStr) -> Result<Option<(Facts, bool)>, Errno> {
    let gone = |errno: &Errno| *errno == Errno::ENOENT && dir.facts_of_link(name) == Err(Errno::ENOENT);
    let look = || {
        let facts = dir.facts_of_link(name)?;
        Ok(if facts.kind == Kind::Other { (dir.facts(name)?, true) } else { (facts, false) })
    };
    match look() {
        Err(errno) if gone(&errno) => Ok(None),
        answer => answer.map(|found| Some(found).filter(|(facts, _)| facts.kind == Kind::Directory)),
    }
}

/// When nothing will have changed in a directory for a second. It is by the wall clock that files are stamped; a stamp
/// of the future says nothing.
fn settled(now: Now, facts: &Facts) -> Moment {
    let nanos = |seconds: i64, nanos: i64| i128::from(seconds) * 1_000_000_000 + i128::from(nanos);
    let age = nanos(now.label.unix, now.label.nanos.into()) - nanos(facts.modified.0, facts.modified.1);
    match u64::try_from(age) {
        Ok(age) => now.moment + SETTLED.saturating_sub(Duration::from_nanos(age)),
        Err(_) => now.moment,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tai64::Label;

    #[test]
    fn a_directory_in_the_making_settles() {
        let now = Now { moment: Moment(Duration::from_secs(50)), label: Label { unix: 1000, nanos: 250_000_000 } };
        let facts = |seconds, nanos| Facts {
            kind: Kind::Directory,
            mode: 0,
            size: 0,
            id: (1, 1),
            modified: (seconds, nanos),
            owner: (0, 0),
        };
        let wait = |seconds, nanos| settled(now, &facts(seconds, nanos)).since(now.moment);
        assert_eq!(wait(1000, 0), Duration::from_millis(750));
        assert_eq!(wait(999, 250_000_000), Duration::ZERO);
        assert_eq!(wait(10, 0), Duration::ZERO);
        assert_eq!(wait(1001, 0), Duration::ZERO, "the clock was set back");
    }
}
