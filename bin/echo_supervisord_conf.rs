//! `echo_supervisord_conf`: prints a configuration. What it does is in `keepup::echo_supervisord_conf`.
#![no_main]

keepup::door!(keepup::echo_supervisord_conf::main);
