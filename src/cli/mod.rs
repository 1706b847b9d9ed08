//! What every command line shares: options as runit reads them, described once with argh; messages of one grammar.
#![forbid(unsafe_code)]

pub mod commands;
pub mod getopt;
pub mod message;
pub mod options;
