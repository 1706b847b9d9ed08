//! What the programs under test share with the originals, shown by running them. `KEEPUP_COMPLIANCE=theirs` runs the
//! very same tests against the originals, and all must hold there too; QUIRKS.md lists what is in no manual.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)] // also outside of the test functions

#[path = "../namespace/mod.rs"]
mod namespace;
#[path = "../scene/mod.rs"]
mod scene;

mod chpst;
mod echo_supervisord_conf;
mod mixed;
mod pidproxy;
mod runit;
mod runsv;
mod runsvchdir;
mod runsvdir;
mod supervisor;
mod supervisorctl;
mod supervisord;
mod sv;
#[cfg(feature = "http")]
mod svhttpd;
mod svlogd;
mod utmpset;
