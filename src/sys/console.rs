//! The console: where process 1 speaks, and what its children get for their standard streams.

use super::{Errno, Result};
use crate::sys::fs::How;
use nix::fcntl::{FcntlArg, OFlag, fcntl, open};
use nix::sys::stat::Mode;
use std::os::fd::{AsRawFd, OwnedFd};

const CONSOLE: &str = "/dev/console";

/// Opens the console. It is nobody's controlling terminal by that; a line without carrier keeps nobody waiting.
fn console(how: How) -> Result<OwnedFd> {
    let access = if how == How::ReadWrite { OFlag::O_RDWR } else { OFlag::O_WRONLY };
    let flags = access | OFlag::O_NOCTTY | OFlag::O_NONBLOCK | OFlag::O_CLOEXEC;
    open(CONSOLE, flags, Mode::empty())
}

/// The console for a child: writes wait until they are through, as programs expect.
pub fn for_child(how: How) -> Result<OwnedFd> {
    let fd = console(how)?;
    let flags = OFlag::from_bits_retain(fcntl(&fd, FcntlArg::F_GETFL)?);
    fcntl(&fd, FcntlArg::F_SETFL(flags - OFlag::O_NONBLOCK))?;
    Ok(fd)
}

/// Puts the console on descriptors 0, 1 and 2 of this process. Writes never wait: a console that nobody reads, or
/// that somebody has stopped with control-S, must not stop process 1.
pub fn speak_there() -> Result<()> {
    let fd = console(How::Write)?;
    for number in 0..3 {
        // SAFETY: numbers only; what is replaced are the standard streams, which nobody owns.
        Errno::result(unsafe { libc::dup2(fd.as_raw_fd(), number) })?;
    }
    if fd.as_raw_fd() < 3 {
        core::mem::forget(fd); // it is one of them
    }
    Ok(())
}
