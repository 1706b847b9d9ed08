//! What `ps` shows of this process: the memory that its arguments are in.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;

/// An argument of ours that is written over.
#[derive(Debug)]
pub struct Title {
    start: *mut u8,
    length: usize,
}

impl Title {
    /// Takes over an argument that `main` was given. Whoever wants its text copies it before, and does not look at
    /// the argument afterwards.
    ///
    /// Where the memory is not that of an argument (a test's own text) there is none.
    pub fn over(argument: &'static OsStr) -> Option<Title> {
        let start = argument.as_bytes().as_ptr().addr();
        let length = argument.len();
        let arguments = super::door::arguments()?;
        let ours = arguments.start <= start && start + length <= arguments.end;
        ours.then(|| Title { start: core::ptr::with_exposed_provenance_mut(start), length })
    }

    /// Shows this text; what does not fit is left out.
    pub fn show(&mut self, text: &[u8]) {
        for (at, byte) in text.iter().take(self.length).enumerate() {
            // SAFETY: within the argument, which is writable memory that lives as long as the process; its address was
            // exposed by the door. Written byte by byte because the kernel may read it at the same time.
            unsafe { self.start.add(at).write_volatile(*byte) };
        }
    }
}
