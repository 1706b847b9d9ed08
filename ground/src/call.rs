//! A system call, and what it answers.

use core::arch::asm;
use core::cell::UnsafeCell;
use core::ffi::{c_int, c_long};

/// Asks the kernel.
///
/// # Safety
///
/// As the call's.
#[inline]
pub(crate) unsafe fn raw(number: c_long, args: [usize; 6]) -> isize {
    let answer: isize;
    // SAFETY: the caller's promise. The kernel keeps every register but these.
    unsafe {
        asm!(
            "syscall",
            inlateout("rax") number as isize => answer,
            in("rdi") args[0],
            in("rsi") args[1],
            in("rdx") args[2],
            in("r10") args[3],
            in("r8") args[4],
            in("r9") args[5],
            lateout("rcx") _,
            lateout("r11") _,
            options(nostack)
        );
    }
    answer
}

/// The same in C's terms: -1, and the number of the error beside it.
///
/// # Safety
///
/// As the call's.
#[inline]
pub(crate) unsafe fn call(number: c_long, args: [usize; 6]) -> isize {
    // SAFETY: the caller's promise.
    told(unsafe { raw(number, args) })
}

/// What the kernel says in C's terms.
pub(crate) fn told(answer: isize) -> isize {
    if (-4095..0).contains(&answer) {
        fail(-answer as c_int);
        return -1;
    }
    answer
}

/// Remembers an error.
pub(crate) fn fail(error: c_int) {
    // SAFETY: there is one thread.
    unsafe { *ERROR.0.get() = error };
}

/// One for the process: there are no threads.
struct Error(UnsafeCell<c_int>);

// SAFETY: there is one thread.
unsafe impl Sync for Error {}

static ERROR: Error = Error(UnsafeCell::new(0));

#[unsafe(no_mangle)]
extern "C" fn __errno_location() -> *mut c_int {
    ERROR.0.get()
}

/// The rest are zero.
#[inline]
pub(crate) fn six<const N: usize>(given: [usize; N]) -> [usize; 6] {
    let mut args = [0; 6];
    for (to, arg) in args.iter_mut().zip(given) {
        *to = arg;
    }
    args
}

/// `syscall!(SYS_read, fd, buffer, size)`
macro_rules! syscall {
    ($number:ident $(, $arg:expr)*) => {{
        $crate::call::call(libc::$number, $crate::call::six([$($arg as usize),*]))
    }};
}
pub(crate) use syscall;
