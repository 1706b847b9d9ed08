//! Follows one service: reads its journal when there is something new, and remembers what follows.

use super::call::Call;
use super::may_pass;
use super::options::Setup;
use super::store::Store;
use crate::alert::{Alert, Memory, Rules};
use crate::moment::{Moment, Now};
use crate::service::policy::{self, File, ReadyBy};
use crate::service::word::Word;
use crate::supervise::home::{self, Home, Unknown};
use crate::supervise::reader::Reader;
use crate::supervise::watching::Watching;
use crate::sys::fs::{self, Dir, How, Kind, Replace};
use crate::sys::inotify::{Interest, Watch};
use crate::sys::{Errno, Result, io};
use crate::tai64::Label;
use core::time::Duration;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};

/// A service, and what is remembered of it.
#[derive(Debug)]
pub(super) struct Follower {
    pub(super) memory: Memory,
    pub(super) call: Option<Call>,
    /// No hook is called before then; nothing where it is not known yet which, and when.
    pub(super) hold: Option<Moment>,
    /// It is in the scan directory no longer; what there is to tell is told.
    pub(super) gone: bool,
    /// There may be something new in its journal.
    pub(super) news: bool,
    reader: Reader,
    /// What holds for it, as its files said when its journal was read last; nothing where they could not be read yet.
    rules: Option<Rules>,
    watch: Option<Watched>,
    /// When it has recovered, if nothing happens: by its journal, and by our clock.
    due: Option<(Label, Moment)>,
    /// So many lines were read that a successor would read again.
    unsaved: usize,
    /// What was told or found must be written down, at once or when it is tried again.
    save: Option<Moment>,
}

/// `supervise/` is watched as soon as it is there and the service's; until then a directory above it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Watched {
    Above(Watch),
    Supervise(Watch),
}

/// Where the journal is.
struct Source {
    supervise: PathBuf,
    /// The highest directory in which it may come to be.
    top: PathBuf,
    /// Another service of the same name has the place.
    taken: bool,
}

/// What came of a look.
#[derive(Debug, Default)]
pub(super) struct Found {
    /// How many alerts are new.
    pub(super) fresh: usize,
    /// What was given up for them.
    pub(super) dropped: Vec<Alert>,
    /// Lines that are gone.
    pub(super) missed: u64,
    /// What was watched before, and is not what is to be watched.
    pub(super) stale: Option<Watch>,
}

/// So many lines are read again at most. What they said leads to nothing new; it is only work.
const LINES: usize = 32;

/// How soon to write again what could not be written.
const AGAIN: Duration = Duration::from_secs(5);

/// No file that says how a service is run is larger.
const POLICY: u64 = 64 * 1024;

impl Follower {
    /// Begins where it was left off.
    pub(super) fn new(setup: &Setup, path: &Path, memory: Memory) -> Follower {
        Follower {
            memory,
            call: None,
            hold: None,
            gone: false,
            news: true,
            reader: Reader::default(),
            rules: rules(setup, path).ok(),
            watch: None,
            due: None,
            unsaved: 0,
            save: None,
        }
    }

    /// What it is watched by.
    pub(super) fn watch(&self) -> Option<Watch> {
        self.watch.map(Watched::inner)
    }

    /// Whether what happens to it may go unnoticed.
    pub(super) fn is_blind(&self) -> bool {
        self.watch.is_none() && !self.gone
    }

    /// Watches it, and reads what is new. In this order: what comes in between is told.
    pub(super) fn look(
        &mut self,
        setup: &Setup,
        path: &Path,
        from: Label,
        now: Now,
        watching: &Watching,
    ) -> Result<Found> {
        self.news = false;
        let before = self.watch();
        let source = Source::of(path);
        self.watch = source.as_ref().ok().and_then(|source| source.watch(self.watch, watching));
        let stale = before.filter(|before| Some(*before) != self.watch());
        let nothing = Found { stale, ..Found::default() };
        let supervise = match source {
            Ok(source) if !source.taken => source.supervise,
            Ok(_) | Err(Errno::ENOENT | Errno::ENOTDIR) => return Ok(nothing),
            Err(errno) => return Err(errno),
        };
        let mut cursor = self.memory.cursor;
        let taken = self.reader.read(&supervise, &mut cursor)?;
        if taken.lines.is_empty() && self.rules.is_some() {
            return Ok(nothing);
        }
        // Where it is not known what holds, nobody can say what the lines mean: they are read again then.
        let rules = &*self.rules.insert(rules(setup, path)?);
        self.memory.cursor = cursor;
        self.unsaved += taken.lines.len();
        let (fresh, dropped) = self.memory.read(&taken.lines, from, now.label, rules);
        self.found(fresh, now.moment);
        Ok(Found { fresh, dropped, missed: taken.missed, stale })
    }

    /// What follows from the time alone.
    pub(super) fn lapse(&mut self, now: Now) -> Found {
        // Of one that is gone we hear no more.
        let known = self.rules.as_ref().filter(|_| !self.gone);
        let Some((rules, label)) = known.and_then(|rules| Some((rules, self.memory.judge.due(rules)?))) else {
            self.due = None;
            return Found::default();
        };
        let moment = match self.due {
            Some((known, moment)) if known == label => moment,
            // By the clock that somebody may have set; it is never longer than it takes.
            _ => {
                let longest = rules.well.max(rules.flaps.within);
                now.moment + between(now.label, label).min(longest)
            }
        };
        self.due = Some((label, moment));
        if moment > now.moment {
            return Found::default();
        }
        let (fresh, dropped) = self.memory.lapse(label.max(now.label), rules);
        self.found(fresh, now.moment);
        self.due = None;
        Found { fresh, dropped, ..Found::default() }
    }

