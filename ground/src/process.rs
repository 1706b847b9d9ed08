//! Processes: made, ended and waited for.

use crate::call::{fail, syscall, told};
use crate::start::leave;
use core::arch::global_asm;
use core::ffi::{c_int, c_void};

/// A copy of this process.
#[unsafe(no_mangle)]
extern "C" fn fork() -> c_int {
    // SAFETY: the child goes on with a copy of all memory.
    unsafe { syscall!(SYS_clone, libc::SIGCHLD, 0, 0, 0, 0) as c_int }
}

// clone(flags, stack, function, arg): the child finds the last two on its stack, since its registers are for the kernel.
global_asm!(
    "keepup_ground_clone:",
    "and rsi, -16",
    "sub rsi, 16",
    "mov [rsi], rdx",
    "mov [rsi + 8], rcx",
    "xor edx, edx",
    "xor r10d, r10d",
    "xor r8d, r8d",
    "mov eax, {clone}",
    "syscall",
    "test eax, eax",
    "jz 2f",
    "ret",
    "2: xor ebp, ebp",
    "pop rax",
    "pop rdi",
    "call rax",
    "mov edi, eax",
    "mov eax, {exit}",
    "syscall",
    "ud2",
    clone = const libc::SYS_clone,
    exit = const libc::SYS_exit,
);

/// What a child does.
type Function = extern "C" fn(*mut c_void) -> c_int;

unsafe extern "C" {
    fn keepup_ground_clone(flags: usize, stack: *mut c_void, function: Function, arg: *mut c_void) -> c_int;
}

/// Calls a function in a child, on a stack of its own.
///
/// # Safety
///
/// As C's, without what may follow these arguments.
#[unsafe(no_mangle)]
unsafe extern "C" fn clone(function: Function, stack: *mut c_void, flags: c_int, arg: *mut c_void) -> c_int {
    // SAFETY: the caller's promise.
    told(unsafe { keepup_ground_clone(flags as usize, stack, function, arg) } as isize) as c_int
}

/// # Safety
///
/// As C's.
#[unsafe(no_mangle)]
unsafe extern "C" fn waitpid(pid: c_int, status: *mut c_int, options: c_int) -> c_int {
    // SAFETY: the caller's promise.
    unsafe { syscall!(SYS_wait4, pid, status, options, 0) as c_int }
}

#[unsafe(no_mangle)]
extern "C" fn _exit(code: c_int) -> ! {
    leave(code)
}

/// Nobody asks to be called at the end.
#[unsafe(no_mangle)]
extern "C" fn exit(code: c_int) -> ! {
    leave(code)
}

/// Ends as by the signal, whatever was to happen at it.
#[unsafe(no_mangle)]
extern "C" fn abort() -> ! {
    // SAFETY: the process ends.
    unsafe {
        let mut only: libc::sigset_t = core::mem::zeroed();
        libc::sigaddset(&mut only, libc::SIGABRT);
        libc::signal(libc::SIGABRT, libc::SIG_DFL);
        libc::sigprocmask(libc::SIG_UNBLOCK, &only, core::ptr::null_mut());
        libc::raise(libc::SIGABRT);
    }
    leave(127)
}

/// The kernel's answer is never negative: 1 for 19 to 40 for -20.
///
/// # Safety
///
/// As C's.
#[unsafe(no_mangle)]
unsafe extern "C" fn getpriority(kind: c_int, who: c_int) -> c_int {
    // SAFETY: the caller's promise.
    match unsafe { syscall!(SYS_getpriority, kind, who) as c_int } {
        answer if answer > 0 => 20 - answer,
        failed => failed,
    }
}

/// # Safety
///
/// As C's.
#[unsafe(no_mangle)]
unsafe extern "C" fn reboot(how: c_int) -> c_int {
    // SAFETY: the caller's promise.
    unsafe { syscall!(SYS_reboot, libc::LINUX_REBOOT_MAGIC1, libc::LINUX_REBOOT_MAGIC2, how, 0) as c_int }
}

/// The kernel tells how much it has written, C does not.
///
/// # Safety
///
/// As C's.
#[unsafe(no_mangle)]
unsafe extern "C" fn sched_getaffinity(pid: c_int, size: usize, set: *mut u8) -> c_int {
    // SAFETY: the caller's promise: there are `size` bytes, which is at least what the kernel has written.
    unsafe {
        let written = syscall!(SYS_sched_getaffinity, pid, size, set);
        if written < 0 {
            return -1;
        }
        set.add(written as usize).write_bytes(0, size - written as usize);
    }
    0
}

/// The few answers that are asked for.
#[unsafe(no_mangle)]
extern "C" fn sysconf(name: c_int) -> libc::c_long {
    match name {
        libc::_SC_PAGESIZE => 4096,
        libc::_SC_CLK_TCK => 100,
        libc::_SC_NGROUPS_MAX => 65536,
        libc::_SC_OPEN_MAX => open_files(),
        _ => {
            fail(libc::EINVAL);
            -1
        }
    }
}

fn open_files() -> libc::c_long {
    let mut limit = libc::rlimit { rlim_cur: 0, rlim_max: 0 };
    // SAFETY: it is written there.
    match unsafe { libc::getrlimit(libc::RLIMIT_NOFILE, &mut limit) } {
        0 => limit.rlim_cur as libc::c_long,
        _ => -1,
    }
}
