//! `supervise/held`: a service that somebody keeps down for a time comes back by itself.
//!
//! It is read when the supervisor starts and when a `d` comes. A `d` that finds the file as it was known already is
//! nobody's who wrote it: it is an ordinary one, which means for good, and ends the hold; so does whatever brings the
//! service up.

use crate::moment::{Moment, Now};
use crate::service::held::{HELD, Held, LONGEST};
use crate::sys::fs::{Dir, How};
use crate::sys::io;

/// Whether the service is held.
#[derive(Debug, Default)]
pub(super) struct Hold(Option<(Held, Option<Moment>)>);

impl Hold {
    /// What is left of a hold from before this supervisor. One that is over is none.
    pub(super) fn resume(now: Now, supervise: &Dir) -> Hold {
        let mut hold = Hold::default();
        match read(supervise) {
            Some(held) if held.is_over(now.label) => remove(supervise),
            Some(held) => hold.take(now, held),
            None => {}
        }
        hold
    }

    /// What it is, for the program that takes our place.
    pub(super) fn hand_over(&self) -> Option<Held> {
        self.0.as_ref().map(|(held, _)| held.clone())
    }

    /// What was handed over: not what the file says now, of which a `d` may be about to tell.
    pub(super) fn inherit(now: Now, held: Option<Held>) -> Hold {
        let mut hold = Hold::default();
        held.into_iter().for_each(|held| hold.take(now, held));
        hold
    }

    /// Whether it keeps the service down.
    pub(super) fn holds(&self) -> bool {
        self.0.is_some()
    }

    /// A `d` has come; what it newly holds the service by.
    pub(super) fn told(&mut self, now: Now, supervise: &Dir) -> Option<&Held> {
        let found = read(supervise)?;
        if self.0.as_ref().is_some_and(|(held, _)| *held == found) {
            self.end(supervise);
            return None;
        }
        self.take(now, found);
        self.0.as_ref().map(|(held, _)| held)
    }

    /// It is over; nothing happens if there is none.
    pub(super) fn end(&mut self, supervise: &Dir) {
        if self.0.take().is_some() {
            remove(supervise);
        }
    }

    /// When to look whether it is over.
    pub(super) fn deadline(&self) -> Option<Moment> {
        self.0.as_ref().and_then(|(_, due)| *due)
    }

    /// Whether its time is over. The clock on which it ends may have been set meanwhile.
    pub(super) fn is_over(&mut self, now: Now) -> bool {
        let Some((held, due)) = &mut self.0 else { return false };
        *due = due_at(now, held);
        held.is_over(now.label)
    }

    fn take(&mut self, now: Now, held: Held) {
        let due = due_at(now, &held);
        self.0 = Some((held, due));
    }
}

fn due_at(now: Now, held: &Held) -> Option<Moment> {
    held.until.map(|until| now.moment + until.since(now.label))
}

fn read(supervise: &Dir) -> Option<Held> {
    let file = supervise.own_file(HELD, How::Read).ok()?;
    let mut bytes = Vec::new(); // not on the stack, where it would be room for every service that has no such file
    io::read_onto(file, &mut bytes, LONGEST).ok()?;
    Held::parse(&bytes)
}

/// One that cannot be removed is over all the same, or known.
fn remove(supervise: &Dir) {
    let _ = supervise.remove(HELD);
}
