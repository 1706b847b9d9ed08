//! The plan of a scan directory: for each entry one `runsv`.
//!
//! An entry is the *directory* that a name leads to (device and inode), not the name: a rename changes nothing, two
//! links to one directory are one entry under the first name listed, and a link that leads elsewhere is a new entry and
//! a lost one. What is known of an entry is where it stands:
//!
//! | | listed again | not listed | its `runsv` ended | its time has come |
//! | --- | --- | --- | --- | --- |
//! | (unknown) | due now, or when its directory is settled; barred while an earlier `runsv` of it lives | - | - | - |
//! | due | stays due | forgotten | - | starting; running, where one whom we have not started is met |
//! | starting | stays | its `runsv` is told to leave as soon as there is one | due: see below | - |
//! | running | stays | told to leave | due: see below | - |
//! | barred | stays barred | forgotten | due now | - |
//!
//! A `runsv` that was told to leave may need long (its service does), and holds the lock of its directory until it has
//! ended. Therefore a directory that comes back meanwhile is barred: it gets its new `runsv` when the old one has
//! ended, and nobody complains of a lock. A different directory of the same *name* is started at once, as in runit; if
//! that fails at once while the old one still leaves (they share one `supervise` elsewhere), it is barred too.
//!
//! A `runsv` that lived for a second is replaced at once, any other after a pause. Starts go in batches with a breath
//! in between, so that thousands of services do not all compete for the first tenth of a second.

use crate::exit::Pid;
use crate::handover::pack::{packed_enum, packed_struct};
use crate::moment::Moment;
use alloc::collections::{BTreeMap, BTreeSet};
use alloc::ffi::CString;
use alloc::vec::Vec;
use core::time::Duration;

/// Which directory an entry is: device and inode.
pub type Id = (u64, u64);

/// A `runsv` that lived for less is not started again at once.
const YOUNG: Duration = Duration::from_secs(1);

/// The pause after such a life: the same as `runsv`'s own for its service.
const PAUSE: Duration = Duration::from_secs(1);

/// The pause after a start that found no `runsv` to execute. Somebody must install it first; runit looks as often.
const LONG_PAUSE: Duration = Duration::from_secs(5);

/// How many are started before the event loop turns.
pub const BATCH: usize = 32;

/// How long it turns at least before the next batch: those just started make their files meanwhile.
const BREATH: Duration = Duration::from_millis(2);

/// A name that leads to a directory.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    /// The name.
    pub name: CString,
    /// The directory.
    pub id: Id,
    /// When it is settled: one that is just being filled shall not be read half-way.
    pub not_before: Moment,
}

/// What one look into the scan directory found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Listing {
    /// The directories.
    pub found: Vec<Found>,
    /// Names of which nobody can say at the moment where they lead. Who is known by such a name stays.
    pub unsure: Vec<CString>,
}

/// What happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// The scan directory was looked into.
    Listed(Listing),
    /// An action `Start` was done: this is its process.
    Started {
        /// Which entry's.
        id: Id,
        /// The process.
        pid: Pid,
        /// Whether it runs `runsv`. If not, it has ended or is about to.
        sound: bool,
    },
    /// An action `Start` could not be done: no process could be had.
    NotStarted(Id),
    /// Somebody whom we have not started runs for an entry that is due, and is looked after by us from now on.
    Met {
        /// Which entry's.
        id: Id,
        /// The process.
        pid: Pid,
    },
    /// A child ended.
    Ended(Pid),
    /// There is more to do for the machine than it has processors: start none before then.
    Crowded {
        /// When to look again.
        until: Moment,
    },
    /// Time has passed.
    Turn,
    /// Nothing is to be started any more.
    Stop,
}

/// What to do about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Action {
    /// Start `runsv NAME` in the scan directory, and tell `Started` or `NotStarted`.
    Start {
        /// For which entry.
        id: Id,
        /// Its present name.
        name: CString,
    },
    /// Send TERM.
    Leave(Pid),
}

/// All that is known of a scan directory's entries. Cheap for one; linear is a listing, and the end of a
/// `runsv` that was told to leave or hardly lived: whoever waits for it is looked for among all.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Plan {
    entries: BTreeMap<Id, Entry>,
    /// Every `runsv` that has not been reaped: of which entry, present or lost.
    alive: BTreeMap<Pid, Id>,
    /// Those of them that were told to leave.
    leaving: BTreeMap<Id, Leaver>,
    /// The entries that are due, earliest first.
    due: BTreeSet<(Moment, Id)>,
    /// No start before then.
    hold: Moment,
    stopping: bool,
}

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Entry {
    name: CString,
    stand: Stand,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Stand {
    Due(Moment),
    Starting,
    Running(Life),
    Barred(Pid),
}

/// A `runsv` that is wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Life {
    pid: Pid,
    since: Moment,
    sound: bool,
}

