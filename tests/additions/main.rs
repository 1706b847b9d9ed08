//! What only ours does: each improvement over the originals is a test here.

#[path = "../scene/mod.rs"]
mod scene;

mod runsv;
//! What only our programs do.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)] // also outside of the test functions

#[path = "../scene/mod.rs"]
#[allow(unreachable_pub)]
mod scene;

mod chpst;
