//! `utmpset`: logs a line out of utmp. What it does is in `keepup::utmpset`.
#![no_main]

keepup::door!(keepup::utmpset::main);
