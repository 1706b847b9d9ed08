//! Where it is written down what was read and told: a file for each service, under its name, replaced in one step.

use super::may_pass;
use crate::alert::{Broken, Memory};
use crate::service::journal::escape;
use crate::sys::fs::{self, Dir, How, Kind, Replace};
use crate::sys::{Errno, Result, io};
use crate::tai64::Label;
use std::ffi::OsStr;
use std::os::fd::OwnedFd;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

/// The directory, in our hands alone.
#[derive(Debug)]
pub(super) struct Store {
    dir: Dir,
    _lock: OwnedFd,
}

/// Held as long as somebody writes here.
const LOCK: &str = ".lock";
/// When we were started here for the first time.
const SINCE: &str = ".since";
/// What a file is made as. Services have no such names.
const FRESH: &str = ".new";

/// More than any memory: sixty-four alerts, each with the facts of a line.
const MOST: u64 = 1 << 20;

impl Store {
    /// Makes the directory if need be.
    pub(super) fn open(path: &Path) -> core::result::Result<Store, (&'static str, Errno)> {
        match fs::make_dir(path, 0o755) {
            Ok(()) | Err(Errno::EEXIST) => {}
            Err(errno) => return Err(("unable to create", errno)),
        }
        let dir = Dir::open(path).map_err(|errno| ("unable to open", errno))?;
        let lock = dir.file(LOCK, How::Append).map_err(|errno| ("unable to open .lock in", errno))?;
        fs::lock_for_us(&lock).map_err(|errno| ("unable to lock", errno))?;
        Ok(Store { dir, _lock: lock })
    }

    /// When this was begun; now, if nobody can know. An error where that may be known later: what has happened meanwhile
    /// would never be told.
    pub(super) fn since(&self, now: Label) -> Result<(Label, core::result::Result<(), Replace>)> {
        let text = match self.read(SINCE) {
            Err(errno) if may_pass(errno) => return Err(errno),
            answer => answer.ok().flatten(),
        };
        Ok(match text.and_then(|text| Label::parse(text.trim_ascii())) {
            Some(since) => (since, Ok(())),
            None => (now, self.dir.replace(SINCE, FRESH, &[&now.text()[..], b"\n"].concat())),
        })
    }

    /// What is remembered of a service, and what in it makes no sense; nothing of one that is new.
    pub(super) fn load(&self, service: &OsStr) -> Result<(Option<Memory>, Option<Broken>)> {
        let text = self.read(&file_of(service))?;
        Ok(text.map_or((None, None), |text| Memory::decode(&text)))
    }

    /// Remembers it.
    pub(super) fn save(&self, service: &OsStr, memory: &Memory) -> core::result::Result<(), Replace> {
        self.dir.replace(&file_of(service), FRESH, &memory.encode())
    }

    fn read(&self, name: &str) -> Result<Option<Vec<u8>>> {
        let file = match self.dir.file(name, How::Read) {
            Err(Errno::ENOENT) => return Ok(None),
            answer => answer?,
        };
        let facts = fs::facts(&file)?;
        match facts.kind == Kind::File && facts.size <= MOST {
            true => io::read_all(file).map(Some),
            false => Err(Errno::EINVAL),
        }
    }
}

/// A service's name as that of a file, which is text here.
fn file_of(service: &OsStr) -> String {
    let mut name = Vec::new();
    service.as_bytes().iter().for_each(|byte| escape(*byte, &mut name));
    name.into_iter().map(char::from).collect()
}
