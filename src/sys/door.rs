//! The way into a program. Our binaries have no Rust `main`: the runtime before it costs a supervisor five KiB of
//! private memory and twenty system calls (it maps an alternate stack, reads /proc/self/maps, ignores SIGPIPE), for
//! services that there are thousands of. What is left of it is here: the arguments, and the exit code.

use crate::exit::Exit;
use core::ops::Range;
use core::sync::atomic::{AtomicUsize, Ordering};
use std::ffi::{CStr, CString, OsStr, c_char, c_int};
use std::os::unix::ffi::OsStrExt;

/// The command line, `argv[0]` first. It lives as long as the process.
pub type Args<'a> = &'a [&'static OsStr];

/// Makes `main` of a binary out of a program's own: `keepup::door!(keepup::runsv::main);`. One that needs threads or the
/// host's users stays on the host's C library: `keepup::door!(keepup::supervisorctl::main, on the C library);`.
#[macro_export]
macro_rules! door {
    ($main:path) => {
        #[cfg(ground)]
        extern crate keepup_ground as _;

        $crate::door!($main, on the C library);
    };
    ($main:path, on the C library) => {
        /// Called by the C library.
        ///
        /// # Safety
        ///
        /// `argc` and `argv` are those of a process.
        #[unsafe(no_mangle)]
        pub unsafe extern "C" fn main(
            argc: core::ffi::c_int,
            argv: *const *const core::ffi::c_char,
        ) -> core::ffi::c_int {
            // SAFETY: this is `main`, and these are its arguments.
            unsafe { $crate::sys::door::enter(argc, argv, $main) }
        }
    };
}

/// Runs a program on the arguments that the C library was given.
///
/// # Safety
///
/// `argc` and `argv` are those of `main`: `argc` strings that are never freed.
pub unsafe fn enter(argc: c_int, argv: *const *const c_char, main: fn(Args<'_>) -> Exit) -> c_int {
    super::process::keep_standard_numbers_free();
    let argc = usize::try_from(argc).unwrap_or(0);
    // SAFETY: the caller's promise.
    let strings = unsafe { core::slice::from_raw_parts(argv, argc) };
    // SAFETY: the caller's promise, for each of them.
    let args: Vec<&'static OsStr> =
        strings.iter().map(|arg| OsStr::from_bytes(unsafe { CStr::from_ptr(*arg) }.to_bytes())).collect();
    let expose = |arg: Option<&*const c_char>| arg.map_or(0, |arg| arg.expose_provenance());
    let end = args.last().map_or(0, |last| last.len());
    FIRST.store(expose(strings.first()), Ordering::Relaxed);
    END.store(expose(strings.last()) + end, Ordering::Relaxed);
    main(&args).0.into()
}

/// Where the arguments are in memory, from the first to the end of the last.
static FIRST: AtomicUsize = AtomicUsize::new(0);
static END: AtomicUsize = AtomicUsize::new(0);

/// The addresses of the arguments' text, which lies in one piece; nothing before `enter`.
pub(super) fn arguments() -> Option<Range<usize>> {
    let range = FIRST.load(Ordering::Relaxed)..END.load(Ordering::Relaxed);
    (range.start != 0).then_some(range)
}

/// The arguments' text, as it is now.
pub fn texts() -> Vec<CString> {
    let Some(range) = arguments() else { return Vec::new() };
    let length = range.end - range.start;
    let start: *const u8 = core::ptr::with_exposed_provenance(range.start);
    // SAFETY: this memory is that of the arguments, and lives as long as the process. It is copied byte by byte.
    let bytes: Vec<u8> = (0..length).map(|at| unsafe { start.add(at).read_volatile() }).collect();
    bytes.split(|byte| *byte == 0).filter_map(|text| CString::new(text).ok()).collect()
}
