//! `svevent`: tells people of services in trouble. What it does is in `keepup::svevent`.
#![no_main]

keepup::door!(keepup::svevent::main);
