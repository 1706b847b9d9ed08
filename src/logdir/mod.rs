//! What a log directory is, as words and decisions: its configuration, which lines it takes, how a line is cut out of
//! a stream and how it is written, when a file is full, which old files go; and how all that is read again.
#![forbid(unsafe_code)]

pub mod address;
pub mod config;
pub mod json;
pub mod line;
pub mod logger;
pub mod merge;
pub mod names;
pub mod pattern;
pub mod rate;
pub mod rotate;
pub mod search;
pub mod series;
pub mod stamp;
pub mod style;
pub mod syslog;
