//! What the kernel tells of processes.

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use std::collections::BTreeMap;
use std::fs;
use std::os::fd::{FromRawFd, OwnedFd};

/// Nanoseconds on the clock that services use too.
pub fn now() -> u64 {
    let time = nix::time::clock_gettime(nix::time::ClockId::CLOCK_MONOTONIC).expect("the clock");
    time.tv_sec() as u64 * 1_000_000_000 + time.tv_nsec() as u64
}

pub fn signal(pid: i32, signal: Signal) {
    let _ = kill(Pid::from_raw(pid), signal);
}

/// A descriptor that tells of its end.
pub fn descriptor(pid: i32) -> Option<OwnedFd> {
    // SAFETY: two plain numbers.
    let descriptor = unsafe { libc::syscall(libc::SYS_pidfd_open, pid, 0) };
    // SAFETY: the kernel has just made it for us.
    (descriptor >= 0).then(|| unsafe { OwnedFd::from_raw_fd(descriptor as i32) })
}

/// Whether there is such a process; one that has ended is there until its parent takes note.
pub fn exists(pid: i32) -> bool {
    kill(Pid::from_raw(pid), None).is_ok()
}

/// All below a process, parents first.
pub fn descendants(of: i32) -> Vec<i32> {
    let mut children: BTreeMap<i32, Vec<i32>> = BTreeMap::new();
    for entry in fs::read_dir("/proc").into_iter().flatten().flatten() {
        let Some(pid) = entry.file_name().to_str().and_then(|name| name.parse::<i32>().ok()) else { continue };
        let stat = fs::read_to_string(entry.path().join("stat")).unwrap_or_default();
        let parent = stat.rsplit_once(") ").and_then(|(_, after)| after.split(' ').nth(1)?.parse().ok());
        children.entry(parent.unwrap_or(0)).or_default().push(pid);
    }
    let mut all = children.get(&of).cloned().unwrap_or_default();
    let mut at = 0;
    while let Some(pid) = all.get(at) {
        all.extend(children.get(pid).into_iter().flatten().copied().collect::<Vec<_>>());
        at += 1;
    }
    all
}

/// The processor time of a process in milliseconds.
pub fn processor(pid: i32) -> f64 {
    let text = fs::read_to_string(format!("/proc/{pid}/schedstat")).unwrap_or_default();
    text.split(' ').next().and_then(|nanos| nanos.parse::<f64>().ok()).unwrap_or(0.0) / 1e6
}

/// How often it has begun to wait, and so was woken.
pub fn waits(pid: i32) -> f64 {
    field(&format!("/proc/{pid}/status"), &["voluntary_ctxt_switches:"])
}

/// KiB of its own: pages that it has written, and the tables of all that it has.
pub fn own_memory(pid: i32) -> f64 {
    let dirty = field(&format!("/proc/{pid}/smaps_rollup"), &["Private_Dirty:"]);
    dirty + field(&format!("/proc/{pid}/status"), &["VmPTE:"])
}

/// KiB, of shared pages its share.
pub fn proportional_memory(pid: i32) -> f64 {
    field(&format!("/proc/{pid}/smaps_rollup"), &["Pss:"])
}

/// The sum of the numbers behind these names.
fn field(path: &str, names: &[&str]) -> f64 {
    let text = fs::read_to_string(path).unwrap_or_default();
    let words = text.lines().map(|line| line.split_whitespace().collect::<Vec<_>>());
    let wanted = words.filter(|words| words.first().is_some_and(|first| names.contains(first)));
    wanted.filter_map(|words| words.get(1)?.parse::<f64>().ok()).sum()
}
