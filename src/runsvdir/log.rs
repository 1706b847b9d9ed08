//! Where complaints go: to standard error, or, with a log argument, into the process title, together with what the
//! services write to standard error.
//!
//! Services write to a pipe that blocks; only our end of it answers at once. We never write to it ourselves: we are
//! its only reader, and would wait for ourselves when it is full.

use crate::cli::message::{Pieces, Voice, to_stderr};
use crate::moment::Moment;
use crate::scan::handover;
use crate::scan::readout::Readout;
use crate::sys::handover::Outgoing;
use crate::sys::title::Title;
use crate::sys::{Errno, io};
use core::time::Duration;
use std::ffi::OsStr;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::os::unix::ffi::OsStrExt;

/// Every so long a dot pushes old text out, as long as there is any.
const EXPIRY: Duration = Duration::from_secs(900);

/// Bytes taken in one read.
const CHUNK: usize = 1024;

/// Reads in one turn; whoever writes without end does not keep us from our children.
const READS: usize = 16;

/// Our voice.
#[derive(Debug)]
pub(super) struct Log {
    voice: Voice,
    shown: Option<Shown>,
}

#[derive(Debug)]
struct Shown {
    readout: Readout,
    title: Title,
    pipe: OwnedFd,
    expiry: Option<Moment>,
}

impl Log {
    /// A voice that speaks to standard error.
    pub(super) fn new(path: &OsStr) -> Log {
        Log { voice: Voice::new(&[b"runsvdir ", path.as_bytes()]), shown: None }
    }

    /// From now on everything is shown in this argument, if it can be.
    pub(super) fn show_in(&mut self, argument: &'static OsStr) {
        if let Err(why) = self.try_show_in(argument) {
            match why {
                Disabled::TooShort => self.remark(&[b"log must have at least seven characters."]),
                Disabled::Pipe(errno) => self.warning(&[b"unable to create pipe for log."], errno),
                Disabled::Descriptor(errno) => self.warning(&[b"unable to set filedescriptor for log."], errno),
            }
            self.remark(&[b"log service disabled."]);
        }
    }

    fn try_show_in(&mut self, argument: &'static OsStr) -> Result<(), Disabled> {
        let readout = Readout::new(argument.as_bytes()).ok_or(Disabled::TooShort)?;
        let title = Title::over(argument).ok_or(Disabled::TooShort)?;
        let (pipe, writer) = io::pipe().map_err(Disabled::Pipe)?;
        io::set_nonblocking(&pipe).map_err(Disabled::Pipe)?;
        io::become_stderr(&writer).map_err(Disabled::Descriptor)?;
        let mut shown = Shown { readout, title, pipe, expiry: None };
        shown.title.show(shown.readout.text());
        self.shown = Some(shown);
        Ok(())
    }

    /// What is shown, and where that comes from, for the program that takes our place. Standard error stays what it is.
    pub(super) fn hand_over(&self, outgoing: &mut Outgoing) -> Option<handover::Log> {
        let shown = self.shown.as_ref()?;
        let text = shown.readout.text().to_vec();
        Some(handover::Log { text, pipe: outgoing.keep(&shown.pipe), expiry: shown.expiry })
    }

    /// Goes on showing what was handed over. Our argument is what was shown last, and so as long.
    pub(super) fn go_on_showing(&mut self, argument: &'static OsStr, log: handover::Log, pipe: OwnedFd) {
        let (Some(title), Some(readout)) = (Title::over(argument), Readout::of(log.text)) else { return };
        let mut shown = Shown { readout, title, pipe, expiry: log.expiry };
        shown.title.show(shown.readout.text());
        self.shown = Some(shown);
    }

    /// `PREFIX: warning: WHAT: reason`.
    pub(super) fn warning(&mut self, what: Pieces<'_>, why: Errno) {
        self.utter(b"warning: ", what, Some(why));
    }

    /// `PREFIX: warning: WHAT`, where no call failed.
    pub(super) fn remark(&mut self, what: Pieces<'_>) {
        self.utter(b"warning: ", what, None);
    }

    /// `PREFIX: WHAT`, for lines of another kind.
    pub(super) fn say(&mut self, what: Pieces<'_>) {
        self.utter(b"", what, None);
    }

    /// `PREFIX: fatal: WHAT: reason`.
    pub(super) fn fatal(&mut self, what: Pieces<'_>, why: Errno) {
        self.utter(b"fatal: ", what, Some(why));
    }

    fn utter(&mut self, kind: &[u8], what: Pieces<'_>, why: Option<Errno>) {
        let text = self.voice.text(kind, what, why);
        match &mut self.shown {
            Some(shown) => shown.push(&text),
            None => to_stderr(&text),
        }
    }

    /// The pipe to be waited for, where there is one.
    pub(super) fn pipe(&self) -> Option<BorrowedFd<'_>> {
        self.shown.as_ref().map(|shown| shown.pipe.as_fd())
    }

    /// Takes what services have written.
    pub(super) fn read(&mut self) {
        let Some(shown) = &mut self.shown else { return };
        let mut bytes = [0; CHUNK];
        for _ in 0..READS {
            match io::read(&shown.pipe, &mut bytes) {
                Ok(length) if length > 0 => shown.push(&bytes[..length]),
                _ => return, // nothing more for now; it has no end, since we hold the other end too
            }
        }
    }

    /// When text expires next.
    pub(super) fn deadline(&self) -> Option<Moment> {
        self.shown.as_ref()?.expiry
    }

    /// Time has passed: lets text expire, and begins to count once there is any.
    pub(super) fn turn(&mut self, now: Moment) {
        let Some(shown) = &mut self.shown else { return };
        match shown.expiry {
            _ if shown.readout.is_blank() => shown.expiry = None,
            None => shown.expiry = Some(now + EXPIRY),
            Some(due) if due <= now => {
                shown.push(b".");
                shown.expiry = Some(now + EXPIRY);
            }
            Some(_) => {}
        }
    }
}

enum Disabled {
    TooShort,
    Pipe(Errno),
    Descriptor(Errno),
}

impl Shown {
    fn push(&mut self, bytes: &[u8]) {
        self.readout.push(bytes);
        self.title.show(self.readout.text());
    }
}
