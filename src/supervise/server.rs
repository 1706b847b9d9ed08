//! The supervisor's end of `supervise/`: claim it, open its fifos, show the state.
//!
//! The directory is held by descriptor from the claim on, so that nothing that happens to its path later can lead a
//! supervisor, often root, elsewhere.

use super::journal::Journal;
use super::{CONTROL, DIRECTORY, LOCK, OK, PID, STAT, STATUS};
use crate::exit::Pid;
use crate::service::journal::Draft;
use crate::service::machine::Role;
use crate::service::record::Record;
use crate::service::status::Status;
use crate::sys::fs::{Dir, How, Kind, Replace, Wait, lock};
use crate::sys::{Errno, Result, io};
use crate::tai64::Label;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::os::unix::ffi::OsStrExt;

/// `supervise/`, locked by us.
#[derive(Debug)]
pub struct Claim {
    dir: Dir,
    _lock: OwnedFd,
}

/// `supervise/`, in service.
#[derive(Debug)]
pub struct Post {
    claim: Claim,
    control: OwnedFd,
    _ok: Option<OwnedFd>,
    shown: Shown,
    journal: Journal,
}

/// What the files say now, so that what has not changed is not written again.
#[derive(Debug)]
struct Shown {
    pid: Option<Option<Pid>>,
    stat: String,
}

/// Which step of claiming or opening failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trouble {
    /// The link `supervise` could not be read.
    ReadLink(Errno),
    /// It points to too long a name.
    LinkTooLong,
    /// The lock file could not be opened.
    OpenLock(Errno),
    /// The lock file could not be locked: somebody else supervises here.
    Lock(Errno),
    /// `control` could not be looked at.
    StatControl(Errno),
    /// `control` is something else.
    NotAFifo,
    /// `control` could not be opened.
    OpenControl(Errno),
    /// `ok` could not be opened.
    ReadOk(Errno),
}

/// Which file could not be shown, and why.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NotShown {
    /// `pid`, `stat` or `status`.
    pub name: &'static str,
    /// Under which name it was to be made.
    pub fresh: &'static str,
    /// What failed.
    pub step: Replace,
}

/// A link's text that is as long as this is too long, as in runit.
const LINK: usize = 256;

impl Claim {
    /// Makes `supervise/` in this service directory if need be, and locks it.
    pub fn new(service: &Dir) -> core::result::Result<Claim, Trouble> {
        make(service)?;
        // Opening through the path keeps runit's message for everything that may be wrong with the directory.
        let path = format!("{DIRECTORY}/{LOCK}");
        let file = service.file(path, How::Append).map_err(Trouble::OpenLock)?;
        lock(&file, Wait::No).map_err(Trouble::Lock)?;
        let dir = service.dir(DIRECTORY).map_err(Trouble::OpenLock)?;
        Ok(Claim { dir, _lock: file })
    }
}

/// `supervise` may be a link to a directory that does not exist yet, on a file system that can be written.
fn make(service: &Dir) -> core::result::Result<(), Trouble> {
    if service.make_dir(DIRECTORY, 0o700) != Err(Errno::EEXIST) {
        return Ok(()); // made, or the lock will tell why not
    }
    match service.read_link(DIRECTORY) {
        Ok(target) if target.as_bytes().len() >= LINK => Err(Trouble::LinkTooLong),
        Ok(target) => {
            let _ = service.make_dir(target, 0o700); // it may exist; whatever else is wrong, the lock will tell
            Ok(())
        }
        Err(Errno::EINVAL) => Ok(()), // no link
        Err(errno) => Err(Trouble::ReadLink(errno)),
    }
}

impl Post {
    /// Opens the fifo for commands. Readers are not told yet that a supervisor lives.
    pub fn open(claim: Claim, role: Role) -> core::result::Result<Post, Trouble> {
        let _ = claim.dir.make_fifo(CONTROL, 0o600); // it may exist; whatever else is wrong, the next call tells
        let facts = claim.dir.facts(CONTROL).map_err(Trouble::StatControl)?;
        if facts.kind != Kind::Fifo {
            return Err(Trouble::NotAFifo);
        }
        // For both, so that it is never at its end.
        let control = claim.dir.file(CONTROL, How::ReadWrite).map_err(Trouble::OpenControl)?;
        // As under runit a logger's `pid` is not made before its first start; one that was left behind is emptied.
        let missing = role == Role::Logger && claim.dir.facts(PID) == Err(Errno::ENOENT);
        let shown = Shown { pid: missing.then_some(None), stat: String::new() };
        Ok(Post { claim, control, _ok: None, shown, journal: Journal::default() })
    }

    /// From now on, as long as we live, `ok` has a reader.
    pub fn announce(&mut self) -> core::result::Result<(), Trouble> {
        let _ = self.claim.dir.make_fifo(OK, 0o600); // it may exist; whatever else is wrong, the next call tells
        self._ok = Some(self.claim.dir.file(OK, How::Read).map_err(Trouble::ReadOk)?);
        Ok(())
    }

    /// `supervise/` itself.
    pub fn directory(&self) -> &Dir {
        &self.claim.dir
    }

    /// The fifo, to be waited for.
    pub fn control(&self) -> BorrowedFd<'_> {
        self.control.as_fd()
    }

    /// Takes the bytes that have come, as many as fit.
    pub fn take(&self, into: &mut [u8]) -> Result<usize> {
        match io::read(&self.control, into) {
            Err(Errno::EAGAIN) => Ok(0),
            answer => answer,
        }
    }

    /// Shows a state. Each file is replaced in one step; the first that cannot be ends it, and it is all to be tried
    /// again.
    pub fn publish(&mut self, status: &Status, record: &Record) -> core::result::Result<(), NotShown> {
        if self.shown.pid != Some(status.pid) {
            let text = status.pid.map_or_else(String::new, |pid| format!("{pid}\n"));
            self.replace(PID, "pid.new", text.as_bytes())?;
            self.shown.pid = Some(status.pid);
        }
        let words = status.words();
        if self.shown.stat != words {
            self.replace(STAT, "stat.new", words.as_bytes())?;
            self.shown.stat = words;
        }
        self.replace(STATUS, "status.new", &[&status.pack()[..], &record.pack()].concat())
    }

    /// Writes a line into the journal.
    pub fn note(&mut self, label: Label, draft: &Draft) -> Result<()> {
        self.journal.note(&self.claim.dir, label, draft)
    }

    fn replace(&self, name: &'static str, fresh: &'static str, bytes: &[u8]) -> core::result::Result<(), NotShown> {
        self.claim.dir.replace(name, fresh, bytes).map_err(|step| NotShown { name, fresh, step })
    }
}
