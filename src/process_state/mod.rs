//! The process state that a program is started with, and where the program is.
#![forbid(unsafe_code)]

pub mod search;
