//! The beginning and the end of a life, and what comes after.

use super::running::{Running, Verdict};
use super::{
    Action, Checked, FAILED_FOR_GOOD, Finish, Goal, Life, Machine, NO_PROCESS, Needed, Note, Program, Role, SETTLED,
    Start, State, Work,
};
use crate::exit::{Ending, Pid};
use crate::moment::Now;
use crate::service::journal::Cause;
use crate::service::policy::{Remedy, Then, When};
use alloc::vec::Vec;
use core::time::Duration;

impl Machine {
    pub(super) fn started(&mut self, now: Now, start: Start, actions: &mut Vec<Action>) {
        let Some(Work::Start(program)) = self.work.take() else { return };
        let later = now.moment + NO_PROCESS;
        self.needed = Needed::Unknown;
        self.state = match (program, start) {
            (Program::Run, Start::Runs(pid) | Start::Unable(pid)) => {
                let mut running = Running::new(pid, now, &self.policy);
                if start == Start::Unable(pid) {
                    running.blame = Some(Cause::ExecFailed);
                }
                self.starts = self.starts.wrapping_add(1);
                actions.push(Action::Note(Note::Start(pid, self.starts)));
                State::Run(running)
            }
            (Program::Run, Start::Unready) => State::Down { since: self.status().since, not_before: now.moment },
            (Program::Run, _) => State::Down { since: self.status().since, not_before: later },
            (Program::Finish(ended), Start::Runs(pid) | Start::Unable(pid)) => {
                let until = self.policy.finish_timeout.map(|span| now.moment + span);
                State::Finish { process: Finish::Runs(pid, until), ended }
            }
            (Program::Finish(ended), _) => State::Finish { process: Finish::Due(later), ended },
        };
        if self.pid().is_some() {
            self.paused = false;
            self.gave_up = false;
            self.goal = match self.goal {
                Goal::Once => Goal::Down,
                Goal::Drain => Goal::Exit,
                goal => goal,
            };
            actions.push(Action::Publish);
        }
    }

    pub(super) fn becomes_ready(&mut self, now: Now, actions: &mut Vec<Action>) {
        let Machine { state: State::Run(running), policy, .. } = self else { return };
        if running.ready.is_none() {
            running.becomes_ready(now, policy);
            actions.extend([Action::Note(Note::Ready(running.pid)), Action::Publish]);
        }
    }

    pub(super) fn checked(&mut self, now: Now, well: bool, actions: &mut Vec<Action>) {
        if self.check.take() != Some(Checked::This) {
            return;
        }
        let Machine { state: State::Run(running), policy, .. } = self else { return };
        let pid = running.pid;
        match running.checked(now, well, policy) {
            Verdict::Nothing => {}
            Verdict::Ready => self.becomes_ready(now, actions),
            Verdict::Healthy => actions.extend([Action::Note(Note::Healthy(pid)), Action::Publish]),
            Verdict::Unhealthy(remedy) => {
                actions.extend([Action::Note(Note::Unhealthy(pid)), Action::Publish]);
                if remedy == Remedy::Restart {
                    self.give_it_up(now, Cause::Unhealthy, actions);
                }
            }
        }
    }

