//! What a scan directory asks for, as decisions: which supervisor to start and when, which to tell to leave, in which
//! order all of them stop, and what the process title shows of their complaints.
#![forbid(unsafe_code)]

pub mod essential;
pub mod farewell;
pub mod handover;
pub mod plan;
pub mod readout;
