//! What only ours does: each improvement over the originals is a test here.

#[path = "../scene/mod.rs"]
mod scene;

mod runsv;
