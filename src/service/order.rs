//! A service and its loggers, one for standard output and one for standard error: who starts first, and who leaves last.
//!
//! The loggers start first, so that the first line has a reader, and leave last, by the end of their input: whatever
//! the service has written is in a pipe, and a pipe is read to its end. None waits for the other.

use super::machine::{Machine, Role};

/// In which order they are started.
pub const STARTS: [Role; 3] = [Role::Logger, Role::ErrorLogger, Role::Service];

/// In which order they are shown at first: whoever sees a logger finds its service as well.
pub const SHOWN: [Role; 3] = [Role::Service, Role::Logger, Role::ErrorLogger];

/// What there is of one kind for each logger.
#[derive(Debug, Default)]
pub struct Loggers<T> {
    /// For that of standard output.
    pub out: T,
    /// For that of standard error.
    pub err: T,
}

impl<T> Loggers<T> {
    /// That of one role; a service has none.
    pub fn of(&self, role: Role) -> Option<&T> {
        match role {
            Role::Service => None,
            Role::Logger => Some(&self.out),
            Role::ErrorLogger => Some(&self.err),
        }
    }

    /// The same, to be changed.
    pub fn of_mut(&mut self, role: Role) -> Option<&mut T> {
        match role {
            Role::Service => None,
            Role::Logger => Some(&mut self.out),
            Role::ErrorLogger => Some(&mut self.err),
        }
    }

    /// Both.
    pub fn both(&self) -> [&T; 2] {
        [&self.out, &self.err]
    }
}

/// What the state of all asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Next {
    /// Nothing but to go on.
    GoOn,
    /// The service has left: close the pipes, and tell the loggers.
    CloseLogs,
    /// All have left: leave.
    Leave,
}

/// What comes next; `closed` tells whether the pipes have been closed already.
pub fn next<'a>(service: &Machine, loggers: impl IntoIterator<Item = &'a Machine>, closed: bool) -> Next {
    if !service.is_gone() {
        return Next::GoOn;
    }
    match loggers.into_iter().all(Machine::is_gone) {
        true => Next::Leave,
        false if closed => Next::GoOn,
        false => Next::CloseLogs,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::moment::{Moment, Now};
    use crate::service::machine::Event;
    use crate::tai64::Label;
    use alloc::vec::Vec;
    use core::time::Duration;

    fn machine(role: Role, gone: bool) -> Machine {
        let now = Now { moment: Moment(Duration::ZERO), label: Label { unix: 0, nanos: 0 } };
        let mut machine = Machine::new(role, now, false);
        let event = if role.is_logger() { Event::ServiceLeft { unread: false } } else { Event::Dismissed };
        if gone {
            machine.step(now, event, &mut Vec::new());
        }
        machine
    }

    #[test]
    fn the_loggers_leave_last_and_in_any_order() {
        let after = |service, out, err, closed| {
            let loggers = [machine(Role::Logger, out), machine(Role::ErrorLogger, err)];
            next(&machine(Role::Service, service), &loggers, closed)
        };
        assert_eq!(after(false, true, true, true), Next::GoOn, "the service has not left");
        assert_eq!(after(true, false, false, false), Next::CloseLogs);
        assert_eq!(after(true, false, true, false), Next::CloseLogs);
        assert_eq!(after(true, false, true, true), Next::GoOn);
        assert_eq!(after(true, true, false, true), Next::GoOn);
        assert_eq!(after(true, true, true, true), Next::Leave);
        assert_eq!(next(&machine(Role::Service, true), None, true), Next::Leave);
    }
}
