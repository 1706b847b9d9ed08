//! Bytes in and out of descriptors.

use super::{Errno, Result};
use nix::fcntl::{FcntlArg, OFlag, fcntl};
use nix::sys::signal::{SigSet, SigmaskHow, Signal};
use nix::sys::termios::{self, LocalFlags, SetArg, Termios};
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, IntoRawFd, OwnedFd};

/// Reads once; 0 is the end. A signal does not count as an answer.
pub fn read(fd: impl AsFd, into: &mut [u8]) -> Result<usize> {
    again(|| nix::unistd::read(fd.as_fd(), into))
}

/// Reads once, at most `most` bytes, and appends them; 0 is the end. Memory of the vector is touched only where bytes
/// are put.
pub fn read_onto(fd: impl AsFd, into: &mut Vec<u8>, most: usize) -> Result<usize> {
    into.reserve(most);
    let spare = into.spare_capacity_mut();
    let most = most.min(spare.len());
    let length = again(|| {
        // SAFETY: the kernel writes at most so many bytes into memory that is ours to fill.
        Errno::result(unsafe { libc::read(fd.as_fd().as_raw_fd(), spare.as_mut_ptr().cast(), most) })
    })?;
    let length = length as usize;
    // SAFETY: so many bytes have been written behind the old length.
    unsafe { into.set_len(into.len() + length) };
    Ok(length)
}

/// Empties a vector and gives its memory back to the system; its capacity stays. For what was large once and may be
/// so again.
pub fn give_back(memory: &mut Vec<u8>) {
    const PAGE: usize = 4096;
    memory.clear();
    let start = memory.as_mut_ptr();
    let skip = start.align_offset(PAGE);
    let whole = memory.capacity().saturating_sub(skip) / PAGE * PAGE;
    if whole > 0 {
        // SAFETY: whole pages within an allocation of ours whose content nobody wants any more. Where the system's
        // pages are larger the call fails, and nothing happens.
        unsafe { libc::madvise(start.add(skip).cast(), whole, libc::MADV_DONTNEED) };
    }
}

/// Whether a descriptor would take bytes now without making us wait.
pub fn is_writable(fd: impl AsFd) -> bool {
    let mut slot = libc::pollfd { fd: fd.as_fd().as_raw_fd(), events: libc::POLLOUT, revents: 0 };
    // SAFETY: one record of ours, and no time to wait.
    let ready = unsafe { libc::poll(&mut slot, 1, 0) };
    ready > 0
}

/// Whether a descriptor has something to be read now, or is at its end.
pub fn is_readable(fd: impl AsFd) -> bool {
    let mut slot = libc::pollfd { fd: fd.as_fd().as_raw_fd(), events: libc::POLLIN, revents: 0 };
    // SAFETY: one record of ours, and no time to wait.
    unsafe { libc::poll(&mut slot, 1, 0) > 0 }
}

/// Whether the other end of a descriptor is gone, or it has an error.
pub fn has_trouble(fd: impl AsFd) -> bool {
    let mut slot = libc::pollfd { fd: fd.as_fd().as_raw_fd(), events: 0, revents: 0 };
    // SAFETY: one record of ours, and no time to wait.
    unsafe { libc::poll(&mut slot, 1, 0) > 0 }
}

/// Whether two descriptors are one open file. Where the kernel does not tell, they are not.
pub fn is_same(one: impl AsFd, other: impl AsFd) -> bool {
    const FILE: libc::c_int = 0; // KCMP_FILE
    let (one, other, us) = (one.as_fd().as_raw_fd(), other.as_fd().as_raw_fd(), std::process::id());
    // SAFETY: numbers only.
    unsafe { libc::syscall(libc::SYS_kcmp, us, us, FILE, one, other) == 0 }
}

/// Writes once, perhaps less than all.
pub fn write(fd: impl AsFd, bytes: &[u8]) -> Result<usize> {
    again(|| nix::unistd::write(fd.as_fd(), bytes))
}

