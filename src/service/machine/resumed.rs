//! Going on where a supervisor has left off that did not leave in order.

use super::running::Running;
use super::{Action, Finish, Goal, Life, Machine, Note, Role, SETTLED, State};
use crate::exit::{Ending, Pid};
use crate::moment::{Moment, Now};
use crate::service::journal::Cause;
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

/// A process that was left. One that has ended since is told of by the next event, as if it ended now.
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
        if let Some(pid) = self.pid() {
            actions.push(Action::Note(Note::Adopted(pid)));
        }
        actions.push(Action::Publish);
    }

    /// What is wanted, and what the past was like.
    fn recall(&mut self, Report { status, record }: &Report) {
        // A logger that was to leave is told again, when its service has.
        self.goal = match (status.want, self.role) {
            (Want::Up, _) | (_, Role::Logger) => Goal::Up,
            (Want::Down | Want::Exit, _) => Goal::Down,
        };
        self.paused = status.paused;
        let Some(record) = record else { return };
        self.gave_up = record.phase == Phase::GaveUp;
        self.starts = record.starts;
        self.history.recall(record.failures);
        self.last = record.last_exit.map(|exit| (exit.ending, exit.cause));
    }

    fn survives(&mut self, now: Now, survivor: Survivor, shown: Option<Report>) -> State {
        let Survivor { what, pid, began, main } = survivor;
        match what {
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
                State::Run(running)
            }
            What::Finish => {
                let (ending, cause) = self.last.unwrap_or((Ending::Unknown, Cause::Exit));
                let until = self.policy.finish_timeout.map(|span| now.moment + span);
                let started = match shown {
                    Some(shown) => Now { moment: began.moment, label: shown.status.since },
                    None => began,
                };
                State::Finish {
                    process: Finish::Runs(pid, until),
                    ended: Life { pid, started, ending, cause, failed: false, early: false },
                }
            }
        }
    }
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
