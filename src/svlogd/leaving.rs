//! The end: when it is there, and what is still done before it.

use super::directory::Directory;
use super::driver::Logger;
use crate::exit::Exit;
use crate::moment::Now;

/// Whether we were asked to end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Leaving {
    No,
    /// After the line in hand.
    Asked,
    /// Asked again: now.
    AtOnce,
}

impl Logger<'_> {
    /// Whether this is the end, and with which code.
    pub(super) fn over(&mut self, now: Now) -> Option<Exit> {
        let ended = match self.leaving {
            Leaving::No => self.input.is_over(),
            Leaving::Asked => self.is_stuck() || (self.clear() && (self.input.is_over() || !self.is_in_line())),
            Leaving::AtOnce => true,
        };
        if !ended {
            return None;
        }
        if self.leaving == Leaving::No && !self.clear() {
            return None;
        }
        self.note_rest(now);
        let lost = self.last_try(now);
        if self.leaving == Leaving::AtOnce {
            self.directories.iter().for_each(|d| d.processing.stop());
        }
        if self.directories.iter().any(|d| self.waits_for(d)) {
            return None;
        }
        self.window.let_go(self.input.fd); // it was written, or it has been told how much is lost
        let turn = self.turn(now);
        self.directories.iter_mut().for_each(|d| d.close(turn));
        Some(if lost { Exit::FATAL } else { Exit::OK })
    }

    /// Whether a processor has still to be waited for: the one that runs, and at the end of the stream those that
    /// come after it, as long as they succeed.
    fn waits_for(&self, directory: &Directory) -> bool {
        let processing = &directory.processing;
        let queue = processing.look && processing.retry.is_none() && directory.config.processor.is_some();
        processing.is_running() || (queue && self.leaving == Leaving::No)
    }

    /// Asked to end while something cannot be written: tries once more. Whether anything was lost.
    fn last_try(&mut self, now: Now) -> bool {
        let turn = self.turn(now);
        let unread = self.input.rest().len();
        let mut lost = false;
        for directory in &mut self.directories {
            if !directory.is_idle() {
                directory.advance_now(turn);
            }
            let count = directory.give_up() + if directory.is_idle() { 0 } else { unread };
            lost |= self.setup.lost(count, &directory.name);
        }
        lost
    }
}
