//! Old files through a processor, one at a time, beside the writing: `X.u` on its standard input, `X.t` on its output,
//! and `state` and `newstate` on 4 and 5 for what it wants to remember. When it has succeeded `X.t` is `X.s`.
//!
//! The original makes the next rotation wait for it, and with that the service. Here files wait in line under their
//! `.u` names, which are also how the line survives us.

use super::Trouble;
use super::directory::{Directory, PAUSE, Turn};
use crate::exit::{Ending, Pid};
use crate::logdir::config::Processor;
use crate::logdir::names::{Kind, with_kind};
use crate::moment::Moment;
use crate::signal::Signal;
use crate::sys::fs::{self, Dir, How};
use crate::sys::process::{self, Spawn, Started, Stream};
use crate::sys::{Errno, Result as Answer};
use std::ffi::{CString, OsStr};
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::ffi::{OsStrExt, OsStringExt};

/// Descriptors above those that the protocol gives a meaning: what is to become 4 and 5 must not be there already.
const ABOVE: i32 = 10;

/// What the processor is at.
#[derive(Debug, Default)]
pub(super) struct Processing {
    running: Option<Running>,
    /// When one that failed is tried again.
    pub(super) retry: Option<Moment>,
    /// Whether files may be waiting.
    pub(super) look: bool,
}

#[derive(Debug)]
struct Running {
    pid: Pid,
    /// The file's name, with `.u`.
    name: Vec<u8>,
}

impl Processing {
    /// Whether this file, whatever its name ends with, is being processed.
    pub(super) fn is_about(&self, name: &[u8]) -> bool {
        self.running.as_ref().is_some_and(|running| running.name == with_kind(name, Kind::Unprocessed))
    }

    pub(super) fn is_running(&self) -> bool {
        self.running.is_some()
    }

    /// Asks the one that runs to end.
    pub(super) fn stop(&self) {
        if let Some(running) = &self.running {
            let _ = process::send(running.pid, Signal::TERM);
        }
    }
}

impl Directory {
    /// Starts the processor on the file that has waited longest, if none runs and it is time.
    pub(super) fn advance_processing(&mut self, turn: Turn<'_>) {
        let Some(processor) = &self.config.processor else { return };
        let due = self.processing.retry.is_none_or(|when| when <= turn.now.moment);
        if !self.processing.look || self.processing.running.is_some() || !due {
            return;
        }
        self.processing.retry = None;
        let name = self.old(turn).and_then(|old| old.unprocessed.into_iter().next());
        let Some(name) = name else {
            self.processing.look = false;
            return;
        };
        turn.setup.info(&[b"processing: ", &self.name, b"/", &name]);
        match self.start(processor, &name, turn) {
            Ok(pid) => self.processing.running = Some(Running { pid, name }),
            Err(trouble) => {
                turn.setup.warn(&trouble);
                self.processing.retry = Some(turn.now.moment + PAUSE);
            }
        }
    }

    fn start(&self, processor: &Processor, name: &[u8], turn: Turn<'_>) -> Result<Pid, Trouble> {
        let input = self.dir.own_file(OsStr::from_bytes(name), How::Read);
        let input = input.map_err(self.trouble("unable to open input for processor"))?;
        let output = self.dir.own_file(OsStr::from_bytes(&with_kind(name, Kind::Temporary)), How::Truncate);
        let output = output.map_err(self.trouble("unable to open output for processor"))?;
        let state = self.state().map_err(self.trouble("unable to open state for processor"))?;
        let newstate = self.dir.own_file("newstate", How::Truncate).and_then(|file| fs::duplicate(file, ABOVE));
        let newstate = newstate.map_err(self.trouble("unable to open newstate for processor"))?;
        let words = words(processor);
        let words: Vec<&_> = words.iter().map(CString::as_c_str).collect();
        let programs = programs(words.first().map_or(b"", |word| word.to_bytes()));
        let programs: Vec<&_> = programs.iter().map(CString::as_c_str).collect();
        let spawn = Spawn {
            program: &programs,
            args: &words,
            environment: None,
            directory: None,
            standard: [Stream::Is(input.as_fd()), Stream::Is(output.as_fd()), Stream::Same],
            session: false,
            mask: &turn.masks.service,
        };
        // It starts where we are; by descriptor, since a log directory that was renamed has no other name.
        let here = Dir::current().map_err(self.trouble("unable to open current working directory"))?;
        self.dir.enter().map_err(self.trouble("unable to change directory, want processor"))?;
        let started = spawn.start_with(&[(state.as_fd(), 4), (newstate.as_fd(), 5)]);
        here.enter().map_err(self.trouble("unable to change to initial working directory"))?;
        match started {
            Ok(Started { pid, failed: None }) => Ok(pid),
            Ok(Started { pid, failed: Some(failed) }) => {
                let _ = process::wait_for(pid);
                Err(self.trouble("unable to run processor")(failed.errno()))
            }
            Err(errno) => Err(self.trouble("unable to fork for processor")(errno)),
        }
    }

