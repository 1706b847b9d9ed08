//! Files, where C has another form than the kernel.

use crate::call::{fail, syscall};
use crate::text::strlen;
use core::ffi::{c_char, c_int};
use core::mem::size_of;
use core::ptr;
use libc::{termios, winsize};

/// # Safety
///
/// As C's.
#[unsafe(no_mangle)]
unsafe extern "C" fn getcwd(buffer: *mut c_char, size: usize) -> *mut c_char {
    // SAFETY: the caller's promise.
    match unsafe { syscall!(SYS_getcwd, buffer, size) } {
        -1 => ptr::null_mut(),
        _ => buffer,
    }
}

/// The kernel's older call has no flags.
///
/// # Safety
///
/// As C's.
#[unsafe(no_mangle)]
unsafe extern "C" fn fchmodat(dir: c_int, path: *const c_char, mode: libc::mode_t, flags: c_int) -> c_int {
    if flags != 0 {
        fail(libc::EOPNOTSUPP);
        return -1;
    }
    // SAFETY: the caller's promise.
    unsafe { syscall!(SYS_fchmodat, dir, path, mode) as c_int }
}

/// # Safety
///
/// As C's.
#[unsafe(no_mangle)]
unsafe extern "C" fn statvfs(path: *const c_char, answer: *mut libc::statvfs) -> c_int {
    // SAFETY: plain data; the caller's promise.
    unsafe {
        let mut kernel: libc::statfs = core::mem::zeroed();
        if syscall!(SYS_statfs, path, &raw mut kernel) != 0 {
            return -1;
        }
        answer.write(as_statvfs(&kernel));
    }
    0
}

/// # Safety
///
/// As C's.
#[unsafe(no_mangle)]
unsafe extern "C" fn fstatvfs(fd: c_int, answer: *mut libc::statvfs) -> c_int {
    // SAFETY: plain data; the caller's promise.
    unsafe {
        let mut kernel: libc::statfs = core::mem::zeroed();
        if syscall!(SYS_fstatfs, fd, &raw mut kernel) != 0 {
            return -1;
        }
        answer.write(as_statvfs(&kernel));
    }
    0
}

/// The same in portable words, without the flags of the mount, which nobody asks for.
fn as_statvfs(kernel: &libc::statfs) -> libc::statvfs {
    // SAFETY: plain data.
    let mut answer: libc::statvfs = unsafe { core::mem::zeroed() };
    answer.f_bsize = kernel.f_bsize as u64;
    answer.f_frsize = if kernel.f_frsize == 0 { kernel.f_bsize as u64 } else { kernel.f_frsize as u64 };
    answer.f_blocks = kernel.f_blocks;
    answer.f_bfree = kernel.f_bfree;
    answer.f_bavail = kernel.f_bavail;
    answer.f_files = kernel.f_files;
    answer.f_ffree = kernel.f_ffree;
    answer.f_favail = kernel.f_ffree;
    answer.f_namemax = kernel.f_namelen as u64;
    answer
}

/// # Safety
///
/// As C's.
#[unsafe(no_mangle)]
unsafe extern "C" fn isatty(fd: c_int) -> c_int {
    // SAFETY: the kernel writes into the place.
    unsafe {
        let mut size: winsize = core::mem::zeroed();
        (syscall!(SYS_ioctl, fd, libc::TIOCGWINSZ, &raw mut size) == 0).into()
    }
}

/// What the kernel knows of a terminal: fewer characters, and no speeds of their own.
#[repr(C)]
struct Terminal {
    flags: [u32; 4],
    line: u8,
    characters: [u8; CHARACTERS],
}

const CHARACTERS: usize = 19;

/// # Safety
///
/// As C's.
#[unsafe(no_mangle)]
unsafe extern "C" fn tcgetattr(fd: c_int, answer: *mut termios) -> c_int {
    let mut kernel = Terminal { flags: [0; 4], line: 0, characters: [0; CHARACTERS] };
    // SAFETY: the kernel writes what it knows; the caller's promise.
    unsafe {
        if syscall!(SYS_ioctl, fd, libc::TCGETS, &raw mut kernel) != 0 {
            return -1;
        }
        let mut told: termios = core::mem::zeroed();
        [told.c_iflag, told.c_oflag, told.c_cflag, told.c_lflag] = kernel.flags;
        told.c_line = kernel.line;
        told.c_cc[..CHARACTERS].copy_from_slice(&kernel.characters);
        told.c_ispeed = kernel.flags[2] & libc::CBAUD;
        told.c_ospeed = told.c_ispeed;
        answer.write(told);
    }
    0
}

/// # Safety
///
/// As C's.
#[unsafe(no_mangle)]
unsafe extern "C" fn tcsetattr(fd: c_int, when: c_int, new: *const termios) -> c_int {
    // SAFETY: the caller's promise.
    unsafe {
        let new = &*new;
        let mut kernel = Terminal {
            flags: [new.c_iflag, new.c_oflag, new.c_cflag, new.c_lflag],
            line: new.c_line,
            characters: [0; CHARACTERS],
        };
        kernel.characters.copy_from_slice(&new.c_cc[..CHARACTERS]);
        let requests = [libc::TCSETS, libc::TCSETSW, libc::TCSETSF];
        let Some(request) = usize::try_from(when).ok().and_then(|when| requests.get(when)) else {
            fail(libc::EINVAL);
            return -1;
        };
        syscall!(SYS_ioctl, fd, *request, &raw const kernel) as c_int
    }
}

/// # Safety
///
/// As C's.
#[unsafe(no_mangle)]
unsafe extern "C" fn tcgetpgrp(fd: c_int) -> c_int {
    let mut group: c_int = 0;
    // SAFETY: the kernel writes into the place.
    match unsafe { syscall!(SYS_ioctl, fd, libc::TIOCGPGRP, &raw mut group) } {
        0 => group,
        _ => -1,
    }
}

