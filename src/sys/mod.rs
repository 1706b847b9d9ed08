//! The system: every system call, every `unsafe`, every use of nix, libc, mio and signal-hook. Nothing here decides
//! anything or speaks to a user; each call returns what the system said, and the caller knows what it was for.
#![allow(clippy::disallowed_methods)] // what the others must not call is made here

#[cfg(feature = "http")]
pub mod asynchronous;
pub mod clock;
pub mod console;
pub mod door;
pub mod errno;
pub mod family;
pub mod fs;
pub mod handover;
pub mod identity;
pub mod init;
pub mod inotify;
pub mod io;
pub mod limits;
pub mod listener;
pub mod mailbox;
pub mod namespace;
pub mod pipe;
pub mod process;
pub mod processes;
pub mod reactor;
pub mod signals;
pub mod socket;
pub mod title;

pub use errno::Errno;

/// What a system call answers.
pub type Result<T> = core::result::Result<T, Errno>;
