//! What the end of a journal tells of a process that has ended: a supervisor that finds one so, whose predecessor was
//! killed between the line and the status, tells it to nobody again.

use super::line::heads;
use super::{Cause, Event, Line};
use crate::exit::{Ending, Pid};
use crate::service::machine::Note;
use alloc::vec::Vec;

/// An end that has been told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Told {
    /// How.
    pub ending: Ending,
    /// Why, for a `run`.
    pub cause: Option<Cause>,
    /// What was said of the next start, if anything: `backoff` or `gave-up`.
    pub next: Option<Event>,
}

impl Told {
    /// What the last lines of both files say of the end of this process, by an `exit` or a `finish`.
    pub fn of(previous: &[u8], current: &[u8], pid: Pid, event: Event) -> Option<Told> {
        let lines: Vec<Line> = heads(previous).chain(heads(current)).map(|head| head.line()).collect();
        let at = lines.iter().rposition(|line| line.event == Some(event) && line.pid() == Some(pid))?;
        let (end, behind) = lines.get(at..)?.split_first()?;
        let events = || behind.iter().filter_map(|line| line.event);
        if events().any(|event| matches!(event, Event::Start | Event::Adopted)) {
            return None; // that was another one of its number
        }
        let next = events().find(|event| matches!(event, Event::Backoff | Event::GaveUp));
        Some(Told { ending: end.ending(), cause: end.cause(), next })
    }

    /// Whether the last lines tell that this process was started, and nothing of another.
    pub fn tells_start(previous: &[u8], current: &[u8], pid: Pid) -> bool {
        let starts = heads(previous).chain(heads(current)).map(|head| head.line());
        starts.filter(|line| line.event == Some(Event::Start)).last().is_some_and(|line| line.pid() == Some(pid))
    }

    /// Whether this transition has its line.
    pub fn has(&self, note: &Note) -> bool {
        match note {
            Note::Exit(..) | Note::Finish(..) => true,
            Note::Backoff(..) | Note::GaveUp(..) => self.next.is_some(),
            _ => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::signal::Signal;

    fn told(text: &str, event: Event) -> Option<Told> {
        let text: alloc::string::String =
            (1..).zip(text.lines()).map(|(n, line)| alloc::format!("@400000006b003fd03a9ee3ac {n} {line}\n")).collect();
        Told::of(b"", text.as_bytes(), Pid::new(7)?, event)
    }

    #[test]
    fn an_end_is_told_by_its_own_line() {
        let end = "start pid=7\nexit pid=7 cause=exit code=3";
        let known = Told { ending: Ending::Exited(3), cause: Some(Cause::Exit), next: None };
        assert_eq!(told(end, Event::Exit), Some(known));
        assert_eq!(told(end, Event::Finish), None);
        assert_eq!(told("start pid=7", Event::Exit), None);
        assert_eq!(told("exit pid=8 cause=exit code=3", Event::Exit), None);
        assert_eq!(
            told("exit pid=7 cause=exit code=3\nstart pid=7", Event::Exit),
            None,
            "an earlier one of its number"
        );
        assert_eq!(told("exit pid=7 cause=exit code=3\nadopted pid=7", Event::Exit), None);
    }

    #[test]
    fn a_start_is_told_by_the_last_one() {
        let tells = |text: &[u8]| Told::tells_start(text, b"", Pid::new(7).unwrap());
        assert!(tells(b"@400000006b003fd03a9ee3ac 1 start pid=7 starts=1\n@400000006b003fd03a9ee3ac 2 ready pid=7\n"));
        assert!(!tells(b"@400000006b003fd03a9ee3ac 1 start pid=7\n@400000006b003fd03a9ee3ac 2 start pid=8\n"));
        assert!(!tells(b"@400000006b003fd03a9ee3ac 1 start pid=7"), "not written to its end");
    }

    #[test]
    fn so_is_what_follows_it() {
        let known = told("exit pid=7 cause=asked signal=TERM\nbackoff delay=1s failures=1", Event::Exit).unwrap();
        assert_eq!(known.ending, Ending::Killed { by: Signal::TERM, core: false });
        assert_eq!((known.cause, known.next), (Some(Cause::Asked), Some(Event::Backoff)));
        let known = told("finish pid=7 code=125\ngave-up failures=1", Event::Finish).unwrap();
        assert_eq!((known.ending, known.next), (Ending::Exited(125), Some(Event::GaveUp)));
        let pid = Pid::new(7).unwrap();
        assert!(known.has(&Note::Finish(pid, Ending::Unknown)) && known.has(&Note::GaveUp(1, None)));
        assert!(!known.has(&Note::Adopted(pid)));
    }
}
