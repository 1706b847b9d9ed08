//! Replacing the program of a supervisor by the one that is there now, in the same process.
//!
//! First that program is tried: a child runs it, reads a copy of what would be handed over, and answers whether it
//! understands. Only if it does we become it. So a program that is missing, that crashes, that is somebody else's, or
//! that is too old changes nothing: we go on.
//!
//! What is handed over is on a file in memory. The child of the trial has it as standard input, and writes its answer
//! behind it; the next program of this process is told its number by a variable that it takes out of its environment.

use crate::exit::{Ending, Pid};
use crate::handover::{self, LONGEST, Packed, Refused, UNDERSTOOD};
use crate::moment::Moment;
use crate::process_state::search::candidates;
use crate::signal::Signal;
use crate::sys::handover::{Incoming, Outgoing, announcement, arrived, close_all, paper};
use crate::sys::process::{self, Spawn, Started, Stream};
use crate::sys::reactor::Mask;
use crate::sys::{Errno, Result, door, errno::Reason, fs, io};
use core::time::Duration;
use std::ffi::{CStr, CString, OsStr};
use std::os::fd::OwnedFd;
use std::os::unix::ffi::OsStrExt;

/// The first word that a program is called with to be tried.
pub const TRIAL: &str = "--handover";

/// What it is called with: what every other program of this name, ours of an earlier version and runit's, refuses
/// without doing anything.
#[derive(Clone, Copy, Debug)]
pub enum Words {
    /// Of `runsv`: one that takes the first for a directory is given one too many.
    Runsv,
    /// Of `runsvdir`: one that drops the first for its dashes is left without a directory.
    Runsvdir,
}

/// How long it may take to answer. A machine that is that slow is not to be upgraded now.
const PATIENCE: Duration = Duration::from_secs(20);

/// A program that is being tried.
#[derive(Debug)]
pub struct Trial {
    pid: Pid,
    paper: OwnedFd,
    length: usize,
    until: Moment,
    late: bool,
}

/// What is executed: where it may be, and what it is called with.
#[derive(Debug)]
pub struct Program {
    places: Vec<CString>,
    args: Vec<CString>,
    words: Words,
}

impl Program {
    /// Ours, with the arguments that we were given, as they are now. By what it was called it is found again as it was found first: by
    /// its path, or on the search path. Where that was a path seen from a directory which we have left, it is the place
    /// that the kernel knows.
    pub fn ours(words: Words) -> Program {
        let args = door::texts();
        let called = args.first().map(|name| name.to_bytes()).unwrap_or_default();
        let path = process::variable("PATH").map(OsStr::as_bytes);
        let places = match called {
            [b'/', ..] => candidates(called, path),
            _ if called.contains(&b'/') => own_place().into_iter().collect(),
            _ => candidates(called, path),
        };
        Program { places, args, words }
    }

    fn places(&self) -> Vec<&CStr> {
        self.places.iter().map(CString::as_c_str).collect()
    }

    fn shown(&self) -> String {
        let place = self.places.iter().find(|place| fs::facts_of(OsStr::from_bytes(place.to_bytes())).is_ok());
        let shown = place.or(self.args.first()).map(|text| text.to_bytes()).unwrap_or_default();
        String::from_utf8_lossy(shown).into_owned()
    }

    /// Begins to try it on this.
    pub fn try_on(&self, now: Moment, state: &[u8], mask: &Mask) -> core::result::Result<Trial, String> {
        let unable = |errno: Errno| format!("unable to try {}: {}", self.shown(), errno.reason());
        let paper = written(state).map_err(unable)?;
        let places = self.places();
        let Some(name) = self.args.first() else { return Err(unable(Errno::EINVAL)) };
        let args: &[&CStr] = match self.words {
            Words::Runsv => &[name, c"--handover", c"."],
            Words::Runsvdir => &[name, c"--handover"],
        };
        let standard = [Stream::Is(std::os::fd::AsFd::as_fd(&paper)), Stream::Same, Stream::Same];
        let spawn =
            Spawn { program: &places, args, environment: None, directory: None, standard, session: false, mask };
        match spawn.start() {
            Ok(Started { pid, failed: None }) => {
                Ok(Trial { pid, paper, length: state.len(), until: now + PATIENCE, late: false })
            }
            // Its end is heard of as that of nobody.
            Ok(Started { failed: Some(failed), .. }) => {
                Err(format!("unable to run {}: {}", self.shown(), failed.errno().reason()))
            }
            Err(errno) => Err(unable(errno)),
        }
    }

    /// Becomes it. Returns only to say why not; then everything is as it was.
    pub fn become_it(&self, state: &[u8], mut outgoing: Outgoing) -> String {
        let errno = match self.execute(state, &mut outgoing) {
            Ok(errno) | Err(errno) => errno,
        };
        let _ = outgoing.stay_open(false); // they were open a moment ago
        format!("unable to run {}: {}", self.shown(), errno.reason())
    }

