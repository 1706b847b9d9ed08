//! From one file to the next, and old files away.

use super::directory::{Directory, Task, Turn, free_name};
use super::{Place, Trouble};
use crate::cli::message::base_name;
use crate::logdir::names::{self, Kind, Old};
use crate::sys::Errno;
use crate::sys::fs;
use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::OsStrExt;

impl Directory {
    /// Rotates as soon as no line is cut by it: at once, or when the one in hand ends.
    pub(super) fn rotate_soon(&mut self, turn: Turn<'_>) {
        if self.task != Task::None {
            return;
        }
        if self.size == 0 {
            self.arm(turn.now.moment);
        } else if self.is_in_line() {
            self.due = true;
        } else {
            self.task = Task::Rotate;
            self.advance(turn);
        }
    }

    /// Rotates if the file is old enough.
    pub(super) fn expire(&mut self, turn: Turn<'_>) {
        if self.task == Task::None && !self.due && self.expires.is_some_and(|when| when <= turn.now.moment) {
            self.expires = None;
            self.rotate_soon(turn);
        }
    }

    /// Closes the file and moves it away. Whatever of it has been done may be done again.
    pub(super) fn move_away(&mut self, turn: Turn<'_>) -> Result<(), Trouble> {
        if let Some(current) = &self.current {
            if self.size > 0 {
                fs::sync(current).map_err(self.trouble("unable to fsync current logfile"))?;
                if self.is_directory() {
                    fs::set_mode(current, 0o744).map_err(self.trouble("unable to set mode of current"))?;
                }
            }
        }
        if self.size > 0 {
            match self.place {
                Place::Directory(_) => {
                    let kind = if self.config.processor.is_some() { Kind::Unprocessed } else { Kind::Safe };
                    self.rename_old(turn, kind, self.size)?;
                }
                Place::File(path) => self.shift(turn, base_name(path))?,
            }
        }
        self.current = None;
        self.due = false;
        self.task = Task::Create;
        Ok(())
    }

    /// Opens the next file; the old ones are looked after then.
    pub(super) fn create(&mut self, turn: Turn<'_>) -> Result<(), Trouble> {
        self.adopt(turn, "unable to create new current")?;
        self.task = Task::None;
        self.processing.look = true;
        self.prune(turn);
        Ok(())
    }

    /// `current` becomes a file with a time for a name.
    pub(super) fn rename_old(&self, turn: Turn<'_>, kind: Kind, size: u64) -> Result<(), Trouble> {
        let name = free_name(&self.dir, turn.now, kind);
        let size = size.to_string();
        turn.setup.info(&[b"rename: ", &self.name, b"/current ", &name, b" ", size.as_bytes()]);
        let renamed = self.dir.rename("current", OsStr::from_bytes(&name));
        renamed.map_err(self.trouble("unable to rename current"))
    }

    /// FILE.2 becomes FILE.3, FILE.1 becomes FILE.2, FILE becomes FILE.1; the last that is kept is overwritten.
    fn shift(&self, turn: Turn<'_>, base: &OsStr) -> Result<(), Trouble> {
        let trouble = || self.trouble("unable to rename current");
        let keep = if self.config.keep == 0 { u64::MAX } else { self.config.keep };
        let mut free = 1;
        while free < keep && self.dir.facts_of_link(numbered(base, free)).is_ok() {
            free += 1;
        }
        for number in (1..free).rev() {
            self.dir.rename(numbered(base, number), numbered(base, number + 1)).map_err(trouble())?;
        }
        turn.setup.info(&[b"rename: ", &self.name, b" ", numbered(base, 1).as_bytes()]);
        self.dir.rename(base, numbered(base, 1)).map_err(trouble())
    }

    /// Old files away: leftovers of processors, one that is too many, as many as the cap needs.
    pub(super) fn prune(&self, turn: Turn<'_>) {
        if let Place::File(path) = self.place {
            return self.prune_numbered(turn, base_name(path));
        }
        let Some(old) = self.old(turn) else { return };
        for name in &old.temporary {
            if !self.processing.is_about(name) {
                self.remove_old(turn, name, "unable to unlink processor leftover");
            }
        }
        if let Some(name) = old.surplus(self.config.keep) {
            self.remove_old(turn, name, "unable to unlink oldest logfile");
        }
        self.prune_waiting(turn, &old);
        self.prune_to_cap(turn, &old);
    }

