//! `supervisorctl`: the shell of a Supervisor. What it does is in `keepup::supervisorctl`.
#![no_main]

keepup::door!(keepup::supervisorctl::main, on the C library);
