//! Who this process is: user, groups, capabilities. Each call is one step of changing it; the order is decided
//! elsewhere, and so is what to make of a failure.

use super::{Errno, Result};
use core::ptr;

/// What the kernel holds us for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identity {
    /// Real, effective and saved user.
    pub users: [u32; 3],
    /// Real, effective and saved group.
    pub groups: [u32; 3],
    /// All groups, in rising order.
    pub supplementary: Vec<u32>,
}

/// Sets of capabilities, a bit for each.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Held {
    /// Those in force.
    pub effective: u64,
    /// Those that may be put in force.
    pub permitted: u64,
    /// Those that a file may hand on.
    pub inheritable: u64,
}

/// Makes these our supplementary groups.
pub fn set_groups(groups: &[u32]) -> Result<()> {
    // SAFETY: a list of ours and its length.
    Errno::result(unsafe { libc::setgroups(groups.len(), groups.as_ptr()) }).map(drop)
}

/// Makes this our real, effective and saved group.
pub fn set_group(gid: u32) -> Result<()> {
    // SAFETY: numbers only.
    Errno::result(unsafe { libc::setresgid(gid, gid, gid) }).map(drop)
}

/// Makes this our real, effective and saved user.
pub fn set_user(uid: u32) -> Result<()> {
    // SAFETY: numbers only.
    Errno::result(unsafe { libc::setresuid(uid, uid, uid) }).map(drop)
}

/// Asks the kernel who we are.
pub fn identity() -> Result<Identity> {
    let (mut users, mut groups) = ([0; 3], [0; 3]);
    // SAFETY: addresses of ours.
    unsafe {
        let [r, e, s] = &mut users;
        Errno::result(libc::getresuid(r, e, s))?;
        let [r, e, s] = &mut groups;
        Errno::result(libc::getresgid(r, e, s))?;
    }
    Ok(Identity { users, groups, supplementary: supplementary()? })
}

fn supplementary() -> Result<Vec<u32>> {
    // SAFETY: with no room the answer is how much is needed.
    let count = Errno::result(unsafe { libc::getgroups(0, ptr::null_mut()) })?;
    let mut list = vec![0; usize::try_from(count).unwrap_or(0)];
    // SAFETY: a list of ours with room for that many.
    let count = Errno::result(unsafe { libc::getgroups(count, list.as_mut_ptr()) })?;
    list.truncate(usize::try_from(count).unwrap_or(0));
    list.sort_unstable();
    Ok(list)
}

/// Lets permitted capabilities outlive the next change of the user. Gone with the next exec.
pub fn keep_over_user_change() -> Result<()> {
    control(libc::PR_SET_KEEPCAPS, 1, 0)
}

/// Which capabilities we hold.
pub fn held() -> Result<Held> {
    let mut header = HEADER; // the kernel answers in it where it knows no such version
    let mut data = [Data::default(); 2];
    // SAFETY: a header and two records of ours, as version 3 has them.
    Errno::result(unsafe { libc::syscall(libc::SYS_capget, &raw mut header, data.as_mut_ptr()) })?;
    let [low, high] = data;
    let join = |low: u32, high: u32| u64::from(low) | u64::from(high) << 32;
    Ok(Held {
        effective: join(low.effective, high.effective),
        permitted: join(low.permitted, high.permitted),
        inheritable: join(low.inheritable, high.inheritable),
    })
}

/// Holds these capabilities and no others.
pub fn hold(wanted: Held) -> Result<()> {
    let half = |shift: u32| Data {
        effective: (wanted.effective >> shift) as u32,
        permitted: (wanted.permitted >> shift) as u32,
        inheritable: (wanted.inheritable >> shift) as u32,
    };
    let mut header = HEADER;
    let data = [half(0), half(32)];
    // SAFETY: a header and two records of ours, as version 3 has them.
    Errno::result(unsafe { libc::syscall(libc::SYS_capset, &raw mut header, data.as_ptr()) }).map(drop)
}

#[repr(C)]
struct Header {
    version: u32,
    pid: i32,
}

#[derive(Clone, Copy, Default)]
#[repr(C)]
struct Data {
    effective: u32,
    permitted: u32,
    inheritable: u32,
}

/// Version 3 of the interface: 64 capabilities; of this process.
const HEADER: Header = Header { version: 0x2008_0522, pid: 0 };

/// Hands a capability on to whatever we execute, also as a user who is not root. It must be permitted and inheritable.
pub fn make_ambient(capability: u32) -> Result<()> {
    control(libc::PR_CAP_AMBIENT, libc::PR_CAP_AMBIENT_RAISE as u64, capability.into())
}

/// Whether a capability can be gained by executing something; nothing if the kernel has none of this number.
pub fn is_in_bounds(capability: u32) -> Option<bool> {
    // SAFETY: numbers only.
    let answer = unsafe { libc::prctl(libc::PR_CAPBSET_READ, u64::from(capability), 0u64, 0u64, 0u64) };
    (answer >= 0).then_some(answer == 1)
}

/// Makes a capability one that nothing we execute can gain.
pub fn put_out_of_bounds(capability: u32) -> Result<()> {
    control(libc::PR_CAPBSET_DROP, capability.into(), 0)
}

/// Nothing that we execute gets more than we have.
pub fn no_new_privileges() -> Result<()> {
    control(libc::PR_SET_NO_NEW_PRIVS, 1, 0)
}

/// Whether that is so.
pub fn has_no_new_privileges() -> Result<bool> {
    // SAFETY: numbers only.
    let answer = unsafe { libc::prctl(libc::PR_GET_NO_NEW_PRIVS, 0u64, 0u64, 0u64, 0u64) };
    Errno::result(answer).map(|answer| answer == 1)
}

/// Whether a capability is handed on.
pub fn is_ambient(capability: u32) -> Result<bool> {
    let what = libc::PR_CAP_AMBIENT_IS_SET as u64;
    // SAFETY: numbers only.
    let answer = unsafe { libc::prctl(libc::PR_CAP_AMBIENT, what, u64::from(capability), 0u64, 0u64) };
    Errno::result(answer).map(|answer| answer == 1)
}

fn control(what: i32, first: u64, second: u64) -> Result<()> {
    // SAFETY: numbers only; no request that is made here takes an address.
    Errno::result(unsafe { libc::prctl(what, first, second, 0u64, 0u64) }).map(drop)
}

/// Leads a session of our own, unless we lead one already.
pub fn new_session() -> Result<()> {
    nix::unistd::setsid().map(drop)
}

/// What this machine calls itself.
pub fn host_name() -> std::ffi::OsString {
    nix::sys::utsname::uname().map(|names| names.nodename().to_owned()).unwrap_or_default()
}
