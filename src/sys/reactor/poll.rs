//! signalfd and poll.

use super::{Direction, Event, Masks, Token, change, interrupted_is_over, remaining, set_default};
use crate::moment::Moment;
use crate::signal::Signal;
use crate::sys::{Errno, Result};
use core::ptr;
use std::os::fd::{AsFd, AsRawFd, FromRawFd, OwnedFd};

/// Signals, descriptors and a deadline in one wait.
pub struct Reactor {
    signals: OwnedFd,
    watched: libc::sigset_t,
    masks: Masks,
    /// The signalfd first, then one for each token.
    polled: Vec<libc::pollfd>,
    tokens: Vec<Token>,
}

/// Signals that are taken with one read.
const AT_ONCE: usize = 4;

impl core::fmt::Debug for Reactor {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("Reactor").field("tokens", &self.tokens).finish_non_exhaustive()
    }
}

impl Reactor {
    /// From now on these signals are events, and do nothing else.
    pub fn new(watched: &'static [Signal]) -> Result<Reactor> {
        let inherited = change(libc::SIG_BLOCK, watched);
        set_default(watched);
        let masks = Masks::new(inherited, watched);
        let mut set = inherited;
        // SAFETY: a set of ours, filled anew; valid numbers; the descriptor is new and nobody else's.
        let signals = unsafe {
            libc::sigemptyset(&mut set);
            for signal in watched {
                libc::sigaddset(&mut set, signal.number().into());
            }
            let fd = Errno::result(libc::signalfd(-1, &set, libc::SFD_NONBLOCK | libc::SFD_CLOEXEC))?;
            OwnedFd::from_raw_fd(fd)
        };
        let polled = vec![libc::pollfd { fd: signals.as_raw_fd(), events: libc::POLLIN, revents: 0 }];
        Ok(Reactor { signals, watched: set, masks, polled, tokens: Vec::new() })
    }

    /// What the children of this process start with.
    pub fn masks(&self) -> &Masks {
        &self.masks
    }

    /// Waits for this descriptor too, until it is forgotten; to be forgotten before it is closed.
    pub fn watch(&mut self, fd: impl AsFd, token: Token, direction: Direction) -> Result<()> {
        let events = match direction {
            Direction::Read => libc::POLLIN,
            Direction::Write => libc::POLLOUT,
            Direction::Trouble => 0, // it is always told of
        };
        self.polled.push(libc::pollfd { fd: fd.as_fd().as_raw_fd(), events, revents: 0 });
        self.tokens.push(token);
        Ok(())
    }

    /// Waits for this descriptor no longer.
    pub fn forget(&mut self, fd: impl AsFd) {
        let fd = fd.as_fd().as_raw_fd();
        if let Some(at) = self.polled.iter().skip(1).position(|slot| slot.fd == fd) {
            self.polled.remove(at + 1);
            self.tokens.remove(at);
        }
    }

    /// Waits until something happens or the deadline has come, and tells what, signals first.
    pub fn wait(&mut self, now: Moment, deadline: Option<Moment>, events: &mut Vec<Event>) -> Result<()> {
        events.clear();
        let span = remaining(now, deadline)
            .map(|span| libc::timespec { tv_sec: span.as_secs() as _, tv_nsec: span.subsec_nanos() as _ });
        let span = span.as_ref().map_or(ptr::null(), ptr::from_ref);
        // SAFETY: an array of ours with its length, a time or none, no mask.
        let ready = unsafe { libc::ppoll(self.polled.as_mut_ptr(), self.polled.len() as _, span, ptr::null()) };
        match interrupted_is_over(Errno::result(ready).map(|n| n as usize)) {
            Ok(0) => return Ok(()),
            Ok(_) => {}
            Err(errno) => {
                self.take_one_signal(events);
                return Err(errno);
            }
        }
        if self.polled[0].revents != 0 {
            self.take_signals(events)?;
        }
        let ready = self.polled[1..].iter().zip(&self.tokens).filter(|(slot, _)| slot.revents != 0);
        events.extend(ready.map(|(_, token)| Event::Ready(*token)));
        Ok(())
    }

    /// The kernel has no memory for a poll. A signal can be waited for without any: a second at most, so that the
    /// failed wait is tried again soon, and never at once.
    fn take_one_signal(&self, events: &mut Vec<Event>) {
        let second = libc::timespec { tv_sec: 1, tv_nsec: 0 };
        // SAFETY: a set and a time of ours; no information asked for.
        let signal = unsafe { libc::sigtimedwait(&self.watched, ptr::null_mut(), &second) };
        events.extend(u8::try_from(signal).ok().and_then(Signal::new).map(Event::Signal));
    }

    fn take_signals(&self, events: &mut Vec<Event>) -> Result<()> {
        const SIZE: usize = size_of::<libc::signalfd_siginfo>();
        let mut bytes = [0; AT_ONCE * SIZE];
        loop {
            let length = match crate::sys::io::read(&self.signals, &mut bytes) {
                Ok(length) => length,
                Err(Errno::EAGAIN) => return Ok(()),
                Err(errno) => return Err(errno),
            };
            // The signal's number is the first word of each record.
            for record in bytes[..length].chunks_exact(SIZE) {
                if let Some(signal) = Signal::new(record[if cfg!(target_endian = "little") { 0 } else { 3 }]) {
                    events.push(Event::Signal(signal));
                }
            }
            if length < bytes.len() {
                return Ok(());
            }
        }
    }
}
