//! The `supervise/` directory: its names, and both of its ends.
#![forbid(unsafe_code)]

pub mod client;
mod journal;
pub mod journal_reader;
pub mod server;

/// The directory itself, within a service directory.
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
/// The process id in digits.
pub const PID: &str = "pid";
