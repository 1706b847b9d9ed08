//! Decides, line by line, when a service is in trouble and when it is well again.

use super::{Alert, Fact, Kind, names};
use crate::exit::Ending;
use crate::service::journal::{Cause, Event, Key, Line};
use crate::service::policy::Restart;
use crate::signal::Signal;
use crate::span;
use crate::tai64::Label;
use alloc::string::ToString;
use alloc::vec::Vec;
use core::time::Duration;

/// How many failures within which time are flapping.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Flaps {
    /// At least one.
    pub number: usize,
    /// Above nothing.
    pub within: Duration,
}

/// What holds for one service.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rules {
    /// When it flaps.
    pub flaps: Flaps,
    /// A process that has lived so long is well, where nothing tells of readiness.
    pub well: Duration,
    /// Whether its readiness is told: it has a file `ready` that says how.
    pub tells_ready: bool,
    /// Which ends are no failures.
    pub restart: Restart,
}

/// What was read so far, as far as it matters.
///
/// A trouble is told once and stands until the service is well: until it is ready or its checks succeed, or, where
/// nothing tells of that, its process has lived for a while. A flapping service is ready again and again, so it is
/// well only when as much time has passed without a failure as makes it flap. When it is well, everything that stands
/// is over at once, and that is told once.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Judge {
    pub(super) up: Option<Up>,
    /// The last failures, oldest first, none older than what flapping is.
    pub(super) failed: Vec<Label>,
    /// How the last process ended.
    pub(super) last: Vec<(Fact, Vec<u8>)>,
    /// What was told and is not over.
    pub(super) trouble: Vec<Kind>,
    /// Since when.
    pub(super) began: Option<Label>,
}

/// A process that runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Up {
    pub(super) start: Mark,
    /// Where it was said that it works.
    pub(super) well: Option<Mark>,
    /// Its checks fail.
    pub(super) ill: bool,
}

/// A line, by number and time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Mark {
    pub(super) sequence: u64,
    pub(super) label: Label,
}

/// More failures than anybody wants to count.
const MOST: usize = 1000;

impl Flaps {
    /// `5/60s`.
    pub fn parse(text: &[u8]) -> Result<Flaps, &'static str> {
        const WRONG: &str = "is no number of failures and a time, such as 5/60s";
        let slash = text.iter().position(|byte| *byte == b'/').ok_or(WRONG)?;
        let (number, within) = (text.get(..slash).unwrap_or_default(), text.get(slash + 1..).unwrap_or_default());
        let digits = number.iter().all(u8::is_ascii_digit);
        let number = core::str::from_utf8(number).ok().filter(|_| digits).and_then(|text| text.parse().ok());
        let within = span::duration(within).map_err(|_| WRONG)?;
        match number {
            Some(number @ 1..=MOST) if !within.is_zero() => Ok(Flaps { number, within }),
            _ => Err(WRONG),
        }
    }
}

impl Judge {
    /// Takes a line, and tells what follows from it, and from the time before it.
    pub fn step(&mut self, line: &Line, rules: &Rules) -> Vec<Alert> {
        let mut told = Vec::from_iter(self.lapse(line.label, rules));
        let mark = Mark { sequence: line.sequence, label: line.label };
        match line.event {
            Some(Event::Start) => self.up = Some(Up { start: mark, well: None, ill: false }),
            // Whose start we have not seen is up all the same.
            Some(Event::Adopted) => drop(self.up_at(mark)),
            Some(Event::Ready) => self.up_at(mark).well = Some(mark),
            Some(Event::Unready) => self.up_at(mark).well = None,
            Some(Event::Healthy) => *self.up_at(mark) = Up { well: Some(mark), ill: false, ..*self.up_at(mark) },
            Some(Event::Unhealthy) => {
                *self.up_at(mark) = Up { well: None, ill: true, ..*self.up_at(mark) };
                told.extend(self.trouble(Kind::Unhealthy, line));
            }
            Some(Event::Exit) => {
                self.up = None;
                self.last = ending_of(line);
                if has_failed(line, &rules.restart) {
                    told.extend(self.failed(line, rules));
                }
            }
            Some(Event::GaveUp) => {
                self.up = None;
                told.extend(self.trouble(Kind::GaveUp, line));
            }
            _ => {}
        }
        told.extend(self.lapse(line.label, rules));
        told
    }

