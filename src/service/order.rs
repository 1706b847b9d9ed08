//! A service and its logger: who starts first, and who leaves last.
//!
//! The logger starts first, so that the first line has a reader, and leaves last, by the end of its input: whatever
//! the service has written is in the pipe, and a pipe is read to its end.

use super::machine::{Machine, Role};

/// In which order they are started.
pub const STARTS: [Role; 2] = [Role::Logger, Role::Service];

/// What the state of both asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Next {
    /// Nothing but to go on.
    GoOn,
    /// The service has left: close the pipe, and tell the logger.
    CloseLog,
    /// Both have left: leave.
    Leave,
}

/// What comes next; `closed` tells whether the pipe has been closed already.
pub fn next(service: &Machine, logger: Option<&Machine>, closed: bool) -> Next {
    match logger {
        _ if !service.is_gone() => Next::GoOn,
        Some(logger) if logger.is_gone() => Next::Leave,
        Some(_) if closed => Next::GoOn,
        Some(_) => Next::CloseLog,
        None => Next::Leave,
    }
}
