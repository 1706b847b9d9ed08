//! What others see of it.

use super::{Goal, Machine, State};
use crate::moment::Now;
use crate::service::record;
use crate::service::status::{Phase, Status, Want};

impl Machine {
    /// What to show of it to everybody.
    pub fn status(&self) -> Status {
        let (since, phase) = match &self.state {
            State::Down { since, .. } | State::Gone { since } => (*since, Phase::Down),
            State::Run(running) => (running.started.label, Phase::Run),
            State::Finish { ended, .. } => (ended.started.label, Phase::Finish),
        };
        Status {
            since,
            pid: self.pid(),
            phase,
            want: match self.goal {
                Goal::Up => Want::Up,
                Goal::Once | Goal::Down => Want::Down,
                Goal::Follow | Goal::Drain | Goal::Exit => Want::Exit,
            },
            paused: self.paused,
            got_term: matches!(&self.state, State::Run(running) if running.got_term),
        }
    }

    /// What to show of it to those who know keepup, but for the start time of its process, which is not known here.
    pub fn record(&self, now: Now) -> record::Record {
        record::Record {
            phase: self.phase(now),
            ready_since: if let State::Run(running) = &self.state { running.ready } else { None },
            start_time: None,
            starts: self.starts,
            failures: self.history.failures(),
            last_exit: self.last.map(|(ending, cause)| record::LastExit { ending, cause }),
            next_start: match self.state {
                State::Down { not_before, .. } if self.wants_start() && not_before > now.moment => {
                    Some(now.label.after(not_before.since(now.moment)))
                }
                _ => None,
            },
        }
    }

    pub(super) fn phase(&self, now: Now) -> record::Phase {
        match &self.state {
            State::Down { .. } if self.gave_up => record::Phase::GaveUp,
            State::Down { .. } if self.waits() => record::Phase::Waiting,
            State::Down { not_before, .. } if self.wants_start() && *not_before > now.moment => record::Phase::Backoff,
            State::Down { .. } | State::Gone { .. } => record::Phase::Down,
            State::Run(running) if running.is_stopping() => record::Phase::Stopping,
            State::Run(running) if running.unhealthy => record::Phase::Unhealthy,
            State::Run(running) if running.ready.is_some() => record::Phase::Ready,
            State::Run(_) => record::Phase::Starting,
            State::Finish { .. } => record::Phase::Finish,
        }
    }
}