    /// When a recovery is due if nothing else happens.
    pub fn due(&self, rules: &Rules) -> Option<Label> {
        self.recovery(rules).map(|mark| mark.label)
    }

    /// It is so late now.
    pub fn lapse(&mut self, now: Label, rules: &Rules) -> Option<Alert> {
        let Mark { sequence, label } = self.recovery(rules).filter(|mark| mark.label <= now)?;
        let mut facts = Vec::from([(Fact::After, names(&self.trouble).into_bytes())]);
        facts.extend(self.began.map(|began| (Fact::Since, began.text().to_vec())));
        self.trouble.clear();
        self.began = None;
        Some(Alert { kind: Kind::Recovered, sequence, label, facts })
    }

    /// From which line a recovery follows, and when.
    fn recovery(&self, rules: &Rules) -> Option<Mark> {
        let up = self.up.filter(|up| !up.ill && !self.trouble.is_empty())?;
        let Mark { sequence, label } = match up.well {
            Some(mark) => mark,
            None if rules.tells_ready => return None,
            None => Mark { label: up.start.label.after(rules.well), ..up.start },
        };
        let calm = self.failed.last().filter(|_| self.trouble.contains(&Kind::Flapping));
        let label = calm.map_or(label, |last| last.after(rules.flaps.within).max(label));
        Some(Mark { sequence, label })
    }

    fn up_at(&mut self, mark: Mark) -> &mut Up {
        self.up.get_or_insert(Up { start: mark, well: None, ill: false })
    }

    fn failed(&mut self, line: &Line, rules: &Rules) -> Option<Alert> {
        let Flaps { number, within } = rules.flaps;
        // A clock that was set back leaves times that have not come yet.
        self.failed.retain(|label| *label <= line.label && label.after(within) >= line.label);
        self.failed.push(line.label);
        let surplus = self.failed.len().saturating_sub(number);
        self.failed.drain(..surplus);
        (self.failed.len() == number).then(|| self.trouble(Kind::Flapping, line)).flatten()
    }

    /// Tells of a trouble, unless that stands already.
    fn trouble(&mut self, kind: Kind, line: &Line) -> Option<Alert> {
        if self.trouble.contains(&kind) {
            return None;
        }
        self.trouble.push(kind);
        let first = self.failed.first().copied().filter(|_| kind != Kind::Unhealthy).unwrap_or(line.label);
        let since = *self.began.get_or_insert(first);
        let mut facts = Vec::new();
        match kind {
            Kind::Unhealthy => facts.extend(line.fact(Key::Pid).map(|pid| (Fact::Pid, pid.to_vec()))),
            _ => facts.extend(self.last.iter().cloned()),
        }
        let counted = self.failed.len().to_string().into_bytes();
        let failures = line.fact(Key::Failures).map(<[u8]>::to_vec).or((kind == Kind::Flapping).then_some(counted));
        facts.extend(failures.map(|number| (Fact::Failures, number)));
        facts.push((Fact::Since, since.text().to_vec()));
        let retry = line.fact(Key::Delay).filter(|_| kind == Kind::GaveUp);
        facts.extend(retry.map(|delay| (Fact::Retry, delay.to_vec())));
        Some(Alert { kind, sequence: line.sequence, label: line.label, facts })
    }
}

fn ending_of(line: &Line) -> Vec<(Fact, Vec<u8>)> {
    let kept = [
        (Fact::Cause, Key::Cause),
        (Fact::Code, Key::Code),
        (Fact::Signal, Key::Signal),
        (Fact::Core, Key::Core),
        (Fact::Pid, Key::Pid),
    ];
    kept.into_iter().filter_map(|(fact, key)| line.fact(key).map(|value| (fact, value.to_vec()))).collect()
}

/// What others asked for or brought about is no failure of its own.
fn has_failed(line: &Line, restart: &Restart) -> bool {
    match line.cause() {
        Some(Cause::Asked | Cause::StopTimeout | Cause::Needs) => false,
        Some(Cause::Exit | Cause::Signal | Cause::Core) | None => !ending(line).is_some_and(|how| restart.is_ok(how)),
        _ => true,
    }
}

fn ending(line: &Line) -> Option<Ending> {
    let signal = || line.fact(Key::Signal).and_then(|name| Signal::parse(core::str::from_utf8(name).ok()?));
    let killed = || signal().map(|by| Ending::Killed { by, core: false });
    line.read(Key::Code).map(Ending::Exited).or_else(killed)
}
