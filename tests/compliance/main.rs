//! What the programs under test share with the originals, shown by running them. `KEEPUP_COMPLIANCE=theirs` runs the
//! very same tests against the originals, and all must hold there too; QUIRKS.md lists what is in no manual.

#[path = "../namespace/mod.rs"]
mod namespace;
#[path = "../scene/mod.rs"]
mod scene;

mod runit;
mod runsv;
mod runsvchdir;
mod utmpset;
