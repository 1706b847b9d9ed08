//! Standard input: read in batches, cut into lines.

use crate::logdir::line::{Cutter, More};
use crate::sys::{Errno, Result as Answer, io};
use std::os::fd::BorrowedFd;

/// The most that is read at once, and so the most that a crash can lose.
pub(super) const BATCH: usize = 64 * 1024;

/// The most of that, whatever `-b` says: what a crash can lose has an end.
pub(super) const LARGEST_BATCH: usize = 1024 * 1024;

/// What has been read and not yet handed on, and what is known of the rest.
#[derive(Debug)]
pub(super) struct Input {
    pub(super) fd: BorrowedFd<'static>,
    pub(super) buffer: Vec<u8>,
    /// How much of the buffer has been handed on.
    pub(super) start: usize,
    pub(super) cutter: Cutter,
    /// Whether more may come.
    pub(super) more: More,
    /// Whether reading would not wait, as far as is known.
    pub(super) ready: bool,
    /// How much is read at once.
    pub(super) batch: usize,
}

/// What a read brought.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Read {
    /// So many bytes.
    Some(usize),
    /// Nothing for now.
    Nothing,
    /// The end.
    End,
}

impl Input {
    pub(super) fn new(fd: BorrowedFd<'static>, cutter: Cutter, batch: usize) -> Input {
        Input { fd, buffer: Vec::new(), start: 0, cutter, more: More::Comes, ready: false, batch }
    }

    /// What has not been handed on.
    pub(super) fn rest(&self) -> &[u8] {
        self.buffer.get(self.start..).unwrap_or_default()
    }

    /// Whether the stream has ended and all of it has been handed on.
    pub(super) fn is_over(&self) -> bool {
        self.more == More::Ended && self.rest().is_empty() && !self.cutter.in_line()
    }

    /// Whether the last line that was read, or a piece of it, is without its end.
    pub(super) fn is_in_line(&self) -> bool {
        self.cutter.in_line() || !self.rest().is_empty()
    }

    /// Reads once, behind what is left of the last time.
    pub(super) fn read(&mut self, most: usize) -> Answer<Read> {
        let rest = self.buffer.len().saturating_sub(self.start);
        self.buffer.copy_within(self.start.., 0);
        self.buffer.truncate(rest);
        self.start = 0;
        match io::read_onto(self.fd, &mut self.buffer, most) {
            Ok(0) => Ok(Read::End),
            Ok(count) => Ok(Read::Some(count)),
            Err(Errno::EAGAIN) => Ok(Read::Nothing),
            Err(errno) => Err(errno),
        }
    }

    /// Gives memory back that a burst has used.
    pub(super) fn rest_now(&mut self) {
        if self.rest().is_empty() {
            self.start = 0;
            io::give_back(&mut self.buffer);
        }
    }
}
