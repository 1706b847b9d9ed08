//! `runsv`: supervises one service. What it does is in `keepup::runsv`.
#![no_main]

keepup::door!(keepup::runsv::main);
