//! When an essential service has ended for good, which ends the whole tree.
//!
//! What can be seen of a service from outside is its status. It has ended when it is down and not wanted up, after it
//! has run: by `sv down`, `sv once`, `sv exit`, or because it gave up. One whose `down` file kept it from starting has
//! not ended, and one that is down only until its restart is wanted up.

use crate::handover::pack::packed_struct;
use crate::service::status::{Phase, Status, Want};

/// What has been seen of an essential service so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Essential {
    ran: bool,
}

packed_struct!(Essential { 1 ran });

impl Essential {
    /// Takes in a status, and whether its supervisor says that there was a start: a life may be too short to be seen.
    /// Whether the service has ended for good.
    pub fn has_ended(&mut self, status: &Status, started: bool) -> bool {
        self.ran |= started || status.phase != Phase::Down;
        self.ran && status.phase == Phase::Down && status.want != Want::Up
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::exit::Pid;
    use crate::tai64::Label;

    fn status(phase: Phase, want: Want) -> Status {
        let since = Label { unix: 0, nanos: 0 };
        Status { since, pid: Pid::new(7).filter(|_| phase != Phase::Down), phase, want, paused: false, got_term: false }
    }

    #[test]
    fn down_for_good_after_a_life() {
        let mut essential = Essential::default();
        assert!(!essential.has_ended(&status(Phase::Down, Want::Down), false), "never started");
        assert!(!essential.has_ended(&status(Phase::Run, Want::Up), false));
        assert!(!essential.has_ended(&status(Phase::Down, Want::Up), false), "about to be restarted");
        assert!(!essential.has_ended(&status(Phase::Run, Want::Down), false), "stopping");
        assert!(!essential.has_ended(&status(Phase::Finish, Want::Down), false), "cleaning up");
        assert!(essential.has_ended(&status(Phase::Down, Want::Down), false));
    }

    #[test]
    fn a_life_that_nobody_saw_counts() {
        let mut essential = Essential::default();
        assert!(!essential.has_ended(&status(Phase::Down, Want::Up), true), "about to be restarted");
        assert!(essential.has_ended(&status(Phase::Down, Want::Down), false));
    }
}
