//! What a supervised service is, as words and decisions.
#![forbid(unsafe_code)]

pub mod command;
pub mod control_group;
pub mod goal;
pub mod journal;
pub mod machine;
pub mod notify;
pub mod order;
pub mod pattern;
pub mod policy;
pub mod record;
pub mod status;
pub mod verb;
pub mod word;
