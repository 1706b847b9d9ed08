//! What Rust's standard library asks of a C library behind our backs: storage of a thread, which is the process; names
//! of functions that may not be there; the text of an error; the way back up the stack, which nobody goes.

use crate::call::fail;
use core::cell::UnsafeCell;
use core::ffi::{c_char, c_int, c_uint, c_void};
use core::ptr;

/// How many values a thread may have.
const KEYS: usize = 16;

struct Values(UnsafeCell<([*const c_void; KEYS], usize)>);

// SAFETY: there is one thread.
unsafe impl Sync for Values {}

static VALUES: Values = Values(UnsafeCell::new(([ptr::null(); KEYS], 0)));

/// The destructor is never called: the thread ends with the process.
///
/// # Safety
///
/// As C's.
#[unsafe(no_mangle)]
unsafe extern "C" fn pthread_key_create(key: *mut c_uint, _: *const c_void) -> c_int {
    // SAFETY: there is one thread; the caller's place.
    unsafe {
        let (_, used) = &mut *VALUES.0.get();
        if *used == KEYS {
            return libc::EAGAIN;
        }
        key.write(*used as c_uint);
        *used += 1;
    }
    0
}

#[unsafe(no_mangle)]
extern "C" fn pthread_key_delete(_: c_uint) -> c_int {
    0
}

#[unsafe(no_mangle)]
extern "C" fn pthread_getspecific(key: c_uint) -> *const c_void {
    // SAFETY: there is one thread.
    let (values, _) = unsafe { &*VALUES.0.get() };
    values.get(key as usize).copied().unwrap_or(ptr::null())
}

#[unsafe(no_mangle)]
extern "C" fn pthread_setspecific(key: c_uint, value: *const c_void) -> c_int {
    // SAFETY: there is one thread.
    let (values, _) = unsafe { &mut *VALUES.0.get() };
    match values.get_mut(key as usize) {
        Some(place) => {
            *place = value;
            0
        }
        None => libc::EINVAL,
    }
}

/// Nobody is in the way.
#[unsafe(no_mangle)]
extern "C" fn pthread_mutex_lock(_: *mut c_void) -> c_int {
    0
}

#[unsafe(no_mangle)]
extern "C" fn pthread_mutex_unlock(_: *mut c_void) -> c_int {
    0
}

#[unsafe(no_mangle)]
extern "C" fn pthread_self() -> usize {
    1
}

/// Nothing that may or may not be there is.
#[unsafe(no_mangle)]
extern "C" fn dlsym(_: *mut c_void, _: *const c_char) -> *mut c_void {
    ptr::null_mut()
}

/// Nobody prints where a program has panicked: it is stripped.
#[unsafe(no_mangle)]
extern "C" fn dl_iterate_phdr(_: *const c_void, _: *mut c_void) -> c_int {
    0
}

/// The same for newer compilers' helpers: nothing is found.
#[unsafe(no_mangle)]
extern "C" fn _dl_find_object(_: *mut c_void, _: *mut c_void) -> c_int {
    -1
}

#[unsafe(no_mangle)]
extern "C" fn getauxval(_: usize) -> usize {
    fail(libc::ENOENT);
    0
}

/// The number. What our programs say of an error is in their own words.
///
/// # Safety
///
/// As C's.
#[unsafe(no_mangle)]
unsafe extern "C" fn __xpg_strerror_r(number: c_int, place: *mut c_char, size: usize) -> c_int {
    let mut text = *b"error 0000\0";
    let mut rest = number.unsigned_abs() % 10_000;
    for at in (6..10).rev() {
        text[at] = b'0' + (rest % 10) as u8;
        rest /= 10;
    }
    if size < text.len() {
        return libc::ERANGE;
    }
    // SAFETY: there is room.
    unsafe { ptr::copy_nonoverlapping(text.as_ptr().cast(), place, text.len()) };
    0
}
