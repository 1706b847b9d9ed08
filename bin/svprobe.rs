//! `svprobe`: one check, one exit code. What it does is in `keepup::svprobe`.
#![no_main]

keepup::door!(keepup::svprobe::main);
