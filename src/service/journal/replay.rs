//! What a service must be, by its journal alone: every line taken in its order, to be compared with what its
//! supervisor shows. What the two do not agree on is a defect of one of them.
//!
//! The journal tells what happened, not what somebody wants; so what is wanted is taken from the status. Somebody who
//! wants a service up that has failed has its failures forgotten, which is no line either: until the next line that
//! tells them, they are what they were or none. Whether a service that has no `ready` line works is for its
//! file `ready` to say, and whether `finish` runs after an `exit` for the status.

use super::{Cause, Event, Key, Line};
use crate::exit::{Ending, Pid};
use crate::service::policy::Restart;
use crate::service::record::{LastExit, Phase, Record, Report};
use crate::service::status::{self, Want};
use crate::span;
use crate::tai64::Label;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt::Debug;

/// What the lines that were taken say.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Replay {
    restart: Restart,
    sequence: Option<u64>,
    stand: Stand,
    starts: Option<u32>,
    /// What the count of failures may be; nothing: anything.
    failures: Option<Vec<u32>>,
    /// Nothing: nobody knows, since lines before were lost.
    last_exit: Option<Option<LastExit>>,
    /// Whether the last line was a `finish` that said that it has failed for good.
    for_good: bool,
    senseless: Vec<String>,
}

/// What it is doing.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Stand {
    /// No line tells.
    Unknown,
    Runs(Runs),
    /// `run` has ended; a `finish` has not.
    Ended,
    /// Nothing runs, in this phase.
    Down(Phase),
}

/// `run` runs.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Runs {
    pid: Option<Pid>,
    since: Label,
    ready: Said,
    unhealthy: bool,
    /// It was sent a signal of the ladder, or says that it stops or reloads.
    may_stop: bool,
}

/// What was said of its being ready.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Said {
    Nothing,
    Since(Label),
    /// It works no more, or is about to end; before, it was so.
    Not(Option<Label>),
}

impl Replay {
    /// Before the first line; this policy says what counts as a failure.
    pub fn new(restart: Restart) -> Replay {
        let stand = Stand::Unknown;
        Replay {
            restart,
            sequence: None,
            stand,
            starts: None,
            failures: None,
            last_exit: None,
            for_good: false,
            senseless: Vec::new(),
        }
    }

    /// All of these, in their order.
    pub fn of(restart: Restart, lines: &[Line]) -> Replay {
        let mut replay = Replay::new(restart);
        lines.iter().for_each(|line| replay.take(line));
        replay
    }

    /// One more line.
    pub fn take(&mut self, line: &Line) {
        let due = self.sequence.map(|sequence| sequence.wrapping_add(1));
        if due.is_some_and(|due| due != line.sequence) {
            self.wrong(line, "is not the next");
        }
        self.sequence = Some(line.sequence);
        let for_good = core::mem::take(&mut self.for_good);
        match line.event {
            Some(Event::Start) => self.start(line),
            Some(Event::Exit) => self.exit(line),
            Some(Event::Finish) => self.finish(line),
            Some(Event::Backoff) => self.down(line, Phase::Backoff),
            Some(Event::GaveUp) => {
                self.down(line, Phase::GaveUp);
                if !for_good {
                    self.failures = Some(Vec::from([0])); // it was enough; the next ones are counted anew
                }
            }
            Some(Event::Waiting) => match self.stand {
                Stand::Runs(_) => self.wrong(line, "waits while it runs"),
                _ => self.stand = Stand::Down(Phase::Waiting),
            },
            Some(Event::Ready | Event::Unready | Event::Unhealthy | Event::Healthy | Event::Signal) => self.says(line),
            Some(Event::Adopted) => {
                if let Stand::Runs(runs) = &mut self.stand {
                    runs.pid = line.pid();
                }
            }
            Some(Event::Reexec | Event::NotReexec | Event::Held) | None => {}
        }
    }

