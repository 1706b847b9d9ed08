//! `supervisord`: runs the programs of a Supervisor configuration. What it does is in `keepup::supervisord`.
#![no_main]

keepup::door!(keepup::supervisord::main, on the C library);
