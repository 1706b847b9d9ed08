//! What only our programs do: each improvement over the originals is a test here.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)] // also outside of the test functions

#[path = "../namespace/mod.rs"]
mod namespace;
#[path = "../scene/mod.rs"]
mod scene;

mod chpst;
mod control_group;
mod crash;
mod errlog;
mod examples;
mod faults;
mod footprint;
mod graph;
mod hostile;
mod needs;
mod outfit;
mod pidproxy;
mod policy;
mod reexec;
mod runit;
mod runsv;
mod runsvchdir;
mod runsvdir;
mod soak;
mod state;
mod supervisord;
mod survivors;
mod sv;
mod sv_log;
mod sv_words;
mod svevent;
#[cfg(feature = "http")]
mod svhttpd;
mod svlogd;
mod svprobe;
mod talk;
mod threats;
