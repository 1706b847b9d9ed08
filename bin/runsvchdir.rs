//! `runsvchdir`: switches the directory of services. What it does is in `keepup::runsvchdir`.
#![no_main]

keepup::door!(keepup::runsvchdir::main);
