//! The one wait: for the server, for the user, and for whoever presses Ctrl-C.

use super::trouble::{Kind, Result, Trouble};
use crate::signal::Signal;
use crate::sys::clock;
use crate::sys::reactor::{Direction, Event, Reactor, Token};
use std::os::fd::BorrowedFd;

/// What is waited with.
#[derive(Debug, Default)]
pub(super) struct Wait {
    reactor: Option<Reactor>,
    watching: bool,
}

impl Wait {
    /// From now on Ctrl-C is something that is waited for; before, it ends us.
    pub(super) fn watch_interrupt(&mut self) -> Result<()> {
        if !self.watching {
            self.reactor = Some(Reactor::new(&[Signal::INT]).map_err(Trouble::call)?);
            self.watching = true;
        }
        Ok(())
    }

    /// Waits until one of these is ready, and says which of them are.
    pub(super) fn any(&mut self, fds: &[(BorrowedFd<'_>, Direction)]) -> Result<Vec<usize>> {
        if self.reactor.is_none() {
            self.reactor = Some(Reactor::new(&[]).map_err(Trouble::call)?);
        }
        let Some(reactor) = &mut self.reactor else { return Ok(Vec::new()) };
        for (at, (fd, direction)) in fds.iter().enumerate() {
            reactor.watch(fd, Token(at), *direction).map_err(Trouble::call)?;
        }
        let mut events = Vec::new();
        let mut answer = Ok(());
        while events.is_empty() && answer.is_ok() {
            answer = reactor.wait(clock::moment(), None, &mut events).map_err(Trouble::call);
        }
        fds.iter().for_each(|(fd, _)| reactor.forget(fd));
        answer?;
        if events.iter().any(|event| matches!(event, Event::Signal(_))) {
            return Err(Trouble::new(Kind::Interrupt));
        }
        let ready =
            events.iter().filter_map(|event| if let Event::Ready(token) = event { Some(token.0) } else { None });
        Ok(ready.collect())
    }

    /// Waits until this one is ready.
    pub(super) fn one(&mut self, fd: BorrowedFd<'_>, direction: Direction) -> Result<()> {
        self.any(&[(fd, direction)]).map(drop)
    }
}