/// A `runsv` that was told to leave.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Leaver {
    pid: Pid,
    name: CString,
}

packed_struct!(Plan { 1 entries, 2 alive, 3 leaving, 4 due, 5 hold, 6 stopping });
packed_struct!(Entry { 1 name, 2 stand });
packed_enum!(Stand { 1 Due(not_before), 2 Starting, 3 Running(life), 4 Barred(pid) });
packed_struct!(Life { 1 pid, 2 since, 3 sound });
packed_struct!(Leaver { 1 pid, 2 name });

/// A `runsv`, for those who ask.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Runsv<'a> {
    /// Its process.
    pub pid: Pid,
    /// What its entry is called, or was called last.
    pub name: &'a CString,
}

impl Plan {
    /// Takes in what happened and says what to do, in this order.
    pub fn step(&mut self, now: Moment, event: Event) -> Vec<Action> {
        let lost = match event {
            Event::Listed(listing) => self.listed(now, listing),
            Event::Started { id, pid, sound } => self.started(now, id, pid, sound).into_iter().collect(),
            Event::NotStarted(id) => self.not_started(now, id),
            Event::Met { id, pid } => self.met(now, id, pid),
            Event::Ended(pid) => self.ended(now, pid),
            Event::Crowded { until } => self.crowded(until),
            Event::Turn => Vec::new(),
            Event::Stop => self.stop(),
        };
        let mut actions = self.release(now);
        actions.extend(lost.into_iter().map(Action::Leave));
        actions
    }

    /// When the next step is to be taken even if nothing happens.
    pub fn deadline(&self) -> Option<Moment> {
        self.due.first().map(|(moment, _)| self.hold.max(*moment))
    }

    /// Whether so many are due that they make a crowd by themselves.
    pub fn has_more_than_a_batch(&self) -> bool {
        self.due.len() > BATCH
    }

    /// The entry whose `runsv` this process is.
    pub fn entry_of(&self, pid: Pid) -> Option<Id> {
        self.alive.get(&pid).copied()
    }

    /// Every `runsv` that lives, and whether it was told to leave.
    pub fn lives(&self) -> impl Iterator<Item = (Runsv<'_>, bool)> {
        let running = self.running().map(|(_, runsv)| (runsv, false));
        running.chain(self.leaving.values().map(|leaver| (Runsv { pid: leaver.pid, name: &leaver.name }, true)))
    }

    /// The entries that have a `runsv` or are to get one, with their names.
    pub fn entries(&self) -> impl Iterator<Item = (Id, &CString)> {
        self.entries.iter().map(|(id, entry)| (*id, &entry.name))
    }

    /// Those of them that have none yet, or none any more.
    pub fn due(&self) -> impl Iterator<Item = (Id, &CString)> {
        self.due.iter().filter_map(|(_, id)| Some((*id, &self.entries.get(id)?.name)))
    }

    /// Those of them that have one.
    pub fn running(&self) -> impl Iterator<Item = (Id, Runsv<'_>)> {
        self.entries.iter().filter_map(|(id, entry)| match &entry.stand {
            Stand::Running(life) => Some((*id, Runsv { pid: life.pid, name: &entry.name })),
            _ => None,
        })
    }

    /// New entries in, lost ones out. Returns whom to tell.
    fn listed(&mut self, now: Moment, listing: Listing) -> Vec<Pid> {
        let mut seen = BTreeSet::new();
        for found in listing.found {
            if seen.insert(found.id) && !self.stopping {
                self.meet(now, found);
            }
        }
        let unsure: BTreeSet<CString> = listing.unsure.into_iter().collect();
        let lost: Vec<Id> = self
            .entries
            .iter()
            .filter(|(id, entry)| !seen.contains(*id) && !unsure.contains(&entry.name))
            .map(|(id, _)| *id)
            .collect();
        lost.into_iter().filter_map(|id| self.lose(id)).collect()
    }

    fn meet(&mut self, now: Moment, found: Found) {
        if let Some(entry) = self.entries.get_mut(&found.id) {
            entry.name = found.name;
            return;
        }
        let stand = match self.leaving.get(&found.id) {
            Some(leaver) => Stand::Barred(leaver.pid),
            None => Stand::Due(now.max(found.not_before)),
        };
        self.entries.insert(found.id, Entry { name: found.name, stand });
        self.index(found.id);
    }

