//! `svlogd`: writes, rotates, filters and forwards a log. What it does is in `keepup::svlogd`.
#![no_main]

keepup::door!(keepup::svlogd::main);
