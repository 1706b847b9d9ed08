//! The supervisor's end of `supervise/journal`: opened at the first line, renamed when it is full. A line that cannot be
//! written is lost, its number is not, and supervision goes on.

use super::{JOURNAL, JOURNAL_BEFORE};
use crate::exit::Pid;
use crate::service::journal::{Draft, Event, TAIL, Told, Writer, is_full};
use crate::sys::fs::{Dir, How, facts};
use crate::sys::{Errno, Result, io};
use crate::tai64::Label;
use std::os::fd::OwnedFd;

/// A journal being written.
#[derive(Debug, Default)]
pub(super) struct Journal {
    open: Option<(OwnedFd, Writer)>,
    /// Where another program of this process has left it.
    left: Option<Writer>,
    line: Vec<u8>,
}

impl Journal {
    /// One that was handed over: numbers go on also if the last lines did not reach the disk.
    pub(super) fn inherit(left: Option<Writer>) -> Journal {
        Journal { left, ..Journal::default() }
    }

    /// Where it is, if it is known.
    pub(super) fn writer(&self) -> Option<&Writer> {
        self.open.as_ref().map(|(_, writer)| writer).or(self.left.as_ref())
    }

    /// Appends a line.
    pub(super) fn note(&mut self, dir: &Dir, label: Label, draft: &Draft) -> Result<()> {
        let mut open = match self.open.take() {
            Some(open) => open,
            None => {
                let (file, found) = open_journal(dir)?;
                let writer = self.left.take().filter(|left| left.last() >= found.last());
                (file, writer.unwrap_or(found))
            }
        };
        if is_full(facts(&open.0)?.size) {
            dir.rename(JOURNAL, JOURNAL_BEFORE)?;
            open.0 = dir.own_file(JOURNAL, How::Append)?;
            open.1.was_rotated();
        }
        self.line.clear();
        open.1.write(label, draft, &mut self.line);
        let written = io::write(&open.0, &self.line);
        if written != Ok(self.line.len()) {
            open.1.was_torn();
        }
        self.open = Some(open);
        written.map(drop)
    }
}

fn open_journal(dir: &Dir) -> Result<(OwnedFd, Writer)> {
    let before = tail(dir, JOURNAL_BEFORE)?;
    let current = tail(dir, JOURNAL)?;
    Ok((dir.own_file(JOURNAL, How::Append)?, Writer::resume(&before, &current)))
}

/// What the last lines say of the end of this process. A journal that cannot be read tells nothing.
pub(super) fn told(dir: &Dir, pid: Pid, event: Event) -> Option<Told> {
    let before = tail(dir, JOURNAL_BEFORE).ok()?;
    Told::of(&before, &tail(dir, JOURNAL).ok()?, pid, event)
}

/// Whether the last lines tell that this process was started.
pub(super) fn tells_start(dir: &Dir, pid: Pid) -> bool {
    let (Ok(before), Ok(current)) = (tail(dir, JOURNAL_BEFORE), tail(dir, JOURNAL)) else { return false };
    Told::tells_start(&before, &current, pid)
}

/// The end of a file; nothing of one that is not there.
fn tail(dir: &Dir, name: &str) -> Result<Vec<u8>> {
    let file = match dir.own_file(name, How::Read) {
        Err(Errno::ENOENT) => return Ok(Vec::new()),
        answer => answer?,
    };
    let from = facts(&file)?.size.saturating_sub(TAIL as u64);
    let mut bytes = vec![0; TAIL];
    let length = io::read_at(&file, &mut bytes, i64::try_from(from).unwrap_or(i64::MAX))?;
    bytes.truncate(length);
    Ok(bytes)
}
