//! Signals for a program that waits elsewhere than in `sys::reactor`: a descriptor that is readable when one has come.

use super::reactor::{change, set_default};
use super::{Errno, Result, io};
use crate::signal::Signal;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, FromRawFd, OwnedFd, RawFd};

/// Signals that do nothing but make this readable.
#[derive(Debug)]
pub struct Signals(OwnedFd);

impl Signals {
    /// From now on for these.
    pub fn new(watched: &'static [Signal]) -> Result<Signals> {
        let mut set = change(libc::SIG_BLOCK, watched);
        set_default(watched);
        // SAFETY: a set of ours, filled anew; valid numbers; the descriptor is new and nobody else's.
        let fd = unsafe {
            libc::sigemptyset(&mut set);
            for signal in watched {
                libc::sigaddset(&mut set, signal.number().into());
            }
            let fd = Errno::result(libc::signalfd(-1, &set, libc::SFD_NONBLOCK | libc::SFD_CLOEXEC))?;
            OwnedFd::from_raw_fd(fd)
        };
        Ok(Signals(fd))
    }

    /// The next one that has come.
    pub fn take(&self) -> Option<Signal> {
        let mut bytes = [0; size_of::<libc::signalfd_siginfo>()];
        let length = io::read(&self.0, &mut bytes).ok()?;
        // Its number is the first word.
        let number = bytes[..4].try_into().map(u32::from_ne_bytes).ok().filter(|_| length == bytes.len())?;
        Signal::new(u8::try_from(number).ok()?)
    }
}

impl AsFd for Signals {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.0.as_fd()
    }
}

impl AsRawFd for Signals {
    fn as_raw_fd(&self) -> RawFd {
        self.0.as_raw_fd()
    }
}

/// From now on a write that nobody reads is answered with "broken pipe", and does not end us. Programs that we start
/// inherit that.
pub fn ignore_broken_pipes() {
    // SAFETY: no handler, only that it is ignored.
    unsafe { libc::signal(libc::SIGPIPE, libc::SIG_IGN) };
}
