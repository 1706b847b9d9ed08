//! The journal of a service: a line for each transition, appended to `supervise/journal` before its effects can be
//! seen elsewhere. It is the one source of what happened: whoever tells people, listeners or other machines reads it,
//! each with a cursor of its own.
//!
//! ```text
//! @400000006b003fd03a9ee3ac 17 exit pid=4711 cause=signal signal=SEGV core=yes lasted=90s
//! ```
//!
//! A line is a label, a sequence number, an event, and facts. Sequence numbers never restart, so a gap tells that lines
//! were lost. What a value cannot hold (blanks, newlines, `=`, `\`, all that is not ASCII) is `\xHH`, a byte each.
//! Readers ignore events and keys that they do not know, and lines that are none: the last one may not have
//! been written to its end.
//!
//! A file that is larger than `BOUND` is renamed to `journal.1` before the next line is written.

mod cursor;
mod line;
pub mod note;
mod replay;
mod show;
mod told;
mod writer;

pub use cursor::{Cursor, Taken};
pub use line::Line;
pub(crate) use line::unescaped;
pub use replay::Replay;
pub use told::Told;
pub(crate) use writer::escape;
pub use writer::{Draft, Writer};

use super::word::words;

words! {
    /// What happened.
    pub enum Event {
        /// A process was started.
        Start = "start",
        /// It works.
        Ready = "ready",
        /// It works no more, or not now.
        Unready = "unready",
        /// The process has ended.
        Exit = "exit",
        /// `finish` has ended.
        Finish = "finish",
        /// A signal was sent to it.
        Signal = "signal",
        /// The next start waits for its delay.
        Backoff = "backoff",
        /// There will be no next start.
        GaveUp = "gave-up",
        /// The start waits for others.
        Waiting = "waiting",
        /// Too many checks failed.
        Unhealthy = "unhealthy",
        /// Checks succeed again.
        Healthy = "healthy",
        /// A supervisor took over a process that it has not started.
        Adopted = "adopted",
        /// The supervisor has replaced itself by the program that is there now.
        Reexec = "reexec",
        /// It could not, and goes on as it was.
        NotReexec = "not-reexec",
        /// Somebody keeps it down for a time, or says why.
        Held = "held",
    }
}

words! {
    /// Why a process has ended.
    pub enum Cause {
        /// Somebody asked for it.
        Asked = "asked",
        /// By itself.
        Exit = "exit",
        /// A signal that we did not send.
        Signal = "signal",
        /// A signal that left a memory image.
        Core = "core",
        /// The kernel killed it, as memory was short.
        Oom = "oom",
        /// It was asked, and had to be killed.
        StopTimeout = "stop-timeout",
        /// It did not tell in time that it is alive.
        Watchdog = "watchdog",
        /// Too many checks failed.
        Unhealthy = "unhealthy",
        /// It was not ready in time.
        StartTimeout = "start-timeout",
        /// A service that it needs has ended.
        Needs = "needs",
        /// There was no program to run.
        ExecFailed = "exec-failed",
    }
}

words! {
    /// What a fact is about.
    pub enum Key {
        /// Which process.
        Pid = "pid",
        /// Why it ended.
        Cause = "cause",
        /// Its exit code.
        Code = "code",
        /// Which signal ended it, or was sent.
        Signal = "signal",
        /// Whether it left a memory image.
        Core = "core",
        /// To whom a signal was sent.
        Whom = "whom",
        /// How long the process lived.
        Lasted = "lasted",
        /// How long until the next start.
        Delay = "delay",
        /// How many failures in a row.
        Failures = "failures",
        /// How many starts there have been.
        Starts = "starts",
        /// Which service is waited for, or has ended.
        Need = "need",
        /// What told that it is ready, or unhealthy.
        By = "by",
        /// What the service says of itself.
        Status = "status",
        /// Which number the service gave its trouble.
        Errno = "errno",
        /// Which processes of it were left behind by its end, and were ended too.
        Left = "left",
        /// What somebody wants to be remembered.
        Note = "note",
        /// Until when.
        Until = "until",
        /// Which version a program is.
        Version = "version",
        /// Why something could not be done.
        Reason = "reason",
    }
}

/// A larger file is renamed. Some hundred lines: what a person looks back at, and nothing that a disk would notice.
pub const BOUND: u64 = 64 * 1024;

/// Whether a journal of this size is to be renamed before the next line is written.
pub fn is_full(size: u64) -> bool {
    size > BOUND
}

/// A value has no more bytes; a longer one is cut.
const VALUE: usize = 256;

/// No line is longer; facts that do not fit are left out.
pub const LINE: usize = 4096;

/// So many bytes at the end of a file hold its last line, also behind one that was not written to its end.
pub const TAIL: usize = 2 * LINE;

#[cfg(test)]
mod tests;
