//! `sv`: controls and explains services. What it does is in `keepup::sv`.
#![no_main]

keepup::door!(keepup::sv::main);
