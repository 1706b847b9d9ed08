//! Being told of changes: in the scan directory, and of every link and directory that its path leads through, so that
//! a path re-pointed anywhere is noticed at once. Other directories (services') are watched with the same instance:
//! instances are scarce.

use crate::sys::fs::{self, Dir, Kind};
use crate::sys::inotify::{Interest, Watch, Watcher};
use crate::sys::{Errno, Result};
use std::collections::{BTreeMap, BTreeSet};
use std::ffi::{OsStr, OsString};
use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::ffi::OsStrExt;
use std::path::{Component, Path, PathBuf};

/// As many links as the kernel follows.
const LINKS: usize = 40;

/// What is watched.
#[derive(Debug, Default)]
pub struct Watching {
    watcher: Option<Watcher>,
    /// The way to the scan directory, as it was when it was last walked.
    way: Way,
    watches: Vec<(Watch, Concern)>,
    /// Something on the way cannot be watched: it must be looked at from time to time.
    blind: bool,
}

/// Directories that a path leads through, and what matters in each.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Way {
    places: BTreeMap<PathBuf, Concern>,
    /// What the links said and which directories they were, to see a change that is otherwise alike.
    marks: Vec<(PathBuf, Option<OsString>, (u64, u64))>,
}

/// What in a directory is of interest, apart from its own going away.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Concern {
    /// Nothing else.
    Itself,
    /// These names.
    Names(BTreeSet<OsString>),
    /// Every name without a dot.
    All,
}

/// What the kernel told.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Told {
    /// The scan directory may have changed.
    pub scan: bool,
    /// These other directories have.
    pub others: Vec<Watch>,
}

impl Watching {
    /// Walks the path and watches what it leads through. `wait` is handed a new descriptor to wait for.
    pub fn follow(&mut self, path: &Path, wait: impl FnOnce(BorrowedFd<'_>) -> Result<()>) {
        let fresh = self.watcher.is_none();
        if fresh {
            self.watcher = Watcher::new().ok().filter(|watcher| wait(watcher.as_fd()).is_ok());
        }
        let way = Way::walk(path);
        if fresh || self.blind || way != self.way {
            self.way = way;
            self.watch(path);
        }
    }

    /// Whether changes may go unnoticed.
    pub fn is_blind(&self) -> bool {
        self.blind
    }

    fn watch(&mut self, path: &Path) {
        let Some(watcher) = &self.watcher else {
            self.blind = true;
            return;
        };
        self.watches.drain(..).for_each(|(watch, _)| watcher.remove(watch));
        self.blind = Dir::open(path).is_ok_and(|dir| !fs::tells_changes(&dir));
        // Two paths may be one directory, which has one watch: the larger interest must come last.
        let (itself, more): (Vec<_>, Vec<_>) =
            self.way.places.iter().partition(|(_, concern)| **concern == Concern::Itself);
        for (place, concern) in itself.into_iter().chain(more) {
            let interest = if *concern == Concern::Itself { Interest::Itself } else { Interest::Names };
            match watcher.add(place, interest) {
                Ok(watch) => self.watches.push((watch, concern.clone())),
                Err(_) => self.blind = true,
            }
        }
    }

    /// Watches another directory.
    pub fn add(&self, directory: &Path, interest: Interest) -> Result<Watch> {
        self.watcher.as_ref().ok_or(Errno::EMFILE)?.add(directory, interest)
    }

    /// Watches it no longer.
    pub fn remove(&self, watch: Watch) {
        if let Some(watcher) = &self.watcher {
            watcher.remove(watch);
        }
    }

    /// Takes what the kernel tells.
    pub fn drain(&mut self) -> Told {
        let mut told = Told::default();
        let Some(watcher) = &self.watcher else { return told };
        let watches = &self.watches;
        let answer = watcher.drain(|watch, name| {
            let Some(watch) = watch else {
                told.scan = true; // events were lost
                return;
            };
            let mut concerns =
                watches.iter().filter(|(known, _)| *known == watch).map(|(_, concern)| concern).peekable();
            if concerns.peek().is_none() {
                told.others.push(watch);
            }
            told.scan |= concerns.any(|concern| concern.is_about(name));
        });
        told.scan |= answer.is_err();
        told
    }
}

impl Concern {
    fn is_about(&self, name: Option<&OsStr>) -> bool {
        match (self, name) {
            (_, None) => true, // the directory itself
            (Concern::Itself, Some(_)) => false,
            (Concern::Names(names), Some(name)) => names.contains(name),
            (Concern::All, Some(name)) => name.as_bytes().first() != Some(&b'.'),
        }
    }
}

impl Way {
    /// Follows a path name by name, as the kernel does.
    fn walk(path: &Path) -> Way {
        let mut way = Way::default();
        let Ok(here) = Dir::current() else { return way };
        let mut at = PathBuf::from(".");
        let mut names = reversed(path);
        let mut links = 0;
        while let Some(name) = names.pop() {
            if name.as_bytes() == b"/" {
                at = PathBuf::from("/");
                continue;
            }
            way.places.entry(at.clone()).or_insert(Concern::Itself);
            let next = at.join(&name);
            match here.read_link(&next) {
                Ok(target) if links < LINKS => {
                    links += 1;
                    way.note(&at, &name);
                    names.extend(reversed(Path::new(&target)));
                    way.marks.push((next, Some(target), (0, 0)));
                }
                _ => match here.facts(&next) {
                    Ok(facts) => {
                        way.marks.push((next.clone(), None, facts.id));
                        at = next;
                    }
                    Err(_) => {
                        way.note(&at, &name);
                        return way;
                    }
                },
            }
        }
        if here.facts(&at).is_ok_and(|facts| facts.kind == Kind::Directory) {
            way.places.insert(at, Concern::All);
        }
        way
    }

