//! mio and signal-hook. Each watched signal sets a flag and wakes the poll through a pipe.

use super::{Direction, Event, Masks, Token, change, interrupted_is_over, remaining, set_default};
use crate::moment::Moment;
use crate::signal::Signal;
use crate::sys::{Errno, Result, io};
use ::mio::unix::SourceFd;
use ::mio::{Events, Interest, Poll};
use std::os::fd::{AsFd, AsRawFd};
use std::os::unix::net::UnixStream;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// Signals, descriptors and a deadline in one wait.
#[derive(Debug)]
pub struct Reactor {
    poll: Poll,
    happened: Events,
    wakes: UnixStream,
    signals: Vec<(Signal, Arc<AtomicBool>)>,
    masks: Masks,
}

/// The token of our own pipe, which no caller's is.
const WAKES: ::mio::Token = ::mio::Token(usize::MAX);

/// Descriptors that are told of with one wait.
const AT_ONCE: usize = 64;

impl Reactor {
    /// From now on these signals are events, and do nothing else.
    pub fn new(watched: &'static [Signal]) -> Result<Reactor> {
        set_default(watched);
        let inherited = change(libc::SIG_BLOCK, watched);
        let poll = Poll::new().map_err(errno)?;
        let (wakes, waker) = UnixStream::pair().map_err(errno)?;
        io::set_nonblocking(&wakes)?;
        let mut signals = Vec::new();
        for signal in watched {
            let flag = Arc::new(AtomicBool::new(false));
            let number = signal.number().into();
            signal_hook::flag::register(number, Arc::clone(&flag)).map_err(errno)?;
            signal_hook::low_level::pipe::register(number, waker.try_clone().map_err(errno)?).map_err(errno)?;
            signals.push((*signal, flag));
        }
        poll.registry().register(&mut SourceFd(&wakes.as_raw_fd()), WAKES, Interest::READABLE).map_err(errno)?;
        change(libc::SIG_UNBLOCK, watched);
        let masks = Masks::new(inherited, watched);
        Ok(Reactor { poll, happened: Events::with_capacity(AT_ONCE), wakes, signals, masks })
    }

    /// What the children of this process start with.
    pub fn masks(&self) -> &Masks {
        &self.masks
    }

    /// Waits for this descriptor too, until it is forgotten; to be forgotten before it is closed.
    pub fn watch(&mut self, fd: impl AsFd, token: Token, direction: Direction) -> Result<()> {
        let interest = match direction {
            Direction::Read => Interest::READABLE,
            Direction::Write => Interest::WRITABLE,
            Direction::Trouble => Interest::PRIORITY, // with nothing it takes none, and trouble is always told of
        };
        let fd = fd.as_fd().as_raw_fd();
        self.poll.registry().register(&mut SourceFd(&fd), ::mio::Token(token.0), interest).map_err(errno)
    }

    /// Waits for this descriptor no longer.
    pub fn forget(&mut self, fd: impl AsFd) {
        let _ = self.poll.registry().deregister(&mut SourceFd(&fd.as_fd().as_raw_fd()));
    }

    /// Waits until something happens or the deadline has come, and tells what, signals first.
    pub fn wait(&mut self, now: Moment, deadline: Option<Moment>, events: &mut Vec<Event>) -> Result<()> {
        events.clear();
        let answer = self.poll.poll(&mut self.happened, remaining(now, deadline));
        interrupted_is_over(answer.map(|()| 0).map_err(errno))?;
        if self.happened.iter().any(|event| event.token() == WAKES) {
            let mut bytes = [0; 64];
            while io::read(&self.wakes, &mut bytes).is_ok_and(|n| n > 0) {}
        }
        let came = self.signals.iter().filter(|(_, flag)| flag.swap(false, Ordering::SeqCst));
        events.extend(came.map(|(signal, _)| Event::Signal(*signal)));
        let ready = self.happened.iter().map(|event| event.token()).filter(|token| *token != WAKES);
        events.extend(ready.map(|token| Event::Ready(Token(token.0))));
        Ok(())
    }
}

fn errno(error: std::io::Error) -> Errno {
    error.raw_os_error().map_or(Errno::EIO, Errno::from_raw)
}
