//! Waiting until services are what they were told to be.
//!
//! What wakes us is what `ears` hears, and the end of a `./check`. None of it can be relied on (nothing tells when a
//! check would pass), so that each service is also looked at again after a while.

use super::check::{self, Check};
use super::control::cannot;
use super::ears::{Ears, Heard};
use super::output::Output;
use super::show;
use crate::cli::message::Voice;
use crate::exit::{Ending, Pid};
use crate::moment::Moment;
use crate::service::command::Command;
use crate::service::goal::{Answer, Before, Being, Goal, Life};
use crate::service::record::Report;
use crate::service::status::Status;
use crate::service::verb::{AtTimeout, Verb};
use crate::signal::Signal;
use crate::supervise::client::{Service, Trouble};
use crate::sys::errno::Errno;
use crate::sys::reactor::{Event, Reactor};
use crate::sys::{clock, process};
use core::time::Duration;
use std::collections::VecDeque;

/// How long after a look that found nothing new the next one is, if nothing happens. runit's pause.
const STEP: Duration = Duration::from_millis(420);

/// Checks that run at the same time. A thousand services may be waited for at once; a thousand checks would be a storm.
const CHECKS: usize = 16;

/// What is waited for.
#[derive(Debug)]
pub(super) struct Task {
    goals: Vec<Goal>,
    at_timeout: AtTimeout,
    /// Whether it is well if nobody supervises the service.
    ends: bool,
    /// Whether somebody may still come who does.
    patient: bool,
}

impl Task {
    /// The effect of a verb.
    pub(super) fn of(verb: Verb) -> Task {
        let definition = verb.definition();
        let (goals, ends) = (verb.goals().collect(), verb.ends_supervision());
        Task { goals, at_timeout: definition.at_timeout, ends, patient: false }
    }

    /// That it is so; one that nobody supervises is down, and may be up later.
    pub(super) fn until(being: Being) -> Task {
        let down = being == Being::Down;
        Task { goals: vec![Goal::Is(being)], at_timeout: AtTimeout::Tell, ends: down, patient: !down }
    }

    fn judge(&self, report: &Report, before: &Before) -> Answer {
        Goal::judge_all(self.goals.iter().copied(), report, before)
    }

    fn waits_out(&self, trouble: Trouble) -> bool {
        self.patient && matches!(trouble, Trouble::NoSupervisor | Trouble::OpenOk(Errno::ENOENT))
    }
}

/// The services that are waited for.
struct Vigil<'a, 'p> {
    task: Task,
    deadline: Moment,
    output: &'a mut Output,
    reactor: Reactor,
    ears: Ears,
    waiting: Vec<Option<Waiting<'p>>>,
    /// Which of them are to be looked at now.
    due: VecDeque<usize>,
    checking: usize,
}

/// A service that is waited for.
struct Waiting<'p> {
    service: Service<'p>,
    before: Before,
    /// When to look at it if nothing happens.
    next: Moment,
    /// Whether we hear of changes as far as that is possible.
    listening: bool,
    checked: Checked,
}

/// How it stands with a service's check.
enum Checked {
    Idle,
    /// It waits for its turn.
    Queued,
    /// This process is asked about this life.
    Running(Pid, Life),
}