    fn execute(&self, state: &[u8], outgoing: &mut Outgoing) -> Result<Errno> {
        let paper = written(state)?;
        let told = announcement(&paper).and_then(|told| CString::new(told).ok()).ok_or(Errno::EINVAL)?;
        outgoing.keep(&paper);
        outgoing.stay_open(true)?;
        let args: Vec<&CStr> = self.args.iter().map(CString::as_c_str).collect();
        let mut environment = process::environment();
        environment.push(&told);
        let errno = process::execute_in_place(&self.places(), &args, Some(&environment));
        outgoing.forget_last();
        Ok(errno)
    }
}

/// Where our program is, or was: a program that was replaced by another file of its name is where that is.
fn own_place() -> Option<CString> {
    let link = fs::read_link("/proc/self/exe").ok()?;
    let path = link.as_bytes().strip_suffix(b" (deleted)").unwrap_or(link.as_bytes());
    CString::new(path).ok()
}

fn written(state: &[u8]) -> Result<OwnedFd> {
    let paper = paper()?;
    let mut at = 0;
    while let Some(rest) = state.get(at..).filter(|rest| !rest.is_empty()) {
        at += io::write_at(&paper, rest, i64::try_from(at).unwrap_or(i64::MAX))?;
    }
    Ok(paper)
}

impl Trial {
    /// The child.
    pub fn pid(&self) -> Pid {
        self.pid
    }

    /// When it takes too long.
    pub fn deadline(&self) -> Option<Moment> {
        (!self.late).then_some(self.until)
    }

    /// Time has passed: one that takes too long is ended. Its end is still to be heard.
    pub fn tick(&mut self, now: Moment) {
        if !self.late && self.until <= now {
            self.late = true;
            let _ = process::send(self.pid, Signal::KILL); // it is about to be heard of if it has ended
        }
    }

    /// It has ended: whether it understands, or why that is not to be thought.
    pub fn verdict(&self, program: &Program, ending: Ending) -> core::result::Result<(), String> {
        let what = program.shown();
        match ending {
            _ if self.late => Err(format!("{what} does not answer")),
            Ending::Exited(0) if self.answer() => Ok(()),
            Ending::Exited(code) => Err(format!("{what} does not understand what would be handed over, code {code}")),
            Ending::Killed { by, .. } => Err(format!("{what} was ended by {by} when it was tried")),
            Ending::Unknown => Err(format!("{what} was lost when it was tried")),
        }
    }

    fn answer(&self) -> bool {
        let mut bytes = [0; UNDERSTOOD.len() + 1];
        let length = io::read_at(&self.paper, &mut bytes, i64::try_from(self.length).unwrap_or(i64::MAX));
        length.is_ok_and(|length| bytes.get(..length) == Some(UNDERSTOOD))
    }
}

/// The program that is being tried: reads its standard input, and answers there if it understands. Else why it does not.
pub fn answer<T: Packed>() -> core::result::Result<(), String> {
    let unable = |errno: Errno| format!("unable to answer: {}", errno.reason());
    let read = read(io::stdin()).map_err(unable)?;
    handover::open::<T>(&read).map_err(|refused| refused.to_string())?;
    let end = i64::try_from(read.len()).unwrap_or(i64::MAX);
    match io::write_at(io::stdin(), UNDERSTOOD, end).map_err(unable)? {
        length if length == UNDERSTOOD.len() => Ok(()),
        _ => Err(unable(Errno::EIO)),
    }
}

fn read(paper: impl std::os::fd::AsFd) -> Result<Vec<u8>> {
    let mut bytes = Vec::new();
    let mut piece = [0; 4096];
    loop {
        let at = i64::try_from(bytes.len()).unwrap_or(i64::MAX);
        match io::read_at(paper.as_fd(), &mut piece, at)? {
            0 => return Ok(bytes),
            _ if bytes.len() > LONGEST => return Err(Errno::EFBIG),
            length => bytes.extend_from_slice(piece.get(..length).unwrap_or_default()),
        }
    }
}

/// What has become of the program before us in this process.
#[derive(Debug)]
pub enum Arrival<T> {
    /// There was none.
    None,
    /// It has handed this over.
    Handed(T, Incoming),
    /// It has handed over something that is not understood, though it was tried, for this reason. What was open is closed:
    /// what there is to know now is what one knows whose predecessor was killed.
    Lost(Refused),
}

/// Looks whether there was one. To be called before anything is opened.
pub fn look<T: Packed>(is_meant: impl FnOnce(&T) -> bool) -> Arrival<T> {
    let mut incoming = Incoming::default();
    let Some(paper) = arrived(&mut incoming) else { return Arrival::None };
    let read = read(&paper).map_err(|_| Refused::Foreign).and_then(|bytes| handover::open::<T>(&bytes));
    drop(paper);
    match read {
        Ok(handed) if is_meant(&handed) => Arrival::Handed(handed, incoming),
        Ok(_) => lost(Refused::Foreign),
        Err(refused) => lost(refused),
    }
}

fn lost<T>(refused: Refused) -> Arrival<T> {
    close_all();
    Arrival::Lost(refused)
}
