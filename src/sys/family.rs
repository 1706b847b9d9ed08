//! The processes below us that nobody else looks after.

use super::{Errno, Result};
use crate::exit::Pid;
use crate::signal::Signal;
use std::fs;
use std::path::Path;

/// From now on whoever loses its parent below us becomes our child, as if we were process 1.
pub fn adopt_orphans() -> Result<()> {
    nix::sys::prctl::set_child_subreaper(true)
}

/// Our children, also adopted ones, where /proc tells.
pub fn children() -> Option<Vec<Pid>> {
    let own = nix::unistd::getpid();
    let list = fs::read_to_string(format!("/proc/self/task/{own}/children")).ok()?;
    Some(list.split_ascii_whitespace().filter_map(|word| Pid::new(word.parse().ok()?)).collect())
}

/// Whether we have children at all, ended or not.
pub fn has_children() -> bool {
    let mut info = core::mem::MaybeUninit::<libc::siginfo_t>::zeroed();
    let flags = libc::WEXITED | libc::WNOHANG | libc::WNOWAIT;
    // SAFETY: an address of ours; nothing is reaped.
    let answer = unsafe { libc::waitid(libc::P_ALL, 0, info.as_mut_ptr(), flags) };
    Errno::result(answer) != Err(Errno::ECHILD)
}

/// Sends a signal to everybody whom we can reach but ourselves. For process 1 only, where it is the whole container.
pub fn send_all(signal: Signal) -> Result<()> {
    // SAFETY: numbers only.
    Errno::result(unsafe { libc::kill(-1, signal.number().into()) }).map(drop)
}

/// Sends a signal to the process group that this process leads.
pub fn send_group(leader: Pid, signal: Signal) -> Result<()> {
    // SAFETY: numbers only; a Pid is never 1 here or 0, which would mean others.
    Errno::result(unsafe { libc::kill(-leader.get(), signal.number().into()) }).map(drop)
}

/// Sends a signal to all below us, however deep, but for these children and whoever is below them, and to `also` and all
/// below that, which are not our children. Looks again until
/// there is nobody new, and answers with all of them: what is forked meanwhile is found too, unless somebody forks faster than we look.
pub fn send_all_below_us(signal: Signal, but: &[Pid], also: &[Pid]) -> Result<Vec<Pid>> {
    let mut told: Vec<Pid> = Vec::new();
    for _ in 0..PASSES {
        let mut fresh = Vec::new();
        let mut open = children().ok_or(Errno::ENOENT)?;
        open.retain(|pid| !but.contains(pid));
        open.extend(also);
        while let Some(pid) = open.pop() {
            open.extend(children_of(pid));
            if !told.contains(&pid) {
                fresh.push(pid);
            }
        }
        for pid in &fresh {
            let _ = super::process::send(*pid, signal); // it may have ended meanwhile
        }
        if fresh.is_empty() {
            break;
        }
        told.append(&mut fresh);
    }
    Ok(told)
}

/// How often to look for who was forked meanwhile.
const PASSES: usize = 16;

/// The children of a process, of all its threads.
fn children_of(pid: Pid) -> Vec<Pid> {
    let Ok(threads) = fs::read_dir(format!("/proc/{pid}/task")) else { return Vec::new() };
    let lists = threads.flatten().filter_map(|thread| fs::read_to_string(thread.path().join("children")).ok());
    let words = lists.flat_map(|list| list.split_ascii_whitespace().map(str::to_owned).collect::<Vec<_>>());
    words.filter_map(|word| Pid::new(word.parse().ok()?)).collect()
}

/// A process and all below it, those first that are above the others.
pub fn all_of(pid: Pid) -> Vec<Pid> {
    let mut all = vec![pid];
    let mut at = 0;
    while let Some(pid) = all.get(at).copied() {
        all.extend(children_of(pid));
        at += 1;
    }
    all
}

/// Whether a signal is ignored by this process.
pub fn ignores(signal: Signal) -> bool {
    let mut action = core::mem::MaybeUninit::<libc::sigaction>::zeroed();
    // SAFETY: asks only; the answer goes into memory of ours, which is valid as zeroes too.
    let action = unsafe {
        libc::sigaction(signal.number().into(), core::ptr::null(), action.as_mut_ptr());
        action.assume_init()
    };
    action.sa_sigaction == libc::SIG_IGN
}

/// How many processors we may use.
pub fn processors() -> usize {
    std::thread::available_parallelism().map_or(1, usize::from)
}

/// How many processes of the machine want a processor now, where /proc tells.
pub fn runnable() -> Option<usize> {
    let text = fs::read_to_string(Path::new("/proc/loadavg")).ok()?;
    text.split(' ').nth(3)?.split('/').next()?.parse().ok()
}

/// Whether a descriptor is our terminal and we are the process group in front on it.
pub fn is_in_front(terminal: impl std::os::fd::AsFd) -> bool {
    nix::unistd::tcgetpgrp(terminal).is_ok_and(|group| group == nix::unistd::getpgrp())
}

/// Gives memory that nobody uses any more back to the system, where the C library can.
pub fn give_memory_back() {
    #[cfg(all(target_os = "linux", target_env = "gnu"))]
    // SAFETY: takes a number, and touches free memory only.
    unsafe {
        libc::malloc_trim(0)
    };
}