/// Waits for all of them, until the deadline, and tells what became of each.
pub(super) fn until_done(task: Task, deadline: Moment, told: Vec<(Service<'_>, Before)>, output: &mut Output) {
    let reactor = match Reactor::new(&[Signal::CHLD, Signal::IO]) {
        Ok(reactor) => reactor,
        Err(errno) => {
            Voice::new(&[b"sv"]).fatal(&[b"unable to wait"], errno);
            told.iter().for_each(|_| output.count_failure());
            return;
        }
    };
    let now = clock::moment();
    let waiting = told.into_iter().map(|(service, before)| Some(Waiting::new(service, before, now)));
    let waiting: Vec<_> = waiting.collect();
    let due = (0..waiting.len()).collect();
    Vigil { task, deadline, output, reactor, ears: Ears::new(), waiting, due, checking: 0 }.keep();
}

impl<'p> Waiting<'p> {
    fn new(service: Service<'p>, before: Before, now: Moment) -> Waiting<'p> {
        Waiting { service, before, next: now, listening: false, checked: Checked::Idle }
    }
}

impl Vigil<'_, '_> {
    fn keep(mut self) {
        let mut events = Vec::new();
        loop {
            while let Some(at) = self.due.pop_front() {
                self.look(at);
            }
            let now = clock::moment();
            let Some(next) = self.waiting.iter().flatten().map(|waiting| waiting.next).min() else { return };
            if now >= self.deadline {
                return self.give_up();
            }
            self.output.flush();
            // A wait that fails is over after a second at most; then it is as if nothing had happened.
            let _ = self.reactor.wait(now, Some(next.min(self.deadline)), &mut events);
            events.iter().for_each(|event| self.happened(*event));
            self.time_has_passed();
        }
    }

    fn happened(&mut self, event: Event) {
        match event {
            Event::Signal(Signal::IO) => self.due.extend(self.ears.signalled()),
            Event::Signal(_) => {
                while let Some((pid, ending)) = process::reap() {
                    self.child_ended(pid, ending);
                }
            }
            Event::Ready(token) => match self.ears.hear(token, &mut self.reactor) {
                Heard::Of(services) => self.due.extend(services),
                Heard::Anything => self.due.extend(0..self.waiting.len()),
            },
        }
    }

    fn time_has_passed(&mut self) {
        let now = clock::moment();
        let services = self.waiting.iter_mut().enumerate();
        let due = services.filter_map(|(at, slot)| slot.as_mut().filter(|w| w.next <= now).map(|w| (at, w)));
        for (at, waiting) in due {
            waiting.next = now + STEP;
            self.due.push_back(at);
        }
    }

    /// Looks at a service, and is done with it or waits on.
    fn look(&mut self, at: usize) {
        let Some(waiting) = self.waiting.get_mut(at).and_then(Option::as_mut) else { return };
        if let Checked::Running(..) = waiting.checked {
            return; // its end is the next that there is to know
        }
        waiting.checked = Checked::Idle;
        waiting.next = clock::moment() + STEP;
        match waiting.service.report() {
            Err(trouble) if self.task.waits_out(trouble) => {}
            Err(trouble) => {
                cannot(self.task.ends, &waiting.service, trouble, self.output);
                self.done(at);
            }
            Ok(report) => match self.task.judge(&report, &waiting.before) {
                Answer::Yes => self.succeed(at, &report.status),
                Answer::IfCheck => self.check(at, &report.status),
                Answer::No => self.listen(at),
            },
        }
    }

    fn check(&mut self, at: usize, status: &Status) {
        let Some(waiting) = self.waiting.get_mut(at).and_then(Option::as_mut) else { return };
        if self.checking >= CHECKS {
            waiting.checked = Checked::Queued;
            return;
        }
        match check::start(&waiting.service, &self.reactor.masks().service, self.output) {
            Check::Yes => self.succeed(at, status),
            Check::No => self.listen(at),
            Check::Asked(pid) => {
                waiting.checked = Checked::Running(pid, Life::of(status));
                // Nothing to look for until it has ended.
                waiting.next = self.deadline;
                self.checking += 1;
            }
        }
    }

    fn child_ended(&mut self, pid: Pid, ending: Ending) {
        let asked = |slot: &Option<Waiting<'_>>| match slot {
            Some(Waiting { checked: Checked::Running(running, life), .. }) if *running == pid => Some(*life),
            _ => None,
        };
        let Some((at, life)) = self.waiting.iter().enumerate().find_map(|(at, slot)| Some((at, asked(slot)?))) else {
            return;
        };
        self.checking -= 1;
        self.answered(at, life, ending.is_yes());
        let slots = self.waiting.iter().enumerate();
        let queued = slots.filter(|(_, slot)| matches!(slot, Some(Waiting { checked: Checked::Queued, .. })));
        self.due.extend(queued.map(|(at, _)| at));
    }

    /// A check's yes is worth something if it was about the life that is still there.
    fn answered(&mut self, at: usize, about: Life, yes: bool) {
        let Some(waiting) = self.waiting.get_mut(at).and_then(Option::as_mut) else { return };
        waiting.checked = Checked::Idle;
        waiting.next = clock::moment() + STEP;
        if !yes {
            return self.listen(at);
        }
        match waiting.service.report() {
            Ok(report) if self.still_good(at, &report, about) => self.succeed(at, &report.status),
            _ => self.due.push_back(at),
        }
    }

    fn still_good(&self, at: usize, report: &Report, about: Life) -> bool {
        let before = self.waiting.get(at).and_then(Option::as_ref).map(|waiting| waiting.before);
        let judged = before.map(|before| self.task.judge(report, &before));
        Life::of(&report.status) == about && judged >= Some(Answer::IfCheck)
    }

    /// Arranges for hearing of changes, once, and looks again: something may have changed meanwhile.
    fn listen(&mut self, at: usize) {
        let Some(waiting) = self.waiting.get_mut(at).and_then(Option::as_mut) else { return };
        if !waiting.listening {
            waiting.listening = true;
            self.ears.listen(at, &waiting.service, &mut self.reactor);
            self.due.push_back(at);
        }
    }

    fn succeed(&mut self, at: usize, status: &Status) {
        self.tell(at, b"ok: ", status);
        self.done(at);
    }

    fn tell(&mut self, at: usize, how: &[u8], status: &Status) {
        let Some(waiting) = self.waiting.get(at).and_then(Option::as_ref) else { return };
        let line = show::state_of(&waiting.service, status, clock::label(), self.output);
        self.output.say(&[how, &line, b"\n"].concat());
    }

    /// Nothing more is to be known of this one.
    fn done(&mut self, at: usize) {
        self.ears.leave(at, &mut self.reactor);
        if let Some(slot) = self.waiting.get_mut(at) {
            *slot = None;
        }
    }

    /// The time is over for all that are left. A check that has not answered is not waited for any longer.
    fn give_up(&mut self) {
        for waiting in self.waiting.iter().flatten() {
            if let Checked::Running(pid, _) = waiting.checked {
                let _ = process::send(pid, Signal::KILL);
            }
        }
        for at in 0..self.waiting.len() {
            self.time_out(at);
        }
    }

    /// One last look; then it is told that the time is over.
    fn time_out(&mut self, at: usize) {
        let Some(waiting) = self.waiting.get(at).and_then(Option::as_ref) else { return };
        let service = waiting.service.clone();
        let report = match service.report() {
            Ok(report) => report,
            Err(trouble) => return cannot(self.task.ends, &waiting.service, trouble, self.output),
        };
        let (status, judged) = (report.status, self.task.judge(&report, &waiting.before));
        if judged == Answer::Yes || judged == Answer::IfCheck && service.has("check") == Ok(false) {
            return self.tell(at, b"ok: ", &status);
        }
        self.output.count_failure();
        match self.task.at_timeout {
            AtTimeout::Tell => self.tell(at, b"timeout: ", &status),
            AtTimeout::Kill => {
                self.tell(at, b"kill: ", &status);
                self.kill(at);
            }
        }
    }

    fn kill(&mut self, at: usize) {
        let Some(waiting) = self.waiting.get(at).and_then(Option::as_ref) else { return };
        if let Err(trouble) = waiting.service.send(&[Command::Kill.byte()]) {
            cannot(self.task.ends, &waiting.service, trouble, self.output);
        }
    }
}
