//! What only our programs do: each improvement over the originals is a test here.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)] // also outside of the test functions

#[path = "../namespace/mod.rs"]
mod namespace;
#[path = "../scene/mod.rs"]
mod scene;

mod chpst;
mod examples;
mod graph;
mod needs;
mod policy;
mod runit;
mod runsv;
mod runsvchdir;
mod runsvdir;
mod soak;
mod state;
mod sv;
mod sv_log;
mod sv_words;
mod svlogd;
mod svprobe;
mod talk;