/// # Safety
///
/// As C's.
#[unsafe(no_mangle)]
unsafe extern "C" fn tcsetpgrp(fd: c_int, group: c_int) -> c_int {
    // SAFETY: the kernel reads the place.
    unsafe { syscall!(SYS_ioctl, fd, libc::TIOCSPGRP, &raw const group) as c_int }
}

/// A directory that is read.
#[repr(C)]
struct Reading {
    fd: c_int,
    at: usize,
    filled: usize,
    entries: [u64; ENTRIES / 8],
}

/// With what is before them a block of 32 KiB.
const ENTRIES: usize = 32 * 1024 - 64;

/// # Safety
///
/// As C's.
#[unsafe(no_mangle)]
unsafe extern "C" fn fdopendir(fd: c_int) -> *mut Reading {
    // SAFETY: new memory, of which only what is written is read.
    unsafe {
        let reading = libc::malloc(size_of::<Reading>()).cast::<Reading>();
        if !reading.is_null() {
            libc::fcntl(fd, libc::F_SETFD, libc::FD_CLOEXEC);
            (&raw mut (*reading).fd).write(fd);
            (&raw mut (*reading).at).write(0);
            (&raw mut (*reading).filled).write(0);
        }
        reading
    }
}

/// # Safety
///
/// As C's.
#[unsafe(no_mangle)]
unsafe extern "C" fn opendir(path: *const c_char) -> *mut Reading {
    // SAFETY: the caller's promise.
    unsafe {
        let fd = libc::open(path, libc::O_RDONLY | libc::O_DIRECTORY | libc::O_CLOEXEC);
        if fd < 0 {
            return ptr::null_mut();
        }
        let reading = fdopendir(fd);
        if reading.is_null() {
            libc::close(fd);
        }
        reading
    }
}

/// C's entry is the kernel's.
///
/// # Safety
///
/// As C's.
#[unsafe(no_mangle)]
unsafe extern "C" fn readdir64(reading: *mut Reading) -> *mut libc::dirent64 {
    // SAFETY: the caller's promise: it came from `fdopendir`. Entries are where the kernel has written them.
    unsafe {
        let entries = (&raw mut (*reading).entries).cast::<u8>();
        if (*reading).at == (*reading).filled {
            let got = syscall!(SYS_getdents64, (*reading).fd, entries, ENTRIES);
            // A directory that was removed has no entries; that is no failure.
            if got <= 0 {
                if got < 0 && *libc::__errno_location() == libc::ENOENT {
                    fail(0);
                }
                return ptr::null_mut();
            }
            (*reading).at = 0;
            (*reading).filled = got as usize;
        }
        let entry = entries.add((*reading).at).cast::<libc::dirent64>();
        (*reading).at += usize::from((*entry).d_reclen);
        entry
    }
}

/// # Safety
///
/// As C's.
#[unsafe(no_mangle)]
unsafe extern "C" fn readdir(reading: *mut Reading) -> *mut libc::dirent64 {
    // SAFETY: the caller's promise.
    unsafe { readdir64(reading) }
}

/// # Safety
///
/// As C's.
#[unsafe(no_mangle)]
unsafe extern "C" fn rewinddir(reading: *mut Reading) {
    // SAFETY: the caller's promise.
    unsafe {
        libc::lseek((*reading).fd, 0, libc::SEEK_SET);
        (*reading).at = 0;
        (*reading).filled = 0;
    }
}

/// # Safety
///
/// As C's.
#[unsafe(no_mangle)]
unsafe extern "C" fn dirfd(reading: *mut Reading) -> c_int {
    // SAFETY: the caller's promise.
    unsafe { (*reading).fd }
}

/// # Safety
///
/// As C's.
#[unsafe(no_mangle)]
unsafe extern "C" fn closedir(reading: *mut Reading) -> c_int {
    // SAFETY: the caller's promise: nobody uses it any more.
    unsafe {
        let answer = libc::close((*reading).fd);
        libc::free(reading.cast());
        answer
    }
}

/// The name of a file with no link on the way to it, as the kernel tells it.
///
/// # Safety
///
/// As C's.
#[unsafe(no_mangle)]
unsafe extern "C" fn realpath(path: *const c_char, place: *mut c_char) -> *mut c_char {
    // SAFETY: the caller's promise; the name of a file has at most PATH_MAX bytes.
    unsafe {
        let fd = libc::open(path, libc::O_PATH | libc::O_CLOEXEC);
        if fd < 0 {
            return ptr::null_mut();
        }
        let link = link_of(fd);
        let mut name = [0_u8; libc::PATH_MAX as usize];
        let size = syscall!(SYS_readlink, link.as_ptr(), name.as_mut_ptr(), name.len() - 1);
        let kept = *libc::__errno_location();
        libc::close(fd);
        if size < 0 {
            fail(kept);
            return ptr::null_mut();
        }
        let length = strlen(name.as_ptr().cast()) + 1;
        let answer = if place.is_null() { libc::malloc(length).cast() } else { place };
        if !answer.is_null() {
            ptr::copy_nonoverlapping(name.as_ptr().cast(), answer, length);
        }
        answer
    }
}

/// Where the kernel tells what a descriptor is. Zeros before a number do no harm in arithmetic, but in a name they do: they
/// are slashes.
fn link_of(fd: c_int) -> [u8; 25] {
    let mut link = *b"/proc/self/fd//////////0\0";
    let mut rest = fd.unsigned_abs();
    for place in link.iter_mut().rev().skip(1) {
        if rest == 0 {
            break;
        }
        *place = b'0' + (rest % 10) as u8;
        rest /= 10;
    }
    link
}
