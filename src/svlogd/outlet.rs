//! Bytes that wait to be written, and standard output and error as places to write to without ever waiting there.

use crate::sys::{Errno, io};
use std::os::fd::BorrowedFd;

/// What a pipe takes without making the writer wait, once it says that it takes anything: POSIX's PIPE_BUF here.
const ATOMIC: usize = 4096;

/// Bytes to be written, of which some have been.
#[derive(Debug, Default)]
pub(super) struct Outlet {
    pub(super) bytes: Vec<u8>,
    done: usize,
}

impl Outlet {
    pub(super) fn is_empty(&self) -> bool {
        self.done >= self.bytes.len()
    }

    /// What is still to be written.
    pub(super) fn rest(&self) -> &[u8] {
        self.bytes.get(self.done..).unwrap_or_default()
    }

    /// So many more have been.
    pub(super) fn advance(&mut self, count: usize) {
        self.done += count;
        if self.is_empty() {
            self.bytes.clear();
            self.done = 0;
        }
    }

    /// Gives up what is left.
    pub(super) fn clear(&mut self) {
        self.bytes.clear();
        self.done = 0;
    }

    /// Gives memory back that a burst has used.
    pub(super) fn rest_now(&mut self) {
        if self.is_empty() {
            io::give_back(&mut self.bytes);
        }
    }
}

/// Standard output or error, for lines.
#[derive(Debug)]
pub(super) struct Stream {
    fd: BorrowedFd<'static>,
    pub(super) out: Outlet,
    /// Nobody reads it any more.
    gone: bool,
}

impl Stream {
    pub(super) fn new(fd: BorrowedFd<'static>) -> Stream {
        Stream { fd, out: Outlet::default(), gone: false }
    }

    pub(super) fn fd(&self) -> BorrowedFd<'static> {
        self.fd
    }

    /// Writes as much as is taken at once. In pieces that end with a line where possible, so that the lines of several
    /// writers on one pipe stay whole. An error, once, if the other end is gone; from then on lines for it are dropped.
    pub(super) fn advance(&mut self) -> Result<(), Errno> {
        while !self.out.is_empty() {
            if self.gone {
                self.out.clear();
                return Ok(());
            }
            if !io::is_writable(self.fd) {
                return Ok(());
            }
            match io::write(self.fd, piece(self.out.rest())) {
                Ok(count) => self.out.advance(count),
                Err(Errno::EAGAIN) => return Ok(()),
                Err(errno) => {
                    self.gone = true;
                    self.out.clear();
                    return Err(errno);
                }
            }
        }
        Ok(())
    }
}

fn piece(bytes: &[u8]) -> &[u8] {
    let most = bytes.get(..ATOMIC).unwrap_or(bytes);
    let end = most.iter().rposition(|byte| *byte == b'\n').map_or(most.len(), |at| at + 1);
    bytes.get(..end).unwrap_or(most)
}
