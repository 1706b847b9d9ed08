//! `runit-init`: tells process 1 to halt or reboot, and starts it. What it does is in `keepup::runit::init`.
#![no_main]

keepup::door!(keepup::runit::init::main);
