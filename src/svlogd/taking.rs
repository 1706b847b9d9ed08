//! What standard input holds, to the logs: within the kernel, as it is, or line by line.

use super::directory::{Directory, Task};
use super::driver::Logger;
use super::input::Read;
use super::leaving::Leaving;
use super::places::Mode;
use super::plain::Moved;
use crate::logdir::line::More;
use crate::moment::Now;
use crate::sys::Errno;
use core::time::Duration;

/// A writer that sends many small pieces is read this much later than it could be, so that each turn finds more of
/// them: a turn costs far more than a line. The kernel adds as much again, and a pipe must not be full by then.
const NAP: Duration = Duration::from_micros(50);
/// A batch below this is small.
const SMALL: usize = 4096;
/// Batches that follow each other within this are many.
const BRISK: Duration = Duration::from_millis(1);
/// After a burst, memory is given back once it has been quiet for so long. One wake-up, then none.
const QUIET: Duration = Duration::from_secs(5);

impl Logger<'_> {
    /// Takes what standard input holds.
    pub(super) fn take(&mut self, now: Now) {
        let count = match self.mode {
            Mode::Spliced => self.splice(now),
            Mode::Looked => self.look(now),
            Mode::Raw | Mode::Lines => self.read(now),
        };
        // Looked in vain: the next bytes have not been waited for.
        if count == 0 {
            return;
        }
        if count < SMALL && now.moment.since(self.last_read) < BRISK {
            self.nap = Some(now.moment + NAP);
        }
        if count >= SMALL && self.mode != Mode::Spliced {
            self.quiet = Some(now.moment + QUIET);
        }
        self.last_read = now.moment;
    }

    fn splice(&mut self, now: Now) -> usize {
        let turn = self.turn(now);
        let Some(directory) = self.directories.first_mut() else { return 0 };
        let moved = match self.leaving {
            Leaving::No => directory.splice(self.input.fd, &mut self.window, turn),
            Leaving::Asked | Leaving::AtOnce => directory.splice_rest(self.input.fd, &mut self.window, turn),
        };
        if directory.task != Task::None {
            self.window.close();
        }
        match moved {
            Moved::Some(count) => return count,
            Moved::Nothing => self.input.ready = false,
            Moved::Unable => self.mode = Mode::Raw,
            Moved::End => self.end(now),
        }
        0
    }

    /// How much to take at once. Asked to end in the middle of a line: not a byte of the next one, which is for whoever
    /// comes after us.
    fn most(&self) -> usize {
        if self.leaving == Leaving::No { self.input.batch } else { 1 }
    }

    /// Hands on what the pipe begins with, which stays there as well until every log has it.
    fn look(&mut self, now: Now) -> usize {
        match self.window.look(self.input.fd, self.most() as u64) {
            Ok(()) if self.window.bytes.is_empty() => self.end(now),
            Ok(()) => {
                let turn = self.turn(now);
                let seen = &self.window.bytes;
                // Whole lines where there are any: what is there twice after a kill is not in the middle of one.
                let count = seen.iter().rposition(|byte| *byte == b'\n').map_or(seen.len(), |last| last + 1);
                for directory in &mut self.directories {
                    directory.put(seen.get(..count).unwrap_or_default(), turn);
                }
                self.window.handed_on = count;
                self.let_go();
                return count;
            }
            Err(Errno::EAGAIN) => self.input.ready = false,
            // Not even two descriptors to be had: as from anything else.
            Err(_) => return self.read(now),
        }
        0
    }

    /// Takes from the pipe what every log has.
    pub(super) fn let_go(&mut self) {
        if self.window.handed_on > 0 && self.clear() {
            self.window.let_go(self.input.fd);
        }
    }

    fn read(&mut self, now: Now) -> usize {
        let most = self.most();
        match self.input.read(most) {
            Ok(Read::Some(count)) => {
                self.input.ready = count == most;
                match self.mode {
                    Mode::Lines => {
                        self.cut(now);
                    }
                    Mode::Raw | Mode::Looked | Mode::Spliced => self.hand_on(now),
                }
                return count;
            }
            Ok(Read::Nothing) => self.input.ready = false,
            Ok(Read::End) => self.end(now),
            Err(errno) => {
                // As in the original: an input that cannot be read is at its end; one that was never open is silent.
                if errno != Errno::EBADF {
                    self.setup.voice.warning(&[b"unable to read standard input"], errno);
                }
                self.end(now);
            }
        }
        0
    }

    /// The stream has ended. A last line without its newline gets one: the original drops it.
    fn end(&mut self, now: Now) {
        self.input.more = More::Ended;
        self.input.ready = false;
        let turn = self.turn(now);
        if self.mode == Mode::Lines {
            self.cut(now);
            return;
        }
        for directory in &mut self.directories {
            if directory.is_in_line() {
                directory.put(b"\n", turn);
            }
        }
    }

    /// Hands on all that was read, as it is.
    pub(super) fn hand_on(&mut self, now: Now) {
        let turn = self.turn(now);
        for directory in &mut self.directories {
            directory.put(self.input.rest(), turn);
        }
        self.input.start = self.input.buffer.len();
    }

    /// Whether the line in hand is without its end.
    pub(super) fn is_in_line(&self) -> bool {
        match self.mode {
            Mode::Lines => self.input.is_in_line(),
            Mode::Raw | Mode::Looked | Mode::Spliced => self.directories.iter().any(Directory::is_in_line),
        }
    }
}