    /// This name in this directory decides where the path leads.
    fn note(&mut self, at: &Path, name: &OsStr) {
        let concern = self.places.entry(at.to_owned()).or_insert(Concern::Itself);
        match concern {
            Concern::Itself => *concern = Concern::Names([name.to_owned()].into()),
            Concern::Names(names) => drop(names.insert(name.to_owned())),
            Concern::All => {}
        }
    }
}

/// The names of a path, last first.
fn reversed(path: &Path) -> Vec<OsString> {
    let names = path.components().filter(|component| *component != Component::CurDir);
    names.map(|component| component.as_os_str().to_owned()).rev().collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::symlink;

    fn place(name: &str) -> PathBuf {
        let place =
            std::env::temp_dir().canonicalize().unwrap().join(format!("keepup-way-{name}-{}", std::process::id()));
        let _ = std::fs::remove_dir_all(&place);
        std::fs::create_dir_all(&place).unwrap();
        place
    }

    fn names(names: &[&str]) -> Concern {
        Concern::Names(names.iter().map(OsString::from).collect())
    }

    #[test]
    fn a_path_through_links_is_watched_at_each() {
        let top = place("links");
        std::fs::create_dir_all(top.join("runsvdir/default")).unwrap();
        symlink("default", top.join("runsvdir/current")).unwrap();
        symlink("runsvdir/current", top.join("service")).unwrap();
        let way = Way::walk(&top.join("service"));
        assert_eq!(way.places[&top], names(&["service"]));
        assert_eq!(way.places[&top.join("runsvdir")], names(&["current"]));
        assert_eq!(way.places[&top.join("runsvdir/default")], Concern::All);
        assert_eq!(way.places[Path::new("/")], Concern::Itself);
        std::fs::remove_dir_all(&top).unwrap();
    }

    #[test]
    fn where_a_path_ends_early_the_missing_name_is_awaited() {
        let top = place("missing");
        let way = Way::walk(&top.join("not/here"));
        assert_eq!(way.places[&top], names(&["not"]));
        symlink("loop", top.join("loop")).unwrap();
        assert_eq!(Way::walk(&top.join("loop")).places[&top], names(&["loop"]));
        std::fs::remove_dir_all(&top).unwrap();
    }

    #[test]
    fn dots_are_ours_and_other_names_are_news() {
        let concern = Concern::All;
        assert!(concern.is_about(Some(OsStr::new("web"))));
        assert!(!concern.is_about(Some(OsStr::new(".forced-rescan"))));
        assert!(concern.is_about(None));
    }
}
