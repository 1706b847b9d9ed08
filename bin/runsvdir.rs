//! `runsvdir`: one `runsv` for each entry of a scan directory. What it does is in `keepup::runsvdir`.
#![no_main]

keepup::door!(keepup::runsvdir::main);
