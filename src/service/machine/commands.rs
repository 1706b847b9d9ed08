//! What is done with a command, and with the answer of its script.

use super::{Action, Finish, Goal, Machine, Needed, Program, SETTLED, State, Work};
use crate::exit::Pid;
use crate::moment::Now;
use crate::service::command::Command;
use crate::service::journal::Cause;
use crate::service::policy::Whom;
use crate::signal::Signal;
use alloc::vec::Vec;

impl Machine {
    pub(super) fn obey(&mut self, now: Now, command: Command, actions: &mut Vec<Action>) {
        match command {
            Command::Exit if self.role.is_logger() => {}
            Command::Up => {
                self.pardon(now);
                self.want(Goal::Up, actions);
            }
            Command::Once => {
                self.pardon(now);
                self.want(self.once(), actions);
            }
            Command::Down | Command::Exit => {
                self.gave_up = false;
                self.want(if command == Command::Down { Goal::Down } else { Goal::Exit }, actions);
                self.stop(now, Cause::Asked, actions);
            }
            Command::Term => self.stop(now, Cause::Asked, actions),
            Command::Kill => match self.state {
                State::Finish { process: Finish::Runs(pid, _), .. } => {
                    actions.push(Action::Signal(pid, Signal::KILL, Whom::Process));
                }
                _ => {
                    self.blame(Cause::Asked);
                    self.signal(now, Signal::KILL, command, actions);
                }
            },
            Command::Pause | Command::Continue => {
                self.paused = command == Command::Pause;
                actions.push(Action::Publish);
                self.pass_on(now, command, actions);
            }
            _ => self.pass_on(now, command, actions),
        }
    }

    /// Somebody wants it up although it has failed: its failures are forgotten, and so is the delay after them.
    pub(super) fn pardon(&mut self, now: Now) {
        let State::Down { not_before, .. } = &mut self.state else { return };
        if self.gave_up || self.history.failures() > 0 {
            *not_before = (*not_before).min(now.moment + SETTLED);
        }
        self.gave_up = false;
        self.history.forget();
    }

    /// A logger that is to follow its service takes no other goal.
    pub(super) fn want(&mut self, goal: Goal, actions: &mut Vec<Action>) {
        if self.role.is_logger() && matches!(self.goal, Goal::Follow | Goal::Drain | Goal::Exit) {
            return;
        }
        self.goal = goal;
        self.needed = Needed::Unknown;
        actions.push(Action::Publish);
    }

    /// `once` on what runs already means: not again.
    pub(super) fn once(&self) -> Goal {
        if matches!(self.state, State::Down { .. }) { Goal::Once } else { Goal::Down }
    }

    /// Begins to stop what runs, for this reason.
    pub(super) fn stop(&mut self, now: Now, cause: Cause, actions: &mut Vec<Action>) {
        if let State::Run(running) = &mut self.state {
            let pid = running.pid;
            running.blame.get_or_insert(cause);
            self.ask(now, Work::Stop { pid }, Command::Term, actions);
        }
    }

    /// Stops what runs because it does not work. While another command is in progress its own stop is as good.
    pub(super) fn give_it_up(&mut self, now: Now, cause: Cause, actions: &mut Vec<Action>) {
        self.blame(cause);
        if self.work.is_none() {
            self.stop(now, cause, actions);
        } else if let Some(pid) = self.pid() {
            self.first_step(now, pid, actions);
        }
    }

    pub(super) fn blame(&mut self, cause: Cause) {
        if let State::Run(running) = &mut self.state {
            running.blame.get_or_insert(cause);
        }
    }

    pub(super) fn pass_on(&mut self, now: Now, command: Command, actions: &mut Vec<Action>) {
        let signal = match command {
            Command::Hangup => self.policy.reload.or(command.signal()),
            _ => command.signal(),
        };
        if let Some(signal) = signal {
            self.signal(now, signal, command, actions);
        }
    }

    pub(super) fn signal(&mut self, now: Now, signal: Signal, script: Command, actions: &mut Vec<Action>) {
        if let State::Run(running) = &self.state {
            let pid = running.pid;
            self.ask(now, Work::Signal { pid, signal }, script, actions);
        }
    }

    pub(super) fn answered(&mut self, now: Now, handled: bool, actions: &mut Vec<Action>) {
        match self.work.take() {
            Some(Work::Signal { pid, signal }) => {
                if !handled && self.still_runs(pid) {
                    actions.push(Action::Signal(pid, signal, Whom::Process));
                }
            }
            Some(Work::Stop { pid }) => {
                if !handled {
                    self.first_step(now, pid, actions);
                } else if let State::Run(running) = &mut self.state {
                    running.climb(now, &self.policy);
                }
                self.finish_stop(now, pid, actions);
            }
            Some(Work::BeforeStart) => self.start(Program::Run, actions),
            Some(Work::Last | Work::Dropped) | None => {}
            Some(other @ (Work::Look | Work::Start(_))) => self.work = Some(other),
        }
    }

    /// What is not wanted up is woken, so that it can obey, and its last script is asked.
    pub(super) fn finish_stop(&mut self, now: Now, pid: Pid, actions: &mut Vec<Action>) {
        if self.goal == Goal::Up {
            return;
        }
        if self.still_runs(pid) {
            actions.push(Action::Signal(pid, Signal::CONT, Whom::Process));
        }
        let last = if self.goal == Goal::Exit { Command::Exit } else { Command::Down };
        self.ask(now, Work::Last, last, actions);
    }

    /// Sends the first signal of the ladder, if its process is still the one that runs.
    pub(super) fn first_step(&mut self, now: Now, to: Pid, actions: &mut Vec<Action>) {
        let Machine { state: State::Run(running), policy, .. } = self else { return };
        if running.pid != to {
            return;
        }
        let (signal, whom) = policy.stop.ladder.first().map_or((Signal::TERM, Whom::Process), |s| (s.signal, s.whom));
        running.climb(now, policy);
        running.got_term = true;
        actions.extend([Action::Signal(to, signal, whom), Action::Publish]);
    }

    pub(super) fn still_runs(&self, pid: Pid) -> bool {
        matches!(&self.state, State::Run(running) if running.pid == pid)
    }

    pub(super) fn cut_short(&mut self, actions: &mut Vec<Action>) {
        self.work = Some(Work::Dropped);
        self.queue.push_front(Command::Kill);
        actions.push(Action::KillScript);
    }
}
