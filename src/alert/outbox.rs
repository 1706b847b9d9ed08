//! Which alerts are still to be told to whom.
//!
//! Everybody who is to be told is a hook, by name. Each hook is told of the alerts one after the other, in their order;
//! one that fails is asked again after a while, longer each time, and the others need not wait for it. Only one of them
//! is asked at a time.

use super::{Alert, Id};
use crate::moment::Moment;
use alloc::collections::{BTreeMap, BTreeSet, VecDeque};
use alloc::vec::Vec;
use core::time::Duration;

/// Alerts of one service that somebody has not been told of yet.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Outbox {
    pub(super) calls: VecDeque<Call>,
    /// Whom to ask again, and when. Not written down: whoever starts anew begins to count anew.
    tries: BTreeMap<Vec<u8>, (u32, Moment)>,
}

/// An alert, and who knows of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Call {
    pub(super) alert: Alert,
    pub(super) done: BTreeSet<Vec<u8>>,
}

/// What is to be done next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Next {
    /// Tell this hook of this alert, for the first time or again.
    Tell {
        /// Of what.
        alert: Alert,
        /// Whom.
        hook: Vec<u8>,
        /// 1 for the first time.
        attempt: u32,
    },
    /// Nothing before then.
    Wait(Moment),
    /// Everybody knows everything.
    Nothing,
}

/// How long a hook is asked again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Patience {
    /// How often it is asked in all; at least once.
    pub tries: u32,
    /// How long after the first failure.
    pub first: Duration,
    /// The longest pause; until then each is twice the one before.
    pub longest: Duration,
}

/// What became of a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The hook knows.
    Told,
    /// It is asked again after this time.
    Again(Duration),
    /// It has failed too often, and is not asked again.
    Dropped,
}

/// So many alerts wait at most. A service whose hooks all fail makes two in a while.
const MOST: usize = 64;

impl Outbox {
    /// There is something new to tell. Should too much wait already, the oldest is given up and returned.
    pub fn push(&mut self, alert: Alert) -> Option<Alert> {
        self.calls.push_back(Call { alert, done: BTreeSet::new() });
        if self.calls.len() <= MOST {
            return None;
        }
        self.calls.pop_front().map(|call| call.alert)
    }

    /// Whether everybody knows everything, as far as it was looked.
    pub fn is_empty(&self) -> bool {
        self.calls.is_empty()
    }

    /// The last so many.
    pub fn latest(&self, number: usize) -> impl Iterator<Item = &Alert> {
        self.calls.iter().skip(self.calls.len().saturating_sub(number)).map(|call| &call.alert)
    }

    /// What to do next, where these are all that are to be told. What all of them know is forgotten.
    pub fn next(&mut self, now: Moment, hooks: &[Vec<u8>]) -> Next {
        self.calls.retain(|call| hooks.iter().any(|hook| !call.done.contains(hook)));
        self.tries.retain(|hook, _| hooks.contains(hook));
        let mut busy = BTreeSet::new();
        let mut soonest = None;
        for call in &self.calls {
            for hook in hooks.iter().filter(|hook| !call.done.contains(*hook)) {
                if !busy.insert(hook) {
                    continue; // it does not know yet what was before
                }
                match self.tries.get(hook) {
                    Some((_, due)) if *due > now => soonest = Some(soonest.map_or(*due, |soon: Moment| soon.min(*due))),
                    tries => {
                        let attempt = tries.map_or(0, |(before, _)| *before).saturating_add(1);
                        return Next::Tell { alert: call.alert.clone(), hook: hook.clone(), attempt };
                    }
                }
            }
        }
        soonest.map_or(Next::Nothing, Next::Wait)
    }

    /// A hook was told, or has failed.
    pub fn told(&mut self, now: Moment, alert: Id, hook: &[u8], well: bool, patience: Patience) -> Outcome {
        let failures = self.tries.get(hook).map_or(0, |(before, _)| *before).saturating_add(1);
        if !well && failures < patience.tries {
            let pause = patience.pause(failures);
            self.tries.insert(hook.to_vec(), (failures, now + pause));
            return Outcome::Again(pause);
        }
        self.tries.remove(hook);
        if let Some(call) = self.calls.iter_mut().find(|call| call.alert.id() == alert) {
            call.done.insert(hook.to_vec());
        }
        if well { Outcome::Told } else { Outcome::Dropped }
    }

    /// Asks those again at once who have failed.
    pub fn hurry(&mut self) {
        for (_, due) in self.tries.values_mut() {
            *due = Moment::default();
        }
    }
}

impl Patience {
    /// How long to wait after so many failures.
    fn pause(self, failures: u32) -> Duration {
        let factor = 1u32.checked_shl(failures.saturating_sub(1)).unwrap_or(u32::MAX);
        self.first.saturating_mul(factor).min(self.longest)
    }
}
