//! Keeps an eye on the services whose end is the end of the whole tree: those with a file `essential`. Their status is
//! read when it changes; where nobody tells of changes, every few seconds.

use crate::exit::{Ending, Exit};
use crate::moment::Moment;
use crate::scan::essential::Essential;
use crate::scan::handover;
use crate::scan::plan::Id;
use crate::service::record::Record;
use crate::service::status::Status;
use crate::supervise::STATUS;
use crate::supervise::home::{self, Home};
use crate::supervise::watching::Watching;
use crate::sys::fs::{Dir, How};
use crate::sys::handover::Outgoing;
use crate::sys::inotify::{Interest, Watch};
use crate::sys::io;
use core::time::Duration;
use std::collections::BTreeMap;
use std::ffi::{CStr, CString, OsStr};
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

/// Its presence makes a service essential.
const ESSENTIAL: &str = "essential";

/// How often to look where nobody tells of changes.
const POLL: Duration = Duration::from_secs(5);

/// More than any status.
const STATUS_ROOM: usize = 256;

/// The essential services.
#[derive(Debug, Default)]
pub(super) struct Essentials {
    known: BTreeMap<Id, Known>,
    poll: Option<Moment>,
}

#[derive(Debug)]
struct Known {
    name: CString,
    dir: Dir,
    home: Home,
    seen: Essential,
    /// What was left of a supervisor before ours: the starts of which it tells are none of this tree.
    left: Option<Vec<u8>>,
    watch: Option<Watched>,
    /// Nothing may be told of what happened before it was watched.
    fresh: bool,
}

/// `supervise/` is watched as soon as there is one; until then the service directory is.
#[derive(Clone, Copy, Debug)]
enum Watched {
    Service(Watch),
    Supervise(Watch),
}

/// An essential service that has ended for good.
#[derive(Debug)]
pub(super) struct Ended {
    pub(super) name: CString,
    /// How, where its supervisor tells.
    pub(super) how: Option<Ending>,
}

impl Ended {
    /// What the tree exits with.
    pub(super) fn exit(&self) -> Exit {
        self.how.map_or(Exit::FATAL, exit_of)
    }
}

/// The exit code for the way a process ended, as shells have it.
pub(super) fn exit_of(ending: Ending) -> Exit {
    match ending {
        Ending::Exited(code) => Exit(code),
        Ending::Killed { by, .. } => Exit(by.number().saturating_add(128)),
        Ending::Unknown => Exit::FATAL,
    }
}

impl Essentials {
    /// What is known of them, for the program that takes our place.
    pub(super) fn hand_over(&self, outgoing: &mut Outgoing) -> Vec<handover::Known> {
        let mut one = |(id, known): (&Id, &Known)| handover::Known {
            id: *id,
            name: known.name.clone(),
            directory: outgoing.keep(&known.dir),
            seen: known.seen,
            left: known.left.clone(),
        };
        self.known.iter().map(&mut one).collect()
    }

    /// What was handed over, each with its directory. They are looked at in the first turn.
    pub(super) fn inherit(known: Vec<(handover::Known, Dir)>) -> Essentials {
        let one = |(known, dir): (handover::Known, Dir)| {
            let name = Path::new(OsStr::from_bytes(known.name.to_bytes()));
            let home = Home::find(home::top().as_deref(), name).unwrap_or(Home::Own);
            let handover::Known { id, name, seen, left, .. } = known;
            (id, Known { name, dir, home, seen, left, watch: None, fresh: true })
        };
        Essentials { known: known.into_iter().map(one).collect(), poll: None }
    }

    /// A `runsv` is about to be started for this entry of the current directory, which is `path`.
    pub(super) fn meet(&mut self, id: Id, name: &CStr, path: &Path, watching: &Watching) {
        let name_text = OsStr::from_bytes(name.to_bytes());
        let dir = match Dir::reach(name_text) {
            Ok(dir) if dir.facts(ESSENTIAL).is_ok() => dir,
            _ => return self.forget(id, watching),
        };
        // What cannot be told here `runsv` cannot tell either, and says so.
        let home = Home::find(home::top().as_deref(), Path::new(name_text)).unwrap_or(Home::Own);
        // It must be there to be watched; `runsv` makes it too, and says why if it cannot.
        let _ = home.make();
        let known = self.known.entry(id).or_insert_with(|| Known {
            name: name.to_owned(),
            left: status_in(&dir, &home),
            dir,
            home: home.clone(),
            seen: Essential::default(),
            watch: None,
            fresh: true,
        });
        known.name = name.to_owned();
        known.home = home;
        known.watch(path, watching);
    }

    /// An entry is gone, and with it its being essential.
    pub(super) fn forget(&mut self, id: Id, watching: &Watching) {
        if let Some(Known { watch: Some(Watched::Service(watch) | Watched::Supervise(watch)), .. }) =
            self.known.remove(&id)
        {
            watching.remove(watch);
        }
    }

    /// When to look without being told.
    pub(super) fn deadline(&self) -> Option<Moment> {
        self.poll
    }

    /// Looks at those of whom something was told, or at all if it is time.
    pub(super) fn turn(&mut self, now: Moment, path: &Path, watching: &Watching, told: &[Watch]) -> Option<Ended> {
        let due = self.poll.is_some_and(|due| due <= now);
        let mut ended = None;
        for known in self.known.values_mut() {
            let unwatched = !matches!(known.watch, Some(Watched::Supervise(_)));
            if unwatched {
                known.watch(path, watching);
            }
            if unwatched
                || due
                || core::mem::take(&mut known.fresh)
                || known.watch.is_some_and(|watch| told.contains(&watch.inner()))
            {
                ended = ended.or(known.look());
            }
        }
        let blind =
            self.known.values().any(|known| known.watch.is_none()) || (watching.is_blind() && !self.known.is_empty());
        match self.poll {
            _ if !blind => self.poll = None,
            Some(due) if due > now => {}
            _ => self.poll = Some(now + POLL),
        }
        ended
    }
}

impl Watched {
    fn inner(self) -> Watch {
        match self {
            Watched::Service(watch) | Watched::Supervise(watch) => watch,
        }
    }
}

impl Known {
    fn watch(&mut self, path: &Path, watching: &Watching) {
        let service = path.join(OsStr::from_bytes(self.name.to_bytes()));
        if let Ok(watch) = watching.add(&service.join(self.home.supervise()), Interest::Content) {
            let before = self.watch.replace(Watched::Supervise(watch)).map(Watched::inner);
            if let Some(before) = before.filter(|before| *before != watch) {
                watching.remove(before);
            }
        } else if self.watch.is_none() {
            self.watch = watching.add(&service, Interest::Names).ok().map(Watched::Service);
        }
    }

    fn look(&mut self) -> Option<Ended> {
        let bytes = status_in(&self.dir, &self.home)?;
        let (status, record) = (Status::unpack(&bytes)?, Record::unpack(&bytes));
        let started = record.is_some_and(|record| record.starts > 0) && self.left.as_ref() != Some(&bytes);
        // The file is asked again: it matters at the end.
        let ended = self.seen.has_ended(&status, started) && self.dir.facts(ESSENTIAL).is_ok();
        let how = record.and_then(|record| record.last_exit).map(|last| last.ending);
        ended.then(|| Ended { name: self.name.clone(), how })
    }
}

fn status_in(dir: &Dir, home: &Home) -> Option<Vec<u8>> {
    let file = home.file(dir, STATUS, How::Read).ok()?;
    let mut bytes = [0; STATUS_ROOM];
    let length = io::read(&file, &mut bytes).ok()?;
    bytes.get(..length).map(<[u8]>::to_vec)
}
