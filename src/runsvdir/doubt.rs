//! Whom a `runsvdir` before us may have started last. One that was killed may have started a `runsv` a moment before, which
//! has not got as far as to say who it is: it cannot be found yet, and ours for the same service fails at its lock.
//!
//! That passes within a second of our own start. A stop that is asked for before then waits until everybody is known, or
//! it would leave somebody behind; whoever asks twice does not wait.

use super::tree::Tree;
use crate::exit::{Exit, Pid};
use crate::moment::Moment;
use crate::scan::plan::{Event, Id};
use crate::signal::Signal;
use core::time::Duration;
use std::ffi::CString;

/// A process that was started before us has claimed its directory by then.
pub(super) const CLAIMING: Duration = Duration::from_secs(1);

/// How often to look who has: nobody tells of another's lock.
const SOON: Duration = Duration::from_millis(10);

/// A stop that was asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Asked {
    /// As by HUP: nobody is waited for.
    HangUp,
    /// With a grace, and this code at the end.
    Stop(Exit),
}

/// One that waits until everybody is known.
#[derive(Clone, Copy, Debug)]
pub(super) struct Postponed {
    pub(super) asked: Asked,
    /// When to look again.
    pub(super) again: Moment,
}

impl Tree {
    /// Somebody asks for a stop.
    pub(super) fn ask(&mut self, now: Moment, asked: Asked) {
        if self.stop.is_none() && self.postponed.is_none() && self.is_in_doubt(now) {
            self.postponed = Some(Postponed { asked, again: now + SOON });
        } else {
            self.begin(now, asked);
        }
    }

    /// Time has passed.
    pub(super) fn ask_again(&mut self, now: Moment) {
        let Some(Postponed { asked, .. }) = self.postponed.filter(|postponed| postponed.again <= now) else { return };
        match self.is_in_doubt(now) {
            true => self.postponed = Some(Postponed { asked, again: now + SOON }),
            false => self.begin(now, asked),
        }
    }

    fn begin(&mut self, now: Moment, asked: Asked) {
        self.postponed = None;
        if self.stop.is_none() {
            self.meet(now);
        }
        match asked {
            Asked::HangUp => self.hang_up(now),
            Asked::Stop(exit) => self.stop(now, exit),
        }
    }

    /// Whether somebody may supervise below us who is not known yet.
    fn is_in_doubt(&mut self, now: Moment) -> bool {
        if self.doubtful_until.is_none_or(|until| until <= now) {
            return false;
        }
        self.meet_due(now);
        self.plan.due().next().is_some() || self.is_anybody_unsettled()
    }

    fn is_anybody_unsettled(&self) -> bool {
        if self.launcher.enter().is_err() {
            return false; // then nobody can be found either
        }
        let any = self.plan.running().any(|(_, runsv)| !self.adopted.has_claimed(runsv.pid, runsv.name));
        self.launcher.leave();
        any
    }

    /// Everybody who supervises below us and can be found is known from now on. Where ours has failed, or has not got as
    /// far, and somebody else supervises, that one is told as ours is.
    fn meet(&mut self, now: Moment) {
        self.meet_due(now);
        let unsettled = self.plan.running().filter(|(_, runsv)| !self.adopted.is_one(runsv.pid));
        let unsettled = unsettled.map(|(id, runsv)| (id, runsv.name.clone())).collect();
        for (_, pid) in self.find(now, unsettled) {
            self.adopted.send(pid, Signal::TERM);
        }
    }

    fn meet_due(&mut self, now: Moment) {
        let due = self.plan.due().map(|(id, name)| (id, name.clone())).collect();
        for (id, pid) in self.find(now, due) {
            self.tell(now, Event::Met { id, pid });
        }
    }

    /// Who supervises these and was left by one before us.
    fn find(&mut self, now: Moment, entries: Vec<(Id, CString)>) -> Vec<(Id, Pid)> {
        if entries.is_empty() || self.first || self.launcher.enter().is_err() {
            return Vec::new();
        }
        let found = entries.iter().filter_map(|(id, name)| Some((*id, self.adopt(now, *id, name)?))).collect();
        self.launcher.leave();
        found
    }
}
