//! What this process sees: its root, its mounts, its network.

use super::{Errno, Result};
use core::ptr;
use std::ffi::CStr;
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd};

/// Makes the current directory the root.
pub fn change_root_to_here() -> Result<()> {
    nix::unistd::chroot(".")
}

/// Sees mounts of our own from here on: what is mounted elsewhere still appears here, and nothing of ours there.
pub fn own_mounts() -> Result<()> {
    // SAFETY: numbers only.
    Errno::result(unsafe { libc::unshare(libc::CLONE_NEWNS) })?;
    mount(None, c"/", None, libc::MS_REC | libc::MS_SLAVE, None)
}

/// Makes a directory or file a mount of its own, with all that is mounted in it.
pub fn bind(path: &CStr) -> Result<()> {
    mount(Some(path), path, None, libc::MS_BIND | libc::MS_REC, None)
}

/// Makes a mount and all in it read-only. Answers "invalid argument" where the path is not a mount.
pub fn make_read_only(path: &CStr) -> Result<()> {
    let wanted = libc::mount_attr { attr_set: libc::MOUNT_ATTR_RDONLY, attr_clr: 0, propagation: 0, userns_fd: 0 };
    let size = size_of::<libc::mount_attr>();
    // SAFETY: a string and a record that outlive the call, and the record's size.
    let answer = unsafe {
        libc::syscall(
            libc::SYS_mount_setattr,
            libc::AT_FDCWD,
            path.as_ptr(),
            libc::AT_RECURSIVE,
            &raw const wanted,
            size,
        )
    };
    Errno::result(answer).map(drop)
}

/// Puts an empty directory for everybody over this one, in memory.
pub fn mount_tmp(path: &CStr) -> Result<()> {
    let flags = libc::MS_NOSUID | libc::MS_NODEV | libc::MS_STRICTATIME;
    mount(Some(c"tmpfs"), path, Some(c"tmpfs"), flags, Some(c"mode=1777"))
}

fn mount(from: Option<&CStr>, on: &CStr, kind: Option<&CStr>, flags: u64, data: Option<&CStr>) -> Result<()> {
    let address = |text: Option<&CStr>| text.map_or(ptr::null(), CStr::as_ptr);
    // SAFETY: strings that outlive the call, or nothing where the kernel wants nothing.
    let answer = unsafe { libc::mount(address(from), on.as_ptr(), address(kind), flags, address(data).cast()) };
    Errno::result(answer).map(drop)
}

/// Sees no network but a loopback of our own, which is up.
pub fn no_network() -> Result<()> {
    // SAFETY: numbers only.
    Errno::result(unsafe { libc::unshare(libc::CLONE_NEWNET) })?;
    // SAFETY: makes a descriptor for nobody else.
    let socket = unsafe {
        let number = Errno::result(libc::socket(libc::AF_INET, libc::SOCK_DGRAM | libc::SOCK_CLOEXEC, 0))?;
        OwnedFd::from_raw_fd(number)
    };
    // SAFETY: a record of numbers and addresses that are filled in as the requests want them.
    unsafe {
        let mut request: libc::ifreq = core::mem::zeroed();
        for (to, from) in request.ifr_name.iter_mut().zip(c"lo".to_bytes()) {
            *to = *from as libc::c_char;
        }
        Errno::result(libc::ioctl(socket.as_raw_fd(), libc::SIOCGIFFLAGS as libc::Ioctl, &raw mut request))?;
        request.ifr_ifru.ifru_flags |= libc::IFF_UP as i16;
        Errno::result(libc::ioctl(socket.as_raw_fd(), libc::SIOCSIFFLAGS as libc::Ioctl, &raw mut request)).map(drop)
    }
}
