//! The `supervise/` directory: its names, where it is, and both of its ends.
#![forbid(unsafe_code)]

pub mod client;
pub mod home;
mod journal;
pub mod server;

/// The directory itself, within a service directory or a home below SVSTATE.
pub const DIRECTORY: &str = "supervise";
/// Commands, a byte each.
pub const CONTROL: &str = "control";
/// Has a reader while a supervisor lives.
pub const OK: &str = "ok";
/// Locked while a supervisor lives.
pub const LOCK: &str = "lock";
/// The state in twenty bytes.
pub const STATUS: &str = "status";
/// The state in words.
pub const STAT: &str = "stat";
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