    pub(super) fn ended(&mut self, now: Now, whose: Pid, ending: Ending, more: bool, actions: &mut Vec<Action>) {
        if let State::Run(running) = &mut self.state {
            if running.outlives(whose, ending) {
                return actions.push(Action::Publish);
            }
        }
        match &self.state {
            State::Run(running) if running.pid == whose => {
                let ending = running.ended.unwrap_or(ending);
                let cause = running.cause(ending);
                let asked = matches!(cause, Cause::Asked | Cause::StopTimeout);
                let early = self.policy.restart.early && running.ready.is_none() && !asked;
                let failed = match cause {
                    Cause::Asked | Cause::StopTimeout => false,
                    _ if early => true,
                    Cause::Exit | Cause::Signal | Cause::Core => !self.policy.restart.is_ok(ending),
                    _ => true,
                };
                let life = Life { pid: whose, started: running.started, ending, cause, failed, early };
                self.run_ended(now, life, more, actions);
            }
            State::Finish { process: Finish::Runs(pid, _), ended } if *pid == whose => {
                let ended = *ended;
                actions.push(Action::Note(Note::Finish(whose, ending)));
                if ending == FAILED_FOR_GOOD && self.goal == Goal::Up {
                    self.goal = Goal::Down;
                    self.gave_up = true;
                    actions.push(Action::Note(Note::GaveUp(self.history.failures(), None)));
                }
                self.goes_down(now, ended, actions);
            }
            _ => return, // nobody's that we know
        }
        actions.push(Action::Publish);
    }

    pub(super) fn run_ended(&mut self, now: Now, life: Life, more: bool, actions: &mut Vec<Action>) {
        let lasted = now.moment.since(life.started.moment);
        self.last = Some((life.ending, life.cause));
        // Where ends before it is ready are what counts, none of them is long enough to be good, and no other is noted.
        let restart = &self.policy.restart;
        let counted = if life.early { Duration::ZERO } else { lasted };
        self.history.note(now.moment, counted, life.failed && life.early == restart.early, restart);
        actions.push(Action::Note(Note::Exit(life, lasted)));
        if let Some(check @ Checked::This) = &mut self.check {
            *check = Checked::Earlier;
            actions.push(Action::KillCheck);
        }
        if self.goal == Goal::Follow {
            self.goal = if more { Goal::Drain } else { Goal::Exit };
        }
        match self.role {
            Role::Service if more => self.state = State::Finish { process: Finish::Due(now.moment), ended: life },
            _ => self.goes_down(now, life, actions),
        }
    }

    /// Down after this life; when the next one may begin, and whether it is wanted at all.
    pub(super) fn goes_down(&mut self, now: Now, life: Life, actions: &mut Vec<Action>) {
        let lived = now.moment.since(life.started.moment);
        let runits = if lived < SETTLED { SETTLED } else { Duration::ZERO };
        let asked = matches!(life.cause, Cause::Asked | Cause::StopTimeout);
        let delay = if self.goal == Goal::Up && !asked { self.judge(now, life, runits, actions) } else { runits };
        self.state = State::Down { since: now.label, not_before: now.moment + delay };
    }

    /// What the policy says to an end that nobody asked for: how long to wait, and whether to go on.
    pub(super) fn judge(&mut self, now: Now, life: Life, runits: Duration, actions: &mut Vec<Action>) -> Duration {
        let restart = &self.policy.restart;
        let enough = match restart.when {
            _ if life.early => false,
            When::Always => false,
            When::OnFailure => !life.failed,
            When::Never => true,
        };
        if enough {
            self.goal = Goal::Down;
            return runits;
        }
        let failures = self.history.failures();
        if life.failed && self.history.is_enough(now.moment, restart) {
            let retry = if let Then::Retry(span) = restart.then { Some(span) } else { None };
            actions.push(Action::Note(Note::GaveUp(failures, retry)));
            self.gave_up = true;
            if retry.is_none() {
                self.goal = Goal::Down;
            }
            self.history.forget();
            return retry.unwrap_or(runits);
        }
        let Some(delay) = restart.delay.filter(|_| life.early == restart.early) else { return runits };
        let delay = self.history.delay(now, delay, restart);
        actions.push(Action::Note(Note::Backoff(delay, failures)));
        delay
    }

    pub(super) fn follow(&mut self, unread: bool, actions: &mut Vec<Action>) {
        self.goal = match self.state {
            State::Run(_) => Goal::Follow,
            _ if unread && self.goal == Goal::Up => Goal::Drain,
            _ => Goal::Exit,
        };
        actions.push(Action::Publish);
    }
}
