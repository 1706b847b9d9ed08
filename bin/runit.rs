//! `runit`: runs the stages of the machine as process 1. What it does is in `keepup::runit`.
#![no_main]

keepup::door!(keepup::runit::main);
