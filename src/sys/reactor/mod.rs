//! The one place where a daemon waits: for a signal, for a descriptor, until a deadline.
//!
//! Two insides with one face. The default is a signalfd and poll(2): one descriptor, no handler, nothing in private
//! memory. `mio` and `signal-hook` (feature `mio-reactor`) cost three more descriptors and a page; `make bench`
//! measures it. Both keep one contract: **whoever is told that a descriptor is ready reads or writes it until
//! it would block**, since mio tells only once.

use super::{Errno, Result};
use crate::moment::Moment;
use crate::signal::Signal;
use core::mem::MaybeUninit;
use core::time::Duration;

#[cfg(feature = "mio-reactor")]
mod mio;
#[cfg(not(feature = "mio-reactor"))]
mod poll;

#[cfg(feature = "mio-reactor")]
pub use mio::Reactor;
#[cfg(not(feature = "mio-reactor"))]
pub use poll::Reactor;

/// What the caller calls a descriptor.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Token(pub usize);

/// What to wait for on a descriptor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// That it can be read, or is at its end.
    Read,
    /// That it can be written, or nobody reads it any more.
    Write,
    /// Nothing but that its other end is gone, or an error.
    Trouble,
}

/// What happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Event {
    /// A signal came, once or more often.
    Signal(Signal),
    /// This descriptor is ready.
    Ready(Token),
}

/// Which signals a process starts with blocked, and which must have their default action.
#[derive(Clone, Copy)]
pub struct Mask {
    pub(super) set: libc::sigset_t,
    pub(super) defaults: &'static [Signal],
}

impl core::fmt::Debug for Mask {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("Mask").finish_non_exhaustive()
    }
}

impl Mask {
    /// What this process has blocked now: for programs that watch no signals.
    pub fn current() -> Mask {
        Mask { set: change(libc::SIG_BLOCK, &[]), defaults: &[] }
    }

    fn with(mut self, signals: &[Signal]) -> Mask {
        for signal in signals {
            // SAFETY: a set of ours and a valid number.
            unsafe { libc::sigaddset(&mut self.set, signal.number().into()) };
        }
        self
    }

    fn without(mut self, signals: &[Signal]) -> Mask {
        for signal in signals {
            // SAFETY: a set of ours and a valid number.
            unsafe { libc::sigdelset(&mut self.set, signal.number().into()) };
        }
        self
    }
}

/// The masks that the children of a process with watched signals get.
#[derive(Clone, Copy, Debug)]
pub struct Masks {
    /// What we were started with, the watched signals unblocked: for services.
    pub service: Mask,
    /// The watched signals blocked: for helpers that we wait for, as runit does it.
    pub helper: Mask,
}

impl Masks {
    /// From the mask before any signal was watched.
    fn new(inherited: libc::sigset_t, watched: &'static [Signal]) -> Masks {
        let inherited = Mask { set: inherited, defaults: watched };
        Masks { service: inherited.without(watched), helper: inherited.with(watched) }
    }
}

/// Changes the mask of this process and returns the one before.
pub(super) fn change(how: i32, signals: &[Signal]) -> libc::sigset_t {
    let mut set = MaybeUninit::uninit();
    let mut before = MaybeUninit::uninit();
    // SAFETY: sigemptyset initialises the set, sigprocmask the one before; it cannot fail with these arguments.
    unsafe {
        libc::sigemptyset(set.as_mut_ptr());
        for signal in signals {
            libc::sigaddset(set.as_mut_ptr(), signal.number().into());
        }
        libc::sigprocmask(how, set.as_ptr(), before.as_mut_ptr());
        before.assume_init()
    }
}

/// Makes signals be what they are by default, also where we were started with them ignored: an ignored SIGCHLD would
/// reap our children behind our back.
pub(super) fn set_default(signals: &[Signal]) {
    for signal in signals {
        // SAFETY: no handler, only the default action.
        unsafe { libc::signal(signal.number().into(), libc::SIG_DFL) };
    }
}

/// How long to wait from `now` on: `None` is for ever, a deadline that has passed is not at all.
fn remaining(now: Moment, deadline: Option<Moment>) -> Option<Duration> {
    deadline.map(|deadline| deadline.since(now))
}

/// A wait that was interrupted is over; the caller looks at the clock and waits again.
fn interrupted_is_over(answer: Result<usize>) -> Result<usize> {
    match answer {
        Err(Errno::EINTR) => Ok(0),
        answer => answer,
    }
}
