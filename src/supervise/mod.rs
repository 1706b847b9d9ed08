//! The `supervise/` directory: its names, where it is, and both of its ends.
#![forbid(unsafe_code)]

pub mod client;
pub mod holder;
pub mod home;
mod journal;
pub mod reader;
pub mod reexec;
pub mod server;
pub mod watching;

use crate::sys::Errno;
use crate::sys::fs::Dir;
use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

/// The directory itself, within a service directory or a home below SVSTATE.
pub const DIRECTORY: &str = "supervise";
/// Commands, a byte each.
pub const CONTROL: &str = "control";
/// Has a reader while a supervisor lives.
pub const OK: &str = "ok";
/// Locked while a supervisor lives.
pub const LOCK: &str = "lock";
/// Who supervises, and whom he started last.
pub const MARK: &str = "mark";
/// The state in twenty bytes.
pub const STATUS: &str = "status";
/// The state in words.
pub const STAT: &str = "stat";
/// What the service says of itself, and where it says it.
pub const NOTIFY: &str = "notify";
/// What has happened.
pub const JOURNAL: &str = "journal";
/// The journal before.
pub const JOURNAL_BEFORE: &str = "journal.1";
/// A fifo for the standard input of a service that asks for one.
pub const STDIN: &str = "stdin";
/// Locked while anything of a service lives that asks for such a lock, as under s6.
pub const SERVICE_LOCK: &str = "service-lock";
/// The process id in digits.
pub const PID: &str = "pid";
/// Programs that are told when a service is in trouble: of a service, and of a scan directory.
pub const HOOKS: &str = "notify.d";

/// Whether a name in a scan directory may be that of a service. One that begins with a dot is not, nor are the hooks,
/// which have nothing to run.
pub fn is_service(scan: &Dir, name: &OsStr) -> bool {
    let has_run = || scan.facts_of_link(Path::new(HOOKS).join("run")) != Err(Errno::ENOENT);
    !name.as_bytes().starts_with(b".") && (name != HOOKS || has_run())
}
