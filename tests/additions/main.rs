//! What only our programs do.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)] // also outside of the test functions

#[path = "../namespace/mod.rs"]
mod namespace;
#[path = "../scene/mod.rs"]
#[allow(unused_imports)] // it is for both suites
mod scene;

mod runit;
mod runsvchdir;
