//! What a service says of itself, and what others say of those that it needs.

use super::{Action, CIRCLE, Machine, Needed, Needs, Note, Says, State, Work};
use crate::exit::Pid;
use crate::moment::Now;
use crate::service::journal::Cause;
use crate::service::policy::Whom;
use crate::signal::Signal;
use alloc::vec::Vec;

impl Machine {
    /// A start goes on, or waits from now on; what is said again is nothing new.
    pub(super) fn needs(&mut self, now: Now, needs: Needs, actions: &mut Vec<Action>) {
        let asked = self.work == Some(Work::Look);
        if asked {
            self.work = None;
        } else if !self.waits() {
            return;
        }
        let before = self.needed;
        let until = if let Needed::Missing(until) = self.needed { until } else { None };
        if !self.waits() && needs != Needs::Ready {
            actions.push(Action::Note(Note::Waiting));
        }
        self.needed = match needs {
            Needs::Ready => Needed::Ready,
            Needs::Missing => Needed::Missing(None),
            Needs::Circle => Needed::Missing(until.or(Some(now.moment + CIRCLE))),
        };
        // Others wait for this one, and look at each change of what it shows.
        if asked || self.needed != before {
            actions.push(Action::Publish);
        }
    }

    pub(super) fn says(&mut self, now: Now, says: Says, actions: &mut Vec<Action>) {
        let Machine { state: State::Run(running), policy, .. } = self else { return };
        let pid = running.pid;
        match says {
            Says::Reloading if running.ready.is_none() || running.is_stopping() => {}
            Says::Reloading => {
                running.reloads();
                actions.extend([Action::Note(Note::Unready(pid)), Action::Publish]);
            }
            Says::Stopping if running.is_stopping() => {}
            Says::Stopping => {
                running.climb(now, policy);
                actions.extend([Action::Note(Note::Unready(pid)), Action::Publish]);
            }
            Says::Alive => running.is_alive(now),
            Says::AliveEvery(span) => running.alive_every(now, span),
            Says::Extend(span) => running.extend(now, span),
            Says::Stuck => self.stuck(now, actions),
            Says::Main(main) => self.main(main, actions),
            Says::Forget => self.history.forget(),
        }
    }

    fn main(&mut self, main: Pid, actions: &mut Vec<Action>) {
        let State::Run(running) = &mut self.state else { return };
        if running.is_led_by(main) {
            actions.extend([Action::Note(Note::Adopted(main)), Action::Publish]);
        }
    }

    /// It has not said in time that it is alive: ABRT in the place of the first step, so that it leaves an image of what
    /// it was doing.
    pub(super) fn stuck(&mut self, now: Now, actions: &mut Vec<Action>) {
        let Machine { state: State::Run(running), policy, .. } = self else { return };
        if running.is_stopping() {
            return;
        }
        running.blame.get_or_insert(Cause::Watchdog);
        running.climb(now, policy);
        running.got_term = true;
        let pid = running.pid;
        let (signal, whom) = (Signal::ABRT, Whom::Process);
        actions.extend([
            Action::Note(Note::Signal(pid, signal, whom)),
            Action::Signal(pid, signal, whom),
            Action::Publish,
        ]);
    }
}
