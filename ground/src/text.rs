//! Bytes and texts.

use core::arch::{asm, global_asm};
use core::ffi::{c_char, c_int};

// The compiler makes calls of these out of loops, so they are no loops that it can see.
global_asm!(
    ".globl memcpy",
    ".type memcpy, @function",
    "memcpy:",
    "mov rax, rdi",
    "mov rcx, rdx",
    "rep movsb",
    "ret",
    ".globl memmove",
    ".type memmove, @function",
    "memmove:",
    "mov rax, rdi",
    "mov rcx, rdx",
    "sub rdi, rsi",
    "cmp rdi, rdx",
    "lea rdi, [rdi + rsi]",
    "jb 2f",
    "rep movsb",
    "ret",
    // The target begins within the source: from the end on.
    "2: lea rdi, [rdi + rdx - 1]",
    "lea rsi, [rsi + rdx - 1]",
    "std",
    "rep movsb",
    "cld",
    "ret",
    ".globl memset",
    ".type memset, @function",
    "memset:",
    "mov r8, rdi",
    "mov eax, esi",
    "mov rcx, rdx",
    "rep stosb",
    "mov rax, r8",
    "ret",
);

/// # Safety
///
/// As C's.
#[unsafe(no_mangle)]
unsafe extern "C" fn memcmp(one: *const u8, other: *const u8, size: usize) -> c_int {
    let mut at = 0;
    // SAFETY: both have `size` bytes.
    unsafe {
        while at + 8 <= size {
            let (a, b) = (one.add(at).cast::<u64>().read_unaligned(), other.add(at).cast::<u64>().read_unaligned());
            if a != b {
                return if a.swap_bytes() < b.swap_bytes() { -1 } else { 1 };
            }
            at += 8;
        }
        while at < size {
            let (a, b) = (*one.add(at), *other.add(at));
            if a != b {
                return c_int::from(a) - c_int::from(b);
            }
            at += 1;
        }
    }
    0
}

/// # Safety
///
/// As C's.
#[unsafe(no_mangle)]
unsafe extern "C" fn bcmp(one: *const u8, other: *const u8, size: usize) -> c_int {
    // SAFETY: the caller's promise.
    unsafe { memcmp(one, other, size) }
}

/// # Safety
///
/// As C's.
#[unsafe(no_mangle)]
pub(crate) unsafe extern "C" fn strlen(text: *const c_char) -> usize {
    let left: usize;
    // SAFETY: the text ends with a zero. Nothing is written.
    unsafe {
        asm!("repne scasb", inout("rcx") usize::MAX => left, inout("rdi") text => _, in("al") 0_u8,
            options(nostack, readonly));
    }
    usize::MAX - left - 1
}

/// # Safety
///
/// As C's.
#[unsafe(no_mangle)]
unsafe extern "C" fn memchr(text: *const u8, wanted: c_int, size: usize) -> *const u8 {
    // SAFETY: there are `size` bytes.
    let bytes = unsafe { core::slice::from_raw_parts(text, size) };
    match bytes.iter().position(|byte| c_int::from(*byte) == wanted & 0xff) {
        Some(at) => text.wrapping_add(at),
        None => core::ptr::null(),
    }
}

/// # Safety
///
/// As C's.
#[unsafe(no_mangle)]
unsafe extern "C" fn memrchr(text: *const u8, wanted: c_int, size: usize) -> *const u8 {
    // SAFETY: there are `size` bytes.
    let bytes = unsafe { core::slice::from_raw_parts(text, size) };
    match bytes.iter().rposition(|byte| c_int::from(*byte) == wanted & 0xff) {
        Some(at) => text.wrapping_add(at),
        None => core::ptr::null(),
    }
}

/// The value of a variable.
///
/// # Safety
///
/// As C's.
#[unsafe(no_mangle)]
unsafe extern "C" fn getenv(name: *const c_char) -> *const c_char {
    let mut at = crate::start::variables();
    // SAFETY: the name and the variables end with a zero, and so does their list.
    unsafe {
        let length = strlen(name);
        while !(*at).is_null() {
            let rest = (*at).wrapping_add(length);
            if strlen(*at) > length && memcmp((*at).cast(), name.cast(), length) == 0 && *rest == b'=' as c_char {
                return rest.add(1);
            }
            at = at.add(1);
        }
    }
    core::ptr::null()
}
