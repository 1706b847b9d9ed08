//! A `run` that runs: whether it works, whether it was told to stop, and what is due next.

use crate::exit::{Ending, Pid};
use crate::handover::pack::{packed_enum, packed_struct};
use crate::moment::{Moment, Now};
use crate::service::journal::Cause;
use crate::service::policy::{Policy, ReadyBy, Remedy, Step};
use crate::tai64::Label;
use core::time::Duration;

/// A process that runs `./run`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Running {
    /// Its main process.
    pub(super) pid: Pid,
    /// The process that we have started, while that is another.
    pub(super) first: Option<Pid>,
    /// How the main process ended, if the one that we have started has outlived it.
    pub(super) ended: Option<Ending>,
    pub(super) started: Now,
    pub(super) got_term: bool,
    /// Since when it works.
    pub(super) ready: Option<Label>,
    /// Whether too many checks failed.
    pub(super) unhealthy: bool,
    /// Why it is about to end, if somebody knows.
    pub(super) blame: Option<Cause>,
    /// When it counts as ready without having said so.
    ready_at: Option<Moment>,
    /// When it is too late to be ready.
    ready_until: Option<Moment>,
    /// How often it says that it is alive.
    alive_every: Option<Duration>,
    /// When it is too late to say so.
    alive_until: Option<Moment>,
    check: Check,
    /// The last checks, the newest in the lowest bit: 1 for failed.
    misses: u64,
    climb: Option<Climb>,
}

/// The child that runs `./check`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Check {
    Never,
    Next(Moment),
    Runs { until: Option<Moment> },
}

/// Where on the ladder of signals it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct Climb {
    /// Which step is next.
    next: usize,
    /// When; without a time, never.
    due: Option<Moment>,
}

packed_struct!(Running {
    1 pid, 2 first, 3 ended, 4 started, 5 got_term, 6 ready, 7 unhealthy, 8 blame, 9 ready_at, 10 ready_until,
    11 alive_every, 12 alive_until, 13 check, 14 misses, 15 climb
});
packed_enum!(Check { 1 Never, 2 Next(moment), 3 Runs { until } });
packed_struct!(Climb { 1 next, 2 due });

/// Something that has become due.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Due {
    /// It counts as ready.
    Ready,
    /// It is not ready, and should be.
    TooLate,
    /// `./check` is to be run.
    Check,
    /// `./check` takes too long.
    KillCheck,
    /// It has not said that it is alive.
    Stuck,
    /// The next step of the ladder.
    Step(Step),
}

/// What a check has changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    Nothing,
    Ready,
    Healthy,
    Unhealthy(Remedy),
}

impl Running {
    /// A process that has just been started.
    pub(super) fn new(pid: Pid, now: Now, policy: &Policy) -> Running {
        let mut running = Running {
            pid,
            first: None,
            ended: None,
            started: now,
            got_term: false,
            ready: None,
            unhealthy: false,
            blame: None,
            ready_at: None,
            ready_until: policy.ready.timeout.map(|span| now.moment + span),
            alive_every: policy.ready.watchdog,
            alive_until: None,
            check: Check::Never,
            misses: 0,
            climb: None,
        };
        match policy.ready.by {
            ReadyBy::Up => running.becomes_ready(now, policy),
            ReadyBy::After(span) => running.ready_at = Some(now.moment + span),
            ReadyBy::Check(_) => running.check = Check::Next(now.moment),
            ReadyBy::Fd(_) | ReadyBy::Notify => {}
        }
        running
    }

    /// It works, from now on.
    pub(super) fn becomes_ready(&mut self, now: Now, policy: &Policy) {
        self.ready = Some(now.label);
        self.ready_at = None;
        self.ready_until = None;
        self.check = policy.health.map_or(Check::Never, |health| Check::Next(now.moment + health.every));
        self.is_alive(now);
    }

    /// It works no more, and will say when it does; nobody checks it before.
    pub(super) fn reloads(&mut self) {
        self.ready = None;
        if let Check::Next(_) = self.check {
            self.check = Check::Never;
        }
    }

    /// It has said that it is alive. Nothing is expected of it before it works.
    pub(super) fn is_alive(&mut self, now: Now) {
        self.alive_until = self.alive_every.filter(|_| self.ready.is_some()).map(|span| now.moment + span);
    }

    /// From now on it says so that often.
    pub(super) fn alive_every(&mut self, now: Now, span: Duration) {
        self.alive_every = Some(span).filter(|span| !span.is_zero());
        self.is_alive(now);
    }

    /// Whatever time is running out for it lasts so long at least.
    pub(super) fn extend(&mut self, now: Now, span: Duration) {
        let until = now.moment + span;
        let limit = self.climb.as_mut().map_or(&mut self.ready_until, |climb| &mut climb.due);
        *limit = limit.map(|limit| limit.max(until));
    }

    /// From now on this process is the main one; whether it was not before.
    pub(super) fn is_led_by(&mut self, main: Pid) -> bool {
        if main == self.pid {
            return false;
        }
        let first = self.first.unwrap_or(self.pid);
        self.first = Some(first).filter(|first| *first != main);
        self.pid = main;
        true
    }

