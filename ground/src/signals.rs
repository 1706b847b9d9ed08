//! Signals. The kernel's set of them is one word, C's has sixteen.

use crate::call::{fail, syscall};
use core::arch::global_asm;
use core::ffi::{c_int, c_ulong};
use core::mem::size_of;
use core::ptr;
use libc::{sigaction as Action, sigset_t, timespec};

/// What the kernel's set takes.
const SET: usize = size_of::<u64>();

/// What the kernel takes and gives for what happens at a signal.
#[repr(C)]
struct Disposition {
    handler: usize,
    flags: c_ulong,
    restorer: usize,
    mask: u64,
}

const SA_RESTORER: c_ulong = 0x0400_0000;

// Where a handler returns to.
global_asm!(
    ".globl keepup_ground_restorer",
    ".type keepup_ground_restorer, @function",
    "keepup_ground_restorer:",
    "mov eax, {number}",
    "syscall",
    number = const libc::SYS_rt_sigreturn,
);

unsafe extern "C" {
    fn keepup_ground_restorer();
}

/// # Safety
///
/// As C's.
#[unsafe(no_mangle)]
unsafe extern "C" fn sigaction(signal: c_int, new: *const Action, old: *mut Action) -> c_int {
    let mut was = Disposition { handler: 0, flags: 0, restorer: 0, mask: 0 };
    // SAFETY: the caller's pointers are C's, ours are the kernel's.
    unsafe {
        let given = new.as_ref().map(|new| Disposition {
            handler: new.sa_sigaction,
            flags: new.sa_flags as c_ulong | SA_RESTORER,
            restorer: (keepup_ground_restorer as unsafe extern "C" fn()) as usize,
            mask: *word(&new.sa_mask),
        });
        let given = given.as_ref().map_or(ptr::null(), ptr::from_ref);
        let answer = syscall!(SYS_rt_sigaction, signal, given, &raw mut was, SET);
        if let (0, Some(old)) = (answer, old.as_mut()) {
            old.sa_sigaction = was.handler;
            old.sa_flags = was.flags as c_int;
            sigemptyset(&mut old.sa_mask);
            *word_mut(&mut old.sa_mask) = was.mask;
        }
        answer as c_int
    }
}

/// # Safety
///
/// As C's.
#[unsafe(no_mangle)]
unsafe extern "C" fn signal(signal: c_int, handler: usize) -> usize {
    // SAFETY: plain data; the caller's promise.
    unsafe {
        let mut new: Action = core::mem::zeroed();
        let mut old: Action = core::mem::zeroed();
        new.sa_sigaction = handler;
        new.sa_flags = libc::SA_RESTART;
        match sigaction(signal, &new, &mut old) {
            0 => old.sa_sigaction,
            _ => libc::SIG_ERR,
        }
    }
}

/// # Safety
///
/// As C's.
#[unsafe(no_mangle)]
unsafe extern "C" fn sigprocmask(how: c_int, new: *const sigset_t, old: *mut sigset_t) -> c_int {
    // SAFETY: the kernel reads and writes the first word of each.
    unsafe {
        if let Some(old) = old.as_mut() {
            sigemptyset(old);
        }
        syscall!(SYS_rt_sigprocmask, how, new, old, SET) as c_int
    }
}

/// # Safety
///
/// As C's.
#[unsafe(no_mangle)]
unsafe extern "C" fn pthread_sigmask(how: c_int, new: *const sigset_t, old: *mut sigset_t) -> c_int {
    // SAFETY: the caller's promise.
    match unsafe { sigprocmask(how, new, old) } {
        0 => 0,
        // SAFETY: it was just written.
        _ => unsafe { *libc::__errno_location() },
    }
}

/// # Safety
///
/// As C's.
#[unsafe(no_mangle)]
unsafe extern "C" fn sigtimedwait(set: *const sigset_t, info: *mut libc::siginfo_t, time: *const timespec) -> c_int {
    // SAFETY: the caller's promise.
    unsafe { syscall!(SYS_rt_sigtimedwait, set, info, time, SET) as c_int }
}

