//! The one wait, and the one deadline.

use super::{Answer, Trouble};
use crate::moment::Moment;
use crate::signal::Signal;
use crate::span::Span;
use crate::sys::clock;
use crate::sys::reactor::{Direction, Event, Mask, Reactor, Token};
use core::time::Duration;
use std::os::fd::BorrowedFd;

/// What is waited with, and until when.
pub(super) struct Wait {
    reactor: Reactor,
    deadline: Moment,
    timeout: Duration,
}

const ONLY: Token = Token(0);

impl Wait {
    /// The deadline is that far from now; these signals are events.
    pub(super) fn new(timeout: Duration, signals: &'static [Signal]) -> Answer<Wait> {
        let reactor = Reactor::new(signals).map_err(|errno| Trouble::call(&[b"unable to make reactor"], errno))?;
        Ok(Wait { reactor, deadline: clock::moment() + timeout, timeout })
    }

    /// What children start with.
    pub(super) fn mask(&self) -> &Mask {
        &self.reactor.masks().service
    }

    /// The point in time when a part of what time is left is over: half of it, a third.
    pub(super) fn part(&self, of: usize) -> Moment {
        let now = clock::moment();
        now + self.deadline.since(now) / u32::try_from(of).unwrap_or(u32::MAX).max(1)
    }

    /// When all must be over.
    pub(super) fn deadline(&self) -> Moment {
        self.deadline
    }

    /// Starts again with another deadline.
    pub(super) fn anew(&mut self, span: Duration) {
        self.deadline = clock::moment() + span;
    }

    /// For whoever had no answer in time.
    pub(super) fn late(&self) -> String {
        format!("timed out after {}", Span(self.timeout))
    }

    /// Waits until a descriptor is ready; whether it is in time.
    pub(super) fn ready(&mut self, fd: BorrowedFd<'_>, direction: Direction, until: Moment) -> Answer<bool> {
        self.next(Some((fd, direction)), until).map(|events| !events.is_empty())
    }

    /// Waits for a signal, or for a descriptor to be ready. Nothing has happened when it is too late.
    pub(super) fn next(&mut self, fd: Option<(BorrowedFd<'_>, Direction)>, until: Moment) -> Answer<Vec<Event>> {
        if let Some((fd, direction)) = fd {
            self.reactor.watch(fd, ONLY, direction).map_err(unable)?;
        }
        let answer = self.happens(until);
        if let Some((fd, _)) = fd {
            self.reactor.forget(fd);
        }
        answer
    }

    fn happens(&mut self, until: Moment) -> Answer<Vec<Event>> {
        let mut events = Vec::new();
        loop {
            let now = clock::moment();
            self.reactor.wait(now, Some(until), &mut events).map_err(unable)?;
            if !events.is_empty() || clock::moment() >= until {
                return Ok(events);
            }
        }
    }
}

fn unable(errno: crate::sys::Errno) -> Trouble {
    Trouble::call(&[b"unable to wait"], errno)
}
