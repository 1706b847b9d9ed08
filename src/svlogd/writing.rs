//! Bytes into the file being written, up to where it is full.

use super::directory::{Directory, Task, Turn};
use super::{Setup, Trouble};
use crate::logdir::rotate::Step;
use crate::sys::{Errno, Result as Answer, io, pipe};

/// From how many waiting bytes on they are written before more lines are taken.
const FULL: usize = 64 * 1024;

impl Directory {
    /// Writes bytes; what cannot be written now waits.
    pub(super) fn put(&mut self, mut bytes: &[u8], turn: Turn<'_>) {
        while !bytes.is_empty() && self.is_idle() {
            match self.write_some(bytes, turn.setup) {
                Ok(count) => bytes = bytes.get(count..).unwrap_or_default(),
                Err(_) => break, // said when it is tried again, at once
            }
            if self.task != Task::None {
                self.advance_now(turn);
            }
        }
        self.out.bytes.extend_from_slice(bytes);
        if !self.is_idle() && self.pause.is_none() {
            self.advance_now(turn);
        }
    }

    /// Writes what waits, until a task comes before it.
    pub(super) fn write_out(&mut self, turn: Turn<'_>) -> Result<(), Trouble> {
        while self.task == Task::None && !self.out.is_empty() {
            let out = core::mem::take(&mut self.out);
            let written = self.write_some(out.rest(), turn.setup);
            self.out = out;
            match written {
                Ok(count) => self.out.advance(count),
                Err(Errno::ENOSPC) if self.make_room(turn) => {}
                Err(errno) => return Err(self.trouble("unable to write to current")(errno)),
            }
        }
        Ok(())
    }

    /// Whether so much waits that it should be written before more lines are taken.
    pub(super) fn is_full(&self) -> bool {
        self.out.bytes.len() >= FULL
    }

    /// Writes once: at most up to where the file is full.
    fn write_some(&mut self, bytes: &[u8], setup: &Setup) -> Answer<usize> {
        let (most, last) = match self.limits(setup).next(self.size, bytes) {
            Step::Rotate => {
                self.task = Task::Rotate;
                return Ok(0);
            }
            Step::Write { bytes, last } => (bytes, last),
        };
        let piece = bytes.get(..most).unwrap_or(bytes);
        let Some(current) = &self.current else { return Err(Errno::EBADF) };
        if self.spliced {
            pipe::seek_end(current)?;
        }
        let count = io::write(current, piece)?;
        if count == 0 {
            return Err(Errno::EIO); // what takes nothing and says nothing would keep us busy for ever
        }
        self.wrote(piece.get(..count).unwrap_or_default());
        if last && count == most {
            self.task = Task::Rotate;
        }
        Ok(count)
    }

    fn wrote(&mut self, bytes: &[u8]) {
        self.size += bytes.len() as u64;
        if let Some(last) = bytes.last() {
            self.in_line = *last != b'\n';
        }
    }

    /// Gives up what cannot be written; how many bytes that was.
    pub(super) fn give_up(&mut self) -> usize {
        let lost = self.out.rest().len();
        self.out.clear();
        lost
    }
}