    /// One of its two processes has ended, and the other goes on.
    pub(super) fn outlives(&mut self, whose: Pid, ending: Ending) -> bool {
        let Some(first) = self.first else { return false };
        if first != whose && self.pid != whose {
            return false;
        }
        self.first = None;
        if self.pid == whose {
            self.pid = first;
            self.ended = Some(ending);
        }
        true
    }

    /// Whether it was told to stop.
    pub(super) fn is_stopping(&self) -> bool {
        self.climb.is_some()
    }

    /// It was told to stop, by the first step; told again, it is where it was.
    pub(super) fn climb(&mut self, now: Now, policy: &Policy) {
        if self.climb.is_none() {
            let wait = policy.stop.ladder.first().and_then(|step| step.wait);
            self.climb = Some(Climb { next: 1, due: wait.map(|span| now.moment + span) });
        }
    }

    /// When to look again. While an earlier check has not answered, none is due.
    pub(super) fn deadline(&self, may_check: bool) -> Option<Moment> {
        if let Some(climb) = self.climb {
            return climb.due.into_iter().chain(self.check_until()).min();
        }
        let next = if let Check::Next(moment) = self.check { Some(moment).filter(|_| may_check) } else { None };
        [self.ready_at, self.ready_until, self.alive_until, next, self.check_until()].into_iter().flatten().min()
    }

    fn check_until(&self) -> Option<Moment> {
        if let Check::Runs { until } = self.check { until } else { None }
    }

    /// What has become due, one thing at a time.
    pub(super) fn due(&mut self, now: Now, policy: &Policy, may_check: bool) -> Option<Due> {
        let is_due = |moment: Option<Moment>| moment.is_some_and(|moment| moment <= now.moment);
        if is_due(self.check_until()) {
            self.check = Check::Runs { until: None };
            return Some(Due::KillCheck);
        }
        if let Some(climb) = &mut self.climb {
            if !is_due(climb.due) {
                return None;
            }
            let Some(&step) = policy.stop.ladder.get(climb.next) else {
                climb.due = None; // the last step may say how long to wait too: for nothing
                return None;
            };
            *climb = Climb { next: climb.next.saturating_add(1), due: step.wait.map(|span| now.moment + span) };
            return Some(Due::Step(step));
        }
        if is_due(self.ready_at) {
            return Some(Due::Ready);
        }
        if is_due(self.ready_until) {
            self.ready_until = None;
            return Some(Due::TooLate);
        }
        if is_due(self.alive_until) {
            self.alive_until = None;
            return Some(Due::Stuck);
        }
        if may_check && matches!(self.check, Check::Next(moment) if moment <= now.moment) {
            let timeout = self.ready.and(policy.health).and_then(|health| health.timeout);
            self.check = Check::Runs { until: timeout.map(|span| now.moment + span) };
            return Some(Due::Check);
        }
        None
    }

    /// What `./check` has answered.
    pub(super) fn checked(&mut self, now: Now, well: bool, policy: &Policy) -> Verdict {
        let Some(health) = policy.health.filter(|_| self.ready.is_some()) else {
            return match policy.ready.by {
                ReadyBy::Check(every) if self.ready.is_none() => {
                    self.check = Check::Next(now.moment + every);
                    if well { Verdict::Ready } else { Verdict::Nothing }
                }
                _ => {
                    self.check = Check::Never;
                    Verdict::Nothing
                }
            };
        };
        self.check = Check::Next(now.moment + health.every);
        self.misses = self.misses << 1 | u64::from(!well);
        let counted = self.misses & (u64::MAX >> (64 - u32::from(health.of.clamp(1, 64))));
        let unhealthy = counted.count_ones() >= health.fail.max(1).into();
        match (self.unhealthy, unhealthy) {
            (false, true) => {
                self.unhealthy = true;
                Verdict::Unhealthy(health.then)
            }
            (true, false) => {
                self.unhealthy = false;
                Verdict::Healthy
            }
            _ => Verdict::Nothing,
        }
    }

    /// Why it has ended.
    pub(super) fn cause(&self, ending: Ending) -> Cause {
        match (self.blame, ending) {
            (Some(Cause::Asked), _) if self.climb.is_some_and(|climb| climb.next > 1) => Cause::StopTimeout,
            (Some(cause), _) => cause,
            (None, Ending::Exited(_) | Ending::Unknown) => Cause::Exit,
            (None, Ending::Killed { core: true, .. }) => Cause::Core,
            (None, Ending::Killed { core: false, .. }) => Cause::Signal,
        }
    }

    /// Moves every moment that it remembers.
    #[cfg(test)]
    pub(super) fn shift(&mut self, age: &dyn Fn(Moment) -> Moment, due: &dyn Fn(Moment) -> Moment) {
        self.started.moment = age(self.started.moment);
        self.ready_at = self.ready_at.map(due);
        self.ready_until = self.ready_until.map(due);
        self.alive_until = self.alive_until.map(due);
        self.check = match self.check {
            Check::Next(moment) => Check::Next(due(moment)),
            Check::Runs { until } => Check::Runs { until: until.map(due) },
            Check::Never => Check::Never,
        };
        if let Some(climb) = &mut self.climb {
            climb.due = climb.due.map(due);
        }
        self.misses &= 3; // no more of them count in the walk
    }
}
