//! What this process may use: resource limits, priorities, processors.

use super::{Errno, Result};
use crate::process_state::cpus::Cpus;
use crate::process_state::limit::Resource;
use crate::process_state::priority::DiskAccess;
use core::mem::size_of;
use nix::sys::resource::{Resource as Name, getrlimit, setrlimit};
use nix::sys::stat::Mode;

/// The soft and the hard limit.
pub fn limit(resource: Resource) -> Result<(u64, u64)> {
    getrlimit(name(resource))
}

/// Sets both.
pub fn set_limit(resource: Resource, soft: u64, hard: u64) -> Result<()> {
    setrlimit(name(resource), soft, hard)
}

fn name(resource: Resource) -> Name {
    match resource {
        Resource::AddressSpace => Name::RLIMIT_AS,
        Resource::Core => Name::RLIMIT_CORE,
        Resource::CpuTime => Name::RLIMIT_CPU,
        Resource::Data => Name::RLIMIT_DATA,
        Resource::FileSize => Name::RLIMIT_FSIZE,
        Resource::LockedMemory => Name::RLIMIT_MEMLOCK,
        Resource::OpenFiles => Name::RLIMIT_NOFILE,
        Resource::Processes => Name::RLIMIT_NPROC,
        Resource::Resident => Name::RLIMIT_RSS,
        Resource::Stack => Name::RLIMIT_STACK,
    }
}

/// The unit of memory, in bytes.
pub fn page_size() -> u64 {
    number(nix::unistd::SysconfVar::PAGE_SIZE).unwrap_or(4096)
}

/// How many of the ticks, in which /proc counts processor time, make a second.
pub fn ticks_a_second() -> u64 {
    number(nix::unistd::SysconfVar::CLK_TCK).unwrap_or(100)
}

/// How many processors the machine has in use.
pub fn online_processors() -> u64 {
    number(nix::unistd::SysconfVar::_NPROCESSORS_ONLN).unwrap_or(1)
}

fn number(name: nix::unistd::SysconfVar) -> Option<u64> {
    nix::unistd::sysconf(name).ok()?.and_then(|number| number.try_into().ok()).filter(|number| *number > 0)
}

/// Adds to the nice level; the kernel keeps the sum within its bounds.
pub fn add_nice(change: i32) -> Result<()> {
    Errno::clear();
    // SAFETY: numbers only. An answer of -1 may be a level, so the error number tells.
    let level = unsafe { libc::getpriority(libc::PRIO_PROCESS, 0) };
    if level == -1 && Errno::last_raw() != 0 {
        return Err(Errno::last());
    }
    // SAFETY: numbers only.
    Errno::result(unsafe { libc::setpriority(libc::PRIO_PROCESS, 0, level.saturating_add(change)) }).map(drop)
}

/// Sets the order of our disk access.
pub fn set_disk_access(access: DiskAccess) -> Result<()> {
    const PROCESS: i32 = 1; // IOPRIO_WHO_PROCESS
    const CLASS_SHIFT: i32 = 13; // IOPRIO_CLASS_SHIFT
    let value = i32::from(access.class) << CLASS_SHIFT | i32::from(access.level);
    // SAFETY: numbers only.
    Errno::result(unsafe { libc::syscall(libc::SYS_ioprio_set, PROCESS, 0, value) }).map(drop)
}

/// Sets the processors that we may run on.
pub fn set_cpus(cpus: &Cpus) -> Result<()> {
    let size = size_of::<[u64; 16]>();
    // SAFETY: a set of ours and its size in bytes; the kernel reads a row of words, lowest number first.
    Errno::result(unsafe { libc::sched_setaffinity(0, size, cpus.0.as_ptr().cast()) }).map(drop)
}

/// Sets the permission bits that new files do not get.
pub fn set_umask(bits: u32) {
    nix::sys::stat::umask(Mode::from_bits_retain(bits));
}
