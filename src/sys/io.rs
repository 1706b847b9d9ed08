//! Bytes in and out of descriptors.

use super::{Errno, Result};
use nix::fcntl::{FcntlArg, OFlag, fcntl};
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd};

/// Reads once; 0 is the end. A signal does not count as an answer.
pub fn read(fd: impl AsFd, into: &mut [u8]) -> Result<usize> {
    again(|| nix::unistd::read(fd.as_fd(), into))
}

/// Writes once, perhaps less than all.
pub fn write(fd: impl AsFd, bytes: &[u8]) -> Result<usize> {
    again(|| nix::unistd::write(fd.as_fd(), bytes))
}

/// Writes all of it to a descriptor that blocks.
pub fn write_all(fd: impl AsFd, mut bytes: &[u8]) -> Result<()> {
    while !bytes.is_empty() {
        match write(fd.as_fd(), bytes)? {
            0 => return Err(Errno::EIO),
            n => bytes = &bytes[n..],
        }
    }
    Ok(())
}

/// Reads once at an offset; 0 is the end.
pub fn read_at(fd: impl AsFd, into: &mut [u8], offset: i64) -> Result<usize> {
    again(|| nix::sys::uio::pread(fd.as_fd(), into, offset))
}

/// Writes once at an offset, perhaps less than all.
pub fn write_at(fd: impl AsFd, bytes: &[u8], offset: i64) -> Result<usize> {
    again(|| nix::sys::uio::pwrite(fd.as_fd(), bytes, offset))
}

/// Repeats a call that a signal interrupted.
pub fn again<T>(mut call: impl FnMut() -> Result<T>) -> Result<T> {
    loop {
        match call() {
            Err(Errno::EINTR) => {}
            answer => return answer,
        }
    }
}

/// A pipe whose ends no child inherits: (for reading, for writing).
pub fn pipe() -> Result<(OwnedFd, OwnedFd)> {
    nix::unistd::pipe2(OFlag::O_CLOEXEC)
}

/// How many bytes a pipe holds.
pub fn unread(fd: impl AsFd) -> Result<usize> {
    let mut bytes: libc::c_int = 0;
    // SAFETY: an open descriptor, and an address of ours for the answer.
    Errno::result(unsafe { libc::ioctl(fd.as_fd().as_raw_fd(), libc::FIONREAD, &mut bytes) })?;
    Ok(bytes.max(0) as usize)
}

/// Makes reads and writes answer "temporary failure" instead of waiting. The flag belongs to the open file, not to
/// the descriptor: every process that shares it is changed with us.
pub fn set_nonblocking(fd: impl AsFd) -> Result<()> {
    let flags = OFlag::from_bits_retain(fcntl(fd.as_fd(), FcntlArg::F_GETFL)?);
    fcntl(fd, FcntlArg::F_SETFL(flags | OFlag::O_NONBLOCK)).map(drop)
}

/// Standard input, as the process was given it.
pub fn stdin() -> BorrowedFd<'static> {
    standard(0)
}

/// Standard output, as the process was given it. It may be closed.
pub fn stdout() -> BorrowedFd<'static> {
    standard(1)
}

/// Standard error, as the process was given it. It may be closed.
pub fn stderr() -> BorrowedFd<'static> {
    standard(2)
}

fn standard(number: i32) -> BorrowedFd<'static> {
    // SAFETY: a number that means the same thing for the whole life of the process; where it is closed, calls
    // on it answer EBADF, since nothing of ours is ever put there (see `process::keep_standard_numbers_free`).
    unsafe { BorrowedFd::borrow_raw(number) }
}
