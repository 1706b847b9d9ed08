//! `pidproxy`: runs a command and hands on signals by a pid file. What it does is in `keepup::pidproxy`.
#![no_main]

keepup::door!(keepup::pidproxy::main);
