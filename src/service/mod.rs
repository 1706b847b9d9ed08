//! What a supervised service is, as words and decisions.
#![forbid(unsafe_code)]

pub mod blueprint;
pub mod circles;
pub mod command;
pub mod control_group;
pub mod errand;
pub mod goal;
pub mod handover;
pub mod held;
pub mod journal;
pub mod lint;
pub mod machine;
pub mod mark;
pub mod needs_graph;
pub mod notify;
pub mod order;
pub mod overview;
pub mod pattern;
pub mod policy;
pub mod record;
pub mod status;
pub mod table;
pub mod verb;
pub mod why;
pub mod word;