    fn state(&self) -> Answer<OwnedFd> {
        let state = match self.dir.own_file("state", How::Read) {
            Err(Errno::ENOENT) => {
                self.dir.own_file("state", How::Truncate)?;
                self.dir.own_file("state", How::Read)
            }
            answer => answer,
        };
        fs::duplicate(state?, ABOVE)
    }

    /// A child has ended: whether it was ours.
    pub(super) fn ended(&mut self, pid: Pid, ending: Ending, turn: Turn<'_>) -> bool {
        let Some(running) = self.processing.running.take_if(|running| running.pid == pid) else { return false };
        // The original takes a processor that was killed for one that succeeded, and loses the file.
        if ending != Ending::Exited(0) {
            turn.setup.voice.remark(&[b"processor failed, restart: ", &self.name]);
            let _ = self.remove(&with_kind(&running.name, Kind::Temporary));
            self.processing.retry = Some(turn.now.moment + PAUSE);
        } else if let Err(trouble) = self.finish(&running.name, turn) {
            turn.setup.pausing(&trouble);
            self.processing.retry = Some(turn.now.moment + PAUSE);
        }
        true
    }

    /// The processed file takes the place of the other.
    fn finish(&self, name: &[u8], turn: Turn<'_>) -> Result<(), Trouble> {
        let (temporary, safe) = (with_kind(name, Kind::Temporary), with_kind(name, Kind::Safe));
        let mode = self.dir.own_file(OsStr::from_bytes(&temporary), How::Write).and_then(|file| {
            fs::sync(&file)?;
            fs::set_mode(&file, 0o744)
        });
        mode.map_err(self.trouble("unable to set mode of processed"))?;
        let renamed = self.dir.rename(OsStr::from_bytes(&temporary), OsStr::from_bytes(&safe));
        renamed.map_err(self.trouble("unable to rename processed"))?;
        if let Err(errno) = self.remove(name) {
            let about = [&self.name, &b"/"[..], name].concat();
            turn.setup.warn(&Trouble { what: "unable to unlink", about, errno });
        }
        if let Err(errno) = self.dir.rename("newstate", "state") {
            turn.setup.warn(&self.trouble("unable to rename state")(errno));
        }
        turn.setup.info(&[b"processed: ", &self.name, b"/", &safe]);
        Ok(())
    }
}

/// The command line of a processor.
fn words(processor: &Processor) -> Vec<CString> {
    let words = match processor {
        Processor::Shell(line) => vec![b"/bin/sh".to_vec(), b"-c".to_vec(), line.clone()],
        Processor::Program(words) => words.clone(),
    };
    let mut words: Vec<CString> = words.into_iter().filter_map(|word| CString::new(word).ok()).collect();
    if let (Processor::Shell(_), Some(first)) = (processor, words.first_mut()) {
        *first = c"sh".to_owned();
    }
    words
}

/// Where a program may be: runit's search through the path.
fn programs(name: &[u8]) -> Vec<CString> {
    if name == b"sh" {
        return vec![c"/bin/sh".to_owned()];
    }
    if name.contains(&b'/') {
        return CString::new(name).into_iter().collect();
    }
    let path = std::env::var_os("PATH").map_or_else(|| b"/bin:/usr/bin".to_vec(), OsStringExt::into_vec);
    let places = path.split(|byte| *byte == b':').map(|place| if place.is_empty() { &b"."[..] } else { place });
    places.filter_map(|place| CString::new([place, b"/", name].concat()).ok()).collect()
}
