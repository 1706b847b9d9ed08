//! Serves Supervisor's XML-RPC interface for the services of a directory.
#![no_main]

keepup::door!(keepup::svhttpd::main, on the C library);
