//! The reader's end of `supervise/journal`. Whoever wants to know what happens to a service opens it at a cursor, takes
//! what is new, and waits for the alarm; the cursor can be written down, so that the next reader goes on from there.

use super::{JOURNAL, JOURNAL_BEFORE};
use crate::service::journal::{Cursor, Taken};
use crate::sys::fs::{Dir, How, facts, tells_changes};
use crate::sys::inotify::{Interest, Watcher};
use crate::sys::{Errno, Result, io};
use std::ffi::{OsStr, OsString};
use std::os::fd::{AsFd, BorrowedFd};

/// The journal of a service, being read. No file stays open.
#[derive(Debug)]
pub struct JournalReader {
    path: OsString,
    dir: Dir,
    cursor: Cursor,
    /// Which file was read last, up to where: what has not changed since need not be read again.
    seen: Seen,
}

impl JournalReader {
    /// Opens the journal in this `supervise/`, behind this line. One in which nothing has been written yet is empty.
    pub fn open(supervise: &OsStr, cursor: Cursor) -> Result<JournalReader> {
        let dir = Dir::reach(supervise)?;
        Ok(JournalReader { path: supervise.to_owned(), dir, cursor, seen: None })
    }

    /// Opens it behind all that is there now.
    pub fn open_at_end(supervise: &OsStr) -> Result<JournalReader> {
        let mut reader = JournalReader::open(supervise, Cursor::START)?;
        reader.take()?;
        Ok(reader)
    }

    /// The line that was taken last.
    pub fn cursor(&self) -> Cursor {
        self.cursor
    }

    /// Takes what is new. A cursor that was kept elsewhere is best written down after the lines have been dealt with:
    /// whoever dies in between sees them twice, not never.
    pub fn take(&mut self) -> Result<Taken> {
        let (current, seen) = self.read(JOURNAL)?;
        if seen.is_some() && seen == self.seen {
            return Ok(Taken { lines: Vec::new(), missed: 0 });
        }
        // In this order: a file that is renamed in between is read twice, not never.
        let previous = match self.cursor.needs_previous(&current) {
            true => self.read(JOURNAL_BEFORE)?.0,
            false => Vec::new(),
        };
        self.seen = seen;
        Ok(self.cursor.take(&previous, &current))
    }

    fn read(&self, name: &str) -> Result<(Vec<u8>, Seen)> {
        let file = match self.dir.file(name, How::Read) {
            Err(Errno::ENOENT) => return Ok((Vec::new(), None)),
            answer => answer?,
        };
        let bytes = io::read_all(&file)?;
        let id = facts(&file)?.id;
        let length = bytes.len() as u64;
        Ok((bytes, Some((id, length))))
    }
}

type Seen = Option<((u64, u64), u64)>;

/// Tells when there may be something new in journals; one for any number of them.
#[derive(Debug)]
pub struct Alarm(Watcher);

impl Alarm {
    /// An alarm for none yet. There may be none to be had: then one looks now and then.
    pub fn new() -> Result<Alarm> {
        Watcher::new().map(Alarm)
    }

    /// From now on for this one too; whether it can be relied on.
    pub fn add(&self, reader: &JournalReader) -> bool {
        tells_changes(&reader.dir) && self.0.add(&reader.path, Interest::Written).is_ok()
    }

    /// Silences it until something is new; what is readable stays so otherwise.
    pub fn silence(&self) {
        let _ = self.0.drain(|_, _| ());
    }
}

impl AsFd for Alarm {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.0.as_fd()
    }
}
