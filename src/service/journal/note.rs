//! The line of each transition.

use super::{Draft, Event, Key};
use crate::exit::Ending;
use crate::service::held::Held;
use crate::service::machine::Note;
use crate::span::Span;

impl From<Note> for Draft {
    fn from(note: Note) -> Draft {
        match note {
            Note::Start(pid, starts) => Draft::new(Event::Start).with(Key::Pid, pid).with(Key::Starts, starts),
            Note::Unready(pid) => Draft::new(Event::Unready).with(Key::Pid, pid),
            Note::Waiting => Draft::new(Event::Waiting),
            Note::Adopted(pid) => Draft::new(Event::Adopted).with(Key::Pid, pid),
            Note::Ready(pid) => Draft::new(Event::Ready).with(Key::Pid, pid),
            Note::Exit(life, lasted) => {
                let draft = Draft::new(Event::Exit).with(Key::Pid, life.pid).with(Key::Cause, life.cause);
                with_ending(draft, life.ending).with(Key::Lasted, Span(lasted))
            }
            Note::Finish(pid, ending) => with_ending(Draft::new(Event::Finish).with(Key::Pid, pid), ending),
            Note::Signal(pid, signal, whom) => {
                Draft::new(Event::Signal).with(Key::Pid, pid).with(Key::Signal, signal).with(Key::Whom, whom)
            }
            Note::Backoff(delay, failures) => {
                Draft::new(Event::Backoff).with(Key::Delay, Span(delay)).with(Key::Failures, failures)
            }
            Note::GaveUp(failures, retry) => {
                let draft = Draft::new(Event::GaveUp).with(Key::Failures, failures);
                retry.map(|span| draft.clone().with(Key::Delay, Span(span))).unwrap_or(draft)
            }
            Note::Unhealthy(pid) => Draft::new(Event::Unhealthy).with(Key::Pid, pid),
            Note::Healthy(pid) => Draft::new(Event::Healthy).with(Key::Pid, pid),
        }
    }
}

/// The line of a service that somebody keeps down.
impl From<&Held> for Draft {
    fn from(held: &Held) -> Draft {
        let draft = Draft::new(Event::Held);
        let draft = match held.until {
            Some(until) => draft.with_bytes(Key::Until, &until.text()),
            None => draft,
        };
        if held.note.is_empty() { draft } else { draft.with_bytes(Key::Note, &held.note) }
    }
}

/// The line of a supervisor that has replaced itself by a program of this version.
pub fn reexec(version: &str) -> Draft {
    Draft::new(Event::Reexec).with(Key::Version, version)
}

/// The line of one that could not, and goes on.
pub fn not_reexec(reason: &str) -> Draft {
    Draft::new(Event::NotReexec).with(Key::Reason, reason)
}

fn with_ending(draft: Draft, ending: Ending) -> Draft {
    match ending {
        Ending::Exited(code) => draft.with(Key::Code, code),
        Ending::Unknown => draft,
        Ending::Killed { by, core: false } => draft.with(Key::Signal, by),
        Ending::Killed { by, core: true } => draft.with(Key::Signal, by).with(Key::Core, "yes"),
    }
}
