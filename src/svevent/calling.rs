//! Calls hooks, and hears what became of them.

use super::call::Call;
use super::driver::{Driver, POLL};
use super::follower::Follower;
use super::hooks::{self, Hook};
use crate::alert::{Alert, Next, Outcome};
use crate::exit::{Ending, Pid};
use crate::moment::Moment;
use crate::span::Span;
use crate::sys::process;
use core::ops::Bound;
use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::OsStrExt;

impl Driver {
    /// Those whose time is over.
    pub(super) fn late(&mut self, now: Moment) {
        for (name, follower) in &mut self.services {
            let Some(call) = &mut follower.call else { continue };
            if call.turn(now) {
                let after = Span(self.setup.timeout).to_string();
                self.voice.remark(&[name.as_bytes(), b": ", &call.hook, b": timed out after ", after.as_bytes()]);
            }
        }
    }

    /// Starts hooks: one for each service, so many in all; whoever was last is last again.
    pub(super) fn call(&mut self, now: Moment) {
        if self.leaving.is_some() {
            return;
        }
        let busy = self.services.values().filter(|follower| follower.call.is_some()).count();
        let mut free = self.setup.jobs.saturating_sub(busy);
        for follower in self.services.values_mut() {
            follower.hold = follower.hold.filter(|hold| *hold > now);
        }
        let waits = |follower: &Follower| {
            follower.call.is_none() && follower.hold.is_none() && !follower.memory.outbox.is_empty()
        };
        let after = self.services.range::<OsStr, _>((Bound::Excluded(self.last.as_os_str()), Bound::Unbounded));
        let until = self.services.range::<OsStr, _>((Bound::Unbounded, Bound::Included(self.last.as_os_str())));
        let waiting: Vec<OsString> =
            after.chain(until).filter(|(_, follower)| waits(follower)).map(|(name, _)| name.clone()).collect();
        for name in waiting {
            if free == 0 {
                return;
            }
            if self.call_next(&name, now) {
                free -= 1;
                self.last = name;
            }
        }
    }

    /// Starts the next hook of a service, if there is one; whether it was started.
    fn call_next(&mut self, name: &OsStr, now: Moment) -> bool {
        let Some((alert, hook, attempt)) = self.next_call(name, now) else { return false };
        let started = Call::start(&self.setup, name, &hook, &alert, attempt, now, &self.reactor.masks().service);
        let Some(follower) = self.services.get_mut(name) else { return false };
        match started {
            Ok((call, why)) => {
                follower.call = Some(call);
                if let Some(errno) = why {
                    self.voice.warning(&[name.as_bytes(), b": unable to run ", &hook.name], errno);
                }
                true
            }
            Err(errno) => {
                follower.hold = Some(now + POLL);
                self.voice.warning(&[name.as_bytes(), b": unable to start ", &hook.name], errno);
                false
            }
        }
    }

    /// What is to be told next of a service, and whom.
    fn next_call(&mut self, name: &OsStr, now: Moment) -> Option<(Alert, Hook, u32)> {
        let hooks = self.hooks(name, now)?;
        let follower = self.services.get_mut(name)?;
        let names: Vec<Vec<u8>> = hooks.iter().map(|hook| hook.name.clone()).collect();
        match follower.memory.outbox.next(now, &names) {
            Next::Tell { alert, hook, attempt } => {
                let hook = hooks.into_iter().find(|known| known.name == hook)?;
                return Some((alert, hook, attempt));
            }
            Next::Wait(until) => follower.hold = Some(until),
            Next::Nothing => follower.must_save(now),
        }
        None
    }

    /// The hooks of a service; nothing while that cannot be known.
    fn hooks(&mut self, name: &OsStr, now: Moment) -> Option<Vec<Hook>> {
        match hooks::list(&self.setup, name) {
            Ok(found) => {
                self.settle(b"the hooks");
                for (path, errno) in found.unreadable {
                    let path = path.as_os_str().as_bytes();
                    self.complain(path, &[b"unable to read directory ", path], errno);
                }
                Some(found.hooks)
            }
            Err(errno) => {
                self.complain(b"the hooks", &[b"unable to look for programs to call"], errno);
                self.services.get_mut(name)?.hold = Some(now + POLL);
                None
            }
        }
    }

    /// Hears of the hooks that have ended.
    pub(super) fn reap(&mut self, now: Moment) {
        while let Some((pid, ending)) = process::reap() {
            self.ended(pid, ending, now);
        }
    }

    fn ended(&mut self, pid: Pid, ending: Ending, now: Moment) {
        let whose = |follower: &Follower| follower.call.as_ref().is_some_and(|call| call.pid == pid);
        let Some((name, follower)) = self.services.iter_mut().find(|(_, follower)| whose(follower)) else { return };
        let Some(call) = follower.call.take() else { return };
        let well = ending == Ending::Exited(0);
        let outcome = follower.memory.outbox.told(now, call.alert, &call.hook, well, self.setup.patience);
        follower.hold = None;
        if !matches!(outcome, Outcome::Again(_)) {
            follower.must_save(now);
        }
        let what = format!("{} {}", call.alert.0, call.alert.1);
        let then = match outcome {
            Outcome::Told if self.setup.verbose => {
                return self.voice.say(&[
                    b"info: ",
                    name.as_bytes(),
                    b": ",
                    &call.hook,
                    b": told of ",
                    what.as_bytes(),
                ]);
            }
            Outcome::Told => return,
            Outcome::Again(pause) => format!("next try in {}", Span(pause)),
            Outcome::Dropped => format!("dropped after {} tries", self.setup.patience.tries),
        };
        let how = match ending {
            Ending::Exited(code) => format!("exit code {code}"),
            Ending::Killed { by, .. } => format!("signal {by}"),
            Ending::Unknown => "an end unknown".into(),
        };
        let text = format!(": {what}: {how}: {then}");
        self.voice.remark(&[name.as_bytes(), b": ", &call.hook, text.as_bytes()]);
    }
}
