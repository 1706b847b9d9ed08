//! Descriptors that stay open while the program of this process is replaced.

use super::{Errno, Result, clock, process};
use crate::exit::Pid;
use crate::handover::Number;
use crate::signal::Signal;
use std::io::Read;
use std::os::fd::{AsFd, AsRawFd, FromRawFd, OwnedFd, RawFd};

/// Those that are to stay open.
#[derive(Debug, Default)]
pub struct Outgoing(Vec<RawFd>);

impl Outgoing {
    /// This one stays, by its number.
    pub fn keep(&mut self, fd: impl AsFd) -> Number {
        let number = fd.as_fd().as_raw_fd();
        self.0.push(number);
        Number(number)
    }

    /// The last one is about to be closed.
    pub fn forget_last(&mut self) {
        self.0.pop();
    }

    /// From now on they stay open in whatever we execute; or they do not any more.
    pub fn stay_open(&self, stay: bool) -> Result<()> {
        self.0.iter().try_for_each(|number| set_closed_on_exec(*number, !stay))
    }
}

fn set_closed_on_exec(number: RawFd, closed: bool) -> Result<()> {
    let flags = if closed { libc::FD_CLOEXEC } else { 0 };
    // SAFETY: numbers only.
    Errno::result(unsafe { libc::fcntl(number, libc::F_SETFD, flags) }).map(drop)
}

/// Those that have stayed open. To be made once in a process, before anything else is opened.
#[derive(Debug, Default)]
pub struct Incoming(Vec<RawFd>);

impl Incoming {
    /// The one of this number; from now on it is closed on exec again. Each can be had once.
    pub fn take(&mut self, Number(number): Number) -> Result<OwnedFd> {
        if number <= 2 || self.0.contains(&number) {
            return Err(Errno::EBADF);
        }
        set_closed_on_exec(number, true)?;
        self.0.push(number);
        // SAFETY: it is open, it was handed to nobody else here, and nothing that we have opened has this number: that
        // is for the caller to see to, who takes all of them first.
        Ok(unsafe { OwnedFd::from_raw_fd(number) })
    }
}

/// A file without a name, in memory.
pub fn paper() -> Result<OwnedFd> {
    // SAFETY: a text that ends with a zero byte; what comes back is a new descriptor of ours.
    unsafe {
        let number = Errno::result(libc::memfd_create(c"handover".as_ptr(), libc::MFD_CLOEXEC))?;
        Ok(OwnedFd::from_raw_fd(number))
    }
}

/// Closes everything but the standard descriptors: what was handed over is not understood.
pub fn close_all() {
    // SAFETY: numbers only; to be called before anything of ours is open.
    unsafe {
        if Errno::result(libc::syscall(libc::SYS_close_range, 3, libc::c_uint::MAX, 0)).is_err() {
            for number in 3..MANY {
                libc::close(number);
            }
        }
    }
}

/// More than a supervisor has.
const MANY: RawFd = 8192;

/// What tells the next program of this process where it is told everything.
const VARIABLE: &str = "KEEPUP_HANDOVER";

/// `NAME=NUMBER.PID.TIME`: by the process id it is known to be meant for this process, however often it was inherited; by
/// the time others can tell one from the next.
pub fn announcement(paper: &OwnedFd) -> Option<Vec<u8>> {
    let time = clock::monotonic().as_nanos();
    Some(format!("{VARIABLE}={}.{}.{time}", paper.as_raw_fd(), process::own_id()?).into_bytes())
}

/// More than any environment is: the kernel lets arguments and environment together be a quarter of the stack.
const ENVIRONMENT: usize = 2 << 20;

/// What a process was told when its program was replaced last, if it was and we may know. Read at once: of a program that
/// is replaced between two reads the second gives nothing, and half a variable would be taken for another one.
pub fn announced(pid: Pid) -> Option<Vec<u8>> {
    let mut all = vec![0; ENVIRONMENT];
    let length = std::fs::File::open(format!("/proc/{pid}/environ")).ok()?.read(&mut all).ok()?;
    all.truncate(length);
    let is_it =
        |variable: &&[u8]| variable.strip_prefix(VARIABLE.as_bytes()).is_some_and(|rest| rest.starts_with(b"="));
    all.split(|byte| *byte == 0).find(is_it).map(<[u8]>::to_vec)
}

/// Whether a process waits for this signal: it is blocked there, and does not end it.
pub fn awaits(pid: Pid, signal: Signal) -> bool {
    let text = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
    let blocked = text.lines().find_map(|line| line.strip_prefix("SigBlk:"));
    let set = blocked.and_then(|set| u64::from_str_radix(set.trim(), 16).ok()).unwrap_or(0);
    set >> (signal.number() - 1) & 1 == 1
}

/// What the program before us in this process has left, if there was one. It is told once.
pub fn arrived(incoming: &mut Incoming) -> Option<OwnedFd> {
    let value = process::take_variable(VARIABLE)?;
    let mut parts = value.to_str()?.split('.');
    let (number, pid) = (parts.next()?, parts.next()?);
    if process::own_id()?.to_string() != pid {
        return None;
    }
    incoming.take(Number(number.parse().ok()?)).ok()
}
