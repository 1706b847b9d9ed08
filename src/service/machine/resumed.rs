//! Going on where a supervisor has left off that did not leave in order.

use super::running::Running;
use super::{Action, Finish, Goal, Life, Machine, Note, SETTLED, State};
use crate::exit::{Ending, Pid};
use crate::moment::{Moment, Now};
use crate::service::journal::{Cause, Event, Told};
use crate::service::mark::What;
use crate::service::policy::ReadyBy;
use crate::service::record::{Phase, Record, Report};
use crate::service::status::{self, Status, Want};
use alloc::vec::Vec;

/// What is known of the past.
#[derive(Clone, Copy, Debug)]
pub struct Past {
    /// The state that was shown last; nothing if nobody can read it.
    pub shown: Option<Report>,
    /// The process that was left.
    pub left: Option<Survivor>,
}

/// A process that was left. One that has ended since is told of by the next event, as if it ended now, unless its
/// `finish` is all that is left to do.
#[derive(Clone, Copy, Debug)]
pub struct Survivor {
    /// What it runs.
    pub what: What,
    /// Which one it is.
    pub pid: Pid,
    /// When it was started.
    pub began: Now,
    /// Another process, which has said that it is the main one.
    pub main: Option<Pid>,
    /// Whether it lives.
    pub fate: Fate,
    /// Whether the journal tells that it was started.
    pub start_told: bool,
}

/// What has become of a process that was left.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    /// It lives.
    Lives,
    /// It has ended, and nobody has told.
    Ended,
    /// It has ended, and the journal tells it.
    Told(Told),
}

impl Past {
    /// Whether nobody has been told of the start of what was left.
    fn hides_a_start(&self) -> bool {
        let shown = |survivor: &Survivor| self.shown.is_some_and(|shown| is_of(&shown.status, survivor));
        self.left.as_ref().is_some_and(|survivor| !survivor.start_told && !shown(survivor))
    }
}

impl Machine {
    /// Takes over. To be called first, with the policy adopted.
    pub fn resume(&mut self, now: Now, past: Past, actions: &mut Vec<Action>) {
        if let Some(shown) = &past.shown {
            self.recall(shown);
        }
        self.state = match (past.left, past.shown) {
            (Some(survivor), shown) => self.survives(now, survivor, shown),
            (None, Some(Report { status, record })) => {
                let next = record.and_then(|record| record.next_start).unwrap_or(status.since.after(SETTLED));
                State::Down { since: status.since, not_before: now.moment + next.since(now.label) }
            }
            (None, None) => return,
        };
        if let (Some(pid), State::Run(_), true) = (self.pid(), &self.state, past.hides_a_start()) {
            actions.push(Action::Note(Note::Start(pid, self.starts)));
        }
        let told = |survivor: Survivor| matches!(survivor.fate, Fate::Told(_));
        if let Some(pid) = self.pid().filter(|_| !past.left.is_some_and(told)) {
            actions.push(Action::Note(Note::Adopted(pid)));
        }
        actions.push(Action::Publish);
    }

    /// What is wanted, and what the past was like.
    fn recall(&mut self, Report { status, record }: &Report) {
        // A logger that was to leave is told again, when its service has.
        self.goal = match status.want {
            Want::Up => Goal::Up,
            _ if self.role.is_logger() => Goal::Up, // for others to leave looks the same as to be down
            Want::Down | Want::Exit => Goal::Down,
        };
        self.paused = status.paused;
        let Some(record) = record else { return };
        self.gave_up = record.phase == Phase::GaveUp;
        self.starts = record.starts;
        self.history.recall(record.failures);
        self.last = record.last_exit.map(|exit| (exit.ending, exit.cause));
    }

    fn survives(&mut self, now: Now, survivor: Survivor, shown: Option<Report>) -> State {
        let Survivor { what, pid, began, main, fate, .. } = survivor;
        match what {
            What::Run if fate != Fate::Lives && shown.is_some_and(|shown| is_finish_due(&shown.status)) => {
                State::Finish { process: Finish::Due(now.moment), ended: self.ended_life(pid, began, shown) }
            }
            What::Run => {
                let known = shown.filter(|shown| is_of(&shown.status, &survivor));
                if known.is_none() {
                    self.starts = self.starts.wrapping_add(1);
                }
                let mut running = Running::new(pid, now, &self.policy);
                running.started = began;
                if let Some(Report { status, record }) = known {
                    recall_life(&mut running, now, &status, record.as_ref(), self);
                }
                if let Some(main) = main {
                    running.is_led_by(main);
                }
                if let Fate::Told(told) = fate {
                    running.blame = told.cause;
                    if told.next == Some(Event::GaveUp) {
                        self.history.was_enough(now.moment, &self.policy.restart);
                    }
                }
                State::Run(running)
            }
            What::Finish => {
                let until = self.policy.finish_timeout.map(|span| now.moment + span);
                State::Finish { process: Finish::Runs(pid, until), ended: self.ended_life(pid, began, shown) }
            }
        }
    }

    /// The life that a `finish` is for.
    fn ended_life(&self, pid: Pid, began: Now, shown: Option<Report>) -> Life {
        let (ending, cause) = self.last.unwrap_or((Ending::Unknown, Cause::Exit));
        let label = shown.map_or(began.label, |shown| shown.status.since);
        Life { pid, started: Now { label, ..began }, ending, cause, failed: false, early: false }
    }
}

/// Whether the state that was shown is that of a `finish` which has no process yet.
pub fn is_finish_due(status: &Status) -> bool {
    status.phase == status::Phase::Finish && status.pid.is_none()
}

/// Whether the state that was shown is that of this life.
fn is_of(status: &Status, survivor: &Survivor) -> bool {
    status.phase == status::Phase::Run && (status.pid == Some(survivor.pid) || status.pid == survivor.main)
}

/// What was known of a life. Its deadlines begin anew: it could tell nobody anything in between.
fn recall_life(running: &mut Running, now: Now, status: &Status, record: Option<&Record>, machine: &Machine) {
    running.started.label = status.since;
    running.got_term = status.got_term;
    if let Some(record) = record {
        match record.ready_since {
            Some(label) => {
                running.becomes_ready(now, &machine.policy);
                running.ready = Some(label);
            }
            // What it may have written meanwhile was for a pipe that nobody reads any more.
            None if matches!(machine.policy.ready.by, ReadyBy::Fd(_)) => running.becomes_ready(now, &machine.policy),
            None => running.ready = None,
        }
        running.unhealthy = record.phase == Phase::Unhealthy;
    }
    if status.got_term || record.is_some_and(|record| record.phase == Phase::Stopping) {
        running.blame = Some(Cause::Asked);
        running.climb(now, &machine.policy);
    }
}

/// How long ago a moment was by the other clock.
pub fn began(at: Moment, now: Now) -> Now {
    Now { moment: at, label: now.label.before(now.moment.since(at)) }
}