    fn start(&mut self, line: &Line) {
        if let Stand::Runs(_) = self.stand {
            self.wrong(line, "is a second start");
        }
        let starts = line.read(Key::Starts);
        match (self.starts, starts) {
            (_, Some(1)) => {
                // A supervisor that has just come knows of nothing before.
                self.failures = Some(Vec::from([0]));
                self.last_exit = Some(None);
            }
            (Some(before), Some(starts)) if before.wrapping_add(1) != starts => {
                self.wrong(line, "is not the next start")
            }
            _ => {}
        }
        self.starts = starts;
        self.may_be_pardoned();
        self.recount(line);
        let runs = Runs { pid: line.pid(), since: line.label, ready: Said::Nothing, unhealthy: false, may_stop: false };
        self.stand = Stand::Runs(runs);
    }

    fn exit(&mut self, line: &Line) {
        match &self.stand {
            Stand::Runs(runs) if runs.pid != line.pid() => self.wrong(line, "is the end of another process"),
            Stand::Runs(_) | Stand::Unknown => {}
            _ => self.wrong(line, "is an end without a start"),
        }
        let was_ready = matches!(&self.stand, Stand::Runs(Runs { ready: Said::Since(_), .. }));
        self.stand = Stand::Ended;
        let ending = line.ending();
        let Some(cause) = line.cause() else { return self.wrong(line, "has no cause") };
        self.last_exit = Some(Some(LastExit { ending, cause }));
        let lasted = line.fact(Key::Lasted).and_then(|text| span::duration(text).ok()).unwrap_or_default();
        let good = !self.restart.early && lasted >= self.restart.healthy;
        let before = if good { Some(Vec::from([0])) } else { self.failures.take() };
        let counts = !self.restart.early || !was_ready;
        self.failures = match counts && self.is_failure(cause, ending) {
            true => before.map(|counts| counts.into_iter().map(|count| count.saturating_add(1)).collect()),
            false => Some(Vec::from([0])),
        };
        if self.restart.early {
            self.may_be_pardoned(); // no line tells of one that is ready as soon as it is up
        }
        self.recount(line);
    }

    fn is_failure(&self, cause: Cause, ending: Ending) -> bool {
        match cause {
            Cause::Asked | Cause::StopTimeout => false,
            Cause::Exit | Cause::Signal | Cause::Core => self.restart.early || !self.restart.is_ok(ending),
            _ => true,
        }
    }

    fn finish(&mut self, line: &Line) {
        if !matches!(self.stand, Stand::Ended | Stand::Unknown) {
            self.wrong(line, "is an end of what had not begun");
        }
        self.stand = Stand::Down(Phase::Down);
        self.for_good = line.ending() == Ending::Exited(125);
    }

    fn down(&mut self, line: &Line, phase: Phase) {
        if let Stand::Runs(_) = self.stand {
            self.wrong(line, "is no word for what runs");
        }
        self.stand = Stand::Down(phase);
        self.recount(line);
    }

    /// A line that tells how often it has failed ends all doubt.
    fn recount(&mut self, line: &Line) {
        let Some(failures) = line.read::<u32>(Key::Failures) else { return };
        if self.failures.as_ref().is_some_and(|counts| !counts.contains(&failures)) {
            self.wrong(line, "counts other failures");
        }
        self.failures = Some(Vec::from([failures]));
    }

    fn may_be_pardoned(&mut self) {
        let Some(counts) = &mut self.failures else { return };
        if !counts.contains(&0) {
            counts.push(0);
        }
    }

    fn says(&mut self, line: &Line) {
        let Stand::Runs(runs) = &mut self.stand else {
            return match self.stand {
                Stand::Unknown => {}
                _ => self.wrong(line, "tells of what does not run"),
            };
        };
        let same = runs.pid == line.pid();
        match line.event {
            Some(Event::Ready) => runs.ready = Said::Since(line.label),
            Some(Event::Unready) => runs.unready(),
            Some(Event::Unhealthy) => runs.unhealthy = true,
            Some(Event::Healthy) => runs.unhealthy = false,
            _ => runs.may_stop = true,
        }
        if !same {
            self.wrong(line, "tells of another process");
        }
    }

    fn wrong(&mut self, line: &Line, why: &str) {
        self.senseless.push(format!("line {} {why}", line.sequence));
    }

