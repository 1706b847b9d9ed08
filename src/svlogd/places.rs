//! Opening the logs, at the start and on HUP, and the shortest way for the bytes to them.

use super::Place;
use super::directory::{Directory, Heritage};
use super::driver::Logger;
use crate::exit::Exit;
use crate::moment::Now;
use crate::sys::fs::{self, Kind};

/// How bytes go from standard input to the logs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Mode {
    /// From a pipe to one file, within the kernel.
    Spliced,
    /// From a pipe to several files, as they are: taken from the pipe when all files have them.
    Looked,
    /// As they are.
    Raw,
    /// Line by line.
    Lines,
}

impl Logger<'_> {
    /// Opens what can be opened; nothing at all is the end.
    pub(super) fn open(&mut self, places: &[Place]) -> Result<(), Exit> {
        for place in places {
            match Directory::open(*place, self.setup) {
                Ok(directory) => self.directories.push(directory),
                Err(trouble) => self.setup.warn(&trouble),
            }
        }
        if self.directories.is_empty() && !places.is_empty() {
            self.setup.voice.refuse(&[b"no functional log directories."]);
            return Err(Exit::FATAL);
        }
        self.choose_mode();
        Ok(())
    }

    /// The shortest way for the bytes that does all that is asked for.
    fn choose_mode(&mut self) {
        let keeps = |d: &Directory| d.config.prefix.is_empty() && !d.config.needs_lines();
        let whole = self.setup.json || self.setup.stdout || self.directories.iter().any(|d| d.config.needs_lines());
        self.input.cutter.set_whole(whole);
        let from_pipe = fs::facts(self.input.fd).is_ok_and(|facts| facts.kind == Kind::Fifo);
        self.mode = match self.directories.as_mut_slice() {
            all if !self.setup.keeps_bytes() || !all.iter().all(keeps) || all.is_empty() => Mode::Lines,
            [only] if from_pipe => {
                only.spliced = true;
                Mode::Spliced
            }
            _ if from_pipe => Mode::Looked,
            _ => Mode::Raw,
        };
    }

    /// Closes all and opens all, with their configuration as it is now. Processors go on meanwhile, and what could not
    /// be written yet is written to the new file.
    pub(super) fn open_again(&mut self, now: Now) -> Result<(), Exit> {
        let turn = self.turn(now);
        let mut before = core::mem::take(&mut self.directories);
        for directory in &mut before {
            directory.close(turn);
        }
        let heirs: Vec<Heritage> = before.into_iter().map(Directory::leave).collect();
        let places = self.setup.places.clone();
        let opened = self.open(&places);
        for heritage in heirs {
            match self.directories.iter_mut().find(|d| d.place == heritage.place) {
                Some(directory) => directory.inherit(heritage),
                None => heritage.is_lost(self.setup),
            }
        }
        opened?;
        if self.mode != Mode::Lines {
            self.hand_on(now);
        }
        Ok(())
    }
}
