//! keepup keeps services up: a directory per service, a process per service, and nothing in between.
//!
//! The modules stand in layer order; a module may use those above it, as the table in ARCHITECTURE.md says and
//! `tests/layers.rs` enforces.

extern crate alloc;

// Layer 0: words and decisions. No input, no output, no clock; core and alloc only.
pub mod alert;
pub mod exit;
pub mod handover;
pub mod logdir;
pub mod moment;
pub mod probe;
pub mod process_state;
#[cfg(test)]
pub mod random;
pub mod rpc;
pub mod scan;
pub mod service;
pub mod signal;
pub mod span;
pub mod stage;
pub mod supervisor;
pub mod tai64;
pub mod utmp;

// Layer 1: the only system calls, the only unsafe.
pub mod sys;

// Layer 2: both ends of supervise/, what every command line shares, and the host's names.
pub mod cli;
pub mod getent;
pub mod supervise;

// Layer 3: one folder a program.
pub mod chpst;
pub mod echo_supervisord_conf;
pub mod pidproxy;
pub mod runit;
pub mod runsv;
pub mod runsvchdir;
pub mod runsvdir;
pub mod supervisorctl;
pub mod supervisord;
pub mod sv;
pub mod svevent;
pub mod svlogd;
pub mod svprobe;
pub mod utmpset;

// Layer 4: programs with a Cargo feature.
#[cfg(feature = "http")]
pub mod svhttpd;