    /// Lines that cannot follow those before them.
    pub fn senseless(&self) -> &[String] {
        &self.senseless
    }

    /// Where this is not what is shown; nothing where both agree.
    pub fn differences(&self, shown: &Report) -> Vec<String> {
        let mut all = Differences(Vec::new());
        let Some(record) = &shown.record else { return Vec::from(["there is no record".into()]) };
        all.among("phase", &self.phases(shown), record.phase);
        self.process(shown, record, &mut all);
        if let Some(starts) = self.starts {
            all.same("starts", starts, record.starts);
        }
        if let Some(last) = self.last_exit {
            all.same("last exit", last, record.last_exit);
        }
        let mut own = self.clone();
        if !matches!(own.stand, Stand::Runs(_)) {
            own.may_be_pardoned();
        }
        if let Some(counts) = &own.failures {
            all.among("failures", counts, record.failures);
        }
        all.0
    }

    fn process(&self, shown: &Report, record: &Record, all: &mut Differences) {
        match &self.stand {
            Stand::Runs(runs) => {
                all.same("pid", runs.pid, shown.status.pid);
                all.same("since", runs.since, shown.status.since);
                match runs.ready {
                    Said::Since(label) => all.same("ready since", Some(label), record.ready_since),
                    Said::Not(before) => all.among("ready since", &[None, before], record.ready_since),
                    Said::Nothing => all.among("ready since", &[Some(runs.since), None], record.ready_since),
                }
            }
            Stand::Ended if record.phase == Phase::Finish => {}
            Stand::Unknown => {}
            Stand::Ended | Stand::Down(_) => all.same("pid", None, shown.status.pid),
        }
        let phase = match record.phase {
            Phase::Starting | Phase::Ready | Phase::Unhealthy | Phase::Stopping => status::Phase::Run,
            Phase::Finish => status::Phase::Finish,
            _ => status::Phase::Down,
        };
        all.same("runit's phase", phase, shown.status.phase);
    }

    /// What it may be doing.
    fn phases(&self, shown: &Report) -> Vec<Phase> {
        let mut phases = match &self.stand {
            Stand::Runs(runs) => return runs.phases(shown.status.got_term),
            Stand::Unknown => Phase::all(),
            Stand::Ended => Vec::from([Phase::Finish]),
            Stand::Down(phase) => Vec::from([*phase]),
        };
        // A second passes between two starts, also without a line.
        phases.push(Phase::Backoff);
        if shown.status.want != Want::Up {
            phases.push(Phase::Down);
        } else {
            phases.retain(|phase| *phase != Phase::Down);
        }
        phases
    }
}

impl Runs {
    fn unready(&mut self) {
        self.may_stop = true;
        self.ready = Said::Not(match self.ready {
            Said::Since(label) => Some(label),
            Said::Nothing => Some(self.since),
            Said::Not(before) => before,
        });
    }

    fn phases(&self, got_term: bool) -> Vec<Phase> {
        let mut phases = match (self.unhealthy, self.ready) {
            (true, _) => Vec::from([Phase::Unhealthy]),
            (false, Said::Since(_)) => Vec::from([Phase::Ready]),
            (false, Said::Nothing) => Vec::from([Phase::Ready, Phase::Starting]),
            (false, Said::Not(_)) => Vec::from([Phase::Starting]),
        };
        if got_term || self.may_stop {
            phases.push(Phase::Stopping);
        }
        phases
    }
}

impl Phase {
    fn all() -> Vec<Phase> {
        use crate::service::word::Word;
        Phase::ALL.to_vec()
    }
}

/// What is not as it should be.
struct Differences(Vec<String>);

impl Differences {
    fn same<T: PartialEq + Debug>(&mut self, what: &str, told: T, shown: T) {
        if told != shown {
            self.0.push(format!("{what}: the journal tells {told:?}, the status {shown:?}"));
        }
    }

    fn among<T: PartialEq + Debug>(&mut self, what: &str, told: &[T], shown: T) {
        if !told.contains(&shown) {
            self.0.push(format!("{what}: the journal tells {told:?}, the status {shown:?}"));
        }
    }
}

#[cfg(test)]
mod tests;
