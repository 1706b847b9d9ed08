//! Bytes that go out as they come in: from the pipe to the file within the kernel, and not one of them in our memory
//! when we die.

use super::directory::{Directory, Task, Turn};
use crate::logdir::rotate::Step;
use crate::logdir::search::find;
use crate::sys::fs::How;
use crate::sys::pipe::{self, Peek};
use crate::sys::{Errno, Result as Answer, io};
use std::os::fd::BorrowedFd;

/// The most that is moved at once. The pipe is locked meanwhile: a quarter of what it holds, and its writer fills the
/// room that is there already while we move the rest; all of it, and both wait for each other in turn.
const MOST: u64 = 1 << 14;
/// The most that is looked at without taking it: what a pipe holds.
const LOOK: u64 = 1 << 16;

/// What came of moving bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Moved {
    /// So many are in the file.
    Some(usize),
    /// The pipe is empty.
    Nothing,
    /// The pipe is at its end.
    End,
    /// This file system does not do that.
    Unable,
}

/// Looks into the pipe, where a file is nearly full and where several files are to have what it holds.
#[derive(Debug, Default)]
pub(super) struct Window {
    peek: Option<Peek>,
    pub(super) bytes: Vec<u8>,
    /// How much of what was seen is in the pipe still although it has been handed on.
    pub(super) handed_on: usize,
}

impl Window {
    pub(super) fn look(&mut self, pipe: BorrowedFd<'_>, most: u64) -> Answer<()> {
        let peek = match self.peek.take() {
            Some(peek) => peek,
            None => Peek::new()?,
        };
        let answer = peek.look(pipe, &mut self.bytes, usize::try_from(most).unwrap_or(usize::MAX));
        self.peek = Some(peek);
        answer
    }

    /// Takes from the pipe what has been handed on.
    pub(super) fn let_go(&mut self, pipe: BorrowedFd<'_>) {
        while self.handed_on > 0 {
            let Some(seen) = self.bytes.get_mut(..self.handed_on) else { break };
            match io::read(pipe, seen) {
                Ok(count) if count > 0 => self.handed_on -= count,
                _ => break, // somebody else reads here too, and has got it
            }
        }
        self.handed_on = 0;
    }

    /// Gives back what is only needed at the end of a file.
    pub(super) fn close(&mut self) {
        self.peek = None;
        self.bytes = Vec::new();
    }
}

impl Directory {
    /// Moves what the pipe holds, up to where the file is full.
    pub(super) fn splice(&mut self, pipe: BorrowedFd<'_>, window: &mut Window, turn: Turn<'_>) -> Moved {
        let moved = match self.limits(turn.setup).blind(self.size).min(MOST) {
            0 => self.splice_to_line(pipe, window, turn),
            blind => self.splice_some(pipe, blind),
        };
        self.settle(moved, turn)
    }

    /// After a request to end: moves what is left of the line in hand, and nothing of the next.
    pub(super) fn splice_rest(&mut self, pipe: BorrowedFd<'_>, window: &mut Window, turn: Turn<'_>) -> Moved {
        let moved = match window.look(pipe, LOOK) {
            Err(errno) => Err(errno),
            Ok(()) if window.bytes.is_empty() => Ok(0),
            Ok(()) => {
                let line = find(b'\n', &window.bytes).map_or(window.bytes.len(), |end| end + 1);
                self.splice_bytes(pipe, window.bytes.get(..line).unwrap_or_default(), turn)
            }
        };
        self.settle(moved, turn)
    }

    fn settle(&mut self, moved: Answer<usize>, turn: Turn<'_>) -> Moved {
        match moved {
            Ok(0) if self.task == Task::None => Moved::End,
            Ok(count) => Moved::Some(count),
            Err(Errno::EAGAIN) => Moved::Nothing,
            Err(Errno::EINVAL | Errno::ENOSYS) => Moved::Unable,
            Err(Errno::ENOSPC) if self.make_room(turn) => Moved::Some(0),
            Err(errno) => {
                turn.setup.pausing(&self.trouble("unable to write to current")(errno));
                self.pause = Some(turn.now.moment + super::directory::PAUSE);
                Moved::Some(0)
            }
        }
    }

    fn splice_some(&mut self, pipe: BorrowedFd<'_>, most: u64) -> Answer<usize> {
        let Some(current) = &self.current else { return Err(Errno::EBADF) };
        let count = pipe::splice_to_end(pipe, current, usize::try_from(most).unwrap_or(usize::MAX))?;
        self.size += count as u64;
        Ok(count)
    }

    fn splice_to_line(&mut self, pipe: BorrowedFd<'_>, window: &mut Window, turn: Turn<'_>) -> Answer<usize> {
        let limits = self.limits(turn.setup);
        let room = limits.size.saturating_sub(self.size);
        window.look(pipe, room.clamp(1, LOOK))?;
        if window.bytes.is_empty() {
            return Ok(0);
        }
        self.splice_bytes(pipe, &window.bytes, turn)
    }

    /// Moves bytes that have been seen, as far as the file takes them.
    fn splice_bytes(&mut self, pipe: BorrowedFd<'_>, seen: &[u8], turn: Turn<'_>) -> Answer<usize> {
        match self.limits(turn.setup).next(self.size, seen) {
            Step::Rotate => {
                self.task = Task::Rotate;
                Ok(0)
            }
            Step::Write { bytes, last } => {
                let count = self.splice_some(pipe, bytes as u64)?;
                if last && count == bytes {
                    self.task = Task::Rotate;
                }
                Ok(count)
            }
        }
    }

    /// Whether the file ends in the middle of a line.
    pub(super) fn is_in_line(&self) -> bool {
        if !self.spliced {
            return self.in_line;
        }
        self.size > 0 && self.last_byte().is_some_and(|last| last != b'\n')
    }

    fn last_byte(&self) -> Option<u8> {
        let file = self.dir.file(self.current_name(), How::Read).ok()?;
        let mut byte = [0];
        pipe::seek_before_end(&file, 1).ok()?;
        (io::read(&file, &mut byte).ok()? == 1).then_some(byte[0])
    }
}