/// # Safety
///
/// As C's.
#[unsafe(no_mangle)]
unsafe extern "C" fn signalfd(fd: c_int, set: *const sigset_t, flags: c_int) -> c_int {
    // SAFETY: the caller's promise.
    unsafe { syscall!(SYS_signalfd4, fd, set, SET, flags) as c_int }
}

/// The kernel writes into the time that it is given; C's callers keep theirs.
///
/// # Safety
///
/// As C's.
#[unsafe(no_mangle)]
unsafe extern "C" fn ppoll(
    fds: *mut libc::pollfd,
    number: usize,
    time: *const timespec,
    set: *const sigset_t,
) -> c_int {
    // SAFETY: the caller's promise.
    unsafe {
        let mut left = time.as_ref().copied();
        let left = left.as_mut().map_or(ptr::null_mut(), ptr::from_mut);
        syscall!(SYS_ppoll, fds, number, left, set, SET) as c_int
    }
}

/// # Safety
///
/// As C's.
#[unsafe(no_mangle)]
unsafe extern "C" fn raise(signal: c_int) -> c_int {
    // SAFETY: the caller's promise. The only thread has the number of the process.
    unsafe { syscall!(SYS_tkill, libc::getpid(), signal) as c_int }
}

/// # Safety
///
/// As C's.
#[unsafe(no_mangle)]
unsafe extern "C" fn sigaltstack(new: *const libc::stack_t, old: *mut libc::stack_t) -> c_int {
    // SAFETY: the caller's promise.
    unsafe { syscall!(SYS_sigaltstack, new, old) as c_int }
}

fn word(set: &sigset_t) -> &u64 {
    // SAFETY: the first word of the set, which is made of such words.
    unsafe { &*ptr::from_ref(set).cast() }
}

fn word_mut(set: &mut sigset_t) -> &mut u64 {
    // SAFETY: the first word of the set, which is made of such words.
    unsafe { &mut *ptr::from_mut(set).cast() }
}

/// # Safety
///
/// As C's.
#[unsafe(no_mangle)]
unsafe extern "C" fn sigemptyset(set: *mut sigset_t) -> c_int {
    // SAFETY: the caller's set.
    unsafe { set.write_bytes(0, 1) };
    0
}

/// # Safety
///
/// As C's.
#[unsafe(no_mangle)]
unsafe extern "C" fn sigfillset(set: *mut sigset_t) -> c_int {
    // SAFETY: the caller's set.
    unsafe { set.write_bytes(0xff, 1) };
    0
}

fn bit(signal: c_int) -> Option<u64> {
    if !(1..=64).contains(&signal) {
        fail(libc::EINVAL);
        return None;
    }
    Some(1 << (signal - 1))
}

/// # Safety
///
/// As C's.
#[unsafe(no_mangle)]
unsafe extern "C" fn sigaddset(set: *mut sigset_t, signal: c_int) -> c_int {
    let Some(bit) = bit(signal) else { return -1 };
    // SAFETY: the caller's set.
    unsafe { *word_mut(&mut *set) |= bit };
    0
}

/// # Safety
///
/// As C's.
#[unsafe(no_mangle)]
unsafe extern "C" fn sigdelset(set: *mut sigset_t, signal: c_int) -> c_int {
    let Some(bit) = bit(signal) else { return -1 };
    // SAFETY: the caller's set.
    unsafe { *word_mut(&mut *set) &= !bit };
    0
}

/// # Safety
///
/// As C's.
#[unsafe(no_mangle)]
unsafe extern "C" fn sigismember(set: *const sigset_t, signal: c_int) -> c_int {
    let Some(bit) = bit(signal) else { return -1 };
    // SAFETY: the caller's set.
    (unsafe { *word(&*set) } & bit != 0).into()
}