    fn lose(&mut self, id: Id) -> Option<Pid> {
        let Entry { name, stand } = self.entries.remove(&id)?;
        match stand {
            Stand::Running(life) => Some(self.send_off(id, life.pid, name)),
            Stand::Due(moment) => {
                self.due.remove(&(moment, id));
                None
            }
            // One that is just being started is sent off when it is told.
            Stand::Starting | Stand::Barred(_) => None,
        }
    }

    fn send_off(&mut self, id: Id, pid: Pid, name: CString) -> Pid {
        self.leaving.insert(id, Leaver { pid, name });
        pid
    }

    /// Returns the process if nobody wants it any more.
    fn started(&mut self, now: Moment, id: Id, pid: Pid, sound: bool) -> Option<Pid> {
        self.alive.insert(pid, id);
        match self.entries.get_mut(&id).filter(|entry| entry.stand == Stand::Starting) {
            Some(entry) => {
                entry.stand = Stand::Running(Life { pid, since: now, sound });
                None
            }
            None => Some(self.send_off(id, pid, CString::default())),
        }
    }

    /// Whatever kept this one from being started keeps all others.
    fn not_started(&mut self, now: Moment, id: Id) -> Vec<Pid> {
        self.hold = self.hold.max(now + PAUSE);
        self.put(id, Stand::Due(now));
        Vec::new()
    }

    fn met(&mut self, now: Moment, id: Id, pid: Pid) -> Vec<Pid> {
        if let Some(Stand::Due(moment)) = self.entries.get(&id).map(|entry| entry.stand) {
            self.due.remove(&(moment, id));
            self.alive.insert(pid, id);
            self.put(id, Stand::Running(Life { pid, since: now, sound: true }));
        }
        Vec::new()
    }

    fn ended(&mut self, now: Moment, pid: Pid) -> Vec<Pid> {
        let Some(id) = self.alive.remove(&pid) else {
            return Vec::new();
        };
        let stand = self.entries.get(&id).map(|entry| entry.stand);
        match stand {
            Some(Stand::Running(life)) if life.pid == pid => {
                if self.stopping {
                    self.entries.remove(&id);
                } else {
                    let stand = self.after(now, id, life);
                    self.put(id, stand);
                }
            }
            _ => {
                self.leaving.remove(&id);
                self.unbar(now, pid);
            }
        }
        Vec::new()
    }

    /// Where an entry stands whose `runsv` ended unasked.
    fn after(&self, now: Moment, id: Id, life: Life) -> Stand {
        if now.since(life.since) >= YOUNG && life.sound {
            return Stand::Due(now);
        }
        let name = self.entries.get(&id).map(|entry| &entry.name);
        match self.leaving.values().find(|leaver| Some(&leaver.name) == name) {
            Some(leaver) => Stand::Barred(leaver.pid),
            None => Stand::Due(now + if life.sound { PAUSE } else { LONG_PAUSE }),
        }
    }

    fn unbar(&mut self, now: Moment, pid: Pid) {
        let barred = self.entries.iter().filter(|(_, entry)| entry.stand == Stand::Barred(pid));
        let barred: Vec<Id> = barred.map(|(id, _)| *id).collect();
        for id in barred {
            self.put(id, Stand::Due(now));
        }
    }

    fn crowded(&mut self, until: Moment) -> Vec<Pid> {
        self.hold = self.hold.max(until);
        Vec::new()
    }

    /// What was not started yet is forgotten; who lives is for the farewell.
    fn stop(&mut self) -> Vec<Pid> {
        self.stopping = true;
        self.due.clear();
        self.entries.retain(|_, entry| matches!(entry.stand, Stand::Running(_)));
        Vec::new()
    }

    fn put(&mut self, id: Id, stand: Stand) {
        if let Some(entry) = self.entries.get_mut(&id) {
            entry.stand = stand;
            self.index(id);
        }
    }

    fn index(&mut self, id: Id) {
        if let Some(Entry { stand: Stand::Due(moment), .. }) = self.entries.get(&id) {
            self.due.insert((*moment, id));
        }
    }

    /// Takes those whose time has come, at most a batch.
    fn release(&mut self, now: Moment) -> Vec<Action> {
        let mut actions = Vec::new();
        while now >= self.hold && actions.len() < BATCH {
            let Some((_, id)) = self.due.first().copied().filter(|(moment, _)| *moment <= now) else {
                break;
            };
            self.due.pop_first();
            if let Some(entry) = self.entries.get_mut(&id) {
                entry.stand = Stand::Starting;
                actions.push(Action::Start { id, name: entry.name.clone() });
            }
        }
        if actions.len() == BATCH {
            self.hold = now + BREATH;
        }
        actions
    }
}

#[cfg(test)]
mod explore;
#[cfg(test)]
mod tests;
