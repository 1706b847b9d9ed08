//! The state of a process that `chpst` changes, as words and decisions: who it runs as, what it may use, what it sees.
//! Everything here is parsing and ordering; the calls are in `sys`, the looking up in `chpst`.
#![forbid(unsafe_code)]

pub mod account;
pub mod capability;
pub mod change;
pub mod cpus;
pub mod directory;
pub mod env_dir;
pub mod env_file;
pub mod environment;
pub mod limit;
pub mod priority;
pub mod search;