/// Writes, and answers "broken pipe" where that would raise SIGPIPE: to a fifo whose reader may be leaving, to a
/// standard error that nobody reads any more.
pub fn unsignalled<T>(write: impl FnOnce() -> Result<T>) -> Result<T> {
    let mut pipe = SigSet::empty();
    pipe.add(Signal::SIGPIPE);
    let before = pipe.thread_swap_mask(SigmaskHow::SIG_BLOCK)?;
    let answer = write();
    if matches!(answer, Err(Errno::EPIPE)) && !before.contains(Signal::SIGPIPE) {
        // It is pending now; taken like this it is gone, where unblocking it would deliver it.
        let nothing = libc::timespec { tv_sec: 0, tv_nsec: 0 };
        // SAFETY: a set and a time of ours; no information asked for.
        unsafe { libc::sigtimedwait(pipe.as_ref(), core::ptr::null_mut(), &nothing) };
    }
    before.thread_set_mask()?;
    answer
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

/// Reads up to the end.
pub fn read_all(fd: impl AsFd) -> Result<Vec<u8>> {
    let mut bytes = Vec::new();
    loop {
        let filled = bytes.len();
        bytes.resize(filled + 4096, 0);
        let n = read(fd.as_fd(), &mut bytes[filled..])?;
        bytes.truncate(filled + n);
        if n == 0 {
            return Ok(bytes);
        }
    }
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

/// Makes reads and writes wait again.
pub fn set_blocking(fd: impl AsFd) -> Result<()> {
    let flags = OFlag::from_bits_retain(fcntl(fd.as_fd(), FcntlArg::F_GETFL)?);
    fcntl(fd, FcntlArg::F_SETFL(flags & !OFlag::O_NONBLOCK)).map(drop)
}

/// Whether somebody looks at a terminal there.
pub fn is_terminal(fd: impl AsFd) -> bool {
    nix::unistd::isatty(fd).unwrap_or(false)
}

/// A terminal that does not show what is typed, as long as this lives.
#[derive(Debug)]
pub struct Hidden<'t> {
    terminal: BorrowedFd<'t>,
    before: Termios,
}

/// Lets a terminal not show what is typed. What was typed already is forgotten.
pub fn hide_input(terminal: BorrowedFd<'_>) -> Result<Hidden<'_>> {
    let before = termios::tcgetattr(terminal)?;
    let mut hidden = before.clone();
    hidden.local_flags.remove(LocalFlags::ECHO);
    termios::tcsetattr(terminal, SetArg::TCSAFLUSH, &hidden)?;
    Ok(Hidden { terminal, before })
}

impl Drop for Hidden<'_> {
    fn drop(&mut self) {
        let _ = termios::tcsetattr(self.terminal, SetArg::TCSADRAIN, &self.before); // it may be gone
    }
}

/// How many characters a line of this terminal has; nothing if it is none, or does not know.
pub fn terminal_width(fd: impl AsFd) -> Option<usize> {
    let mut size = libc::winsize { ws_row: 0, ws_col: 0, ws_xpixel: 0, ws_ypixel: 0 };
    // SAFETY: an address of ours for the answer.
    let answer = unsafe { libc::ioctl(fd.as_fd().as_raw_fd(), libc::TIOCGWINSZ, &mut size) };
    Some(usize::from(size.ws_col)).filter(|width| answer == 0 && *width > 0)
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

/// Closes a standard descriptor. One that we were started without answers "file descriptor not open", though
/// `process::keep_standard_numbers_free` has put something there: what is there is closed on exec, and so cannot have
/// been handed to us.
pub fn close_standard(number: i32) -> Result<()> {
    let flags = nix::fcntl::FdFlag::from_bits_retain(fcntl(standard(number), FcntlArg::F_GETFD)?);
    if flags.contains(nix::fcntl::FdFlag::FD_CLOEXEC) {
        return Err(Errno::EBADF);
    }
    nix::unistd::close(number)
}

/// Makes a descriptor one that whatever we execute inherits, for as long as it runs.
pub fn hand_on(fd: OwnedFd) -> Result<()> {
    fcntl(&fd, FcntlArg::F_SETFD(nix::fcntl::FdFlag::empty()))?;
    let _ = fd.into_raw_fd();
    Ok(())
}

fn standard(number: i32) -> BorrowedFd<'static> {
    // SAFETY: a number that means the same thing for the whole life of the process; where it is closed, calls
    // on it answer EBADF, since nothing of ours is ever put there (see `process::keep_standard_numbers_free`).
    unsafe { BorrowedFd::borrow_raw(number) }
}

/// Puts nothing behind the three standard descriptors, for us and for all that we start.
pub fn become_silent() -> Result<()> {
    let flags = OFlag::O_RDWR | OFlag::O_CLOEXEC;
    let null = nix::fcntl::open("/dev/null", flags, nix::sys::stat::Mode::empty())?;
    nix::unistd::dup2_stdin(&null)?;
    nix::unistd::dup2_stdout(&null)?;
    nix::unistd::dup2_stderr(&null)
}

/// Makes this standard error, for us and for all that we start.
pub fn become_stderr(fd: impl AsFd) -> Result<()> {
    nix::unistd::dup2_stderr(fd)
}