    fn found(&mut self, fresh: usize, now: Moment) {
        if fresh > 0 {
            self.hold = None;
            self.must_save(now);
        }
    }

    /// What is remembered has changed in a way that nobody could find out again.
    pub(super) fn must_save(&mut self, now: Moment) {
        self.save = Some(now); // also where it could not be written a moment ago: it may be possible now
    }

    /// Writes it down if it is time, or at the end; whether it was.
    pub(super) fn save(
        &mut self,
        store: &Store,
        name: &OsStr,
        now: Moment,
        end: bool,
    ) -> core::result::Result<bool, Replace> {
        let due = self.save.is_some_and(|due| due <= now) || (self.unsaved >= LINES && self.save.is_none());
        if !due && !(end && (self.unsaved > 0 || self.save.is_some())) {
            return Ok(false);
        }
        let answer = store.save(name, &self.memory);
        self.save = answer.is_err().then(|| now + AGAIN);
        self.unsaved = 0;
        answer.map(|()| true)
    }

    /// When something is due.
    pub(super) fn deadline(&self, leaving: bool) -> Option<Moment> {
        let call = self.call.as_ref().and_then(Call::deadline);
        let hold = self.hold.filter(|_| self.call.is_none() && !leaving);
        [call, hold, self.due.map(|(_, moment)| moment), self.save].into_iter().flatten().min()
    }
}

impl Source {
    /// That of the service in this directory.
    fn of(path: &Path) -> Result<Source> {
        let home = Home::find(home::top().as_deref(), path).map_err(|unknown| match unknown {
            Unknown::Relative => Errno::EINVAL, // said when we were started
            Unknown::Path(errno) => errno,
        })?;
        let (top, taken) = match &home {
            Home::Own => (path.to_owned(), false),
            Home::Away(away) => (away.top().to_owned(), away.is_taken()),
        };
        Ok(Source { supervise: path.join(home.supervise()), top, taken })
    }

    /// Watches it; where changes may go unnoticed there is no watch. What is known to tell of changes is not asked.
    fn watch(&self, known: Option<Watched>, watching: &Watching) -> Option<Watched> {
        let found = match self.taken {
            true => self.watch_above(&self.supervise, watching),
            false => self.watch_near(&self.supervise, watching),
        };
        let tells = |place: &Path| Dir::open(place).is_ok_and(|dir| fs::tells_changes(&dir));
        let (found, place) = found.ok()?;
        (known == Some(found) || tells(place)).then_some(found)
    }

    /// A directory, or the nearest above it.
    fn watch_near<'a>(&self, place: &'a Path, watching: &Watching) -> Result<(Watched, &'a Path)> {
        let add = || match place == self.supervise {
            true => watching.add(place, Interest::Written).map(|watch| (Watched::Supervise(watch), place)),
            false => watching.add(place, Interest::Names).map(|watch| (Watched::Above(watch), place)),
        };
        add().or_else(|errno| match errno {
            Errno::ENOENT | Errno::ENOTDIR if place != self.top => {
                let above = self.watch_above(place, watching);
                add().or(above) // it may be there by now
            }
            errno => Err(errno),
        })
    }

    fn watch_above<'a>(&self, place: &'a Path, watching: &Watching) -> Result<(Watched, &'a Path)> {
        self.watch_near(place.parent().ok_or(Errno::ENOENT)?, watching)
    }
}

impl Watched {
    fn inner(self) -> Watch {
        match self {
            Watched::Above(watch) | Watched::Supervise(watch) => watch,
        }
    }
}

/// How long after the first the second is.
fn between(first: Label, second: Label) -> Duration {
    let seconds = u64::try_from(second.unix.saturating_sub(first.unix)).unwrap_or(0);
    match second > first {
        true => (Duration::from_secs(seconds) + Duration::from_nanos(second.nanos.into()))
            .saturating_sub(Duration::from_nanos(first.nanos.into())),
        false => Duration::ZERO,
    }
}

/// What its files say of what matters here. What is wrong in them is runsv's to tell; an error where it may be known
/// later.
fn rules(setup: &Setup, path: &Path) -> Result<Rules> {
    let dir = known(Dir::reach(path))?;
    let mut failed = None;
    let mut open = |file: File| {
        known(content(dir.as_ref()?, file)).unwrap_or_else(|errno| {
            failed = Some(errno);
            None
        })
    };
    let mut reader = policy::Reader::new(&mut open);
    let (restart, ready) = (reader.restart(), reader.ready());
    match failed {
        Some(errno) => Err(errno),
        None => Ok(Rules { flaps: setup.flaps, well: setup.well, tells_ready: ready.by != ReadyBy::Up, restart }),
    }
}

/// What there is; nothing where there is none that could be read, and an error where that may pass.
fn known<T>(answer: Result<T>) -> Result<Option<T>> {
    match answer {
        Ok(found) => Ok(Some(found)),
        Err(errno) if may_pass(errno) => Err(errno),
        Err(_) => Ok(None),
    }
}

fn content(dir: &Dir, file: File) -> Result<Vec<u8>> {
    let file = dir.file(file.word(), How::Read)?;
    let facts = fs::facts(&file)?;
    match facts.kind == Kind::File && facts.size <= POLICY {
        true => io::read_all(file),
        false => Err(Errno::EINVAL),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn from_one_label_to_the_next() {
        let label = |unix, nanos| Label { unix, nanos };
        assert_eq!(between(label(5, 900_000_000), label(7, 100_000_000)), Duration::from_millis(1200));
        assert_eq!(between(label(7, 0), label(5, 0)), Duration::ZERO);
        assert_eq!(between(label(i64::MIN, 0), label(i64::MAX, 0)), Duration::from_secs(i64::MAX as u64));
    }
}