    /// Files that wait for a processor that does not keep up: at most as many as are kept after it.
    fn prune_waiting(&self, turn: Turn<'_>, old: &Old) {
        let waiting: Vec<_> = old.unprocessed.iter().filter(|name| !self.processing.is_about(name)).collect();
        if self.config.processor.is_none() || self.config.keep == 0 {
            return;
        }
        let many = waiting.len().saturating_sub(usize::try_from(self.config.keep).unwrap_or(usize::MAX));
        for name in waiting.into_iter().take(many) {
            turn.setup.voice.remark(&[b"processor is too slow, delete: ", &self.name, b"/", name]);
            self.remove_old(turn, name, "unable to unlink oldest logfile");
        }
    }

    fn prune_to_cap(&self, turn: Turn<'_>, old: &Old) {
        if self.config.cap == 0 {
            return;
        }
        let mut names: Vec<_> =
            old.counted.iter().chain(&old.unprocessed).filter(|name| !self.processing.is_about(name)).collect();
        names.sort_unstable();
        let size = |name: &&Vec<u8>| self.dir.facts_of_link(OsStr::from_bytes(name)).map_or(0, |facts| facts.size);
        let sizes: Vec<u64> = names.iter().map(size).collect();
        // A file that is being filled may grow up to its limit.
        let many = names::over_cap(self.config.cap, self.size.max(self.config.size), &sizes);
        for name in names.into_iter().take(many) {
            self.remove_old(turn, name, "unable to unlink oldest logfile");
        }
    }

    fn prune_numbered(&self, turn: Turn<'_>, base: &OsStr) {
        if self.config.cap == 0 {
            return;
        }
        let name = |number: &u64| numbered(base, *number);
        let size = |number: u64| self.dir.facts_of_link(numbered(base, number)).ok().map(|facts| facts.size);
        let sizes: Vec<u64> = (1..).map_while(size).collect();
        let oldest_first: Vec<u64> = sizes.iter().rev().copied().collect();
        let many = names::over_cap(self.config.cap, self.size.max(self.config.size), &oldest_first) as u64;
        let last = sizes.len() as u64;
        for name in (last.saturating_sub(many) + 1..=last).rev().map(|number| name(&number)) {
            self.remove_old(turn, name.as_bytes(), "unable to unlink oldest logfile");
        }
    }

    /// Removes the oldest file because the disk is full; whether that was allowed and done.
    pub(super) fn make_room(&self, turn: Turn<'_>) -> bool {
        if !self.config.may_make_room() {
            return false;
        }
        let Some(old) = self.old(turn) else { return false };
        if old.counted.len() as u64 <= self.config.keep_when_full {
            return false;
        }
        let Some(name) = old.counted.first() else { return false };
        turn.setup.voice.remark(&[b"out of disk space, delete: ", &self.name, b"/", name]);
        self.remove(name).is_ok()
    }

    /// What old files there are.
    pub(super) fn old(&self, turn: Turn<'_>) -> Option<Old> {
        match self.dir.names() {
            Ok(names) => Some(Old::of(names.iter().map(|name| name.as_bytes()))),
            Err(errno) => {
                let what = "unable to read directory, want remove old logfile";
                turn.setup.warn(&self.trouble(what)(errno));
                None
            }
        }
    }

    fn remove_old(&self, turn: Turn<'_>, name: &[u8], what: &'static str) {
        turn.setup.info(&[b"delete: ", &self.name, b"/", name]);
        if let Err(errno) = self.remove(name) {
            let about = [&self.name, &b"/"[..], name].concat();
            turn.setup.warn(&Trouble { what, about, errno });
        }
    }

    pub(super) fn remove(&self, name: &[u8]) -> Result<(), Errno> {
        self.dir.remove(OsStr::from_bytes(name))
    }
}

fn numbered(base: &OsStr, number: u64) -> OsString {
    let mut name = base.to_owned();
    name.push(format!(".{number}"));
    name
}
