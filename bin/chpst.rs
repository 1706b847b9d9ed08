//! `chpst`: changes the state of a process, then executes a program. What it does is in `keepup::chpst`.
#![no_main]

keepup::door!(keepup::chpst::main);
